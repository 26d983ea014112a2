"""X API v2: the registered accounts and their posts with metrics.

Source: X API description 2.167 (``GET /2/users``, ``/2/users/by``, ``/2/users/{id}/tweets``, ``/2/tweets``). Times
are UTC. X charges for each post it returns, so a timeline is read only for what is new since its last reading, and
older posts are read again by id when they are due (see ``rereading``), as far as the night's budget goes.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Landing, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, TokenRefused
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
    Rereading,
    looks_like,
    objects,
    utc,
)
from orchestration.sources.rereading import KNOWN_POSTS, Budget, BudgetSpent, due

log = logging.getLogger(__name__)

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
        # `url` is a short link of t.co; the address it leads to stands beside it.
        optional("url", paths=("$.entities.url.urls[0].expanded_url", "$.url")),
        optional("profile_image_url"),
        optional("verified", pl.Boolean),
        optional("verified_type"),
        optional("protected", pl.Boolean),
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
        # These only with a token of the account's owner, and for posts of the last 30 days.
        count("url_link_clicks", "$.non_public_metrics.url_link_clicks"),
        count("user_profile_clicks", "$.non_public_metrics.user_profile_clicks"),
        count("organic_impression_count", "$.organic_metrics.impression_count"),
    ),
    "One row per post and day observed, with its metrics as they stood.",
)
MISSING_POSTS = Contract(
    "x",
    "missing_posts",
    (
        key("id", pattern=NATIVE_ID),
        required("author_id", pattern=NATIVE_ID),
        required("title"),
        optional("detail"),
    ),
    "One row per post that was asked for by its id and not given, and day observed, with X's reason.",
)

USER_FIELDS = (
    "created_at,description,entities,location,profile_image_url,protected,public_metrics,url,verified,verified_type"
)
POST_FIELDS = "conversation_id,created_at,lang,note_post,possibly_sensitive,public_metrics,text"
PRIVATE_FIELDS = "non_public_metrics,organic_metrics"
POSTS_PER_PAGE, FEWEST_POSTS_PER_PAGE = 100, 5
POSTS_PER_LOOK_UP = 100
MOST_PAGES = 3200 // 5
"""X gives no more than an account's last 3,200 posts; in the smallest pages it allows they are this many."""

POSTS_PER_DAY = 2.0
"""What an account is taken to post as long as nothing is known of it, for the estimate of a night's cost."""
NOT_FOUND = "Not Found Error"
UNAUTHORISED_FIELD = "Field Authorization Error"
DAYS_OF_PACE = 14


@dataclass(frozen=True)
class Prices:
    """US dollars for each resource returned (docs.x.com, "Pricing"), and what a night may cost; None is no limit."""

    post: float
    user: float
    night: float | None


def connect(settings: Settings) -> Reader | None:
    if settings.x_bearer_token is None:
        return None
    return XReader(
        Api(
            "x",
            settings.x_base_url,
            bearer=settings.x_bearer_token,
            **settings.asking,
        ),
        Prices(settings.x_usd_per_post_read, settings.x_usd_per_user_read, settings.x_nightly_budget_usd),
        asks_private_metrics=settings.x_private_metrics,
    )


