"""X under a nightly budget: never passed, counted where it is charged, and good enough by the month's end."""

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.x_read_budgets import simulate
from orchestration.sandbox.ministry import Kind, Ministry
from orchestration.sandbox.server import Fault, FaultKind
from tests.platforms import DAY, SEED, Night

pytestmark = pytest.mark.usefixtures("no_waiting")

BUDGET = 14.0
COLOMBO = "750000085578041574"


@pytest.mark.timeout(900)
def test_a_month_of_450_accounts_stays_within_the_budget_and_within_two_per_cent_of_reading_everything(tmp_path):
    month = simulate(tmp_path, BUDGET, nights=30, accounts=450)
    assert month.dearest_night <= BUDGET
    assert month.error <= 0.02
    # Reading everything would have cost several times as much.
    assert month.cost <= 30 * BUDGET


def test_what_the_reader_says_it_cost_is_what_x_charges(tmp_path):
    night = Night("x", tmp_path)
    night.read(trailing_days=3)
    for n in (1, 2):
        night.read(trailing_days=3, day=DAY + timedelta(days=n))
        figures = night.reader.figures()
        assert (figures["posts_read"], figures["users_read"]) == night.charged
        assert figures["usd"] == pytest.approx(night.charged[0] * 0.005 + night.charged[1] * 0.01, abs=0.005)
        # An estimate before the night starts, after two days' pace: good to a third.
        assert figures["usd_estimated"] == pytest.approx(figures["usd"], rel=0.34)


def test_due_posts_that_the_budget_leaves_out_are_told_and_new_ones_come_first(tmp_path):
    night = Night("x", tmp_path)
    night.read(trailing_days=2)
    night.read(trailing_days=3, day=DAY + timedelta(days=1), x_nightly_budget_usd=2.0)
    posts, users = night.charged
    assert posts * 0.005 + users * 0.01 <= 2.0
    assert night.landed("timelines").filter(date=DAY + timedelta(days=1)).height == 90
    [(value, reason)] = night.told("budget")
    assert value.endswith(" posts")
    assert "SIFARAT_X_NIGHTLY_BUDGET_USD" in reason


def test_what_a_budget_cuts_off_is_landed_as_far_as_it_was_paid_and_made_up_for_the_next_night(tmp_path):
    night = Night("x", tmp_path)
    night.read(trailing_days=1)
    second, third = DAY + timedelta(days=1), DAY + timedelta(days=2)
    # 90 users cost $0.90, which leaves 40 posts.
    night.read(trailing_days=28, day=second, x_nightly_budget_usd=1.1)
    assert night.charged[0] <= 40
    read = night.landed("timelines").filter(date=second)
    assert 0 < read.height < 90
    assert len(night.told("account")) >= 90 - read.height
    night.read(trailing_days=28, day=third)
    start, end = datetime.combine(DAY, datetime.min.time(), UTC), datetime.combine(third, datetime.min.time(), UTC)
    posted = {
        post.id
        for account in Ministry(SEED).accounts_on("x")
        for post in Ministry(SEED).timeline(account, end + timedelta(days=1, hours=1), start, end)
    }
    assert posted <= set(night.landed("posts")["id"])


def test_a_first_night_under_a_budget_reads_all_accounts_as_far_back_as_it_can(tmp_path):
    night = Night("x", tmp_path)
    night.read(trailing_days=28, x_nightly_budget_usd=6.0)
    timelines = night.landed("timelines")
    assert timelines.height == 90
    assert night.charged[0] * 0.005 + 0.9 <= 6.0
    # $5.10 are 1,020 posts; at two posts a day 90 accounts can be read for some days back.
    assert timelines["window_start"].unique().len() == 1
    assert datetime(2026, 2, 24) < timelines["window_start"][0] < datetime(2026, 3, 2)


def test_private_metrics_that_the_token_does_not_allow_are_left_null_and_told(tmp_path):
    night = Night("x", tmp_path)
    night.read(trailing_days=2, x_private_metrics=True)
    posts = night.landed("posts")
    assert posts.height > 100
    assert posts["url_link_clicks"].null_count() == posts.height
    assert [value for value, _ in night.told("metric")] == ["non_public_metrics", "organic_metrics"]


def test_a_look_up_that_fails_costs_its_posts_one_night(tmp_path):
    night = Night("x", tmp_path)
    night.read(trailing_days=2)
    second = DAY + timedelta(days=1)
    night.read(Fault(FaultKind.UNAVAILABLE, where="/2/tweets?", times=10_000), trailing_days=3, day=second)
    assert night.landed("timelines").filter(date=second).height == 90
    assert any(value.endswith("of known posts") for value, _ in night.told("account"))
    young = night.landed("posts").filter(date=DAY)
    night.read(trailing_days=4, day=DAY + timedelta(days=2))
    again = night.landed("posts").filter(date=DAY + timedelta(days=2))
    own = young.filter(young["referenced_type"].ne_missing(Kind.RETWEET.value))
    assert len(set(own["id"]) & set(again["id"])) > 0.9 * own.height
