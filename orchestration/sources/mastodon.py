"""Mastodon: the registered accounts and their public posts, each asked for at its home server.

Source: Mastodon API 4.7 (``/api/v1/accounts/…``). A handle is ``name@server``; other servers know only part of an
account's posts, so each server is asked for its own. No credentials are needed. Times are UTC. A timeline holds
the account's posts and replies, and boosts: records of their own that carry the boosted post.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import httpx
import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, Refusal, TokenRefused, Unreachable
from orchestration.sources.platform import (
    MOST_FAILURES_IN_A_ROW,
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
    utc,
)

NATIVE_ID = r"^[0-9]{1,19}$"
HANDLE = r"^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$"

ACCOUNTS = Contract(
    "mastodon",
    "accounts",
    (
        key("id", pattern=NATIVE_ID),
        # A server names its own accounts without itself: name and server are put together beside the payload.
        required("handle"),
        required("server"),
        optional("display_name"),
        optional("note"),
        optional("url"),
        # The table of the profile as JSON: name, value in HTML, and when the server verified the link.
        optional("fields"),
        optional("avatar"),
        optional("created_at", TIMESTAMP),
        optional("locked", pl.Boolean),
        optional("bot", pl.Boolean),
        optional("limited", pl.Boolean),
        optional("moved_to", paths=("$.moved.acct",)),
        optional("last_status_at", pl.Date),
        count("followers_count"),
        count("following_count"),
        count("statuses_count"),
    ),
    "One row per account and day observed, as its home server describes it that day.",
)
POSTS = Contract(
    "mastodon",
    "posts",
    (
        key("id", pattern=NATIVE_ID),
        required("account_id", pattern=NATIVE_ID),
        required("created_at", TIMESTAMP),
        optional("edited_at", TIMESTAMP),
        # A boost has no words of its own.
        optional("content", paths=("$.reblog.content", "$.content")),
        optional("spoiler_text", paths=("$.reblog.spoiler_text", "$.spoiler_text")),
        optional("language", paths=("$.reblog.language", "$.language")),
        optional("url"),
        optional("visibility"),
        optional("sensitive", pl.Boolean),
        optional("in_reply_to_id"),
        optional("reblog_id", paths=("$.reblog.id",)),
        optional("quote_state", paths=("$.quote.state",)),
        optional("quoted_id", paths=("$.quote.quoted_status.id", "$.quote.quoted_status_id")),
        count("replies_count"),
        count("reblogs_count"),
        count("favourites_count"),
        # Servers older than 4.5 do not tell it.
        count("quotes_count"),
    ),
    "One row per post, reply or boost and day observed, with its counts as they stood.",
)

POSTS_PER_PAGE = 40
MOST_PAGES = 500
GONE = (404, 410)


def connect(settings: Settings) -> Reader:
    return MastodonReader(settings)


class MastodonReader(Reader):
    """Each server has its own limits and may be down by itself, so each has an Api of its own."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._lock = threading.Lock()
        self._apis: dict[str, Api] = {}
        self._failures: Counter[str] = Counter()
        self._given_up: dict[str, SourceError] = {}
        self._servers: dict[str, str] = {}
        self._findings: list[Finding] = []
        if settings.mastodon_token and not settings.mastodon_token_server:
            told = "mastodon: a token is set and SIFARAT_MASTODON_TOKEN_SERVER is not, so it is sent to no server"
            self._findings.append(Finding(Concern.CREDENTIAL, "token", told))

    def close(self) -> None:
        for api in self._apis.values():
            api.close()

    def findings(self) -> list[Finding]:
        return self._findings

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        for account in accounts:
            yield self._account(account)

    def _account(self, account: Registered) -> Profile | Lost:
        """By id where one is known, which finds a renamed account too, else by name."""
        if not looks_like(HANDLE, account.handle):
            return Lost(account.name, f"mastodon: {account.handle!r} is no name@server: not asked for")
        if account.native_id and not looks_like(NATIVE_ID, account.native_id):
            return Lost(account.name, f"mastodon: {account.native_id!r}, registered for {account.handle}, is no id")
        name, server = account.handle.lower().split("@")
        path, params = (
            (f"api/v1/accounts/{account.native_id}", {})
            if account.native_id
            else ("api/v1/accounts/lookup", {"acct": name})
        )
        try:
            answer = self._ask(server, path, params)
        except Refusal as refusal:
            if refusal.status in GONE:
                return Lost(account.name, f"mastodon: {server} has no account {account.name}: {refusal}")
            raise
        return self._profile(account, server, answer)

    def _profile(self, account: Registered, server: str, answer: Answer) -> Profile | Lost:
        given = answer.body
        if given.get("suspended") is True:
            # Its timeline is given empty, which would read as the deletion of every post.
            return Lost(account.name, f"mastodon: {account.handle} is suspended by its server")
        native_id = given["id"] if looks_like(NATIVE_ID, given.get("id")) else ""
        handle = f"{str(given.get('acct')).split('@')[0]}@{server}"
        with self._lock:
            home = self._servers.setdefault(native_id, server) if native_id else server
        if home != server:
            # Each server counts for itself; two accounts of one id would be taken for one.
            return Lost(account.name, f"mastodon: {handle} has the id {native_id}, as an account of {home} has")
        moved = given.get("moved")
        if isinstance(moved, dict):
            self._tell(handle, f"mastodon: {handle} has moved to {moved.get('acct')}: register that one too")
        if given.get("limited") is True:
            self._tell(handle, f"mastodon: {handle} is limited by its server, so few see what it posts")
        return Profile(native_id, given | {"handle": handle, "server": server}, answer.observed_at)

    def _tell(self, handle: str, reason: str) -> None:
        self._findings.append(Finding(Concern.ACCOUNT, handle, reason))

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        """Newest first, until a page ends before ``start``: a timeline cannot be asked for a time."""
        native_id, server = profile.native_id, profile.payload["server"]
        posts, max_id = [], None
        pages = Pages("mastodon", profile.payload["handle"], MOST_PAGES)
        while True:
            answer = self._ask(
                server,
                f"api/v1/accounts/{native_id}/statuses",
                {"limit": POSTS_PER_PAGE} | ({"max_id": max_id} if max_id else {}),
                expect=list,
            )
            page = answer.body
            if not all(isinstance(status, dict) for status in page):
                raise SourceError(f"mastodon: the timeline of {native_id} at {server} came with posts that are none")
            asked_for = (status for status in page if _is_public(status) and start <= _posted_at(status, end) < end)
            posts += [{"account_id": native_id} | status for status in asked_for]
            following = answer.links.get("next")
            if following is None or (page and _posted_at(page[-1], end) < start):
                return Reading(posts, start, end, answer.observed_at)
            # Nothing else of the link is used: whatever host it names, only the home server is asked.
            max_id = httpx.URL(following).params.get("max_id")
            if not max_id:
                raise SourceError(f"mastodon: the timeline of {native_id} at {server} goes on, but does not say where")
            pages.turn({str(status.get("id")) for status in page}, max_id)

    def _ask(self, server: str, path: str, params: Mapping[str, Any], expect: type = dict) -> Answer:
        """A server that is down, or refuses us altogether, is a SourceError of its own accounts: the other servers
        are asked nevertheless. Raises Refusal for what is wrong with this one request."""
        if server in self._given_up:
            raise SourceError(f"mastodon: {server} is not asked again, since before it: {self._given_up[server]}")
        try:
            answer = self._api(server).get(path, params, expect=expect)
        except (Refusal, Unreachable) as error:
            is_refused = isinstance(error, TokenRefused)
            if isinstance(error, Refusal) and error.status < 500 and not is_refused:
                raise
            told = SourceError(f"{error} (asked at {server})")
            with self._lock:
                self._failures[server] += 1
                if is_refused or self._failures[server] >= MOST_FAILURES_IN_A_ROW:
                    self._given_up.setdefault(server, told)
            raise told from None
        self._failures[server] = 0
        return answer

    def _api(self, server: str) -> Api:
        with self._lock:
            if server not in self._apis:
                settings = self._settings
                is_the_tokens = server == (settings.mastodon_token_server or "").lower()
                self._apis[server] = Api(
                    "mastodon",
                    settings.mastodon_base_url.replace("{server}", server),
                    bearer=settings.mastodon_token if is_the_tokens else None,
                    **settings.asking,
                )
            return self._apis[server]


def _is_public(status: dict) -> bool:
    """A token of the account's own also shows posts for followers and private messages, which are left alone."""
    return status.get("visibility", "public") in ("public", "unlisted")


def _posted_at(status: dict, end: datetime) -> datetime:
    """One that tells no time is taken for the newest, and so reaches quarantine."""
    return utc(status.get("created_at")) or end - datetime.resolution


PLATFORM = Platform(
    "mastodon",
    "Mastodon",
    # The oldest account of the oldest server.
    launched=date(2016, 3, 16),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="handle",
    followers="followers_count",
    author="account_id",
    posted_at="created_at",
    connect=connect,
)
