"""X API v2 as the sandbox speaks it: users, timelines and posts of the synthetic ministry.

Names, parameters and limits are those of X's API description 2.167 (``post.fields``, ``repost_count``,
``referenced_posts`` and the like); what it leaves open (defaults, wording of errors) is as X documents.
Answers app-only tokens: fields that need a user's consent are refused one by one, as X does.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from orchestration.sandbox import paging
from orchestration.sandbox.ministry import Account, Kind, Ministry, Post, snowflake_time
from orchestration.sandbox.server import Answer, Call, Limit, Refused

PROBLEMS = "https://api.x.com/2/problems/"
EARLIEST = datetime(2010, 11, 6, tzinfo=UTC)
SHORT_POST = 280


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


POST_FIELDS = _words(
    """
    article article_title attachments card_uri community_id context_annotations conversation_id
    created_at display_text_range edit_controls entities geo id lang matched_media_notes media_metadata
    non_public_metrics note_post note_request_suggestions organic_metrics paid_partnership
    possibly_sensitive promoted_metrics public_metrics reply_settings scopes source
    suggested_source_links suggested_source_links_with_counts text withheld
    """
)
USER_FIELDS = _words(
    """
    confirmed_email connection_status created_at description entities id is_identity_verified location
    name parody profile_banner_url profile_image_url protected public_metrics receives_your_dm
    subscribes_to_you subscription subscription_type url username verified verified_followers_count
    verified_type withheld
    """
)
MEDIA_FIELDS = _words(
    """
    alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url
    promoted_metrics public_metrics type url variants width
    """
)
POLL_FIELDS = _words("duration_minutes end_datetime id options voting_status")
PLACE_FIELDS = _words("contained_within country country_code full_name geo id name place_type")
POST_EXPANSIONS = _words(
    """
    article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet
    attachments.poll_ids author_id edit_history_post_ids entities.mentions.username geo.place_id
    in_reply_to_user_id referenced_posts username
    """
)
USER_EXPANSIONS = _words("affiliation most_recent_post_id pinned_post_id")
NEEDS_A_USERS_CONSENT = _words(
    """
    non_public_metrics organic_metrics promoted_metrics confirmed_email connection_status
    receives_your_dm subscribes_to_you subscription
    """
)

_USERNAME = r"[A-Za-z0-9_]{1,15}"
_ID = r"[0-9]{1,19}"


@dataclass(frozen=True)
class Parameter:
    """A query parameter: a value or a comma-separated list, ``allowed`` ones or what ``pattern`` matches."""

    allowed: frozenset[str] = frozenset()
    pattern: str = ".+"
    most: int = 100
    is_list: bool = True
    is_required: bool = False


POST_PARAMETERS = {
    "post.fields": Parameter(POST_FIELDS),
    "expansions": Parameter(POST_EXPANSIONS),
    "user.fields": Parameter(USER_FIELDS),
    "media.fields": Parameter(MEDIA_FIELDS),
    "poll.fields": Parameter(POLL_FIELDS),
    "place.fields": Parameter(PLACE_FIELDS),
}
USER_PARAMETERS = {
    "user.fields": Parameter(USER_FIELDS),
    "expansions": Parameter(USER_EXPANSIONS),
    "post.fields": Parameter(POST_FIELDS),
}
TIMELINE_PARAMETERS = POST_PARAMETERS | {
    "max_results": Parameter(pattern="[0-9]{1,9}", is_list=False),
    "pagination_token": Parameter(is_list=False),
    "start_time": Parameter(is_list=False),
    "end_time": Parameter(is_list=False),
    "since_id": Parameter(pattern=_ID, is_list=False),
    "until_id": Parameter(pattern=_ID, is_list=False),
    "exclude": Parameter(frozenset({"replies", "retweets"})),
}
_IDS = Parameter(pattern=_ID, is_required=True)
_USERNAMES = Parameter(pattern=_USERNAME, is_required=True)


@dataclass
class Page:
    """What goes beside ``data``: objects asked for by expansion, and X's errors for single objects."""

    wanted: Mapping[str, list[str]]
    users: dict[str, dict] = field(default_factory=dict)
    posts: dict[str, dict] = field(default_factory=dict)
    errors: list[dict] = field(default_factory=list)

    def wants(self, parameter: str, value: str) -> bool:
        return value in self.wanted.get(parameter, ())

    def body(self, data: Any, meta: dict | None = None) -> dict[str, Any]:
        includes = {
            name: list(objects.values()) for name, objects in (("users", self.users), ("posts", self.posts)) if objects
        }
        parts = {"data": data, "includes": includes, "errors": self.errors, "meta": meta}
        return {name: part for name, part in parts.items() if part}


