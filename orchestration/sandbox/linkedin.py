"""LinkedIn's versioned API as the sandbox speaks it: organisations, their posts, and share statistics.

In the words of the Community Management documentation and of Rest.li 2.0: text is in LinkedIn's "little" format,
lists are written ``List(a,b)`` with encoded values, and what a request may not hold is refused as a field that is
not permitted. The token's member administers all of the ministry's pages, and none of other organisations.
"""

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, unquote

from pydantic import SecretStr

from orchestration.sandbox.ministry import Account, Ministry, Post
from orchestration.sandbox.server import Answer, Call, FaultKind, Limit, Refused

VERSIONS = tuple(str(version) for version in range(202601, 202612))
"""The versions that have not ended."""
SOMEBODY_ELSES = "1035"
"""An organisation that exists and is not the ministry's."""
MOST = 100
COUNTED_AFTER = timedelta(hours=6)
"""A post so young has no statistics yet."""

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_HASHTAG = re.compile(r"#(\w+)")


class LinkedIn:
    """LinkedIn's protocol over a ministry; a platform of ``server.Sandbox``."""

    name = "linkedin"
    # Of an app and day. LinkedIn shows each app its own limits and publishes none.
    limit = Limit(100_000, 86_400)

    def __init__(self, ministry: Ministry):
        self._ministry = ministry
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/rest/organizations/{id}": self.organization,
            "/rest/organizations": self.organizations_by_name,
            "/rest/networkSizes/{urn}": self.network_size,
            "/rest/posts": self.posts,
            "/rest/organizationalEntityShareStatistics": self.statistics,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {"linkedin_base_url": base_url, "linkedin_access_token": SecretStr(token)}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return headers.get("authorization") == f"Bearer {token}"

    def refusal(self, status: int) -> Answer:
        code, message = {
            401: ("REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"),
            404: ("RESOURCE_NOT_FOUND", "No virtual resource found"),
            429: ("TOO_MANY_REQUESTS", "Resource level throttle limit for calls to this resource is reached."),
            500: ("INTERNAL_SERVER_ERROR", "Internal Server Error"),
            503: ("SERVICE_UNAVAILABLE", "Service Unavailable"),
        }[status]
        return _error(status, code, message, 65601 if status == 401 else None)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        """LinkedIn tells nothing of its limits."""
        return {}

    def organization(self, call: Call) -> Answer:
        _checked(call)
        return Answer(self._organization(self._administered(call.path["id"]), call.as_of))

    def organizations_by_name(self, call: Call) -> Answer:
        query = _checked(call, "q", "vanityName", "start", "count")
        if query.get("q") != "vanityName" or not query.get("vanityName"):
            raise _invalid("q")
        account = self._ministry.account_named(query["vanityName"], "linkedin")
        found = [self._organization(account, call.as_of)] if account else []
        return Answer({"paging": {"start": 0, "count": 10, "links": []}, "elements": found})

    def network_size(self, call: Call) -> Answer:
        query = _checked(call, "edgeType")
        if query.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
            raise _invalid("edgeType")
        account = self._administered(_organization_id(call.path["urn"]))
        return Answer({"firstDegreeSize": self._ministry.account_state(account, call.as_of).followers})

    def posts(self, call: Call) -> Answer:
        query = _checked(call, "q", "author", "start", "count", "sortBy", "isDsc")
        if query.get("q") != "author" or query.get("sortBy", "CREATED") != "CREATED":
            raise _invalid("q" if query.get("q") != "author" else "sortBy")
        start, size = _number(query, "start", 0), _number(query, "count", 10)
        if not 1 <= size <= MOST:
            raise _invalid("count")
        account = self._administered(_organization_id(query.get("author", "")))
        if call.commits(FaultKind.REPEATED_PAGE):
            start = 0
        rest = islice(self._ministry.timeline(account, call.as_of), start, None)
        posts, is_last = list(islice(rest, size)), next(rest, None) is None
        following = start + size
        if call.commits(FaultKind.LOOPING_CURSOR):
            following, is_last = start, False
        elif call.commits(FaultKind.REPEATED_PAGE):
            following, is_last = _number(query, "start", 0) + size, False
        href = f"/rest/posts?author={query['author'].replace(':', '%3A')}&q=author&count={size}&start={following}"
        links = [] if is_last else [{"type": "application/json", "rel": "next", "href": href}]
        return Answer(
            {
                "paging": {"start": start, "count": size, "links": links},
                "elements": [self._post(post) for post in posts],
            }
        )

    def statistics(self, call: Call) -> Answer:
        query = _checked(call, "q", "organizationalEntity", "shares", "ugcPosts", "start", "count")
        if query.get("q") != "organizationalEntity":
            raise _invalid("q")
        account = self._administered(_organization_id(query.get("organizationalEntity", "")))
        rows = []
        for parameter, kind in (("shares", "share"), ("ugcPosts", "ugcPost")):
            for urn in _listed(call, parameter):
                post = self._ministry.post(urn.rsplit(":", 1)[1], call.as_of) if _is_a(kind, urn) else None
                if post is None or post.author is not account or _urn(post) != urn:
                    raise _not_permitted(parameter)
                if call.as_of - post.created_at >= COUNTED_AFTER:
                    rows.append(
                        {
                            "organizationalEntity": f"urn:li:organization:{account.native_id}",
                            kind: urn,
                            "totalShareStatistics": _counted(post, call.as_of),
                        }
                    )
        given = rows[: _number(query, "count", 10)]
        return Answer({"paging": {"start": 0, "count": len(given), "links": []}, "elements": given})

    def _administered(self, native_id: str) -> Account:
        account = self._ministry.account(native_id, "linkedin")
        if native_id == SOMEBODY_ELSES:
            raise Refused(_error(403, "ACCESS_DENIED", "Member is not an ADMINISTRATOR of the organization", 100))
        if account is None:
            raise Refused(_error(404, "RESOURCE_NOT_FOUND", f"Could not find entity with id {native_id}"))
        return account

    def _organization(self, account: Account, as_of: datetime) -> dict[str, Any]:
        # LinkedIn's numbers for organisations are numbers in JSON, unlike all its other ids.
        return {
            "id": int(account.native_id),
            "$URN": f"urn:li:organization:{account.native_id}",
            "vanityName": account.handle,
            "localizedName": account.display_name,
            "name": {"localized": {"en_US": account.display_name}},
            **({"localizedWebsite": account.website} if account.website else {}),
            "primaryOrganizationType": "NONE",
            "created": {"actor": "urn:li:person:synthetic", "time": _milliseconds(account.created_at)},
        }

    def _post(self, post: Post) -> dict[str, Any]:
        return {
            "id": _urn(post),
            "author": f"urn:li:organization:{post.author.native_id}",
            "commentary": _little(html.unescape(post.text)),
            "createdAt": _milliseconds(post.created_at),
            "publishedAt": _milliseconds(post.created_at),
            "lastModifiedAt": _milliseconds(post.created_at),
            "lifecycleState": "PUBLISHED",
            "visibility": "PUBLIC",
            "isReshareDisabledByAuthor": False,
            "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
        }


