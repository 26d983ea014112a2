"""Landed files that were damaged afterwards: found before they are read, named, and read again where they can be."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from orchestration.contracts import Contract, count, key
from orchestration.integrity import verify
from orchestration.landing import Batch, Landing
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import platform_exports

SIFARAT = Path(sys.executable).parent / "sifarat"
POSTS = Contract("x", "posts", (key("id"), count("likes")))
DAY = date(2026, 1, 2)
ONE = Path("x/posts/date=2026-01-02/part-one.parquet")
MAPPING = """
source: platform_exports
table: posts
files: "*.csv"
constants: {platform: facebook}
columns: {post_id: id, account_handle: page, posted_at: at}
"""


@pytest.fixture
def landing(tmp_path) -> Landing:
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    for name in ("one", "two"):
        payloads = ['{"id":"1","likes":5}', '{"likes":1}']
        landing.write(
            Batch(
                POSTS,
                name,
                f"{name}.csv",
                datetime(2026, 1, 2, 12, tzinfo=UTC),
                DAY,
                POSTS.from_payloads(payloads),
                is_synthetic=False,
            )
        )
    return landing


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def losses(landing: Landing) -> list[tuple]:
    columns = ("batch_id", "source_file", "field", "value")
    rows = [pl.read_parquet(part) for part in sorted((landing.root / "_warnings/x").rglob("part-*.parquet"))]
    return [row for part in rows for row in part.select(columns).rows()]


def test_files_as_they_were_landed_are_believed(landing):
    assert verify(landing.root) == []
    assert verify(landing.root, is_whole=True) == []
    assert losses(landing) == []


@pytest.mark.parametrize("damaging", [flip, cut, Path.unlink])
def test_a_damaged_file_is_found_and_taken_out_and_the_others_stay(landing, damaging):
    verify(landing.root)
    damaging(landing.root / ONE)
    [damage] = verify(landing.root)
    assert (damage.path, damage.day) == (ONE, "2026-01-02")
    assert landing.read(POSTS)["batch_id"].to_list() == ["two"]
    assert [entry.name for entry in landing.committed(POSTS)] == ["part-two.parquet"]
    assert losses(landing) == [("one", "one.csv", "(file)", ONE.as_posix())]
    assert (landing.root / "_damaged" / ONE).exists() == (damaging is not Path.unlink)
    assert verify(landing.root) == []


@pytest.mark.parametrize("damaging", [cut, Path.unlink])
def test_a_damaged_entry_of_the_ledger_takes_its_batch_out(landing, damaging):
    verify(landing.root)
    damaging(landing.root / "_batches" / ONE)
    assert [damage.path for damage in verify(landing.root)] == [ONE]
    assert landing.read(POSTS)["batch_id"].to_list() == ["two"]


def test_what_is_damaged_is_moved_and_not_copied(landing):
    """A failing disk does not give it once more, and a full one has no room for it twice."""
    cut(landing.root / ONE)
    before = (landing.root / ONE).stat().st_ino
    verify(landing.root)
    assert (landing.root / "_damaged" / ONE).stat().st_ino == before


def test_damage_that_keeps_size_and_time_is_found_by_reading_all(landing):
    verify(landing.root)
    part = landing.root / ONE
    before = part.stat()
    flip(part)
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert verify(landing.root) == []
    assert [damage.path for damage in verify(landing.root, is_whole=True)] == [ONE]


def test_a_batch_landed_again_is_told_as_lost_no_more(landing):
    text = POSTS.from_payloads(['{"id":"1","likes":5}'])
    cut(landing.root / ONE)
    verify(landing.root)
    assert len(losses(landing)) == 1
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    landing.write(Batch(POSTS, "one", "one.csv", noon, DAY, text, is_synthetic=False))
    assert losses(landing) == []
    assert verify(landing.root) == []


def test_a_file_that_still_lies_in_the_inbox_is_landed_again(tmp_path, progress):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.mapping.yaml").write_text(MAPPING)
    (inbox / "a.csv").write_text("id,page,at\n7,embassy,2026-01-02T10:00:00Z\n")
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    [entry] = landing.committed(platform_exports.POSTS)
    cut(landing.root / entry.relative_to(landing.root / "_batches"))
    assert len(verify(landing.root)) == 1
    assert landing.read(platform_exports.POSTS).is_empty()
    platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    assert landing.read(platform_exports.POSTS)["post_id"].to_list() == ["7"]
    assert verify(landing.root) == []


def test_a_landing_that_cannot_be_written_is_told_in_one_line(landing):
    flip(landing.root / ONE)
    shutil.rmtree(landing.root / "_commits")
    (landing.root / "_commits").write_text("a file in the way")
    environment = os.environ | {"SIFARAT_DATA_DIR": str(landing.root.parent)}
    told = subprocess.run([SIFARAT, "verify"], env=environment, capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stderr.count("Traceback")) == (1, 0), told.stderr
    assert f"Error: {landing.root / ONE}: cannot be written" in told.stderr


@pytest.mark.parametrize("damaging", [flip, cut, Path.unlink])
def test_the_command_tells_what_it_found_before_it_began_to_read_all(landing, damaging):
    """Putting in order what a killed run left already looks at files that are new or have changed."""
    damaging(landing.root / ONE)
    environment = os.environ | {"SIFARAT_DATA_DIR": str(landing.root.parent), "COLUMNS": "300"}
    told = subprocess.run([SIFARAT, "verify"], env=environment, capture_output=True, text=True, timeout=60)
    assert (told.returncode, str(ONE) in told.stdout) == (1, True), told.stdout


def test_the_command_reads_all_names_what_is_damaged_and_exits_with_1(landing):
    environment = os.environ | {"SIFARAT_DATA_DIR": str(landing.root.parent), "COLUMNS": "300"}

    def run() -> subprocess.CompletedProcess:
        return subprocess.run([SIFARAT, "verify"], env=environment, capture_output=True, text=True, timeout=60)

    assert run().returncode == 0
    part = landing.root / ONE
    before = part.stat()
    flip(part)
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = run()
    assert found.returncode == 1
    assert f"{ONE} is damaged: its SHA-256 is" in found.stdout
    assert "sifarat nightly --from 2026-01-02" in found.stdout
