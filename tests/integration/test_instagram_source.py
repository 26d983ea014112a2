"""The Instagram source against the sandbox over loopback, and its requests and fields against Meta's own lists."""

import logging
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from orchestration.sandbox.instagram import INSIGHTS_AFTER, kind_of, media_id_of
from orchestration.sandbox.meta import parsed
from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.server import Fault, FaultKind, Sandbox
from orchestration.settings import Settings
from orchestration.sources import SourceError, instagram
from orchestration.sources.metrics import known
from tests.meta import GENERAL, Lists, asked_of, assert_kept_secret, register, requests, watch
from tests.platforms import NIGHT, SEED, Night

pytestmark = pytest.mark.usefixtures("no_waiting")

START, END = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
KINDS = {"carousel": ("CAROUSEL_ALBUM", "FEED"), "feed": ("IMAGE", "FEED"), "reels": ("VIDEO", "REELS")}


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def few(ministry) -> list[tuple[str, str]]:
    return [(account.handle, account.native_id) for account in ministry.accounts_on("instagram")[:4]]


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    """A night without faults. Read only."""
    night = Night("instagram", tmp_path_factory.mktemp("instagram"))
    night.read()
    return night


def test_every_medium_of_the_window_is_landed_as_the_ministry_made_it(night, ministry):
    told = {}
    for account in ministry.accounts_on("instagram"):
        for post in ministry.timeline(account, NIGHT, START, END):
            counts = post.counts_at(NIGHT)
            insights = (counts.impressions, counts.impressions * 8 // 10, counts.bookmarks, counts.reposts)
            if post.created_at + INSIGHTS_AFTER > NIGHT:
                # Instagram does not know them yet, which is not 0.
                insights = (None, None, None, None)
            told[media_id_of(post)] = (
                account.native_id,
                post.created_at.replace(tzinfo=None),
                *kind_of(post),
                counts.likes,
                counts.replies,
                *insights,
            )
    landed = night.landed("posts").select(
        "id",
        "ig_user_id",
        "timestamp",
        "media_type",
        "media_product_type",
        "like_count",
        "comments_count",
        "views",
        "reach",
        "saved",
        "shares",
    )
    assert {row[0]: row[1:] for row in landed.iter_rows()} == told
    assert len(told) > 500
    assert any(row[-1] is None for row in told.values())
    assert night.findings == []


def test_ids_beyond_the_numbers_of_a_float_are_kept_digit_for_digit(night):
    ids = night.landed("posts")["id"]
    assert set(ids.str.len_chars()) <= {17, 18}
    assert all(int(media_id) > 2**53 for media_id in ids)


def test_each_kind_is_asked_for_its_own_insights_and_an_album_is_one_medium(night):
    posts = night.landed("posts").drop_nulls("views")
    for kind, (media_type, product) in KINDS.items():
        own = posts.filter(media_type=media_type, media_product_type=product)
        assert own.height > 100
        for metric in ("profile_visits", "follows", "ig_reels_avg_watch_time"):
            is_asked_for = metric in known("instagram")["requests"][kind]
            assert own[metric].null_count() == (0 if is_asked_for else own.height)
    assert posts.height == posts["id"].n_unique()


def test_accounts_are_landed_with_what_instagram_counts(night, ministry):
    expected = {a.native_id: ministry.account_state(a, NIGHT).followers for a in ministry.accounts_on("instagram")}
    assert dict(night.landed("accounts").select("id", "followers_count").iter_rows()) == expected


@pytest.mark.parametrize("kind", ["REELS", "IMAGE", "CAROUSEL_ALBUM"])
def test_views_refused_for_one_kind_of_media_leave_the_others(tmp_path, few, kind):
    night = Night("instagram", tmp_path)
    night.read(Fault(FaultKind.RETIRED_METRIC, "ids=", times=1000, field=f"{kind}.views"), only=few, trailing_days=60)
    # Of the youngest nothing is known yet.
    posts = night.landed("posts").drop_nulls("reach")
    is_own = pl.col("media_product_type" if kind == "REELS" else "media_type") == kind
    refused, others = posts.filter(is_own), posts.filter(~is_own)
    assert refused["views"].null_count() == refused.height > 10
    assert refused["saved"].null_count() == 0
    assert others["views"].null_count() == 0
    assert [value for value, _ in night.told("metric")] == ["views"]
    assert night.landed("timelines").height == len(few)


def test_a_retired_metric_costs_itself_only(tmp_path, few):
    night = Night("instagram", tmp_path)
    night.read(Fault(FaultKind.RETIRED_METRIC, "ids=", times=1000, field="saved"), only=few)
    posts = night.landed("posts").drop_nulls("views")
    assert posts["saved"].null_count() == posts.height > 20
    assert posts.select("reach", "shares").null_count().row(0) == (0, 0)
    assert {value for value, _ in night.told("metric")} == {"saved"}


def test_a_medium_that_is_gone_costs_its_own_insights_only(ministry):
    """Meta refuses a whole request for one medium, which may be taken away after the list named it."""
    account, days = ministry.accounts_on("instagram")[0], [START.date() - timedelta(days=n) for n in range(400)]
    posts = [post for day in days for post in ministry.posts(account, day) if kind_of(post)[1] == "REELS"]
    there = {media_id_of(post) for post in posts if post.exists_at(NIGHT)}
    media = [{"id": media_id_of(post), "media_product_type": "REELS"} for post in posts]
    assert 0 < len(media) - len(there) < 10 < len(there)
    with Sandbox(SEED) as sandbox:
        reader = instagram.connect(Settings().model_copy(update=sandbox.settings("instagram", NIGHT)))
        assert set(reader._insights(media)) == there
        assert reader.findings() == []
        reader.close()


def test_a_token_that_is_refused_is_told_before_any_account_is_asked_for(tmp_path):
    night = Night("instagram", tmp_path)
    with pytest.raises(SourceError, match=r"me answered 401: Error validating access token"):
        night.read(Fault(FaultKind.EXPIRED_TOKEN, "/me", times=1000))
    assert night.requests == {("instagram", 401): 1}


def test_a_token_that_expires_midway_lands_what_was_read(tmp_path):
    night = Night("instagram", tmp_path)
    night.read(Fault(FaultKind.EXPIRED_TOKEN, "/media", after=15, times=1000))
    assert night.landed("accounts").height == 40
    assert night.landed("timelines").height == 15
    assert len(night.told("account")) == 25
    assert set(night.landed("posts")["ig_user_id"]) <= set(night.landed("timelines")["account_native_id"])


def test_an_account_that_is_gone_or_known_by_name_only_costs_only_itself(tmp_path, few):
    night = Night("instagram", tmp_path)
    night.read(only=few, also=[("gone", "17841499999999999"), ("known_by_name", None)])
    assert night.landed("timelines").height == len(few)
    told = dict(night.told("account"))
    assert set(told) == {"17841499999999999", "known_by_name"}
    assert "does not exist" in told["17841499999999999"]
    assert "register its Instagram user id" in told["known_by_name"]


def test_accounts_thirteen_hours_ahead_of_utc_do_not_lose_their_current_day(tmp_path):
    folder = register(tmp_path / "register", "instagram", "wellington", how_many=8)
    ministry = Ministry(SEED, folder)
    assert NIGHT.astimezone(ministry.accounts[0].zone).utcoffset() == timedelta(hours=13)
    night = Night("instagram", tmp_path, folder)
    night.read(trailing_days=7)
    expected = [
        post.created_at.replace(tzinfo=None)
        for account in ministry.accounts
        for post in ministry.timeline(account, NIGHT, END - timedelta(days=7), END)
    ]
    assert sorted(night.landed("posts")["timestamp"]) == sorted(expected)
    # Some of them on Wellington's third of March, while it was the second in UTC.
    assert [time for time in expected if time >= datetime(2026, 3, 2, 11)]


def test_what_meta_writes_of_tokens_reaches_no_file_and_no_log(tmp_path, caplog, few):
    caplog.set_level(logging.DEBUG)
    night = Night("instagram", tmp_path)
    night.read(Fault(FaultKind.RETIRED_METRIC, "ids=", times=1000, field="reach"), only=few, also=[("gone", "999")])
    assert {finding.value for finding in night.findings} == {"reach", "999"}
    # Insights come with addresses of further pages, and these were taken out.
    assert '"paging": {}' in night.landed("posts")["raw"][0]
    assert_kept_secret(night, caplog, tokens=1)


def test_further_pages_are_asked_for_by_cursor_and_insights_for_fifty_media_at_once(tmp_path, caplog, few):
    watch(caplog)
    night = Night("instagram", tmp_path)
    night.read(only=few[:1], trailing_days=500)
    urls = requests(caplog)
    media = [url for url in urls if url.path.endswith("/media")]
    assert len(media) >= 3
    assert [("after" in url.params) for url in media] == [False] + [True] * (len(media) - 1)
    sizes = [len(url.params["ids"].split(",")) for url in urls if "ids" in url.params]
    assert max(sizes) == 50
    posts = night.landed("posts")
    assert sum(sizes) == posts.height == posts["id"].n_unique() > 200


@pytest.mark.parametrize("kind", [FaultKind.LOOPING_CURSOR, FaultKind.REPEATED_PAGE])
def test_a_list_that_never_ends_costs_its_own_account(tmp_path, few, kind):
    night = Night("instagram", tmp_path)
    night.read(Fault(kind, f"{few[0][1]}/media", times=1000), only=few, trailing_days=500)
    assert set(night.landed("timelines")["account_native_id"]) == {native_id for _, native_id in few[1:]}
    assert "never ends" in dict(night.told("account"))[few[0][1]]


def test_faults_of_metas_own_are_asked_about_again(tmp_path, few):
    night = Night("instagram", tmp_path)
    faults = [Fault(kind, "/media", after=n, times=2) for n, kind in enumerate((FaultKind.UNAVAILABLE, FaultKind.CUT))]
    night.read(*faults, only=few)
    assert night.landed("timelines").height == len(few)


def test_the_hourly_limit_is_kept_as_meta_tells_it(tmp_path):
    night = Night("instagram", tmp_path)
    # Two hundred calls in a window of two seconds, which is an hour made short.
    night.read(hurry=1800, trailing_days=120, meta_usage_window_seconds=2.0, rate_limit_patience_seconds=10.0)
    assert night.landed("timelines").height == 40
    assert night.requests["instagram", 200] > 200
    assert night.requests.get(("instagram", 400), 0) <= 1


def test_a_version_or_a_token_that_is_about_to_end_is_told(tmp_path, few):
    night = Night("instagram", tmp_path)
    night.read(only=few[:1], meta_token_expires=date(2026, 3, 16), meta_graph_version="v26.0")
    assert [value for value, _ in night.told("credential")] == ["instagram token"]
    night.findings.clear()
    night.read(only=few[:1], meta_token_expires=date(2026, 4, 16))
    assert night.findings == []


def test_without_a_token_nothing_is_asked_for():
    assert instagram.connect(Settings(meta_access_token=None)) is None


def test_requests_are_those_that_metas_lists_allow(specs, caplog, tmp_path, few):
    watch(caplog)
    Night("instagram", tmp_path).read(only=few)
    user, media, insight = (Lists(specs, kind) for kind in ("IGUser", "IGMedia", "InsightsResult"))
    kinds = set()
    for url in requests(caplog):
        version, *path = url.path.split("/as-of/")[1].split("/")[1:]
        assert version == "v25.0"
        asked = asked_of(url)
        if path == ["me"]:
            assert url.params["fields"] == "id"
        elif path[-1] == "media":
            assert set(url.params) <= user.edges["media"] | GENERAL
            assert media.unknown(asked) == []
        elif "ids" in url.params:
            assert set(url.params) <= GENERAL
            assert media.unknown(asked) == insight.unknown(asked[0].fields) == []
            kinds.add(tuple(asked[0].words))
        else:
            assert set(url.params) <= GENERAL
            assert user.unknown(asked) == []
    assert kinds == {tuple(names) for names in known("instagram")["requests"].values()}


def test_every_landed_field_is_one_that_metas_lists_define(specs):
    user, media = Lists(specs, "IGUser"), Lists(specs, "IGMedia")
    metrics = {name for names in known("instagram")["requests"].values() for name in names}
    assert user.undefined(instagram.ACCOUNTS, [], set(), []) == []
    assert media.undefined(instagram.POSTS, parsed(instagram.MEDIA_FIELDS), {"ig_user_id"}, metrics) == []
    assert "insights" in media.edges