class X:
    """X's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "x"
    # Of an app, per endpoint and 15 minutes (docs.x.com, "Rate limits", GET /2/users/:id/tweets).
    limit = Limit(1500, 900, is_per_route=True)

    def __init__(self, ministry: Ministry):
        self.ministry = ministry
        self.posts_given = self.users_given = 0
        """What X would charge for; posts and users beside those asked for count too."""
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/2/users/by": self.users_by_usernames,
            "/2/users/by/username/{username}": self.user_by_username,
            "/2/users": self.users_by_ids,
            "/2/users/{id}/tweets": self.timeline,
            "/2/users/{id}": self.user_by_id,
            "/2/tweets": self.posts_by_ids,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {"x_base_url": base_url, "x_bearer_token": SecretStr(token)}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return headers.get("authorization") == f"Bearer {token}"

    def refusal(self, status: int) -> Answer:
        title = {
            401: "Unauthorized",
            404: "Not Found",
            429: "Too Many Requests",
            500: "Internal Server Error",
            503: "Service Unavailable",
        }[status]
        return Answer(
            {"title": title, "detail": title, "type": "about:blank", "status": status},
            status,
            media_type="application/problem+json",
        )

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(remaining),
            "x-rate-limit-reset": str(reset),
        }

    def users_by_usernames(self, call: Call) -> Answer:
        page = Page(_checked(call.query, USER_PARAMETERS | {"usernames": _USERNAMES}))
        return self._users(call, page, "usernames", self.ministry.account_named)

    def users_by_ids(self, call: Call) -> Answer:
        page = Page(_checked(call.query, USER_PARAMETERS | {"ids": _IDS}))
        return self._users(call, page, "ids", self.ministry.account)

    def user_by_username(self, call: Call) -> Answer:
        page = Page(_checked(call.query, USER_PARAMETERS))
        return self._user(call, page, "username", _USERNAME, self.ministry.account_named)

    def user_by_id(self, call: Call) -> Answer:
        page = Page(_checked(call.query, USER_PARAMETERS))
        return self._user(call, page, "id", _ID, self.ministry.account)

    def posts_by_ids(self, call: Call) -> Answer:
        page = Page(_checked(call.query, POST_PARAMETERS | {"ids": _IDS}))
        found = []
        for post_id in dict.fromkeys(page.wanted["ids"]):
            post = self.ministry.post(post_id, call.as_of)
            if post:
                found.append(self._post_object(post, call.as_of, page))
            else:
                page.errors.append(_not_found("post", "ids", post_id))
        self._charge(found, page)
        return Answer(page.body(found))

    def timeline(self, call: Call) -> Answer:
        page = Page(_checked(call.query, TIMELINE_PARAMETERS))
        user_id = _path_value(call, "id", _ID)
        how_many = int(_single(page.wanted, "max_results") or 10)
        if not 5 <= how_many <= 100:
            raise _invalid("max_results", [str(how_many)], f"[{how_many}] is not between 5 and 100")
        start, end = _moment(page.wanted, "start_time"), _moment(page.wanted, "end_time")
        if start and end and start >= end:
            raise _invalid("start_time", [call.query["start_time"]], "must be before `end_time`")
        account = self.ministry.account(user_id)
        if account is None:
            page.errors.append(_not_found("user", "id", user_id))
            return Answer(page.body(None))

        token = _single(page.wanted, "pagination_token")
        newest, oldest = _single(page.wanted, "until_id"), _single(page.wanted, "since_id")
        if newest and not end:
            # The id says when: nothing newer need be generated to be left out.
            end = _made_by(newest)
        unwanted = {{"replies": Kind.REPLY, "retweets": Kind.RETWEET}[kind] for kind in page.wanted.get("exclude", [])}

        def is_wanted(post: Post) -> bool:
            return (
                post.kind not in unwanted
                and (not newest or int(post.id) < int(newest))
                and (not oldest or int(post.id) > int(oldest))
            )

        try:
            given, following = paging.page(self.ministry, account, call, how_many, token, start, end, is_wanted)
        except paging.BadCursor as bad:
            raise _invalid("pagination_token", [str(bad)], f"value [{bad}] is not valid") from None
        meta: dict[str, Any] = {"result_count": len(given)}
        if given:
            meta |= {"newest_id": given[0].id, "oldest_id": given[-1].id}
        if following:
            meta["next_token"] = following
        found = [self._post_object(post, call.as_of, page) for post in given]
        self._charge(found, page)
        return Answer(page.body(found, meta))

    def _charge(self, posts: list[dict], page: Page) -> None:
        self.posts_given += len(posts) + len(page.posts)
        self.users_given += len(page.users)

    def _users(self, call: Call, page: Page, parameter: str, find: Callable[[str], Account | None]) -> Answer:
        found = []
        for value in dict.fromkeys(page.wanted[parameter]):
            account = find(value)
            if account:
                found.append(self._user_object(account, call.as_of, page))
            else:
                page.errors.append(_not_found("user", parameter, value))
        self.users_given += len(found)
        self.posts_given += len(page.posts)
        return Answer(page.body(found))

    def _user(
        self, call: Call, page: Page, parameter: str, pattern: str, find: Callable[[str], Account | None]
    ) -> Answer:
        value = _path_value(call, parameter, pattern)
        account = find(value)
        if account is None:
            page.errors.append(_not_found("user", parameter, value))
            return Answer(page.body(None))
        return Answer(page.body(self._user_object(account, call.as_of, page)))

    def _user_object(self, account: Account, as_of: datetime, page: Page) -> dict[str, Any]:
        state, mission = self.ministry.account_state(account, as_of), account.mission
        known = {
            "created_at": _told(account.created_at),
            "description": account.description,
            "location": f"{mission.city}, {mission.country}",
            "url": account.website,
            "profile_image_url": f"https://example.org/missions/{mission.mission_id}.png"
            if account.has_picture
            else "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png",
            "protected": False,
            "verified": account.is_verified,
            "verified_type": "government" if account.is_verified else "none",
            "is_identity_verified": False,
            "parody": False,
            "public_metrics": {
                "followers_count": state.followers,
                "following_count": state.following,
                "post_count": state.posts,
                "listed_count": state.listed,
                "like_count": state.likes_given,
                "media_count": state.media,
            },
        }
        user = {"id": account.native_id, "name": account.display_name, "username": account.handle}
        user |= _chosen(known, "user", "user.fields", account.native_id, page)
        expansions = {"pinned_post_id": self._pinned, "most_recent_post_id": self._most_recent}
        for expansion, find in expansions.items():
            if page.wants("expansions", expansion) and (post := find(account, as_of)):
                user[expansion] = post.id
                page.posts[post.id] = self._post_object(
                    post, as_of, Page({"post.fields": page.wanted.get("post.fields", [])})
                )
        return user

    def _most_recent(self, account: Account, as_of: datetime) -> Post | None:
        return next(self.ministry.timeline(account, as_of), None)

    def _pinned(self, account: Account, as_of: datetime) -> Post | None:
        """Two accounts in three pin something: the last original of the month before."""
        if account.number % 3 == 2:
            return None
        month = as_of.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        earlier = self.ministry.timeline(account, as_of, month - timedelta(days=28), month)
        return next((post for post in earlier if post.kind is Kind.ORIGINAL), None)

    def _post_object(self, post: Post, as_of: datetime, page: Page) -> dict[str, Any]:
        counts = post.counts_at(as_of)
        is_long = len(html.unescape(post.text)) > SHORT_POST
        text = (
            f"{post.text[: SHORT_POST - 26].rsplit(' ', 1)[0]}… https://t.co/{post.id[-10:]}" if is_long else post.text
        )
        known = {
            "created_at": _told(post.created_at),
            "conversation_id": post.conversation_id,
            "lang": post.lang,
            "possibly_sensitive": False,
            "reply_settings": "everyone",
            "entities": _entities(text),
            "display_text_range": [0, len(text)],
            "edit_controls": {
                "edits_remaining": 5,
                "is_edit_eligible": post.kind is Kind.ORIGINAL,
                "editable_until": _told(post.created_at + timedelta(hours=1)),
            },
            "public_metrics": {
                "repost_count": counts.reposts,
                "reply_count": counts.replies,
                "like_count": counts.likes,
                "quote_count": counts.quotes,
                "bookmark_count": counts.bookmarks,
                "impression_count": counts.impressions,
            },
        }
        if is_long:
            known["note_post"] = {"text": post.text}
        body = {"id": post.id, "text": text, "edit_history_post_ids": [post.id]}
        body |= _chosen(known, "post", "post.fields", post.id, page)
        return body | self._expanded(post, as_of, page)

    def _expanded(self, post: Post, as_of: datetime, page: Page) -> dict[str, Any]:
        """What expansions add to a post; the objects themselves go to the page's includes.

        The people whom missions answer are not of the ministry: their ids are given, their objects are not.
        """
        added: dict[str, Any] = {}
        user_fields = Page({"user.fields": page.wanted.get("user.fields", [])})
        if page.wants("expansions", "author_id"):
            added["author_id"] = post.author.native_id
            if post.author.native_id not in page.users:
                page.users[post.author.native_id] = self._user_object(post.author, as_of, user_fields)
        if page.wants("expansions", "username"):
            added["username"] = post.author.handle
        if page.wants("expansions", "in_reply_to_user_id") and post.in_reply_to_user_id:
            added["in_reply_to_user_id"] = post.in_reply_to_user_id
        if page.wants("expansions", "referenced_posts") and post.referenced_id:
            added["referenced_posts"] = [{"type": str(post.kind), "id": post.referenced_id}]
            if post.target and post.target.exists_at(as_of):
                post_fields = Page({"post.fields": page.wanted.get("post.fields", [])})
                page.posts[post.target.id] = self._post_object(post.target, as_of, post_fields)
            elif post.target:
                page.errors.append(_not_found("post", "referenced_posts", post.target.id))
        return added


def _chosen(known: dict, resource: str, parameter: str, resource_id: str, page: Page) -> dict[str, Any]:
    """The fields asked for; X leaves out what an object has not, and says which it may not tell."""
    for name in page.wanted.get(parameter, ()):
        if name in NEEDS_A_USERS_CONSENT:
            page.errors.append(
                {
                    "resource_type": resource,
                    "field": name,
                    "parameter": parameter,
                    "resource_id": resource_id,
                    "section": "data",
                    "title": "Field Authorization Error",
                    "detail": f"Sorry, you are not authorized to access '{name}' on the {resource}.",
                    "type": PROBLEMS + "not-authorized-for-field",
                }
            )
    return {name: known[name] for name in page.wanted.get(parameter, ()) if name in known}


def _entities(text: str) -> dict[str, list[dict]]:
    kinds = {
        "hashtags": (r"#(\w+)", "tag"),
        "mentions": (r"@(\w{1,15})", "username"),
        "urls": (r"(https://t\.co/\w+)", "url"),
    }
    found = {
        name: [{"start": hit.start(), "end": hit.end(), key: hit[1]} for hit in re.finditer(pattern, text)]
        for name, (pattern, key) in kinds.items()
    }
    return {name: hits for name, hits in found.items() if hits}


def _checked(query: Mapping[str, str], known: Mapping[str, Parameter]) -> dict[str, list[str]]:
    """The query's values by parameter. Raises Refused with X's 400 for what X would not take."""
    wanted = {}
    for name, text in query.items():
        parameter = known.get(name)
        if parameter is None:
            raise _invalid(name, [text], f"is not one of [{', '.join(known)}]")
        values = text.split(",") if parameter.is_list else [text]
        if len(values) > parameter.most:
            raise _invalid(name, [text], f"has {len(values)} values, and {parameter.most} are allowed")
        for value in values:
            if parameter.allowed and value not in parameter.allowed:
                raise _invalid(name, [value], f"value [{value}] is not one of [{', '.join(sorted(parameter.allowed))}]")
            if not re.fullmatch(parameter.pattern, value):
                raise _invalid(name, [value], f"value [{value}] does not match ^{parameter.pattern}$")
        wanted[name] = values
    for name, parameter in known.items():
        if parameter.is_required and name not in wanted:
            raise _invalid(name, [], "can not be empty")
    return wanted


def _single(wanted: Mapping[str, list[str]], name: str) -> str | None:
    return wanted[name][0] if name in wanted else None


def _path_value(call: Call, name: str, pattern: str) -> str:
    value = call.path[name]
    if not re.fullmatch(pattern, value):
        raise _invalid(name, [value], f"value [{value}] does not match ^{pattern}$")
    return value


def _moment(wanted: Mapping[str, list[str]], name: str) -> datetime | None:
    text = _single(wanted, name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or "T" not in text:
        raise _invalid(name, [text], f"value [{text}] is not a valid RFC3339 date-time")
    if moment < EARLIEST:
        raise _invalid(name, [text], "must be on or after 2010-11-06")
    return moment


def _made_by(post_id: str) -> datetime:
    """A moment by which a post with a smaller id was made."""
    return snowflake_time(post_id) + timedelta(seconds=1)


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _not_found(resource: str, parameter: str, value: str) -> dict[str, str]:
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + "resource-not-found",
    }


def _invalid(parameter: str, values: list[str], complaint: str) -> Refused:
    return Refused(
        Answer(
            {
                "errors": [
                    {
                        "parameters": {parameter: values},
                        "message": f"The `{parameter}` query parameter {complaint}",
                    }
                ],
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": PROBLEMS + "invalid-request",
            },
            400,
            media_type="application/problem+json",
        )
    )


PROTOCOL = X
