"""LinkedIn: the ministry's organisation pages, their posts, and each post's lifetime statistics.

Source: Community Management API (learn.microsoft.com/linkedin/marketing/community-management), Rest.li 2.0. The
token is a page administrator's; it sees only the pages that person has the role for. LinkedIn tells times in
milliseconds since 1970: ISO 8601 in UTC is put beside them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.settings import Settings
from orchestration.sources import SourceError, metrics
from orchestration.sources.http import Answer, Api, Dialect
from orchestration.sources.platform import (
    Finding,
    Lost,
    Pages,
    Platform,
    Profile,
    Reader,
    Reading,
    Registered,
    at,
    looks_like,
    objects,
)

NATIVE_ID = r"^[0-9]{1,19}$"
POST_URN = r"^urn:li:(share|ugcPost):[0-9]{1,19}$"

ACCOUNTS = Contract(
    "linkedin",
    "accounts",
    (
        key("id", pattern=NATIVE_ID),
        required("vanity_name", paths=("$.vanityName",)),
        optional("name", paths=("$.localizedName",)),
        optional("website", paths=("$.localizedWebsite",)),
        optional("created_at", TIMESTAMP),
        # Told by a request of its own.
        count("followers_count"),
    ),
    "One row per organisation page and day observed, as LinkedIn describes it that day.",
)
POSTS = Contract(
    "linkedin",
    "posts",
    (
        key("id", pattern=POST_URN),
        required("organization_id", pattern=NATIVE_ID),
        required("published_at", TIMESTAMP),
        optional("last_modified_at", TIMESTAMP),
        optional("commentary"),
        optional("visibility"),
        optional("lifecycle_state", paths=("$.lifecycleState",)),
        optional("reshared_id", paths=("$.reshareContext.parent",)),
        # NULL, all of them, while LinkedIn has no statistics of the post.
        count("impression_count", "$.statistics.impressionCount"),
        count("unique_impressions_count", "$.statistics.uniqueImpressionsCount"),
        count("click_count", "$.statistics.clickCount"),
        count("like_count", "$.statistics.likeCount"),
        count("comment_count", "$.statistics.commentCount"),
        count("share_count", "$.statistics.shareCount"),
    ),
    "One row per published post and day observed, with its organic lifetime statistics as they stood.",
)

POSTS_PER_PAGE = 100
MOST_PAGES = 200
POSTS_PER_STATISTICS = 50
"""So many ids keep the address below the 4,000 characters that LinkedIn takes."""
ENDS_THE_READING = (401, 402, 426, 429)
"""The token is refused, the version has ended, or the day's calls are used up: no other page would fare better."""


def connect(settings: Settings) -> Reader | None:
    if settings.linkedin_access_token is None:
        return None
    api = Api(
        "linkedin",
        settings.linkedin_base_url,
        bearer=settings.linkedin_access_token,
        headers={"LinkedIn-Version": settings.linkedin_version, "X-Restli-Protocol-Version": "2.0.0"},
        **settings.asking,
        dialect=Dialect(is_token_refused=lambda response: response.status_code in ENDS_THE_READING),
    )
    return LinkedInReader(api, settings.linkedin_version, settings.linkedin_token_expires)


