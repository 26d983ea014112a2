import random
import re
from dataclasses import replace
from itertools import combinations

import pytest

from benchmarks.identity_linkage import mentions_of, score
from orchestration.identity.linkage import Answer, Doubt, Mention, Method, link
from orchestration.identity.names import Likeness, Rest, alike, cost, folded, parts_of, rest_of, spelled_out
from orchestration.identity.review import UnreadableReview, read_answers, write_review
from orchestration.identity.spellings import Spellings
from tests.identity_pairs import FAMILY, GIVEN, labelled_pairs

ARTICLES = {"abdul", "abdur", "abd", "ud", "din", "uddin"}


@pytest.mark.parametrize("half", ["held_out", "fourth"])
def test_labelled_pairs_are_linked_with_the_precision_and_recall_promised(half):
    pairs = labelled_pairs(half)
    found = score(pairs, link(mentions_of(pairs)))
    assert found.pairs >= 500
    assert found.precision >= 0.99
    assert found.recall_strict >= 0.95


def test_the_sets_share_no_name():
    names = {
        half: {word.casefold() for line in GIVEN[half] + FAMILY[half] for word in re.split(r"[| ]", line)} - ARTICLES
        for half in GIVEN
    }
    assert [names[one] & names[other] for one, other in combinations(names, 2)] == [set()] * 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mr. Zia-ud-Din KHAN", "khan, ziauddin"),
        ("H.E. Abdul Rahman", "Abdulrahman"),
        ("Brig (R) Naveed Akram", "Akram Navid"),
        ("Md. Ali", "Muhammad Ali"),
    ],
)
def test_titles_order_and_joints_say_nothing(one, other):
    assert sorted(map(folded, parts_of(one))) == sorted(map(folded, parts_of(other)))


@pytest.mark.parametrize(("one", "other"), [("hasan", "husain"), ("farhan", "farhana"), ("jamil", "jamal")])
def test_near_names_stay_apart(one, other):
    assert cost(folded(one), folded(other)) >= 0.9


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("qureshi", "koreshi", Likeness.SOUND),
        ("camran", "k", Likeness.INITIAL),
        ("celik", "çelik", Likeness.SOUND),
        ("walid", "oualid", Likeness.SOUND),
        ("azlan", "adzlan", Likeness.SOUND),
        ("peterson", "pedersen", Likeness.NEAR),
        ("tariq", "tarqi", Likeness.SLIP),
        ("khan", "butt", Likeness.NONE),
    ],
)
def test_parts_of_names_are_compared_by_sound_initial_and_slip(one, other, likeness):
    assert alike(one, other) == likeness


@pytest.mark.parametrize(
    ("name", "address", "parts"),
    [
        ("A. Khan", "ahmed.khan@x.example", ("ahmed", "khan")),
        ("Khan, A.", "khan.ahmed17@x.example", ("khan", "ahmed")),
        ("A. Khan", "a.khan@x.example", ("a", "khan")),
        ("A. Khan", "archive@x.example", ("a", "khan")),
        ("A. Khan", "ahmed.asif.khan@x.example", ("a", "khan")),
        ("Ahmed Khan", "ali.khan@x.example", ("ahmed", "khan")),
    ],
)
def test_an_e_mail_spells_initials_out_where_it_bears_the_name(name, address, parts):
    assert spelled_out(parts_of(name), address) == parts


@pytest.mark.parametrize(
    ("left", "right", "rest"),
    [
        ("", "muhammad", Rest.NOTHING),
        ("raza", "", Rest.LEFT_OUT),
        ("muhammad", "muhamemd", Rest.SHARED),
        ("raza", "akram", Rest.CONFLICT),
    ],
)
def test_parts_that_people_leave_out_count_for_little(left, right, rest):
    assert rest_of(left, right) == rest


def test_the_service_number_wins_over_any_name():
    linkage = link(
        [
            Mention("a", "Ahmed Khan", service_number="fo-1", missions=frozenset({"paris"})),
            Mention("b", "Completely Other", service_number="FO-1"),
            Mention("c", "Ahmed Khan", service_number="FO-2", missions=frozenset({"paris"})),
        ]
    )
    assert [linkage.people[key].person_id for key in "abc"] == ["FO-1", "FO-1", "FO-2"]


def test_a_mailbox_of_two_people_is_asked_about():
    linkage = link([Mention("a", "Ahmed Khan", email="x@y"), Mention("b", "Saima Butt", email="X@y")])
    assert [(doubt.left, doubt.right) for doubt in linkage.doubts] == [("a", "b")]