class XReader(Reader):
    accounts_per_look_up = 100

    def __init__(self, api: Api, prices: Prices, *, asks_private_metrics: bool = False):
        self._api = api
        self._prices = prices
        self._post_fields = f"{POST_FIELDS},{PRIVATE_FIELDS}" if asks_private_metrics else POST_FIELDS
        self._refused_fields: set[str] = set()
        self._budget = Budget(None)
        self._users_read = self._left_out = 0
        self._estimate = 0.0

    def close(self) -> None:
        self._api.close()

    def prepare(self, accounts: Sequence[Registered], landing: Landing, window: Window, start: datetime) -> None:
        """Plan the night: from when each timeline is new, and which known posts are read again."""
        days = [
            day
            for n in range((window.end - start.date()).days + 1)
            if (day := start.date() + timedelta(n)) < window.start
        ]
        self._read_until = _read_until(landing, days, start)
        known = _known_posts(landing, days, start)
        self._author = dict(known.select("id", "author_id").iter_rows())
        self._referenced = {
            post_id: {"type": kind, "id": referenced}
            for post_id, kind, referenced in known.select("id", "referenced_type", "referenced_id").iter_rows()
            if kind
        }
        self._due = due(known.select(KNOWN_POSTS.keys()), window.end_at)["id"].to_list()
        most = None
        if self._prices.night is not None:
            most = max(math.floor((self._prices.night - len(accounts) * self._prices.user) / self._prices.post), 0)
        self._budget = Budget(most)
        self._start = self._first_start(accounts, start, window, most)
        self._estimate = self._estimated(accounts, landing, days, window)
        log.info(
            "x: about $%.2f%s, with %s known posts due again",
            self._estimate,
            "" if self._prices.night is None else f" of the night's ${self._prices.night:.2f}",
            f"{len(self._due):,}",
        )

    def _estimated(self, accounts: Sequence[Registered], landing: Landing, days: list[date], window: Window) -> float:
        """What the night will cost in US dollars: new posts after each account's own pace of late, and those due."""
        recent = days[-DAYS_OF_PACE:]
        posts = landing.read(POSTS, recent, columns=["id", "author_id", "created_at"])
        since = datetime.combine(window.start - timedelta(DAYS_OF_PACE), datetime.min.time())
        read = landing.read(PLATFORM.timelines, recent, columns=["account_native_id", "window_start", "window_end"])
        covered = (
            read.with_columns(pl.col("window_start").clip(since))
            .filter(pl.col("window_start") < pl.col("window_end"))
            .group_by(author_id="account_native_id")
            .agg((pl.col("window_end").max() - pl.col("window_start").min()).dt.total_seconds().alias("seconds"))
        )
        paces = dict(
            posts.filter(pl.col("created_at") >= since)
            .group_by("author_id")
            .agg(pl.col("id").n_unique().alias("posts"))
            .join(covered, on="author_id")
            .select("author_id", pl.col("posts") * 86_400 / pl.col("seconds"))
            .iter_rows()
        )
        new = sum(
            paces.get(account.native_id, POSTS_PER_DAY)
            * ((window.end_at - self._read_until.get(account.native_id or "", self._start)) / timedelta(days=1))
            for account in accounts
        )
        estimate = self._usd(round(new) + len(self._due), len(accounts))
        return estimate if self._prices.night is None else min(estimate, self._prices.night)

    def _first_start(
        self, accounts: Sequence[Registered], start: datetime, window: Window, most: int | None
    ) -> datetime:
        """From when an account is read that was never read before: ``start``, or as far back as the budget goes."""
        unread = sum(account.native_id not in self._read_until for account in accounts)
        if most is None or not unread:
            return start
        days = max(0.8 * most / (unread * POSTS_PER_DAY), 1)
        return max(start, window.end_at - timedelta(days=days))

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
        answer = self._api.get(path, {parameter: ",".join(names), "user.fields": USER_FIELDS}, limit=path)
        answered = set()
        for user in objects(answer.body, "data"):
            answered |= {str(user.get("id")), str(user.get("username")).lower()}
            native_id = user.get("id")
            self._users_read += 1
            yield Profile(str(native_id) if looks_like(NATIVE_ID, native_id) else "", user, answer.observed_at)
        for error in objects(answer.body, "errors"):
            name = str(error.get("value") or error.get("resource_id"))
            answered.add(name.lower())
            yield Lost(name, _problem(error))
        for name in names:
            if name.lower() not in answered:
                yield Lost(name, "x: X was asked for this account and said nothing of it")

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        """What the account posted since its timeline was last read. Where money or the token ends in the middle,
        the newest of it, which is paid for; the rest is asked for the next night."""
        user_id = profile.native_id
        start = self._read_until.get(user_id, self._start)
        posts: list[dict] = []
        token, read_at = None, profile.observed_at
        pages = Pages("x", user_id, MOST_PAGES)
        while True:
            params = {
                "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "post.fields": self._post_fields,
                "expansions": "referenced_posts",
            } | ({"pagination_token": token} if token else {})
            try:
                # A page may bring as many referenced posts again, and they cost the same.
                reserved = self._budget.reserve(2 * POSTS_PER_PAGE, 2 * FEWEST_POSTS_PER_PAGE)
                answer = self._paid(
                    f"2/users/{user_id}/tweets",
                    params | {"max_results": reserved // 2},
                    "2/users/{id}/tweets",
                    reserved,
                )
            except (BudgetSpent, TokenRefused) as error:
                oldest = min((at for post in posts if (at := utc(post.get("created_at")))), default=None)
                if oldest is None:
                    raise
                # Other posts of that second may be on the page that was not read.
                return Reading(posts, oldest + timedelta(seconds=1), end, read_at, cut_short=error)
            read_at = answer.observed_at
            page, token = _page(answer, user_id)
            posts += [{"author_id": user_id} | post for post in page]
            if token is None:
                return Reading(posts, start, end, read_at)
            token = pages.turn({str(post.get("id")) for post in page}, token)

    def due(self) -> list[list[str]]:
        """As many of the due posts as the timelines have left money for, the likeliest to have gained first."""
        affordable = self._due[: self._budget.left]
        self._left_out = len(self._due) - len(affordable)
        return [affordable[first : first + POSTS_PER_LOOK_UP] for first in range(0, len(affordable), POSTS_PER_LOOK_UP)]

    def read_again(self, portion: list[str]) -> Rereading:
        """Posts by their ids, and as ``missing_posts`` those that X does not give any more, with its reasons."""
        reserved = self._budget.reserve(len(portion), len(portion))
        params = {"ids": ",".join(portion), "post.fields": self._post_fields}
        answer = self._paid("2/tweets", params, "2/tweets", reserved)
        posts = []
        for post in objects(answer.body, "data"):
            post_id = str(post.get("id"))
            # What it answers or quotes was told, and paid for, when it was new.
            beside = {"referenced_posts": [self._referenced[post_id]]} if post_id in self._referenced else {}
            posts.append({"author_id": self._author.get(post_id)} | beside | post)
        missing = [
            {"id": post_id, "author_id": self._author[post_id]}
            | {name: error[name] for name in ("title", "detail") if name in error}
            for error in objects(answer.body, "errors")
            if error.get("title") != UNAUTHORISED_FIELD and (post_id := error.get("resource_id")) in self._author
        ]
        return Rereading(posts, answer.observed_at, {"missing_posts": missing})

    def _paid(self, path: str, params: dict, limit: str, reserved: int) -> Answer:
        """The answer to a request for posts, its cost settled whether it comes or not."""
        read = 0
        try:
            answer = self._api.get(path, params, limit=limit)
            read = len(objects(answer.body, "data")) + len(objects(answer.body.get("includes"), "posts"))
            self._refused_fields |= {
                str(error.get("field"))
                for error in objects(answer.body, "errors")
                if error.get("title") == UNAUTHORISED_FIELD
            }
            return answer
        finally:
            self._budget.settle(reserved, read)

    def findings(self) -> list[Finding]:
        told = [
            Finding(Concern.METRIC, name, f"x: {name} are refused for this token; they need one of the account's owner")
            for name in sorted(self._refused_fields)
        ]
        if self._left_out:
            told.append(
                Finding(
                    Concern.BUDGET,
                    f"{self._left_out:,} posts",
                    f"x: ${self._prices.night:.2f} a night (SIFARAT_X_NIGHTLY_BUDGET_USD) leave {self._left_out:,} "
                    "posts unread that were due again; those expected to have gained most were read",
                )
            )
        return told

    def figures(self) -> dict[str, int | float]:
        return {
            "posts_read": self._budget.spent,
            "users_read": self._users_read,
            "usd_estimated": round(self._estimate, 2),
            "usd": round(self._usd(self._budget.spent, self._users_read), 2),
        }

    def _usd(self, posts: int, users: int) -> float:
        return posts * self._prices.post + users * self._prices.user


def _read_until(landing: Landing, days: list[date], start: datetime) -> dict[str, datetime]:
    """Until when each account's timeline is read without a gap, of what lies after ``start``."""
    told = landing.read(PLATFORM.timelines, days, columns=["account_native_id", "window_start", "window_end"])
    until: dict[str, datetime] = {}
    for account, begins, ends in told.sort("window_start", "window_end").drop("date").iter_rows():
        begins, ends = begins.replace(tzinfo=UTC), ends.replace(tzinfo=UTC)
        if account not in until or begins <= until[account]:
            until[account] = max(ends, until.get(account, ends))
    return {account: moment for account, moment in until.items() if moment > start}


def _known_posts(landing: Landing, days: list[date], start: datetime) -> pl.DataFrame:
    """Posts made since ``start``, as they were last read, that may still gain: no reposts, none that are gone."""
    counts = ["like_count", "reply_count", "repost_count", "quote_count", "bookmark_count"]
    columns = ["id", "author_id", "created_at", "observed_at", "referenced_type", "referenced_id", *counts]
    gone = landing.read(MISSING_POSTS, days, columns=["id"])["id"]
    return (
        landing.read(POSTS, days, columns=columns)
        .filter(
            pl.col("created_at") >= start.replace(tzinfo=None),
            pl.col("referenced_type").ne_missing("retweeted"),
            pl.col("id").is_in(gone.implode()).not_(),
        )
        .sort("observed_at")
        .unique("id", keep="last", maintain_order=True)
        .with_columns(pl.sum_horizontal(counts).alias("engagements"))
    )


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
    extras=(MISSING_POSTS,),
)
