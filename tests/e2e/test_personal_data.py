"""Marked people in every kind of source file, good records and rejected ones: nobody who reads what a night publishes,
logs or says learns of them."""

import re

import duckdb
import pytest

from tests.people import MARKS, write_inbox

MARKED = re.compile("|".join(MARKS), re.IGNORECASE)
MAY_NAME_PEOPLE = ("landing", "identity", "warehouse.duckdb")
"""What only the ministry's own machine holds: the landing, the review file, and the warehouse's restricted schema."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from tests.e2e.conftest import State

    folder = tmp_path_factory.mktemp("people")
    state = State(folder / "data")
    return state, state.nightly("--inbox", write_inbox(folder / "inbox"))


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
    assert state.query("select count(*) from marts.dim_officer") == [(2,)]
    rejected = state.query("select distinct source || '.' || table_name from quality.quarantined_records order by 1")
    assert [name for (name,) in rejected] == [
        "sheets.assessment_results",
        "sheets.certificates",
        "sheets.nominations",
        "sheets.sign_ins",
        "sheets.test_results",
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
    # Dagster's storage and logs, dbt's compiled SQL, results and logs, the audit's pages.
    assert {".db", ".log", ".sql", ".json"} <= {path.suffix for path in files}
    assert {path.name: marks for path in files if (marks := marks_in(path.read_bytes()))} == {}


def test_the_file_that_names_people_is_its_owners_alone(run):
    state, _ = run
    assert (state.data_dir / "identity" / "review.csv").stat().st_mode & 0o777 == 0o600
