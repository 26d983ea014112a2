"""What befell an account: its engagement, its silence, its followers, the replies to it.

``days`` has one row per account and UTC day, in the columns of ``judge.DAYS``. Each function gives the days on which a
bar was passed, in the columns of ``found``.
"""

import polars as pl

from orchestration.alerts.bars import Bar, bars
from orchestration.alerts.forecast import MEMORY_DAYS, forecast, whole_days
from orchestration.alerts.found import found, of_account, passed

SHARE_OF_AGE = (0.50, 0.32, *(0.03,) * 5)
"""What a post gains of its engagements on its day and the days after. Rough: each account's level absorbs the rest."""
LEAST_POSTS = 0.25
"""Posts, weighed by their age, below which a day's engagement is the rest of old posts and is not judged."""
LEAST_ENGAGEMENTS = 30
"""Engagements of a day below which the share of replies among them says nothing."""
RATE_WEIGHT = 2
"""The account's mean counts like so many weeks when the posts of a weekday are told."""
LEAST_RATES = 28
"""Days told, of the weeks before, from which on a silence is judged."""
LEAST_REGION = 5.0
"""Posts to be expected of a region on a day from which on its quiet is taken for a holiday."""


def engagement(days: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Engagements gained against what the account's posts of the last days usually gain it.

    The forecast is of engagements per post as posts age, so that posting more or less is no alert of its own; in
    logarithms, since what moves them multiplies.
    """
    posted = pl.sum_horizontal(
        pl.col("posts").fill_null(0).shift(age, fill_value=0).over("account_id") * share
        for age, share in enumerate(SHARE_OF_AGE)
    )
    days = whole_days(days).with_columns(posted=posted)
    return pl.concat(_engagement(days, bar) for bar in bars(kind))


def _engagement(days: pl.DataFrame, bar: Bar) -> pl.DataFrame:
    posts = (pl.col("posted") + 0.02).log()
    series = days.with_columns(_summed(bar.span, "gained", "posted")).with_columns(
        value=pl.when(pl.col("posted") >= LEAST_POSTS * bar.span).then((pl.col("gained") + 1).log() - posts)
    )
    judged = _judged(series, bar, 0.25, "platform")
    return passed(judged, bar, observed=pl.col("gained"), scale=lambda value: (value + posts).exp() - 1)


def replies(days: pl.DataFrame) -> pl.DataFrame:
    """Replies' share of the engagements gained, in log odds. Replies themselves are not landed, so their tone is not
    known; that days draw words where they used to draw likes is."""
    days = whole_days(days)
    return pl.concat(_replies(days, bar) for bar in bars("reply_share_high"))


def _replies(days: pl.DataFrame, bar: Bar) -> pl.DataFrame:
    came, gained = pl.col("replies_gained"), pl.col("gained")
    odds = ((came + 0.5) / (gained - came + 0.5)).log()
    series = days.with_columns(_summed(bar.span, "replies_gained", "gained")).with_columns(
        value=pl.when(gained >= LEAST_ENGAGEMENTS).then(odds)
    )
    judged = _judged(series, bar, 0.25)
    return passed(judged, bar, observed=came / gained, scale=lambda value: 1 / (1 + (-value).exp()), size=came)


def followers(days: pl.DataFrame) -> pl.DataFrame:
    """Followers against those of ``span`` days before, grown as they usually grow over so long."""
    days = whole_days(days.with_columns(followers=pl.when(pl.col("followers") > 0).then("followers")))
    return pl.concat(_followers(days, bar) for bar in bars("follower_loss"))


def _followers(days: pl.DataFrame, bar: Bar) -> pl.DataFrame:
    logs = pl.col("followers").cast(pl.Float64).log()
    before = logs.shift(bar.span).over("account_id")
    judged = _judged(days.with_columns(value=logs - before, before=before), bar, 0.001, "platform")
    return passed(judged, bar, observed=pl.col("followers"), scale=lambda value: (value + pl.col("before")).exp())


def silence(days: pl.DataFrame) -> pl.DataFrame:
    """Days without a post against the posts that its weekdays usually bring, less what its whole region missed too.

    Of posts that come independently, none comes where n were due with a probability of exp(-n); since they come in
    spells, the account's own longest quiet counts as well. ``score`` is how many times that the quiet lasts.
    """
    (bar,) = bars("silence")
    own, weekday = ["account_id"], ["account_id", pl.col("day").dt.weekday()]
    posts, rate = pl.col("posts"), pl.col("rate")

    def past(how: str, over: list) -> pl.Expr:
        return getattr(posts, f"rolling_{how}_by")("day", f"{MEMORY_DAYS}d", min_samples=1, closed="left").over(over)

    told = posts.is_not_null().cast(pl.Int32)
    days = whole_days(days).with_columns(posts=pl.when("is_told").then(posts.cast(pl.Float64)))
    days = days.with_columns(
        mean=past("mean", own),
        of_weekday=past("sum", weekday).fill_null(0.0),
        weeks=told.rolling_sum_by("day", f"{MEMORY_DAYS}d", closed="left").over(weekday),
        told_before=told.rolling_sum_by("day", f"{MEMORY_DAYS}d", closed="left").over(own),
    )
    days = days.with_columns(
        rate=(pl.col("of_weekday") + RATE_WEIGHT * pl.col("mean")) / (pl.col("weeks") + RATE_WEIGHT)
    )
    due = rate.filter(posts.is_not_null()).sum().over("region", "day")
    came = posts.sum().over("region", "day")
    holiday = pl.when(due >= LEAST_REGION).then((came / due).clip(upper_bound=1.0)).otherwise(1.0)
    days = days.with_columns(missed=pl.when(posts == 0).then(rate * holiday).otherwise(0.0).fill_null(0.0))
    days = days.with_columns(quiet=(posts > 0).fill_null(False).cum_sum().over(own))
    days = days.with_columns(
        due=pl.col("missed").cum_sum().over("account_id", "quiet"),
        since=pl.col("day").first().over("account_id", "quiet"),
    )
    longest = pl.col("due").rolling_max_by("day", f"{MEMORY_DAYS}d", min_samples=1, closed="left").over(own)
    days = days.with_columns(longest=longest)
    days = days.with_columns(longest=pl.col("longest").first().over("account_id", "quiet").fill_null(0.0))
    score = pl.col("due") / pl.max_horizontal("longest", 1.0)
    is_passed = (
        (pl.col("due") >= bar.size)
        & (score >= bar.score)
        & (pl.col("told_before") >= LEAST_RATES)
        & (posts == 0)
        & (pl.col("quiet") > 0)
    )
    silent = days.filter(is_passed).with_columns(**of_account(pl.col("since") + pl.duration(days=1)))
    return found(silent, bar, pl.lit(0), pl.col("due"), pl.lit(1.0), pl.lit(None, pl.Float64), score)


def _judged(series: pl.DataFrame, bar: Bar, floor: float, *shared: str) -> pl.DataFrame:
    first = pl.col("day") - pl.duration(days=bar.span - 1)
    return forecast(series, floor, bar.span, shared).with_columns(**of_account(first))


def _summed(span: int, *names: str) -> list[pl.Expr]:
    """Sums of the last days; NULL where one of them is not told."""
    return [pl.col(name).rolling_sum(span, min_samples=span).over("account_id") for name in names]
