"""YouTube as the sandbox speaks it: Data API v3 and Analytics API v2 over one base URL, in Google's words.

A post is a video, and its impressions are the video's views. Derived from the ids: some channels hide their
subscribers, some videos their likes, some have comments off, some are private, and some are gone already while the
playlist still lists them. Days of analytics are Pacific ones and come three days late.
"""

import base64
import binascii
import html
import random
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from orchestration.sandbox.ministry import Account, Ministry, Post
from orchestration.sandbox.paging import BadCursor, page
from orchestration.sandbox.server import Answer, Call, FaultKind, Limit, Refused

PACIFIC = ZoneInfo("America/Los_Angeles")
MOST_IDS = 50
ANALYTICS_LAG = timedelta(days=3)
WATCHED_FOR = timedelta(days=60)
"""After so long a video adds nothing worth counting to a day's analytics."""

GLOBAL_PARAMETERS = ("alt", "fields", "key", "prettyPrint", "quotaUser")
CHANNEL_PARTS = ("id", "snippet", "statistics", "contentDetails", "status")
ITEM_PARTS = ("id", "snippet", "contentDetails", "status")
VIDEO_PARTS = ("id", "snippet", "statistics", "contentDetails", "status", "liveStreamingDetails")
METRICS = (
    "views",
    "estimatedMinutesWatched",
    "averageViewDuration",
    "likes",
    "comments",
    "shares",
    "subscribersGained",
    "subscribersLost",
)


