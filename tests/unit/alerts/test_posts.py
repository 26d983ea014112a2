"""A post against its account's earlier ones, and waves of posts that say the same."""

from datetime import date, timedelta

import polars as pl
import pytest

from orchestration.alerts import posts
from orchestration.alerts.judge import COPIES, POSTS

FIRST = date(2026, 1, 5)


def of_an_account(engagements: list[int], is_reply: bool = False) -> pl.DataFrame:
    """One post a day, seen on its own day."""
    days = [FIRST + timedelta(days=n) for n in range(len(engagements))]
    rows = [(f"x:{n}", "x:1", is_reply, day, day, 0, engagements[n]) for n, day in enumerate(days)]
    return pl.DataFrame(rows, schema=POSTS, orient="row")


def test_a_post_is_held_against_the_accounts_earlier_posts_of_its_age():
    # Thirty posts drew 9 each: ln 10 with a spread at the floor of 0.5; 999 make ln(1000 / 10) / 0.5 = 9.2 spreads.
    [found] = posts.spreading(of_an_account([9] * 30 + [999])).to_dicts()
    assert (found["subject_id"], found["observed"], found["expected"]) == ("x:30", 999, pytest.approx(9))
    assert found["score"] == pytest.approx(9.210, abs=0.001)
    assert found["expected_high"] == pytest.approx(25.64, abs=0.01)


def test_a_post_is_not_judged_before_eight_earlier_ones_and_a_spread_are_known():
    # Eight posts make a level, the next eight make errors; before that only others' spread can stand for the own one.
    assert posts.spreading(of_an_account([9] * 15 + [999])).is_empty()
    assert not posts.spreading(of_an_account([9] * 16 + [999])).is_empty()
    others = of_an_account([9] * 31).with_columns(account_id=pl.lit("x:2"), post_id="other " + pl.col("post_id"))
    late = of_an_account([9] * 8 + [999]).with_columns(pl.col("posted_date", "day") + timedelta(days=22))
    assert posts.spreading(pl.concat([others, late]))["subject_id"].to_list() == ["x:8"]
    assert posts.spreading(pl.concat([others, late.filter(pl.col("post_id") != "x:0")])).is_empty()


def test_answers_are_held_against_answers():
    answers = of_an_account([0] * 31, is_reply=True).with_columns(post_id="answer " + pl.col("post_id"))
    assert posts.spreading(pl.concat([answers, of_an_account([900] * 31)])).is_empty()


def copies(*waves: tuple[int, int, int]) -> pl.DataFrame:
    """Waves of so many posts on a day: (day, posts, posts on the day after)."""
    rows = [
        (f"x:{wave}-{n}", f"x:{wave}-0", f"x:{n}", FIRST + timedelta(days=day + (n >= first)))
        for wave, (day, first, after) in enumerate(waves)
        for n in range(first + after)
    ]
    return pl.DataFrame(rows, schema=COPIES, orient="row")


def test_a_wave_is_held_against_the_largest_of_the_weeks_before():
    # Two, four, two posts were usual: the middle of the days is 2, the largest 4. Twelve are three times that.
    [found] = posts.waves(copies((0, 2, 0), (5, 4, 0), (10, 2, 0), (20, 7, 5))).to_dicts()
    assert (found["subject_id"], found["account_id"]) == ("x:3-0", "x:0")
    assert found["alert_date"] == FIRST + timedelta(days=21)
    assert (found["observed"], found["expected"], found["expected_high"], found["score"]) == (12, 2, 4, 3)


def test_eleven_posts_that_say_the_same_are_usual_where_nine_did_before():
    assert posts.waves(copies((0, 9, 0), (20, 11, 0))).is_empty()
    assert not posts.waves(copies((0, 9, 0), (20, 12, 0))).is_empty()


def test_no_wave_is_judged_in_the_first_two_weeks():
    assert posts.waves(copies((0, 2, 0), (10, 20, 0))).is_empty()
