"""The YouTube source against the sandbox over loopback, and its requests and fields against the discovery documents."""

import logging
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from orchestration.sandbox import youtube as sandbox_youtube
from orchestration.sandbox.ministry import REGISTRY_DIR, Ministry
from orchestration.sandbox.server import Fault, FaultKind, Sandbox
from orchestration.sandbox.youtube import has_comments_off, hides_likes, hides_subscribers, is_public, video_id
from orchestration.settings import Settings
from orchestration.sources import SourceError, http, youtube
from orchestration.sources.metrics import known
from orchestration.sources.platform import Profile
from tests.platforms import NIGHT, SEED, Night, properties

pytestmark = pytest.mark.usefixtures("no_waiting")

START, END = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return Ministry(SEED)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    """A night without faults. Read only."""
    night = Night("youtube", tmp_path_factory.mktemp("youtube"))
    night.read()
    return night


@pytest.fixture(scope="module")
def some(ministry) -> list[tuple[str, str]]:
    """Three channels of the register, by handle and id."""
    return [(account.handle, account.native_id) for account in ministry.accounts_on("youtube")[:3]]


def test_every_public_video_of_the_window_is_landed_with_its_text_and_counts(night, ministry):
    expected = {
        video_id(post): (
            account.native_id,
            post.created_at.replace(tzinfo=None),
            counts.impressions,
            None if hides_likes(post) else counts.likes,
            None if has_comments_off(post) else counts.replies,
        )
        for account in ministry.accounts_on("youtube")
        for post in ministry.timeline(account, NIGHT, START, END)
        if is_public(post)
        for counts in [post.counts_at(NIGHT)]
    }
    posts = night.landed("posts")
    columns = ["id", "channel_id", "published_at", "view_count", "like_count", "comment_count"]
    assert {row[0]: row[1:] for row in posts.select(columns).iter_rows()} == expected
    assert posts.height > 90
    assert posts["like_count"].null_count() > 0
    assert posts["comment_count"].null_count() > 0
    assert not posts["description"].str.contains("&amp;", literal=True).any()
    assert night.told("account") == []


def test_videos_that_are_listed_and_private_or_gone_are_not_landed(night, ministry):
    hidden = {
        video_id(post)
        for account in ministry.accounts_on("youtube")
        for post in ministry.timeline(account, NIGHT, START, END)
        if not is_public(post)
    }
    assert hidden
    assert not hidden & set(night.landed("posts")["id"])


def test_channels_are_landed_with_rounded_subscribers_and_null_where_they_are_hidden(night, ministry):
    accounts = ministry.accounts_on("youtube")
    told = {a.native_id: ministry.account_state(a, NIGHT) for a in accounts}
    expected = {
        a.native_id: (
            a.handle.lower(),
            hides_subscribers(a),
            None if hides_subscribers(a) else sandbox_youtube.rounded(told[a.native_id].followers),
            told[a.native_id].posts,
        )
        for a in accounts
    }
    columns = ["id", "handle", "is_subscriber_count_hidden", "subscriber_count", "video_count"]
    landed = night.landed("accounts").select(columns)
    assert {row[0]: row[1:] for row in landed.iter_rows()} == expected
    assert 0 < landed["subscriber_count"].null_count() < len(accounts) / 4
    assert (sandbox_youtube.rounded(98_765), sandbox_youtube.rounded(123)) == (98_700, 123)


def test_analytics_are_landed_by_pacific_day_and_never_before_they_are_ready(night, ministry):
    daily = night.landed("channel_daily")
    # The window begins at 16:00 of 2 February, Pacific Time; three days before the night it was 27 February there.
    assert (daily["day"].min(), daily["day"].max()) == (date(2026, 2, 2), date(2026, 2, 27))
    assert daily.height == 26 * len(ministry.accounts_on("youtube"))
    account, day = ministry.accounts_on("youtube")[0], date(2026, 2, 20)
    began = datetime(2026, 2, 20, tzinfo=PACIFIC).astimezone(UTC)
    ended = began + timedelta(days=1)
    videos = list(ministry.timeline(account, ended, began - timedelta(days=60)))
    added = sum(p.counts_at(ended).impressions for p in videos) - sum(
        p.counts_at(began).impressions for p in videos if p.created_at <= began
    )
    [row] = daily.filter(channel_id=account.native_id, day=day).iter_rows(named=True)
    assert (row["views"], row["views"] > 0) == (added, True)
    grown = ministry.account_state(account, ended).followers - ministry.account_state(account, began).followers
    assert row["subscribers_gained"] - row["subscribers_lost"] == grown


