"""What the files of a table usually look like, and the newest of them.

A file tells of other people, courses and meetings than the one before it, so its rows cannot be compared with
earlier ones by their keys (``expectations/changes.py`` does that where they can). But files of one kind look alike: a
column is given in about as many rows, holds words or numbers of one shape, and dates that lie as far from the day on
which the file was saved. So a column that came empty, swapped, shifted or in another unit is seen.

``landed_habits`` has one row per table, column and measure: the newest landed day, and the least and the most that
the days before it had. The measures are:

    given       share of the rows that have a value
    digits      share of the values with a digit
    at_signs    share of the values with an @
    blanks      share of the values with a blank inside
    length      mean of ln(1 + characters)
    level       mean of ln(1 + |number|)
    age_days    mean days from the date to the time of observation
    hour        mean hour of the day, UTC
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from expectations.changes import listed
from orchestration.contracts import TIMESTAMP, Contract, Field
from orchestration.landing import committed_parts
from orchestration.sources import moodle, platform_exports, sheets, teams, zoom

CONTRACTS = (
    *sheets.CONTRACTS,
    *platform_exports.CONTRACTS,
    zoom.PARTICIPANTS,
    teams.PARTICIPANTS,
    # Read each night, but often of a course or two: too few rows to be compared by their keys.
    *moodle.CONTRACTS,
)
LANDED_HABITS = "landing.habits"

MOST_DAYS = 12
"""So many landed days before the newest are looked at."""

_EMPTY = (
    "select ''::varchar as table_name, ''::varchar as column_name, ''::varchar as measure, 0::bigint as rows_now, "
    "0::bigint as days_before, 0::double as now, 0::double as lowest, 0::double as highest where false"
)


def landed_habits(landing: Path, tables: Iterable[Contract] = CONTRACTS) -> str:
    """One query over all of them. Grain: table, column and measure; what no earlier day has is left out."""
    return " union all ".join([_EMPTY, *(query for contract in tables if (query := _habits_of(landing, contract)))])


def _habits_of(landing: Path, contract: Contract) -> str | None:
    committed = committed_parts(landing, contract)
    days = sorted({part.parent for part in committed})[-1 - MOST_DAYS :]
    parts = [part for part in committed if part.parent in days and part.exists()]
    if not parts:
        return None
    measures = [(f"'{f.name}'", f"'{measure}'", sql) for f in contract.fields for measure, sql in _measures(f)]
    columns, kinds, measured = (f"[{', '.join(some)}]" for some in zip(*measures, strict=True))
    return f"""(
        with days as (
            select date, count(*) as rows, {measured}::double[] as measured
            from read_parquet([{listed(parts)}], hive_partitioning = true, union_by_name = true)
            group by date
        ),
        told as (
            select date, rows, unnest({columns}) as column_name, unnest({kinds}) as measure, unnest(measured) as told
            from days
        ),
        newest as (select max(date) as date from days)
        select
            '{contract.name}' as table_name, column_name, measure,
            max(rows) filter (told.date = newest.date) as rows_now,
            count(told) filter (told.date < newest.date) as days_before,
            max(told) filter (told.date = newest.date) as now,
            min(told) filter (told.date < newest.date) as lowest,
            max(told) filter (told.date < newest.date) as highest
        from told, newest
        group by column_name, measure
        having days_before > 0 and now is not null
    )"""


def _measures(field: Field) -> Iterator[tuple[str, str]]:
    """Each with its SQL over the rows of a day."""
    column = f'"{field.name}"'
    yield "given", f"count({column}) / count(*)"
    if field.dtype == pl.String:
        yield "digits", f"avg(regexp_matches({column}, '[0-9]')::integer)"
        yield "at_signs", f"avg(contains({column}, '@')::integer)"
        yield "blanks", f"avg(contains(trim({column}), ' ')::integer)"
        yield "length", f"avg(ln(1 + length({column})))"
    elif field.dtype in (pl.Int64, pl.Float64):
        yield "level", f"avg(ln(1 + abs({column}::double)))"
    elif field.dtype in (pl.Date, TIMESTAMP):
        yield "age_days", f"avg(epoch(observed_at - {column}::timestamp) / 86400)"
        if field.dtype == TIMESTAMP:
            yield "hour", f"avg(epoch({column}) % 86400 / 3600)"
