"""What a day's value was to be expected to be, from the days before it alone, so that a day judged tonight and the
same day judged anew next year are judged alike.

A forecast by medians, which one wild day does not move: the level of the last weeks, the weekday's own departure from
it, and what the day has in common for all accounts of a group (a platform's outage, a purge of followers, a feast).
Its spread is the median size of its own errors of the weeks before. Days that nobody observed are bridged: they are
no zeros and end no series.
"""

from collections.abc import Sequence

import polars as pl

LEVEL_DAYS = 42
MEMORY_DAYS = 56
LEAST_DAYS = 10
"""Days told before a day is judged at all."""
WEEKDAY_WEIGHT = 4
"""A weekday's departure is believed half when it was seen so many times."""
LEAST_SHARING = 10
"""Accounts of a group from which on what their day has in common is taken for no account's own."""
SIGMA_OF_MAD = 1.4826
WIDE = 1.96
"""Spreads on either side of the centre that make the interval of 95 %."""


def forecast(series: pl.DataFrame, floor: float, span: int = 1, shared: Sequence[str] = ()) -> pl.DataFrame:
    """The series with ``centre``, ``spread`` and ``score``: how many spreads its ``value`` lies above its centre.

    One row per account and day, every day of the account, in their order (``whole_days``). A value covers the last
    ``span`` days (at most 7), so only values that ended before them count as past. NULL where it cannot be told.
    ``floor`` is the least spread. Where ``shared`` names columns, the median error of the accounts alike in them is
    taken out.
    """
    own, group = ["account_id"], [*shared, "day"]
    errors = pl.col("error")
    common = pl.when(bool(shared) & (errors.count().over(group) >= LEAST_SHARING)).then(errors.median().over(group))
    size = past_median(errors.abs().shift(span - 1), MEMORY_DAYS, LEAST_DAYS).over(own)
    return (
        series.with_columns(level=past_median(pl.col("value").shift(span - 1), LEVEL_DAYS, LEAST_DAYS).over(own))
        .with_columns(error=pl.col("value") - pl.col("level"))
        .with_columns(weekday=_of_weekday(errors).over(*own, pl.col("day").dt.weekday()).fill_null(0.0))
        .with_columns(error=errors - pl.col("weekday"))
        .with_columns(common=common.fill_null(0.0))
        .with_columns(error=errors - pl.col("common"))
        .with_columns(centre=pl.col("level") + pl.col("weekday") + pl.col("common"), spread=SIGMA_OF_MAD * size)
        .with_columns(spread=steadied(floor, ["day"]))
        .with_columns(score=errors / pl.col("spread"))
        .drop("level", "weekday", "common", "error")
    )


def steadied(floor: float, group: Sequence[str]) -> pl.Expr:
    """``spread``, known from few days, drawn half way to the usual spread of all of the group; where it is not known
    yet, the usual one."""
    usual = pl.col("spread").median().over(group)
    squares = (pl.col("spread").fill_null(usual) ** 2 + usual**2) / 2
    return pl.when(usual.is_not_null()).then(pl.max_horizontal(squares.sqrt(), floor))


def past_median(value: pl.Expr, days: int, least: int, by: str = "day") -> pl.Expr:
    """The median of the days before, at most so many; NULL where fewer than ``least`` are told."""
    return value.rolling_median_by(by, f"{days}d", min_samples=least, closed="left")


def whole_days(days: pl.DataFrame) -> pl.DataFrame:
    """Every day of each account from its first to its last, in order; a day without a row tells nothing."""
    lasting = [name for name in ("account_id", "region", "platform") if name in days.columns]
    return every_day(days.sort("account_id", "day"), "day", "account_id").with_columns(
        pl.col(name).forward_fill() for name in lasting
    )


def every_day(frame: pl.DataFrame, day: str, group: str | None = None) -> pl.DataFrame:
    """The frame, sorted by group and day, with a row for each day between its first and its last."""
    if frame.is_empty():
        return frame
    return frame.upsample(day, every="1d", group_by=group, maintain_order=True)


def _of_weekday(departure: pl.Expr) -> pl.Expr:
    """The usual departure of this weekday from the level, shrunk towards none while it was seen but a few times."""
    seen = departure.is_not_null().cast(pl.Int32).rolling_sum_by("day", f"{MEMORY_DAYS}d", closed="left")
    return past_median(departure, MEMORY_DAYS, 1) * seen / (seen + WEEKDAY_WEIGHT)