def test_without_a_token_analytics_are_not_asked_for_and_nobody_is_warned(tmp_path, some):
    night = Night("youtube", tmp_path)
    receipts = night.read(only=some, youtube_analytics_token=None)
    assert (receipts["channel_daily"].landed, night.findings) == (0, [])
    assert night.landed("posts").height > 3


def test_a_channel_is_found_by_its_handle_where_no_id_is_known(tmp_path, ministry):
    account = ministry.accounts_on("youtube")[1]
    night = Night("youtube", tmp_path)
    night.read(only=[(account.handle, None)])
    assert night.landed("accounts")["id"].to_list() == [account.native_id]


def test_a_channel_that_is_gone_or_has_an_impossible_name_costs_only_itself(tmp_path, some):
    night = Night("youtube", tmp_path)
    gone = [("GoneByHandle", None), ("GoneById", "UC" + 22 * "g"), ("no handle!", None)]
    night.read(only=some, also=gone)
    assert night.landed("timelines").height == 3
    assert {value for value, _ in night.told("account")} == {"GoneByHandle", "UC" + 22 * "g", "no handle!"}


def test_uploads_are_read_until_a_whole_page_is_older_than_the_window(tmp_path, caplog, some):
    caplog.set_level(logging.INFO, "httpx")
    night = Night("youtube", tmp_path)
    night.read(only=some, trailing_days=1)
    pages = [url for url in urls(caplog) if url.path.endswith("playlistItems")]
    # A page of 50 reaches months back, so one that is not wholly older is followed by one that is.
    assert 3 <= len(pages) <= 6
    landed = night.landed("posts")["published_at"]
    assert landed.is_empty() or landed.min() >= datetime(2026, 3, 2)


def test_a_channel_thirteen_hours_ahead_of_utc_loses_no_day(tmp_path):
    registry_dir = shutil.copytree(REGISTRY_DIR, tmp_path / "registry")
    with open(registry_dir / "accounts.csv", "a", encoding="utf-8") as file:
        file.write(f"youtube,SynthWellington,UC{22 * 'w'},wellington,Wellington (synthetic),2021-04-01,\n")
    ministry = Ministry(SEED, registry_dir)
    account = ministry.account("UC" + 22 * "w", "youtube")
    assert datetime(2026, 2, 20, tzinfo=account.zone).utcoffset() == timedelta(hours=13)
    videos = [post for post in ministry.timeline(account, NIGHT, END - timedelta(days=120), END) if is_public(post)]
    # In the morning of its own day, when it is still the day before in UTC.
    early = [post for post in videos if post.created_at.astimezone(account.zone).date() > post.created_at.date()]
    assert early
    for post in early[:3]:
        night = Night("youtube", tmp_path / post.id, registry_dir)
        night.read(only=[(account.handle, account.native_id)], day=post.created_at.date(), trailing_days=1)
        assert video_id(post) in night.landed("posts")["id"]


def test_the_quota_is_never_passed_and_what_it_cost_is_told(tmp_path):
    night = Night("youtube", tmp_path)
    night.read(youtube_daily_quota=40, youtube_analytics_token=None)
    assert night.requests == {("youtube", 200): 40}
    assert night.reader.figures() == {"quota_units_used": 40}
    read, channels = night.landed("timelines").height, night.landed("accounts").height
    assert 0 < read < channels
    [(value, reason)] = night.told("budget")
    assert value == "quota"
    assert f"after 40 units: {channels - read} of {channels} channels were not read to their end" in reason
    unread = [reason for _, reason in night.told("account")]
    assert len(unread) == channels - read
    assert all("the daily quota of 40 units is used up until midnight Pacific Time" in reason for reason in unread)


