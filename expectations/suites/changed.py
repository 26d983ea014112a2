"""Suites over what a night changed (``expectations/changes.py``). All of them warn: a model that was mended changes
much at once, and rightly.

Of few rows nothing is said; the figures below are what nights of the synthetic ministry never reach by themselves.
"""

from expectations import changes, habits
from expectations.suite import Expect, Stage, Suite, no_row
from orchestration.sources import registry

MOST_CHANGED = 0.15
"""Share of the rows that were there before, and have or had a value, in which a column may differ."""
MOST_CHANGED_OF_LIVELY = 0.8
"""The same of columns that differ from night to night by themselves."""
MOST_GONE = 0.05
"""Share of the rows that were there before which may be gone."""
MOST_EMPTIED, MOST_EMPTIED_OF_OTHERS = 0.2, 0.3
"""By so much the share of rows that have a value may move: in a table that mostly tells the same things again, and in
one that tells of others each time."""
FURTHEST = 1.0
"""So far the mean of ln(1 + |value|) may move, of values other than nought: about 2.7 times as high, or as low."""
FEW = 2
"""Of so many rows that differ, or are gone, nothing is said."""
FEWEST_ROWS = 20
"""A column's average is judged of so many rows."""


_COMES_TWO_WAYS = "table_name = 'zoom.participants' and (column_name = 'topic' or column_name like 'meeting_%_at')"
"""What only one of the two ways tells by which the records come."""


def _of_column(says: str, broken: str, told: str) -> Expect:
    return no_row(
        says,
        f"select * from audited where {broken}",
        "warn",
        told_as=f"table_name || '.' || column_name || ' {told}",
    )


def _changed(stage: Stage, table_name: str, than: str, lively_columns: tuple[str, ...], whole: str) -> Suite:
    lively = " or ".join(f"table_name || '.' || column_name like '{column}'" for column in lively_columns)
    enough = f"least(rows_before, rows_now) >= {FEWEST_ROWS}"
    return Suite(
        stage,
        table_name,
        (
            _of_column(
                f"no column differs from {than} in more than {MOST_CHANGED:.0%} of the rows that tell it",
                f"changed > {FEW} and changed > if({lively}, {MOST_CHANGED_OF_LIVELY}, {MOST_CHANGED}) * given",
                "differs in ' || changed || ' of ' || given || ' rows'",
            ),
            _of_column(
                f"no column is emptier or fuller than {than} by more than {MOST_EMPTIED:.0%} of the rows, or "
                f"{MOST_EMPTIED_OF_OTHERS:.0%} where the rows are others",
                f"{enough} and abs(filled_now - filled_before) > "
                f"if(shared >= {FEWEST_ROWS}, {MOST_EMPTIED}, {MOST_EMPTIED_OF_OTHERS}) and not ({_COMES_TWO_WAYS})",
                "is given in ' || round(100 * filled_now) || '% of the rows, and was in ' "
                "|| round(100 * filled_before) || '%'",
            ),
            _of_column(
                f"no column is nearly three times as high as {than}, or as low",
                f"{enough} and abs(level_now - level_before) > {FURTHEST}",
                "is ' || round(exp(level_now - level_before), 2) || ' times as high as it was'",
            ),
            no_row(
                f"no more than {MOST_GONE:.0%} of the rows of {than} are gone",
                f"select distinct table_name, gone, rows_before from audited "
                f"where gone > {FEW} and gone > {MOST_GONE} * rows_before and {whole}",
                "warn",
                told_as="table_name || ' has lost ' || gone || ' of ' || rows_before || ' rows'",
            ),
        ),
    )


_READ_AGAIN = ", ".join(f"'{name}'" for name in (*registry.PLATFORMS, "moodle") if name != "x")
_WHOLE_LISTS = (
    "(table_name like 'registry.%' or table_name like '%.accounts' or table_name in ('sheets.staff', 'sheets.courses') "
    f"or (gone > 0.2 * rows_before and split_part(table_name, '.', 1) in ({_READ_AGAIN})))"
)
"""Landed tables that tell everything each night. Of others the trailing window leaves the oldest behind; X is paid by
the post, so not every post is read again each night."""

