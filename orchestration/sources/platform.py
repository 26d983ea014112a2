"""What all platforms have in common: accounts are looked up, then each one's posts are read, several at a time.

A platform's module gives its contracts and a ``Reader``; how a night is read, what one account's failure costs
(that account, and a finding that says so) and in which order tables land is told once, here. Times are UTC.
"""

import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, TIMESTAMP, Contract, Field, count, key, required
from orchestration.landing import Batch, Landing, Progress, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Refusal, TokenRefused, Unreachable

log = logging.getLogger(__name__)

ACCOUNTS_AT_A_TIME = 8
MOST_FAILURES_IN_A_ROW = 3
"""After so many accounts in a row that the platform did not answer for, it is down, and the rest is not asked."""
MOST_STALE_PAGES = 5
"""After so many pages in a row without a new post a timeline goes round in a circle. Pages cost money."""


class Concern(StrEnum):
    """What a finding is about; each is a check of its own in Dagster."""

    ACCOUNT = "account"
    METRIC = "metric"
    CREDENTIAL = "credential"
    BUDGET = "budget"
    SHAPE = "shape"


@dataclass(frozen=True)
class Finding:
    """Something to tell a person: ``value`` is whom or what it befell."""

    concern: Concern
    value: str
    reason: str

    def row(self) -> dict[str, Any]:
        nothing = {"record_number": None, "source_line": None, "raw": None}
        return nothing | {"field": self.concern.value, "value": self.value, "reason": self.reason}


@dataclass(frozen=True)
class Registered:
    """An account as the register has it; ``native_id`` also where an earlier night learnt it."""

    handle: str
    native_id: str | None = None

    @property
    def name(self) -> str:
        return self.native_id or self.handle


@dataclass(frozen=True)
class Profile:
    """An account as the platform tells it."""

    native_id: str
    payload: dict
    observed_at: datetime


@dataclass(frozen=True)
class Lost:
    """An account that the platform does not give, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """One account's posts, and rows of the platform's further tables by their names.

    ``[window_start, window_end)`` is the time of posting that was read whole: a known post of that time which is
    not among them is deleted. ``cut_short`` is why it is not all that was asked for.
    """

    posts: list[dict]
    window_start: datetime
    window_end: datetime
    observed_at: datetime
    extras: dict[str, list[dict]] = field(default_factory=dict)
    cut_short: SourceError | None = None


@dataclass(frozen=True)
class Rereading:
    """Known posts as they are now, and rows of the platform's further tables by their names."""

    posts: list[dict]
    observed_at: datetime
    extras: dict[str, list[dict]] = field(default_factory=dict)


class Reader(ABC):
    """A platform's API as one night reads it. Called by several threads at once after ``prepare``."""

    accounts_per_look_up = 1

    def prepare(  # noqa: B027, most readers need nothing of it
        self, accounts: Sequence[Registered], landing: Landing, window: Window, start: datetime
    ) -> None:
        """Look at what earlier nights landed, where the reading depends on it. ``start`` begins the trailing window."""

    @abstractmethod
    def look_up(self, accounts: Sequence[Registered]) -> Iterator[Profile | Lost]:
        """At most ``accounts_per_look_up`` accounts. What it raises befalls each of them."""

    @abstractmethod
    def read(self, profile: Profile, start: datetime, end: datetime) -> Reading:
        """All posts made in ``[start, end)``. Raises SourceError when they cannot be read to the end."""

    def due(self) -> Sequence[Any]:
        """Portions of known posts to read again, asked for once all timelines are read. A platform whose timelines
        bring the trailing window anyway has none."""
        return []

    def read_again(self, portion: Any) -> Rereading:
        """One portion of ``due``."""
        raise NotImplementedError

    def findings(self) -> list[Finding]:
        """What there is to tell of the reading as a whole, once it is over."""
        return []

    def figures(self) -> dict[str, int | float]:
        """What the reading cost, by name, for a person to see."""
        return {}

    @abstractmethod
    def close(self) -> None: ...


