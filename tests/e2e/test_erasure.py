"""A person whom every source tells of is erased on request: no file tells of them any more, and no night lands them
again, though the sources still do. The other people stay."""

import hashlib
import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.sandbox.server import Sandbox
from tests.e2e.conftest import State
from tests.e2e.test_personal_data import DAY, MOODLE, NIGHT, MarkedLrs
from tests.people import FILES, write_inbox

NEXT_DAY = "2026-03-03"
ADDRESS = "quintavia@zz-mofa.example"
DIGEST = hashlib.sha1(f"mailto:{ADDRESS}".encode()).hexdigest()
MARKS = ["quintavia", "zebrowska", r"(?<!\d)71001(?!\d)", DIGEST]
COURSES = "Course,Name,Starts,Trainer\nW1,Writing for social media,2026-03-02,Quintavia Zebrowska\n"
"""A course that names her as its trainer stays; her name in it does not."""
AGAIN = """\
Number,Name,Email,Mission,Since
FSO-71001,Zebrowska Quintavia,quintavia@zz-mofa.example,tokyo,2025-09-01
FSO-71002,Bartholemy Okonkwu,bartholemy@zz-mofa.example,paris,2025-09-01
FSO-71003,Perpetua Nwachukwu,perpetua@zz-mofa.example,paris,2025-09-01
"""
NAMED_ALONE = FILES["zoom.csv"].replace(
    "Quinta (Quintavia Zebrowska),quintavia@zz-mofa.example", "Zebrowska Quintavia,"
)


def told_in(path: Path, marks: re.Pattern) -> set[str]:
    """Marks in a file: in its bytes as they lie, and in the values of Parquet and DuckDB."""
    content = path.read_bytes()
    texts = [content.decode("latin-1"), content.replace(b"\0", b"").decode("latin-1")]
    if path.suffix == ".parquet":
        texts += (
            pl.read_parquet(path, hive_partitioning=False).select(pl.all().cast(pl.String)).write_ndjson().split("\n")
        )
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                rows = connection.execute(f'select cast(t as varchar) from {schema}."{table}" as t').fetchall()
                texts += [row for (row,) in rows]
    return {found.lower() for text in texts for found in marks.findall(text)}


def search(data: Path, *more: str) -> dict[str, set[str]]:
    marks = re.compile("|".join([*MARKS, *more]), re.IGNORECASE)
    files = [path for path in data.rglob("*") if path.is_file()]
    assert len(files) > 20
    return {str(path.relative_to(data)): told for path in files if (told := told_in(path, marks))}


@pytest.fixture(scope="module")
def erased(tmp_path_factory):
    """A night of the marked people, the erasure of one of them, and two nights read again with more about her."""
    folder = tmp_path_factory.mktemp("erased")
    inbox = write_inbox(folder / "inbox", courses=COURSES)
    told = {}
    with Sandbox(7, also=[MOODLE, MarkedLrs()]) as sandbox:
        state = State(
            folder / "data",
            {
                "SIFARAT_MOODLE_BASE_URL": sandbox.base_url("moodle", NIGHT),
                "SIFARAT_MOODLE_TOKEN": sandbox.token,
                "SIFARAT_LRS_BASE_URL": f"{sandbox.base_url('xapi', NIGHT)}/xAPI",
                "SIFARAT_LRS_USERNAME": sandbox.settings("xapi", NIGHT)["lrs_username"],
                "SIFARAT_LRS_PASSWORD": sandbox.token,
            },
        )
        state.nightly("--from", DAY, "--inbox", inbox)
        [(told["pseudonym"],)] = state.query("select officer_id from marts.fct_attendance")
        # A log that somebody's debugging left there.
        (state.data_dir / "dagster" / "debug.log").write_text(f"{DAY} read Zebrowska, Quintavia <{ADDRESS}>\n")
        told["before"] = search(state.data_dir, told["pseudonym"])
        told["dry"] = state.sifarat("erase", ADDRESS, "--dry-run")
        told["after a dry run"] = search(state.data_dir, told["pseudonym"])
        told["erasing"] = state.sifarat("erase", ADDRESS, "--yes")
        told["after"] = search(state.data_dir, told["pseudonym"])
        told["again"] = state.sifarat("erase", ADDRESS, "--yes")
        told["nobody"] = state.sifarat("erase", "nobody@zz-mofa.example", "--yes")
        (inbox / "staff-new.csv").write_text(AGAIN)
        (inbox / "zoom-2.csv").write_text(NAMED_ALONE)
        told["night"] = state.nightly("--from", DAY, "--to", NEXT_DAY, "--inbox", inbox)
        told["after the night"] = search(state.data_dir, told["pseudonym"])
        shutil.rmtree(inbox)
    return state, told


def test_before_it_everything_tells_of_her(erased):
    _, told = erased
    first_parts = {Path(path).parts[0] for path in told["before"]}
    assert {"landing", "dagster", "published", "warehouse.duckdb"} <= first_parts
    tables = {"/".join(Path(path).parts[1:3]) for path in told["before"] if path.startswith("landing/")}
    assert {"xapi/statements", "moodle/enrolments", "zoom/participants", "teams/participants", "sheets/staff"} <= tables


def test_a_dry_run_lists_what_would_go_and_changes_nothing(erased):
    _, told = erased
    assert told["dry"].returncode == 0, told["dry"].stderr
    assert told["after a dry run"] == told["before"]
    said = told["dry"].stdout
    assert "records of xapi.statements" in said
    assert "debug.log" in said
    assert told["pseudonym"] in said
    assert not re.search("|".join(MARKS), said + told["dry"].stderr, re.IGNORECASE)


def test_after_it_no_file_tells_of_her(erased):
    _, told = erased
    assert told["erasing"].returncode == 0, told["erasing"].stdout + told["erasing"].stderr
    assert told["after"] == {}
    assert not re.search("|".join(MARKS), told["erasing"].stdout + told["erasing"].stderr, re.IGNORECASE)


def test_erasing_again_finds_nothing_left_and_nobody_unknown_is_erased(erased):
    _, told = erased
    assert told["again"].returncode == 0, told["again"].stderr
    assert "Erased: 0 records" in told["again"].stdout
    assert (told["nobody"].returncode, "nothing to erase" in told["nobody"].stderr) == (1, True)


def test_the_next_night_whose_sources_still_tell_of_her_lands_nothing_of_her(erased):
    state, told = erased
    assert told["after the night"] == {}
    # Her course stays, and her colleagues: one who was there before, one whom the new staff list brings.
    assert state.query("select count(*) from marts.dim_course where course_id = 'W1'") == [(1,)]
    assert state.query("select count(distinct officer_id) from marts.dim_officer") == [(2,)]
    assert state.query("select count(*) from quality.reconciliation where not is_reconciled") == [(0,)]


def test_the_ledger_tells_how_many_records_were_erased(erased):
    state, _ = erased
    erased_of = dict(
        state.query("select source || '.' || table_name, sum(erased)::int from quality.reconciliation group by 1")
    )
    # Two staff files and two Zoom reports told of her once each; the others once, nominations twice.
    assert {name: number for name, number in erased_of.items() if number} == {
        "moodle.enrolments": 2,
        "moodle.completions": 2,
        "moodle.grades": 2,
        "sheets.assessment_results": 1,
        "sheets.certificates": 1,
        "sheets.nominations": 2,
        "sheets.registrations": 1,
        "sheets.sign_ins": 1,
        "sheets.staff": 2,
        "sheets.test_results": 1,
        "teams.participants": 1,
        "xapi.statements": 1,
        "zoom.participants": 2,
    }
