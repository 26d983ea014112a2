"""A process killed at any step of publishing leaves a current.duckdb that opens: the publication before or the new."""

import shutil
import subprocess
import sys

import duckdb

from orchestration.landing import remove_leftovers
from orchestration.publication import Publications

PUBLISHES_UNTIL_KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from orchestration.publication import Publications

WATCHED = {"open", "os.rename", "os.link", "os.remove"}

def kill_at(event, folder):
    seen = 0
    def hook(name, arguments):
        nonlocal seen
        if name in WATCHED and str(folder) in str(arguments):
            seen += 1
            if seen == event:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

root = Path(sys.argv[1])
for event in range(1, 100):
    folder = root / str(event)
    shutil.copytree(root / "before", folder)
    child = os.fork()
    if not child:
        kill_at(event, folder)
        Publications(folder, kept=2).publish(root / "warehouse.duckdb", "new", is_synthetic=True)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def build(warehouse, number: int) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists marts; create schema if not exists quality")
        connection.execute(f"create or replace table marts.posts as select {number} as number")


def number_in(publication) -> int:
    with duckdb.connect(str(publication), read_only=True) as connection:
        return connection.execute("select number from marts.posts").fetchone()[0]


def test_a_kill_at_any_step_of_publishing_leaves_the_one_before_or_the_new_one(tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    for number in (1, 2):
        build(warehouse, number)
        Publications(tmp_path / "first").publish(warehouse, f"old-{number}", is_synthetic=True)
    # Hard links would be copied as files of their own: `current` is pointed at its publication anew.
    before = Publications(tmp_path / "before")
    shutil.copytree(tmp_path / "first", before.folder, ignore=shutil.ignore_patterns("current.duckdb"))
    before.roll_back("old-2")
    build(warehouse, 3)

    subprocess.run([sys.executable, "-c", PUBLISHES_UNTIL_KILLED, tmp_path], check=True, timeout=300)

    killed = sorted((path for path in tmp_path.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))
    assert len(killed) > 6
    found = [number_in(folder / "current.duckdb") for folder in killed]
    assert (found[0], found[-1]) == (2, 3)
    assert found == sorted(found)
    for folder in killed:
        remove_leftovers(folder)
        Publications(folder, kept=2).publish(warehouse, "next", is_synthetic=True)
        assert number_in(folder / "current.duckdb") == 3
        assert {path.name for path in folder.iterdir() if "marts-" not in path.name} == {"current.duckdb"}
