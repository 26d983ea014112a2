"""Instagram: the ministry's business accounts and their media with insights.

Source: Meta's Graph API (``IGUser``, ``IGMedia`` and ``InsightsResult`` of the Business SDK). An album is one medium;
what it holds is not landed. Stories are in no list that this reads. Times are UTC.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Landing, Window
from orchestration.settings import Settings
from orchestration.sources.http import Refusal, TokenRefused
from orchestration.sources.meta import (
    INVALID,
    MOST_PAGES,
    NUMERIC_ID,
    Graph,
    by_name,
    code_of,
    is_invalid_metric,
    window_of,
)
from orchestration.sources.metrics import AskedFor, known
from orchestration.sources.platform import (
    Finding,
    Lost,
    Pages,
    Platform,
    Profile,
    Reader,
    Reading,
    Registered,
    looks_like,
    objects,
    utc,
)

ACCOUNTS = Contract(
    "instagram",
    "accounts",
    (
        key("id", pattern=NUMERIC_ID),
        required("username"),
        optional("name"),
        optional("biography"),
        optional("website"),
        optional("has_profile_pic", pl.Boolean),
        count("followers_count"),
        count("follows_count"),
        count("media_count"),
    ),
    "One row per account and day observed, as Instagram describes it that day.",
)
POSTS = Contract(
    "instagram",
    "posts",
    (
        key("id", pattern=NUMERIC_ID),
        required("ig_user_id", pattern=NUMERIC_ID),
        optional("caption"),
        required("timestamp", TIMESTAMP),
        optional("media_type"),
        optional("media_product_type"),
        optional("permalink"),
        optional("shortcode"),
        # Not told where the account hides it.
        count("like_count"),
        count("comments_count"),
        count("views", "$.insights_by_name.views"),
        count("reach", "$.insights_by_name.reach"),
        count("saved", "$.insights_by_name.saved"),
        count("shares", "$.insights_by_name.shares"),
        count("total_interactions", "$.insights_by_name.total_interactions"),
        count("profile_visits", "$.insights_by_name.profile_visits"),
        count("follows", "$.insights_by_name.follows"),
        count("ig_reels_avg_watch_time", "$.insights_by_name.ig_reels_avg_watch_time"),
    ),
    "One row per medium (photo, video, album or reel) and day observed, with its counts as they stood.",
)

ACCOUNT_FIELDS = "id,username,name,biography,website,has_profile_pic,followers_count,follows_count,media_count"
MEDIA_FIELDS = "id,caption,media_type,media_product_type,permalink,shortcode,timestamp,like_count,comments_count"
MEDIA_PER_REQUEST = 50
"""Meta reads no more objects by their ids at once."""
ABOUT_ONE_OBJECT = frozenset({10, INVALID, 803})
"""Codes for a medium that is gone, or has no insights to give, such as one older than its business account."""


def connect(settings: Settings) -> Reader | None:
    if settings.meta_access_token is None:
        return None
    return InstagramReader(Graph("instagram", settings.instagram_base_url, settings, settings.meta_access_token))


class InstagramReader(Reader):
    def __init__(self, graph: Graph):
        self._graph = graph
        self._metrics = {
            kind: AskedFor("instagram", kind, is_invalid_metric) for kind in known("instagram")["requests"]
        }

    def close(self) -> None:
        self._graph.close()

    def prepare(self, accounts: Sequence[Registered], landing: Landing, window: Window, start: datetime) -> None:
        self._graph.prove_token()

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        for account in accounts:
            if not looks_like(NUMERIC_ID, account.native_id):
                yield Lost(
                    account.name,
                    f"instagram: @{account.handle} cannot be looked up by its name: register its Instagram user id "
                    "as native_id",
                )
                continue
            answer = self._graph.get(account.name, {"fields": ACCOUNT_FIELDS})
            found = answer.body.get("id")
            yield Profile(found if looks_like(NUMERIC_ID, found) else "", answer.body, answer.observed_at)

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        user_id, media, read_at = profile.native_id, [], profile.observed_at
        turns = Pages("instagram", user_id, MOST_PAGES)
        params = {"fields": MEDIA_FIELDS, **window_of(start, end)}
        for answer in self._graph.pages(f"{user_id}/media", params, turns):
            media += [
                medium
                for medium in objects(answer.body, "data")
                if start <= (utc(medium.get("timestamp")) or start) < end
            ]
            read_at = answer.observed_at
        insights = self._insights(media)
        posts = [
            {
                "ig_user_id": user_id,
                **medium,
                "insights": insights.get(str(medium.get("id"))),
                "insights_by_name": by_name(insights.get(str(medium.get("id")))),
            }
            for medium in media
        ]
        return Reading(posts, start, end, read_at)

    def findings(self) -> list[Finding]:
        told = [finding for metrics in self._metrics.values() for finding in metrics.findings]
        return [*self._graph.findings(), *told]

    def _insights(self, media: list[dict]) -> dict[str, dict]:
        """The insights by medium; none for a medium of a kind that has none."""
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for medium in media:
            kind = _kind(medium)
            if kind and kind in self._metrics and looks_like(NUMERIC_ID, medium.get("id")):
                by_kind[kind].append(medium["id"])
        return {
            medium: insights
            for kind, ids in by_kind.items()
            for first in range(0, len(ids), MEDIA_PER_REQUEST)
            for medium, insights in self._insights_of(kind, ids[first : first + MEDIA_PER_REQUEST]).items()
        }

    def _insights_of(self, kind: str, ids: list[str]) -> dict[str, dict]:
        """Meta refuses the whole request for one medium that it has no insights of: it is found by halving."""

        def ask(metrics: Sequence[str]) -> dict[str, dict]:
            if not metrics:
                return {}
            params = {"ids": ",".join(ids), "fields": f"insights.metric({','.join(metrics)}){{name,period,values}}"}
            body = self._graph.get("", params).body
            return {medium: body[medium].get("insights") for medium in ids if isinstance(body.get(medium), dict)}

        try:
            return self._metrics[kind].ask(ask)
        except TokenRefused:
            raise
        except Refusal as refusal:
            if code_of(refusal) not in ABOUT_ONE_OBJECT:
                raise
            if len(ids) == 1:
                return {}
            half = len(ids) // 2
            return self._insights_of(kind, ids[:half]) | self._insights_of(kind, ids[half:])


def _kind(medium: dict) -> str | None:
    """The kind of media insights, as metric_names/instagram.toml names them; an album is in the feed too."""
    if medium.get("media_type") == "CAROUSEL_ALBUM":
        return "carousel"
    return {"FEED": "feed", "REELS": "reels"}.get(str(medium.get("media_product_type")))


PLATFORM = Platform(
    "instagram",
    "Instagram",
    launched=date(2010, 10, 6),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="username",
    followers="followers_count",
    author="ig_user_id",
    posted_at="timestamp",
    connect=connect,
)
