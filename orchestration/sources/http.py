"""The one way to ask a platform over HTTP: bearer token, retries with jittered back-off, rate limits.

Times told by the server's own clock (its ``Date`` header), in UTC: an observation is as old as the answer,
whatever this machine's clock says.
"""

import logging
import re
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
HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)
"""Faults of the request, not of the way: asking again changes nothing."""


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

    Raises Refusal for an answer that retries cannot cure and SourceError when they did not, or for a token that
    no header can carry; they name the platform and the path, never the token.
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
        self._secret = _sendable(token, platform)
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {self._secret}", "User-Agent": "sifarat"},
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
            said = _said(error.response, self._secret)
            raise Refusal(f"{self.platform}: {path} answered {status}: {said}", status) from None
        except (httpx.RequestError, _Unreadable) as error:
            attempts = "" if isinstance(error, HOPELESS) else f" in {ATTEMPTS} attempts"
            said = str(error) or type(error).__name__
            raise SourceError(f"{self.platform}: {path} could not be read{attempts}: {said}") from None
        raise AssertionError("a retry context returns or raises")

    def _answer(self, response: httpx.Response) -> Answer:
        response.raise_for_status()
        try:
            body = response.json()
        except ValueError as error:
            raise _Unreadable(f"the answer is no JSON ({error})") from None
        if not isinstance(body, dict):
            raise _Unreadable(f"the answer is a JSON {type(body).__name__}, not an object")
        return Answer(body, _server_time(response))

    def _wait(self, error: Exception) -> bool | float:
        """Whether to ask again, and after how many seconds where the platform says so."""
        if isinstance(error, httpx.RequestError | _Unreadable):
            return not isinstance(error, HOPELESS)
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


def _sendable(token: SecretStr, platform: str) -> str:
    """The token without the line feed that a file ends with.

    Anything else a header cannot carry is refused here: the HTTP library would quote the token in its error.
    """
    value = token.get_secret_value().strip()
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise SourceError(
            f"{platform}: the token is empty or holds a blank or another character that no token has; copy it again"
        )
    return value


def _server_time(response: httpx.Response) -> datetime:
    return _moment(response.headers.get("date")) or datetime.now(UTC)


def _seconds_to_reset(response: httpx.Response) -> float | None:
    """How long the platform asks to wait: ``Retry-After`` in seconds or as a time, or X's reset in Unix time."""
    now = _server_time(response)
    after, reset = response.headers.get("retry-after", ""), response.headers.get("x-rate-limit-reset", "")
    if after.isdecimal():
        return float(after)
    if moment := _moment(after):
        return max((moment - now).total_seconds(), 0.0)
    if reset.isdecimal():
        # Resets are told in whole seconds; half a second more is surely past it.
        return max(float(reset) - now.timestamp(), 0.0) + 0.5
    return None


def _moment(http_date: str | None) -> datetime | None:
    """A header's time in UTC, or None when there is none to read."""
    try:
        return parsedate_to_datetime(http_date or "").astimezone(UTC)
    except ValueError:
        return None


def _said(response: httpx.Response, secret: str) -> str:
    """The platform's own words, cut to a line. A gateway may repeat what it refuses, so the token is blotted out."""
    try:
        body = response.json()
        words = [body.get("detail") or body.get("title") or body.get("error") or body]
        words += [error["message"] for error in body.get("errors") or [] if "message" in error]
    except (ValueError, AttributeError, TypeError):
        words = [response.text]
    return " ".join(" ".join(map(str, words)).replace(secret, "***").split())[:300]
