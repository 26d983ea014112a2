"""The synthetic ministry's workshops, as its trainers keep them: one Excel workbook per workshop.

    <folder>/synthetic.mapping.yaml        says which sheet and column is what
    <folder>/workshops/syn-2021-q2.xlsx    sheets Course, Registrations, Assessments and Results

A workbook appears when its workshop is over and never changes. It follows from the seed alone, byte for byte,
and its modification time is the evening the trainers saved it, so it is landed as observed then, whatever
night it is first asked for. Days and times are UTC.
"""

import csv
import io
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from orchestration.sandbox.ministry import REGISTRY_DIR

OFFICERS = 150
FIRST_QUARTER = 2021 * 4 + 1
"""Quarters since the year 0; this one is April to June 2021."""

LENGTH_DAYS = 3
SAVED_AT = time(18, tzinfo=UTC)
PASS_MARK, DISTINCTION_MARK, MAX_SCORE = 50, 85, 100
WITHDRAWN_SHARE, MISSED_PRE_TEST_SHARE, UNMARKED_SHARE = 0.06, 0.05, 0.03
FEWEST_INVITED, MOST_INVITED = 35, 60
FEWEST_ROTATIONS, MOST_ROTATIONS = 3, 7

SUBJECTS = (
    "Foundations of digital diplomacy",
    "Writing for social media",
    "Photo and video with a telephone",
    "Consular service online",
    "Communication in a crisis",
    "Measuring engagement",
    "Answering disinformation",
)

MAPPING = """\
# Written by the sandbox: the synthetic ministry's workshops.
source: sheets
table: courses
files: "workshops/*.xlsx"
sheet: Course
synthetic: true
columns: {course_id: Course, name: Name, starts_on: Starts on, length_days: Days}
---
source: sheets
table: registrations
files: "workshops/*.xlsx"
sheet: Registrations
synthetic: true
columns: {course_id: Course, person_id: Service number, mission_id: Mission, gender: Gender, outcome: Outcome}
---
source: sheets
table: assessments
files: "workshops/*.xlsx"
sheet: Assessments
synthetic: true
columns:
  assessment_id: Assessment
  course_id: Course
  kind: Kind
  weight: Weight
  due_day: Due on day
  max_score: Out of
---
source: sheets
table: assessment_results
files: "workshops/*.xlsx"
sheet: Results
synthetic: true
columns: {assessment_id: Assessment, person_id: Service number, submitted_on: Handed in, score: Score}
"""


class OtherSeed(Exception):
    """The folder holds another synthetic ministry's workbooks; the message says what to do."""


@dataclass(frozen=True)
class Workshop:
    """One workshop; ``number`` counts quarters from the first, 0."""

    number: int

    @property
    def starts_on(self) -> date:
        """The second Monday of its quarter."""
        year, quarter = divmod(FIRST_QUARTER + self.number, 4)
        first = date(year, 3 * quarter + 1, 1)
        return first + timedelta(days=-first.weekday() % 7 + 7)

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=LENGTH_DAYS - 1)

    @property
    def saved_at(self) -> datetime:
        return datetime.combine(self.ends_on, SAVED_AT)

    @property
    def course_id(self) -> str:
        return f"SYN-{self.starts_on.year}-Q{(self.starts_on.month + 2) // 3}"

    @property
    def name(self) -> str:
        return f"{SUBJECTS[self.number % len(SUBJECTS)]}, workshop {self.number + 1} (synthetic)"

    @property
    def file(self) -> str:
        """Relative to the folder."""
        return f"workshops/{self.course_id.lower()}.xlsx"


@dataclass(frozen=True)
class Attendance:
    """One officer in one workshop. A score is None where there is no mark, a day where nothing was handed in."""

    person_id: str
    mission_id: str
    gender: str
    outcome: str | None
    pre_test_on: date | None
    pre_test_score: int | None
    post_test_on: date | None
    post_test_score: int | None


def write_training_sheets(folder: Path, *, as_of: datetime, seed: int) -> None:
    """Write what the trainers had saved by ``as_of`` and the folder does not hold yet.

    Later workbooks that the folder holds already stay: what was landed is not taken back. Raises OtherSeed
    when the folder was begun with another seed, since two ministries in one landing would contradict.
    """
    (folder / "workshops").mkdir(parents=True, exist_ok=True)
    _keep_to_one_seed(folder / "_seed", seed)
    mapping = folder / "synthetic.mapping.yaml"
    if not mapping.exists() or mapping.read_text(encoding="utf-8") != MAPPING:
        _write(mapping, MAPPING.encode(), datetime.combine(Workshop(0).starts_on, SAVED_AT))
    missing = {workshop.number for workshop in workshops(as_of) if not (folder / workshop.file).exists()}
    if not missing:
        return
    for workshop, attendances in attended(seed, until=max(missing)):
        if workshop.number in missing:
            _write(folder / workshop.file, _workbook(workshop, attendances), workshop.saved_at)


