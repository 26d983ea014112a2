"""The Facebook source against the sandbox over loopback, and its requests and fields against Meta's own lists."""

import logging
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from orchestration.contracts import Contract, count, optional
from orchestration.sandbox.facebook import reactions_of
from orchestration.sandbox.meta import parsed
from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.server import Fault, FaultKind
from orchestration.settings import Settings
from orchestration.sources import SourceError, facebook, platform
from orchestration.sources.metrics import known
from tests.meta import GENERAL, Lists, asked_of, assert_kept_secret, register, requests, watch
from tests.platforms import NIGHT, SEED, Night

pytestmark = pytest.mark.usefixtures("no_waiting")

START, END = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
FEW = [("SynthHQ", "147469459576753"), ("SynthColombo", "123089913932671"), ("SynthDhaka", "178372076814480")]
HQ, COLOMBO, DHAKA = (native_id for _, native_id in FEW)
METRICS = {"post_media_view", "post_total_media_view_unique", "post_clicks"}


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    """A night without faults. Read only."""
    night = Night("facebook", tmp_path_factory.mktemp("facebook"))
    night.read()
    return night


def test_every_post_of_the_window_is_landed_as_the_ministry_made_it(night, ministry):
    told = {}
    for account in ministry.accounts_on("facebook"):
        for post in ministry.timeline(account, NIGHT, START, END):
            counts = post.counts_at(NIGHT)
            told[f"{account.native_id}_{post.id}"] = (
                account.native_id,
                post.created_at.replace(tzinfo=None),
                counts.likes,
                counts.replies,
                # Facebook says nothing of shares until there is one.
                counts.reposts + counts.quotes or None,
                counts.impressions,
                counts.impressions * 7 // 10,
                counts.impressions // 50,
            )
    landed = night.landed("posts").select(
        "id",
        "page_id",
        "created_time",
        "reactions_count",
        "comments_count",
        "shares_count",
        "post_media_view",
        "post_total_media_view_unique",
        "post_clicks",
    )
    assert {row[0]: row[1:] for row in landed.iter_rows()} == told
    assert len(told) > 1000
    assert night.findings == []


def test_the_kinds_of_reactions_are_all_there_and_sum_to_the_total(night):
    posts = night.landed("posts")
    kinds = [f"reactions_{kind}" for kind in facebook.REACTIONS]
    assert (posts.select(pl.sum_horizontal(kinds)).to_series() == posts["reactions_count"]).all()
    most = posts.sort("reactions_count").tail(1).to_dicts()[0]
    assert {kind.upper(): most[f"reactions_{kind}"] for kind in facebook.REACTIONS} == reactions_of(
        most["reactions_count"]
    )
    assert most["reactions_love"] > 0


def test_pages_and_their_daily_insights_are_landed_with_the_days_as_meta_cuts_them(night, ministry):
    followers = {a.native_id: ministry.account_state(a, NIGHT).followers for a in ministry.accounts_on("facebook")}
    assert dict(night.landed("accounts").select("id", "followers_count").iter_rows()) == followers
    insights = night.landed("page_insights")
    assert set(insights["name"]) == set(known("facebook")["requests"]["page"])
    # Twenty-eight days ended in the window, each at midnight in California, which is eight hours behind in winter.
    assert insights.group_by("page_id", "name").len()["len"].unique().to_list() == [28]
    assert insights["end_time"].dt.hour().unique().to_list() == [8]
    [hq] = ministry.accounts_on("facebook")[:1]
    last = insights.filter(page_id=hq.native_id, name="page_follows").sort("end_time").tail(1).to_dicts()[0]
    assert last["end_time"] == datetime(2026, 3, 2, 8)
    assert last["value"] == ministry.account_state(hq, datetime(2026, 3, 2, 8, tzinfo=UTC)).followers


def test_pages_thirteen_hours_ahead_of_utc_do_not_lose_their_current_day(tmp_path):
    folder = register(tmp_path / "register", "facebook", "wellington", how_many=6)
    ministry = Ministry(SEED, folder)
    assert NIGHT.astimezone(ministry.accounts[0].zone).utcoffset() == timedelta(hours=13)
    night = Night("facebook", tmp_path, folder)
    night.read(trailing_days=7)
    expected = [
        post.created_at.replace(tzinfo=None)
        for account in ministry.accounts
        for post in ministry.timeline(account, NIGHT, END - timedelta(days=7), END)
    ]
    assert sorted(night.landed("posts")["created_time"]) == sorted(expected)
    # Some of them on Wellington's third of March, while it was the second in UTC.
    assert [time for time in expected if time >= datetime(2026, 3, 2, 11)]


