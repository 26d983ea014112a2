"""Period, region, mission and platform: chosen once for all pages, and kept in the URL.

Streamlit binds each widget to the query parameter of its key. It drops from the URL what is none of the options, so
another mission's id, or a hostile value, chooses nothing; and a value only ever enters a query as a parameter.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import streamlit as st

from dashboard.language import Words, day

DEFAULT_DAYS = 28

CHOSEN = """(
    mission_id in (
        select mission_id
        from dim_mission
        where ($region::varchar is null or region = $region) and ($mission::varchar is null or mission_id = $mission)
    )
    and ($platform::varchar is null or platform = $platform)
)"""
"""Rows of a table with mission_id and platform that the filters choose; the period is each table's own column."""

CHOSEN_MISSIONS = """(
    ($region::varchar is null or region = $region) and ($mission::varchar is null or mission_id = $mission)
)"""
"""Rows of a table with mission_id and region that the filters choose."""


@dataclass(frozen=True)
class Filters:
    """What was chosen; None means all. Days are UTC, both included."""

    first_day: date
    last_day: date
    region: str | None = None
    mission: str | None = None
    platform: str | None = None

    @property
    def parameters(self) -> dict[str, object]:
        return asdict(self)

    @property
    def in_words(self) -> dict[str, str]:
        """The period, for phrases."""
        return {"first": day(self.first_day), "last": day(self.last_day)}


def period_of(chosen: date | tuple[date, ...], first_day: date, last_day: date) -> tuple[date, date]:
    """First and last day of what a calendar gave: one day while the second click is still to come.

    Days without data are cut off; what lies outside altogether becomes the nearest day.
    """
    days = (sorted(chosen) if isinstance(chosen, tuple) else [chosen]) or [last_day]
    first, last = (min(max(day, first_day), last_day) for day in (days[0], days[-1]))
    return first, last


def ask(words: Words, missions: list[tuple[str, str, str]], platforms: list[str], days: tuple[date, date]) -> Filters:
    """Show the widgets. ``missions``: id, name and region of those in scope; ``days``: first and last with data."""
    first_day, last_day = days
    default = (max(first_day, last_day - timedelta(days=DEFAULT_DAYS - 1)), last_day)
    period = st.date_input(
        words("filter_period"),
        default,
        min_value=first_day,
        max_value=last_day,
        format="YYYY-MM-DD",
        key="period",
        bind="query-params",
    )
    region = st.selectbox(
        words("filter_region"),
        sorted({region for _, _, region in missions}),
        index=None,
        placeholder=words("filter_all"),
        key="region",
        bind="query-params",
    )
    names = {mission: name for mission, name, of in missions if region is None or of == region}
    mission = st.selectbox(
        words("filter_mission"),
        sorted(names),
        index=None,
        format_func=lambda mission: names.get(mission, mission),
        placeholder=words("filter_all"),
        key="mission",
        bind="query-params",
    )
    platform = st.selectbox(
        words("filter_platform"),
        platforms,
        index=None,
        format_func=lambda platform: PLATFORM_NAMES.get(platform, platform),
        placeholder=words("filter_all"),
        key="platform",
        bind="query-params",
    )
    return Filters(*period_of(period, first_day, last_day), region, mission, platform)


PLATFORM_NAMES = {
    "x": "X",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "youtube": "YouTube",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "linkedin": "LinkedIn",
}
