"""Rate limits: requests pass as fast as the platform's own headers allow, and no faster.

No library does this: those for rate limits need the rate beforehand, and the platforms tell theirs as they go.
"""

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import httpx

FAMILIES = ("x-rate-limit", "ratelimit", "x-ratelimit")
"""X writes ``x-rate-limit-remaining``, Bluesky ``ratelimit-remaining``, Mastodon ``x-ratelimit-remaining``."""

EARLIEST_UNIX_TIME = 1_000_000_000
RESET_SLACK = 1.5
"""Resets and the server's clock come in whole seconds, so one window's reset is told up to 1.5 s apart."""


@dataclass(frozen=True)
class Allowance:
    """What an answer tells of its limit: requests left, and the seconds until all are there again.

    ``is_refusal`` when the request was one too many: then nobody asks before the reset, whatever others were told.
    """

    remaining: int
    resets_in: float
    is_refusal: bool = False


class LimitReached(Exception):
    """The limit resets later than anybody wants to wait: ``seconds`` from now."""

    def __init__(self, seconds: float):
        super().__init__(f"the rate limit resets only in {seconds:,.0f} s")
        self.seconds = seconds


class Gate:
    """Lets requests of one limit through; shared by the threads that make them.

    Until the first answer tells the limit one request is under way at a time, so that no platform has to say
    "too many" before it is believed. A platform that tells no limit is asked freely.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._turn = threading.Condition()
        self._in_flight = 0
        self._left: int | None = None
        self._resets_at = self._refused_until = -math.inf
        self._is_silent = False

    def enter(self, patience: float) -> None:
        """Wait for this request's turn. Raises LimitReached when that is more than ``patience`` seconds away."""
        with self._turn:
            while (wait := self._wait()) > 0:
                # While answers are under way they may still tell of a nearer reset.
                if patience < wait < math.inf and self._in_flight == 0:
                    raise LimitReached(wait)
                self._turn.wait(min(wait, threading.TIMEOUT_MAX))
            self._in_flight += 1

    def leave(self, told: Allowance | None, *, is_answered: bool) -> None:
        with self._turn:
            self._in_flight -= 1
            if told is not None:
                self._learn(told)
            elif is_answered and self._left is None and self._resets_at == -math.inf:
                self._is_silent = True
            self._turn.notify_all()

    def _learn(self, told: Allowance) -> None:
        self._is_silent = False
        resets_at = self._clock() + told.resets_in
        if told.is_refusal:
            self._refused_until = max(self._refused_until, resets_at)
        elif self._left is None or resets_at > self._resets_at + RESET_SLACK:
            self._left, self._resets_at = told.remaining, resets_at
        elif resets_at >= self._resets_at - RESET_SLACK:
            # Answers overtake each other: of one window the lowest is the newest.
            self._left = min(self._left, told.remaining)

    def _wait(self) -> float:
        now = self._clock()
        if now < self._refused_until:
            return self._refused_until - now
        if self._left is not None and now >= self._resets_at:
            self._left = None
        if self._left is None:
            return 0 if self._is_silent or self._in_flight == 0 else math.inf
        return 0 if self._left > self._in_flight else self._resets_at - now


def told_by_headers(response: httpx.Response) -> Allowance | None:
    """Of ``Retry-After`` and the three families of headers; resets as Unix time, ISO time or seconds to go."""
    now, headers = server_time(response), response.headers
    if response.status_code in (429, 503) and (seconds := _retry_after(headers, now)) is not None:
        return Allowance(0, seconds, is_refusal=True)
    for family in FAMILIES:
        remaining, reset = headers.get(f"{family}-remaining", ""), headers.get(f"{family}-reset", "")
        seconds = _until(reset, now)
        if seconds is not None and response.status_code == 429:
            return Allowance(0, seconds, is_refusal=True)
        if seconds is not None and remaining.isdecimal():
            return Allowance(int(remaining), seconds)
    return None


