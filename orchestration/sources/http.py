"""The one way to ask a platform over HTTP: bearer token, retries with jittered back-off, rate limits.

Times told by the server's own clock (its ``Date`` header), in UTC: an observation is as old as the answer,
whatever this machine's clock says.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import stamina
from pydantic import SecretStr

from orchestration.sources import SourceError

log = logging.getLogger(__name__)

ATTEMPTS = 8
LONGEST_BACKOFF = timedelta(minutes=1)


class _Unreadable(Exception):
    """An answer that says 200 but is no JSON: cut or mangled on the way, so worth asking for again."""


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any]
    observed_at: datetime


class Refusal(SourceError):
    """The platform refused a request for good. ``status`` is HTTP's; the message is the platform's own."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Api:
    """A platform's API below one base URL.

    Raises Refusal for an answer that retries cannot cure and SourceError when they did not; both name the
    platform and the path, never the token.
    """

    def __init__(
        self,
        platform: str,
        base_url: str,
        token: SecretStr,
        *,
        timeout_seconds: float,
        patience_seconds: float,
    ):
        self.platform = platform
        self.patience_seconds = patience_seconds
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token.get_secret_value()}", "User-Agent": "sifarat"},
            timeout=timeout_seconds,
        )

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_) -> None:
        self._client.close()

    def get(self, path: str, params: dict[str, Any]) -> Answer:
        try:
            for attempt in stamina.retry_context(
                on=self._wait, attempts=ATTEMPTS, timeout=None, wait_max=LONGEST_BACKOFF
            ):
                with attempt:
                    return self._answer(self._client.get(path.lstrip("/"), params=params))
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            raise Refusal(
                f"{self.platform}: {path} answered {status}: {_said(error.response)}", status
            ) from None
        except (httpx.TransportError, _Unreadable) as error:
            raise SourceError(
                f"{self.platform}: {path} could not be read in {ATTEMPTS} attempts: {error or type(error).__name__}"
            ) from None
        raise AssertionError("a retry context returns or raises")

    def _answer(self, response: httpx.Response) -> Answer:
        response.raise_for_status()
        try:
            body = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise _Unreadable(f"the answer is no JSON ({error})") from None
        if not isinstance(body, dict):
            raise _Unreadable(f"the answer is a JSON {type(body).__name__}, not an object")
        return Answer(body, _server_time(response))

    def _wait(self, error: Exception) -> bool | float:
        """Whether to ask again, and after how many seconds where the platform says so."""
        if isinstance(error, httpx.TransportError | _Unreadable):
            return True
        if not isinstance(error, httpx.HTTPStatusError):
            return False
        if error.response.status_code == 429:
            seconds = _seconds_to_reset(error.response)
            if seconds is None:
                return True
            if seconds > self.patience_seconds:
                return False
            log.info("%s: rate limit reached, waiting %.0f s for its reset", self.platform, seconds)
            return seconds
        return error.response.status_code >= 500


def _server_time(response: httpx.Response) -> datetime:
    told = response.headers.get("date")
    return parsedate_to_datetime(told).astimezone(UTC) if told else datetime.now(UTC)


def _seconds_to_reset(response: httpx.Response) -> float | None:
    if after := response.headers.get("retry-after"):
        return float(after) if after.isdigit() else None
    if reset := response.headers.get("x-rate-limit-reset"):
        return max(float(reset) - _server_time(response).timestamp(), 0.0) + 0.5 if reset.isdigit() else None
    return None


def _said(response: httpx.Response) -> str:
    """The platform's own words, cut to a line."""
    try:
        body = response.json()
        words = body.get("detail") or body.get("title") or body.get("error") or body
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError):
        words = response.text
    return " ".join(str(words).split())[:300]
