"""A local HTTP server that answers for the synthetic ministry, each platform in its own protocol.

``Sandbox`` serves ``/<platform>/as-of/<moment>/…`` on 127.0.0.1: below such a base URL all is as it was at
that moment (UTC), and the server's clock (its ``Date`` header and the resets of rate limits) says so. So
ninety nights can be run in one. A platform is one module with a class
like ``x.X`` as its ``PROTOCOL``. A protocol given as it is, such as a ``moodle.Moodle`` of other courses, takes the
place of the one of its name.
"""

import asyncio
import json
import math
import secrets
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orchestration.sandbox.ministry import REGISTRY_DIR, Ministry
from orchestration.sources.registry import PLATFORMS

HOST = "127.0.0.1"
AS_OF_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
TRAINING = ("zoom", "teams", "xapi", "moodle")
"""The systems of the ministry's workshops; each is a protocol as the platforms are."""


class FaultKind(StrEnum):
    """How the sandbox can misbehave."""

    RATE_LIMITED = "429, naming a reset"
    NOT_FOUND = "404"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    SLOW = "the answer comes after `seconds`"
    CUT = "the connection ends in the middle of the answer"
    MALFORMED = "200, and the JSON is cut short"
    REPEATED_PAGE = "the next page is this one again"
    LOOPING_CURSOR = "a page's token for the next is its own"
    EXPIRED_TOKEN = "the token is refused"
    QUOTA_ENDED = "others have used up the day's quota"
    RETIRED_METRIC = "the metric `field` is no valid one any more"
    UNKNOWN_FIELD = "every object has a field nobody knows"
    MISSING_FIELD = "no object has `field` any more"
    RETYPED_FIELD = "`field` is text everywhere"


@dataclass(frozen=True)
class Fault:
    """Misbehave on requests whose path and query, or form, hold ``where`` and ``also``: let ``after`` pass, then
    spoil ``times``."""

    kind: FaultKind
    where: str = ""
    also: str = ""
    after: int = 0
    times: int = 1
    reset_seconds: int = 1
    seconds: float = 1.0
    field: str = ""


class Faults:
    """The faults yet to come; each counts the requests it has seen."""

    def __init__(self, faults: Iterable[Fault] = ()):
        self._coming = [(fault, count()) for fault in faults]

    def add(self, fault: Fault) -> None:
        self._coming.append((fault, count()))

    def due(self, address: str) -> Fault | None:
        """The fault that strikes this request: the first added, when several would."""
        striking = []
        for fault, requests in self._coming:
            if fault.where in address and fault.also in address:
                seen = next(requests)
                if fault.after <= seen < fault.after + fault.times:
                    striking.append(fault)
        return striking[0] if striking else None


@dataclass(frozen=True)
class Limit:
    """``requests`` in ``seconds``, of each route where ``is_per_route``, else of all together."""

    requests: int
    seconds: float
    is_per_route: bool = False


@dataclass(frozen=True)
class Call:
    """A request below a base URL, let in already; ``fault`` is for those a protocol must commit itself."""

    path: Mapping[str, str]
    query: QueryParams
    as_of: datetime
    fault: Fault | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_query: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    """The token that lets in, for a protocol that is shown it in the form."""

    def commits(self, kind: FaultKind, *fields: str) -> bool:
        """Whether the fault is of that kind; where ``fields`` are told, also of one of them."""
        return self.fault is not None and self.fault.kind is kind and (not fields or self.fault.field in fields)


