"""Whole runs, as a user starts them: the ``sifarat`` command in a process of its own, on a state of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

SIFARAT = Path(sys.executable).parent / "sifarat"
NAMES_THE_RUN = ("quality", "publication")
"""The one published table that tells which run published, and so differs between two runs of the same day."""


@dataclass(frozen=True)
class State:
    """A data folder and the settings that go with it."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)

    command = SIFARAT

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIFARAT_")}
        own = {"SIFARAT_DATA_DIR": str(self.data_dir), "COLUMNS": "200", "SIFARAT_ENRICHMENT_SECONDS": "0"}
        own["SIFARAT_INTERNAL_HOSTS"] = "127.0.0.1,localhost"
        return inherited | own | self.settings

    @property
    def current(self) -> Path:
        return self.data_dir / "published" / "current.duckdb"

    def sifarat(self, *arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [SIFARAT, *map(str, arguments)], env=self.environment, capture_output=True, text=True, timeout=500
        )

    def nightly(self, *arguments: object) -> subprocess.CompletedProcess:
        """A run that is expected to publish."""
        run = self.sifarat("nightly", *arguments)
        assert run.returncode == 0, run.stderr[-4000:] + run.stdout[-1000:]
        return run

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.current), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def checksums(self) -> dict[str, tuple]:
        """Rows and a checksum over all values, in whatever order, of every published table."""
        tables = self.query("select schema_name, table_name from duckdb_tables() order by all")
        return {
            f"{schema}.{table}": self.query(f'select count(*), sum(hash(t)::hugeint) from {schema}."{table}" as t')[0]
            for schema, table in tables
            if (schema, table) != NAMES_THE_RUN
        }


@pytest.fixture
def new_state(tmp_path):
    """Makes empty states: ``new_state(name, SIFARAT_…=…)``."""
    return lambda name, **settings: State(tmp_path / name, settings)


@pytest.fixture
def state(new_state) -> State:
    return new_state("data")


@pytest.fixture(scope="session")
def real_state(tmp_path_factory, real_data) -> State:
    """The real data of ``../shared/real``, published once from an empty state."""
    real = State(tmp_path_factory.mktemp("real") / "data")
    real.nightly("--inbox", real_data)
    return real


@pytest.fixture(scope="session")
def synthetic_state(tmp_path_factory) -> State:
    """Two nights of the synthetic ministry, as ``make nightly`` runs them without credentials."""
    synthetic = State(tmp_path_factory.mktemp("synthetic") / "data")
    synthetic.nightly("--from", "2026-03-02", "--to", "2026-03-03")
    return synthetic
