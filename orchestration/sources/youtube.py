"""YouTube: the registered channels and their public videos, and each channel's analytics by day where authorised.

Source: the discovery documents of YouTube Data API v3 (``channels``, ``playlistItems`` and ``videos``) and of
YouTube Analytics API v2 (``reports``). Times are UTC; the days of analytics, and of the quota, are Pacific ones.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import httpx
import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Landing, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, Dialect, NotAsked, Refusal, TokenRefused
from orchestration.sources.limits import DailyQuota
from orchestration.sources.metrics import AskedFor, version_findings
from orchestration.sources.platform import (
    Concern,
    Finding,
    Lost,
    Pages,
    Platform,
    Profile,
    Reader,
    Reading,
    Registered,
    at,
    looks_like,
    objects,
    utc,
)

CHANNEL_ID = r"^UC[A-Za-z0-9_-]{22}$"
VIDEO_ID = r"^[A-Za-z0-9_-]{11}$"
HANDLE = r"^[\w.·-]{3,30}$"
PACIFIC = ZoneInfo("America/Los_Angeles")

ACCOUNTS = Contract(
    "youtube",
    "accounts",
    (
        key("id", pattern=CHANNEL_ID),
        # The channel's customUrl without its @, in lower case as YouTube writes it.
        required("handle"),
        required("title", paths=("$.snippet.title",)),
        optional("description", paths=("$.snippet.description",)),
        optional("country", paths=("$.snippet.country",)),
        optional("published_at", TIMESTAMP, paths=("$.snippet.publishedAt",)),
        optional("privacy_status", paths=("$.status.privacyStatus",)),
        optional("is_made_for_kids", pl.Boolean, paths=("$.status.madeForKids",)),
        optional("uploads_playlist_id", paths=("$.contentDetails.relatedPlaylists.uploads",)),
        optional("is_subscriber_count_hidden", pl.Boolean, paths=("$.statistics.hiddenSubscriberCount",)),
        # YouTube rounds it down to three significant figures.
        count("subscriber_count", "$.statistics.subscriberCount"),
        count("view_count", "$.statistics.viewCount"),
        count("video_count", "$.statistics.videoCount"),
    ),
    "One row per channel and day observed, as YouTube describes it that day.",
)
POSTS = Contract(
    "youtube",
    "posts",
    (
        key("id", pattern=VIDEO_ID),
        required("channel_id", paths=("$.snippet.channelId",), pattern=CHANNEL_ID),
        required("title", paths=("$.snippet.title",)),
        optional("description", paths=("$.snippet.description",)),
        required("published_at", TIMESTAMP, paths=("$.snippet.publishedAt",)),
        optional("language", paths=("$.snippet.defaultLanguage", "$.snippet.defaultAudioLanguage")),
        optional("category_id", paths=("$.snippet.categoryId",)),
        optional("duration", paths=("$.contentDetails.duration",)),
        optional("has_captions", pl.Boolean, paths=("$.contentDetails.caption",)),
        optional(
            "live_broadcast_content",
            paths=("$.snippet.liveBroadcastContent",),
            allowed=("none", "upcoming", "live", "completed"),
        ),
        optional("live_scheduled_at", TIMESTAMP, paths=("$.liveStreamingDetails.scheduledStartTime",)),
        optional("live_started_at", TIMESTAMP, paths=("$.liveStreamingDetails.actualStartTime",)),
        optional("live_ended_at", TIMESTAMP, paths=("$.liveStreamingDetails.actualEndTime",)),
        optional("privacy_status", paths=("$.status.privacyStatus",)),
        optional("is_made_for_kids", pl.Boolean, paths=("$.status.madeForKids",)),
        count("view_count", "$.statistics.viewCount"),
        # Not there where the channel hides likes, or has switched comments off.
        count("like_count", "$.statistics.likeCount"),
        count("comment_count", "$.statistics.commentCount"),
    ),
    "One row per public video and day observed, with its statistics as they stood.",
)
CHANNEL_DAILY = Contract(
    "youtube",
    "channel_daily",
    (
        key("channel_id", pattern=CHANNEL_ID),
        key("day", pl.Date),
        count("views"),
        count("estimated_minutes_watched", "$.estimatedMinutesWatched"),
        count("average_view_duration", "$.averageViewDuration"),
        # Of a day, more of these may be taken back than given.
        optional("likes", pl.Int64),
        optional("comments", pl.Int64),
        optional("shares", pl.Int64),
        count("subscribers_gained", "$.subscribersGained"),
        count("subscribers_lost", "$.subscribersLost"),
    ),
    "One row per channel, Pacific day and day observed, as YouTube Analytics tells it then.",
)

CHANNEL_PARTS = "snippet,statistics,contentDetails,status"
ITEM_PARTS = "snippet,contentDetails,status"
VIDEO_PARTS = "snippet,statistics,contentDetails,status,liveStreamingDetails"
MOST_IDS = 50
ITEMS_PER_PAGE = 50
MOST_PAGES = 20_000 // 5
"""A playlist gives no more than its last 20,000 items; in pages of five, YouTube's own size, they are this many."""

