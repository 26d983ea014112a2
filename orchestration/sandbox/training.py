"""The synthetic ministry's training: a series of workshops, as the trainers keep it in sheets.

About every quarter from April 2021 there is a workshop: the first for all officers, the later ones for those
newly posted and some of the others. When it is over the trainers save one workbook of it and never touch it
again. Everything follows from the seed; days are calendar days, moments UTC. The officers are invented.
"""

import csv
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from io import BytesIO
from itertools import count
from pathlib import Path

from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sources import SourceError

OFFICERS = 150
FIRST_QUARTER = date(2021, 4, 1)
LATER_PARTICIPANTS = 36
SWAPS_PER_QUARTER = 2
"""Two officers exchange their posts, so that every mission always has somebody."""

PASS_FROM, DISTINCTION_FROM = 55, 85
WITHDRAWN_SHARE, MISSING_SCORE_SHARE, WOMEN_SHARE = 0.04, 0.03, 0.4

TITLES = (
    "Digital diplomacy foundations",
    "Writing for social media",
    "Crisis communication online",
    "Short video for missions",
    "Reading engagement figures",
    "Countering disinformation",
)

MAPPING = """\
# The synthetic ministry's training sheets: invented officers, invented results.
source: sheets
table: courses
files: "workshops/*.xlsx"
sheet: Course
synthetic: true
columns: {course_id: Course no., name: Course, starts_on: First day, length_days: Days}
---
source: sheets
table: registrations
files: "workshops/*.xlsx"
sheet: Registrations
synthetic: true
columns:
  course_id: Course no.
  person_id: Service no.
  mission_id: Mission
  gender: Gender
  outcome: Outcome
---
source: sheets
table: assessments
files: "workshops/*.xlsx"
sheet: Assessments
synthetic: true
columns:
  assessment_id: Assessment no.
  course_id: Course no.
  kind: Kind
  weight: Weight
  due_day: Due on day
  max_score: Maximum
---
source: sheets
table: assessment_results
files: "workshops/*.xlsx"
sheet: Results
synthetic: true
columns:
  assessment_id: Assessment no.
  person_id: Service no.
  submitted_on: Handed in
  score: Score
"""

Table = tuple[tuple[str, ...], list[tuple]]
"""A sheet's header and its rows."""


@dataclass(frozen=True)
class Workshop:
    """One workshop of the series; ``number`` counts from 1."""

    seed: int
    number: int
    first_day: date
    length_days: int

    @classmethod
    def of_quarter(cls, seed: int, number: int) -> "Workshop":
        """Begins on a Monday in the middle of its quarter's first month, and lasts two to five days."""
        chance = _random(seed, "workshop", number)
        quarter = FIRST_QUARTER.year * 4 + (FIRST_QUARTER.month - 1) // 3 + number - 1
        earliest = date(quarter // 4, quarter % 4 * 3 + 1, chance.randint(5, 15))
        monday = earliest + timedelta(days=-earliest.weekday() % 7)
        return cls(seed, number, monday, chance.randint(2, 5))

    @property
    def course_id(self) -> str:
        return f"SYN-{self.first_day:%Y-%m}"

    @property
    def name(self) -> str:
        return f"{TITLES[(self.number - 1) % len(TITLES)]}, workshop {self.number} (synthetic)"

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.length_days - 1)

    @cached_property
    def saved_at(self) -> datetime:
        """When the trainers saved the workbook: the evening of the last day (UTC)."""
        minutes = _random(self.seed, "saved", self.number).randrange(180)
        return datetime.combine(self.last_day, time(17), UTC) + timedelta(minutes=minutes)

    @property
    def file_name(self) -> str:
        return f"{self.course_id}.xlsx"


@dataclass(frozen=True)
class Participant:
    """An officer in a workshop. A score of None was not noted; ``stayed`` to the post-test or withdrew."""

    officer: int
    mission_id: str
    gender: str
    pre_test: int | None
    post_test: int | None
    stayed: bool

    @property
    def person_id(self) -> str:
        return f"SYN-{self.officer:04}"

    @property
    def outcome(self) -> str | None:
        if not self.stayed:
            return "Withdrawn"
        if self.post_test is None:
            return None
        if self.post_test >= DISTINCTION_FROM:
            return "Distinction"
        return "Pass" if self.post_test >= PASS_FROM else "Fail"


def write_training_sheets(folder: Path, *, as_of: datetime, seed: int) -> None:
    """Write the workbooks of the workshops that are over at ``as_of`` (UTC) and not written yet.

    Raises SourceError when the folder holds the sheets of another seed.
    """
    workshops = folder / "workshops"
    over = list(workshops_until(seed, as_of))
    _keep_apart(folder, seed)
    missing = {workshop.number for workshop in over if not (workshops / workshop.file_name).exists()}
    if not missing:
        return
    workshops.mkdir(parents=True, exist_ok=True)
    for workshop, participants in zip(over, attendance(seed, mission_ids()), strict=False):
        if workshop.number in missing:
            content = _workbook(workshop, sheets_of(workshop, participants))
            _save(workshops / workshop.file_name, content, workshop.saved_at)


def workshops_until(seed: int, as_of: datetime) -> Iterator[Workshop]:
    """The workshops whose workbook is saved by ``as_of``, oldest first."""
    for number in count(1):
        workshop = Workshop.of_quarter(seed, number)
        if workshop.saved_at > as_of:
            return
        yield workshop


