"""Who is who through a night: mentions of every source linked, landed, asked about and answered."""

import hashlib
from datetime import UTC, date, datetime

import duckdb
import polars as pl
import pytest

from orchestration.identity.linkage import Answer
from orchestration.identity.mentions import collect
from orchestration.identity.people import PEOPLE, link_landed
from orchestration.identity.review import answer, open_questions
from orchestration.landing import Batch, Landing, Window
from orchestration.pseudonyms import make_key_once
from orchestration.sandbox.moodle import Course, Grade, Moodle, Person
from orchestration.sandbox.server import Sandbox
from orchestration.settings import SHIPPED_MAPPINGS, Settings
from orchestration.sources import moodle, sheets, teams, xapi, zoom
from tests.dbt import build_models
from tests.meetings import land_reports
from tests.people import write_inbox
from tests.platforms import every_contract

ASKED = """\
Number,Name,Email,Mission,Since
FSO-71001,Quintavia Zebrowska,quintavia@zz-mofa.example,tokyo,2025-09-01
FSO-71002,Bartholemy Okonkwu,bartholemy@zz-mofa.example,paris,2025-09-01
FSO-71003,Amara Nadeem Siddiqui,amara@zz-mofa.example,oslo,2025-09-01
"""


@pytest.fixture
def data(tmp_path, progress):
    """Lands an inbox, as the nightly run does."""
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    for contract in every_contract():
        landing.declare(contract)

    def land(**changed: str) -> Landing:
        inbox = write_inbox(tmp_path / "inbox", **changed)
        sheets.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
        for source in (zoom, teams):
            land_reports(landing, inbox, source, progress)
        return landing

    return land


def people_of(landing: Landing) -> set[str]:
    return set(landing.read(PEOPLE)["person_id"])


def test_an_officer_of_every_source_is_one_person_whatever_is_written(data, tmp_path):
    outcome = link_landed(data(), tmp_path / "review.csv")
    assert people_of(Landing(tmp_path / "landing", is_synthetic=False)) == {"FSO-71001", "FSO-71002"}
    assert (outcome.people, outcome.fault) == (2, None)


def test_who_is_only_a_number_is_not_weighed_and_goes_to_the_person_of_that_number(data, tmp_path):
    landing = data()
    rows = collect(landing.root).filter(pl.col("name").is_null() & pl.col("email").is_null())
    # "FSO-71001" and "FSO-71002" of registrations and results.
    assert sorted(rows["service_number"]) == ["FSO-71001", "FSO-71002"]
    link_landed(landing, tmp_path / "review.csv")
    people = landing.read(PEOPLE).join(rows.select("key"), on="key")
    assert sorted(people["person_id"]) == ["FSO-71001", "FSO-71002"]


def test_nothing_is_linked_anew_while_nothing_changed(data, tmp_path):
    landing, review = data(), tmp_path / "review.csv"
    first = link_landed(landing, review)
    second = link_landed(landing, review)
    assert (first.receipt is not None, second.receipt) == (True, None)
    assert (second.people, second.open_questions) == (first.people, first.open_questions)
    assert len(landing.committed(PEOPLE)) == 1


def test_a_broken_review_file_is_told_and_the_last_people_stand(data, tmp_path):
    landing, review = data(), tmp_path / "review.csv"
    link_landed(landing, review)
    standing = landing.read(PEOPLE)
    review.write_text("left,right\n")
    outcome = link_landed(landing, review)
    assert "the first line must be left,right,evidence,score,answer" in outcome.fault
    assert landing.read(PEOPLE).equals(standing)
    assert review.read_text() == "left,right\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"left,right,evidence,score,answer\na,b,c,1,Zebrowska\n",
            "line 2: the answer is neither same nor different; mend it",
        ),
        (b"left,right,evidence,score,answer\na,b,\xc7elik,1,same\n", "not in UTF-8"),
    ],
)
def test_what_is_wrong_with_the_review_file_is_told_without_what_it_holds(data, tmp_path, content, said):
    review = tmp_path / "review.csv"
    review.write_bytes(content)
    outcome = link_landed(data(), review)
    assert said in outcome.fault
    assert "Zebrowska" not in outcome.fault
    assert review.read_bytes() == content


