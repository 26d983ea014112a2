"""An analyst of the same machine, with an account of their own, reads what is published and nothing else."""

import os
import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import Landing
from orchestration.private import privately
from orchestration.pseudonyms import make_key_once
from orchestration.publication import Publications
from orchestration.settings import Settings

NOBODY = 65534


@pytest.fixture
def settings():
    """A night's leavings, in a folder that anybody can enter. pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="sifarat-analyst-"))
    folder.chmod(0o755)
    made = Settings(data_dir=folder / "data")
    made.data_dir.mkdir(mode=0o755)
    # As the version before left them.
    for path in (made.landing_dir, made.dagster_home, made.review.parent):
        path.mkdir(mode=0o755)
    made.review.write_text("left,right,evidence,score,answer\n")
    with privately(made):
        landing = Landing(made.landing_dir, is_synthetic=False)
        assert landing.root == made.landing_dir
        make_key_once(made.pseudonym_key)
        with duckdb.connect(str(made.warehouse)) as connection:
            connection.execute("create schema marts; create schema quality; create schema restricted")
            connection.execute("create table marts.dim_officer as select 'officer-1' as officer_id")
            connection.execute("create table restricted.int_officers as select 'Quintavia Zebrowska' as name")
        Publications(made.published_dir).publish(made.warehouse, "night", is_synthetic=False)
    yield made
    shutil.rmtree(folder)


def test_only_what_is_published_may_be_read_by_others(settings):
    modes = {
        path.relative_to(settings.data_dir).as_posix(): path.stat().st_mode & 0o777
        for path in (
            settings.landing_dir,
            settings.dagster_home,
            settings.review.parent,
            settings.review,
            settings.warehouse,
            settings.pseudonym_key,
            settings.published_dir,
            Publications(settings.published_dir).current,
        )
    }
    assert modes == {
        "landing": 0o700,
        "dagster": 0o700,
        "identity": 0o700,
        "identity/review.csv": 0o600,
        "warehouse.duckdb": 0o600,
        "pseudonym.key": 0o600,
        "published": 0o755,
        "published/current.duckdb": 0o644,
    }


def test_the_publication_has_no_restricted_schema(settings):
    with duckdb.connect(str(Publications(settings.published_dir).current), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables() order by 1").fetchall()
    assert schemas == [("marts",), ("quality",)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_somebody_else_can_query_the_marts_and_open_nothing_beside(settings):
    reading, writing = os.pipe()
    analyst = os.fork()
    if not analyst:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        told = []
        for path in (Publications(settings.published_dir).current, settings.warehouse):
            try:
                with duckdb.connect(str(path), read_only=True) as connection:
                    told.append(connection.execute("select officer_id from marts.dim_officer").fetchone()[0])
            except duckdb.IOException:
                told.append("refused")
        for path in (settings.landing_dir / "_kind", settings.review, settings.pseudonym_key):
            told.append("read" if os.access(path, os.R_OK) else "refused")
        os.write(writing, " ".join(told).encode())
        os._exit(0)
    os.waitpid(analyst, 0)
    assert os.read(reading, 1000).decode() == "officer-1 refused refused refused refused"
