"""X API v2: the registered accounts and their posts with public metrics.

Source: X API description 2.167 (``GET /2/users``, ``/2/users/by``, ``/2/users/{id}/tweets``). Times are UTC.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api
from orchestration.sources.platform import (
    Lost,
    Pages,
    Platform,
    Profile,
    Reader,
    Reading,
    Registered,
    looks_like,
    objects,
)

NATIVE_ID = r"^[0-9]{1,19}$"
USERNAME = r"^[A-Za-z0-9_]{1,15}$"

ACCOUNTS = Contract(
    "x",
    "accounts",
    (
        key("id", pattern=NATIVE_ID),
        required("username"),
        required("name"),
        optional("created_at", TIMESTAMP),
        optional("description"),
        optional("location"),
        optional("url"),
        optional("verified", pl.Boolean),
        optional("verified_type"),
        optional("protected", pl.Boolean),
        optional("pinned_post_id", pattern=NATIVE_ID),
        count("followers_count", "$.public_metrics.followers_count"),
        count("following_count", "$.public_metrics.following_count"),
        count("post_count", "$.public_metrics.post_count"),
        count("listed_count", "$.public_metrics.listed_count"),
        count("like_count", "$.public_metrics.like_count"),
        count("media_count", "$.public_metrics.media_count"),
    ),
    "One row per account and day observed, as X describes it that day.",
)
POSTS = Contract(
    "x",
    "posts",
    (
        key("id", pattern=NATIVE_ID),
        required("author_id", pattern=NATIVE_ID),
        # A post of more than 280 characters is cut in `text` and whole in `note_post`.
        required("text", paths=("$.note_post.text", "$.text")),
        required("created_at", TIMESTAMP),
        optional("lang"),
        optional("conversation_id", pattern=NATIVE_ID),
        optional("in_reply_to_user_id", pattern=NATIVE_ID),
        optional("possibly_sensitive", pl.Boolean),
        optional(
            "referenced_type",
            paths=("$.referenced_posts[0].type",),
            allowed=("retweeted", "quoted", "replied_to"),
        ),
        optional("referenced_id", paths=("$.referenced_posts[0].id",), pattern=NATIVE_ID),
        count("repost_count", "$.public_metrics.repost_count"),
        count("reply_count", "$.public_metrics.reply_count"),
        count("like_count", "$.public_metrics.like_count"),
        count("quote_count", "$.public_metrics.quote_count"),
        count("bookmark_count", "$.public_metrics.bookmark_count"),
        count("impression_count", "$.public_metrics.impression_count"),
    ),
    "One row per post and day observed, with its public metrics as they stood.",
)

USER_FIELDS = "created_at,description,location,protected,public_metrics,url,verified,verified_type"
POST_FIELDS = "conversation_id,created_at,lang,note_post,possibly_sensitive,public_metrics,text"
POST_EXPANSIONS = "author_id,in_reply_to_user_id,referenced_posts"
POSTS_PER_PAGE = 100
MOST_PAGES = 3200 // 5
"""X gives no more than an account's last 3,200 posts; in the smallest pages it allows they are this many."""


def connect(settings: Settings) -> Reader | None:
    if settings.x_bearer_token is None:
        return None
    return XReader(
        Api(
            "x",
            settings.x_base_url,
            bearer=settings.x_bearer_token,
            timeout_seconds=settings.request_timeout_seconds,
            patience_seconds=settings.rate_limit_patience_seconds,
        )
    )


class XReader(Reader):
    accounts_per_look_up = 100

    def __init__(self, api: Api):
        self._api = api

    def close(self) -> None:
        self._api.close()

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        """By id where one is known, else by handle.

        X refuses a whole look-up for one impossible name, so such names are warned of and not asked for.
        """
        for path, parameter, pattern, asked in (
            ("2/users", "ids", NATIVE_ID, [account for account in accounts if account.native_id]),
            ("2/users/by", "usernames", USERNAME, [account for account in accounts if not account.native_id]),
        ):
            names = {}
            for account in asked:
                if looks_like(pattern, account.name):
                    names[account.name] = None
                else:
                    yield Lost(
                        account.name,
                        f"x: @{account.handle} is registered as {account.name!r}, which is no name X can have "
                        f"({pattern}): not asked for",
                    )
            if names:
                yield from self._users(path, parameter, list(names))

    def _users(self, path: str, parameter: str, names: list[str]) -> Iterator[Profile | Lost]:
        answer = self._api.get(
            path,
            {parameter: ",".join(names), "user.fields": USER_FIELDS, "expansions": "pinned_post_id"},
            limit=path,
        )
        answered = set()
        for user in objects(answer.body, "data"):
            answered |= {str(user.get("id")), str(user.get("username")).lower()}
            native_id = user.get("id") if looks_like(NATIVE_ID, user.get("id")) else ""
            yield Profile(native_id, user, answer.observed_at)
        for error in objects(answer.body, "errors"):
            # X also complains of pinned posts that are gone; their accounts are given nevertheless.
            if error.get("resource_type", "user") == "user":
                name = str(error.get("value") or error.get("resource_id"))
                answered.add(name.lower())
                yield Lost(name, _problem(error))
        for name in names:
            if name.lower() not in answered:
                yield Lost(name, "x: X was asked for this account and said nothing of it")

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        posts, token, user_id = [], None, profile.native_id
        pages = Pages("x", user_id, MOST_PAGES)
        while True:
            params = {
                "max_results": POSTS_PER_PAGE,
                "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "post.fields": POST_FIELDS,
                "expansions": POST_EXPANSIONS,
            } | ({"pagination_token": token} if token else {})
            answer = self._api.get(f"2/users/{user_id}/tweets", params, limit="2/users/{id}/tweets")
            page, token = _page(answer, user_id)
            posts += [{"author_id": user_id} | post for post in page]
            if token is None:
                return Reading(posts, start, end, answer.observed_at)
            token = pages.turn({str(post.get("id")) for post in page}, token)


def _page(answer: Answer, user_id: str) -> tuple[list[dict], str | None]:
    """A page's posts and the next one's token. Raises SourceError for posts that are none, or none without saying so.

    An account's silence would otherwise read as the deletion of all its posts.
    """
    given, meta = answer.body.get("data") or [], answer.body.get("meta")
    posts, meta = objects(answer.body, "data"), meta if isinstance(meta, dict) else {}
    if not isinstance(given, list) or len(posts) != len(given):
        raise SourceError(f"x: the timeline of {user_id} came with posts that are no objects")
    if not posts and (refused := objects(answer.body, "errors")):
        raise SourceError(_problem(refused[0]))
    if not posts and meta.get("result_count") != 0:
        raise SourceError(f"x: the timeline of {user_id} came without posts, and without saying that there are none")
    return posts, meta.get("next_token")


def _problem(error: dict) -> str:
    return f"x: {error.get('title', 'Problem')}: {error.get('detail', 'no detail')}"


PLATFORM = Platform(
    "x",
    "X",
    launched=date(2006, 3, 21),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="username",
    followers="followers_count",
    author="author_id",
    posted_at="created_at",
    connect=connect,
)