def test_a_quota_that_others_used_up_stops_the_night_for_all(tmp_path):
    night = Night("youtube", tmp_path)
    night.read(Fault(FaultKind.QUOTA_ENDED, "/videos", after=5, times=1000))
    read, channels = night.landed("timelines").height, night.landed("accounts").height
    # Eight channels are read at a time; those that were under way are refused once each.
    assert 1 <= night.requests["youtube", 403] <= 8
    assert 5 <= read < channels
    [(_, told)] = night.told("budget")
    assert f"{channels - read} of {channels} channels were not read to their end" in told


def test_a_rate_limit_is_waited_for_and_nothing_is_lost(tmp_path, some):
    night = Night("youtube", tmp_path)
    limited = Fault(FaultKind.RATE_LIMITED, "/youtube/v3/", times=3)
    night.read(limited, only=some)
    assert (night.findings, night.landed("timelines").height) == ([], 3)
    assert night.requests["youtube", 403] == 3
    # Every answer is one unit, a refusal too, and analytics have a quota of their own.
    assert night.reader.figures()["quota_units_used"] == sum(night.requests.values()) - 3


@pytest.mark.parametrize("kind", [FaultKind.LOOPING_CURSOR, FaultKind.REPEATED_PAGE])
def test_pages_without_end_are_told_and_cost_only_their_channel(kind, tmp_path, some):
    night = Night("youtube", tmp_path)
    uploads = "UU" + some[1][1].removeprefix("UC")
    night.read(Fault(kind, uploads, times=1000), only=some, trailing_days=365)
    assert night.landed("timelines").height == 2
    [(value, reason)] = night.told("account")
    assert value == some[1][1]
    assert "never ends" in reason


def test_a_playlist_that_is_not_found_costs_only_its_channel(tmp_path, some):
    night = Night("youtube", tmp_path)
    night.read(Fault(FaultKind.NOT_FOUND, "UU" + some[0][1].removeprefix("UC")), only=some)
    assert night.landed("timelines").height == 2
    [(value, reason)] = night.told("account")
    assert (value, "404" in reason) == (some[0][1], True)


def test_a_key_that_is_refused_is_told_once_and_not_tried_on_every_channel(tmp_path, some):
    with pytest.raises(SourceError, match="API key not valid"):
        Night("youtube", tmp_path).read(Fault(FaultKind.EXPIRED_TOKEN, "/youtube/v3/", times=1000), only=some)


def test_a_token_of_analytics_that_is_refused_costs_only_the_analytics(tmp_path, some):
    night = Night("youtube", tmp_path)
    night.read(Fault(FaultKind.EXPIRED_TOKEN, "/v2/reports", times=1000), only=some)
    assert (night.landed("timelines").height, night.landed("channel_daily").height) == (3, 0)
    assert [value for value, _ in night.told("credential")] == ["youtube_analytics_token"]
    assert night.told("account") == []


def test_analytics_that_are_down_cost_only_the_analytics_and_are_given_up_soon(tmp_path):
    night = Night("youtube", tmp_path)
    night.read(Fault(FaultKind.UNAVAILABLE, "/v2/reports", times=1000))
    assert (night.landed("timelines").height, night.landed("channel_daily").height) == (24, 0)
    # Eight channels are read at a time, and each is asked for eight times.
    assert night.requests["youtube", 503] <= 64
    assert [value for value, _ in night.told("credential")] == ["youtube_analytics_token"]


def test_a_channel_whose_analytics_are_refused_costs_only_its_own(tmp_path, some):
    night = Night("youtube", tmp_path)
    night.read(Fault(FaultKind.NOT_FOUND, f"channel%3D%3D{some[1][1]}"), only=some)
    assert night.landed("timelines").height == 3
    assert set(night.landed("channel_daily")["channel_id"]) == {some[0][1], some[2][1]}
    assert [value for value, _ in night.told("account")] == [some[1][1]]


CHANNEL = "UC" + 22 * "c"


