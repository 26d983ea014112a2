"""What officers gained from the test before a course to the one after it, by course.

Source of the interval: Student's t of paired differences, n - 1 degrees of freedom. Source of the standardised mean
gain: B. J. Becker, "Synthesizing standardized mean-change measures", British Journal of Mathematical and Statistical
Psychology 41(2), 1988: mean gain over the standard deviation of the test before, with Hedges' exact correction for
small samples, J(m) = gamma(m / 2) / (sqrt(m / 2) gamma((m - 1) / 2)), m = n - 1 (metafor calls it SMCR).
"""

import numpy as np
import polars as pl

PAIRS = {"course_id": pl.String, "pre_points": pl.Float64, "post_points": pl.Float64, "is_synthetic": pl.Boolean}
"""Columns of a pair of tests: one row per course and officer, in points of 100 for full marks."""

CONFIDENCE = 0.95


def gains(pairs: pl.DataFrame) -> pl.DataFrame:
    """One row per course that has pairs. Of one officer there is no interval, and of fewer than three, or where all
    knew the same before, no standardised gain: NULL."""
    # Not scipy.stats, whose import costs a second of each night.
    from scipy.special import gammaln, stdtrit

    gain = pl.col("post_points") - pl.col("pre_points")
    courses = pairs.group_by("course_id").agg(
        officers=pl.len().cast(pl.Int32),
        mean_pre_points=pl.col("pre_points").mean(),
        mean_post_points=pl.col("post_points").mean(),
        mean_gain_points=gain.mean(),
        gain_deviation=gain.std(),
        pre_deviation=pl.col("pre_points").std(),
        is_synthetic=pl.col("is_synthetic").any(),
    )
    freedom = courses["officers"].to_numpy() - 1.0
    # Where there are too few, the deviation is missing or the size not defined: what is computed here is not used.
    usable = np.maximum(freedom, 2.0)
    correction = np.exp(gammaln(usable / 2) - gammaln((usable - 1) / 2)) / np.sqrt(usable / 2)
    quantile = stdtrit(np.maximum(freedom, 1.0), (1 + CONFIDENCE) / 2)
    margin = pl.Series(quantile) * pl.col("gain_deviation") / pl.col("officers").sqrt()
    return courses.select(
        "course_id",
        "officers",
        "mean_pre_points",
        "mean_post_points",
        "mean_gain_points",
        mean_gain_points_lower=pl.col("mean_gain_points") - margin,
        mean_gain_points_upper=pl.col("mean_gain_points") + margin,
        standardised_mean_gain=pl.when(pl.col("officers") > 2, pl.col("pre_deviation") > 0).then(
            pl.Series(correction) * pl.col("mean_gain_points") / pl.col("pre_deviation")
        ),
        is_synthetic="is_synthetic",
    )
