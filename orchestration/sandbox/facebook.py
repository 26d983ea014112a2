"""Facebook's pages as the sandbox speaks them: pages, published posts and insights, in the Graph API's words.

Each page has a token of its own, told by ``me/accounts``; its posts and insights are given to no other.
"""

import hashlib
import html
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.sandbox.meta import (
    Asked,
    Meta,
    Node,
    answered,
    bearer,
    counted,
    fields_of,
    gone,
    insights,
    known,
    listed,
    moment,
    refused,
    shown,
    size,
    told_time,
    values,
)
from orchestration.sandbox.ministry import Account, Ministry, Post
from orchestration.sandbox.server import Answer, Call

PACIFIC = ZoneInfo("America/Los_Angeles")
REACTION_SHARES = {"LOVE": 8, "CARE": 40, "HAHA": 50, "WOW": 60, "SAD": 90, "ANGRY": 70}
"""One of so many reactions is of the kind; the rest are likes."""
MOST_PAGES_GIVEN = 40
"""Meta gives fewer of a list than it was asked for as it pleases."""
MOST_DAYS = 93


class Facebook(Meta):
    """Facebook's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "facebook"

    def __init__(self, ministry: Ministry):
        super().__init__(ministry)
        secret = secrets.token_hex(16)
        self.page_tokens = {
            account.native_id: "EAAP" + hashlib.sha256(f"{secret}{account.native_id}".encode()).hexdigest()
            for account in ministry.accounts_on(self.name)
        }
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/{version}/me/accounts": answered(self.accounts),
            "/{version}/me": answered(self.me),
            "/{version}/{id}/published_posts": answered(self.published_posts),
            "/{version}/{id}/insights": answered(self.insights),
            "/{version}/{id}": answered(self.page),
        }

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return super().is_authorised(headers, token) or bearer(headers) in self.page_tokens.values()

    def accounts(self, call: Call) -> dict[str, Any]:
        """The pages that are assigned to the system user, with their tokens."""
        known(call, "fields", "limit", "after")
        accounts, cursor = self._ministry.accounts_on(self.name), call.query.get("after", "0")
        if not cursor.isdecimal():
            raise refused(100, "(#100) Invalid cursor")
        first = int(cursor)
        beyond = first + min(size(call), MOST_PAGES_GIVEN)
        told = [shown(self._page(account, call), "Page", fields_of(call)) for account in accounts[first:beyond]]
        return listed(call, told, str(beyond) if beyond < len(accounts) else None)

    def page(self, call: Call) -> dict[str, Any]:
        known(call, "fields")
        return shown(self._page(self._account(call), call), "Page", fields_of(call))

    def published_posts(self, call: Call) -> dict[str, Any]:
        account, fields = self._own(call), fields_of(call)
        posts, following = self._posts(account, call)
        return listed(call, [shown(self._post(post, call), "Post", fields) for post in posts], following)

    def insights(self, call: Call) -> dict[str, Any]:
        account = self._own(call)
        known(call, "metric", "period", "since", "until")
        since, until = moment(call, "since"), moment(call, "until")
        if call.query.get("period") != "day" or since is None or until is None:
            raise refused(100, "(#100) The sandbox has only the period day, of a window with since and until")
        if until - since > timedelta(days=MOST_DAYS):
            raise refused(100, f"(#100) There cannot be more than {MOST_DAYS} days between since and until")
        figures = self._daily(account, since, min(until, call.as_of))
        asked = Asked("insights", {"metric": call.query.get("metric", "")}, ())
        return insights(call, figures, dict.fromkeys(figures, "day"), account.native_id)(asked)

    def _account(self, call: Call) -> Account:
        account = self._ministry.account(call.path["id"], self.name)
        if account is None:
            raise gone(call.path["id"])
        return account

    def _own(self, call: Call) -> Account:
        """The page, which must be asked for with its own token."""
        account = self._account(call)
        if bearer(call.headers) != self.page_tokens[account.native_id]:
            raise refused(190, "A Page access token is required for this call", subcode=2069032)
        return account

    def _page(self, account: Account, call: Call) -> Node:
        state = self._ministry.account_state(account, call.as_of)
        return values(
            id=account.native_id,
            name=account.display_name,
            username=account.handle,
            about=account.description,
            category="Government Organization",
            link=f"https://www.facebook.com/{account.native_id}",
            website=account.website or None,
            verification_status="blue_verified" if account.is_verified else "not_verified",
            fan_count=state.followers * 97 // 100,
            followers_count=state.followers,
            access_token=self.page_tokens[account.native_id],
        )

    def _post(self, post: Post, call: Call) -> Node:
        counts, post_id = post.counts_at(call.as_of), f"{post.author.native_id}_{post.id}"
        reactions = reactions_of(counts.likes)
        shares = counts.reposts + counts.quotes
        figures = {
            "post_media_view": counts.impressions,
            "post_total_media_view_unique": counts.impressions * 7 // 10,
            "post_clicks": counts.impressions // 50,
        }
        return {
            **values(
                id=post_id,
                message=html.unescape(post.text),
                created_time=told_time(post.created_at),
                permalink_url=f"https://www.facebook.com/{post.author.native_id}/posts/{post.id}",
                # A link is a "shared story" too; only the share of a post has a parent.
                status_type=("added_photos", "shared_story", "added_video")[int(post.id) % 3],
                parent_id=None,
                # Not there at all until somebody shares it.
                shares={"count": shares} if shares else None,
            ),
            "comments": counted(call, lambda kind: counts.replies),
            "reactions": counted(call, lambda kind: reactions[kind] if kind else counts.likes, list(reactions)),
            "insights": insights(call, figures, dict.fromkeys(figures, "lifetime"), post_id),
        }

    def _daily(self, account: Account, since: datetime, until: datetime) -> dict[str, list[dict]]:
        """Each metric's days that ended in ``(since, until]``; a day ends at midnight in California."""
        day, days = since.astimezone(PACIFIC).date(), []
        while (ended := datetime.combine(day, time(), PACIFIC).astimezone(UTC)) <= until:
            if ended > since:
                before, after = (self._followers(account, at) for at in (ended - timedelta(days=1), ended))
                days.append((before, after, told_time(ended)))
            day += timedelta(days=1)
        told = {
            "page_media_view": lambda before, after: after // 3 + after % 11,
            "page_total_media_view_unique": lambda before, after: after // 5,
            "page_follows": lambda before, after: after,
            "page_daily_follows": lambda before, after: max(after - before, 0),
            "page_post_engagements": lambda before, after: after // 60,
        }
        return {
            name: [{"value": figure(before, after), "end_time": ended} for before, after, ended in days]
            for name, figure in told.items()
        }

    def _followers(self, account: Account, at: datetime) -> int:
        return self._ministry.account_state(account, at).followers


def reactions_of(total: int) -> dict[str, int]:
    """The kinds of so many reactions."""
    others = {kind: total // share for kind, share in REACTION_SHARES.items()}
    return {"LIKE": total - sum(others.values())} | others


PROTOCOL = Facebook
