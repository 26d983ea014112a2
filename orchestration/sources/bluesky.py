"""Bluesky: profiles and author feeds of the registered accounts, from the public AppView.

Source: the lexicons ``app.bsky.actor.getProfiles`` and ``app.bsky.feed.getAuthorFeed``. No credentials are
needed. Times are UTC. A feed holds the account's own posts and replies, and others' posts that it reposted.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Api
from orchestration.sources.platform import (
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

DID = r"^did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9.:%-]+)$"
HANDLE = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$"

ACCOUNTS = Contract(
    "bluesky",
    "accounts",
    (
        key("did", pattern=DID),
        required("handle"),
        optional("display_name", paths=("$.displayName",)),
        optional("description"),
        optional("website"),
        optional("avatar"),
        optional("verified_status", paths=("$.verification.verifiedStatus",)),
        optional("created_at", TIMESTAMP, paths=("$.createdAt",)),
        count("followers_count", "$.followersCount"),
        count("follows_count", "$.followsCount"),
        count("posts_count", "$.postsCount"),
    ),
    "One row per account and day observed, as Bluesky describes it that day.",
)
POSTS = Contract(
    "bluesky",
    "posts",
    (
        # A repost is a record of its own, with the reposted post beside it.
        key("uri", paths=("$.reason.uri", "$.post.uri"), pattern="^at://"),
        required("actor_did", pattern=DID),
        required("author_did", paths=("$.post.author.did",)),
        optional("text", paths=("$.post.record.text",)),
        # When the server first saw it. What the client claims, `created_at`, may be any time at all.
        required("indexed_at", TIMESTAMP, paths=("$.reason.indexedAt", "$.post.indexedAt")),
        optional("created_at", TIMESTAMP, paths=("$.post.record.createdAt",)),
        optional("language", paths=("$.post.record.langs[0]",)),
        optional("reason", paths=("$.reason['$type']",)),
        optional("reply_parent_uri", paths=("$.post.record.reply.parent.uri",)),
        optional("embed_type", paths=("$.post.embed['$type']",)),
        optional("embedded_uri", paths=("$.post.embed.record.uri",)),
        count("like_count", "$.post.likeCount"),
        count("reply_count", "$.post.replyCount"),
        count("repost_count", "$.post.repostCount"),
        count("quote_count", "$.post.quoteCount"),
        count("bookmark_count", "$.post.bookmarkCount"),
    ),
    "One row per post, reply or repost and day observed, with its counts as they stood.",
)

POSTS_PER_PAGE = 100
MOST_PAGES = 500


def connect(settings: Settings) -> Reader:
    return BlueskyReader(
        Api(
            "bluesky",
            settings.bluesky_base_url,
            **settings.asking,
        )
    )


class BlueskyReader(Reader):
    accounts_per_look_up = 25

    def __init__(self, api: Api):
        self._api = api

    def close(self) -> None:
        self._api.close()

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        """Bluesky refuses a whole look-up for one impossible name, and passes over accounts that are gone."""
        asked = []
        for account in accounts:
            if looks_like(DID, account.name) or looks_like(HANDLE, account.name):
                asked.append(account.name)
            else:
                yield Lost(account.name, f"bluesky: {account.name!r} is no DID and no handle: not asked for")
        if not asked:
            return
        answer = self._api.get("xrpc/app.bsky.actor.getProfiles", {"actors": asked})
        answered = set()
        for profile in objects(answer.body, "profiles"):
            answered |= {profile.get("did"), str(profile.get("handle")).lower()}
            did = profile.get("did")
            yield Profile(str(did) if looks_like(DID, did) else "", profile, answer.observed_at)
        for name in asked:
            if name not in answered and name.lower() not in answered:
                yield Lost(name, "bluesky: gives no such account: deleted, deactivated, taken down or renamed")

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        """Newest first, until a post is older than ``start``: a feed cannot be asked for a time."""
        did, posts, cursor = profile.native_id, [], None
        pages = Pages("bluesky", did, MOST_PAGES)
        while True:
            answer = self._api.get(
                "xrpc/app.bsky.feed.getAuthorFeed",
                {"actor": did, "limit": POSTS_PER_PAGE, "filter": "posts_with_replies"}
                | ({"cursor": cursor} if cursor else {}),
            )
            given = answer.body.get("feed")
            page = objects(answer.body, "feed")
            if not isinstance(given, list) or len(page) != len(given):
                raise SourceError(f"bluesky: the feed of {did} came without posts, or with posts that are no objects")
            posts += [{"actor_did": did} | item for item in page if start <= _sorted_at(item, end) < end]
            is_past_start = any(_sorted_at(item, end) < start for item in page)
            cursor = answer.body.get("cursor")
            if is_past_start or cursor is None:
                return Reading(posts, start, end, answer.observed_at)
            cursor = pages.turn({str(at(item, "$.post.uri")) for item in page}, cursor)


def _sorted_at(item: dict, end: datetime) -> datetime:
    """Where the feed puts the item: the earlier of what the client claims and what the server saw. One that tells
    no time is taken for the newest, and so reaches quarantine."""
    paths = ("$.reason.indexedAt",) if "reason" in item else ("$.post.record.createdAt", "$.post.indexedAt")
    times = [time for path in paths if (time := utc(at(item, path)))]
    return min(times, default=end - datetime.resolution)


PLATFORM = Platform(
    "bluesky",
    "Bluesky",
    launched=date(2022, 11, 17),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="handle",
    followers="followers_count",
    author="actor_did",
    posted_at="indexed_at",
    connect=connect,
)
