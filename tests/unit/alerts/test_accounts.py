"""Each detector of accounts on a series worked out by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from orchestration.alerts import accounts
from orchestration.alerts.judge import DAYS

FIRST = date(2026, 1, 5)
"""A Monday."""


def series(days: int, account: str = "x:1", **columns: list) -> pl.DataFrame:
    """One account; what is not told is as on a day like all others: one post that gains 100, 10 of it replies."""
    usual = {
        "account_id": account,
        "platform": "x",
        "region": "Asia",
        "is_told": True,
        "posts": 1,
        "gained": 100,
        "replies_gained": 10,
        "followers": 10_000,
    }
    rows = [
        usual | {"day": FIRST + timedelta(days=n)} | {name: values[n] for name, values in columns.items()}
        for n in range(days)
    ]
    return pl.DataFrame(rows, schema=DAYS)


def told(found: pl.DataFrame, *columns: str) -> list[tuple]:
    return found.sort("alert_date").select(columns).rows()


def test_a_steady_account_is_expected_to_gain_what_it_gained():
    # 101 - 1 engagements at a level that never moved; the spread is the floor of 0.25, so the day's
    # interval is 101 * exp(-0.49) - 1 = 60.9 to 101 * exp(0.49) - 1 = 163.9, and ln(2001 / 101) / 0.25 = 11.9 spreads.
    found = accounts.engagement(series(40, gained=[100] * 39 + [2000]), "engagement_high")
    [day] = found.filter(pl.col("from_date") == pl.col("alert_date")).to_dicts()
    assert day["alert_date"] == FIRST + timedelta(days=39)
    assert (day["observed"], day["expected"]) == (2000, pytest.approx(100))
    assert day["expected_low"] == pytest.approx(60.87, abs=0.01)
    assert day["expected_high"] == pytest.approx(163.86, abs=0.01)
    assert day["score"] == pytest.approx(11.945, abs=0.001)


def test_four_days_at_a_hundredth_of_what_the_posts_usually_gain_are_low():
    # 4 days of 100 are 400; 4 of 1 are 4: ln(5 / 401) / 0.25 = -17.5 spreads.
    [day] = accounts.engagement(series(45, gained=[100] * 41 + [1] * 4), "engagement_low").to_dicts()
    assert (day["from_date"], day["alert_date"]) == (FIRST + timedelta(days=41), FIRST + timedelta(days=44))
    assert (day["observed"], day["expected"]) == (4, pytest.approx(400))
    assert day["score"] == pytest.approx(-17.538, abs=0.001)


def test_ten_times_the_posts_may_gain_ten_times_the_engagements():
    busy = series(40, posts=[1] * 39 + [10], gained=[100] * 39 + [550])
    assert accounts.engagement(busy, "engagement_high").is_empty()


def test_an_account_is_not_judged_before_its_errors_of_ten_days_are_known():
    # Ten days make a level; the next ten make ten errors; the twenty-first day is the first that is judged.
    assert accounts.engagement(series(20, gained=[100] * 19 + [2000]), "engagement_high").is_empty()
    assert not accounts.engagement(series(21, gained=[100] * 20 + [2000]), "engagement_high").is_empty()


def test_a_day_that_nobody_observed_is_no_day_of_nothing():
    gap = series(45, gained=[100] * 38 + [None] * 3 + [100] * 4)
    assert accounts.engagement(gap, "engagement_low").is_empty()


def test_what_befalls_all_accounts_of_a_platform_alike_is_no_accounts_own():
    together = [series(40, account=f"x:{n}", gained=[100] * 39 + [2000]) for n in range(10)]
    assert accounts.engagement(pl.concat(together), "engagement_high").is_empty()
    assert accounts.engagement(pl.concat(together[:9]), "engagement_high").n_unique("account_id") == 9


def test_an_account_that_posts_daily_is_missed_in_the_second_week():
    # A post was due on each day, and the bar is 9. The quiet days are among the eight weeks that the rate is known
    # from, so it sinks a little: after 9 days fewer than 9 posts are due, after 10 days more.
    quiet = accounts.silence(series(66, posts=[1] * 55 + [0] * 11))
    first = quiet.sort("alert_date").row(0, named=True)
    assert (first["from_date"], first["alert_date"]) == (FIRST + timedelta(days=55), FIRST + timedelta(days=64))
    assert first["observed"] == 0
    assert 9 <= first["expected"] <= 10


def test_an_account_that_rests_on_weekends_is_due_nothing_on_them():
    # Five posts a week: after eleven days of silence, of which three or four are of weekends, fewer than 9 are due.
    posts = [int((FIRST + timedelta(days=n)).weekday() < 5) for n in range(56)] + [0] * 11
    assert accounts.silence(series(67, posts=posts)).is_empty()


def test_a_quiet_shorter_than_the_longest_of_the_weeks_before_is_no_silence():
    # Three posts a day: 14 quiet days are due more posts than the 11 that follow 12 days later.
    found = accounts.silence(series(67, posts=[3] * 30 + [0] * 14 + [3] * 12 + [0] * 11))
    assert found["from_date"].unique().to_list() == [FIRST + timedelta(days=30)]
    assert not accounts.silence(series(67, posts=[3] * 56 + [0] * 11)).is_empty()


def test_days_that_the_platform_did_not_tell_of_are_no_silence():
    unread = series(70, posts=[1] * 55 + [0] * 15, is_told=[True] * 55 + [False] * 15)
    assert accounts.silence(unread).is_empty()


def test_a_silence_of_the_whole_region_is_a_holiday():
    together = pl.concat(series(70, account=f"x:{n}", posts=[1] * 55 + [0] * 15) for n in range(10))
    assert accounts.silence(together).is_empty()


def test_a_loss_of_followers_is_told_from_the_day_before():
    # ln(9,500 / 10,000) = -0.0513 against a floor of 0.001: 51 spreads below what was expected.
    [day] = (
        accounts.followers(series(40, followers=[10_000] * 39 + [9_500]))
        .filter(pl.col("from_date") == pl.col("alert_date"))
        .to_dicts()
    )
    assert (day["observed"], day["expected"]) == (9_500, pytest.approx(10_000))
    assert day["score"] == pytest.approx(-51.29, abs=0.01)


def test_fifty_followers_of_ten_thousand_are_no_loss_to_speak_of():
    assert accounts.followers(series(40, followers=[10_000] * 39 + [9_900])).is_empty()


def test_replies_that_outgrow_the_likes_are_told_by_their_share():
    # Odds of 10.5 / 90.5 are usual; 60 of 100 are 60.5 / 40.5: ln of their ratio is 2.555, or 10.2 floors of 0.25.
    found = accounts.replies(series(40, replies_gained=[10] * 39 + [60]))
    [day] = found.filter(pl.col("from_date") == pl.col("alert_date")).to_dicts()
    assert (day["observed"], day["expected"]) == (0.6, pytest.approx(10.5 / 101))
    assert day["score"] == pytest.approx(10.221, abs=0.001)
