"""The one way to ask a platform over HTTP: credentials never in addresses, retries with jittered back-off, rate limits.

Times are told by the server's own clock (its ``Date`` header), in UTC: an observation is as old as the answer,
whatever this machine's clock says.
"""

import logging
import re
import threading
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import stamina
from pydantic import SecretStr

from orchestration.addresses import client
from orchestration.sources import SourceError
from orchestration.sources.limits import Allowance, Gate, LimitReached, server_time, told_by_headers

log = logging.getLogger(__name__)

ATTEMPTS = 8
DEEPEST = 100
"""Levels of an answer's JSON; platforms use about ten."""
LONGEST_BACKOFF = timedelta(minutes=1)
HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)
"""Faults of the request, not of the way: asking again changes nothing."""


class _Unreadable(Exception):
    """An answer that says 200 but is no JSON: cut or mangled on the way, so worth asking for again."""


@dataclass(frozen=True)
class Answer:
    """``body`` is a JSON object, or a list where one was expected; ``links`` are the ``Link`` header's, by rel;
    ``headers`` are asked for in any capitals."""

    body: Any
    observed_at: datetime
    links: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=httpx.Headers)


class Refusal(SourceError):
    """The platform refused a request for good. ``status`` is HTTP's, ``body`` what came with it as JSON."""

    def __init__(self, message: str, status: int, body: Any = None):
        super().__init__(message)
        self.status, self.body = status, body


class TokenRefused(Refusal):
    """The credentials are expired, revoked, or not paid for."""


class NotAsked(SourceError):
    """The limit resets later than anybody wants to wait, so the request was not made."""


class Unreachable(SourceError):
    """The platform did not answer, or not in a way to read, in all attempts."""


@dataclass(frozen=True)
class Dialect:
    """How a platform says what all of them say."""

    allowance: Callable[[httpx.Response], Allowance | None] = told_by_headers
    is_limited: Callable[[httpx.Response], bool] = lambda response: response.status_code == 429
    is_token_refused: Callable[[httpx.Response], bool] = lambda response: response.status_code in (401, 402)


def address_of(base_url: str) -> SplitResult | None:
    """The parts of a service's address; None for what is none, or holds what does not belong there: a query, or a user
    and a password."""
    try:
        address = urlsplit(base_url)
    except ValueError:
        return None
    is_of_the_web = address.scheme in ("http", "https") and address.hostname
    return address if is_of_the_web and not address.query and "@" not in address.netloc else None