LIMITED = {"rateLimitExceeded", "userRateLimitExceeded"}
QUOTA_ENDED = {"quotaExceeded", "dailyLimitExceeded"}
CREDENTIALS_REFUSED = {
    "keyInvalid",
    "keyExpired",
    "accessNotConfigured",
    "SERVICE_DISABLED",
    "insufficientPermissions",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
}


def connect(settings: Settings) -> Reader | None:
    if settings.youtube_api_key is None:
        return None
    quota = DailyQuota(settings.youtube_daily_quota, PACIFIC)
    data = Api(
        "youtube",
        settings.youtube_base_url,
        secret_headers={"X-Goog-Api-Key": settings.youtube_api_key},
        dialect=Dialect(quota, _is_limited, _is_refused_for_all),
        **settings.asking,
    )
    analytics = settings.youtube_analytics_token and Api(
        "youtube",
        settings.youtube_analytics_base_url,
        bearer=settings.youtube_analytics_token,
        # Its quota is another one, far above what a night asks.
        dialect=Dialect(is_limited=_is_limited, is_token_refused=_is_refused_for_all),
        **settings.asking,
    )
    return YouTubeReader(data, analytics or None, quota, settings.youtube_daily_quota)


class YouTubeReader(Reader):
    """``quota`` counts what ``api`` answers, and stops it after ``units`` of a day."""

    accounts_per_look_up = MOST_IDS

    def __init__(self, api: Api, analytics: Api | None, quota: DailyQuota, units: int):
        self._api = api
        self._quota, self._units = quota, units
        self._analytics = Analytics(analytics) if analytics else None
        self._given: set[str] = set()
        self._read: set[str] = set()
        self._is_quota_ended = False
        self._last_day = date.max

    def close(self) -> None:
        self._api.close()
        if self._analytics:
            self._analytics.close()

    def prepare(self, accounts: Sequence[Registered], landing: Landing, window: Window, start: datetime) -> None:
        self._last_day = window.days[-1]

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        """By ids, 50 at a time; by handle one by one. YouTube passes over channels that are gone."""
        by_id = {}
        for account in accounts:
            if looks_like(CHANNEL_ID, account.name):
                by_id[account.name] = account
            elif account.native_id or not looks_like(HANDLE, account.handle):
                yield Lost(account.name, f"youtube: {account.name!r} is no channel id and no handle: not asked for")
            else:
                yield from self._channels({"forHandle": f"@{account.handle}"}, [account])
        if by_id:
            yield from self._channels({"id": ",".join(by_id)}, list(by_id.values()))

    def _channels(self, filters: dict[str, str], asked: list[Registered]) -> Iterator[Profile | Lost]:
        answer = self._ask("youtube/v3/channels", {"part": CHANNEL_PARTS} | filters)
        given = {str(channel.get("id")): channel for channel in objects(answer.body, "items")}
        for account in asked:
            channel_id = account.name if "id" in filters else next(iter(given), "")
            channel = given.get(channel_id)
            if channel is None:
                yield Lost(account.name, "youtube: gives no such channel: deleted, terminated or renamed")
                continue
            # A channel that never chose a handle has none to tell.
            handle = str(at(channel, "$.snippet.customUrl") or account.handle).removeprefix("@")
            native_id = channel_id if looks_like(CHANNEL_ID, channel_id) else ""
            if native_id:
                self._given.add(native_id)
            yield Profile(native_id, {"handle": handle} | channel, answer.observed_at)

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        """The videos published in ``[start, end)`` that everybody can see."""
        channel_id = profile.native_id
        try:
            posts, observed_at = self._videos(profile, start, end)
        except SourceError as error:
            if not _is_for_quota(error):
                self._read.add(channel_id)
            raise
        self._read.add(channel_id)
        daily = self._analytics.of(channel_id, start, end) if self._analytics else []
        return Reading(posts, start, end, observed_at, {CHANNEL_DAILY.table: daily})

    def _videos(self, profile: Profile, start: datetime, end: datetime) -> tuple[list[dict], datetime]:
        ids, observed_at = self._uploads(profile, start, end)
        posts: list[dict] = []
        for first in range(0, len(ids), MOST_IDS):
            asked = ids[first : first + MOST_IDS]
            answer = self._ask("youtube/v3/videos", {"part": VIDEO_PARTS, "id": ",".join(asked)})
            # One that is listed and not given has become private, or is deleted since.
            posts += _items(answer, f"the videos of {profile.native_id}")
            observed_at = answer.observed_at
        return posts, observed_at

    def _uploads(self, profile: Profile, start: datetime, end: datetime) -> tuple[list[str], datetime]:
        """Ids of the channel's videos that were published in ``[start, end)``, and when that was told.

        The list is newest first by when a video was uploaded, and some are published much later: it is read on
        until a whole page is older than ``start``.
        """
        playlist = at(profile.payload, "$.contentDetails.relatedPlaylists.uploads")
        if not playlist:
            raise SourceError(f"youtube: the channel {profile.native_id} came without its playlist of uploads")
        ids: dict[str, None] = {}
        token = None
        pages = Pages("youtube", profile.native_id, MOST_PAGES)
        while True:
            try:
                answer = self._ask(
                    "youtube/v3/playlistItems",
                    {"part": ITEM_PARTS, "playlistId": playlist, "maxResults": ITEMS_PER_PAGE}
                    | ({"pageToken": token} if token else {}),
                )
            except Refusal as refusal:
                if refusal.status == 404 and at(profile.payload, "$.statistics.videoCount") == "0":
                    # A channel that never published a video has no such playlist.
                    return [], profile.observed_at
                raise
            items = _items(answer, f"the uploads of {profile.native_id}")
            # A private video has no time of publication, and is not asked for.
            published = {
                str(at(item, "$.contentDetails.videoId")): time
                for item in items
                if (time := utc(at(item, "$.contentDetails.videoPublishedAt")))
            }
            ids |= dict.fromkeys(video for video, time in published.items() if start <= time < end)
            is_past_start = bool(published) and max(published.values()) < start
            token = answer.body.get("nextPageToken")
            if is_past_start or token is None:
                return list(ids), answer.observed_at
            token = pages.turn({str(at(item, "$.contentDetails.videoId")) for item in items}, token)

    def findings(self) -> list[Finding]:
        told = [f for v in ("v3", "v2") for f in version_findings("youtube", v, self._last_day)]
        if self._is_quota_ended:
            unread = len(self._given - self._read)
            told.append(
                Finding(
                    Concern.BUDGET,
                    "quota",
                    f"youtube: the daily quota ended the reading after {self._quota.used:,} units: {unread:,} of "
                    f"{len(self._given):,} channels were not read to their end. It resets at midnight Pacific Time; "
                    "SIFARAT_YOUTUBE_DAILY_QUOTA tells what the project may use",
                )
            )
        return told + (self._analytics.findings() if self._analytics else [])

    def figures(self) -> dict[str, int | float]:
        return {"quota_units_used": self._quota.used}

    def _ask(self, path: str, params: Mapping[str, str | int]) -> Answer:
        try:
            return self._api.get(path, params)
        except SourceError as error:
            if not _is_for_quota(error):
                raise
            self._is_quota_ended = True
            if isinstance(error, NotAsked):
                raise NotAsked(
                    f"youtube: {path} was not asked for: the daily quota of {self._units:,} units is used up until "
                    "midnight Pacific Time (SIFARAT_YOUTUBE_DAILY_QUOTA)"
                ) from None
            raise


