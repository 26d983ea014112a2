"""`sifarat backup` and `sifarat restore`: what was landed comes back as it was, and no file is trusted unseen."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from orchestration.cli import sifarat
from orchestration.erasure.suppression import key_id, load
from orchestration.identity.people import link_landed
from orchestration.landing import Landing
from orchestration.pseudonyms import make_key_once
from orchestration.settings import SHIPPED_MAPPINGS, Settings
from orchestration.sources import sheets
from tests.dbt import build_models
from tests.people import write_inbox
from tests.platforms import every_contract


def run(data: Path, *arguments: object):
    environment = {"SIFARAT_DATA_DIR": str(data), "COLUMNS": "200"}
    return CliRunner().invoke(sifarat, list(map(str, arguments)), env=environment)


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    """Sheets landed and linked, with a question answered by hand and its key."""
    folder = tmp_path_factory.mktemp("landed")
    settings = Settings(data_dir=folder / "data")
    make_key_once(settings.pseudonym_key)
    landing = Landing(settings.landing_dir, is_synthetic=False)
    for contract in every_contract():
        landing.declare(contract)
    told = []
    sheets.extract(
        landing, write_inbox(folder / "inbox"), SHIPPED_MAPPINGS, progress=lambda *told_now: told.append(told_now)
    )
    link_landed(landing, settings.review)
    settings.review.write_text(f"left,right,evidence,score,answer\n{'a' * 32},{'b' * 32},of old,1.0,different\n")
    return folder


@pytest.fixture
def data(tmp_path, landed):
    shutil.copytree(landed, tmp_path, dirs_exist_ok=True)
    return tmp_path / "data"


def digest(landing: Path) -> dict[str, tuple[str, float]]:
    files = [path for path in landing.rglob("*") if path.is_file() and "_commits" not in path.parts]
    return {
        str(path.relative_to(landing)): (hashlib.sha256(path.read_bytes()).hexdigest(), round(path.stat().st_mtime, 3))
        for path in files
        if path.name != "_verified.parquet"
    }


def marts(data: Path) -> list[tuple]:
    build_models(data, "fct_registration", "dim_officer")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        registrations = connection.execute("from marts.fct_registration order by all").fetchall()
        return registrations + connection.execute("from marts.dim_officer order by all").fetchall()


def test_what_was_backed_up_is_restored_and_builds_the_same_marts(data, tmp_path):
    file, key = tmp_path / "kept" / "backup.tar", tmp_path / "kept" / "key"
    done = run(data, "backup", file, "--key", key)
    assert done.exit_code == 0, done.output
    assert {path.stat().st_mode & 0o777 for path in (file, key)} == {0o600}
    secret = (data / "pseudonym.key").read_bytes().strip()
    assert key.read_bytes().strip() == secret
    assert secret not in file.read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(key, other / "pseudonym.key")
    done = run(other, "restore", file)
    assert done.exit_code == 0, done.output
    assert digest(other / "landing") == digest(data / "landing")
    assert (other / "identity" / "review.csv").read_text() == (data / "identity" / "review.csv").read_text()
    before = marts(data)
    assert len(before) == 4
    assert marts(other) == before


def test_without_its_key_a_restore_says_which_is_wanted(data, tmp_path):
    run(data, "backup", tmp_path / "backup.tar")
    done = run(tmp_path / "other", "restore", tmp_path / "backup.tar")
    assert (done.exit_code, "is missing: put the right key there" in done.output) == (0, True)


def test_who_was_erased_since_stays_erased(data, tmp_path):
    run(data, "backup", tmp_path / "backup.tar")
    assert run(data, "erase", "quintavia@zz-mofa.example", "--yes").exit_code == 0
    shutil.rmtree(data / "landing")
    done = run(data, "restore", tmp_path / "backup.tar")
    assert done.exit_code == 0, done.output
    landing = Landing(data / "landing", is_synthetic=False, screen=load(Settings(data_dir=data)))
    assert landing.read(sheets.STAFF)["name"].to_list() == ["Bartholemy Okonkwu"]
    assert len(landing.read(sheets.REGISTRATIONS)) == 1


def test_lists_of_two_keys_are_not_joined(data, tmp_path):
    """No night could read such a list, for its hashes have no one key."""
    assert run(data, "erase", "quintavia@zz-mofa.example", "--yes").exit_code == 0
    run(data, "backup", tmp_path / "backup.tar")
    shutil.rmtree(data / "landing")
    (data / "pseudonym.key").write_text("another\n")
    list_of_another = f"hash,key_id,erased_on\n{'0' * 64},{key_id(b'another')},2026-03-02\n"
    (data / "suppressed.csv").write_text(list_of_another)
    done = run(data, "restore", tmp_path / "backup.tar")
    assert (done.exit_code, "no night could read them as one" in done.output) == (1, True), done.output
    assert (data / "suppressed.csv").read_text() == list_of_another
    assert not (data / "landing" / "_kind").exists()


def test_neither_a_landing_nor_a_backup_is_overwritten(data, tmp_path):
    assert run(data, "backup", tmp_path / "backup.tar").exit_code == 0
    again = run(data, "backup", tmp_path / "backup.tar")
    assert (again.exit_code, "exists already" in again.output) == (1, True)
    before = digest(data / "landing")
    onto = run(data, "restore", tmp_path / "backup.tar")
    assert (onto.exit_code, "holds a landing" in onto.output) == (1, True)
    assert digest(data / "landing") == before


def test_no_backup_is_made_while_a_night_runs(data, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from orchestration.one_run import one_run; "
        "from orchestration.settings import Settings\n"
        "with one_run(Settings(data_dir=Path(sys.argv[1])), 'night'): print('works', flush=True); time.sleep(600)"
    )
    night = subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True)
    try:
        assert night.stdout.readline() == "works\n"
        done = run(data, "backup", tmp_path / "backup.tar")
    finally:
        night.kill()
        night.wait()
    assert (done.exit_code, "run night" in done.output, (tmp_path / "backup.tar").exists()) == (1, True, False)


@pytest.mark.parametrize("at", [0.5, 0.999])
def test_a_backup_that_was_cut_short_is_refused(data, tmp_path, at):
    file = tmp_path / "backup.tar"
    run(data, "backup", file)
    os.truncate(file, int(file.stat().st_size * at) // 512 * 512 - 20_480 * (at > 0.9))
    done = run(tmp_path / "other", "restore", file)
    assert (done.exit_code, "Take another" in done.output) == (1, True), done.output
    assert not list((tmp_path / "other").glob("*landing*"))


@pytest.mark.parametrize("manifest", [b"[]", b'{"format": 2}', b'{"format": 1, "files": 5}', b"[" * 100_000, b"\xff"])
def test_a_manifest_that_is_none_of_ours_is_refused(tmp_path, manifest):
    file = tmp_path / "backup.tar"
    with tarfile.open(file, "w") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    done = run(tmp_path / "other", "restore", file)
    assert (done.exit_code, "has no manifest of this format" in done.output) == (1, True), done.output


def test_one_changed_byte_is_found_and_nothing_restored(data, tmp_path):
    file = tmp_path / "backup.tar"
    run(data, "backup", file)
    content = bytearray(file.read_bytes())
    content[content.index(b"PAR1") + 8] ^= 1
    file.write_bytes(content)
    done = run(tmp_path / "other", "restore", file)
    assert (done.exit_code, "1 of its files are not as they were, first landing/" in done.output) == (1, True)
    assert not (tmp_path / "other" / "landing").exists()


@pytest.mark.parametrize(
    "name", ["../outside.csv", "/tmp/sifarat-outside.csv", "landing/../../outside.csv", "other.csv"]
)
def test_a_member_that_leads_out_of_the_folder_is_refused(data, tmp_path, name):
    file = tmp_path / "backup.tar"
    run(data, "backup", file)
    with tarfile.open(file, "a") as tar:
        info = tarfile.TarInfo(name)
        info.size = 4
        tar.addfile(info, io.BytesIO(b"evil"))
    done = run(tmp_path / "other", "restore", file)
    assert (done.exit_code, "belongs into no back-up" in done.output) == (1, True), done.output
    assert not (tmp_path / "outside.csv").exists()
    assert not Path("/tmp/sifarat-outside.csv").exists()
    assert not (tmp_path / "other" / "landing").exists()


def test_a_link_in_the_place_of_a_file_is_refused(tmp_path):
    file = tmp_path / "backup.tar"
    with tarfile.open(file, "w") as tar:
        info = tarfile.TarInfo("landing/_kind")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
        content = json.dumps({"format": 1, "made_at": "", "kind": "received", "key_id": None, "files": {}}).encode()
        info = tarfile.TarInfo("manifest.json")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    done = run(tmp_path / "other", "restore", file)
    assert (done.exit_code, "belongs into no back-up" in done.output) == (1, True), done.output


def test_a_landing_of_before_the_ledger_counted_the_erased_is_built_and_erased_from(data):
    """Until then its entries had no ``erased``, and there were no fields of payloads."""
    shutil.rmtree(data / "landing" / "_fields")
    for entry in (data / "landing" / "_batches").rglob("*.parquet"):
        pl.read_parquet(entry, hive_partitioning=False).drop("erased").write_parquet(entry)
    assert run(data, "verify").exit_code == 0
    Landing(data / "landing", is_synthetic=False)
    build_models(data, "stg_landing__batches", "payload_fields")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        [(schema,)] = connection.execute(
            "select schema_name from duckdb_tables() where table_name = 'stg_landing__batches'"
        ).fetchall()
        told = connection.execute(f"select distinct erased from {schema}.stg_landing__batches").fetchall()
        assert told == [(0,)]
        assert connection.execute("from quality.payload_fields").fetchall() == []
    assert run(data, "erase", "quintavia@zz-mofa.example", "--yes").exit_code == 0
