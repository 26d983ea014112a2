import resource
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from orchestration.contracts import Contract, count, key
from orchestration.landing import CONTRACT_DAY, Batch, Landing, LandingError, TooManyRejects, Window

POSTS = Contract("x", "posts", (key("id"), count("likes")))
DAY = date(2026, 1, 2)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path) -> Landing:
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    landing.declare(POSTS)
    return landing


def batch(*payloads: str, batch_id: str = "one", day: date = DAY) -> Batch:
    return Batch(POSTS, batch_id, "posts.csv", NOON, day, POSTS.from_payloads(payloads), is_synthetic=False)


def files(landing: Landing) -> dict[str, bytes]:
    parts = (path for path in landing.root.rglob("*") if path.is_file())
    return {path.relative_to(landing.root).as_posix(): path.read_bytes() for path in parts}


def test_a_landed_record_tells_where_it_came_from_and_keeps_its_raw_text(landing):
    landing.write(batch('{"id":"1","likes":5}'))
    assert landing.read(POSTS).to_dicts() == [
        {
            "id": "1",
            "likes": 5,
            "observed_at": datetime(2026, 1, 2, 12),
            "batch_id": "one",
            "source_file": "posts.csv",
            "source_line": None,
            "is_synthetic": False,
            "raw": '{"id":"1","likes":5}',
            "date": DAY,
        }
    ]


def test_received_is_landed_plus_quarantined_plus_repeated(landing):
    receipt = landing.write(
        batch('{"id":"1","likes":5}', '{"id":"1","likes":5}', '{"id":"2","likes":"x"}', '{"id":"3"}')
    )
    assert (receipt.received, receipt.landed, receipt.quarantined, receipt.repeated) == (4, 2, 1, 1)
    [ledger] = landing.committed(POSTS)
    assert pl.read_parquet(ledger).select("received", "landed", "quarantined", "repeated").rows() == [(4, 2, 1, 1)]


def test_a_rejected_record_is_in_quarantine_with_file_field_value_and_reason(landing):
    landing.write(batch('{"id":"2","likes":"x"}'))
    part = landing.root / "_quarantine/x/posts/date=2026-01-02/part-one.parquet"
    [row] = pl.read_parquet(part).select("source_file", "field", "value", "reason", "raw").rows()
    assert row == ("posts.csv", "likes", "x", "not a whole number", '{"id":"2","likes":"x"}')


def test_landing_a_batch_again_changes_no_byte(landing):
    landing.write(batch('{"id":"1","likes":5}', '{"likes":1}'))
    before = files(landing)
    landing.write(batch('{"id":"1","likes":5}', '{"likes":1}'))
    assert files(landing) == before


def test_a_batch_landed_anew_replaces_its_own_records_and_its_quarantine_only(landing):
    landing.write(batch('{"id":"1","likes":5}', '{"likes":1}'))
    landing.write(batch('{"id":"9"}', batch_id="two"))
    landing.write(batch('{"id":"1","likes":6}'))
    assert landing.read(POSTS).select("id", "likes").sort("id").rows() == [("1", 6), ("9", None)]
    assert not list((landing.root / "_quarantine/x").rglob("part-one.parquet"))


def test_a_table_that_never_got_a_record_can_be_read_with_its_columns(landing):
    landing.declare(POSTS)
    assert landing.read(POSTS).columns == [*POSTS.schema, "date"]
    assert landing.read(POSTS).is_empty()


def test_too_many_rejects_fail_the_batch_and_say_where_it_begins(landing):
    payloads = [f'{{"id":"{n}","likes":{n}}}' for n in range(80)] + [
        f'{{"id":"{n}","likes":"?"}}' for n in range(80, 100)
    ]
    with pytest.raises(
        TooManyRejects, match=r"posts\.csv: 20 of 100 records of x\.posts .* 10% .*likes is not a whole"
    ):
        landing.write(batch(*payloads))
    assert landing.read(POSTS).is_empty()
    assert landing.committed(POSTS) == []


@contextmanager
def no_room_for_files():
    """Every file this process writes is cut at 100 bytes, as on a disk that is full.

    Never longer than the code under test: pytest's own output may go to a file too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_leaves_the_old_state(landing):
    before = files(landing)
    message = r"part-one\.parquet: cannot be written.*File too large"
    with pytest.raises(LandingError, match=message), no_room_for_files():
        landing.write(batch('{"id":"1","likes":6}'))
    assert files(landing) == before


def test_a_landing_of_before_there_were_commits_and_ledgers_of_fields_is_taken_over(tmp_path):
    (tmp_path / "_kind").write_text("received\n")
    Landing(tmp_path, is_synthetic=False)
    assert (
        tmp_path / "_fields" / "_contract" / "_contract" / f"date={CONTRACT_DAY}" / "part-contract.parquet"
    ).exists()


def test_synthetic_and_real_records_are_never_mixed(landing):
    with pytest.raises(LandingError, match=r"never mixed.*SIFARAT_DATA_DIR"):
        Landing(landing.root, is_synthetic=True)


@pytest.mark.parametrize(
    ("observed_at", "day"),
    [
        (datetime(2026, 1, 3, 1, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 1, 3, 23, 59, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 1, 4, 0, tzinfo=UTC), date(2026, 1, 4)),
        (datetime(2026, 3, 1, 5, tzinfo=UTC), date(2026, 3, 1)),
    ],
)
def test_only_the_following_night_tells_a_days_closing_state(observed_at, day):
    assert Window.of_day(DAY).day_observed(observed_at) == day


def test_the_latest_day_is_the_newest_that_is_not_after_the_one_asked(landing):
    for offset in (0, 2, 5):
        landing.write(batch('{"id":"1"}', day=DAY + timedelta(days=offset)))
    assert landing.latest_day(POSTS, until=date(2026, 1, 6)) == date(2026, 1, 4)
    assert landing.latest_day(POSTS, until=date(2026, 1, 1)) is None


def test_a_withdrawn_batch_is_gone_with_its_quarantine_and_its_ledger(landing):
    landing.write(batch('{"id":"1"}', '{"likes":2}'))
    landing.withdraw(POSTS, landing.committed(POSTS)[0])
    assert [name for name in files(landing) if "part-one" in name] == []
    assert Path(landing.root / "x/posts/date=1970-01-01/part-contract.parquet").exists()
