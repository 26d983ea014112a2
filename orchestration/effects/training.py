"""The effect of training on each outcome of the training panel, as rows for the warehouse."""

from dataclasses import asdict
from typing import Any

import polars as pl

from orchestration.effects.staggered import Effect, Outcome, estimate

OUTCOMES = (
    Outcome("engagements_per_post", "engagements per post", is_in_logs=True),
    Outcome("engagement_rate_by_followers", "engagements per post and follower", is_in_logs=False),
    Outcome("posts", "posts per week", is_in_logs=False),
)

PANEL = {
    "mission_id": pl.String,
    "week": pl.Int64,
    "first_trained_week": pl.Int64,
    **{outcome.name: pl.Float64 for outcome in OUTCOMES},
    "is_synthetic": pl.Boolean,
}
"""Columns of the training panel that the estimates read."""

ROW_TYPE = """struct(
    outcome varchar, outcome_label varchar, is_in_logs boolean,
    verdict varchar, reason varchar, sentence varchar,
    missions_trained integer, missions_compared integer, mission_weeks integer,
    weeks_before double, weeks_after double,
    effect double, effect_lower double, effect_upper double,
    change_share double, change_share_lower double, change_share_upper double,
    pretrend_p_value double, is_synthetic boolean,
    by_week struct(
        weeks_since_training integer, estimate double, lower double, upper double, missions integer
    )[]
)"""
"""A row in DuckDB's words: told, because nothing can be learned from a row of NULLs."""


def rows(panel: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per outcome, in the columns of ``ROW_TYPE``. The panel also says ``is_synthetic``."""
    is_synthetic = panel["is_synthetic"].any()
    return [_row(estimate(panel, outcome)) | {"is_synthetic": is_synthetic} for outcome in OUTCOMES]


def _row(effect: Effect) -> dict[str, Any]:
    change = effect.change
    return {
        "outcome": effect.outcome.name,
        "outcome_label": effect.outcome.label,
        "is_in_logs": effect.outcome.is_in_logs,
        "verdict": effect.finding.verdict,
        "reason": effect.finding.reason,
        "sentence": effect.finding.sentence,
        "missions_trained": effect.missions_trained,
        "missions_compared": effect.missions_compared,
        "mission_weeks": effect.mission_weeks,
        "weeks_before": effect.weeks_before,
        "weeks_after": effect.weeks_after,
        "effect": effect.estimate,
        "effect_lower": effect.lower,
        "effect_upper": effect.upper,
        "change_share": change and change.value,
        "change_share_lower": change and change.lower,
        "change_share_upper": change and change.upper,
        "pretrend_p_value": effect.pretrend_p_value,
        "by_week": [asdict(week) for week in effect.by_week],
    }
