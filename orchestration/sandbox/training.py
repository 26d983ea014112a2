"""The synthetic ministry's workshops, as its trainers keep them: files in an inbox.

    <folder>/synthetic.mapping.yaml              says which sheet and column is what
    <folder>/workshops/syn-2021-q2.xlsx          sheets Course, Registrations, Assessments and Results
    <folder>/records/syn-2021-q2.xlsx            sheets Nominations, Sessions, Tests and Certificates
    <folder>/staff/syn-2021-q2.csv               the ministry's staff list of that quarter
    <folder>/signed/syn-2021-q2-d3.csv           who signed at the door, one sheet per session in a hall
    <folder>/meetings/participants_83….csv       Zoom's participant report, with its block about the meeting or without
    <folder>/meetings/syn-2021-q3-d2 teams.csv   Teams' attendance report: UTF-16, tabs

A workshop's files appear when it is over and never change. Each follows from the seed alone, byte for byte,
and its modification time is the evening the trainers saved it, so it is landed as observed then, whatever
night it is first asked for. Meetings since ``series.API_SINCE`` have no file: the sandbox's Zoom and Teams tell
them. Days and times are UTC, and written year first.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.files import replacing
from orchestration.sandbox.officers import officers, written
from orchestration.sandbox.series import (
    CERTIFICATE_YEARS,
    LENGTH_DAYS,
    MAX_SCORE,
    SAVED_AT,
    Edition,
    Session,
    Stay,
    Workshop,
    held,
    workshops,
)

FIRST_EVENING = datetime.combine(Workshop(0).starts_on, SAVED_AT)
FOLDERS = ("workshops", "records", "staff", "signed", "meetings")
Row = tuple[Any, ...]

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
---
source: sheets
table: staff
files: "staff/*.csv"
synthetic: true
columns:
  person_id: Service number
  service_number: Service number
  name: Name
  email: E-mail
  mission_id: Mission
  posted_on: Posted on
  grade: Grade
  gender: Gender
---
source: sheets
table: nominations
files: "records/*.xlsx"
sheet: Nominations
header_row: auto
synthetic: true
columns:
  course_id: Course
  person_id: {from: [Service number, E-mail, Name], first: true}
  service_number: Service number
  name: Name
  email: E-mail
  mission_id: Mission
  nominated_on: Nominated on
---
source: sheets
table: sessions
files: "records/*.xlsx"
sheet: Sessions
synthetic: true
times: {format: "%Y-%m-%d %H:%M", zone: UTC}
columns:
  session_id: Session
  course_id: Course
  title: Title
  starts_at: From
  ends_at: To
  zoom_meeting_id: Zoom
  teams_meeting_id: Teams
---
source: sheets
table: test_results
files: "records/*.xlsx"
sheet: Tests
synthetic: true
columns:
  course_id: Course
  person_id: Service number
  name: Name
  phase: Test
  score: Score
  max_score: Out of
  taken_on: Taken on
---
source: sheets
table: certificates
files: "records/*.xlsx"
sheet: Certificates
synthetic: true
columns:
  certificate_id: Certificate
  person_id: Service number
  name: Name
  email: E-mail
  course_id: Course
  issued_on: Issued on
  expires_on: Valid to
---
source: sheets
table: sign_ins
files: "signed/*.csv"
synthetic: true
times: {format: "%Y-%m-%d %H:%M:%S", zone: UTC}
columns: {session_id: Session, person: Name, service_number: Service number, email: E-mail, signed_at: In, left_at: Out}
"""


class OtherSeed(Exception):
    """The folder holds another synthetic ministry's workbooks; the message says what to do."""


def write_training_sheets(folder: Path, *, as_of: datetime, seed: int) -> None:
    """Write what the trainers had saved by ``as_of`` and the folder does not hold yet.

    Later files that the folder holds already stay: what was landed is not taken back. Raises OtherSeed
    when the folder was begun with another seed, since two ministries in one landing would contradict.
    """
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _keep_to_one_seed(folder / "_seed", seed)
    mapping = folder / "synthetic.mapping.yaml"
    if not mapping.exists() or mapping.read_text(encoding="utf-8") != MAPPING:
        _write(mapping, MAPPING.encode(), FIRST_EVENING)
    missing = {
        workshop: {name: content for name, content in files(workshop).items() if not (folder / name).exists()}
        for workshop in workshops(as_of)
    }
    last = max((workshop.number for workshop, names in missing.items() if names), default=-1)
    for edition in held(seed, until=last):
        for name, content in missing[edition.workshop].items():
            _write(folder / name, content(edition), edition.workshop.saved_at)