def asked_of(answers: dict[str, httpx.Response], monkeypatch) -> youtube.YouTubeReader:
    """A reader whose requests are answered on the wire by the end of their path."""
    transport = httpx.MockTransport(lambda request: answers[request.url.path.rsplit("/", 1)[-1]])
    monkeypatch.setattr(http, "client", lambda hosts, **options: httpx.Client(transport=transport, **options))
    settings = Settings(
        youtube_base_url="https://youtube.invalid",
        youtube_api_key="k",
        youtube_analytics_base_url="https://analytics.invalid",
        youtube_analytics_token="t",
    )
    return youtube.connect(settings)


def channel(videos: str) -> Profile:
    return Profile(
        CHANNEL,
        {
            "id": CHANNEL,
            "contentDetails": {"relatedPlaylists": {"uploads": "UUc"}},
            "statistics": {"videoCount": videos},
        },
        NIGHT,
    )


NO_PLAYLIST = httpx.Response(404, json={"error": {"code": 404, "errors": [{"reason": "playlistNotFound"}]}})
FORBIDDEN = httpx.Response(403, json={"error": {"code": 403, "errors": [{"reason": "forbidden"}]}})


def test_a_channel_without_a_single_video_has_no_playlist_and_is_read_to_its_end(monkeypatch):
    reader = asked_of({"playlistItems": NO_PLAYLIST, "reports": FORBIDDEN}, monkeypatch)
    reading = reader.read(channel(videos="0"), START, END)
    assert (reading.posts, reading.window_start, reading.window_end) == ([], START, END)
    with pytest.raises(SourceError, match="404"):
        reader.read(channel(videos="3"), START, END)


def test_channels_that_the_token_does_not_manage_are_named_in_one_warning(monkeypatch):
    none = httpx.Response(200, json={"items": []})
    reader = asked_of({"playlistItems": none, "reports": FORBIDDEN}, monkeypatch)
    assert reader.read(channel(videos="3"), START, END).extras == {"channel_daily": []}
    [finding] = reader.findings()
    assert (finding.concern, CHANNEL in finding.reason) == ("credential", True)


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": ["a"]}, {"items": {"id": "a"}}])
def test_silence_is_never_read_as_the_deletion_of_all_videos(body, monkeypatch):
    reader = asked_of({"playlistItems": httpx.Response(200, json=body)}, monkeypatch)
    with pytest.raises(SourceError, match="came without items, or with items that are no objects"):
        reader.read(channel(videos="3"), START, END)


def test_a_retired_metric_is_left_out_and_the_rest_is_landed(tmp_path, some):
    night = Night("youtube", tmp_path)
    night.read(Fault(FaultKind.RETIRED_METRIC, "/v2/reports", times=1000, field="shares"), only=some)
    daily = night.landed("channel_daily")
    assert (daily.height, daily["shares"].null_count(), daily["views"].null_count()) == (78, 78, 0)
    assert [value for value, _ in night.told("metric")] == ["shares"]


def test_no_credential_appears_in_a_landed_file_an_address_or_a_log(tmp_path, caplog, some):
    caplog.set_level(logging.DEBUG)
    night = Night("youtube", tmp_path)
    faults = (Fault(FaultKind.SERVER_ERROR, "/videos"), Fault(FaultKind.EXPIRED_TOKEN, "/v2/reports", times=1000))
    night.read(*faults, only=some)
    [secret] = night.reader._api._secrets
    assert all(secret.encode() not in content for content in night.files().values())
    assert secret not in caplog.text
    assert secret not in str(night.findings)
    assert not any(secret in str(url) for url in urls(caplog))


def test_requests_are_those_of_the_discovery_documents(specs, caplog, tmp_path, some):
    caplog.set_level(logging.INFO, "httpx")
    Night("youtube", tmp_path).read(only=[*some, ("SynthHQ", None)])
    asked = urls(caplog)
    data, analytics = documents(specs)
    schemas = {"channels": "Channel", "playlistItems": "PlaylistItem", "videos": "Video"}
    for document, resource, method in (
        (data, "channels", "list"),
        (data, "playlistItems", "list"),
        (data, "videos", "list"),
        (analytics, "reports", "query"),
    ):
        told = document["resources"][resource]["methods"][method]
        parameters = told["parameters"] | document["parameters"]
        own = [url for url in asked if url.path.endswith("/" + told["path"])]
        assert own, resource
        for url in own:
            assert set(url.params) <= set(parameters)
            assert {name for name, p in parameters.items() if p.get("required")} <= set(url.params)
            if resource in schemas:
                assert set(url.params["part"].split(",")) <= set(document["schemas"][schemas[resource]]["properties"])
                assert int(url.params.get("maxResults", 0)) <= int(told["parameters"]["maxResults"]["maximum"])
                assert len(url.params.get("id", "").split(",")) <= 50