def test_an_answer_is_obeyed_by_the_next_run(data, tmp_path):
    """One list writes one initial of two, which only a person can tell."""
    asked = "Certificate,Who,Course,Name,Email,Day\nC-9,A. Siddiqui,W1,A. Siddiqui,,2026-03-04\n"
    landing, review = data(staff=ASKED, certificates=asked), tmp_path / "review.csv"
    link_landed(landing, review)
    [row] = [row for row in open_questions(review) if "siddiqui" in row["evidence"].lower()]
    before = people_of(landing)
    answer(review, row["right"][:8], row["left"][:8], Answer.SAME)
    outcome = link_landed(landing, review)
    assert before - people_of(landing) == {person for person in before if person.startswith("person-")}
    assert len(before) - len(people_of(landing)) == 1
    assert outcome.mentions_by_method["answer"] >= 1
    assert row["left"] not in [open_row["left"] for open_row in open_questions(review)]


def statement(number: int, actor: dict, verb: str, activity: str, score: float | None = None) -> dict:
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": actor,
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": activity},
        "timestamp": "2026-03-02T12:00:00Z",
        "stored": "2026-03-02T12:00:00Z",
        **({} if score is None else {"result": {"score": {"scaled": score}}}),
    }


def land_statements(landing: Landing, *statements: dict) -> None:
    landing.write(
        Batch(
            contract=xapi.STATEMENTS,
            batch_id="20260302-0001",
            source_file="xapi api",
            observed_at=datetime(2026, 3, 3, 1, tzinfo=UTC),
            day=date(2026, 3, 2),
            text=xapi.STATEMENTS.from_payloads([xapi.payload_of(one) for one in statements]),
            is_synthetic=False,
        )
    )


def test_a_moodle_user_is_the_officer_of_that_number_or_e_mail_and_stands_in_the_marts(data, tmp_path):
    """Okonkwu is registered by the sheet and completes W1 in Moodle; Zebrowska is in a course that only Moodle has,
    where a trainer, too, is enrolled. The meeting that Zoom tells of W1-1 is of no session once that is on the 5th."""
    landing = data(sessions="Session,Course,Title,From,To\nW1-1,W1,Writing,2026-03-05 09:00,2026-03-05 10:00\n")
    handed_in = datetime(2026, 3, 2, 9, tzinfo=UTC)
    graded = Grade(5, "Essay", 17, handed_in, handed_in, maximum=20, module="assign")
    site = Moodle(
        [
            Course(
                2,
                "writing",
                "Writing",
                [Person(7, "B.", "Okonkwu", idnumber="fso-71002", met=[handed_in], grades=[graded])],
                criteria=["Essay"],
                idnumber="W1",
            ),
            Course(
                3,
                "DIP-9",
                "Protocol",
                [
                    Person(8, "QUINTAVIA", "Zebrowska", "Quintavia@zz-mofa.example"),
                    Person(9, "Some", "Trainer", "trainer@zz-mofa.example", roles=["editingteacher"]),
                ],
                has_completion=False,
            ),
        ]
    )
    with Sandbox(7, also=[site]) as sandbox:
        settings = Settings().model_copy(update=sandbox.settings("moodle", datetime(2026, 3, 3, 1, tzinfo=UTC)))
        with moodle.connect(settings) as connected:
            window = Window.of_day(date(2026, 3, 2))
            _, told = moodle.extract(connected, landing, settings, window, is_synthetic=False, progress=lambda *_: None)
    assert told == []
    link_landed(landing, tmp_path / "review.csv")
    make_key_once(tmp_path / "pseudonym.key")
    build_models(tmp_path, "fct_registration", "fct_assessment", "dim_course", "reconciliation", "unmatched_stays")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:

        def told_by(fact: str, columns: str) -> list[tuple]:
            return connection.execute(
                f"select {columns} from marts.{fact} inner join restricted.int_officers using (officer_id) order by all"
            ).fetchall()

        assert told_by("fct_registration", "course_id, person_id, outcome, cast(completed_at as varchar), source") == [
            ("DIP-9", "FSO-71001", None, None, "moodle"),
            ("W1", "FSO-71001", "Pass", None, "sheets"),
            ("W1", "FSO-71002", "Fail", "2026-03-02 09:00:00", "sheets"),
        ]
        assert told_by("fct_assessment", "person_id, assessment_id, course_id, kind, score, max_score, source") == [
            ("FSO-71001", "E1", "W1", None, 18.0, 20.0, "sheets"),
            ("FSO-71002", "moodle-5", "W1", "assign", 17.0, 20.0, "moodle"),
        ]
        courses = "select course_id, name, is_listed from marts.dim_course order by 1"
        assert connection.execute(courses).fetchall() == [
            ("DIP-9", "Protocol", True),
            ("W1", "Writing for social media", True),
        ]
        unreconciled = "select source, table_name from quality.reconciliation where not is_reconciled"
        assert connection.execute(unreconciled).fetchall() == []
        moodles = (
            "select table_name, sum(landed) from quality.reconciliation where source = 'moodle' group by 1 order by 1"
        )
        assert connection.execute(moodles).fetchall() == [
            ("completions", 1),
            ("courses", 2),
            ("enrolments", 3),
            ("grades", 1),
        ]
        unmatched = "select source, stays, cast(meeting_date as varchar) from quality.unmatched_stays order by 1"
        assert connection.execute(unmatched).fetchall() == [("teams", 1, "2026-03-02"), ("zoom", 1, "2026-03-02")]


