"""What befell a post, and posts that say the same. The columns are those of ``judge.POSTS`` and ``judge.COPIES``."""

import polars as pl

from orchestration.alerts.bars import bars
from orchestration.alerts.forecast import MEMORY_DAYS, SIGMA_OF_MAD, every_day, past_median, steadied
from orchestration.alerts.found import found, passed

BASELINE_DAYS = 120
LEAST_POSTS = 8
FLOOR = 0.5
LEAST_DAYS = 14
"""Days that the ministry must be known for before the size of a wave is judged."""


def spreading(posts: pl.DataFrame) -> pl.DataFrame:
    """A post's engagements against those of the account's earlier posts of its sort at the same age, in logarithms."""
    (bar,) = bars("post_spreading")
    alike = ["account_id", "is_reply", "age_days"]
    value = (pl.col("engagements") + 1).log()
    level = past_median(value, BASELINE_DAYS, LEAST_POSTS, by="posted_date").over(alike)
    spread = SIGMA_OF_MAD * past_median(pl.col("error").abs(), BASELINE_DAYS, LEAST_POSTS, by="posted_date").over(alike)
    judged = (
        posts.sort(*alike, "posted_date", "post_id")
        .with_columns(centre=level)
        .with_columns(error=value - pl.col("centre"))
        .with_columns(spread=spread)
        .with_columns(spread=steadied(FLOOR, ["day", "is_reply", "age_days"]))
        .with_columns(score=pl.col("error") / pl.col("spread"))
    )
    of_post = judged.with_columns(subject_id="post_id", from_date="posted_date", alert_date="day")
    return passed(of_post, bar, observed=pl.col("engagements"), scale=lambda value: value.exp() - 1)


def waves(copies: pl.DataFrame) -> pl.DataFrame:
    """Posts of two days that say what an earlier one said, against the largest such wave of the weeks before."""
    (bar,) = bars("near_identical_wave")
    by_day = copies.group_by("first_post_id", "posted_date").agg(posts=pl.len()).sort("first_post_id", "posted_date")
    sizes = by_day.with_columns(
        size=pl.col("posts").rolling_sum_by("posted_date", "2d", closed="right").over("first_post_id").cast(pl.Float64)
    )
    of_days = sizes.group_by("posted_date").agg(largest=pl.col("size").max(), middle=pl.col("size").median())
    usual = (
        every_day(of_days.sort("posted_date"), "posted_date")
        .with_columns(
            largest=pl.col("largest").rolling_max_by("posted_date", f"{MEMORY_DAYS}d", closed="left"),
            middle=past_median(pl.col("middle"), MEMORY_DAYS, 1, by="posted_date"),
            known=pl.col("posted_date") - pl.col("posted_date").min(),
        )
        # A wave of two days is held against what was before both.
        .with_columns(pl.col("posted_date") + pl.duration(days=1))
    )
    first = copies.filter(pl.col("post_id") == pl.col("first_post_id")).select("first_post_id", "account_id")
    judged = sizes.join(usual, on="posted_date").join(first, on="first_post_id")
    score = pl.col("size") / pl.max_horizontal("largest", 1.0)
    is_passed = (pl.col("size") >= bar.size) & (score >= bar.score) & (pl.col("known") >= pl.duration(days=LEAST_DAYS))
    of_wave = judged.filter(is_passed).with_columns(
        subject_id="first_post_id",
        post_id="first_post_id",
        from_date=pl.col("posted_date") - pl.duration(days=1),
        alert_date="posted_date",
    )
    return found(of_wave, bar, pl.col("size"), pl.col("middle"), pl.lit(0.0), pl.col("largest"), score)