class Analytics:
    """A channel's daily report. What it does not give costs its rows and a finding, never the channel's videos."""

    def __init__(self, api: Api):
        self._api = api
        self._metrics = AskedFor("youtube", "channel_daily", _is_metric_refused)
        self._ended: SourceError | None = None
        self._not_managed: list[str] = []
        self._told: list[Finding] = []

    def close(self) -> None:
        self._api.close()

    def of(self, channel_id: str, start: datetime, end: datetime) -> list[dict]:
        """One row per Pacific day that ``[start, end)`` touches and YouTube has the figures of (up to 72 h late)."""
        if self._ended:
            return []
        first, last = start.astimezone(PACIFIC).date(), (end - datetime.resolution).astimezone(PACIFIC).date()
        try:
            return self._metrics.ask(lambda names: self._report(channel_id, first, last, names))
        except SourceError as error:
            if isinstance(error, TokenRefused) or not isinstance(error, Refusal) or error.status >= 500:
                # It would befall every other channel too, after as many attempts.
                self._ended = error
            elif error.status == 403:
                self._not_managed.append(channel_id)
            else:
                self._told.append(Finding(Concern.ACCOUNT, channel_id, f"{error}; its daily analytics are not landed"))
        return []

    def findings(self) -> list[Finding]:
        told = [*self._metrics.findings, *self._told]
        if self._ended:
            reason = f"daily analytics are not landed for all channels: {self._ended}"
            told.append(Finding(Concern.CREDENTIAL, "youtube_analytics_token", reason))
        if self._not_managed:
            reason = (
                "youtube: the token for analytics belongs to an account that does not manage "
                f"{', '.join(sorted(self._not_managed))}: their daily analytics are not landed"
            )
            told.append(Finding(Concern.CREDENTIAL, "youtube_analytics_token", reason))
        return told

    def _report(self, channel_id: str, first: date, last: date, names: Sequence[str]) -> list[dict]:
        if not names:
            return []
        answer = self._api.get(
            "v2/reports",
            {
                "ids": f"channel=={channel_id}",
                "startDate": first.isoformat(),
                "endDate": last.isoformat(),
                "metrics": ",".join(names),
                "dimensions": "day",
                "sort": "day",
            },
        )
        headers = [str(header.get("name")) for header in objects(answer.body, "columnHeaders")]
        rows = answer.body.get("rows") or []
        if not isinstance(rows, list) or any(not isinstance(row, list) or len(row) != len(headers) for row in rows):
            raise SourceError(f"youtube: the analytics of {channel_id} came with rows that do not fit their columns")
        return [{"channel_id": channel_id} | dict(zip(headers, row, strict=True)) for row in rows]


