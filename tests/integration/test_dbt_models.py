"""dbt's own unit tests: every metric with a formula on rows worked out by hand, in a real DuckDB file."""

import re
import subprocess
from functools import partial

import pytest

from orchestration.landing import Landing
from orchestration.pseudonyms import make_key_once
from tests.dbt import dbt as run
from tests.platforms import every_contract


@pytest.fixture(scope="module")
def dbt(tmp_path_factory):
    """Runs dbt on a landing that holds every table and no record."""
    data = tmp_path_factory.mktemp("empty")
    landing = Landing(data / "landing", is_synthetic=False)
    for contract in every_contract():
        landing.declare(contract)
    make_key_once(data / "pseudonym.key")
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
