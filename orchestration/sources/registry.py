"""The ministry's own register: which missions there are, and which accounts they hold on which platform.

Two CSV files, ``missions.csv`` and ``accounts.csv``, kept by the ministry; the synthetic ministry's ship as
the default. The whole register is landed each night as that day's snapshot. Days are UTC.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from zoneinfo import available_timezones

import polars as pl

from orchestration.contracts import Contract, key, optional, required
from orchestration.dbt import project_vars
from orchestration.landing import Batch, Window
from orchestration.sources.platform import Platform
from orchestration.sources.tabular import read_csv

PLATFORMS = tuple(project_vars()["platforms"])
"""The platforms that are read over their APIs, as dbt_project.yml lists them: the one place that names them all."""

REGISTRABLE = (*PLATFORMS, "threads", "tiktok")
"""Accounts on other platforms are registered too: their figures come from exported files."""

MISSION_KINDS = ("headquarters", "embassy", "high_commission", "consulate", "permanent_mission")

MISSIONS = Contract(
    "registry",
    "missions",
    (
        key("mission_id"),
        required("name"),
        required("kind", allowed=MISSION_KINDS),
        required("city"),
        required("country_code", pattern=r"^[A-Z]{2}$"),
        required("country"),
        required("region"),
        required("time_zone", allowed=tuple(sorted(available_timezones()))),
        optional("latitude", pl.Float64, minimum=-90),
        optional("longitude", pl.Float64, minimum=-180),
    ),
    "One row per mission and day of the register.",
)
ACCOUNTS = Contract(
    "registry",
    "accounts",
    (
        key("platform", allowed=REGISTRABLE),
        # On Mastodon the handle names its server: name@server.
        key("handle", pattern=r"^[^@\s]+(@[^@\s]+)?$"),
        optional("native_id"),
        required("mission_id"),
        optional("display_name"),
        required("registered_from", pl.Date),
        optional("registered_until", pl.Date),
        optional("language", pattern=r"^[a-z]{2,3}$"),
        # False for an officer's own account, which is watched and not held to the standard.
        optional("is_official", pl.Boolean),
        # Who answers for the account: personal data, of which only the number leaves the landing.
        optional("owner"),
        optional("second_owner"),
    ),
    "One row per registered account and day of the register.",
)
CONTRACTS = (MISSIONS, ACCOUNTS)


def platform(name: str) -> Platform:
    """The platform of this name, from the source module that bears it."""
    return import_module(f"orchestration.sources.{name}").PLATFORM


def extract(folder: Path, window: Window, *, is_synthetic: bool) -> Iterator[Batch]:
    """Both files as the snapshot of the window's last day. Raises SourceError for a missing file or column."""
    for contract in CONTRACTS:
        path = folder / f"{contract.table}.csv"
        sheet = read_csv(path, name=path.name)
        yield Batch(
            contract=contract,
            batch_id="register",
            source_file=path.name,
            observed_at=window.end_at,
            day=window.days[-1],
            text=sheet.select(sheet.own_columns(contract), contract),
            is_synthetic=is_synthetic,
            misfits=sheet.misfits,
            warnings=sheet.warnings,
        )