def files(workshop: Workshop) -> dict[str, Callable[[Edition], bytes]]:
    """The workshop's files by their name in the folder, each with what makes its content."""
    course = workshop.course_id.lower()
    named: dict[str, Callable[[Edition], bytes]] = {
        f"workshops/{course}.xlsx": partial(_workbook, _sheets),
        f"records/{course}.xlsx": partial(_workbook, _records),
        f"staff/{course}.csv": _staff_list,
    }
    for session in workshop.sessions:
        name = session.session_id.lower()
        if "sheet" in session.told_by:
            named[f"signed/{name}.csv"] = partial(_sign_in_sheet, session)
        if "zoom" in session.told_by and not session.is_told_by_api:
            # The name tells the meeting's number where the report has no block about the meeting.
            with_block = len(session.told_by) == 1
            report = f"{name} zoom" if with_block else f"participants_{session.zoom_meeting_id}"
            named[f"meetings/{report}.csv"] = partial(_zoom_report, session, with_block)
        if "teams" in session.told_by and not session.is_told_by_api:
            named[f"meetings/{name} teams.csv"] = partial(_teams_report, session)
    return named


def _workbook(sheets: Callable[[Edition], dict[str, list[Row]]], edition: Edition) -> bytes:
    """The workbook's bytes. Its inner times are fixed, so that the same content is the same file."""
    import xlsxwriter  # here, because most nights have nothing to write

    workshop = edition.workshop
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    book.set_properties({"created": workshop.saved_at.replace(tzinfo=None), "title": workshop.name})
    for sheet_name, rows in sheets(edition).items():
        sheet = book.add_worksheet(sheet_name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return buffer.getvalue()


def _sheets(edition: Edition) -> dict[str, list[Row]]:
    course, enrolments = edition.workshop.course_id, edition.enrolments
    pre_test, post_test = f"{course}-pre", f"{course}-post"
    results = [
        (pre_test, e.officer.service_number, e.pre_test_on, e.pre_test_score) for e in enrolments if e.pre_test_on
    ]
    results += [
        (post_test, e.officer.service_number, e.post_test_on, e.post_test_score) for e in enrolments if e.post_test_on
    ]
    return {
        "Course": [
            ("Course", "Name", "Starts on", "Days"),
            (course, edition.workshop.name, edition.workshop.starts_on, LENGTH_DAYS),
        ],
        "Registrations": [
            ("Course", "Service number", "Mission", "Gender", "Outcome"),
            *((course, e.officer.service_number, e.mission_id, e.officer.gender, e.outcome) for e in enrolments),
        ],
        "Assessments": [
            ("Assessment", "Course", "Kind", "Weight", "Due on day", "Out of"),
            (pre_test, course, "pre-test", 0, 0, MAX_SCORE),
            (post_test, course, "post-test", 100, LENGTH_DAYS - 1, MAX_SCORE),
        ],
        "Results": [("Assessment", "Service number", "Handed in", "Score"), *results],
    }


def _records(edition: Edition) -> dict[str, list[Row]]:
    workshop, enrolments = edition.workshop, edition.enrolments
    course = workshop.course_id
    names = {e.officer: written(e.officer, edition.chance("tests", e.officer.number)) for e in enrolments}
    tests: list[Row] = []
    for e in enrolments:
        who = course, e.officer.service_number, names[e.officer]
        if e.pre_test_on:
            tests.append((*who, "pre", e.pre_test_score, MAX_SCORE, e.pre_test_on))
        if e.post_test_on:
            tests.append((*who, "post", e.post_test_score, MAX_SCORE, e.post_test_on))
    issued_on = workshop.ends_on
    expires_on = issued_on.replace(year=issued_on.year + CERTIFICATE_YEARS)
    return {
        "Nominations": [
            (f"Nominations for {workshop.name}",),
            (),
            ("Course", "Service number", "Name", "E-mail", "Mission", "Nominated on"),
            *((course, n.service_number, n.name, n.email, n.mission_id, n.nominated_on) for n in edition.nominations),
        ],
        "Sessions": [
            ("Session", "Course", "Title", "From", "To", "Zoom", "Teams"),
            *(
                (
                    session.session_id,
                    course,
                    session.title,
                    f"{session.starts_at:%Y-%m-%d %H:%M}",
                    f"{session.ends_at:%Y-%m-%d %H:%M}",
                    session.zoom_meeting_id,
                    session.teams_meeting_id,
                )
                for session in workshop.sessions
            ),
        ],
        "Tests": [("Course", "Service number", "Name", "Test", "Score", "Out of", "Taken on"), *tests],
        "Certificates": [
            ("Certificate", "Service number", "Name", "E-mail", "Course", "Issued on", "Valid to"),
            *(
                (f"{course}-{o.number + 1:04}", o.service_number, o.name, o.email, course, issued_on, expires_on)
                for o in (e.officer for e in enrolments if e.has_passed)
            ),
        ],
    }


def _staff_list(edition: Edition) -> bytes:
    return _csv(
        ("Service number", "Name", "E-mail", "Mission", "Posted on", "Grade", "Gender"),
        (
            (o.service_number, o.name, o.email, mission, posted_on, o.grade, o.gender)
            for o, mission, posted_on in zip(officers(edition.seed), edition.missions, edition.posted_on, strict=True)
        ),
    )


def _sign_in_sheet(session: Session, edition: Edition) -> bytes:
    return _csv(
        ("Session", "Name", "Service number", "E-mail", "In", "Out"),
        (
            (session.session_id, stay.name, stay.service_number, stay.email, _told(stay.joined_at), _told(stay.left_at))
            for stay in edition.stays(session)
            if stay.told_by == "sheet"
        ),
    )


def _zoom_report(session: Session, with_block: bool, edition: Edition) -> bytes:
    stays = [stay for stay in edition.stays(session) if stay.told_by == "zoom"]
    block: list[Row] = [
        ("Meeting ID", "Topic", "Start Time", "End Time", "User Email", "Duration (Minutes)", "Participants"),
        (
            session.zoom_meeting_id,
            session.title,
            _told(session.meeting_starts_at),
            _told(session.meeting_ends_at),
            "trainers@mofa.example",
            _minutes(session.meeting_starts_at, session.meeting_ends_at),
            len({stay.officer for stay in stays}),
        ),
        (),
    ]
    header = ("Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest")
    rows = (
        (
            stay.name,
            stay.email,
            _told(stay.joined_at),
            _told(stay.left_at),
            _minutes(stay.joined_at, stay.left_at),
            "No" if stay.email else "Yes",
        )
        for stay in stays
    )
    return _csv(*block, header, rows) if with_block else _csv(header, rows)


def _teams_report(session: Session, edition: Edition) -> bytes:
    by_officer = edition.stays_by_officer(session)
    rows: list[Row] = [
        ("1. Summary",),
        ("Meeting title", session.title),
        ("Attended participants", len(by_officer)),
        ("Start time", _told(session.meeting_starts_at)),
        ("End time", _told(session.meeting_ends_at)),
        ("Meeting duration", _duration(session.meeting_ends_at - session.meeting_starts_at)),
        (),
        ("2. Participants",),
        ("Name", "First Join", "Last Leave", "In-Meeting Duration", "Email", "Participant ID (UPN)", "Role"),
    ]
    for stays in by_officer.values():
        first, last = min(stay.joined_at for stay in stays), max(_left(stay) for stay in stays)
        email = stays[0].email
        rows.append((stays[0].name, _told(first), _told(last), _duration(last - first), email, email, "Attendee"))
    rows += [(), ("3. In-Meeting Activities",), ("Name", "Join Time", "Leave Time", "Duration", "Email", "Role")]
    for stay in (stay for stays in by_officer.values() for stay in stays):
        length = _duration(_left(stay) - stay.joined_at)
        rows.append((stay.name, _told(stay.joined_at), _told(stay.left_at), length, stay.email, "Attendee"))
    lines = "".join("\t".join("" if cell is None else str(cell) for cell in row) + "\r\n" for row in rows)
    return b"\xff\xfe" + lines.encode("utf-16-le")


def _csv(*parts: Row | Iterable[Row]) -> bytes:
    """Rows one after the other; the last part is many of them."""
    *first, rest = parts
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([*first, *rest])
    return buffer.getvalue().encode()


def _told(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def _left(stay: Stay) -> datetime:
    assert stay.left_at is not None, "a meeting tells when everybody left"
    return stay.left_at


def _minutes(start: datetime, end: datetime | None) -> int:
    """Begun minutes count, as Zoom writes them."""
    assert end is not None
    return -(-int((end - start).total_seconds()) // 60)


def _duration(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{minutes // 60}h {minutes % 60}m {seconds}s"


def _keep_to_one_seed(marker: Path, seed: int) -> None:
    if not marker.exists():
        _write(marker, f"{seed}\n".encode(), FIRST_EVENING)
    held = marker.read_text(encoding="utf-8").strip()
    if held != str(seed):
        raise OtherSeed(
            f"{marker.parent} holds the workshops of seed {held}, and SIFARAT_SANDBOX_SEED is {seed}: two synthetic "
            "ministries are never mixed. Set SIFARAT_DATA_DIR to another folder, or remove the old state with "
            "`make clean`."
        )


def _write(path: Path, content: bytes, saved_at: datetime) -> None:
    """Write the whole file, dated ``saved_at``."""
    with replacing(path) as written:
        written.write_bytes(content)
        os.utime(written, (saved_at.timestamp(), saved_at.timestamp()))