class YouTube:
    """YouTube's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "youtube"
    # A project's daily quota, in units; each list costs one (developers.google.com/youtube/v3, "Quota costs").
    limit = Limit(10_000, 86_400)

    def __init__(self, ministry: Ministry):
        self._ministry = ministry
        self._by_uploads = {_uploads(account): account for account in ministry.accounts_on("youtube")}
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/youtube/v3/channels": self.channels,
            "/youtube/v3/playlistItems": self.playlist_items,
            "/youtube/v3/videos": self.videos,
            "/v2/reports": self.report,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {
            "youtube_base_url": base_url,
            "youtube_api_key": SecretStr(token),
            "youtube_analytics_base_url": base_url,
            "youtube_analytics_token": SecretStr(token),
        }

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return headers.get("x-goog-api-key") == token or headers.get("authorization") == f"Bearer {token}"

    def refusal(self, status: int) -> Answer:
        code, domain, reason, message, told = {
            # Google refuses an API key with 400.
            401: (400, "global", "badRequest", "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
            404: (404, "global", "notFound", "Requested entity was not found.", "NOT_FOUND"),
            429: (403, "usageLimits", "rateLimitExceeded", "Rate Limit Exceeded", "PERMISSION_DENIED"),
            500: (500, "global", "backendError", "Internal error encountered.", "INTERNAL"),
            503: (503, "global", "backendError", "The service is currently unavailable.", "UNAVAILABLE"),
        }[status]
        answer = _error(code, domain, reason, message, told)
        if status == 401:
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            answer.body["error"]["details"] = [info | {"domain": "googleapis.com"}]
        return answer

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {}

    def channels(self, call: Call) -> Answer:
        _known(call, "part", "id", "forHandle", "maxResults")
        parts = _parts(call, CHANNEL_PARTS, "channel")
        if _filter(call, "id", "forHandle") == "id":
            accounts = [self._ministry.account(channel, "youtube") for channel in _ids(call)]
        else:
            handle = call.query["forHandle"].removeprefix("@")
            accounts = [self._ministry.account_named(handle, "youtube")]
        given = [_taken(self._channel(account, call.as_of), parts) for account in accounts if account]
        # A list that finds nothing has no items at all.
        return _list("channel", len(given), {"items": given} if given else {})

    def playlist_items(self, call: Call) -> Answer:
        _known(call, "part", "playlistId", "maxResults", "pageToken")
        parts = _parts(call, ITEM_PARTS, "playlistItem")
        size = _size(call)
        _filter(call, "playlistId")
        account = self._by_uploads.get(call.query["playlistId"])
        if account is None:
            message = "The playlist identified with the request's playlistId parameter cannot be found."
            raise Refused(_error(404, "youtube.playlistItem", "playlistNotFound", message, "NOT_FOUND"))
        try:
            posts, token = page(self._ministry, account, call, size, call.query.get("pageToken"))
        except BadCursor:
            message = "The request specifies an invalid page token."
            raise _bad("youtube.parameter", "invalidPageToken", message) from None
        listed = sorted(posts, key=_uploaded_at, reverse=True)
        items = [_taken(_item(post), parts) for post in listed]
        total = self._ministry.account_state(account, call.as_of).posts
        return _list("playlistItem", total, ({"nextPageToken": token} if token else {}) | {"items": items})

    def videos(self, call: Call) -> Answer:
        _known(call, "part", "id", "maxResults")
        parts = _parts(call, VIDEO_PARTS, "video")
        _filter(call, "id")
        posts = [self._post(video, call.as_of) for video in _ids(call)]
        given = [_taken(_video(post, call.as_of), parts) for post in posts if post and is_public(post)]
        return _list("video", len(given), {"items": given})

    def report(self, call: Call) -> Answer:
        if not call.headers.get("authorization", "").startswith("Bearer "):
            message = "Request is missing required authentication credential. Expected OAuth 2 access token."
            raise Refused(_error(401, "global", "required", message, "UNAUTHENTICATED"))
        _known(call, "ids", "startDate", "endDate", "metrics", "dimensions", "sort")
        for name in ("ids", "startDate", "endDate", "metrics"):
            if not call.query.get(name):
                raise _bad("global", "required", f"Required parameter: {name}")
        for name in ("dimensions", "sort"):
            if call.query.get(name, "day") != "day":
                raise _bad("global", "badRequest", f"Unknown identifier ({call.query[name]}) given in field {name}.")
        names = call.query["metrics"].split(",")
        for name in names:
            is_retired = call.commits(FaultKind.RETIRED_METRIC, name)
            if name not in METRICS or is_retired:
                raise _bad("global", "badRequest", f"Unknown identifier ({name}) given in field parameters.metrics.")
        channel = re.fullmatch("channel==(.+)", call.query["ids"])
        account = self._ministry.account(channel[1], "youtube") if channel else None
        if account is None:
            raise Refused(_error(403, "global", "forbidden", "Forbidden", "PERMISSION_DENIED"))
        first, last = _date(call, "startDate"), _date(call, "endDate")
        rows = self.daily(account, first, last, call.as_of)
        headers = [{"name": "day", "columnType": "DIMENSION", "dataType": "STRING"}]
        headers += [{"name": name, "columnType": "METRIC", "dataType": "INTEGER"} for name in names]
        return Answer(
            {
                "kind": "youtubeAnalytics#resultTable",
                "columnHeaders": headers,
                "rows": [[row["day"], *(row[name] for name in names)] for row in rows],
            }
        )

    def daily(self, account: Account, first: date, last: date, as_of: datetime) -> list[dict[str, Any]]:
        """What each day added to the counts of the channel's videos; restated likes make a day negative."""
        last = min(last, (as_of - ANALYTICS_LAG).astimezone(PACIFIC).date())
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [self._day(account, day) for day in days]

    def _day(self, account: Account, day: date) -> dict[str, Any]:
        start, end = _midnight(day), _midnight(day + timedelta(days=1))
        posts = list(self._ministry.timeline(account, end, start - WATCHED_FOR))
        before = [post.counts_at(start) for post in posts if post.created_at <= start]
        after = [post.counts_at(end) for post in posts]

        def added(name: str) -> int:
            return sum(getattr(counts, name) for counts in after) - sum(getattr(counts, name) for counts in before)

        chance = random.Random(f"watched|{account.native_id}|{day}")
        seconds, left = chance.randrange(40, 240), chance.randrange(5)
        gained = self._followers(account, end) - self._followers(account, start) + left
        return {
            "day": day.isoformat(),
            "views": added("impressions"),
            "estimatedMinutesWatched": added("impressions") * seconds // 60,
            "averageViewDuration": seconds,
            "likes": added("likes"),
            "comments": added("replies"),
            "shares": added("reposts"),
            "subscribersGained": max(gained, 0),
            "subscribersLost": left + max(-gained, 0),
        }

    def _followers(self, account: Account, moment: datetime) -> int:
        return self._ministry.account_state(account, moment).followers

    def _post(self, video: str, as_of: datetime) -> Post | None:
        number = post_id(video)
        post = self._ministry.post(number, as_of) if number else None
        return post if post and post.author.platform == "youtube" else None

    def _channel(self, account: Account, as_of: datetime) -> dict[str, Any]:
        state = self._ministry.account_state(account, as_of)
        is_hidden = hides_subscribers(account)
        return {
            "kind": "youtube#channel",
            "etag": _etag(account.native_id),
            "id": account.native_id,
            "snippet": {
                "title": account.display_name,
                "description": account.description,
                "customUrl": f"@{account.handle.lower()}",
                "publishedAt": _told(account.created_at),
                "thumbnails": {},
                "localized": {"title": account.display_name, "description": account.description},
                "country": account.mission.country_code,
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": _uploads(account)}},
            "statistics": {
                "viewCount": str(state.posts * 900),
                "hiddenSubscriberCount": is_hidden,
                "videoCount": str(state.posts),
            }
            | ({} if is_hidden else {"subscriberCount": str(rounded(state.followers))}),
            "status": {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "longUploadsUnspecified"},
        }


def video_id(post: Post) -> str:
    """The 64 bits of the post's id in eleven letters."""
    return base64.urlsafe_b64encode(int(post.id).to_bytes(8, "big")).decode().rstrip("=")


def post_id(video: str) -> str | None:
    try:
        number = int.from_bytes(base64.urlsafe_b64decode(video + "="), "big")
    except (binascii.Error, ValueError):
        return None
    return str(number) if len(video) == 11 else None


def rounded(subscribers: int) -> int:
    """Three significant figures, rounded down, as YouTube tells subscribers."""
    unit = 10 ** max(len(str(subscribers)) - 3, 0)
    return subscribers // unit * unit


def hides_subscribers(account: Account) -> bool:
    return zlib.crc32(account.native_id.encode()) % 13 == 0


def hides_likes(post: Post) -> bool:
    return _lot(post, 17) == 0


def has_comments_off(post: Post) -> bool:
    return _lot(post, 19) == 0


def is_public(post: Post) -> bool:
    return not _is_private(post) and not _is_gone(post)


def _is_private(post: Post) -> bool:
    """Listed without its name and time of publication."""
    return _lot(post, 37) == 0


def _is_gone(post: Post) -> bool:
    """Listed still, and given no more."""
    return _lot(post, 37) == 1


def _lot(post: Post, of: int) -> int:
    return zlib.crc32(f"{of}|{post.id}".encode()) % of


def _uploads(account: Account) -> str:
    return "UU" + account.native_id.removeprefix("UC")


def _uploaded_at(post: Post) -> datetime:
    """Some videos were uploaded days before they were published."""
    return post.created_at - timedelta(days=3 if _lot(post, 5) == 0 else 0)


def _item(post: Post) -> dict[str, Any]:
    is_private = _is_private(post)
    title, description = ("Private video", "This video is private.") if is_private else _words(post)
    video = video_id(post)
    content = {"videoId": video} | ({} if is_private else {"videoPublishedAt": _told(post.created_at)})
    owner = {} if is_private else {"videoOwnerChannelId": post.author.native_id}
    return {
        "kind": "youtube#playlistItem",
        "etag": _etag(video),
        "id": base64.b64encode(f"{_uploads(post.author)}.{video}".encode()).decode(),
        "snippet": {
            "publishedAt": _told(_uploaded_at(post)),
            "channelId": post.author.native_id,
            "title": title,
            "description": description,
            "thumbnails": {},
            "channelTitle": post.author.display_name,
            "playlistId": _uploads(post.author),
            "position": 0,
            "resourceId": {"kind": "youtube#video", "videoId": video},
        }
        | owner,
        "contentDetails": content,
        "status": {"privacyStatus": "private" if is_private else "public"},
    }


def _video(post: Post, as_of: datetime) -> dict[str, Any]:
    counts = post.counts_at(as_of)
    title, description = _words(post)
    seconds = 15 + _lot(post, 5000)
    started = post.created_at - timedelta(seconds=seconds)
    live = {"actualStartTime": _told(started), "actualEndTime": _told(post.created_at)}
    return {
        "kind": "youtube#video",
        "etag": _etag(post.id),
        "id": video_id(post),
        "snippet": {
            "publishedAt": _told(post.created_at),
            "channelId": post.author.native_id,
            "title": title,
            "description": description,
            "thumbnails": {},
            "channelTitle": post.author.display_name,
            "categoryId": "25",
            "liveBroadcastContent": "none",
            "localized": {"title": title, "description": description},
            "defaultAudioLanguage": post.lang,
        },
        "contentDetails": {
            "duration": _duration(seconds),
            "dimension": "2d",
            "definition": "hd",
            "caption": "false",
            "licensedContent": False,
            "contentRating": {},
            "projection": "rectangular",
        },
        "status": {
            "uploadStatus": "processed",
            "privacyStatus": "public",
            "license": "youtube",
            "embeddable": True,
            "publicStatsViewable": not hides_likes(post),
            "madeForKids": False,
        },
        "statistics": {"viewCount": str(counts.impressions), "favoriteCount": "0"}
        | ({} if hides_likes(post) else {"likeCount": str(counts.likes)})
        | ({} if has_comments_off(post) else {"commentCount": str(counts.replies)}),
    } | ({"liveStreamingDetails": live} if _lot(post, 11) == 0 else {})


def _words(post: Post) -> tuple[str, str]:
    """A title, of which YouTube allows 100 characters, and the whole as the description."""
    text = html.unescape(post.text)
    return text if len(text) <= 100 else text[:99] + "…", text


def _duration(seconds: int) -> str:
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    told = "".join(f"{number}{letter}" for number, letter in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return f"PT{told}"


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PACIFIC).astimezone(UTC)


def _etag(what: str) -> str:
    return f"{zlib.crc32(what.encode()):08x}"


def _list(kind: str, total: int, rest: dict[str, Any]) -> Answer:
    info = {"totalResults": total, "resultsPerPage": len(rest.get("items", []))}
    return Answer({"kind": f"youtube#{kind}ListResponse", "etag": _etag(kind), "pageInfo": info} | rest)


def _taken(resource: dict[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    """Kind, etag and id, and the parts asked for."""
    return {name: value for name, value in resource.items() if name in ("kind", "etag", "id", *parts)}


def _known(call: Call, *parameters: str) -> None:
    for name in call.query:
        if name not in (*parameters, *GLOBAL_PARAMETERS):
            raise _bad("global", "badRequest", f'Invalid JSON payload received. Unknown name "{name}"')


def _parts(call: Call, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    if call.commits(FaultKind.QUOTA_ENDED):
        message = "The request cannot be completed because you have exceeded your quota."
        raise Refused(_error(403, "youtube.quota", "quotaExceeded", message, "PERMISSION_DENIED"))
    parts = tuple(part for given in call.query.getlist("part") for part in given.split(",") if part)
    if not parts:
        raise _bad("youtube.parameter", "missingRequiredParameter", "No values for parameter part")
    for part in parts:
        if part not in known:
            raise _bad(f"youtube.{what}", "unknownPart", f"'{part}'")
    return parts


def _filter(call: Call, *names: str) -> str:
    """The one filter that the call chooses."""
    chosen = [name for name in names if name in call.query]
    if len(chosen) != 1:
        message = f"No filter selected. Expected one of: {', '.join(names)}"
        raise _bad("youtube.parameter", "missingRequiredParameter", message)
    return chosen[0]


def _ids(call: Call) -> list[str]:
    ids = [one for given in call.query.getlist("id") for one in given.split(",") if one]
    if len(ids) > MOST_IDS:
        raise _bad("youtube.parameter", "invalidFilters", "The request specifies an invalid filter parameter.")
    return list(dict.fromkeys(ids))


def _size(call: Call) -> int:
    given = call.query.get("maxResults", "5")
    if not given.isdecimal() or int(given) > 50:
        message = f"Invalid value '{given}'. Values must be within the range: [0, 50]"
        raise _bad("global", "invalidParameter", message)
    return int(given)


def _date(call: Call, name: str) -> date:
    try:
        return datetime.strptime(call.query[name], "%Y-%m-%d").date()
    except ValueError:
        message = f"Invalid value '{call.query[name]}'. Values must match the following regular expression: "
        raise _bad("global", "invalidParameter", message + "'[0-9]{4}-[0-9]{2}-[0-9]{2}'") from None


def _bad(domain: str, reason: str, message: str) -> Refused:
    return Refused(_error(400, domain, reason, message, "INVALID_ARGUMENT"))


def _error(code: int, domain: str, reason: str, message: str, status: str) -> Answer:
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return Answer({"error": {"code": code, "message": message, "errors": errors, "status": status}}, code)


PROTOCOL = YouTube
