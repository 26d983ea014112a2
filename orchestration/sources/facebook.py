"""Facebook: the ministry's pages, their published posts with insights, and the pages' own daily insights.

Source: Meta's Graph API (``Page``, ``PagePost`` and ``InsightsResult`` of the Business SDK). A page is read with its
own token, which the system user's token gives. Times are UTC; Meta's days of insights are those of the Pacific.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from pydantic import SecretStr

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Landing, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, NotAsked, Refusal, TokenRefused
from orchestration.sources.meta import MOST_PAGES, NUMERIC_ID, Graph, by_name, is_invalid_metric, window_of
from orchestration.sources.metrics import AskedFor
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
    looks_like,
    objects,
    utc,
)

REACTIONS = ("like", "love", "care", "haha", "wow", "sad", "angry")

ACCOUNTS = Contract(
    "facebook",
    "accounts",
    (
        key("id", pattern=NUMERIC_ID),
        # A page has none until it chooses one.
        optional("username"),
        required("name"),
        optional("about"),
        optional("category"),
        optional("link"),
        optional("website"),
        optional("verification_status"),
        count("fan_count"),
        count("followers_count"),
    ),
    "One row per page and day observed, as Facebook describes it that day.",
)
POSTS = Contract(
    "facebook",
    "posts",
    (
        key("id", pattern=r"^[0-9]+_[0-9]+$"),
        required("page_id", pattern=NUMERIC_ID),
        optional("message"),
        required("created_time", TIMESTAMP),
        optional("permalink_url"),
        optional("status_type"),
        # What it shares, where it shares a post.
        optional("parent_id"),
        count("shares_count", "$.shares.count"),
        count("comments_count", "$.comments.summary.total_count"),
        count("reactions_count", "$.reactions.summary.total_count"),
        *(count(f"reactions_{kind}", f"$.reactions_{kind}.summary.total_count") for kind in REACTIONS),
        count("post_media_view", "$.insights_by_name.post_media_view"),
        count("post_total_media_view_unique", "$.insights_by_name.post_total_media_view_unique"),
        count("post_clicks", "$.insights_by_name.post_clicks"),
    ),
    "One row per published post and day observed, with its counts and lifetime insights as they stood.",
)
PAGE_INSIGHTS = Contract(
    "facebook",
    "page_insights",
    (
        key("page_id", pattern=NUMERIC_ID),
        key("name"),
        key("end_time", TIMESTAMP, paths=("$.values[0].end_time",)),
        count("value", "$.values[0].value"),
    ),
    "One row per page, metric and day that ends at end_time (a midnight of the Pacific), and day observed.",
)

PAGE_FIELDS = "id,name,username,about,category,link,website,verification_status,fan_count,followers_count"
POST_FIELDS = ",".join(
    [
        "id,message,created_time,permalink_url,status_type,parent_id,shares",
        "comments.limit(0).summary(total_count)",
        "reactions.limit(0).summary(total_count)",
        *(f"reactions.type({kind.upper()}).limit(0).summary(total_count).as(reactions_{kind})" for kind in REACTIONS),
    ]
)
MOST_DAYS_OF_INSIGHTS = timedelta(days=90)
"""Meta gives no more in one request."""


def connect(settings: Settings) -> Reader | None:
    if settings.meta_access_token is None:
        return None
    return FacebookReader(Graph("facebook", settings.facebook_base_url, settings, settings.meta_access_token))


class FacebookReader(Reader):
    def __init__(self, graph: Graph):
        self._graph = graph
        self._tokens: dict[str, SecretStr] = {}
        self._ids: dict[str, str] = {}
        self._post_metrics = AskedFor("facebook", "post", is_invalid_metric)
        self._page_metrics = AskedFor("facebook", "page", is_invalid_metric)
        self._without_insights: list[Finding] = []

    def close(self) -> None:
        self._graph.close()

    def prepare(self, accounts: Sequence[Registered], landing: Landing, window: Window, start: datetime) -> None:
        """Ask for the pages' own tokens; they are kept in memory and nowhere else."""
        turns = Pages("facebook", "the system user's pages", MOST_PAGES)
        for answer in self._graph.pages("me/accounts", {"fields": "id,username,access_token"}, turns):
            for page in objects(answer.body, "data"):
                page_id, token = str(page.get("id")), page.get("access_token")
                if isinstance(token, str):
                    self._tokens[page_id] = SecretStr(token)
                if isinstance(page.get("username"), str):
                    self._ids[page["username"].lower()] = page_id

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        for account in accounts:
            page_id = account.native_id or self._ids.get(account.handle.lower())
            if page_id not in self._tokens:
                yield Lost(
                    account.name,
                    f"facebook: {account.name} is not among the {len(self._tokens)} pages whose token me/accounts "
                    "gives: assign the page to the system user, with the tasks to view its content and insights",
                )
                continue
            with self._costs_only(page_id):
                answer = self._graph.get(page_id, {"fields": PAGE_FIELDS}, self._tokens[page_id])
            found = answer.body.get("id")
            yield Profile(found if looks_like(NUMERIC_ID, found) else "", answer.body, answer.observed_at)

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        page_id = profile.native_id
        posts, read_at = self._posts(page_id, start, end)
        return Reading(posts, start, end, read_at, {PAGE_INSIGHTS.table: self._insights(page_id, start, end)})

    def findings(self) -> list[Finding]:
        return [
            *self._graph.findings(),
            *self._post_metrics.findings,
            *self._page_metrics.findings,
            *self._without_insights,
        ]

    def _posts(self, page_id: str, start: datetime, end: datetime) -> tuple[list[dict], datetime]:
        """The posts made in ``[start, end)``, newest first, and when the last of them was told."""

        def timeline(metrics: Sequence[str]) -> list[Answer]:
            insights = (
                f",insights.metric({','.join(metrics)}).period(lifetime){{name,period,values}}" if metrics else ""
            )
            turns = Pages("facebook", page_id, MOST_PAGES)
            params = {"fields": POST_FIELDS + insights, **window_of(start, end)}
            return list(self._graph.pages(f"{page_id}/published_posts", params, turns, self._tokens[page_id]))

        with self._costs_only(page_id):
            answers = self._post_metrics.ask(timeline)
        posts = [
            {"page_id": page_id, **post, "insights_by_name": by_name(post.get("insights"))}
            for answer in answers
            for post in objects(answer.body, "data")
            if start <= (utc(post.get("created_time")) or start) < end
        ]
        return posts, answers[-1].observed_at

    def _insights(self, page_id: str, start: datetime, end: datetime) -> list[dict]:
        """The page's daily insights, one row per metric and day that ended in the window."""
        rows = []
        while start < end:
            until = min(start + MOST_DAYS_OF_INSIGHTS, end)
            rows += self._insights_of_days(page_id, start, until)
            start = until
        return rows

    def _insights_of_days(self, page_id: str, start: datetime, end: datetime) -> list[dict]:
        def ask(metrics: Sequence[str]) -> list[dict]:
            if not metrics:
                return []
            params = {"metric": ",".join(metrics), "period": "day", **window_of(start, end)}
            return objects(self._graph.get(f"{page_id}/insights", params, self._tokens[page_id]).body, "data")

        try:
            with self._costs_only(page_id):
                insights = self._page_metrics.ask(ask)
        except (Refusal, NotAsked) as untold:
            # The posts are there: what a page's insights are refused for costs only them.
            self._without_insights.append(Finding(Concern.METRIC, page_id, f"{untold}; its posts are landed"))
            return []
        return [
            {"page_id": page_id, "name": insight.get("name"), "period": insight.get("period"), "values": [value]}
            for insight in insights
            for value in objects(insight, "values")
            # A day that Meta has not counted yet comes without a value.
            if value.get("value") is not None
        ]

    @contextmanager
    def _costs_only(self, page_id: str) -> Generator[None]:
        """Makes a plain SourceError of TokenRefused: the token is one page's, and the other pages have their own."""
        try:
            yield
        except TokenRefused as refused:
            raise SourceError(f"{refused} (the token of page {page_id}; the other pages are read)") from None


PLATFORM = Platform(
    "facebook",
    "Facebook",
    launched=date(2004, 2, 4),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="username",
    followers="followers_count",
    author="page_id",
    posted_at="created_time",
    connect=connect,
    extras=(PAGE_INSIGHTS,),
)
