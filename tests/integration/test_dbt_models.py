"""dbt's own unit tests: every metric with a formula on rows worked out by hand, in a real DuckDB file."""

import re
import shutil
import subprocess
from functools import partial

import duckdb
import pytest

from orchestration.landing import Landing
from orchestration.pseudonyms import make_key_once
from tests.dbt import dbt as run
from tests.platforms import every_contract


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A landing that holds every table and no record."""
    data = tmp_path_factory.mktemp("empty")
    landing = Landing(data / "landing", is_synthetic=False)
    for contract in every_contract():
        landing.declare(contract)
    make_key_once(data / "pseudonym.key")
    return data


@pytest.fixture(scope="module")
def dbt(data):
    """Runs dbt on it."""
    return partial(run, data)


@pytest.fixture(scope="module")
def built(dbt) -> subprocess.CompletedProcess:
    return dbt("build", "--exclude-resource-type", "unit_test")


def test_models_build_and_keep_their_tests_on_an_empty_landing(built):
    assert built.returncode == 0, built.stdout[-3000:]


def test_every_formula_gives_what_was_worked_out_by_hand(built, dbt):
    tested = dbt("test", "--select", "test_type:unit")
    assert tested.returncode == 0, tested.stdout[-4000:]
    [(passed, errors)] = re.findall(r"PASS=(\d+) WARN=0 ERROR=(\d+)", tested.stdout)
    assert (int(passed) >= 10, errors) == (True, "0")


def test_a_model_that_was_materialized_otherwise_before_is_replaced(built, data, tmp_path):
    copied = shutil.copytree(data, tmp_path / "data")
    with duckdb.connect(str(copied / "warehouse.duckdb")) as warehouse:
        warehouse.execute("drop table marts.dim_metric")
        warehouse.execute("create view marts.dim_metric as select 1 as one")
        warehouse.execute("drop view staging.stg_registry__missions")
        warehouse.execute("create table staging.stg_registry__missions as select 1 as one")
    done = run(copied, "run", "--select", "dim_metric", "stg_registry__missions")
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(copied / "warehouse.duckdb")) as warehouse:
        replaced = warehouse.execute(
            "select table_name, table_type from information_schema.tables "
            "where table_name in ('dim_metric', 'stg_registry__missions') order by all"
        ).fetchall()
        columns = {name for name, *_ in warehouse.execute("describe staging.stg_registry__missions").fetchall()}
    assert replaced == [("dim_metric", "BASE TABLE"), ("stg_registry__missions", "VIEW")]
    assert "mission_id" in columns


def test_a_build_that_breaks_its_contract_leaves_the_table_of_before(built, data, tmp_path):
    copied = shutil.copytree(data, tmp_path / "data")
    with duckdb.connect(str(copied / "warehouse.duckdb")) as warehouse:
        before = warehouse.execute("select count(*), count(formula) from marts.dim_metric").fetchall()
        warehouse.execute("update seeds.metrics set formula = null")
    done = run(copied, "run", "--select", "dim_metric")
    assert done.returncode == 1
    assert "NOT NULL constraint failed" in done.stdout
    with duckdb.connect(str(copied / "warehouse.duckdb")) as warehouse:
        assert warehouse.execute("select count(*), count(formula) from marts.dim_metric").fetchall() == before
