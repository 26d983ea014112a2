"""A run with real credentials, all of them marked: none of them is in anything that is written or said.

The platforms and the Moodle site are the sandbox's, reached by address and token as the real ones are.
"""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.moodle import Course, Moodle, Person
from orchestration.sandbox.server import Fault, FaultKind, Sandbox
from orchestration.sources import registry

MARK = "MARKED5ECRET"
COURSES = [
    Course(
        number, f"DIP-{number}", "Protocol", people=[Person(7, "Ayesha", "Noor", idnumber="FSO-7")], criteria=["Quiz"]
    )
    for number in (2, 3, 4)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A night in which platforms refuse, break and repeat what they are told."""
    from tests.e2e.conftest import State

    faults = [
        Fault(FaultKind.EXPIRED_TOKEN, where="/x/", after=40, times=5),
        Fault(FaultKind.MALFORMED, where="/facebook/", after=9, times=2),
        Fault(FaultKind.CUT, where="/instagram/", after=9, times=2),
        Fault(FaultKind.SERVER_ERROR, where="/youtube/", after=3, times=8),
        Fault(FaultKind.EXPIRED_TOKEN, where="/linkedin/", after=20, times=5),
        Fault(FaultKind.EXPIRED_TOKEN, where="get_enrolled_users", also="courseid=3&", times=9),
    ]
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with Sandbox(seed=7, faults=faults, also=[Moodle(COURSES)], token=f"{MARK}-token") as sandbox:
        settings = {"SIFARAT_REGISTRY_DIR": str(REGISTRY_DIR)}
        for platform in (*registry.PLATFORMS, "moodle"):
            for name, value in sandbox.settings(platform, today + timedelta(minutes=1)).items():
                told = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
                settings[f"SIFARAT_{name.upper()}"] = told
        state = State(tmp_path_factory.mktemp("secrets") / "data", settings)
        yield state, state.nightly()


def test_everything_was_read_with_those_credentials(run):
    state, _ = run
    landed = state.query("select distinct source from quality.reconciliation where table_name = 'posts' and landed > 0")
    assert {source for (source,) in landed} == set(registry.PLATFORMS)
    assert state.query("select is_synthetic from quality.publication") == [(False,)]


def test_what_the_faults_cost_is_told(run):
    _, told = run
    assert "401" in told.stderr


def test_a_moodle_token_that_runs_out_costs_what_was_not_read_yet_and_is_told(run):
    state, told = run
    # No grade was given before, so of grades there is nothing to land and nothing to say that there are none.
    landed = "select table_name, landed, is_reconciled from quality.reconciliation where source = 'moodle' order by 1"
    assert state.query(landed) == [
        ("completions", 1, True),
        ("courses", 3, True),
        ("enrolments", 1, True),
    ]
    said = " ".join((told.stdout + told.stderr).split())
    assert "SIFARAT_MOODLE_TOKEN" in said
    assert "courses not asked for after that: 1" in said


def test_no_credential_is_in_anything_said_or_written(run):
    state, told = run
    assert MARK in "".join(state.settings.values())
    assert MARK not in told.stdout
    assert MARK not in told.stderr
    files = [path for path in state.data_dir.rglob("*") if path.is_file()]
    # Landed files, the warehouse, what is published, dbt's and Dagster's logs and Dagster's own storage.
    assert {".parquet", ".duckdb", ".out", ".db"} <= {path.suffix for path in files}
    assert [path for path in files if MARK.encode() in path.read_bytes()] == []
    query = (
        "select count(*) from duckdb_tables() where schema_name in ('marts', 'quality') "
        "and not starts_with(table_name, '_')"
    )
    assert state.query(query)[0][0] > 10
