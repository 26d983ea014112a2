"""A process killed at any step of publishing leaves a current.duckdb that opens: the publication before or the new."""

import shutil
import subprocess
import sys

import duckdb

from orchestration.landing import remove_leftovers
from orchestration.publication import Publications
from tests.kills import copies

PUBLISHES_UNTIL_KILLED = """
import sys
from pathlib import Path
from orchestration.publication import Publications
from tests.kills import kill_at_each_step

root = Path(sys.argv[1])
kill_at_each_step(
    root, lambda folder: Publications(folder, kept=2).publish(root / "warehouse.duckdb", "new", is_synthetic=True)
)
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

    killed = copies(tmp_path)
    assert len(killed) > 6
    found = [number_in(folder / "current.duckdb") for folder in killed]
    assert (found[0], found[-1]) == (2, 3)
    assert found == sorted(found)
    for folder in killed:
        remove_leftovers(folder)
        Publications(folder, kept=2).publish(warehouse, "next", is_synthetic=True)
        assert number_in(folder / "current.duckdb") == 3
        assert {path.name for path in folder.iterdir() if "marts-" not in path.name} == {"current.duckdb"}