class MetaUsage:
    """Meta's share of the hourly limit used up, in whole per cent, told in ``X-App-Usage`` and its kin.

    The limit in requests is reckoned from the share and our own count; a call ages out an hour after it was made
    (developers.facebook.com, "Rate Limits"). ``regain`` minutes are told once all is used up.
    """

    HEADERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")

    def __init__(self, window_seconds: float = 3600, clock: Callable[[], float] = time.monotonic):
        self._window, self._clock = window_seconds, clock
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def __call__(self, response: httpx.Response) -> Allowance | None:
        with self._lock:
            now = self._clock()
            self._calls.append(now)
            while self._calls[0] <= now - self._window:
                self._calls.popleft()
            usages = [usage for name in self.HEADERS for usage in _usages(response.headers.get(name))]
            if not usages:
                return None
            regain = 60.0 * max(usage.get("estimated_time_to_regain_access") or 0 for usage in usages)
            used = max(usage.get(key) or 0 for usage in usages for key in ("call_count", "total_time", "total_cputime"))
            ages_out = max(self._calls[0] + self._window - now, 0.0)
            if regain:
                return Allowance(0, regain, is_refusal=True)
            # A share of 12 may be one of 12.9, and none at all one of 0.9: the limit is reckoned from the worse.
            limit = len(self._calls) * 100 / (used + 1)
            return Allowance(max(math.floor(limit * (100 - used - 1) / 100), 0), ages_out)


class DailyQuota:
    """A quota of requests a day that no header tells: our own count of the answers, each of one unit.

    The day is that of ``zone``, on the server's clock. What others use of the same quota is not seen here.
    """

    def __init__(self, units: int, zone: ZoneInfo, clock: Callable[[], float] = time.monotonic):
        self._units, self._zone, self._clock = units, zone, clock
        self._used_today, self._resets_at = 0, -math.inf
        self._lock = threading.Lock()
        self.used = 0
        """Units used since the start, over all days."""

    def __call__(self, response: httpx.Response) -> Allowance:
        with self._lock:
            now = self._clock()
            if now >= self._resets_at:
                self._used_today, self._resets_at = 0, now + _until_midnight(server_time(response), self._zone)
            self._used_today += 1
            self.used += 1
            return Allowance(max(self._units - self._used_today, 0), self._resets_at - now)


def server_time(response: httpx.Response) -> datetime:
    """The server's own clock, in UTC; this machine's where it tells none."""
    return moment(response.headers.get("date")) or datetime.now(UTC)


def moment(http_date: str | None) -> datetime | None:
    """A header's time in UTC, or None when there is none to read."""
    try:
        return parsedate_to_datetime(http_date or "").astimezone(UTC)
    except ValueError:
        return None


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    at = moment(after)
    return None if at is None else max((at - now).total_seconds(), 0.0)


def _until(reset: str, now: datetime) -> float | None:
    if reset.isdecimal() and int(reset) < EARLIEST_UNIX_TIME:
        return float(reset)
    try:
        at = datetime.fromtimestamp(int(reset), UTC) if reset.isdecimal() else datetime.fromisoformat(reset)
    except (ValueError, OverflowError, OSError):
        return None
    if at.tzinfo is None:
        return None
    # Resets are told in whole seconds; half a second more is surely past it.
    return max((at - now).total_seconds(), 0.0) + 0.5


def _until_midnight(now: datetime, zone: ZoneInfo) -> float:
    """Seconds until the zone's next day begins; a day of a clock change is shorter or longer."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return (midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds()


def _usages(header: str | None) -> list[dict]:
    """The usages of one header: an object, or lists of them by business."""
    try:
        told = json.loads(header or "")
    except ValueError:
        return []
    if not isinstance(told, dict):
        return []
    nested = [usage for usages in told.values() if isinstance(usages, list) for usage in usages]
    return [usage for usage in nested or [told] if isinstance(usage, dict)]
