"""The synthetic ministry's workshop series: who was posted where, nominated, present, tested and certified.

A workshop a quarter from April 2021, for 150 officers of 90 missions. The workshops have two session days and one
in turn, so the first two years have twelve sessions; then the series goes on. Everything follows from the seed.
Days and times are UTC.

How a session is told follows from its number alone: ``MODES`` in turn. Meetings before ``API_SINCE`` are told by
exported files and later ones by the sandbox's Zoom and Teams: a night asks an API for its own days alone, so what
lies before the first daily partition could never be read there. The learning record store tells of the workshops
since then, too.
"""

import csv
import random
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache

from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.officers import OFFICERS, Officer, officers, written

FIRST_QUARTER = 2021 * 4 + 1
"""Quarters since the year 0; this one is April to June 2021."""

LENGTH_DAYS = 3
SAVED_AT = time(18, tzinfo=UTC)
PASS_MARK, DISTINCTION_MARK, MAX_SCORE = 50, 85, 100
WITHDRAWN_SHARE, MISSED_PRE_TEST_SHARE, UNMARKED_SHARE = 0.06, 0.05, 0.03
FEWEST_INVITED, MOST_INVITED = 35, 60
FEWEST_ROTATIONS, MOST_ROTATIONS = 3, 7
CERTIFICATE_YEARS = 2

UNNOMINATED_SHARE = 0.05
"""Of those registered, who came without a nomination."""
FEWEST_TURNED_DOWN, MOST_TURNED_DOWN = 2, 6
"""Nominated, and not registered."""
FEWEST_VISITORS, MOST_VISITORS = 1, 4
"""In a session without being registered."""

API_SINCE = date(2026, 1, 1)
SESSION_STARTS, SESSION_MINUTES = time(6, tzinfo=UTC), 180
MODES = (("zoom",), ("sheet",), ("teams",), ("zoom", "sheet"))
"""Who tells of a session: a meeting tool, the sign-in sheet at the door, or both for one of which some were in the
hall and some on Zoom."""
IN_BOTH_SHARE = 0.25
"""Of those on Zoom at such a session, who also signed in the hall."""
WITHOUT_EMAIL_SHARE, WITHOUT_NUMBER_SHARE, NO_LEAVING_SHARE = 0.1, 0.15, 0.2

HABITS = {"whole": 55, "late": 12, "early": 11, "rejoins": 14, "two devices": 8}
ABSENT_SHARE, WITHDRAWN_ABSENT_SHARE = 0.12, 0.6

SUBJECTS = (
    "Foundations of digital diplomacy",
    "Writing for social media",
    "Photo and video with a telephone",
    "Consular service online",
    "Communication in a crisis",
    "Measuring engagement",
    "Answering disinformation",
)


@dataclass(frozen=True)
class Workshop:
    """One workshop; ``number`` counts quarters from the first, 0."""

    number: int

    @property
    def quarter_starts_on(self) -> date:
        year, quarter = divmod(FIRST_QUARTER + self.number, 4)
        return date(year, 3 * quarter + 1, 1)

    @property
    def starts_on(self) -> date:
        """The second Monday of its quarter."""
        first = self.quarter_starts_on
        return first + timedelta(days=-first.weekday() % 7 + 7)

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=LENGTH_DAYS - 1)

    @property
    def saved_at(self) -> datetime:
        """The evening on which the trainers save what they wrote."""
        return datetime.combine(self.ends_on, SAVED_AT)

    @property
    def course_id(self) -> str:
        return f"SYN-{self.starts_on.year}-Q{(self.starts_on.month + 2) // 3}"

    @property
    def name(self) -> str:
        return f"{SUBJECTS[self.number % len(SUBJECTS)]}, workshop {self.number + 1} (synthetic)"

    @property
    def sessions(self) -> list["Session"]:
        """Two and one in turn."""
        first = (3 * self.number + 1) // 2
        days = (2,) if self.number % 2 else (1, 3)
        return [Session(self, day, first + n) for n, day in enumerate(days)]