def _items(answer: Answer, what: str) -> list[dict]:
    """An answer's items. Raises SourceError for what is no list of objects: silence would read as deletion."""
    given = answer.body.get("items")
    items = objects(answer.body, "items")
    if not isinstance(given, list) or len(items) != len(given):
        raise SourceError(f"youtube: {what} came without items, or with items that are no objects")
    return items


def _reasons(body: object) -> set[str]:
    """Google tells reasons in ``errors``, and newer ones in ``details``."""
    told = at(body, "$.error")
    given = [*objects(told, "errors"), *objects(told, "details")]
    return {str(item["reason"]) for item in given if "reason" in item}


def _body(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _is_limited(response: httpx.Response) -> bool:
    return response.status_code == 429 or (response.status_code == 403 and bool(_reasons(_body(response)) & LIMITED))


def _is_refused_for_all(response: httpx.Response) -> bool:
    """Whether nothing more need be asked tonight: the key or token is refused, or the project's quota used up."""
    if response.status_code not in (400, 401, 403):
        return False
    reasons = _reasons(_body(response))
    is_key_refused = any(reason.startswith("API_KEY_") for reason in reasons)
    return response.status_code == 401 or is_key_refused or bool(reasons & (QUOTA_ENDED | CREDENTIALS_REFUSED))


def _is_for_quota(error: SourceError) -> bool:
    return isinstance(error, NotAsked) or (isinstance(error, Refusal) and bool(_reasons(error.body) & QUOTA_ENDED))


def _is_metric_refused(refusal: Refusal) -> bool:
    return (
        refusal.status == 400 and re.search(r"unknown identifier|metric|not supported", str(refusal), re.I) is not None
    )


PLATFORM = Platform(
    "youtube",
    "YouTube",
    launched=date(2005, 2, 14),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="handle",
    followers="subscriber_count",
    author="channel_id",
    posted_at="published_at",
    connect=connect,
    extras=(CHANNEL_DAILY,),
)