@pytest.mark.parametrize("retired", sorted(METRICS))
def test_a_retired_metric_costs_itself_only(tmp_path, retired):
    night = Night("facebook", tmp_path)
    night.read(Fault(FaultKind.RETIRED_METRIC, "published_posts", times=1000, field=retired), only=FEW)
    posts = night.landed("posts")
    assert posts.height > 50
    assert posts[retired].null_count() == posts.height
    assert posts.select(METRICS - {retired}).null_count().row(0) == (0, 0)
    assert [value for value, _ in night.told("metric")] == [retired]
    assert night.landed("timelines").height == 3


def test_page_insights_that_are_refused_cost_no_post(tmp_path):
    night = Night("facebook", tmp_path)
    night.read(
        Fault(FaultKind.UNAVAILABLE, f"{HQ}/insights", times=1000),
        Fault(FaultKind.RETIRED_METRIC, "/insights", times=1000, field="page_media_view"),
        only=FEW,
    )
    insights = night.landed("page_insights")
    assert set(insights["page_id"]) == {COLOMBO, DHAKA}
    assert set(insights["name"]) == set(known("facebook")["requests"]["page"]) - {"page_media_view"}
    assert {value for value, _ in night.told("metric")} == {HQ, "page_media_view"}
    assert set(night.landed("timelines")["account_native_id"]) == {HQ, COLOMBO, DHAKA}


def test_a_revoked_token_of_one_page_costs_that_page_only(tmp_path):
    night = Night("facebook", tmp_path)
    night.read(Fault(FaultKind.EXPIRED_TOKEN, f"{COLOMBO}/published_posts", times=1000))
    read = set(night.landed("timelines")["account_native_id"])
    assert read == set(night.landed("accounts")["id"]) - {COLOMBO}
    assert len(read) == 59
    [(value, reason)] = night.told("account")
    assert value == COLOMBO
    assert "Error validating access token" in reason


def test_a_token_that_expires_midway_lands_what_was_read(tmp_path):
    night = Night("facebook", tmp_path)
    night.read(Fault(FaultKind.EXPIRED_TOKEN, "published_posts", after=20, times=1000))
    assert night.landed("accounts").height == 60
    assert night.landed("timelines").height == 20
    assert len(night.told("account")) == 40
    assert set(night.landed("posts")["page_id"]) <= set(night.landed("timelines")["account_native_id"])


def test_a_system_users_token_that_is_expired_says_so(tmp_path):
    night = Night("facebook", tmp_path)
    with pytest.raises(SourceError, match=r"me/accounts answered 401: Error validating access token"):
        night.read(Fault(FaultKind.EXPIRED_TOKEN, "me/accounts"))


def test_a_page_that_is_not_assigned_to_the_system_user_costs_only_itself(tmp_path):
    night = Night("facebook", tmp_path)
    night.read(only=FEW, also=[("Gone", "999"), ("SynthParis", None), ("NoSuchPage", None)])
    # A page that is registered without an id is found among the system user's.
    assert set(night.landed("accounts")["username"]) == {"SynthHQ", "SynthColombo", "SynthDhaka", "SynthParis"}
    told = dict(night.told("account"))
    assert set(told) == {"999", "NoSuchPage"}
    assert "assign the page to the system user" in told["999"]


