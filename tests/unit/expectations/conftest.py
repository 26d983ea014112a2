"""Real landings and DuckDB files for the audits."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from expectations.audit import Verdict, audit
from expectations.landing import landed_views
from expectations.suites import landed
from orchestration.contracts import Contract
from orchestration.landing import Batch, Landing
from tests.platforms import every_contract

CONTRACTS = {contract.name: contract for contract in every_contract()}
LANDED = {suite.table_name: suite for suite in landed.SUITES}
DAY = date(2026, 1, 2)
NIGHT = datetime(2026, 1, 3, 1, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path) -> Landing:
    """Every table declared, nothing landed."""
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    for contract in CONTRACTS.values():
        landing.declare(contract)
    return landing


@pytest.fixture
def land(landing):
    """Land records of a table; all of them must keep their contract."""

    def land(table: str, *records: dict, day: date = DAY, batch_id: str = "one", observed_at: datetime = NIGHT) -> None:
        contract: Contract = CONTRACTS[table]
        text = contract.from_payloads([json.dumps(record) for record in records])
        receipt = landing.write(Batch(contract, batch_id, "file", observed_at, day, text, is_synthetic=False))
        assert receipt.landed == len(records)

    return land


@pytest.fixture
def audited(landing):
    """Verdicts of one table's suite, or of those of its expectations that say so, on what is landed."""

    def audited(table: str, says: str = "", published_at: datetime | None = None) -> list[Verdict]:
        asked = tuple(expect for expect in LANDED[table].expectations if expect.says.startswith(says))
        return audit(landed_views(landing.root, LANDED, published_at), [replace(LANDED[table], expectations=asked)])

    return audited


def failures(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    """What failed: severity and sentence, without the table's name."""
    return [(v.severity, v.description.removeprefix(f"{v.table_name}: ")) for v in verdicts if not v.is_success]
