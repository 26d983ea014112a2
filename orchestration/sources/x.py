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
HANDLE = r"^[A-Za-z0-9_]{1,15}$"
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
NOBODY_IS_LET_IN = (401, 402)
"""The token is wrong, or nothing is left on the account: no other timeline would be given either."""

USER_FIELDS = "created_at,description,location,protected,public_metrics,url,verified,verified_type"
POST_FIELDS = "conversation_id,created_at,lang,note_post,possibly_sensitive,public_metrics,text"
POST_EXPANSIONS = "author_id,in_reply_to_user_id,referenced_posts"
USERS_PER_REQUEST = 100
POSTS_PER_PAGE = 100
STALE_PAGES = 5
"""So many pages in a row without a post that is new: the timeline goes round in a circle."""


class XApi:
    """The three requests Sifarat makes. Everything is returned as X sent it."""

    def __init__(self, api: Api):
        self._api = api

    def users(self, path: str, parameter: str, names: list[str]) -> tuple[list[dict], list[dict], datetime]:
        """Users by id or handle, 100 at a time, with X's errors for those it does not give."""
        found, errors, observed_at = [], [], datetime.now(UTC)
        for start in range(0, len(names), USERS_PER_REQUEST):
            answer = self._api.get(
                path,
                {
                    parameter: ",".join(names[start : start + USERS_PER_REQUEST]),
                    "user.fields": USER_FIELDS,
                    "expansions": "pinned_post_id",
                },
            )
            found += _data(answer)
            errors += _errors(answer)
            observed_at = answer.observed_at
        return found, errors, observed_at

    def timeline(self, user_id: str, start: datetime, end: datetime) -> tuple[list[dict], datetime]:
        """Every post of the account created in ``[start, end)``, over all pages.

        Raises SourceError, and returns none of them, when a page cannot be read or the pages never end.
        """
        posts, known, tokens, stale_pages, token = [], set(), set(), 0, None
        while True:
            page, token, observed_at = self._page(user_id, start, end, token)
            posts += page
            if token is None:
                return posts, observed_at
            ids = {str(post.get("id")) for post in page}
            stale_pages = 0 if ids - known else stale_pages + 1
            if token in tokens or stale_pages == STALE_PAGES:
                raise SourceError(
                    f"x: the timeline of {user_id} never ends: its pages go round in a circle after "
                    f"{len(known | ids):,} posts"
                )
            known |= ids
            tokens.add(token)

    def _page(
        self, user_id: str, start: datetime, end: datetime, token: str | None
    ) -> tuple[list[dict], str | None, datetime]:
        params = {
            "max_results": POSTS_PER_PAGE,
            "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "post.fields": POST_FIELDS,
            "expansions": POST_EXPANSIONS,
        } | ({"pagination_token": token} if token else {})
        answer = self._api.get(f"2/users/{user_id}/tweets", params)
        page, meta = _data(answer), answer.body.get("meta")
        if not page and (refused := _errors(answer)):
            raise SourceError(_problem(refused[0]))
        if not isinstance(meta, dict) or "result_count" not in meta:
            # Taken for an empty timeline, it would mean that every post was deleted.
            raise SourceError(f"x: the timeline of {user_id} came without meta.result_count, so it may not be whole")
        return page, meta.get("next_token"), answer.observed_at


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

    ``window`` is widened back to ``trailing_days`` so that young posts are observed again. Raises SourceError
    when X refuses the token, or gives none of the accounts.
    """
    x = XApi(api)
    users, lost, looked_up_at = _look_up(x, accounts)

    def batch(contract: Contract, payloads: list[dict], path: str, at: datetime, warnings: list[dict]) -> Batch:
        return Batch(
            contract=contract,
            batch_id=f"{window.start:%Y%m%d}-{window.end - timedelta(days=1):%Y%m%d}",
            source_file=path,
            observed_at=at,
            # One day for the whole reading, though it may pass midnight.
            day=window.day_observed(looked_up_at),
            text=contract.from_payloads([_raw(payload) for payload in payloads]),
            is_synthetic=is_synthetic,
            warnings=pl.DataFrame(warnings, schema=FINDINGS_SCHEMA),
        )

    yield batch(ACCOUNTS, users, "2/users", looked_up_at, lost)

    end = window.end_at
    start = min(window.start_at, end - timedelta(days=trailing_days))
    # A user without a readable id is in quarantine by now.
    ids = dict.fromkeys(str(user.get("id")) for user in users if re.match(NATIVE_ID, str(user.get("id"))))
    posts, timelines, unread, observed_at = [], [], [], looked_up_at
    for done, user_id in enumerate(ids, start=1):
        try:
            given, observed_at = x.timeline(user_id, start, end)
        except SourceError as error:
            if isinstance(error, Refusal) and error.status in NOBODY_IS_LET_IN:
                raise
            unread.append(_warning("author_id", user_id, str(error)))
        else:
            posts += [{"author_id": user_id} | post for post in given]
            timelines.append(
                {
                    "author_id": user_id,
                    "window_start": start.isoformat(),
                    "window_end": end.isoformat(),
                    "posts_read": len(given),
                }
            )
        progress(f"x: {len(posts):,} posts read, accounts", done, len(ids))
    if not timelines:
        why = f"the first: {unread[0]['reason']}" if unread else "not one has a readable id"
        raise SourceError(f"x: not one of {len(users)} timelines could be read; {why}")
    # Timelines say "read to the end", so they land after the posts they vouch for.
    yield batch(POSTS, posts, "2/users/{id}/tweets", observed_at, [])
    yield batch(TIMELINES, timelines, "2/users/{id}/tweets", observed_at, unread)


def _look_up(x: XApi, accounts: pl.DataFrame) -> tuple[list[dict], list[dict], datetime]:
    """The accounts X gives, and a warning for each registered one that it does not."""
    by_id = accounts["native_id"].drop_nulls().unique(maintain_order=True)
    by_handle = accounts.filter(pl.col("native_id").is_null())["handle"].unique(maintain_order=True)
    # X refuses a whole request for one name that cannot be one, so such a name is not asked for.
    ids = by_id.filter(by_id.str.contains(NATIVE_ID)).to_list()
    handles = by_handle.filter(by_handle.str.contains(HANDLE)).to_list()
    users, errors, observed_at = x.users("2/users", "ids", ids)
    if handles:
        more, more_errors, observed_at = x.users("2/users/by", "usernames", handles)
        users, errors = users + more, errors + more_errors
    said = {str(error.get("value") or error.get("resource_id")).lower(): _problem(error) for error in errors}
    said |= dict.fromkeys({*by_id} - {*ids}, f"x: no account can have this id; ids look like {NATIVE_ID}")
    said |= dict.fromkeys(
        {handle.lower() for handle in {*by_handle} - {*handles}},
        f"x: no account can have this handle; handles look like {HANDLE}",
    )
    if not users:
        first = next(iter(said.values()), "no error was told")
        raise SourceError(f"x: X gives none of the {accounts.height} registered accounts; {first}")
    asked = [("id", native_id) for native_id in by_id] + [("username", handle) for handle in by_handle]
    given = {str(user.get(name)).lower() for user in users for name in ("id", "username")}
    lost = [
        _warning(field, name, said.get(name.lower(), "x: neither given nor refused"))
        for field, name in asked
        if name.lower() not in given
    ]
    return users, lost, observed_at


def _data(answer: Answer) -> list[dict]:
    """The answer's objects. Raises SourceError when they are something else: left out, they would seem deleted."""
    data = answer.body.get("data") or []
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise SourceError("x: the answer's data is no list of objects")
    return data


def _errors(answer: Answer) -> list[dict]:
    return [error for error in answer.body.get("errors") or [] if isinstance(error, dict)]


def _raw(payload: dict) -> str:
    """The payload as JSON. Half an emoji cannot be stored as text and stays in JSON's own escape (``\\ud83d``)."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _problem(error: dict) -> str:
    return f"x: {error.get('title', 'Problem')}: {error.get('detail', 'no detail')}"


def _warning(field: str, value: str, reason: str) -> dict:
    return {
        "record_number": None,
        "source_line": None,
        "field": field,
        "value": value,
        "reason": reason,
        "raw": None,
    }