@dataclass(frozen=True)
class Platform:
    """One platform: a module of ``orchestration.sources`` has one as ``PLATFORM``.

    ``handle`` and ``followers`` are columns of ``accounts``; ``author`` (an account's id) and ``posted_at`` of
    ``posts``. No post is older than ``launched``.
    """

    name: str
    title: str
    launched: date
    accounts: Contract
    posts: Contract
    handle: str
    followers: str
    author: str
    posted_at: str
    connect: Callable[[Settings], Reader | None]
    """A Reader with the settings' credentials, or None where they are not enough to ask."""
    extras: tuple[Contract, ...] = ()

    @property
    def timelines(self) -> Contract:
        return Contract(
            self.name,
            "timelines",
            (
                key("account_native_id"),
                required("window_start", TIMESTAMP),
                required("window_end", TIMESTAMP),
                count("posts_read"),
            ),
            "One row per account whose timeline was read to its end, and day observed: a known post of that window "
            "which such a reading did not return is deleted.",
        )

    @property
    def contracts(self) -> tuple[Contract, ...]:
        return (self.accounts, self.posts, *self.extras, self.timelines)

    @property
    def id_field(self) -> Field:
        """The accounts' key: the platform's own id, at its place in a profile."""
        return self.accounts.fields[0]

    def post_id(self, payload: dict) -> str:
        found = (at(payload, path) for path in self.posts.fields[0].json_paths)
        return str(next((value for value in found if value is not None), None))


def extract(
    platform: Platform,
    reader: Reader,
    accounts: Sequence[Registered],
    landing: Landing,
    window: Window,
    *,
    trailing_days: int,
    is_synthetic: bool,
    progress: Progress,
) -> Iterator[Batch]:
    """Batches of accounts, posts, the platform's further tables and timelines.

    ``window`` is widened back to ``trailing_days`` so that young posts are observed again. A batch is as old as
    the last answer it was read from. Raises SourceError when the platform gives none of the accounts or none of
    their posts.
    """
    start = min(window.start_at, window.end_at - timedelta(days=trailing_days))
    reader.prepare(accounts, landing, window, start)
    profiles, lost = _look_up(platform, reader, accounts, progress)
    if not profiles:
        first = lost[0].reason if lost else "the register names none"
        raise SourceError(
            f"{platform.name}: {platform.title} gives none of the {len(accounts)} registered accounts; {first}"
        )
    looked_up_at = max(profile.observed_at for profile in profiles)
    day = window.day_observed(looked_up_at)

    def batch(
        contract: Contract, payloads: Sequence[dict], observed_at: datetime, findings: Sequence[Finding]
    ) -> Batch:
        return Batch(
            contract=contract,
            batch_id=f"{window.start:%Y%m%d}-{window.end - timedelta(days=1):%Y%m%d}",
            source_file=f"{platform.name} api",
            observed_at=observed_at,
            day=day,
            text=contract.from_payloads([as_json(payload) for payload in payloads]),
            is_synthetic=is_synthetic,
            warnings=pl.DataFrame([finding.row() for finding in findings], schema=FINDINGS_SCHEMA),
        )

    told = [Finding(Concern.ACCOUNT, account.name, account.reason) for account in lost]
    yield batch(platform.accounts, [profile.payload for profile in profiles], looked_up_at, told)

    readings, unread = _read(platform, reader, profiles, start, window.end_at, progress)
    if not readings:
        first = unread[0].reason if unread else "no account has an id"
        raise SourceError(f"{platform.name}: not one of {len(profiles)} timelines could be read; the first: {first}")
    again, unread_again = _read_again(platform, reader, progress)
    brought = [reading for _, reading in readings] + again
    read_at = max(reading.observed_at for reading in brought)
    yield batch(platform.posts, [post for reading in brought for post in reading.posts], read_at, [])
    for contract in platform.extras:
        yield batch(
            contract, [row for reading in brought for row in reading.extras.get(contract.table, [])], read_at, []
        )
    # Timelines say "read to the end", so they land after the posts they vouch for.
    timelines = [
        {
            "account_native_id": profile.native_id,
            "window_start": reading.window_start.isoformat(),
            "window_end": reading.window_end.isoformat(),
            "posts_read": len({platform.post_id(post) for post in reading.posts}),
        }
        for profile, reading in readings
    ]
    told = [Finding(Concern.ACCOUNT, account.name, account.reason) for account in unread]
    yield batch(platform.timelines, timelines, read_at, [*told, *unread_again, *reader.findings()])