def test_every_landed_field_is_one_that_the_discovery_documents_define(specs):
    data, analytics = (document["schemas"] for document in documents(specs))
    assert undefined(youtube.ACCOUNTS, data, "Channel", own={"handle"}) == []
    assert undefined(youtube.POSTS, data, "Video") == []
    assert {"columnHeaders", "rows"} <= set(analytics["QueryResponse"]["properties"])
    assert "name" in analytics["ResultTableColumnHeader"]["properties"]
    # A report's columns bear the names they were asked for.
    paths = {path.removeprefix("$.") for f in youtube.CHANNEL_DAILY.fields for path in f.json_paths}
    assert paths == {"channel_id", "day", *known("youtube")["requests"]["channel_daily"]}


def test_a_field_that_the_discovery_document_lacks_is_found(specs):
    data = documents(specs)[0]["schemas"]
    del data["VideoStatistics"]["properties"]["likeCount"]
    assert undefined(youtube.POSTS, data, "Video") == ["$.statistics.likeCount"]


@pytest.mark.parametrize(
    ("path", "params", "status", "reason"),
    [
        ("youtube/v3/channels", {"id": "UC" + 22 * "a"}, 400, "missingRequiredParameter"),
        ("youtube/v3/channels", {"part": "snippet"}, 400, "missingRequiredParameter"),
        ("youtube/v3/channels", {"part": "snippets", "id": "UC" + 22 * "a"}, 400, "unknownPart"),
        ("youtube/v3/videos", {"part": "snippet", "id": ",".join(map(str, range(51)))}, 400, "invalidFilters"),
        ("youtube/v3/videos", {"part": "snippet", "ids": "a"}, 400, "badRequest"),
        ("youtube/v3/playlistItems", {"part": "snippet", "playlistId": "UUnone"}, 404, "playlistNotFound"),
        ("youtube/v3/playlistItems", {"part": "snippet", "playlistId": "$", "maxResults": 51}, 400, "invalidParameter"),
        ("youtube/v3/playlistItems", {"part": "snippet", "playlistId": "$", "pageToken": "?"}, 400, "invalidPageToken"),
        ("v2/reports", {"ids": "channel==UC"}, 401, "required"),
    ],
)
def test_the_sandbox_refuses_what_youtube_refuses(path, params, status, reason, some):
    if params.get("playlistId") == "$":
        params = params | {"playlistId": "UU" + some[0][1].removeprefix("UC")}
    with Sandbox(SEED) as sandbox:
        base = sandbox.base_url("youtube", NIGHT)
        answer = httpx.get(f"{base}/{path}", params=params, headers={"X-Goog-Api-Key": sandbox.token})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (status, reason)


def urls(caplog) -> list[httpx.URL]:
    return [r.args[1] for r in caplog.records if r.name == "httpx"]


def documents(specs: Path) -> list[dict]:
    """Of the Data API and the Analytics API."""
    return [properties(specs / "youtube" / name) for name in ("youtube.v3.json", "youtubeAnalytics.v2.json")]


def undefined(contract, schemas: dict, start: str, own: set[str] = frozenset()) -> list[str]:
    """The places of the contract's typed fields that the schemas do not define; ``own`` the source adds itself."""
    paths = [path for f in contract.fields if f.name not in own for path in f.json_paths]

    def is_defined(path: str) -> bool:
        schema = schemas[start]
        for name in path.removeprefix("$.").split("."):
            schema = schema.get("properties", {}).get(name)
            if schema is None:
                return False
            schema = schemas[schema["$ref"]] if "$ref" in schema else schema
        return True

    return [path for path in paths if not is_defined(path)]
