"""A disk that is full or read-only, a real one: it is named, nothing half written stays, what was there stands."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import Contract, count, key
from orchestration.landing import Batch, Landing, LandingError
from orchestration.publication import PublicationError, Publications

SIFARAT = Path(sys.executable).parent / "sifarat"
POSTS = Contract("x", "posts", (key("id"), count("likes")))


@pytest.fixture
def disk(tmp_path):
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("disk full and landing read-only: no file system can be mounted here (it needs root)")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    return ballast


def batch(likes: int) -> Batch:
    text = POSTS.from_payloads([f'{{"id":"{n}","likes":{likes}}}' for n in range(100)])
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    return Batch(POSTS, "one", "one.csv", noon, date(2026, 1, 2), text, is_synthetic=False)


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_full_disk_leaves_the_landed_batch_as_it_was_and_with_room_it_lands(disk):
    landing = Landing(disk / "landing", is_synthetic=False)
    landing.write(batch(likes=1))
    before = files(landing.root)
    ballast = fill(disk)
    with pytest.raises(LandingError, match=r"part-one\.parquet: cannot be written.*No space left"):
        landing.write(batch(likes=2))
    assert files(landing.root) == before
    ballast.unlink()
    landing.write(batch(likes=2))
    assert set(landing.read(POSTS)["likes"]) == {2}


def test_a_read_only_landing_is_named_and_stays_as_it_was(disk):
    landing = Landing(disk / "landing", is_synthetic=False)
    landing.write(batch(likes=1))
    before = files(landing.root)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(LandingError, match=r"part-one\.parquet: cannot be written.*Read-only file system"):
        landing.write(batch(likes=2))
    assert files(landing.root) == before


def test_a_night_on_a_read_only_landing_says_so_in_one_sentence(disk, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "landing").symlink_to(disk)
    Landing(disk, is_synthetic=True).write(batch(likes=1))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    environment = os.environ | {"SIFARAT_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "300"}
    night = subprocess.run([SIFARAT, "nightly"], env=environment, capture_output=True, text=True, timeout=300)
    assert night.returncode == 1
    assert "Read-only file system" in night.stderr
    assert "Traceback" not in night.stderr


def test_a_full_disk_leaves_the_publication_before_and_with_room_it_publishes(disk, tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    publications = Publications(disk / "published")

    def build(rows: int) -> None:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("create schema if not exists marts; create schema if not exists quality")
            connection.execute(f"create or replace table marts.posts as select hash(i) from range({rows}) as t(i)")

    def published() -> int:
        with duckdb.connect(str(publications.current), read_only=True) as connection:
            return connection.execute("select count(*) from marts.posts").fetchone()[0]

    build(10)
    publications.publish(warehouse, "first", is_synthetic=True)
    build(20)
    ballast = fill(disk)
    with pytest.raises(PublicationError, match=r"marts-second\.duckdb cannot be written.*the publication before stays"):
        publications.publish(warehouse, "second", is_synthetic=True)
    assert published() == 10
    assert {path.name for path in publications.folder.iterdir()} == {"marts-first.duckdb", "current.duckdb"}
    ballast.unlink()
    publications.publish(warehouse, "second", is_synthetic=True)
    assert published() == 20