def findings_of(batch: Batch) -> list[Finding]:
    """What a batch of ``extract`` has to tell a person."""
    return [
        Finding(Concern(concern), value, reason)
        for concern, value, reason in batch.warnings.select("field", "value", "reason").iter_rows()
    ]


def registered(platform: Platform, accounts: pl.DataFrame, landing: Landing, window: Window) -> list[Registered]:
    """The register's ``accounts`` (handle, native_id), once each. Where the register knows no id, the one that the
    platform gave for this handle on an earlier day: so a renamed account is still found."""
    if accounts["native_id"].null_count() == 0:
        return list(dict.fromkeys(Registered(*row) for row in accounts.select("handle", "native_id").iter_rows()))
    told = (
        landing.read(platform.accounts, columns=[platform.handle, platform.id_field.name, "observed_at"])
        .filter(pl.col("date") < window.start)
        .sort("observed_at")
        .group_by(pl.col(platform.handle).str.to_lowercase().alias("told_handle"))
        .agg(pl.col(platform.id_field.name).last().alias("told_id"))
    )
    known = (
        accounts.with_columns(pl.col("handle").str.to_lowercase().alias("told_handle"))
        .join(told, on="told_handle", how="left", maintain_order="left")
        .select("handle", pl.coalesce("native_id", "told_id"))
    )
    return list(dict.fromkeys(Registered(handle, native_id) for handle, native_id in known.iter_rows()))


def _look_up(
    platform: Platform, reader: Reader, accounts: Sequence[Registered], progress: Progress
) -> tuple[list[Profile], list[Lost]]:
    """Each account once, in the register's order, and those that are lost."""
    size = reader.accounts_per_look_up
    batches = [accounts[start : start + size] for start in range(0, len(accounts), size)]
    looked_up = _each(
        platform,
        lambda batch: list(reader.look_up(batch)),
        batches,
        lambda done: progress(f"{platform.name}: accounts looked up", min(done * size, len(accounts)), len(accounts)),
    )
    profiles: dict[str, Profile] = {}
    lost: list[Lost] = []
    for batch, found in zip(batches, looked_up, strict=True):
        if isinstance(found, SourceError):
            lost += [Lost(account.name, str(found)) for account in batch]
            continue
        lost += [item for item in found if isinstance(item, Lost)]
        for profile in found:
            if isinstance(profile, Profile):
                # A profile without an id goes to quarantine under its own contract.
                profiles.setdefault(profile.native_id or f"{len(profiles)}", profile)
    return list(profiles.values()), lost


def _read(
    platform: Platform, reader: Reader, profiles: Sequence[Profile], start: datetime, end: datetime, progress: Progress
) -> tuple[list[tuple[Profile, Reading]], list[Lost]]:
    posts = 0

    def read(profile: Profile) -> Reading:
        nonlocal posts
        reading = reader.read(profile, start, end)
        posts += len(reading.posts)
        return reading

    known = [profile for profile in profiles if profile.native_id]
    given = _each(
        platform,
        read,
        known,
        lambda done: progress(f"{platform.name}: {posts:,} posts read, accounts", done, len(known)),
    )
    pairs = list(zip(known, given, strict=True))
    return (
        [(profile, reading) for profile, reading in pairs if isinstance(reading, Reading)],
        [
            Lost(profile.native_id, str(error))
            for profile, given in pairs
            if (error := given.cut_short if isinstance(given, Reading) else given)
        ],
    )


