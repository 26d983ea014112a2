"""Incremental models end where a full build ends, in whatever order batches came, came anew or were withdrawn."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.landing import Batch, Landing
from orchestration.pseudonyms import make_key_once
from orchestration.sources import platform_exports, registry
from tests.platforms import every_contract

BUILT = ["int_post_observations", "fct_post", "fct_post_metrics_daily"]
FIRST_DAY = date(2026, 3, 1)

posts = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 3), st.none() | st.integers(0, 50)), min_size=1, max_size=5
)
"""Of each post its number, the account that made it, and its reactions."""

steps = st.lists(
    st.one_of(
        st.tuples(st.just("land"), st.integers(0, 4), st.sampled_from("ab"), posts),
        st.tuples(st.just("withdraw"), st.integers(0, 4), st.sampled_from("ab")),
        st.tuples(st.just("register"), st.integers(0, 4), st.lists(st.integers(0, 2), min_size=4, max_size=4)),
    ),
    min_size=2,
    max_size=5,
)
"""What becomes of the landing between builds: a batch of a day, new or in place of the one of that name; a batch
withdrawn; the register of a day, which says at which mission each of the four accounts is, or leaves it out."""


class Ministry:
    """A landing and its warehouse, both empty, built by dbt in this process. What dbt parsed is kept in the folder."""

    def __init__(self, root: Path):
        self.root = root
        shutil.rmtree(root / "landing", ignore_errors=True)
        with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
            for schema in ("staging", "seeds", "intermediate", "restricted", "marts"):
                connection.execute(f"drop schema if exists {schema} cascade")
        self.landing = Landing(root / "landing", is_synthetic=False)
        for contract in every_contract():
            self.landing.declare(contract)
        make_key_once(root / "pseudonym.key")
        missions = [
            {
                "mission_id": f"m{n}",
                "name": f"Mission {n}",
                "kind": "embassy",
                "city": "Paris",
                "country_code": "FR",
                "country": "France",
                "region": "Europe",
                "time_zone": "Europe/Paris",
            }
            for n in (1, 2)
        ]
        self._land(registry.MISSIONS, FIRST_DAY, "missions", missions)

    def take(self, step: tuple) -> None:
        what, day, *rest = step
        day = FIRST_DAY + timedelta(days=day)
        if what == "land":
            name, told = rest
            rows = [
                {
                    "platform": "x",
                    "post_id": str(number),
                    "account_handle": f"account{account}",
                    "posted_at": "2026-03-01T09:00:00Z",
                    "reactions": None if reactions is None else str(reactions),
                }
                for number, account, reactions in {number: (number, *of) for number, *of in told}.values()
            ]
            self._land(platform_exports.POSTS, day, name, rows)
        elif what == "withdraw":
            for entry in self.landing.committed(platform_exports.POSTS, rest[0]):
                if entry.parent.name == f"date={day}":
                    self.landing.withdraw(platform_exports.POSTS, entry)
        else:
            rows = [
                {"platform": "x", "handle": f"account{n}", "mission_id": f"m{mission}", "registered_from": "2021-01-01"}
                for n, mission in enumerate(rest[0])
                if mission
            ]
            self._land(registry.ACCOUNTS, day, "accounts", rows)

    def _land(self, contract, day: date, name: str, rows: list[dict]) -> None:
        text = pl.DataFrame(
            [
                {"source_line": number, "raw": str(row)} | {f.name: row.get(f.name) for f in contract.fields}
                for number, row in enumerate(rows, start=1)
            ],
            schema={"source_line": pl.Int64, "raw": pl.String} | {f.name: pl.String for f in contract.fields},
        )
        receipt = self.landing.write(
            Batch(
                contract=contract,
                batch_id=name,
                source_file=f"{name}.csv",
                observed_at=datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=25),
                day=day,
                text=text,
                is_synthetic=False,
            )
        )
        assert receipt.landed == len(rows)

    def build(self, *arguments: str) -> None:
        from dbt.cli.main import dbtRunner

        result = dbtRunner().invoke(
            [
                "--quiet",
                "build",
                "--resource-type=model",
                "--resource-type=seed",
                "--select",
                *(f"+{model}" for model in BUILT),
                "--project-dir",
                str(DBT_PROJECT_DIR),
                "--profiles-dir",
                str(DBT_PROJECT_DIR),
                "--target-path",
                str(self.root / "dbt"),
                "--log-path",
                str(self.root / "dbt"),
                *arguments,
            ]
        )
        assert result.success, result.exception

    def tables(self) -> dict[str, list]:
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            return {
                model: connection.execute(
                    f"select columns(c -> c != 'build_number') from {schema}.{model} order by all"
                ).fetchall()
                for model, schema in zip(BUILT, ("intermediate", "marts", "marts"), strict=True)
            }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        root = tmp_path_factory.mktemp("increments")
        patched.setenv("SIFARAT_DATA_DIR", str(root))
        patched.setenv("SIFARAT_PSEUDONYM_KEY_FILE", str(root / "pseudonym.key"))
        yield root


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps)
@example(
    [
        ("land", 0, "a", [(1, 0, 5), (2, 1, 7)]),
        ("land", 2, "a", [(1, 0, 9), (3, 2, 1)]),
        ("register", 1, [1, 2, 0, 0]),
        ("land", 1, "b", [(1, 0, 6)]),
        ("land", 2, "a", [(1, 0, 8)]),
        ("register", 1, [2, 2, 1, 0]),
        ("withdraw", 0, "a"),
    ]
)
def test_any_order_of_landings_gives_what_a_full_build_gives(folder, taken):
    ministry = Ministry(folder)
    for step in taken:
        ministry.take(step)
        ministry.build()
    grown = ministry.tables()
    ministry.build("--full-refresh")
    assert grown == ministry.tables()