class LinkedInReader(Reader):
    def __init__(self, api: Api, version: str, token_expires: date | None):
        self._api = api
        self._version = version
        self._token_expires = token_expires
        self._today: date | None = None

    def close(self) -> None:
        self._api.close()

    def findings(self) -> list[Finding]:
        if self._today is None:
            return []
        return [
            *metrics.expiry_findings("linkedin", self._token_expires, self._today),
            *metrics.version_findings("linkedin", self._version, self._today),
        ]

    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        """By id where one is known, else by the name in the page's address."""
        for account in accounts:
            if account.native_id and not looks_like(NATIVE_ID, account.native_id):
                yield Lost(account.name, f"linkedin: {account.native_id!r}, registered for {account.handle}, is no id")
                continue
            organization = self._organization(account)
            if organization is None:
                yield Lost(account.name, f"linkedin: no organisation has the name {account.handle}")
                continue
            native_id = str(organization.get("id", ""))
            if not looks_like(NATIVE_ID, native_id):
                raise SourceError(f"linkedin: {account.name} came without an id")
            network = self._api.get(
                f"rest/networkSizes/{quote(_urn(native_id), safe='')}", {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"}
            )
            self._today = network.observed_at.date()
            beside = {
                "created_at": _iso(at(organization, "$.created.time")),
                "followers_count": network.body.get("firstDegreeSize"),
            }
            yield Profile(native_id, organization | beside, network.observed_at)

    def _organization(self, account: Registered) -> dict | None:
        if account.native_id:
            return self._api.get(f"rest/organizations/{account.native_id}", {}).body
        answer = self._api.get("rest/organizations", {"q": "vanityName", "vanityName": account.handle})
        return next(iter(objects(answer.body, "elements")), None)

    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        """Newest first, until a page ends before ``start``: posts cannot be asked for a time."""
        native_id, posts, first = profile.native_id, [], 0
        pages = Pages("linkedin", native_id, MOST_PAGES)
        while True:
            answer = self._api.get(
                "rest/posts",
                {
                    "author": _urn(native_id),
                    "q": "author",
                    "count": POSTS_PER_PAGE,
                    "start": first,
                    "sortBy": "CREATED",
                },
            )
            page, following = _page(answer, native_id, first)
            posts += [post for post in page if _is_published(post) and start <= _moment(post, "publishedAt", end) < end]
            if following is None or (page and _moment(page[-1], "createdAt", end) < start):
                break
            pages.turn({str(post.get("id")) for post in page}, str(following))
            first = following
        statistics, observed_at = self._statistics(native_id, posts, answer.observed_at)
        return Reading([_beside(post, native_id, statistics) for post in posts], start, end, observed_at)

    def _statistics(
        self, native_id: str, posts: Sequence[dict], observed_at: datetime
    ) -> tuple[dict[str, dict], datetime]:
        """Each post's lifetime statistics by its urn, for those that LinkedIn has any of, and when it told the last."""
        urns = list(dict.fromkeys(post["id"] for post in posts if looks_like(POST_URN, post.get("id"))))
        found = {}
        for kind, parameter in (("share", "shares"), ("ugcPost", "ugcPosts")):
            asked = [urn for urn in urns if urn.startswith(f"urn:li:{kind}:")]
            for begin in range(0, len(asked), POSTS_PER_STATISTICS):
                batch = asked[begin : begin + POSTS_PER_STATISTICS]
                # Rest.li takes a list's brackets and commas as they are, and its values encoded.
                listed = ",".join(quote(urn, safe="") for urn in batch)
                answer = self._api.get(
                    "rest/organizationalEntityShareStatistics",
                    f"q=organizationalEntity&organizationalEntity={quote(_urn(native_id), safe='')}"
                    f"&{parameter}=List({listed})&count={len(batch)}",
                )
                observed_at = answer.observed_at
                for row in objects(answer.body, "elements"):
                    if isinstance(row.get("totalShareStatistics"), dict):
                        found[str(row.get(kind))] = row["totalShareStatistics"]
        return found, observed_at


def _page(answer: Answer, native_id: str, first: int) -> tuple[list[dict], int | None]:
    """A page's posts and where the next begins, None on the last. Raises SourceError for posts that are none: an
    account's silence would otherwise read as the deletion of all its posts."""
    given, posts = answer.body.get("elements"), objects(answer.body, "elements")
    if not isinstance(given, list) or len(posts) != len(given):
        raise SourceError(f"linkedin: the posts of {native_id} came without elements, or with some that are no objects")
    links = objects(answer.body.get("paging"), "links")
    for link in links:
        start = httpx.URL(str(link.get("href"))).params.get("start", "")
        if link.get("rel") == "next" and start.isdecimal():
            return posts, int(start)
    # Not every answer has links; a page that is not full is the last.
    return posts, first + POSTS_PER_PAGE if len(posts) >= POSTS_PER_PAGE else None


def _is_published(post: dict) -> bool:
    """Drafts, and posts still being published, are nobody's to see."""
    return post.get("lifecycleState", "PUBLISHED") == "PUBLISHED"


def _beside(post: dict, native_id: str, statistics: dict[str, dict]) -> dict:
    return post | {
        "organization_id": native_id,
        "published_at": _iso(post.get("publishedAt")),
        "last_modified_at": _iso(post.get("lastModifiedAt")),
        "statistics": statistics.get(str(post.get("id"))),
    }


def _urn(native_id: str) -> str:
    return f"urn:li:organization:{native_id}"


def _moment(post: dict, name: str, end: datetime) -> datetime:
    """One that tells no time is taken for the newest, and so reaches quarantine."""
    told = _iso(post.get(name))
    return datetime.fromisoformat(told) if told else end - datetime.resolution


def _iso(milliseconds: Any) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC."""
    if not isinstance(milliseconds, int):
        return None
    try:
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)).isoformat()
    except OverflowError:
        return None


PLATFORM = Platform(
    "linkedin",
    "LinkedIn",
    launched=date(2003, 5, 5),
    accounts=ACCOUNTS,
    posts=POSTS,
    handle="vanity_name",
    followers="followers_count",
    author="organization_id",
    posted_at="published_at",
    connect=connect,
)
