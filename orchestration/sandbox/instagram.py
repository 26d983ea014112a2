"""Instagram's business accounts as the sandbox speaks them: accounts, media and insights, in the Graph API's words.

Every third medium is an album, every third a reel. Insights of a young medium are not there yet.
"""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from orchestration.sandbox.meta import (
    Meta,
    Node,
    answered,
    fields_of,
    gone,
    insights,
    known,
    listed,
    refused,
    shown,
    told_time,
    values,
)
from orchestration.sandbox.ministry import Account, Ministry, Post
from orchestration.sandbox.server import Answer, Call

MOST_IDS = 50
EARLIEST_ID = 1_730_000_000_000_000_000
"""Taken off a post's id, which leaves 17 or 18 digits, as Instagram's have."""
INSIGHTS_AFTER = timedelta(hours=3)
KINDS = (("IMAGE", "FEED"), ("VIDEO", "REELS"), ("CAROUSEL_ALBUM", "FEED"))


class Instagram(Meta):
    """Instagram's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "instagram"

    def __init__(self, ministry: Ministry):
        super().__init__(ministry)
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/{version}/": answered(self.objects),
            "/{version}/me": answered(self.me),
            "/{version}/{id}/media": answered(self.media),
            "/{version}/{id}": answered(self.account),
        }

    def account(self, call: Call) -> dict[str, Any]:
        known(call, "fields")
        return shown(self._user(self._account(call), call), "ShadowIGUser", fields_of(call))

    def media(self, call: Call) -> dict[str, Any]:
        account, fields = self._account(call), fields_of(call)
        posts, following = self._posts(account, call)
        return listed(call, [shown(self._medium(post, call), "ShadowIGMedia", fields) for post in posts], following)

    def objects(self, call: Call) -> dict[str, Any]:
        """Many media by their ids; one that is gone, or a metric that one does not know, fails the whole request."""
        known(call, "ids", "fields")
        ids, fields = call.query.get("ids", "").split(","), fields_of(call)
        if len(ids) > MOST_IDS:
            raise refused(100, f"(#100) Too many IDs. Maximum: {MOST_IDS}. Provided: {len(ids)}")
        found = {media_id: post for media_id in ids if (post := self._post_of(media_id, call))}
        lost = [media_id for media_id in dict.fromkeys(ids) if media_id not in found]
        if lost:
            raise refused(803, f"(#803) Some of the aliases you requested do not exist: {', '.join(lost)}")
        return {media_id: shown(self._medium(post, call), "ShadowIGMedia", fields) for media_id, post in found.items()}

    def _account(self, call: Call) -> Account:
        account = self._ministry.account(call.path["id"], self.name)
        if account is None:
            raise gone(call.path["id"])
        return account

    def _post_of(self, media_id: str, call: Call) -> Post | None:
        if not media_id.isdecimal():
            return None
        post = self._ministry.post(str(int(media_id) + EARLIEST_ID), call.as_of)
        return post if post and post.author.platform == self.name else None

    def _user(self, account: Account, call: Call) -> Node:
        state = self._ministry.account_state(account, call.as_of)
        return values(
            id=account.native_id,
            username=account.handle,
            name=account.display_name,
            biography=account.description,
            website=account.website or None,
            has_profile_pic=account.has_picture,
            followers_count=state.followers,
            follows_count=state.following,
            media_count=state.posts,
        )

    def _medium(self, post: Post, call: Call) -> Node:
        counts, media_id = post.counts_at(call.as_of), media_id_of(post)
        media_type, product = kind_of(post)
        is_reel = product == "REELS"
        kind = product if is_reel else media_type
        code = format(int(media_id), "x")
        figures = {
            "views": counts.impressions,
            "reach": counts.impressions * 8 // 10,
            "saved": counts.bookmarks,
            "shares": counts.reposts,
            "total_interactions": counts.likes + counts.replies + counts.bookmarks + counts.reposts,
        }
        if is_reel:
            figures["ig_reels_avg_watch_time"] = 4200 + int(media_id) % 9000
        else:
            figures |= {"profile_visits": counts.likes // 9, "follows": counts.likes // 40}
        if call.as_of < post.created_at + INSIGHTS_AFTER:
            figures = dict.fromkeys(figures)
        return {
            **values(
                id=media_id,
                caption=html.unescape(post.text),
                media_type=media_type,
                media_product_type=product,
                permalink=f"https://www.instagram.com/{'reel' if is_reel else 'p'}/{code}/",
                shortcode=code,
                timestamp=told_time(post.created_at),
                like_count=counts.likes,
                comments_count=counts.replies,
            ),
            "insights": insights(call, figures, dict.fromkeys(figures, "lifetime"), media_id, kind),
        }


def media_id_of(post: Post) -> str:
    return str(int(post.id) - EARLIEST_ID)


def kind_of(post: Post) -> tuple[str, str]:
    """Media type and media product type."""
    return KINDS[int(post.id) % 3]


PROTOCOL = Instagram