@dataclass(frozen=True)
class Session:
    """One session on a ``day`` (from 1) of its workshop; ``number`` counts the series' sessions from 0."""

    workshop: Workshop
    day: int
    number: int

    @property
    def session_id(self) -> str:
        return f"{self.workshop.course_id}-D{self.day}"

    @property
    def title(self) -> str:
        return f"{self.workshop.name}, day {self.day}"

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.workshop.starts_on + timedelta(days=self.day - 1), SESSION_STARTS)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=SESSION_MINUTES)

    @property
    def told_by(self) -> tuple[str, ...]:
        return MODES[self.number % len(MODES)]

    @property
    def is_told_by_api(self) -> bool:
        """Where it was a meeting."""
        return self.starts_at.date() >= API_SINCE

    @property
    def meeting_starts_at(self) -> datetime:
        """The host opens the meeting before anybody can come."""
        return self.starts_at - timedelta(minutes=10)

    @property
    def meeting_ends_at(self) -> datetime:
        """And ends it when everybody has gone."""
        return self.ends_at + timedelta(minutes=10)

    @property
    def zoom_meeting_id(self) -> str | None:
        return f"83{self.number:09}" if "zoom" in self.told_by else None

    @property
    def zoom_uuid(self) -> str:
        """Of 16 bytes in base64, as Zoom's are; some begin with a slash or hold two."""
        random_bytes = random.Random(f"zoom|{self.session_id}").randbytes(13)
        return b64encode((b"\xff\xff\xff" if self.number % 8 == 0 else b"\x00\x11\x22") + random_bytes).decode()

    @property
    def teams_meeting_id(self) -> str | None:
        """As Graph gives it. A downloaded report does not bear it."""
        if "teams" not in self.told_by:
            return None
        return b64encode(f"1*synthetic*0**19:meeting_{self.session_id}@thread.v2".encode()).decode()


@dataclass(frozen=True)
class Enrolment:
    """One officer in one workshop. A score is None where there is no mark, a day where nothing was handed in."""

    officer: Officer
    mission_id: str
    outcome: str | None
    pre_test_on: date | None
    pre_test_score: int | None
    post_test_on: date | None
    post_test_score: int | None

    @property
    def has_withdrawn(self) -> bool:
        return self.outcome == "Withdrawn"

    @property
    def has_passed(self) -> bool:
        return self.outcome in ("Pass", "Distinction")


@dataclass(frozen=True)
class Nomination:
    """As a mission writes it: ``name`` in its own spelling, the number or the e-mail not always."""

    name: str
    service_number: str | None
    email: str | None
    mission_id: str
    nominated_on: date


