"""All kinds together: the same data give the same alerts, however they come; and a slice of the benchmark."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from orchestration.alerts.judge import COPIES, DAYS, POSTS, alerts
from tests.simulated_months import EVENTS, MONTH, month, score
from tests.unit.alerts.test_accounts import series
from tests.unit.alerts.test_posts import of_an_account

SLICE = range(2000, 2010)
NO_COPIES = pl.DataFrame(schema=COPIES)


@pytest.fixture(scope="module")
def small():
    """A ministry of forty accounts."""
    return month(seed=3, accounts=40)


@pytest.fixture(scope="module")
def found(small):
    return alerts(small.days, small.posts, small.copies)


def test_a_small_ministry_has_alerts(found):
    assert not found.is_empty()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_the_order_of_the_rows_is_of_no_account(small, found, seed):
    shuffled = (part.sample(fraction=1, shuffle=True, seed=seed) for part in (small.days, small.posts, small.copies))
    assert_frame_equal(alerts(*shuffled), found)


@given(day=st.dates(date(2026, 2, 1), date(2026, 3, 14)))
@settings(max_examples=8)
def test_a_night_gives_the_alerts_that_a_build_from_nothing_gives_later(small, found, day):
    known = alerts(
        small.days.filter(pl.col("day") <= day),
        small.posts.filter(pl.col("day") <= day),
        small.copies.filter(pl.col("posted_date") <= day),
    )
    assert_frame_equal(known, found.filter(pl.col("alert_date") <= day))


def test_nothing_landed_makes_no_alert():
    assert alerts(pl.DataFrame(schema=DAYS), pl.DataFrame(schema=POSTS), NO_COPIES).is_empty()


def test_days_on_end_are_one_alert_and_a_week_of_rest_begins_another():
    high = [100] * 40 + [2000] * 3 + [100] * 12 + [2000]
    found = alerts(series(56, gained=high), pl.DataFrame(schema=POSTS), NO_COPIES).filter(kind="engagement_high")
    first = date(2026, 1, 5)
    assert found["alert_date"].to_list() == [first + timedelta(days=40), first + timedelta(days=55)]


def test_a_post_that_makes_up_an_accounts_engagement_is_the_one_alert():
    posts = of_an_account([90] * 40 + [4000])
    days = series(41, gained=[100] * 40 + [4100])
    assert alerts(days, posts, NO_COPIES)["kind"].to_list() == ["post_spreading"]
    assert alerts(days, posts.head(40), NO_COPIES)["kind"].to_list() == ["engagement_high"]


@pytest.mark.long
def test_ten_ministry_months_keep_the_bar():
    # The bar is of a hundred months (benchmarks/alerts.py); ten of them scatter, so they are given some room.
    scores = [
        score(simulated, alerts(simulated.days, simulated.posts, simulated.copies)) for simulated in map(month, SLICE)
    ]
    assert sum(len(one.planted) for one in scores) == len(SLICE) * EVENTS
    assert sum(len(one.found) for one in scores) / (len(SLICE) * EVENTS) >= 0.8
    assert sum(len(one.false) for one in scores) / (len(SLICE) * MONTH / 7) <= 1.0
