"""Which posts are due, which go first, and a budget that many threads spend from."""

import threading
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from orchestration.sources.rereading import KNOWN_POSTS, Budget, BudgetSpent, due

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def known(*posts: tuple[str, float, float, int | None]) -> pl.DataFrame:
    """Posts by (id, hours old now, hours old when last read, engagements then)."""
    rows = [
        {
            "id": post_id,
            "author_id": "7",
            "created_at": (created := NOW.replace(tzinfo=None) - timedelta(hours=age)),
            "observed_at": created + timedelta(hours=then),
            "engagements": engagements,
        }
        for post_id, age, then, engagements in posts
    ]
    return pl.DataFrame(rows, schema=KNOWN_POSTS)


def test_a_post_is_due_once_it_is_1_6_times_as_old():
    posts = known(("at 25 of 16 h", 25, 16, 1), ("at 26 of 16 h", 26, 16, 1), ("young", 1.5, 0.1, 1))
    # 25 / 16 is 1.5625, 26 / 16 is 1.625; what was read in its first hour counts as an hour old then.
    assert due(posts, NOW)["id"].to_list() == ["at 26 of 16 h"]


def test_those_expected_to_have_gained_most_come_first():
    posts = known(
        ("old and loud", 200, 100, 1000),  # 1001 × (1/100 − 1/200) = 5.0
        ("young and quiet", 30, 10, 9),  # 10 × (1/10 − 1/30) = 0.67
        ("young and loud", 30, 10, 200),  # 201 × (1/10 − 1/30) = 13.4
        ("uncounted", 30, 10, None),  # 1 × (1/10 − 1/30) = 0.07
    )
    assert due(posts, NOW)["id"].to_list() == ["young and loud", "old and loud", "young and quiet", "uncounted"]


def test_ties_are_broken_by_id():
    assert due(known(("b", 30, 10, 5), ("a", 30, 10, 5)), NOW)["id"].to_list() == ["a", "b"]


def test_a_budget_is_never_passed_by_any_number_of_threads():
    budget, given, lock = Budget(1000), [], threading.Lock()

    def work() -> None:
        try:
            while True:
                reserved = budget.reserve(100, 5)
                read = min(reserved, 37)
                with lock:
                    given.append(read)
                budget.settle(reserved, read)
        except BudgetSpent:
            pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(given) == budget.spent <= 1000
    # No read is lost to reservations either: what is left is too little for one request.
    assert sum(given) > 1000 - 5


def test_without_a_budget_everything_asked_for_is_given():
    budget = Budget(None)
    assert budget.reserve(100, 5) == 100
    budget.settle(100, 80)
    assert (budget.spent, budget.left) == (80, None)


def test_a_request_that_reads_nothing_gives_its_share_back():
    budget = Budget(10)
    reserved = budget.reserve(100, 5)
    assert reserved == 10
    budget.settle(reserved, 0)
    assert budget.reserve(10, 10) == 10
    with pytest.raises(BudgetSpent, match="0 posts were read"):
        Budget(4).reserve(100, 5)