def crowd() -> list[Mention]:
    return mentions_of(labelled_pairs("development", same=100, different=100))


def test_an_answer_is_obeyed_and_asked_no_more():
    doubt = link(crowd()).doubts[0]
    pair = (doubt.left, doubt.right)
    same, different = (link(crowd(), {pair: answer}) for answer in (Answer.SAME, Answer.DIFFERENT))
    assert same.people[doubt.left].person_id == same.people[doubt.right].person_id
    assert Method.ANSWER in {same.people[key].method for key in pair}
    assert different.people[doubt.left].person_id != different.people[doubt.right].person_id
    assert pair not in {(d.left, d.right) for d in (*same.doubts, *different.doubts)}


def test_the_order_of_the_mentions_changes_nothing():
    shuffled = crowd()
    random.Random(1).shuffle(shuffled)
    assert link(shuffled) == link(crowd())


def test_names_that_only_an_address_brings_together_are_weighed_too():
    linkage = link([Mention("a", "Ahmed Khan", email="x@y"), Mention("b", "Ahmad Khaan", email="x@y"), *crowd()])
    assert linkage.people["a"].person_id == linkage.people["b"].person_id == "x@y"


def test_two_service_numbers_stay_two_whatever_the_name():
    one = Mention("a", "Behzad Rostami", service_number="1", missions=frozenset({"paris"}), courses=frozenset({"c"}))
    linkage = link([one, replace(one, key="b", service_number="2"), *crowd()])
    assert [linkage.people[key].person_id for key in "ab"] == ["1", "2"]


def test_mentions_of_a_number_alone_are_not_weighed():
    linkage = link([Mention(f"m-{n}", service_number=str(n % 1000)) for n in range(30_000)])
    assert len({identity.person_id for identity in linkage.people.values()}) == 1000


def test_one_list_names_a_person_once():
    people = [Mention(key, "Saima Butt", missions=frozenset({"paris"}), lists=frozenset({"list"})) for key in "ab"]
    linkage = link([*people, *crowd()])
    assert linkage.people["a"].person_id != linkage.people["b"].person_id


def test_an_officer_of_two_postings_is_known_at_both():
    staff = Mention("staff", "Zaheer Tanoli", service_number="1", missions=frozenset({"paris", "rome"}))
    there = [Mention(m, "Zahir Tanoly", missions=frozenset({m})) for m in ("paris", "rome")]
    linkage = link([staff, *there, *crowd()])
    assert [linkage.people[key].person_id for key in ("paris", "rome")] == ["1", "1"]


def test_an_initial_that_two_colleagues_share_is_asked_about():
    ahmed, ali, short = (
        Mention(key, name, missions=frozenset({"paris"}), courses=frozenset({"c"}))
        for key, name in (("ahmed", "Shehryar Tanoli"), ("ali", "Shafqat Tanoli"), ("short", "S. Tanoli"))
    )
    linkage = link([ahmed, ali, short, *crowd()])
    assert len({linkage.people[key].person_id for key in ("ahmed", "ali", "short")}) == 3
    assert "short" in {key for doubt in linkage.doubts for key in (doubt.left, doubt.right)}


def known(*tellings: tuple[str, str]) -> list[Mention]:
    return [Mention(f"{n}", name, service_number=number) for n, (number, name) in enumerate(tellings)]


def test_spellings_that_alternate_for_two_people_are_one_name():
    """FO-1 and FO-2 are both told as Geoffrey and as Jeffrey, beside a family name that stays."""
    told = known(("1", "Geoffrey Hill"), ("1", "Jeffrey Hill"), ("2", "Jeffrey Moss"), ("2", "Moss, Geoffrey"))
    spellings = Spellings(told)
    assert spellings.name_of("geoffrey") == spellings.name_of("jeffrey")
    assert spellings.alike("geoffrey", "jeffrey") == Likeness.SOUND
    assert spellings.alike("geoffrey", "j") == Likeness.INITIAL
    assert spellings.alike("geoffrey", "jeffney") == Likeness.SLIP


@pytest.mark.parametrize(
    "told",
    [
        (("1", "Jamil Hill"), ("1", "Jamal Hill"), ("2", "Jamil Moss"), ("3", "Jamal Moss")),
        (("1", "Jamil Hill"), ("1", "Omar Hill"), ("2", "Jamil Moss"), ("2", "Omar Moss")),
        (("1", "Jamil Hill"), ("1", "Jamal Moss"), ("2", "Jamil Moss"), ("2", "Jamal Hill")),
    ],
    ids=["one person may be a slip", "names too far apart", "the other parts differ too"],
)
def test_names_that_do_not_alternate_stay_two(told):
    spellings = Spellings(known(*told))
    assert len({spellings.name_of(part) for part in ("jamil", "jamal", "omar")}) == 3


