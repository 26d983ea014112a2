"""A Mastodon server as the sandbox speaks it: accounts and their public statuses, in the words of API 4.7.

It answers for every account of the ministry as that account's home server would. Content is HTML as Mastodon
writes it; a boost is a status of its own that carries the boosted one. As on a real server a limit beyond 40
gives 40, and parameters that it does not know are passed over.
"""

import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from orchestration.sandbox import paging
from orchestration.sandbox.ministry import Account, Kind, Ministry, Post
from orchestration.sandbox.server import Answer, Call, Limit, Refused

DEFAULT_LIMIT, MOST = 20, 40
_ID = r"[0-9]{1,19}"
_LINK = re.compile(r"(?P<url>https://[^\s<]+)|(?<![\w/&])#(?P<tag>\w+)|(?<![\w/])@(?P<name>\w+)")


class Mastodon:
    """Mastodon's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "mastodon"
    # Of an IP address, over all endpoints (docs.joinmastodon.org, "Rate limits").
    limit = Limit(300, 300)

    def __init__(self, ministry: Ministry):
        self._ministry = ministry
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/api/v1/accounts/lookup": self.lookup,
            "/api/v1/accounts/{id}": self.account,
            "/api/v1/accounts/{id}/statuses": self.statuses,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {"mastodon_base_url": base_url}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        """What is public is for all; a token that is shown must be good."""
        return headers.get("authorization") in (None, f"Bearer {token}")

    def refusal(self, status: int) -> Answer:
        error = {
            401: "The access token is invalid",
            404: "Record not found",
            422: "Validation failed",
            429: "Too many requests",
            500: "We're sorry, but something went wrong on our end.",
            503: "There was a temporary problem serving your request, please try again",
        }[status]
        return Answer({"error": error}, status)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{datetime.fromtimestamp(reset, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        }

    def lookup(self, call: Call) -> Answer:
        acct = call.query.get("acct", "").lower()
        for account in self._ministry.accounts_on("mastodon"):
            if acct in (account.handle, _name(account)):
                return Answer(self._account(account, call.as_of))
        raise Refused(self.refusal(404))

    def account(self, call: Call) -> Answer:
        return Answer(self._account(self._found(call), call.as_of))

    def statuses(self, call: Call) -> Answer:
        account, limit, max_id = self._found(call), call.query.get("limit", ""), call.query.get("max_id")
        size = min(int(limit), MOST) if limit.isdecimal() else DEFAULT_LIMIT
        if max_id and not re.fullmatch(_ID, max_id):
            raise Refused(self.refusal(422))
        posts, cursor = paging.page(self._ministry, account, call, size, max_id and paging.cursor_below(max_id))
        body = [self._status(post, call.as_of) for post in posts]
        if not posts:
            return Answer(body)
        own = f"https://{_server(account)}/api/v1/accounts/{account.native_id}/statuses?limit={size}"
        links = [f'<{own}&min_id={posts[0].id}>; rel="prev"']
        if cursor:
            links.insert(0, f'<{own}&max_id={_max_id(cursor, max_id, posts)}>; rel="next"')
        return Answer(body, headers={"Link": ", ".join(links)})

    def _found(self, call: Call) -> Account:
        account = self._ministry.account(call.path["id"], "mastodon")
        if account is None:
            raise Refused(self.refusal(404))
        return account

    def _account(self, account: Account, as_of: datetime) -> dict[str, Any]:
        state, name, server = self._ministry.account_state(account, as_of), _name(account), _server(account)
        last = next(self._ministry.timeline(account, as_of), None)
        picture = f"https://{server}/avatars/{account.mission.mission_id if account.has_picture else 'missing'}.png"
        link = f'<a href="{account.website}" rel="me nofollow noopener" translate="no">{account.website}</a>'
        verified_at = f"{account.created_at:%Y-%m-%d}T00:00:00.000+00:00" if account.is_verified else None
        return {
            "id": account.native_id,
            "username": name,
            "acct": name,
            "display_name": account.display_name,
            "locked": False,
            "bot": False,
            "group": False,
            "discoverable": True,
            "indexable": True,
            "noindex": False,
            # Mastodon tells only the day.
            "created_at": f"{account.created_at:%Y-%m-%d}T00:00:00.000Z",
            "note": f"<p>{html.escape(account.description)}</p>",
            "uri": f"https://{server}/users/{name}",
            "url": f"https://{server}/@{name}",
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "followers_count": state.followers,
            "following_count": state.following,
            "statuses_count": state.posts,
            "last_status_at": f"{last.created_at:%Y-%m-%d}" if last else None,
            "emojis": [],
            "fields": [{"name": "Website", "value": link, "verified_at": verified_at}] if account.website else [],
        }

    def _status(self, post: Post, as_of: datetime) -> dict[str, Any]:
        counts = post.counts_at(as_of)
        is_boost = post.kind is Kind.RETWEET
        server, name = _server(post.author), _name(post.author)
        uri = f"https://{server}/users/{name}/statuses/{post.id}"
        quoted = self._status(post.passed_on, as_of) if post.kind is Kind.QUOTE else None
        return {
            "id": post.id,
            "created_at": f"{post.created_at:%Y-%m-%dT%H:%M:%S}.000Z",
            "edited_at": None,
            "in_reply_to_id": post.referenced_id if post.kind is Kind.REPLY else None,
            "in_reply_to_account_id": post.in_reply_to_user_id,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": None if is_boost else post.lang,
            "uri": f"{uri}/activity" if is_boost else uri,
            "url": f"{uri}/activity" if is_boost else f"https://{server}/@{name}/{post.id}",
            "replies_count": 0 if is_boost else counts.replies,
            "reblogs_count": 0 if is_boost else counts.reposts,
            "favourites_count": 0 if is_boost else counts.likes,
            "quotes_count": 0 if is_boost else counts.quotes,
            "content": "" if is_boost else _content(post),
            "reblog": self._status(post.passed_on, as_of) if is_boost else None,
            "quote": {"state": "accepted", "quoted_status": quoted} if quoted else None,
            "account": self._account(post.author, as_of),
            "media_attachments": [],
            "mentions": [],
            "tags": [],
            "emojis": [],
            "card": None,
            "poll": None,
        }


def _name(account: Account) -> str:
    return account.handle.split("@")[0]


def _server(account: Account) -> str:
    return account.handle.split("@")[1]


def _max_id(cursor: str, asked: str | None, posts: list[Post]) -> str | None:
    """The id below which the cursor's page begins. This page again is asked for by ever another id, one that no
    post has, just above the page's first."""
    before, repeats = paging.position_of(cursor)
    if not repeats:
        return before
    first = int(posts[0].id)
    return str((int(asked) if asked and int(asked) - first < 1000 else first) + 1)


def _content(post: Post) -> str:
    """The text as Mastodon's HTML: paragraphs, line breaks, and links whose middle alone is shown."""
    marked = html.escape(html.unescape(post.text)).replace("&#x27;", "&#39;")
    marked = _LINK.sub(lambda found: _link(found, _server(post.author)), marked)
    paragraphs = (paragraph.replace("\n", "<br />") for paragraph in marked.split("\n\n"))
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _link(found: re.Match, server: str) -> str:
    if found["url"]:
        shown = found["url"].removeprefix("https://")
        return (
            f'<a href="{found["url"]}" target="_blank" rel="nofollow noopener" translate="no">'
            f'<span class="invisible">https://</span><span class="">{shown}</span>'
            '<span class="invisible"></span></a>'
        )
    if found["tag"]:
        tag = found["tag"]
        return f'<a href="https://{server}/tags/{tag}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
    name = found["name"]
    address = f"https://{server}/@{name}"
    return (
        f'<span class="h-card" translate="no"><a href="{address}" class="u-url mention">@<span>{name}</span></a></span>'
    )


PROTOCOL = Mastodon
