"""`sifarat doctor`: what is not in order is told with what to do, and no secret is repeated."""

import os
import socket
import time
from collections import namedtuple
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli import sifarat
from orchestration.landing import Landing, Window
from orchestration.private import privately
from orchestration.pseudonyms import make_key_once
from orchestration.publication import Publications
from orchestration.sandbox.server import REGISTRY_DIR, Sandbox
from orchestration.settings import Settings
from orchestration.sources import registry

SECRET = "hushhush-4711"


def run(data, *arguments: str, **environment: str):
    told = {"SIFARAT_DATA_DIR": str(data), "COLUMNS": "250"} | environment
    return CliRunner().invoke(sifarat, ["doctor", *arguments], env=told)


def lines(result, about: str) -> str:
    """What is said about it: its row, and what is to be done."""
    said = result.output.splitlines()
    return "\n".join(line for line in said if f" {about} " in line or line.startswith(f"{about}: "))


@pytest.fixture
def data(tmp_path):
    """An installation in order: published just now, private, with its key."""
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir(mode=0o755)
    with privately(settings):
        Landing(settings.landing_dir, is_synthetic=True)
        make_key_once(settings.pseudonym_key)
        with duckdb.connect(str(settings.warehouse)) as connection:
            connection.execute(
                "create schema marts; create schema quality; create table marts.dim_date as select 1 as a"
            )
        Publications(settings.published_dir).publish(settings.warehouse, "last", is_synthetic=True)
    return settings.data_dir


def test_where_all_is_in_order_nothing_is_to_be_done(data):
    done = run(data, "--offline")
    assert (done.exit_code, "Nothing must be done." in done.output) == (0, True), done.output
    assert "as locked" in lines(done, "duckdb")
    assert "synthetic ministry" in lines(done, "reads")


def test_what_others_can_read_is_told_with_the_command_that_closes_it(data):
    (data / "pseudonym.key").chmod(0o644)
    (data / "warehouse.duckdb").chmod(0o640)
    done = run(data, "--offline")
    assert done.exit_code == 1
    assert f"chmod go-rwx {data}/pseudonym.key" in done.output
    assert f"chmod go-rwx {data}/warehouse.duckdb" in done.output
    # A folder that is closed itself closes what lies in it.
    data.chmod(0o700)
    assert run(data, "--offline").exit_code == 0


def test_a_stale_publication_a_clock_set_back_and_another_kind_of_records_are_told(data):
    published = data / "published" / "marts-last.duckdb"
    then = time.time() - timedelta(days=4).total_seconds()
    os.utime(published, (then, then))
    assert "make nightly" in lines(run(data, "--offline"), "publication")
    soon = time.time() + timedelta(days=4).total_seconds()
    os.utime(published, (soon, soon))
    assert "NTP" in lines(run(data, "--offline"), "clock")
    real = run(data, "--offline", SIFARAT_X_BEARER_TOKEN=SECRET)
    assert "holds synthetic records" in lines(real, "landing")


def test_a_disk_without_room_for_a_night_is_told(data, monkeypatch):
    # What the system says of a disk of 10 GB of which 0.5 are free.
    usage = namedtuple("usage", ["total", "used", "free"])(10**10, 95 * 10**8, 5 * 10**8)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    done = run(data, "--offline")
    assert "0.5 GB free" in lines(done, "disk")
    assert done.exit_code == 1


@pytest.fixture
def received(tmp_path):
    """A landing of received records with the register in it, and a platform that answers on loopback."""
    data = tmp_path / "received"
    landing = Landing(data / "landing", is_synthetic=False)
    for batch in registry.extract(REGISTRY_DIR, Window.of_day(date(2026, 3, 2)), is_synthetic=False):
        landing.write(batch)
    return data


def test_each_source_is_told_whether_it_answers_and_takes_the_credentials(received):
    now = datetime.now(UTC)
    with Sandbox(7) as sandbox, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        environment = {
            "SIFARAT_X_BASE_URL": sandbox.base_url("x", now),
            "SIFARAT_X_BEARER_TOKEN": sandbox.token,
            "SIFARAT_YOUTUBE_BASE_URL": sandbox.base_url("youtube", now),
            "SIFARAT_YOUTUBE_API_KEY": SECRET,
            "SIFARAT_MOODLE_BASE_URL": f"http://127.0.0.1:{closed.getsockname()[1]}",
            "SIFARAT_MOODLE_TOKEN": SECRET,
            "SIFARAT_BLUESKY_BASE_URL": sandbox.base_url("bluesky", now),
            "SIFARAT_MASTODON_BASE_URL": sandbox.base_url("mastodon", now),
        }
        started = time.monotonic()
        done = run(received, **environment)
    assert time.monotonic() - started < 60
    assert "takes the credentials" in lines(done, "x")
    assert "to do" in lines(done, "youtube")
    assert "to do" in lines(done, "moodle")
    assert "no token is set" in lines(done, "facebook")
    assert SECRET not in done.output
    assert sandbox.token not in done.output
    assert done.exit_code == 1
