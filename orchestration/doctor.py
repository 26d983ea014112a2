"""Looks over an installation: what is in order, what is not, and what to do about it. Changes nothing.

Nothing here repeats a secret: what a platform says is told as its client tells it, which blots them out.
"""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from itertools import islice

import polars as pl
import stamina

from orchestration.landing import SYNTHETIC, Landing, Window, kind_held
from orchestration.private import OTHERS, private_paths
from orchestration.publication import Publications
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.sources import SourceError, moodle, registry, xapi, zoom
from orchestration.sources.platform import Concern, Profile, Registered

LOCKED = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "polars", "streamlit")
LEAST_FREE = 1_000_000_000
"""Bytes: below that no night fits, however small the last one was."""
MOST_APART = timedelta(minutes=5)
"""A clock that is further off stamps observations with a wrong time; tokens are refused for it too."""
DAEMON_SILENT = timedelta(minutes=5)


class State(StrEnum):
    GOOD = "good"
    NOTE = "note"
    """To be known; nothing must be done."""
    BAD = "to do"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is like, and what to do where that is not good."""

    about: str
    state: State
    told: str
    todo: str = ""


def examine(settings: Settings, *, is_offline: bool) -> Iterator[Finding]:
    """Everything, one after the other. Whatever fails to be looked at is told as bad."""
    looks: list[Callable[[Settings], Iterator[Finding]]] = [
        _versions,
        _kind,
        _permissions,
        _disk,
        _clock,
        _last_run,
        _daemon,
    ]
    for look in [*looks, *([] if is_offline else [_sources])]:
        try:
            yield from look(settings)
        except Exception as error:  # a look that breaks is itself a finding
            about = look.__name__.strip("_").replace("_", " ")
            yield Finding(about, State.BAD, f"could not be looked at: {type(error).__name__}", "look at it by hand")


def _versions(_: Settings) -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    is_right = sys.version_info[:2] == (3, 11)
    yield Finding("python", State.GOOD if is_right else State.BAD, python, "" if is_right else "install Python 3.11")
    lock = (PROJECT_DIR / "requirements.lock").read_text()
    for name in LOCKED:
        locked = re.search(rf"^{re.escape(name)}==(\S+)", lock, re.MULTILINE)
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        if locked and locked[1] == found:
            yield Finding(name, State.GOOD, f"{found}, as locked")
        else:
            wanted = locked[1] if locked else "none"
            yield Finding(name, State.BAD, f"{found}; {wanted} is locked", "touch requirements.lock && make setup")


def _kind(settings: Settings) -> Iterator[Finding]:
    told = "the synthetic ministry of the sandbox" if settings.is_sandbox else "the ministry's own sources"
    yield Finding("reads", State.NOTE if settings.is_sandbox else State.GOOD, told)
    held = kind_held(settings.landing_dir)
    if held is not None and (held == SYNTHETIC) != settings.is_sandbox:
        yield Finding(
            "landing",
            State.BAD,
            f"holds {held} records, and these settings would land others",
            "set the credentials or the inbox that it was landed with, or SIFARAT_DATA_DIR to another folder",
        )


def _permissions(settings: Settings) -> Iterator[Finding]:
    if not settings.data_dir.exists():
        yield Finding("data folder", State.NOTE, f"{settings.data_dir} does not exist yet", "make nightly")
        return
    is_closed = not settings.data_dir.stat().st_mode & OTHERS
    apart = [path for path in private_paths(settings) if not path.is_relative_to(settings.data_dir)]
    open_ = [
        path for path in private_paths(settings) if path.stat().st_mode & OTHERS and (not is_closed or path in apart)
    ]
    for path in open_:
        yield Finding("privacy", State.BAD, f"{path} can be read by others", f"chmod go-rwx {path}")
    if not open_:
        yield Finding("privacy", State.GOOD, "landing, warehouse, keys and logs are their owner's alone")
    if not settings.pseudonym_key.exists() and settings.warehouse.exists():
        yield Finding(
            "key",
            State.BAD,
            f"{settings.pseudonym_key} is missing",
            "put it back before a night",
        )


def _disk(settings: Settings) -> Iterator[Finding]:
    there = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(there).free
    current = Publications(settings.published_dir).current
    night = sum(path.stat().st_size for path in (settings.warehouse, current) if path.exists())
    # A night writes the warehouse anew beside its old blocks, and a publication beside the kept ones.
    needed = max(2 * night, LEAST_FREE)
    told = f"{free / 1e9:.1f} GB free; a night as the last one needs {needed / 1e9:.1f} GB"
    is_enough = free >= needed
    yield Finding(
        "disk",
        State.GOOD if is_enough else State.BAD,
        told,
        "" if is_enough else "free space, or lower SIFARAT_KEPT_PUBLICATIONS",
    )


def _clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    newest = max((made.published_at for made in Publications(settings.published_dir).all()), default=None)
    if now.date() < date(2026, 1, 1) or (newest and newest > now + MOST_APART):
        made = f", before the last publication ({newest:%Y-%m-%d %H:%M})" if newest else ""
        yield Finding("clock", State.BAD, f"{now:%Y-%m-%d %H:%M} UTC{made}", "set the clock; let it be set by NTP")
    else:
        yield Finding("clock", State.GOOD, f"{now:%Y-%m-%d %H:%M} UTC")


def _last_run(settings: Settings) -> Iterator[Finding]:
    publication = Publications(settings.published_dir).open_one()
    if publication is None:
        yield Finding("publication", State.BAD, "nothing is published", "make nightly")
        return
    age = datetime.now(UTC) - publication.published_at
    is_stale = age > timedelta(days=settings.dashboard_stale_after_days)
    told = f"{publication.published_at:%Y-%m-%d %H:%M} UTC, run {publication.run_id}"
    todo = "make nightly, and see why no night ran: make ui" if is_stale else ""
    yield Finding("publication", State.BAD if is_stale else State.GOOD, told, todo)


def _daemon(settings: Settings) -> Iterator[Finding]:
    if not (settings.dagster_home / "dagster.yaml").exists():
        yield Finding("schedule", State.NOTE, "Dagster has not run here yet", "make ui, or a night by cron")
        return
    import dagster as dg

    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        beats = instance.get_daemon_heartbeats().values()
        runs = instance.get_runs(limit=1)
    newest = max((beat.timestamp for beat in beats), default=0.0)
    if runs:
        is_bad = runs[0].status is dg.DagsterRunStatus.FAILURE
        told = f"run {runs[0].run_id}: {runs[0].status.value.lower()}"
        yield Finding("last run", State.BAD if is_bad else State.GOOD, told, "make ui tells why" if is_bad else "")
    is_alive = datetime.now(UTC).timestamp() - newest < DAEMON_SILENT.total_seconds()
    told = "the daemon runs" if is_alive else "no daemon runs, so no night starts by itself"
    yield Finding("schedule", State.GOOD if is_alive else State.NOTE, told, "" if is_alive else "make ui, or cron")


def _sources(settings: Settings) -> Iterator[Finding]:
    """Each source asked for as little as shows that it answers and takes the credentials."""
    if settings.is_sandbox:
        return
    # Whoever looks wants to know now: nothing is asked twice, and no limit is waited for.
    quick = settings.model_copy(update={"request_timeout_seconds": 10.0, "rate_limit_patience_seconds": 1.0})
    was_active = stamina.is_active()
    stamina.set_active(False)
    try:
        for name in registry.PLATFORMS:
            yield from _telling(name, lambda name=name: _platform(name, quick))
        yield from _telling("moodle", lambda: _moodle(quick))
        yield from _telling("lrs", lambda: _lrs(quick))
        yield from _telling("zoom", lambda: _zoom(quick))
        told = "set; the night asks" if settings.teams_token else "not set, not read"
        yield Finding("teams", State.NOTE, told)
    finally:
        stamina.set_active(was_active)


def _telling(name: str, ask: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from ask()
    except SourceError as error:
        yield Finding(name, State.BAD, str(error), "mend what it says, or ask the platform's administrator")


def _platform(name: str, settings: Settings) -> Iterator[Finding]:
    platform = registry.platform(name)
    account = _an_account(settings, name)
    if account is None:
        yield Finding(name, State.NOTE, "no account is registered, so it is not read")
        return
    reader = platform.connect(settings)
    if reader is None:
        yield Finding(name, State.BAD, "accounts are registered and no token is set", "set its token (README)")
        return
    with closing(reader):
        found = next(iter(reader.look_up([account])))
        told_by_it = list(reader.findings())
    if isinstance(found, Profile):
        apart = abs(datetime.now(UTC) - found.observed_at)
        if apart > MOST_APART:
            told = f"{name}'s clock and this one are {apart.total_seconds() / 60:.0f} minutes apart"
            yield Finding("clock", State.BAD, told, "set the clock; let it be set by NTP")
        yield Finding(name, State.GOOD, "answers and takes the credentials")
    else:
        yield Finding(name, State.NOTE, f"answers, but gives no {account.name}: {found.reason}")
    for told in told_by_it:
        if told.concern is Concern.CREDENTIAL:
            yield Finding(name, State.BAD, told.reason, "renew the token")


def _an_account(settings: Settings, platform: str) -> Registered | None:
    """One that the register holds now."""
    if kind_held(settings.landing_dir) is None:
        return None
    landing = Landing.standing(settings.landing_dir)
    day = landing.latest_day(registry.ACCOUNTS, date.max)
    if day is None:
        return None
    rows = landing.read(registry.ACCOUNTS, [day], columns=["platform", "handle", "native_id", "registered_until"])
    rows = rows.filter(pl.col("platform") == platform, pl.col("registered_until").is_null())
    return next((Registered(row["handle"], row["native_id"]) for row in rows.head(1).iter_rows(named=True)), None)


def _moodle(settings: Settings) -> Iterator[Finding]:
    site = moodle.connect(settings)
    if site is None:
        yield Finding("moodle", State.NOTE, "not set, not read")
        return
    with site:
        courses = len(site.courses())
    yield Finding("moodle", State.GOOD, f"answers and takes the token; it gives {courses:,} courses")


def _lrs(settings: Settings) -> Iterator[Finding]:
    lrs = xapi.connect(settings)
    if lrs is None:
        yield Finding("lrs", State.NOTE, "not set, not read")
        return
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with lrs:
        list(islice(lrs.pages(Window.of_day(yesterday)), 1))
    yield Finding("lrs", State.GOOD, "answers and takes the credentials")


def _zoom(settings: Settings) -> Iterator[Finding]:
    if settings.zoom_client_secret is None:
        yield Finding("zoom", State.NOTE, "not set, not read over its API")
        return
    zoom.access_token(settings)
    yield Finding("zoom", State.GOOD, "gives an access token")
