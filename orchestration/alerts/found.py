"""The days on which a bar was passed, in the same columns for every kind."""

from collections.abc import Callable

import polars as pl

from orchestration.alerts.bars import Bar
from orchestration.alerts.forecast import WIDE

OF = ("subject_id", "account_id", "post_id", "from_date", "alert_date")
"""What it is about, and the days that were judged together."""


def of_account(from_date: pl.Expr) -> dict[str, pl.Expr]:
    """The columns ``OF`` of an account's own day."""
    return {
        "subject_id": pl.col("account_id"),
        "post_id": pl.lit(None, pl.String),
        "from_date": from_date,
        "alert_date": pl.col("day"),
    }


def passed(
    judged: pl.DataFrame,
    bar: Bar,
    observed: pl.Expr,
    scale: Callable[[pl.Expr], pl.Expr],
    size: pl.Expr | None = None,
) -> pl.DataFrame:
    """Rows of a forecast on which all of the bar was passed.

    ``scale`` turns the forecast's scale into the metric's own; ``size`` is held against the bar's, the difference from
    what was expected unless told.
    """
    centre, spread, score = pl.col("centre"), pl.col("spread"), pl.col("score")
    expected = scale(centre)
    size = (observed - expected).abs() if size is None else size
    is_above = bar.score > 0
    far = score >= bar.score if is_above else score <= bar.score
    times = observed >= bar.ratio * expected if is_above else observed <= bar.ratio * expected
    low, high = (scale(centre + side * WIDE * spread) for side in (-1, 1))
    return found(judged.filter(far & times & (size >= bar.size)), bar, observed, expected, low, high, score)


def found(
    passed: pl.DataFrame,
    bar: Bar,
    observed: pl.Expr,
    expected: pl.Expr,
    expected_low: pl.Expr,
    expected_high: pl.Expr,
    score: pl.Expr,
) -> pl.DataFrame:
    return passed.select(
        *OF,
        kind=pl.lit(bar.kind),
        metric=pl.lit(bar.metric),
        observed=observed.cast(pl.Float64),
        expected=expected,
        expected_low=pl.max_horizontal(expected_low, 0.0),
        expected_high=expected_high,
        score=score,
        bar=pl.lit(bar.score),
    )
