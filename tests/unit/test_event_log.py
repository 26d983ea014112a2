"""Dagster's event log with open connections holds what Dagster's own class stores and reads, in the same files."""

import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.event_log import KEPT_OPEN, OpenSqliteEventLogStorage


@dg.asset
def posts() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 7})


@dg.asset_check(asset=posts)
def has_rows() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(tmp_path):
    """An instance whose log is the one that every run of Sifarat has."""
    storage = {"module": "orchestration.event_log", "class": "OpenSqliteEventLogStorage"}
    overrides = {"event_log_storage": storage | {"config": {"base_dir": str(tmp_path / "log")}}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as made:
        assert type(made.event_log_storage) is OpenSqliteEventLogStorage
        yield made


def test_dagsters_own_class_reads_what_was_stored(instance, tmp_path):
    run = dg.materialize([posts, has_rows], instance=instance)
    theirs = SqliteEventLogStorage(str(tmp_path / "log"))
    stored = instance.event_log_storage.get_logs_for_run(run.run_id, limit=1000)
    assert "RUN_SUCCESS" in {entry.dagster_event_type.name for entry in stored if entry.dagster_event}
    assert theirs.get_logs_for_run(run.run_id, limit=1000) == stored
    assert theirs.all_asset_keys() == [posts.key]


def test_another_process_reads_while_the_log_is_open(instance, tmp_path):
    run = dg.materialize([posts], instance=instance)
    read = (
        "import sys; from orchestration.event_log import OpenSqliteEventLogStorage as Log; "
        "print(len(Log(sys.argv[1]).get_logs_for_run(sys.argv[2], limit=1000)))"
    )
    command = [sys.executable, "-c", read, str(tmp_path / "log"), run.run_id]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(told.stdout) == len(instance.event_log_storage.get_logs_for_run(run.run_id, limit=1000)) > 5


def test_more_runs_than_are_kept_open_are_all_read_and_can_be_wiped(instance):
    runs = [dg.materialize([posts], instance=instance).run_id for _ in range(KEPT_OPEN + 1)]
    log = instance.event_log_storage
    assert all(log.get_logs_for_run(run_id) for run_id in runs)
    log.wipe()
    assert [log.get_logs_for_run(run_id) for run_id in runs] == [[]] * len(runs)
    assert dg.materialize([posts], instance=instance).success
