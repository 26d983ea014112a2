"""Meta's Graph API as Facebook and Instagram share it: its refusals and limits, its pages, its insights.

Tokens go only into the ``Authorization`` header. Meta writes them into the addresses of further pages that it puts
into its answers, so these are never followed, and taken out before anything is landed. Times are UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, Dialect, Refusal
from orchestration.sources.limits import Allowance, MetaUsage
from orchestration.sources.metrics import expiry_findings, version_findings
from orchestration.sources.platform import Finding, Pages, at, objects

NUMERIC_ID = r"^[0-9]{1,20}$"
PER_PAGE = 100
MOST_PAGES = 500

TOKEN_REFUSED = 190
LIMITED = frozenset({4, 17, 32, 613, *range(80_000, 80_010)})
PASSING = frozenset({1, 2})
"""Faults of Meta's own, which come as 400 too and pass with time."""
INVALID, GONE = 100, 33
"""The code of an invalid parameter; with this subcode it is the object that is gone, or not ours to see."""


class Graph:
    """The Graph API below its pinned version, as one platform asks it; threads share it."""

    def __init__(self, platform: str, base_url: str, settings: Settings, token: SecretStr):
        self._platform, self._version, self._expires = (
            platform,
            settings.meta_graph_version,
            settings.meta_token_expires,
        )
        self._today: date | None = None
        self._api = Api(
            platform,
            f"{base_url.rstrip('/')}/{self._version}",
            bearer=token,
            **settings.asking,
            dialect=_dialect(MetaUsage(settings.meta_usage_window_seconds)),
        )

    def close(self) -> None:
        self._api.close()

    def get(self, path: str, params: Mapping[str, Any], bearer: SecretStr | None = None) -> Answer:
        """One answer without the addresses of further pages. Raises what ``Api.get`` raises."""
        answer = self._asked(path, params, bearer)
        return Answer(without_addresses(answer.body), answer.observed_at)

    def pages(
        self, path: str, params: Mapping[str, Any], turns: Pages, bearer: SecretStr | None = None
    ) -> Iterator[Answer]:
        """All pages of an edge, each with a list of objects as its ``data``. Raises SourceError for one without."""
        after: dict[str, str] = {}
        while True:
            answer = self._asked(path, {**params, "limit": PER_PAGE, **after}, bearer)
            page, given = objects(answer.body, "data"), answer.body.get("data")
            if not isinstance(given, list) or len(page) != len(given):
                raise SourceError(f"{self._platform}: {path} came without a list, or with items that are no objects")
            yield Answer(without_addresses(answer.body), answer.observed_at)
            # The last page has a cursor too; only the others have an address of the next.
            if at(answer.body, "$.paging.next") is None:
                return
            cursor = at(answer.body, "$.paging.cursors.after")
            if not isinstance(cursor, str):
                raise SourceError(f"{self._platform}: {path} has a further page and gives no cursor to it")
            after = {"after": turns.turn({str(item.get("id")) for item in page}, cursor)}

    def prove_token(self) -> None:
        """Raises TokenRefused when the token is expired or revoked: before every account is asked for in vain."""
        self.get("me", {"fields": "id"})

    def findings(self) -> list[Finding]:
        """What is about to end: the pinned version, and the token where the settings say when."""
        if self._today is None:
            return []
        return [
            *version_findings("meta", self._version, self._today),
            *expiry_findings(self._platform, self._expires, self._today),
        ]

    def _asked(self, path: str, params: Mapping[str, Any], bearer: SecretStr | None) -> Answer:
        answer = self._api.get(path, params, bearer=bearer)
        self._today = answer.observed_at.date()
        return answer


def _dialect(usage: MetaUsage) -> Dialect:
    def allowance(response: httpx.Response) -> Allowance | None:
        told = usage(response)
        # Refused although the headers say that there is room: then nobody knows how long, and a back-off tells.
        is_contradiction = told is not None and told.remaining > 0 and _must_wait(response)
        return None if is_contradiction else told

    return Dialect(
        allowance=allowance,
        is_limited=_must_wait,
        is_token_refused=lambda response: _code(_error(response)) == TOKEN_REFUSED,
    )


def _must_wait(response: httpx.Response) -> bool:
    return _code(_error(response)) in LIMITED | PASSING


def _error(response: httpx.Response) -> Any:
    if response.status_code < 400:
        return None
    try:
        return response.json()
    except ValueError:
        return None


def _code(body: Any) -> Any:
    return at(body, "$.error.code")


def code_of(refusal: Refusal) -> Any:
    """Meta's own code of a refusal, or None."""
    return _code(refusal.body)


def is_gone(refusal: Refusal) -> bool:
    return code_of(refusal) == INVALID and at(refusal.body, "$.error.error_subcode") == GONE


def is_invalid_metric(refusal: Refusal) -> bool:
    """Whether a name is to blame, which Meta does not always say: no such metric, or none of this kind of media."""
    return code_of(refusal) == INVALID and not is_gone(refusal) and "metric" in str(refusal).lower()


def without_addresses(value: Any) -> Any:
    """The value without the addresses of next and previous pages, wherever they lie: they carry the token."""
    if isinstance(value, list):
        return [without_addresses(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_addresses(item)
        for name, item in value.items()
        if not (name in ("next", "previous") and isinstance(item, str))
    }


def window_of(start: datetime, end: datetime) -> dict[str, int]:
    """The parameters of a window as instants: days of a time zone would lose hours of it."""
    return {"since": int(start.timestamp()), "until": int(end.timestamp())}


def by_name(insights: Any) -> dict[str, Any]:
    """A lifetime insight's only value by its name. What Meta does not know is not in it, and not 0."""
    return {
        str(insight.get("name")): at(insight, "$.values[0].value")
        for insight in objects(insights, "data")
        if at(insight, "$.values[0].value") is not None
    }