def workshops(as_of: datetime) -> list[Workshop]:
    """The workshops whose sheets were saved by ``as_of``, first to last."""
    number, saved = 0, []
    while (workshop := Workshop(number)).saved_at <= as_of:
        saved.append(workshop)
        number += 1
    return saved


def attended(seed: int, *, until: int) -> Iterator[tuple[Workshop, list[Attendance]]]:
    """Every workshop up to number ``until`` with who attended it.

    The first is for everyone. Before each later one some officers exchange posts, so that no mission is ever
    without one; they are invited first, others by lot.
    """
    postings = _first_postings(seed)
    people = list(range(OFFICERS))
    for number in range(until + 1):
        chance = random.Random(f"{seed}|workshop|{number}")
        invited = people
        if number > 0:
            movers = chance.sample(people, 2 * chance.randint(FEWEST_ROTATIONS, MOST_ROTATIONS))
            for one, other in zip(movers[::2], movers[1::2], strict=True):
                postings[one], postings[other] = postings[other], postings[one]
            stayed = [person for person in people if person not in movers]
            seats = chance.randint(FEWEST_INVITED, MOST_INVITED) - len(movers)
            invited = sorted(movers + chance.sample(stayed, seats))
        workshop = Workshop(number)
        yield workshop, [_attendance(seed, workshop, person, postings[person]) for person in invited]


def _first_postings(seed: int) -> list[str]:
    """The mission of each officer in April 2021: one at each, the others by lot, most of them at headquarters."""
    with open(REGISTRY_DIR / "missions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missions = [row["mission_id"] for row in rows]
    weights = [len(rows) if row["kind"] == "headquarters" else 1 for row in rows]
    chance = random.Random(f"{seed}|postings")
    postings = missions + chance.choices(missions, weights, k=OFFICERS - len(missions))
    chance.shuffle(postings)
    return postings


def _attendance(seed: int, workshop: Workshop, person: int, mission_id: str) -> Attendance:
    own = random.Random(f"{seed}|officer|{person}")
    gender, talent = own.choice("FM"), own.gauss(0, 8)
    chance = random.Random(f"{seed}|workshop|{workshop.number}|officer|{person}")
    before = _mark(chance.gauss(50 + talent, 12))
    after = _mark(before + chance.gauss(22, 10))
    has_pre_test = chance.random() >= MISSED_PRE_TEST_SHARE
    is_marked = chance.random() >= UNMARKED_SHARE
    has_withdrawn = chance.random() < WITHDRAWN_SHARE
    post_test_score = after if is_marked and not has_withdrawn else None
    return Attendance(
        person_id=f"SYN-{person + 1:04}",
        mission_id=mission_id,
        gender=gender,
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


def _workbook(workshop: Workshop, attendances: list[Attendance]) -> bytes:
    """The workbook's bytes. Its inner times are fixed, so that the same content is the same file."""
    import xlsxwriter  # here, because most nights have nothing to write

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    book.set_properties({"created": workshop.saved_at.replace(tzinfo=None), "title": workshop.name})
    for sheet_name, rows in _sheets(workshop, attendances).items():
        sheet = book.add_worksheet(sheet_name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


def _sheets(workshop: Workshop, attendances: list[Attendance]) -> dict[str, list[tuple[Any, ...]]]:
    course = workshop.course_id
    pre_test, post_test = f"{course}-pre", f"{course}-post"
    results = [(pre_test, a.person_id, a.pre_test_on, a.pre_test_score) for a in attendances if a.pre_test_on]
    results += [(post_test, a.person_id, a.post_test_on, a.post_test_score) for a in attendances if a.post_test_on]
    return {
        "Course": [
            ("Course", "Name", "Starts on", "Days"),
            (course, workshop.name, workshop.starts_on, LENGTH_DAYS),
        ],
        "Registrations": [
            ("Course", "Service number", "Mission", "Gender", "Outcome"),
            *((course, a.person_id, a.mission_id, a.gender, a.outcome) for a in attendances),
        ],
        "Assessments": [
            ("Assessment", "Course", "Kind", "Weight", "Due on day", "Out of"),
            (pre_test, course, "pre-test", 0, 0, MAX_SCORE),
            (post_test, course, "post-test", 100, LENGTH_DAYS - 1, MAX_SCORE),
        ],
        "Results": [("Assessment", "Service number", "Handed in", "Score"), *results],
    }


def _keep_to_one_seed(marker: Path, seed: int) -> None:
    if not marker.exists():
        _write(marker, f"{seed}\n".encode(), datetime.combine(Workshop(0).starts_on, SAVED_AT))
    held = marker.read_text(encoding="utf-8").strip()
    if held != str(seed):
        raise OtherSeed(
            f"{marker.parent} holds the workshops of seed {held}, and SIFARAT_SANDBOX_SEED is {seed}: two synthetic "
            "ministries are never mixed. Set SIFARAT_DATA_DIR to another folder, or remove the old state with "
            "`make clean`."
        )


def _write(path: Path, content: bytes, saved_at: datetime) -> None:
    """Write the whole file under another name, dated ``saved_at``, then rename it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, (saved_at.timestamp(), saved_at.timestamp()))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