def test_what_meta_writes_of_tokens_reaches_no_file_and_no_log(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    night = Night("facebook", tmp_path)
    night.read(Fault(FaultKind.EXPIRED_TOKEN, f"{COLOMBO}/published_posts", times=9), only=FEW)
    # The comments, reactions and insights came with addresses of further pages, and these were taken out.
    assert '"paging": {}' in night.landed("posts")["raw"][0]
    assert_kept_secret(night, caplog, tokens=1 + len(FEW))


def test_a_further_page_is_asked_for_by_its_cursor(tmp_path, caplog):
    watch(caplog)
    long = Night("facebook", tmp_path)
    long.read(only=FEW[:1], trailing_days=300)
    urls = [url for url in requests(caplog) if url.path.endswith("published_posts")]
    assert len(urls) >= 3
    assert [("after" in url.params) for url in urls] == [False] + [True] * (len(urls) - 1)
    assert long.landed("posts").height == len(set(long.landed("posts")["id"])) > 200
    # Meta gives 90 days of insights at once, so the year is asked for in parts.
    assert long.landed("page_insights").filter(name="page_follows").height == 300


@pytest.mark.parametrize("kind", [FaultKind.LOOPING_CURSOR, FaultKind.REPEATED_PAGE])
def test_a_timeline_that_never_ends_costs_its_own_page(tmp_path, kind):
    night = Night("facebook", tmp_path)
    night.read(Fault(kind, f"{HQ}/published_posts", times=1000), only=FEW, trailing_days=300)
    assert set(night.landed("timelines")["account_native_id"]) == {COLOMBO, DHAKA}
    assert "never ends" in dict(night.told("account"))[HQ]


def test_the_hourly_limit_is_kept_as_meta_tells_it(tmp_path):
    night = Night("facebook", tmp_path)
    # Two hundred calls in a window of four seconds, which is an hour made short.
    night.read(hurry=900, trailing_days=120, meta_usage_window_seconds=4.0, rate_limit_patience_seconds=10.0)
    assert night.landed("timelines").height == 60
    assert night.requests["facebook", 200] > 200
    assert night.requests.get(("facebook", 400), 0) <= 1


def test_a_limit_that_takes_longer_than_our_patience_ends_the_reading(tmp_path, monkeypatch):
    # In their order: the limit is the app's, so that who had been read when it was told would be a matter of luck.
    monkeypatch.setattr(platform, "ACCOUNTS_AT_A_TIME", 1)
    night = Night("facebook", tmp_path)
    night.read(Fault(FaultKind.RATE_LIMITED, f"{DHAKA}/published_posts", times=1000), only=FEW)
    told = dict(night.told("account"))
    assert set(told) == {DHAKA}
    assert "the rate limit resets only in" in told[DHAKA]
    assert set(night.landed("posts")["page_id"]) == {HQ, COLOMBO}


def test_posts_that_were_read_before_the_limit_are_landed_without_their_insights(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "ACCOUNTS_AT_A_TIME", 1)
    night = Night("facebook", tmp_path)
    night.read(Fault(FaultKind.RATE_LIMITED, f"{DHAKA}/insights", times=1000), only=FEW)
    assert night.told("account") == []
    told = dict(night.told("metric"))
    assert "the rate limit resets only in" in told[DHAKA]
    assert set(night.landed("posts")["page_id"]) == {HQ, COLOMBO, DHAKA}
    assert set(night.landed("page_insights")["page_id"]) == {HQ, COLOMBO}


def test_a_version_or_a_token_that_is_about_to_end_is_told(tmp_path):
    night = Night("facebook", tmp_path)
    night.read(only=FEW[:1], meta_token_expires=date(2026, 3, 10), meta_graph_version="v24.0")
    [(value, reason)] = night.told("credential")
    assert value == "facebook token"
    assert "2026-03-10" in reason


def test_a_version_that_meta_does_not_know_is_refused(tmp_path):
    with pytest.raises(SourceError, match="Unknown path components"):
        Night("facebook", tmp_path).read(meta_graph_version="v1.0")


def test_without_a_token_nothing_is_asked_for():
    assert facebook.connect(Settings(meta_access_token=None)) is None


def test_requests_are_those_that_metas_lists_allow(specs, caplog, tmp_path):
    watch(caplog)
    Night("facebook", tmp_path).read(only=FEW)
    page, post, insight = (Lists(specs, kind) for kind in ("Page", "PagePost", "InsightsResult"))
    edges = set()
    for url in requests(caplog):
        version, *path = url.path.split("/as-of/")[1].split("/")[1:]
        assert version == "v25.0"
        edge = path[1] if len(path) > 1 else ""
        edges.add(edge)
        if edge == "insights":
            assert set(url.params) <= page.edges["insights"]
        elif edge == "published_posts":
            # Any list by time takes since and until ("Time-based Pagination").
            assert set(url.params) <= page.edges["published_posts"] | GENERAL | {"since", "until"}
            asked = asked_of(url)
            assert post.unknown(asked) == []
            [insights] = [item for item in asked if item.name == "insights"]
            assert insight.unknown(insights.fields) == []
        else:
            assert set(url.params) <= GENERAL
            assert page.unknown(asked_of(url)) == []
    assert edges == {"", "accounts", "published_posts", "insights"}


def test_every_landed_field_is_one_that_metas_lists_define(specs):
    page, post, insight = (Lists(specs, kind) for kind in ("Page", "PagePost", "InsightsResult"))
    asked, metrics = parsed(facebook.POST_FIELDS), known("facebook")["requests"]["post"]
    assert page.undefined(facebook.ACCOUNTS, [], set(), []) == []
    assert post.undefined(facebook.POSTS, asked, {"page_id"}, metrics) == []
    assert insight.undefined(facebook.PAGE_INSIGHTS, [], {"page_id"}, []) == []
    # The check itself finds what no list has.
    wrong = Contract(
        "facebook", "wrong", (optional("id"), count("plays"), count("likes", "$.likes.summary.total_count"))
    )
    assert post.undefined(wrong, asked, set(), metrics) == ["$.plays", "$.likes.summary.total_count"]
