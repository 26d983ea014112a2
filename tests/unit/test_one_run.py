"""One run at a time, in real processes: refused or waiting while another works, in order again after a kill."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import dagster as dg
import pytest

from orchestration.one_run import AnotherRun, end_killed_runs, one_run
from orchestration.settings import Settings

SIFARAT = Path(sys.executable).parent / "sifarat"
HOLDS = """
import sys
from orchestration.one_run import one_run
from orchestration.settings import load_settings
with one_run(load_settings(), "first-run"):
    print("works", flush=True)
    sys.stdin.read()
"""
IS_KILLED = """
import os, signal, sys
import dagster as dg
from orchestration.one_run import one_run
from orchestration.settings import load_settings

@dg.op
def killed():
    os.kill(os.getpid(), signal.SIGKILL)

@dg.job
def night():
    killed()

settings = load_settings()
with one_run(settings, sys.argv[1]), dg.DagsterInstance.local_temp(str(settings.dagster_home)) as instance:
    night.execute_in_process(instance=instance, run_id=sys.argv[1])
"""


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {"SIFARAT_DATA_DIR": str(settings.data_dir)}


@pytest.fixture
def first_run(settings):
    """A run at work in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        env=environment(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "works\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_nightly_says_who_works_and_exits_with_1(settings, first_run):
    second = subprocess.run([SIFARAT, "nightly"], env=environment(settings), capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    told = " ".join(second.stderr.split())
    assert f"run first-run (process {first_run.pid}, since 20" in told
    assert "Nothing was done." in told
    assert not (settings.data_dir / "landing").exists()
    assert [path.name for path in (settings.dagster_home / "running").iterdir()] == ["first-run"]


def test_a_patient_run_waits_until_the_other_has_ended(settings, first_run):
    entered = threading.Event()

    def wait() -> None:
        with one_run(settings, "second-run", is_patient=True):
            entered.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not entered.wait(0.5)
    first_run.stdin.close()
    assert entered.wait(20)
    waiting.join()


def test_a_run_enters_again_what_it_holds(settings):
    with one_run(settings, "run"), one_run(settings, "run", is_patient=True):
        pass
    with one_run(settings, "next"):
        pass


def test_after_a_kill_the_next_run_removes_what_was_half_written(settings, first_run):
    leftovers = [
        settings.landing_dir / "_commits" / ".abc.tmp" / "records",
        settings.published_dir / ".marts-first-run.tmp",
        settings.published_dir / ".marts-first-run.tmp.wal",
        settings.published_dir / ".current.tmp",
        settings.review.parent / ".review.csv.abc.tmp",
        settings.data_dir / ".restore.abc.tmp" / "landing" / "_kind",
    ]
    kept = settings.published_dir / "marts-old.duckdb"
    for path in (*leftovers, kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    with pytest.raises(AnotherRun):
        one_run(settings, "second-run").__enter__()
    assert all(path.exists() for path in leftovers)
    first_run.kill()
    first_run.wait()
    with one_run(settings, "third-run"):
        assert [path for path in leftovers if path.exists()] == []
        assert kept.exists()


def test_the_daemon_asks_each_minute_and_tells_dagster_of_a_killed_run(settings, monkeypatch):
    from orchestration.defs.killed_runs import killed_runs

    killed = "33333333-3333-3333-3333-333333333333"
    subprocess.run([sys.executable, "-c", IS_KILLED, killed], env=environment(settings), timeout=120)
    monkeypatch.setenv("SIFARAT_DATA_DIR", str(settings.data_dir))
    with dg.DagsterInstance.local_temp(str(settings.dagster_home)) as instance:
        told = [killed_runs(dg.build_sensor_context(instance=instance)).skip_message for _ in range(2)]
        assert told == [f"ended: {killed}", "every run in progress has its process"]
        assert instance.get_run_by_id(killed).status is dg.DagsterRunStatus.FAILURE


def test_a_killed_run_is_told_to_dagster_and_one_that_works_is_not(settings):
    killed, living = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
    ended = subprocess.run([sys.executable, "-c", IS_KILLED, killed], env=environment(settings), timeout=120)
    assert ended.returncode == -signal.SIGKILL
    told = []

    @dg.op
    def asks(context: dg.OpExecutionContext):
        told.append(end_killed_runs(settings, context.instance))

    @dg.job
    def night():
        asks()

    with dg.DagsterInstance.local_temp(str(settings.dagster_home)) as instance:
        assert instance.get_run_by_id(killed).status is dg.DagsterRunStatus.STARTED
        with one_run(settings, living):
            assert night.execute_in_process(instance=instance, run_id=living).success
        assert told == [[killed]]
        assert instance.get_run_by_id(killed).status is dg.DagsterRunStatus.FAILURE
        assert end_killed_runs(settings, instance) == []
