"""X API v2: the registered accounts, their posts with public metrics, and which timelines were read whole.

Source: X API description 2.167 (``GET /2/users``, ``/2/users/by``, ``/2/users/{id}/tweets``). Times are UTC.
Each night reads every account once, and the posts of a trailing window again, because X restates metrics for
ever. An account that cannot be read is a warning on that account; the others go on.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Batch, Progress, Window
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, Refusal

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
TIMELINES = Contract(
    "x",
    "timelines",
    (
        key("author_id", pattern=NATIVE_ID),
        required("window_start", TIMESTAMP),
        required("window_end", TIMESTAMP),
        count("posts_read"),
    ),
    "One row per account whose timeline was read to its end, and day observed: a known post of that window "
    "which such a reading did not return is deleted.",
)
CONTRACTS = (ACCOUNTS, POSTS, TIMELINES)

USER_FIELDS = "created_at,description,location,protected,public_metrics,url,verified,verified_type"
POST_FIELDS = "conversation_id,created_at,lang,note_post,possibly_sensitive,public_metrics,text"
POST_EXPANSIONS = "author_id,in_reply_to_user_id,referenced_posts"
USERS_PER_REQUEST = 100
POSTS_PER_PAGE = 100
MOST_PAGES = 3200 // 5
"""X gives no more than an account's last 3,200 posts; in the smallest pages it allows they are this many."""
MOST_STALE_PAGES = 5
"""After so many pages in a row without a new post the timeline goes round in a circle. Each page costs money."""


class XApi:
    """The requests Sifarat makes. Everything is returned as X sent it."""

    def __init__(self, api: Api):
        self._api = api

    def users(self, path: str, parameter: str, names: list[str]) -> Answer:
        """At most 100 users by id or handle, with X's errors for those it does not give."""
        return self._api.get(
            path,
            {parameter: ",".join(names), "user.fields": USER_FIELDS, "expansions": "pinned_post_id"},
        )

    def timeline(self, user_id: str, start: datetime, end: datetime) -> tuple[list[dict], datetime]:
        """Every post of the account created in ``[start, end)``, over all pages, and when the last was read.

        Raises SourceError when the end is not reached: part of a timeline must not pass for the whole.
        """
        posts, ids, stale, token, seen = [], set(), 0, None, set()
        while len(seen) < MOST_PAGES and stale <= MOST_STALE_PAGES:
            params = {
                "max_results": POSTS_PER_PAGE,
                "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "post.fields": POST_FIELDS,
                "expansions": POST_EXPANSIONS,
            } | ({"pagination_token": token} if token else {})
            answer = self._api.get(f"2/users/{user_id}/tweets", params)
            page, meta = _page(answer, user_id)
            posts += page
            stale = 0 if _ids(page) - ids else stale + 1
            ids |= _ids(page)
            token = meta.get("next_token")
            if token is None:
                return posts, answer.observed_at
            if token in seen:
                raise SourceError(f"x: the timeline of {user_id} gives the page token {token} again and never ends")
            seen.add(token)
        raise SourceError(f"x: the timeline of {user_id} never ends: {len(seen)} pages, {len(ids)} different posts")


def extract(
    api: Api,
    accounts: pl.DataFrame,
    window: Window,
    *,
    trailing_days: int,
    is_synthetic: bool,
    progress: Progress,
) -> Iterator[Batch]:
    """Batches of accounts, posts and timelines for the registered ``accounts`` (handle, native_id).

    ``window`` is widened back to ``trailing_days`` so that young posts are observed again. A batch is as old as
    the last answer it was read from. Raises SourceError when X refuses the token, gives none of the accounts,
    or none of their timelines.
    """
    x = XApi(api)
    users, lost, looked_up_at = _look_up(x, accounts)
    day = window.day_observed(looked_up_at)

    def batch(contract: Contract, payloads: list[dict], observed_at: datetime, path: str, warnings: list) -> Batch:
        return Batch(
            contract=contract,
            batch_id=f"{window.start:%Y%m%d}-{window.end - timedelta(days=1):%Y%m%d}",
            source_file=path,
            observed_at=observed_at,
            day=day,
            text=contract.from_payloads([_json(payload) for payload in payloads]),
            is_synthetic=is_synthetic,
            warnings=pl.DataFrame(warnings, schema=FINDINGS_SCHEMA),
        )

    yield batch(ACCOUNTS, users, looked_up_at, "2/users", lost)

    start = min(window.start_at, window.end_at - timedelta(days=trailing_days))
    posts, timelines, unread, read_at = [], [], [], looked_up_at
    user_ids = [user["id"] for user in users if _looks_like(NATIVE_ID, user.get("id"))]
    for done, user_id in enumerate(user_ids, start=1):
        try:
            given, read_at = x.timeline(user_id, start, window.end_at)
        except SourceError as error:
            if isinstance(error, Refusal) and error.status in (401, 402):
                raise
            unread.append(_warning("author_id", user_id, str(error)))
        else:
            posts += [{"author_id": user_id} | post for post in given]
            timelines.append(_timeline(user_id, start, window.end_at, given))
        progress(f"x: {len(posts):,} posts read, accounts", done, len(user_ids))
    if not timelines:
        first = unread[0]["reason"] if unread else "no account has an id"
        raise SourceError(f"x: not one of {len(users)} timelines could be read; the first: {first}")
    # Timelines say "read to the end", so they land after the posts they vouch for.
    yield batch(POSTS, posts, read_at, "2/users/{id}/tweets", [])
    yield batch(TIMELINES, timelines, read_at, "2/users/{id}/tweets", unread)