def test_marts_know_one_officer_behind_every_spelling_and_statement(data, tmp_path):
    """Zebrowska is nominated twice, told by three sources of one session, and known to the store by a mailbox, its
    digest and an account; the staff list has her in Tokyo, whatever the sheets say."""
    landing = data()
    digest = hashlib.sha1(b"mailto:quintavia@zz-mofa.example").hexdigest()
    home = "https://staff.zz-mofa.example"
    land_statements(
        landing,
        statement(1, {"mbox": "mailto:Quintavia@zz-mofa.example"}, "completed", "https://lms.example/courses/W1"),
        statement(2, {"mbox_sha1sum": digest}, "scored", "https://lms.example/quiz?course=W1", 0.5),
        statement(3, {"account": {"homePage": home, "name": "fso-71002"}}, "passed", "https://lms.example/W1", 0.8),
    )
    link_landed(landing, tmp_path / "review.csv", [home])
    make_key_once(tmp_path / "pseudonym.key")
    facts = ("fct_attendance", "fct_nomination", "fct_registration", "fct_assessment")
    build_models(tmp_path, *facts, "reconciliation", "int_person_keys")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:

        def told(fact: str, columns: str) -> list[tuple]:
            return connection.execute(
                f"select {columns} from marts.{fact} inner join restricted.int_officers using (officer_id) order by all"
            ).fetchall()

        assert told("fct_attendance", "person_id, minutes_present, sources") == [
            ("FSO-71001", 50.0, "sheets, teams, zoom")
        ]
        assert told("fct_nomination", "person_id, cast(nominated_date as varchar)") == [("FSO-71001", "2026-02-02")]
        assert told("fct_registration", "person_id, outcome, cast(completed_at as varchar), source") == [
            ("FSO-71001", "Pass", "2026-03-02 12:00:00", "sheets"),
            ("FSO-71002", "Fail", None, "sheets"),
        ]
        assert told("fct_assessment", "person_id, assessment_id, score, source") == [
            ("FSO-71001", "E1", 18.0, "sheets"),
            ("FSO-71001", "https://lms.example/quiz?course=W1", 50.0, "xapi"),
            ("FSO-71002", "https://lms.example/W1", 80.0, "xapi"),
        ]
        unreconciled = "select source, table_name from quality.reconciliation where not is_reconciled"
        assert connection.execute(unreconciled).fetchall() == []
        superseded = "select superseded, modelled from quality.reconciliation where table_name = 'nominations'"
        assert connection.execute(superseded).fetchall() == [(1, 1)]
        postings = (
            "select person_id, mission_id, cast(valid_from_date as varchar) from restricted.int_postings order by 1"
        )
        assert connection.execute(postings).fetchall() == [
            ("FSO-71001", "tokyo", "2025-09-01"),
            ("FSO-71002", "paris", "2025-09-01"),
        ]
        known = "select count(*) from restricted.int_person_keys where not is_linked"
        assert connection.execute(known).fetchone() == (0,)