@dataclass(frozen=True)
class Stay:
    """What ``told_by`` (zoom, teams or sheet) tells of an officer in a session, the name as written there.

    ``left_at`` is None where a sheet does not say it; a meeting tells no service number.
    """

    officer: Officer
    told_by: str
    name: str
    email: str | None
    service_number: str | None
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Edition:
    """A workshop as it was held, with where each officer was posted then, and since when, by officer's number."""

    seed: int
    workshop: Workshop
    enrolments: tuple[Enrolment, ...]
    missions: tuple[str, ...]
    posted_on: tuple[date, ...]

    @cached_property
    def _others(self) -> list[Officer]:
        enrolled = {enrolment.officer.number for enrolment in self.enrolments}
        return [officer for officer in officers(self.seed) if officer.number not in enrolled]

    def chance(self, *what: object) -> random.Random:
        """Draws that follow from the seed, the workshop and ``what`` alone."""
        return random.Random("|".join(map(str, (self.seed, self.workshop.course_id, *what))))

    @cached_property
    def nominations(self) -> list[Nomination]:
        """Most of those registered, and some who were then not taken."""
        chance = self.chance("nominations")
        named = [e.officer for e in self.enrolments if chance.random() >= UNNOMINATED_SHARE]
        turned_down = chance.randint(FEWEST_TURNED_DOWN, MOST_TURNED_DOWN)
        named += chance.sample(self._others, min(turned_down, len(self._others)))
        names: set[str] = set()
        found = []
        for officer in named:
            has_number, has_email = chance.random() >= WITHOUT_NUMBER_SHARE, chance.random() >= WITHOUT_EMAIL_SHARE
            found.append(
                Nomination(
                    _written_once(officer, chance, names),
                    officer.service_number if has_number else None,
                    officer.email if has_email else None,
                    self.missions[officer.number],
                    self.workshop.starts_on - timedelta(days=chance.randint(10, 30)),
                )
            )
        return found

    def stays(self, session: Session) -> list[Stay]:
        """Everything that anybody tells of the session, by teller and then by officer."""
        found: list[Stay] = []
        names: set[str] = set()
        here = [(e.officer, WITHDRAWN_ABSENT_SHARE if e.has_withdrawn else ABSENT_SHARE) for e in self.enrolments]
        chance = self.chance(session.session_id, "visitors")
        visitors = chance.randint(FEWEST_VISITORS, MOST_VISITORS)
        here += [(officer, 0.0) for officer in chance.sample(self._others, min(visitors, len(self._others)))]
        for officer, absent_share in here:
            own = self.chance(session.session_id, officer.number)
            if own.random() >= absent_share:
                found += self._stays(session, officer, own, names)
        return sorted(found, key=lambda stay: session.told_by.index(stay.told_by))

    def stays_by_officer(self, session: Session) -> dict[Officer, list[Stay]]:
        """The same, each officer's together, in the order of their first."""
        found: dict[Officer, list[Stay]] = {}
        for stay in self.stays(session):
            found.setdefault(stay.officer, []).append(stay)
        return found

    def _stays(self, session: Session, officer: Officer, chance: random.Random, names: set[str]) -> Iterator[Stay]:
        times = [
            tuple(session.starts_at + timedelta(seconds=round(minutes * 60)) for minutes in there)
            for there in _presence(chance)
        ]
        tellers = session.told_by
        if len(tellers) == 2:
            is_in_hall = self.missions[officer.number] == "headquarters"
            tellers = ("sheet",) if is_in_hall else ("zoom",)
            if not is_in_hall and chance.random() < IN_BOTH_SHARE:
                tellers = ("zoom", "sheet")
        for teller in tellers:
            email = officer.email if chance.random() >= WITHOUT_EMAIL_SHARE else None
            if teller == "sheet":
                number = officer.service_number if chance.random() >= WITHOUT_NUMBER_SHARE else None
                left_at = max(left for _, left in times) if chance.random() >= NO_LEAVING_SHARE else None
                name = _written_once(officer, chance, names)
                yield Stay(officer, teller, name, email, number, min(joined for joined, _ in times), left_at)
                continue
            name = written(officer, chance)
            for joined_at, left_at in times:
                yield Stay(officer, teller, name, email, None, joined_at, left_at)


def _presence(chance: random.Random) -> list[tuple[float, float]]:
    """When somebody comes and goes, in minutes from the session's start."""
    [habit] = chance.choices(list(HABITS), list(HABITS.values()))
    came, left = chance.uniform(-8, 4), chance.uniform(SESSION_MINUTES, SESSION_MINUTES + 6)
    if habit == "late":
        came = chance.uniform(10, 80)
    elif habit == "early":
        left = chance.uniform(30, 150)
    elif habit == "rejoins":
        cut = chance.uniform(30, 110)
        return [(came, cut), (cut + chance.uniform(2, 40), left)]
    elif habit == "two devices":
        return [(came, left), (came + chance.uniform(1, 20), left - chance.uniform(1, 30))]
    return [(came, left)]


def _written_once(officer: Officer, chance: random.Random, names: set[str]) -> str:
    """A name that nobody else on the list has: two people of one initial write theirs in full."""
    name = written(officer, chance)
    name = officer.name if name in names else name
    names.add(name)
    return name


def workshops(as_of: datetime) -> list[Workshop]:
    """The workshops that were over, and their sheets saved, by ``as_of``, first to last."""
    number, saved = 0, []
    while (workshop := Workshop(number)).saved_at <= as_of:
        saved.append(workshop)
        number += 1
    return saved