@dataclass(frozen=True)
class Answer:
    """A JSON answer in a platform's own words."""

    body: Any
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request the platform does not take; ``answer`` says why in its words."""

    def __init__(self, answer: Answer):
        super().__init__(answer.body)
        self.answer = answer


class Platform(Protocol):
    """What a protocol gives the server. Routes are tried in their order."""

    name: str
    limit: Limit
    routes: Mapping[str, Callable[[Call], Answer]]

    def settings(self, base_url: str, token: str) -> dict[str, Any]: ...

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool: ...

    def refusal(self, status: int) -> Answer: ...

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]: ...


class _CutResponse(Response):
    """Promises the whole body and ends after half of it; the server then closes the connection."""

    async def __call__(self, scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class _Server(uvicorn.Server):
    """Says when it is up, so that nobody has to ask again and again."""

    def __init__(self, config: uvicorn.Config):
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class Sandbox:
    """A running sandbox; a context manager that stops it.

    Each platform keeps its real rate limit, for each as-of moment, in windows ``hurry`` times as short as the real
    ones; without it there is no limit that a night could reach. The ``token`` that lets in is new for each
    sandbox unless one is given. Raises OSError when ``port`` is taken (0 takes a free one).
    """

    def __init__(
        self,
        seed: int,
        *,
        registry_dir: Path = REGISTRY_DIR,
        hurry: float | None = None,
        faults: Iterable[Fault] = (),
        also: Iterable[Platform] = (),
        token: str | None = None,
        port: int = 0,
    ):
        self.token = token or secrets.token_urlsafe(24)
        self.faults = Faults(faults)
        self._hurry = hurry
        self.requests: Counter[tuple[str, int]] = Counter()
        """Requests let in, by platform and status of their answer."""
        self.windows: defaultdict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        """Windows of limits that are over, by platform and route: their start (monotonic seconds) and requests."""
        ministry = Ministry(seed, registry_dir)
        # Imported here, because each protocol is written in this module's terms.
        known: list[Platform] = [
            import_module(f"orchestration.sandbox.{name}").PROTOCOL(ministry) for name in (*PLATFORMS, *TRAINING)
        ]
        self._platforms = list({platform.name: platform for platform in (*known, *also)}.values())
        self._port = port
        self.open_windows: dict[tuple[str, str, str], tuple[float, int]] = {}
        """The windows under way, by platform, route and as-of moment."""

    def __enter__(self) -> "Sandbox":
        self._socket = socket.create_server((HOST, self._port))
        # Answers leave at once: without it each waits 40 ms for the client to acknowledge its headers.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = self._socket.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                self._app(),
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                # The simulated clock speaks, not this machine's.
                date_header=False,
                server_header=False,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True
        )
        self._thread.start()
        self._server.is_up.wait()
        return self

    def __exit__(self, *_) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def platform(self, name: str) -> Platform:
        [protocol] = [known for known in self._platforms if known.name == name]
        return protocol

    def settings(self, platform: str, as_of: datetime) -> dict[str, Any]:
        """The settings under which a platform is read here, as it was at ``as_of``: loopback is asked, and no other
        host of this machine's network."""
        given = self.platform(platform).settings(self.base_url(platform, as_of), self.token)
        return {"internal_hosts": HOST} | given

    def base_url(self, platform: str, as_of: datetime) -> str:
        """Where ``platform`` is as it was at ``as_of`` (with a time zone; whole seconds)."""
        if platform not in {known.name for known in self._platforms}:
            raise ValueError(f"the sandbox speaks {', '.join(p.name for p in self._platforms)}, not {platform!r}")
        if as_of.tzinfo is None:
            raise ValueError(f"as_of needs a time zone: {as_of}")
        return f"http://{HOST}:{self._port}/{platform}/as-of/{as_of.astimezone(UTC):{AS_OF_FORMAT}}"

    def _app(self) -> Starlette:
        routes = []
        for platform in self._platforms:
            base = f"/{platform.name}/as-of/{{as_of}}"
            for path, answer in platform.routes.items():
                routes.append(Route(base + path, self._endpoint(platform, path, answer), methods=["GET", "POST"]))
            routes.append(Route(base + "/{rest:path}", self._endpoint(platform, "", None), methods=["GET", "POST"]))
        return Starlette(routes=routes)

    def _endpoint(self, platform: Platform, route: str, handler: Callable[[Call], Answer] | None):
        async def endpoint(request: Request) -> Response:
            told = request.path_params["as_of"]
            try:
                as_of = datetime.strptime(told, AS_OF_FORMAT).replace(tzinfo=UTC)
            except ValueError:
                return Response(f"as-of is written like 2026-11-24T01:00:00Z, not {told}\n", 404)
            if handler is None:
                return _response(platform.refusal(404), as_of)
            if not platform.is_authorised(request.headers, self.token):
                return _response(platform.refusal(401), as_of)
            written = (await request.body()).decode()
            fault = self.faults.due(f"{request.url.path}?{request.url.query}{written}")
            if fault and fault.kind is FaultKind.SLOW:
                await asyncio.sleep(fault.seconds)
            response = self._answer(platform, route, handler, request, dict(parse_qsl(written)), as_of, fault)
            self.requests[platform.name, response.status_code] += 1
            return response

        return endpoint

    def _answer(
        self,
        platform: Platform,
        route: str,
        handler: Callable[[Call], Answer],
        request: Request,
        form: Mapping[str, str],
        as_of: datetime,
        fault: Fault | None,
    ) -> Response:
        limit = self._limit(platform)
        used, seconds_left = self._use(platform, limit, route, request.path_params["as_of"])
        now = int(as_of.timestamp())
        headers = platform.limit_headers(limit.requests, max(limit.requests - used, 0), now + math.ceil(seconds_left))
        if used > limit.requests:
            return _response(platform.refusal(429), as_of, headers)
        if fault and fault.kind is FaultKind.RATE_LIMITED:
            headers = platform.limit_headers(limit.requests, 0, now + fault.reset_seconds)
            return _response(platform.refusal(429), as_of, headers)
        if fault and fault.kind is FaultKind.EXPIRED_TOKEN:
            return _response(platform.refusal(401), as_of, headers)
        if fault and fault.kind in (FaultKind.NOT_FOUND, FaultKind.SERVER_ERROR, FaultKind.UNAVAILABLE):
            return _response(platform.refusal(int(fault.kind)), as_of, headers)
        try:
            call = Call(
                request.path_params,
                request.query_params,
                as_of,
                fault,
                request.headers,
                request.url.query,
                form,
                self.token,
            )
            answer = handler(call)
        except Refused as refused:
            answer = refused.answer
        return _response(answer, as_of, headers, fault)

    def _limit(self, platform: Platform) -> Limit:
        if self._hurry is None:
            return replace(platform.limit, requests=1_000_000)
        return replace(platform.limit, seconds=platform.limit.seconds / self._hurry)

    def _use(self, platform: Platform, limit: Limit, route: str, as_of: str) -> tuple[int, float]:
        """Count a request: how many the window has now seen, and the real seconds until it ends."""
        now = time.monotonic()
        window = platform.name, route if limit.is_per_route else "", as_of
        began, used = self.open_windows.get(window, (now, 0))
        if now - began >= limit.seconds:
            self.windows[window[:2]].append((began, min(used, limit.requests)))
            began, used = now, 0
        self.open_windows[window] = (began, used + 1)
        return used + 1, began + limit.seconds - now


