"""One run at a time works on a data folder, whoever started it; what a killed one left is put in order by the next.

    data/one_run.lock             held by the run that works; tells who that is, or was
    data/dagster/running/<run>    held by each run for as long as its process lives

Both are locks of the kernel (flock), so that a kill releases them. Dagster's own queue lets the daemon's runs wait for
each other (orchestration/dagster.yaml); the lock also stands between those and a run of the command line.
"""

import json
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from orchestration.integrity import Damage, verify
from orchestration.landing import recover, remove_leftovers
from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

logger = logging.getLogger(__name__)


class AnotherRun(Exception):
    """Another run works on the data folder; the message says which, since when, and what to do."""


@dataclass(frozen=True)
class Holder:
    """The run that holds the lock, or the last one that did. ``since`` is UTC."""

    run_id: str
    process: int
    since: datetime

    def __str__(self) -> str:
        return f"run {self.run_id} (process {self.process}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@contextmanager
def one_run(settings: Settings, run_id: str, *, is_patient: bool = False) -> Generator[list[Damage]]:
    """Work alone on the data folder; what a killed run left there is first put in order. Gives what was found damaged.

    Whoever holds it may enter again, in the same process. Raises AnotherRun when another run works there, unless the
    caller ``is_patient``: then it is waited for.
    """
    path = settings.data_dir / "one_run.lock"
    lock, alive = _lock(path), _lock(_running(settings) / run_id)
    if lock.is_locked:
        with lock:
            yield []
        return
    with alive:
        try:
            _acquire(lock, settings, is_patient=is_patient)
            try:
                holder = {"run_id": run_id, "process": os.getpid(), "since": datetime.now(UTC).isoformat()}
                path.write_text(json.dumps(holder))
                yield _put_in_order(settings)
            finally:
                lock.release()
        finally:
            Path(alive.lock_file).unlink()


def _acquire(lock: FileLock, settings: Settings, *, is_patient: bool) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        holder = _holder(Path(lock.lock_file))
        if not is_patient:
            raise AnotherRun(
                f"{holder} works on {settings.data_dir}, and one run does at a time. Nothing was done. "
                "Start this one again when that one has ended."
            ) from None
        logger.warning("Waiting for %s, which works on %s", holder, settings.data_dir)
        lock.acquire()


def end_killed_runs(settings: Settings, instance: "dg.DagsterInstance") -> list[str]:
    """Tell Dagster which of its runs in progress were killed: they would keep others waiting. Returns their ids.

    A run that has not come to hold a lock yet is left to the daemon, which started it.
    """
    import dagster as dg

    in_progress = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    killed = []
    for run in instance.get_runs(dg.RunsFilter(statuses=in_progress)):
        alive = _running(settings) / run.run_id
        if not alive.exists():
            continue
        lock = _lock(alive)
        if lock.is_locked:
            continue
        with suppress(Timeout), lock.acquire(timeout=0):
            # It may have ended, or been deleted, since it was listed.
            standing = instance.get_run_by_id(run.run_id)
            if standing and not standing.is_finished:
                instance.report_run_failed(run, "The process of this run was killed; the next run did its work anew.")
                killed.append(run.run_id)
            alive.unlink(missing_ok=True)
    return killed


def _put_in_order(settings: Settings) -> list[Damage]:
    """What killed runs left: batches committed but not in their places, and files half written. And what is damaged is
    found before it is read."""
    recover(settings.landing_dir)
    damaged = verify(settings.landing_dir)
    for damage in damaged:
        logger.warning("%s", damage)
    remove_leftovers(settings.published_dir)
    remove_leftovers(settings.data_dir / "sandbox-inbox")
    # A restore that was cut short had unpacked a landing there, with names of people.
    remove_leftovers(settings.data_dir, "restore")
    for path in (settings.review, settings.pseudonym_key):
        remove_leftovers(path.parent, path.name)
    return damaged


def _lock(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, is_singleton=True, thread_local=False)


def _running(settings: Settings) -> Path:
    return settings.dagster_home / "running"


def _holder(lock: Path) -> Holder | None:
    """Whom the lock's file names; None where nobody has ever held it."""
    try:
        told = json.loads(lock.read_text())
        return Holder(told["run_id"], told["process"], datetime.fromisoformat(told["since"]))
    except (OSError, ValueError, KeyError):
        return None