LANDED_LIVELY = (
    # How many posts a night reads, and when the last was made, differs from night to night by itself.
    "%.posts_read",
    "%.last_status_at",
)
MARTS_LIVELY = (
    # What an account did last.
    "marts.asset_scores.last_posted_date",
    "marts.asset_scores.days_silent",
    "marts.asset_standards.found",
    # Words about a week whose figures move while its posts are young.
    "marts.weekly_brief.text",
)
"""Columns that differ by themselves, as patterns of ``like``."""

LANDED_CHANGES = _changed("landed", changes.LANDED_CHANGES, "the day before", LANDED_LIVELY, _WHOLE_LISTS)
MART_CHANGES = _changed("modelled", changes.MART_CHANGES, "the standing publication", MARTS_LIVELY, "true")

FEWEST_DAYS = 6
"""Habits are known of so many landed days before the newest."""
FEWEST_WORDS = 5
"""The words of fewer rows have no shape that another could not have as well."""

_OUTSIDE = """
    days_before >= {days} and (now < lowest - {tolerance} or now > highest + {tolerance})
    and measure in ({measures})
"""


def _out_of_habit(says: str, tolerance: str, *measures: str) -> Expect:
    listed = ", ".join(f"'{measure}'" for measure in measures)
    broken = _OUTSIDE.format(days=FEWEST_DAYS, tolerance=f"({tolerance})", measures=listed)
    return no_row(
        says,
        f"select * from audited where {broken}",
        "warn",
        told_as="table_name || '.' || column_name || ', ' || measure || ', is ' || round(now, 2) || ' and was ' "
        "|| round(lowest, 2) || ' to ' || round(highest, 2) || ' on ' || days_before || ' days before'",
    )


# Files differ among each other by themselves, and the less they say the more; the range of the earlier ones is
# widened by that.
LANDED_HABITS = Suite(
    "landed",
    habits.LANDED_HABITS,
    (
        _out_of_habit(
            "every column is given in about as many rows as in earlier files", "0.1 + 0.5 / sqrt(rows_now)", "given"
        ),
        _out_of_habit(
            "the words of every column have the shape of those in earlier files",
            f"if(rows_now < {FEWEST_WORDS}, 'inf', if(measure = 'length', 0.3, 0.1) + 0.5 / sqrt(rows_now))",
            "digits",
            "at_signs",
            "blanks",
            "length",
        ),
        _out_of_habit(
            "the numbers of every column are about as high as in earlier files", "1 + highest - lowest", "level"
        ),
        _out_of_habit(
            "the days and hours of every column lie where they do in earlier files",
            "1 + highest - lowest",
            "age_days",
            "hour",
        ),
        no_row(
            f"what came each of the last {FEWEST_DAYS} times that its source brought something came the newest time",
            f"""
            select source, table_name
            from (
                select distinct
                    source, table_name, date, dense_rank() over (partition by source order by date desc) as times_ago
                from landing.batches
                where landed > 0
            ) as arrived
            where
                times_ago <= {FEWEST_DAYS + 1}
                -- Platforms bring some tables only on days on which there is something to tell.
                and source in ({", ".join(sorted({f"'{contract.source}'" for contract in habits.CONTRACTS}))})
                -- Where hardly anything came, such as a list of courses that are all over, nothing more is due.
                and source in (
                    select source
                    from (
                        select source, count(distinct table_name) as tables
                        from landing.batches
                        where landed > 0
                        group by source, date
                        qualify row_number() over (partition by source order by date desc) = 1
                    )
                    where tables > 1
                )
            group by source, table_name
            having min(times_ago) = 2 and count(*) = {FEWEST_DAYS}
            """,
            "warn",
            told_as="source || '.' || table_name",
        ),
    ),
)