def _strange(body: Any, fault: Fault) -> Any:
    """The body with a field more, or one less, or one of another kind, in each of its objects."""
    if isinstance(body, list):
        return [_strange(item, fault) for item in body]
    if not isinstance(body, dict):
        return body
    kept = {name: _strange(value, fault) for name, value in body.items()}
    if fault.kind is FaultKind.UNKNOWN_FIELD:
        return kept | {"field_of_tomorrow": {"is_new": True}}
    if fault.kind is FaultKind.RETYPED_FIELD:
        return kept | ({fault.field: str(kept[fault.field])} if fault.field in kept else {})
    return {name: value for name, value in kept.items() if name != fault.field}


def _response(
    answer: Answer, as_of: datetime, headers: Mapping[str, str] | None = None, fault: Fault | None = None
) -> Response:
    what = fault.kind if fault else None
    is_strange = what in (FaultKind.UNKNOWN_FIELD, FaultKind.MISSING_FIELD, FaultKind.RETYPED_FIELD)
    told = _strange(answer.body, fault) if fault and is_strange else answer.body
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    if what is FaultKind.MALFORMED:
        body = body[: len(body) // 2]
    kind = _CutResponse if what is FaultKind.CUT else Response
    return kind(
        body,
        answer.status,
        {"Date": format_datetime(as_of, usegmt=True), **answer.headers, **(headers or {})},
        answer.media_type,
    )
