"""Lists of tables and sources that must say the same in Python and in dbt."""

import re

from expectations.landing import FED_BY_FILES
from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.erasure.landed import TABLES
from orchestration.erasure.suppression import PERSONAL
from orchestration.quarantine import PUBLIC
from orchestration.sources.catalogue import contracts
from tests.platforms import every_contract


def test_every_table_from_outside_is_in_the_catalogue():
    own = {"identity", "enrichment"}
    assert set(contracts().values()) == {contract for contract in every_contract() if contract.source not in own}


def test_every_source_is_about_people_or_public():
    """The register is both: it names who answers for an account, as the ministry itself publishes."""
    sources = {contract.source for contract in contracts().values()}
    assert set(PERSONAL) | set(PUBLIC) == sources
    assert set(PERSONAL) & set(PUBLIC) == {"registry"}
    assert {contract.source for contract in TABLES} == {*PERSONAL, "identity"}


def test_models_know_the_sources_that_are_fed_by_files():
    volumes = (DBT_PROJECT_DIR / "models" / "quality" / "volumes.sql").read_text(encoding="utf-8")
    told = re.search(r"set from_files = \"\((.*)\)\"", volumes)[1]
    assert tuple(re.findall(r"'(\w+)'", told)) == FED_BY_FILES