def attendance(seed: int, missions: list[str]) -> Iterator[list[Participant]]:
    """Who was in the first workshop, the second and so on, without end, by service number."""
    for number, (posts, newly_posted) in enumerate(_postings(seed, missions), start=1):
        chance = _random(seed, "attendance", number)
        officers = list(range(1, OFFICERS + 1))
        if number > 1:
            others = [officer for officer in officers if officer not in newly_posted]
            officers = sorted([*newly_posted, *chance.sample(others, LATER_PARTICIPANTS - len(newly_posted))])
        yield [_participant(seed, officer, posts[officer - 1], chance) for officer in officers]


def mission_ids() -> list[str]:
    with open(REGISTRY_DIR / "missions.csv", encoding="utf-8", newline="") as file:
        return [row["mission_id"] for row in csv.DictReader(file)]


def sheets_of(workshop: Workshop, participants: list[Participant]) -> dict[str, Table]:
    """The workbook's sheets by name."""
    course_id, pre, post = workshop.course_id, f"{workshop.course_id}-pre", f"{workshop.course_id}-post"
    results = [(pre, p.person_id, workshop.first_day, p.pre_test) for p in participants]
    results += [(post, p.person_id, workshop.last_day, p.post_test) for p in participants if p.stayed]
    return {
        "Course": (
            ("Course no.", "Course", "First day", "Days"),
            [(course_id, workshop.name, workshop.first_day, workshop.length_days)],
        ),
        "Registrations": (
            ("Course no.", "Service no.", "Mission", "Gender", "Outcome"),
            [(course_id, p.person_id, p.mission_id, p.gender, p.outcome) for p in participants],
        ),
        "Assessments": (
            ("Assessment no.", "Course no.", "Kind", "Weight", "Due on day", "Maximum"),
            [
                (pre, course_id, "pre-test", 0, 0, 100),
                (post, course_id, "post-test", 100, workshop.length_days - 1, 100),
            ],
        ),
        "Results": (("Assessment no.", "Service no.", "Handed in", "Score"), results),
    }


def _postings(seed: int, missions: list[str]) -> Iterator[tuple[list[str], set[int]]]:
    """Each officer's mission at each workshop, and who was posted elsewhere since the one before."""
    chance = _random(seed, "postings")
    posts = missions + chance.choices(missions, k=OFFICERS - len(missions))
    chance.shuffle(posts)
    yield list(posts), set()
    while True:
        moved = set()
        for _ in range(SWAPS_PER_QUARTER):
            one, other = chance.sample(range(OFFICERS), 2)
            posts[one], posts[other] = posts[other], posts[one]
            moved |= {one + 1, other + 1}
        yield list(posts), moved


def _participant(seed: int, officer: int, mission_id: str, chance: random.Random) -> Participant:
    own = _random(seed, "officer", officer)
    gender = "F" if own.random() < WOMEN_SHARE else "M"
    pre_test = _score(own.gauss(52, 9) + chance.gauss(0, 8))
    post_test = _score(pre_test + chance.gauss(18, 8))
    stayed = chance.random() >= WITHDRAWN_SHARE
    is_pre_noted, is_post_noted = (chance.random() >= MISSING_SCORE_SHARE for _ in range(2))
    return Participant(
        officer=officer,
        mission_id=mission_id,
        gender=gender,
        pre_test=pre_test if is_pre_noted else None,
        post_test=post_test if stayed and is_post_noted else None,
        stayed=stayed,
    )


def _score(value: float) -> int:
    return min(max(round(value), 0), 100)


def _random(seed: int, *what: object) -> random.Random:
    return random.Random("|".join(map(str, (seed, "training", *what))))


def _workbook(workshop: Workshop, sheets: dict[str, Table]) -> bytes:
    """The same bytes each time: the creation date is given, and in memory zip entries bear one fixed time."""
    import xlsxwriter  # one night in a quarter needs it

    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties(
            {
                "title": workshop.name,
                "comments": "Synthetic: invented officers and results.",
                "created": workshop.saved_at.replace(tzinfo=None),
            }
        )
        bold, day = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, (header, rows) in sheets.items():
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, header, bold)
            for line, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    sheet.write(line, column, value, day if isinstance(value, date) else None)
            sheet.autofit()
    return content.getvalue()


def _keep_apart(folder: Path, seed: int) -> None:
    """Write the mapping, and refuse a folder of another seed: its officers may be landed already."""
    marker, mapping = folder / "_seed", folder / "synthetic.mapping.yaml"
    if not marker.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _save(marker, f"{seed}\n".encode())
    held = marker.read_text().strip()
    if held != str(seed):
        raise SourceError(
            f"{folder} holds the training sheets of the synthetic ministry of seed {held}, and "
            f"SIFARAT_SANDBOX_SEED is {seed}; two ministries are never mixed. Set SIFARAT_DATA_DIR to "
            "another folder, or remove the old state with `make clean`."
        )
    if not mapping.exists() or mapping.read_text(encoding="utf-8") != MAPPING:
        _save(mapping, MAPPING.encode())


def _save(path: Path, content: bytes, saved_at: datetime | None = None) -> None:
    """The whole file or none, whatever happens; bearing the time ``saved_at`` (UTC) where one is given."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if saved_at:
            os.utime(temporary, (saved_at.timestamp(), saved_at.timestamp()))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
