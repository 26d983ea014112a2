"""A malformed file of each kind of training record: one clear message, and nothing of the file lands; a malformed row
goes to quarantine with its reason, and the others land."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from orchestration.contracts import Contract
from orchestration.landing import Landing
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import SourceError, sheets, teams, zoom
from tests.meetings import land_reports
from tests.people import FILES, write_inbox


@dataclass(frozen=True)
class Kind:
    """A file of two rows, of which the last is malformed in ``field``; and what its header lacks in a file that cannot
    be read at all."""

    contract: Contract
    file: str
    content: str
    field: str
    reason: str
    lacking: tuple[str, str]
    message: str

    @property
    def stem(self) -> str:
        return self.file.split(".")[0]

    @property
    def unreadable(self) -> str:
        return self.content.replace(*self.lacking)


def sheet(contract: Contract, file: str, rows: str, field: str, reason: str, column: str) -> Kind:
    """A trainers' sheet, with the header that ``tests/people.py`` maps."""
    header = FILES[file].split("\n")[0]
    message = f"{file}: column '{column}' is missing"
    return Kind(contract, file, f"{header}\n{rows}", field, reason, (column, "Column"), message)


KINDS = [
    sheet(
        sheets.COURSES,
        "courses.csv",
        "W1,Writing,2026-03-02\nW2,Reading,soon\n",
        "starts_on",
        "not a possible date",
        "Course",
    ),
    sheet(
        sheets.STAFF,
        "staff.csv",
        "FSO-1,A,a@mofa.example,tokyo,2025-09-01\nFSO-2,B,b@mofa.example,,2025-09-01\n",
        "mission_id",
        "missing",
        "Mission",
    ),
    sheet(
        sheets.NOMINATIONS,
        "nominations.csv",
        "W1,FSO-1,A,,paris,2026-02-01\nW1,FSO-2,B,,paris,2026-02-30\n",
        "nominated_on",
        "not a possible date",
        "Who",
    ),
    sheet(
        sheets.REGISTRATIONS,
        "registrations.csv",
        "W1,FSO-1,paris,Pass\n,FSO-2,paris,Pass\n",
        "course_id",
        "missing",
        "Course",
    ),
    sheet(
        sheets.SESSIONS,
        "sessions.csv",
        "W1-1,W1,One,2026-03-02 09:00,2026-03-02 10:00\nW1-2,W1,Two,2026-03-03 09:00,late\n",
        "ends_at",
        "not a possible time",
        "To",
    ),
    sheet(
        sheets.SIGN_INS,
        "signed.csv",
        "W1-1,A,FSO-1,,50\nW1-1,B,FSO-2,,an hour\n",
        "minutes",
        "not a number",
        "Session",
    ),
    sheet(
        sheets.TEST_RESULTS,
        "tests.csv",
        "W1,FSO-1,A,pre,10,20,2026-03-01\nW1,FSO-1,A,after,10,20,2026-03-01\n",
        "phase",
        "not one of",
        "Phase",
    ),
    sheet(
        sheets.ASSESSMENTS,
        "assessments.csv",
        "E1,W1,20\nE2,W1,-20\n",
        "max_score",
        "below 0",
        "Assessment",
    ),
    sheet(
        sheets.ASSESSMENT_RESULTS,
        "results.csv",
        "E1,FSO-1,18\nE1,FSO-2,eighteen\n",
        "score",
        "not a number",
        "Who",
    ),
    sheet(
        sheets.CERTIFICATES,
        "certificates.csv",
        "C-1,FSO-1,W1,A,,2026-03-04\nC-2,FSO-2,W1,B,,04.03.2026\n",
        "issued_on",
        "not a possible date",
        "Certificate",
    ),
    Kind(
        zoom.PARTICIPANTS,
        "zoom.csv",
        FILES["zoom.csv"],
        "joined_at",
        "not a possible time",
        ("Join Time,Leave Time,Duration (Minutes)", "Total Duration (Minutes),,"),
        "zoom.csv: tells no join and leave times",
    ),
    Kind(
        teams.PARTICIPANTS,
        "teams.csv",
        FILES["teams.csv"] + FILES["teams.csv"].splitlines()[-1].replace("9:30:00", "9:75:00") + "\n",
        "joined_at",
        "not a possible time",
        ("3. In-Meeting activities", ""),
        "teams.csv: section 3, who came and went when, is missing",
    ),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.contract.name)


@pytest.fixture
def land(tmp_path, progress):
    """Lands an inbox that holds one file, as the nightly run does."""
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    for kind in KINDS:
        landing.declare(kind.contract)

    def land(kind: Kind, content: str) -> Landing:
        inbox = write_inbox(tmp_path / "inbox", **{kind.stem: content})
        for path in inbox.iterdir():
            if path.name not in (kind.file, "people.mapping.yaml"):
                path.unlink()
        if kind.contract in sheets.CONTRACTS:
            sheets.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
        else:
            source = {"zoom": zoom, "teams": teams}[kind.contract.source]
            land_reports(landing, inbox, source, progress)
        return landing

    return land


def quarantined(landing: Landing, contract: Contract) -> pl.DataFrame:
    folder: Path = landing.root / "_quarantine" / contract.source / contract.table
    return pl.read_parquet(sorted(folder.rglob("*.parquet")))


@each_kind
def test_a_malformed_row_goes_to_quarantine_with_its_reason_and_the_others_land(land, kind):
    landing = land(kind, kind.content)
    assert landing.read(kind.contract).height == 1
    [(field, reason)] = quarantined(landing, kind.contract).select("field", "reason").rows()
    assert field == kind.field
    assert kind.reason in reason


@each_kind
def test_a_file_without_a_column_that_it_needs_is_told_in_one_message_and_nothing_of_it_lands(land, kind, tmp_path):
    with pytest.raises(SourceError) as told:
        land(kind, kind.unreadable)
    assert kind.message in str(told.value)
    assert len(str(told.value).splitlines()) == 1
    assert Landing(tmp_path / "landing", is_synthetic=False).read(kind.contract).is_empty()
