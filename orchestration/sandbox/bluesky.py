"""Bluesky's AppView as the sandbox speaks it: profiles and author feeds, in the words of the lexicons.

A repost is an item of the feed whose ``post`` is somebody else's, with a ``reason``; replies and quotes are posts.
"""

import html
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from orchestration.sandbox.ministry import Account, Kind, Ministry, Post
from orchestration.sandbox.paging import BadCursor, page
from orchestration.sandbox.server import Answer, Call, Limit, Refused

MOST_ACTORS = 25
FILTERS = (
    "posts_with_replies",
    "posts_no_replies",
    "posts_with_media",
    "posts_and_author_threads",
    "posts_with_video",
)
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"


class Bluesky:
    """Bluesky's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "bluesky"
    # Of an IP address, over all endpoints (docs.bsky.app, "Rate Limits").
    limit = Limit(3000, 300)

    def __init__(self, ministry: Ministry):
        self._ministry = ministry
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/xrpc/app.bsky.actor.getProfiles": self.profiles,
            "/xrpc/app.bsky.feed.getAuthorFeed": self.author_feed,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {"bluesky_base_url": base_url}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return True

    def refusal(self, status: int) -> Answer:
        error, message = {
            401: ("ExpiredToken", "Token has expired"),
            404: ("XRPCNotSupported", "XRPCNotSupported"),
            429: ("RateLimitExceeded", "Rate Limit Exceeded"),
            500: ("InternalServerError", "Internal Server Error"),
            503: ("UpstreamFailure", "Upstream Failure"),
        }[status]
        return Answer({"error": error, "message": message}, status)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(remaining),
            "RateLimit-Reset": str(reset),
            "RateLimit-Policy": f"{limit};w=300",
        }

    def profiles(self, call: Call) -> Answer:
        _known(call, "actors")
        actors = call.query.getlist("actors")
        if not 1 <= len(actors) <= MOST_ACTORS:
            raise _invalid(f"actors must have at least 1 and not more than {MOST_ACTORS} elements")
        found = [self._actor(actor) for actor in dict.fromkeys(actors)]
        return Answer({"profiles": [self._profile(account, call.as_of) for account in found if account]})

    def author_feed(self, call: Call) -> Answer:
        _known(call, "actor", "limit", "cursor", "filter", "includePins")
        size = call.query.get("limit", "50")
        if not size.isdecimal() or not 1 <= int(size) <= 100:
            raise _invalid("limit must be between 1 and 100")
        if call.query.get("filter", FILTERS[0]) != FILTERS[0]:
            raise _invalid("the sandbox knows only the filter posts_with_replies")
        account = self._actor(call.query.get("actor", ""))
        if account is None:
            raise _invalid("Profile not found")
        try:
            posts, cursor = page(self._ministry, account, call, int(size), call.query.get("cursor"))
        except BadCursor:
            raise _invalid("Malformed cursor") from None
        body: dict[str, Any] = {"feed": [self._item(post, call.as_of) for post in posts]}
        return Answer(body | ({"cursor": cursor} if cursor else {}))

    def _actor(self, actor: str) -> Account | None:
        return self._ministry.account(actor, "bluesky") or self._ministry.account_named(actor, "bluesky")

    def _profile(self, account: Account, as_of: datetime) -> dict[str, Any]:
        state = self._ministry.account_state(account, as_of)
        picture = f"https://cdn.example.org/{account.mission.mission_id}.png"
        verifications = {"verifications": [], "verifiedStatus": "valid", "trustedVerifierStatus": "none"}
        return {
            **_author(account),
            "description": account.description,
            **({"website": account.website} if account.website else {}),
            **({"avatar": picture} if account.has_picture else {}),
            **({"verification": verifications} if account.is_verified else {}),
            "followersCount": state.followers,
            "followsCount": state.following,
            "postsCount": state.posts,
            "createdAt": _told(account.created_at),
            "indexedAt": _told(account.created_at),
            "labels": [],
        }

    def _item(self, post: Post, as_of: datetime) -> dict[str, Any]:
        if post.kind is Kind.RETWEET:
            reason = {
                "$type": "app.bsky.feed.defs#reasonRepost",
                "by": _author(post.author),
                "uri": _uri(post, "app.bsky.feed.repost"),
                "indexedAt": _told(post.created_at),
            }
            return {"post": self._view(post.passed_on, as_of), "reason": reason}
        return {"post": self._view(post, as_of)}

    def _view(self, post: Post, as_of: datetime) -> dict[str, Any]:
        counts = post.counts_at(as_of)
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "text": html.unescape(post.text),
            "createdAt": _told(post.created_at),
            "langs": [post.lang],
        }
        view: dict[str, Any] = {
            "uri": _uri(post),
            "cid": "bafyrei" + _rkey(post.id) * 4,
            "author": _author(post.author),
            "record": record,
            "bookmarkCount": counts.bookmarks,
            "replyCount": counts.replies,
            "repostCount": counts.reposts,
            "likeCount": counts.likes,
            "quoteCount": counts.quotes,
            "indexedAt": _told(post.created_at + timedelta(seconds=1)),
            "labels": [],
        }
        if post.kind is Kind.REPLY and post.referenced_id:
            parent = {"uri": f"at://did:plc:citizen/app.bsky.feed.post/{_rkey(post.referenced_id)}", "cid": "bafyrei"}
            record["reply"] = {"root": parent, "parent": parent}
        if post.kind is Kind.QUOTE:
            quoted = {"$type": "app.bsky.embed.record#viewRecord", "uri": _uri(post.passed_on), "cid": "bafyrei"}
            view["embed"] = {"$type": "app.bsky.embed.record#view", "record": quoted}
        return view


def _author(account: Account) -> dict[str, str]:
    return {"did": account.native_id, "handle": account.handle, "displayName": account.display_name}


def _uri(post: Post, collection: str = "app.bsky.feed.post") -> str:
    return f"at://{post.author.native_id}/{collection}/{_rkey(post.id)}"


def _rkey(post_id: str) -> str:
    """Thirteen letters that sort as the ids do."""
    number, letters = int(post_id), ""
    for _ in range(13):
        number, digit = divmod(number, 32)
        letters = _SORTABLE[digit] + letters
    return letters


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _known(call: Call, *parameters: str) -> None:
    for name in call.query:
        if name not in parameters:
            raise _invalid(f"{name} is no parameter of this method")


def _invalid(message: str) -> Refused:
    return Refused(Answer({"error": "InvalidRequest", "message": message}, 400))


PROTOCOL = Bluesky
