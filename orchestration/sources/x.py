"""X API v2: the registered accounts, their posts with public metrics, and which timelines were read whole.

Source: X API description 2.167 (``GET /2/users``, ``/2/users/by``, ``/2/users/{id}/tweets``). Times are UTC.
Each night reads every account once, and the posts of a trailing window again, because X restates metrics for
ever. An account that cannot be read is a warning on that account; the others go on.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Batch, Progress, Window
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, Refusal

NATIVE_ID = r"^[0-9]{1,19}$"

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
            found += _objects(answer, "data")
            errors += _objects(answer, "errors")
            observed_at = answer.observed_at
        return found, errors, observed_at

    def timeline(self, user_id: str, start: datetime, end: datetime) -> tuple[list[dict], datetime]:
        """Every post of the account created in ``[start, end)``, over all pages."""
        posts, token, seen = [], None, set()
        while True:
            params = {
                "max_results": POSTS_PER_PAGE,
                "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "post.fields": POST_FIELDS,
                "expansions": POST_EXPANSIONS,
            } | ({"pagination_token": token} if token else {})
            answer = self._api.get(f"2/users/{user_id}/tweets", params)
            page = _objects(answer, "data")
            if not page and (refused := _objects(answer, "errors")):
                raise SourceError(_problem(refused[0]))
            posts += page
            token = (answer.body.get("meta") or {}).get("next_token")
            if token is None:
                return posts, answer.observed_at
            if token in seen:
                raise SourceError(f"x: the timeline of {user_id} gives the page token {token} again and never ends")
            seen.add(token)


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
    users, lost, observed_at = _look_up(x, accounts)
    day = window.day_observed(observed_at)
    batch_id = f"{window.start:%Y%m%d}-{window.end - timedelta(days=1):%Y%m%d}"

    def batch(contract: Contract, payloads: list[dict], path: str, warnings: list[dict]) -> Batch:
        text = contract.from_payloads([json.dumps(payload, ensure_ascii=False) for payload in payloads])
        return Batch(
            contract=contract,
            batch_id=batch_id,
            source_file=path,
            observed_at=observed_at,
            day=day,
            text=text,
            is_synthetic=is_synthetic,
            warnings=pl.DataFrame(warnings, schema=FINDINGS_SCHEMA),
        )

    yield batch(ACCOUNTS, users, "2/users", lost)

    end = window.end_at
    start = min(window.start_at, end - timedelta(days=trailing_days))
    posts, timelines, unread = [], [], []
    for done, user in enumerate(users, start=1):
        try:
            given, observed_at = x.timeline(user["id"], start, end)
        except Refusal as refusal:
            if refusal.status in (401, 402):
                raise
            unread.append(_warning("author_id", user["id"], str(refusal)))
            continue
        except SourceError as error:
            unread.append(_warning("author_id", user["id"], str(error)))
            continue
        posts += [{"author_id": user["id"]} | post for post in given]
        timelines.append(
            {
                "author_id": user["id"],
                "window_start": start.isoformat(),
                "window_end": end.isoformat(),
                "posts_read": len(given),
            }
        )
        progress(f"x: {len(posts):,} posts read, accounts", done, len(users))
    if users and not timelines:
        raise SourceError(f"x: not one of {len(users)} timelines could be read; the first: {unread[0]['reason']}")
    # Timelines say "read to the end", so they land after the posts they vouch for.
    yield batch(POSTS, posts, "2/users/{id}/tweets", [])
    yield batch(TIMELINES, timelines, "2/users/{id}/tweets", unread)


def _look_up(x: XApi, accounts: pl.DataFrame) -> tuple[list[dict], list[dict], datetime]:
    """The accounts X gives, once each, and a warning for each it does not."""
    by_id = accounts.filter(pl.col("native_id").is_not_null())["native_id"].to_list()
    by_handle = accounts.filter(pl.col("native_id").is_null())["handle"].to_list()
    users, errors, observed_at = x.users("2/users", "ids", by_id)
    if by_handle:
        more, more_errors, observed_at = x.users("2/users/by", "usernames", by_handle)
        users, errors = users + more, errors + more_errors
    once = {user.get("id"): user for user in users}
    if not once:
        first = _problem(errors[0]) if errors else "no error was told"
        raise SourceError(f"x: X gives none of the {accounts.height} registered accounts; {first}")
    lost = [_warning("id", error.get("value") or error.get("resource_id"), _problem(error)) for error in errors]
    return list(once.values()), lost, observed_at


def _objects(answer: Answer, name: str) -> list[dict]:
    return [item for item in answer.body.get(name) or [] if isinstance(item, dict)]


def _problem(error: dict) -> str:
    return f"x: {error.get('title', 'Problem')}: {error.get('detail', 'no detail')}"


def _warning(field: str, value: str | None, reason: str) -> dict:
    return {
        "record_number": None,
        "source_line": None,
        "field": field,
        "value": value,
        "reason": reason,
        "raw": None,
    }