def _read_again(platform: Platform, reader: Reader, progress: Progress) -> tuple[list[Rereading], list[Finding]]:
    portions = reader.due()
    given = _each(
        platform,
        reader.read_again,
        portions,
        lambda done: progress(f"{platform.name}: known posts read again, portions", done, len(portions)),
    )
    return (
        [reading for reading in given if isinstance(reading, Rereading)],
        # What was not read again tonight is due again tomorrow.
        [
            Finding(Concern.ACCOUNT, f"portion {number} of known posts", str(error))
            for number, error in enumerate(given, start=1)
            if isinstance(error, SourceError)
        ],
    )


def _each(
    platform: Platform, ask: Callable[[Any], Any], whom: Sequence[Any], progress: Callable[[int], None]
) -> list[Any]:
    """What ``ask`` gives for each, in their order, or the SourceError it raised.

    A token that is refused, or a platform that is down, is not asked again for all the rest.
    """
    stop: list[SourceError] = []
    failures = 0

    def one(item: Any) -> Any:
        nonlocal failures
        if stop:
            return SourceError(f"{platform.name}: not asked for, since before it: {stop[0]}")
        try:
            given = ask(item)
        except SourceError as error:
            is_down = isinstance(error, Unreachable) or (isinstance(error, Refusal) and error.status >= 500)
            failures = failures + 1 if is_down else 0
            if isinstance(error, TokenRefused) or failures >= MOST_FAILURES_IN_A_ROW:
                stop.append(error)
            return error
        except Exception as error:
            # An answer of a shape nobody thought of costs the account it is about; the trace is for who mends it.
            log.exception("%s: an answer could not be understood", platform.name)
            return SourceError(f"{platform.name}: an answer could not be understood: {type(error).__name__}: {error}")
        failures = 0
        return given

    with ThreadPoolExecutor(ACCOUNTS_AT_A_TIME, thread_name_prefix=platform.name) as threads:
        futures = [threads.submit(one, item) for item in whom]
        for done, _ in enumerate(as_completed(futures), start=1):
            progress(done)
        return [future.result() for future in futures]


def at(payload: Any, path: str) -> Any:
    """The value at a JSON path of names and numbers (``$.a.b[0].c``), or None."""
    for name, number in re.findall(r"([^.$\[\]]+)|\[(\d+)\]", path):
        try:
            payload = payload[int(number)] if number else payload[name]
        except (KeyError, IndexError, TypeError):
            return None
    return payload


def utc(text: Any) -> datetime | None:
    """An ISO 8601 time with a zone as an instant in UTC, or None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def objects(body: Any, name: str) -> list[dict]:
    """The objects in a list of an answer; what is no object is left out."""
    given = body.get(name) if isinstance(body, dict) else None
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def as_json(payload: dict) -> str:
    text = json.dumps(payload, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair is no character: escaped, the record reaches quarantine whole.
        return json.dumps(payload)
    return text


def looks_like(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.match(pattern, value) is not None


class Pages:
    """Watches a timeline's pages, so that one that never ends is told and not read for ever."""

    def __init__(self, platform: str, name: str, most: int):
        self._what, self._most = f"{platform}: the timeline of {name}", most
        self._ids: set[str] = set()
        self._cursors: set[str] = set()
        self._stale = 0

    def turn(self, ids: set[str], cursor: str) -> str:
        """The cursor of the next page. Raises SourceError when it was used before, or when too many pages in a row
        brought nothing new, or when there are more pages than a timeline can have."""
        self._stale = 0 if ids - self._ids else self._stale + 1
        self._ids |= ids
        if cursor in self._cursors:
            raise SourceError(f"{self._what} gives the page token {cursor} again and never ends")
        self._cursors.add(cursor)
        if len(self._cursors) >= self._most or self._stale > MOST_STALE_PAGES:
            raise SourceError(f"{self._what} never ends: {len(self._cursors)} pages, {len(self._ids)} different posts")
        return cursor