def workshop_in_quarter_of(day: date) -> Workshop:
    return Workshop(day.year * 4 + (day.month - 1) // 3 - FIRST_QUARTER)


def workshop_on(day: date) -> Workshop | None:
    """The workshop that is held on ``day``, where there is one."""
    workshop = workshop_in_quarter_of(day)
    return workshop if workshop.number >= 0 and workshop.starts_on <= day <= workshop.ends_on else None


def sessions_by_api(tool: str, start: date, end: date) -> list[Session]:
    """The sessions on the days from ``start`` to before ``end`` that ``tool`` (zoom or teams) tells over its API."""
    days = (start + timedelta(days=n) for n in range((end - start).days))
    return [
        session
        for day in days
        if (workshop := workshop_on(day))
        for session in workshop.sessions
        if session.starts_at.date() == day and tool in session.told_by and session.is_told_by_api
    ]


@lru_cache(maxsize=4)
def edition(seed: int, number: int) -> Edition:
    """The workshop of that number as it was held."""
    *_, last = held(seed, until=number)
    return last


def held(seed: int, *, until: int) -> Iterator[Edition]:
    """Every workshop up to number ``until``.

    The first is for everyone. Before each later one some officers exchange posts, so that no mission is ever
    without one; they are invited first, others by lot.
    """
    staff = officers(seed)
    missions, posted_on = _first_postings(seed)
    people = list(range(OFFICERS))
    for number in range(until + 1):
        workshop = Workshop(number)
        chance = random.Random(f"{seed}|workshop|{number}")
        invited = people
        if number > 0:
            movers = chance.sample(people, 2 * chance.randint(FEWEST_ROTATIONS, MOST_ROTATIONS))
            for one, other in zip(movers[::2], movers[1::2], strict=True):
                missions[one], missions[other] = missions[other], missions[one]
            for person in movers:
                posted_on[person] = workshop.quarter_starts_on
            stayed = [person for person in people if person not in movers]
            seats = chance.randint(FEWEST_INVITED, MOST_INVITED) - len(movers)
            invited = sorted(movers + chance.sample(stayed, seats))
        enrolments = tuple(_enrolment(seed, workshop, staff[person], missions[person]) for person in invited)
        yield Edition(seed, workshop, enrolments, tuple(missions), tuple(posted_on))


def _first_postings(seed: int) -> tuple[list[str], list[date]]:
    """The mission of each officer in April 2021, one at each, the others by lot, most of them at headquarters; and
    since when, within the three years before."""
    with open(REGISTRY_DIR / "missions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missions = [row["mission_id"] for row in rows]
    weights = [len(rows) if row["kind"] == "headquarters" else 1 for row in rows]
    chance = random.Random(f"{seed}|postings")
    postings = missions + chance.choices(missions, weights, k=OFFICERS - len(missions))
    chance.shuffle(postings)
    first = Workshop(0).quarter_starts_on
    return postings, [first - timedelta(days=chance.randint(30, 1095)) for _ in postings]


def _enrolment(seed: int, workshop: Workshop, officer: Officer, mission_id: str) -> Enrolment:
    chance = random.Random(f"{seed}|workshop|{workshop.number}|officer|{officer.number}")
    before = _mark(chance.gauss(50 + officer.talent, 12))
    after = _mark(before + chance.gauss(22, 10))
    has_pre_test = chance.random() >= MISSED_PRE_TEST_SHARE
    is_marked = chance.random() >= UNMARKED_SHARE
    has_withdrawn = chance.random() < WITHDRAWN_SHARE
    post_test_score = after if is_marked and not has_withdrawn else None
    return Enrolment(
        officer=officer,
        mission_id=mission_id,
        outcome="Withdrawn" if has_withdrawn else _outcome(post_test_score),
        pre_test_on=workshop.starts_on if has_pre_test else None,
        pre_test_score=before if has_pre_test else None,
        post_test_on=None if has_withdrawn else workshop.ends_on,
        post_test_score=post_test_score,
    )


def _mark(points: float) -> int:
    return min(max(round(points), 0), MAX_SCORE)


def _outcome(post_test_score: int | None) -> str | None:
    """As the trainers write it: nothing until the post-test is marked."""
    if post_test_score is None:
        return None
    if post_test_score >= DISTINCTION_MARK:
        return "Distinction"
    return "Pass" if post_test_score >= PASS_MARK else "Fail"
