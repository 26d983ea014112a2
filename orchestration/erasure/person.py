"""Who is meant, and all that names them: the linkage's person behind an e-mail, a name, a number or a pseudonym."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from orchestration.erasure import ErasureError
from orchestration.erasure.suppression import NAME, Identifier, bag_of, identified
from orchestration.identity.mentions import as_written
from orchestration.identity.names import OFTEN_LEFT_OUT, folded, parts_of
from orchestration.identity.people import PEOPLE, link_landed
from orchestration.identity.review import open_questions
from orchestration.landing import Landing
from orchestration.pseudonyms import pseudonym, read_key
from orchestration.settings import Settings
from orchestration.sources import moodle
from orchestration.sources.meetings import listed

SHORTEST_PART = 4
"""Letters of a part of a name that is looked for by itself."""


@dataclass(frozen=True)
class Person:
    """One person of the linkage. ``identifiers`` is what the suppression list gets, ``words`` what files are searched
    for; neither is ever printed."""

    person_id: str
    pseudonym: str
    mentions: frozenset[str]
    identifiers: frozenset[Identifier]
    words: frozenset[str]

    @cached_property
    def pattern(self) -> re.Pattern:
        """Any of the words, standing alone, whatever the case."""
        return pattern_of(self.words)


def pattern_of(words: Iterable[str]) -> re.Pattern:
    # JSON writes letters beyond ASCII as numbers.
    written = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    longest_first = sorted(written, key=lambda word: (-len(word), word))
    alternatives = "|".join(map(re.escape, longest_first)) or "(?!)"
    return re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])", re.IGNORECASE)


def named(who: str) -> Person:
    """Whoever is called exactly so, where no linkage tells more."""
    identifiers = frozenset(_identified(who))
    return Person("", "", frozenset(), identifiers, frozenset({who}))


def find(settings: Settings, landing: Landing, who: str) -> Person | None:
    """The person that ``who`` means: a pseudonym, an e-mail, a number or a name as some source writes it; None where
    the landing tells of nobody such.

    Raises ErasureError where several people are meant, or a question about the person is open: its answer decides what
    is theirs.
    """
    outcome = link_landed(landing, settings.review, listed(settings.lrs_home_pages))
    if outcome.fault:
        raise ErasureError(f"{outcome.fault}. Mend it first: it says whose records are whose.")
    key = read_key(settings.pseudonym_key)
    people = landing.read(PEOPLE, columns=["key", "person_id"]).select("key", "person_id").unique()
    written = as_written(landing.root).join(people, on="key")
    told = _told(written, _moodle_users(landing, written).join(people, on="key"))
    meant = _meant(told, people, key, who.strip())
    if not meant:
        return None
    if len(meant) > 1:
        names = ", ".join(sorted(pseudonym(key, person_id) for person_id in meant))
        raise ErasureError(f"{len(meant)} people are meant: {names}. Name one by e-mail, number or pseudonym.")
    person_id = meant.pop()
    mentions = frozenset(people.filter(person_id=person_id)["key"])
    open_about = sum(row["left"] in mentions or row["right"] in mentions for row in open_questions(settings.review))
    if open_about:
        raise ErasureError(
            f"{open_about} questions of who is who are open about this person, so it is not known which records are "
            "theirs. Answer them (`sifarat review`), then erase."
        )
    own, others = told.filter(person_id=person_id), told.filter(pl.col("person_id") != person_id)
    shared = set(others.filter(kind=NAME)["value"])
    kept = {pair for pair in own.select("kind", "value").iter_rows() if pair[0] != NAME or pair[1] not in shared}
    digests = {
        ("digest", hashlib.sha1(f"mailto:{value}".encode()).hexdigest()) for kind, value in kept if kind == "email"
    }
    return Person(
        person_id=person_id,
        pseudonym=pseudonym(key, person_id),
        mentions=mentions,
        identifiers=frozenset({*kept, *digests, *(("mention", mention) for mention in mentions)}),
        words=frozenset(
            {pseudonym(key, person_id), *(value for _, value in digests)}
            | _words(own["written"], others["written"], shared)
        ),
    )


def _told(written: pl.DataFrame, users: pl.DataFrame) -> pl.DataFrame:
    """Each person's identifiers: person_id, kind, value, and how it was written."""
    rows = [
        (person_id, *identifier, value)
        for person_id, person, number, email, name in written.select(
            "person_id", "person", "service_number", "email", "name"
        ).iter_rows()
        for value in (person, number, email, name)
        for identifier in _identified(value)
    ]
    rows += [
        (person_id, kind, value, value)
        for person_id, user_id, username in users.select("person_id", "user_id", "username").iter_rows()
        for kind, value in (("moodle", user_id), ("username", username))
        if value
    ]
    return pl.DataFrame(rows, schema=["person_id", "kind", "value", "written"], orient="row").unique()


def _identified(value: str | None) -> list[Identifier]:
    if not value or not value.strip():
        return []
    if value.startswith("sha1:"):
        return [("digest", value[5:])]
    if "|" in value or re.match("https?:", value):
        number = value.partition("|")[2].strip()
        return [("actor", value), *([("number", re.sub(r"\s", "", number).upper())] if number else [])]
    return identified(value) or [("word", value)]


def _moodle_users(landing: Landing, written: pl.DataFrame) -> pl.DataFrame:
    """What else Moodle calls those whose mentions are ``written``: key, user_id and username."""
    columns = ["user_id", "username", "service_number", "email", "fullname"]
    users = landing.read(moodle.ENROLMENTS, columns=columns).select(columns).unique()
    told = written.filter(source="moodle").select("key", "service_number", "email", fullname="name")
    return users.join(told, on=["service_number", "email", "fullname"], nulls_equal=True).select(
        "key", "user_id", "username"
    )


def _meant(told: pl.DataFrame, people: pl.DataFrame, key: str, who: str) -> set[str]:
    if who.startswith("officer-"):
        return {person_id for person_id in people["person_id"].unique() if pseudonym(key, person_id) == who}
    wanted = _identified(who)
    found = {
        person_id
        for person_id, kind, value in told.select("person_id", "kind", "value").iter_rows()
        if (kind, value) in wanted
    }
    return found | ({who.upper()} & set(people["person_id"]))


def _words(own: pl.Series, others: pl.Series, shared: set[str]) -> set[str]:
    """What the person alone is called by: names, addresses and numbers as written, and those parts of names that nobody
    else bears. A number of digits alone is left out: a file is full of such."""
    whole = {
        value.strip().removeprefix("mailto:")
        for value in own
        if len(value.strip()) >= SHORTEST_PART and not value.strip().isdigit() and bag_of(value) not in shared
    }
    borne = {folded(part) for value in others for part in parts_of(value.partition("@")[0])}
    told_otherwise = set(others)
    parts = {part for value in own if "@" not in value and not re.search(r"\d|\|", value) for part in parts_of(value)}
    lone = {
        part
        for part in parts
        if len(part) >= SHORTEST_PART and folded(part) not in borne and folded(part) not in OFTEN_LEFT_OUT
    }
    return (whole - told_otherwise) | lone