def _counted(post: Post, as_of: datetime) -> dict[str, int | float]:
    counts = post.counts_at(as_of)
    clicks = counts.impressions // 40
    reactions = counts.likes + counts.replies + counts.reposts + clicks
    return {
        "impressionCount": counts.impressions,
        "uniqueImpressionsCount": counts.impressions * 3 // 4,
        "clickCount": clicks,
        "likeCount": counts.likes,
        "commentCount": counts.replies,
        "shareCount": counts.reposts,
        "engagement": reactions / counts.impressions if counts.impressions else 0.0,
    }


def _urn(post: Post) -> str:
    """What began as a video is a ugcPost, all else a share: one in three here."""
    return f"urn:li:{'ugcPost' if int(post.id) % 3 == 0 else 'share'}:{post.id}"


def _is_a(kind: str, urn: str) -> bool:
    return re.fullmatch(rf"urn:li:{kind}:[0-9]{{1,19}}", urn) is not None


def _little(text: str) -> str:
    """Characters that the little format has a use for are escaped; hashtags are written as its template."""
    parts = _HASHTAG.split(text)
    return "".join(
        f"{{hashtag|\\#|{part}}}" if n % 2 else _RESERVED.sub(r"\\\g<0>", part) for n, part in enumerate(parts)
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _checked(call: Call, *parameters: str) -> dict[str, str]:
    version = call.headers.get("linkedin-version")
    if version is None:
        raise Refused(_error(400, "VERSION_MISSING", "A version must be present. Specify the LinkedIn-Version header"))
    if version not in VERSIONS:
        raise Refused(_error(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active"))
    if call.headers.get("x-restli-protocol-version") != "2.0.0":
        raise Refused(_error(400, "PARAM_INVALID", "Rest.li 2.0.0 is needed: X-Restli-Protocol-Version"))
    for name in call.query:
        if name not in parameters:
            raise _not_permitted(name)
    return dict(call.query)


def _listed(call: Call, parameter: str) -> list[str]:
    """The values of ``List(a,b)``. Rest.li refuses a list whose brackets or commas are encoded, or whose values
    are not."""
    [raw] = parse_qs(call.raw_query.replace("%", "%25")).get(parameter, ["List()"])
    found = re.fullmatch(r"List\(([^():]*)\)", raw)
    if found is None or "%2C" in raw.upper():
        raise _invalid(parameter)
    return [unquote(value) for value in found[1].split(",") if value]


def _organization_id(urn: str) -> str:
    found = re.fullmatch(r"urn:li:organization:([0-9]{1,19})", urn)
    if found is None:
        raise _invalid("urn")
    return found[1]


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    told = query.get(name, str(default))
    if not told.isdecimal():
        raise _invalid(name)
    return int(told)


def _error(status: int, code: str, message: str, service_error_code: int | None = None) -> Answer:
    service = {} if service_error_code is None else {"serviceErrorCode": service_error_code}
    return Answer({"status": status, **service, "code": code, "message": message}, status)


def _invalid(parameter: str) -> Refused:
    return Refused(_error(400, "PARAM_INVALID", f"Invalid param value for {parameter}"))


def _not_permitted(parameter: str) -> Refused:
    message = (
        f"Unpermitted fields present in PARAMETER: Data Processing Exception while processing fields [/{parameter}]"
    )
    return Refused(_error(403, "ACCESS_DENIED", message, 100))


PROTOCOL = LinkedIn