class Api:
    """A platform's API below one base URL; its threads share the limits.

    Raises Refusal (TokenRefused among them) for an answer that retries cannot cure and Unreachable when they
    did not; SourceError for credentials that no header can carry, or a limit beyond all patience. Messages
    name the platform and the path, never a credential.
    """

    def __init__(
        self,
        platform: str,
        base_url: str,
        *,
        timeout_seconds: float,
        patience_seconds: float,
        internal_hosts: Collection[str] = (),
        bearer: SecretStr | None = None,
        basic: tuple[str, SecretStr] | None = None,
        secret_headers: Mapping[str, SecretStr] | None = None,
        headers: Mapping[str, str] | None = None,
        dialect: Dialect = Dialect(),
        attempts: int = ATTEMPTS,
    ):
        self.platform = platform
        self.patience_seconds = patience_seconds
        self._dialect = dialect
        self._attempts = attempts
        self._secrets: set[str] = set()
        self._gates: defaultdict[str, Gate] = defaultdict(Gate)
        self._gates_lock = threading.Lock()
        sent = {"User-Agent": "sifarat", **(headers or {})}
        sent |= {name: self._sendable(secret) for name, secret in (secret_headers or {}).items()}
        if bearer is not None:
            sent["Authorization"] = f"Bearer {self._sendable(bearer)}"
        if basic is not None:
            sent["Authorization"] = f"Basic {self._sendable(self._encoded(*basic))}"
        self._client = client(
            internal_hosts, base_url=base_url.rstrip("/") + "/", headers=sent, timeout=timeout_seconds
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | str,
        *,
        limit: str = "",
        bearer: SecretStr | None = None,
        expect: type = dict,
    ) -> Answer:
        """The answer's JSON, an ``expect``. ``params`` is a query that is already encoded where it is text. ``limit``
        names the limit that the request counts against, where a platform has several; ``bearer`` stands in for the
        usual token."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {self._sendable(bearer)}"}
        # As a part of the address a query is sent as it is written.
        url, query = (f"{path}?{params}", None) if isinstance(params, str) else (path, params)
        request = self._client.build_request("GET", url.lstrip("/"), params=query, headers=headers)
        return self._asked(request, path, limit, expect)

    def post(
        self,
        path: str,
        form: Mapping[str, Any],
        *,
        secrets: Mapping[str, SecretStr],
        limit: str = "",
        expect: type = dict,
    ) -> Answer:
        """The answer's JSON to a form that asks and changes nothing, so that it may be sent again. ``secrets`` are
        fields of the form too: credentials, where a platform takes them in the body."""
        hidden = {name: self._sendable(secret) for name, secret in secrets.items()}
        request = self._client.build_request("POST", path.lstrip("/"), data={**form, **hidden})
        return self._asked(request, path, limit, expect)

    def _asked(self, request: httpx.Request, path: str, limit: str, expect: type) -> Answer:
        with self._gates_lock:
            gate = self._gates[limit]
        try:
            for attempt in stamina.retry_context(
                on=self._wait, attempts=self._attempts, timeout=None, wait_max=LONGEST_BACKOFF
            ):
                with attempt:
                    return self._answer(self._send(gate, request), expect)
        except LimitReached as reached:
            raise NotAsked(
                f"{self.platform}: {path} was not asked for: {reached}, and SIFARAT_RATE_LIMIT_PATIENCE_SECONDS is "
                f"{self.patience_seconds:,.0f}"
            ) from None
        except httpx.HTTPStatusError as error:
            raise self._refusal(path, error.response) from None
        except (httpx.RequestError, _Unreadable) as error:
            attempts = "" if isinstance(error, HOPELESS) else f" in {self._attempts} attempts"
            said = self.blotted(str(error) or type(error).__name__)
            raise Unreachable(f"{self.platform}: {path} could not be read{attempts}: {said}") from None
        raise AssertionError("a retry context returns or raises")

    def _send(self, gate: Gate, request: httpx.Request) -> httpx.Response:
        gate.enter(self.patience_seconds)
        told, is_answered = None, False
        try:
            response = self._client.send(request)
            told, is_answered = self._dialect.allowance(response), True
            # Kept with the answer: an allowance may count answers, so each is shown to it once.
            response.extensions["allowance"] = told
            return response
        finally:
            gate.leave(told, is_answered=is_answered)

    def _answer(self, response: httpx.Response, expect: type) -> Answer:
        if self._dialect.is_limited(response):
            raise httpx.HTTPStatusError("limited", request=response.request, response=response)
        response.raise_for_status()
        try:
            body = _json_of(response)
        except ValueError as error:
            raise _Unreadable(f"the answer is no JSON ({error})") from None
        if not isinstance(body, expect):
            raise _Unreadable(f"the answer is a JSON {type(body).__name__}, not a {expect.__name__}")
        links = {rel: link["url"] for rel, link in response.links.items() if rel and "url" in link}
        return Answer(body, server_time(response), links, response.headers)

    def _wait(self, error: Exception) -> bool | float:
        """Whether to ask again: at once where the gate knows how long to wait, else after a back-off."""
        if isinstance(error, httpx.RequestError | _Unreadable):
            return not isinstance(error, HOPELESS)
        if not isinstance(error, httpx.HTTPStatusError):
            return False
        if self._dialect.is_limited(error.response):
            told = error.response.extensions["allowance"]
            if told is None or not told.is_refusal:
                return True
            log.info("%s: rate limit reached, waiting %.0f s for its reset", self.platform, told.resets_in)
            return 0.0
        return error.response.status_code >= 500

    def _refusal(self, path: str, response: httpx.Response) -> Refusal:
        said, body = _said(response)
        kind = TokenRefused if self._dialect.is_token_refused(response) else Refusal
        message = f"{self.platform}: {path} answered {response.status_code}: {self.blotted(said)[:300]}"
        return kind(message, response.status_code, body)

    def _sendable(self, secret: SecretStr) -> str:
        """The secret without the line feed that a file ends with.

        Anything else a header cannot carry is refused here: the HTTP library would quote it in its error.
        """
        value = secret.get_secret_value().strip()
        if not re.fullmatch(r"[\x21-\x7e]+", value):
            raise SourceError(
                f"{self.platform}: the token is empty or holds a blank or another character that no token has; "
                "copy it again"
            )
        self._secrets.add(value)
        return value

    def _encoded(self, user: str, password: SecretStr) -> SecretStr:
        """User and password as basic authentication writes them, both forms of which are secret."""
        value = password.get_secret_value().rstrip("\r\n")
        if not value or ":" in user:
            raise SourceError(f"{self.platform}: the password is empty, or the user's name holds a colon")
        self._secrets.add(value)
        return SecretStr(b64encode(f"{user}:{value}".encode()).decode())

    def blotted(self, text: str) -> str:
        """A gateway may repeat what it refuses, so credentials are blotted out before a text is cut."""
        for secret in list(self._secrets):
            text = text.replace(secret, "***")
        return text


def _json_of(response: httpx.Response) -> Any:
    """Raises ValueError for what is no JSON, or is nested deeper than what is read of it could be written again."""
    try:
        body = response.json()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    waiting, depth = [body] if isinstance(body, dict | list) else [], 0
    while waiting:
        if depth > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST} times")
        waiting = [
            part
            for whole in waiting
            for part in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(part, dict | list)
        ]
        depth += 1
    return body


def _said(response: httpx.Response) -> tuple[str, Any]:
    """The platform's own words on one line, and its JSON."""
    try:
        body = _json_of(response)
    except ValueError:
        return " ".join(response.text.split()), None
    try:
        error = body.get("error")
        error = error.get("message") or error if isinstance(error, dict) else error
        words = [body.get("detail") or body.get("title") or body.get("message") or error or body]
        words += [error["message"] for error in body.get("errors") or [] if "message" in error]
    except (AttributeError, TypeError):
        words = [body]
    return " ".join(" ".join(map(str, words)).split()), body
