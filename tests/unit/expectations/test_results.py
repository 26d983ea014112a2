import duckdb
import pytest

from expectations.audit import SuiteError, Verdict
from expectations.results import record


def verdict(says: str, is_success: bool = True) -> Verdict:
    return Verdict("landed.x.posts", "x.posts", "ExpectX", None, "block", is_success, "none", 0, says)


@pytest.fixture
def warehouse(tmp_path):
    return tmp_path / "data" / "warehouse.duckdb"


def rows(warehouse) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("select stage, description, is_success from quality.check_results").fetchall()


def test_a_stages_verdicts_are_replaced_and_not_doubled(warehouse):
    record(warehouse, "landed", [verdict("first"), verdict("second", is_success=False)])
    record(warehouse, "landed", [verdict("first"), verdict("second")])
    assert rows(warehouse) == [("landed", "first", True), ("landed", "second", True)]


def test_verdicts_of_the_other_stage_stay(warehouse):
    record(warehouse, "landed", [verdict("first")])
    record(warehouse, "modelled", [verdict("second")])
    record(warehouse, "modelled", [])
    assert rows(warehouse) == [("landed", "first", True)]


def test_a_warehouse_that_cannot_be_written_is_named(warehouse):
    warehouse.parent.mkdir()
    warehouse.write_text("no database, but long enough to be looked at as if it were one " * 200)
    with pytest.raises(SuiteError, match=r"landed records cannot be written to .*warehouse\.duckdb"):
        record(warehouse, "landed", [verdict("first")])