def test_an_e_mail_spells_the_name_too():
    """Both addresses write wijaya where the sheets write widjaja."""
    mentions = [
        Mention("a", "Budi Widjaja", email="budi.wijaya@x.example"),
        Mention("b", "Sri Widjaja", email="sri.wijaya@x.example"),
    ]
    spellings = Spellings(mentions)
    assert spellings.name_of("widjaja") == spellings.name_of("wijaya")


def siblings(sheet: str, *names: str) -> list[Mention]:
    places = {"missions": frozenset({"paris"}), "courses": frozenset({"c"}), "lists": frozenset({sheet})}
    return [Mention(f"{sheet} {name}", name, **places) for name in names]


def test_who_has_a_place_on_a_list_leaves_the_other_to_the_sibling():
    """S. Tanoli fits both siblings, but Shehryar stands on the second list already: only Shafqat is left."""
    one, two = siblings("one", "Shehryar Tanoli", "Shafqat Tanoli"), siblings("two", "Shehriar Tanoli", "S. Tanoli")
    linkage = link([*one, *two, *crowd()])
    people = {mention.key: linkage.people[mention.key].person_id for mention in (*one, *two)}
    assert people["one Shehryar Tanoli"] == people["two Shehriar Tanoli"]
    assert people["one Shafqat Tanoli"] == people["two S. Tanoli"]
    assert people["one Shehryar Tanoli"] != people["one Shafqat Tanoli"]


def test_siblings_whom_a_list_tells_by_one_initial_are_asked_about():
    """By S. Tanoli the second list may mean either sibling, and nothing tells which."""
    one, two = siblings("one", "Shehryar Tanoli", "Shafqat Tanoli"), siblings("two", "S. Tanoli")
    linkage = link([*one, *two, *crowd()])
    assert len({linkage.people[mention.key].person_id for mention in (*one, *two)}) == 3
    assert "two S. Tanoli" in {key for doubt in linkage.doubts for key in (doubt.left, doubt.right)}


def test_a_full_name_without_a_mission_is_its_only_bearer():
    staff = Mention("staff", "Zaheer Tanoli", service_number="1", missions=frozenset({"paris"}))
    told = Mention("told", "Zahir Tanoli")
    assert link([staff, told, *crowd()]).people["told"].person_id == "1"
    namesake = Mention("namesake", "Zaheer Tanoli", service_number="2", missions=frozenset({"rome"}))
    linkage = link([staff, namesake, told, *crowd()])
    assert linkage.people["told"].person_id not in ("1", "2")
    assert "told" in {key for doubt in linkage.doubts for key in (doubt.left, doubt.right)}


def test_two_mailboxes_at_one_domain_are_asked_about():
    places = {"missions": frozenset({"paris"}), "courses": frozenset({"c"})}
    mentions = [Mention(key, "Zaheer Tanoli", email=f"{key}@mofa.example", **places) for key in ("zaheer", "tanoli")]
    linkage = link([*mentions, *crowd()])
    assert linkage.people["zaheer"].person_id != linkage.people["tanoli"].person_id
    assert ("tanoli", "zaheer") in {(doubt.left, doubt.right) for doubt in linkage.doubts}


def test_a_mention_without_name_number_and_address_is_somebody_alone():
    linkage = link([Mention("nobody"), *crowd()])
    assert linkage.people["nobody"].method == Method.ALONE


def test_answers_are_kept_and_open_doubts_are_written_anew(tmp_path):
    path = tmp_path / "review.csv"
    write_review(path, [Doubt("a", "b", "sounds like", 1.0), Doubt("c", "d", "may be", 0.5)])
    path.write_text(path.read_text().replace("1.0,", "1.0,Same"))
    write_review(path, [Doubt("a", "b", "sounds like", 1.0), Doubt("e", "f", "is", 2.0)])
    assert read_answers(path) == {("a", "b"): Answer.SAME}
    assert [line.split(",")[0] for line in path.read_text().splitlines()] == ["left", "a", "e"]
    assert path.stat().st_mode & 0o077 == 0


def test_an_answer_that_is_none_is_refused_with_its_line(tmp_path):
    path = tmp_path / "review.csv"
    path.write_text("left,right,evidence,score,answer\na,b,x,1,perhaps\n")
    with pytest.raises(UnreadableReview, match="line 2: the answer is neither"):
        read_answers(path)