def _look_up(x: XApi, accounts: pl.DataFrame) -> tuple[list[dict], list[dict], datetime]:
    """The accounts X gives, once each, a warning for each it does not, and when X was last asked."""
    asked, lost = _askable(accounts)
    users, errors, answer = {}, [], None
    for path, parameter, names in asked:
        for start in range(0, len(names), USERS_PER_REQUEST):
            answer = x.users(path, parameter, names[start : start + USERS_PER_REQUEST])
            users |= {user.get("id"): user for user in _objects(answer, "data")}
            errors += _objects(answer, "errors")
    lost += [
        _warning("id", str(error.get("value") or error.get("resource_id")), _problem(error))
        for error in errors
        # X also complains of pinned posts that are gone; their accounts are given nevertheless.
        if error.get("resource_type", "user") == "user"
    ]
    lost += _passed_over(asked, users, lost)
    if answer is None or not users:
        first = lost[0]["reason"] if lost else "the register names none"
        raise SourceError(f"x: X gives none of the {accounts.height} registered accounts; {first}")
    return list(users.values()), lost, answer.observed_at


def _askable(accounts: pl.DataFrame) -> tuple[list[tuple[str, str, list[str]]], list[dict]]:
    """The look-ups to make (path, parameter, names), by id where the register knows it, else by handle.

    X refuses a whole look-up for one impossible name, so such names are warned of and not asked for.
    """
    ids, handles, warnings = {}, {}, []
    for handle, native_id in accounts.select("handle", "native_id").iter_rows():
        name, pattern, names = (handle, USERNAME, handles) if native_id is None else (native_id, NATIVE_ID, ids)
        if _looks_like(pattern, name):
            names[name] = None
        else:
            reason = f"x: @{handle} is registered as {name!r}, which is no name X can have ({pattern}): not asked for"
            warnings.append(_warning("id", name, reason))
    return [("2/users", "ids", list(ids)), ("2/users/by", "usernames", list(handles))], warnings


def _passed_over(asked: list[tuple[str, str, list[str]]], users: dict[str, dict], lost: list[dict]) -> list[dict]:
    """A warning for each name that X neither gives nor complains of."""
    answered = {user_id for user_id in users if user_id}
    answered |= {str(user.get("username")).lower() for user in users.values()}
    answered |= {str(warning["value"]).lower() for warning in lost}
    return [
        _warning("id", name, "x: X was asked for this account and said nothing of it")
        for _, _, names in asked
        for name in names
        if name.lower() not in answered
    ]


def _page(answer: Answer, user_id: str) -> tuple[list[dict], dict]:
    """A page's posts and its meta. Raises SourceError for posts that are none, or none without saying so.

    An account's silence would otherwise read as the deletion of all its posts.
    """
    given, meta = answer.body.get("data") or [], answer.body.get("meta")
    posts, meta = _objects(answer, "data"), meta if isinstance(meta, dict) else {}
    if not isinstance(given, list) or len(posts) != len(given):
        raise SourceError(f"x: the timeline of {user_id} came with posts that are no objects")
    if not posts and (refused := _objects(answer, "errors")):
        raise SourceError(_problem(refused[0]))
    if not posts and meta.get("result_count") != 0:
        raise SourceError(f"x: the timeline of {user_id} came without posts, and without saying that there are none")
    return posts, meta


def _timeline(user_id: str, start: datetime, end: datetime, posts: list[dict]) -> dict:
    return {
        "author_id": user_id,
        "window_start": start.isoformat(),
        "window_end": end.isoformat(),
        "posts_read": len(_ids(posts)),
    }


def _ids(posts: list[dict]) -> set[str]:
    return {str(post.get("id")) for post in posts}


def _objects(answer: Answer, name: str) -> list[dict]:
    given = answer.body.get(name)
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def _json(payload: dict) -> str:
    text = json.dumps(payload, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair is no character: escaped, the record reaches quarantine whole.
        return json.dumps(payload)
    return text


def _looks_like(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.match(pattern, value) is not None


def _problem(error: dict) -> str:
    return f"x: {error.get('title', 'Problem')}: {error.get('detail', 'no detail')}"


def _warning(field: str, value: str | None, reason: str) -> dict:
    return {"record_number": None, "source_line": None, "field": field, "value": value, "reason": reason, "raw": None}
