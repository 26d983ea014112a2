"""Suites over what a night changed (``expectations/changes.py``). All of them warn: a model that was mended changes
much at once, and rightly.

Of few rows nothing is said; the figures below are what nights of the synthetic ministry never reach by themselves.
"""

from expectations import changes
from expectations.suite import Expect, Stage, Suite, no_row
from orchestration.sources import registry

MOST_CHANGED = 0.15
"""Share of the rows that were there before in which a column may differ."""
MOST_CHANGED_OF_LIVELY = 0.8
"""The same of columns that differ from night to night by themselves."""
MOST_GONE = 0.05
"""Share of the rows that were there before which may be gone."""
MOST_EMPTIED, MOST_EMPTIED_OF_OTHERS = 0.2, 0.3
"""By so much the share of rows that have a value may move: in a table that mostly tells the same things again, and in
one that tells of others each time."""
FURTHEST = 1.0
"""So far the mean of ln(1 + |value|) may move: about 2.7 times as high, or as low."""
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
                f"no column differs from {than} in more than {MOST_CHANGED:.0%} of the rows that were there",
                f"changed > 2 and changed > if({lively}, {MOST_CHANGED_OF_LIVELY}, {MOST_CHANGED}) * shared",
                "differs in ' || changed || ' of ' || shared || ' rows'",
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
                f"where gone > 2 and gone > {MOST_GONE} * rows_before and {whole}",
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
