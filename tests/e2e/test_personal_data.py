"""Marked people in every kind of source file, good records and rejected ones: nobody who reads what a night publishes,
logs or says learns of them."""

import re
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration.sandbox.ministry import REGISTRY_DIR, Ministry
from orchestration.sandbox.moodle import Course, Grade, Moodle, Person
from orchestration.sandbox.server import Answer, Call, Sandbox
from orchestration.sandbox.xapi import VERSION, Lrs
from tests.people import MARKS, write_inbox

# A log's microseconds hold any five digits now and then; a number that is told stands alone.
MARKED = re.compile("|".join(rf"(?<!\d){mark}(?!\d)" for mark in MARKS), re.IGNORECASE)
MAY_NAME_PEOPLE = ("landing", "identity", "warehouse.duckdb")
"""What only the ministry's own machine holds: the landing, the review file, and the warehouse's restricted schema."""


DAY, NIGHT = "2026-03-02", datetime(2026, 3, 3, 1, tzinfo=UTC)
HANDED_IN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOODLE = Moodle(
    [
        Course(
            2,
            "W1",
            "Writing",
            people=[
                Person(
                    7,
                    "Quintavia",
                    "Zebrowska",
                    "quintavia@zz-mofa.example",
                    idnumber="FSO-71001",
                    met=[HANDED_IN],
                    grades=[Grade(5, "Essay", 17, HANDED_IN, HANDED_IN, maximum=20)],
                ),
                # The number that Moodle has of a person is none: the record is rejected.
                Person(-8, "Bartholemy", "Okonkwu", "bartholemy@zz-mofa.example"),
            ],
            criteria=["Essay"],
        )
    ]
)


class MarkedLrs(Lrs):
    """A store of two statements, of which the second has no possible time."""

    def __init__(self):
        super().__init__(Ministry(7, REGISTRY_DIR))
        self.routes = {"/xAPI/statements": self.marked}

    def marked(self, call: Call) -> Answer:
        statements = [
            {
                "id": f"00000000-0000-4000-8000-00000000000{number}",
                "actor": {"name": name, "mbox": f"mailto:{mailbox}@zz-mofa.example"},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
                "object": {"id": "https://lms.example/courses/W1"},
                "timestamp": happened_at,
                "stored": "2026-03-02T10:00:00.000Z",
            }
            for number, name, mailbox, happened_at in (
                (1, "Quintavia Zebrowska", "quintavia", "2026-03-02T09:30:00Z"),
                (2, "Bartholemy Okonkwu", "bartholemy", "Okonkwu's lunch"),
            )
        ]
        return Answer(
            {"statements": statements, "more": ""},
            headers={
                "X-Experience-API-Version": VERSION,
                "X-Experience-API-Consistent-Through": "2026-03-03T01:00:00.000Z",
            },
        )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from tests.e2e.conftest import State

    folder = tmp_path_factory.mktemp("people")
    with Sandbox(7, also=[MOODLE, MarkedLrs()]) as sandbox:
        settings = {
            "SIFARAT_MOODLE_BASE_URL": sandbox.base_url("moodle", NIGHT),
            "SIFARAT_MOODLE_TOKEN": sandbox.token,
            "SIFARAT_LRS_BASE_URL": f"{sandbox.base_url('xapi', NIGHT)}/xAPI",
            "SIFARAT_LRS_USERNAME": sandbox.settings("xapi", NIGHT)["lrs_username"],
            "SIFARAT_LRS_PASSWORD": sandbox.token,
        }
        state = State(folder / "data", settings)
        return state, state.nightly("--from", DAY, "--inbox", write_inbox(folder / "inbox"))


def marks_in(content: bytes) -> list[str]:
    """Marks in a file's bytes, in either of the encodings that text is stored in."""
    return sorted({found.lower() for found in MARKED.findall(content.decode("latin-1"))}) + sorted(
        {found.lower() for found in MARKED.findall(content.replace(b"\0", b"").decode("latin-1"))}
    )


def test_the_marked_people_were_landed_linked_modelled_and_rejected(run):
    state, _ = run
    attended = "select count(*), min(sources), sum(minutes_present) from marts.fct_attendance"
    # One officer by three sources: Zoom's 20 minutes and Teams' 30, which the sheet's 50 do not add to.
    assert state.query(attended) == [(1, "sheets, teams, zoom", 50.0)]
    assert state.query("select count(*), count(distinct officer_id) from marts.fct_registration") == [(2, 2)]
    # Moodle completes her course at nine, before the learning record store does.
    completed = (
        "select cast(completed_at as varchar), source from marts.fct_registration where completed_at is not null"
    )
    assert state.query(completed) == [("2026-03-02 09:00:00", "sheets")]
    graded = "select score, max_score from marts.fct_assessment where source = 'moodle'"
    assert state.query(graded) == [(17.0, 20.0)]
    assert state.query("select count(*) from marts.dim_officer") == [(2,)]
    rejected = state.query("select distinct source || '.' || table_name from quality.quarantined_records order by 1")
    assert [name for (name,) in rejected] == [
        "moodle.enrolments",
        "sheets.assessment_results",
        "sheets.certificates",
        "sheets.nominations",
        "sheets.sign_ins",
        "sheets.test_results",
        "xapi.statements",
        "zoom.participants",
    ]
    landed = b"".join(path.read_bytes() for path in (state.data_dir / "landing").rglob("*.parquet"))
    assert landed


def test_nothing_published_names_them(run):
    state, _ = run
    with duckdb.connect(str(state.current), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        assert len(tables) > 20
        for schema, table in tables:
            rows = connection.execute(f'select cast(t as varchar) from {schema}."{table}" as t').fetchall()
            assert [row for (row,) in rows if MARKED.search(row)] == [], table
    for path in (state.data_dir / "published").iterdir():
        assert marks_in(path.read_bytes()) == [], path


def test_nothing_said_or_logged_names_them(run):
    state, told = run
    assert MARKED.findall(told.stdout + told.stderr) == []
    files = [
        path
        for path in state.data_dir.rglob("*")
        if path.is_file() and path.relative_to(state.data_dir).parts[0] not in MAY_NAME_PEOPLE
    ]
    # Dagster's storage and logs with what dbt printed, dbt's compiled SQL, what was told of files, the audit's pages.
    assert {".db", ".out", ".sql", ".json"} <= {path.suffix for path in files}
    assert {path.name: marks for path in files if (marks := marks_in(path.read_bytes()))} == {}


def test_the_file_that_names_people_is_its_owners_alone(run):
    state, _ = run
    assert (state.data_dir / "identity" / "review.csv").stat().st_mode & 0o777 == 0o600


def test_only_the_publication_may_be_read_by_others(run):
    state, _ = run
    top = {path.name: path.stat().st_mode & 0o077 for path in state.data_dir.iterdir()}
    assert {name for name, mode in top.items() if mode} <= {"published", "one_run.lock", "warehouse.built_by"}
    assert state.current.stat().st_mode & 0o777 == 0o644
