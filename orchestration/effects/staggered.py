"""A difference-in-differences for missions trained in different weeks, and its event study.

Estimator: imputation, as Borusyak, Jaravel and Spiess ("Revisiting Event-Study Designs: Robust and Efficient
Estimation", Review of Economic Studies 91(6), 2024) give it and the package diff-diff computes it. Effects of mission
and week are fitted on the weeks of missions not yet trained only; what each trained mission then has above its
fitted value is averaged. A trained mission is thus never the comparison of another, which is what biases two-way
fixed effects when training is staggered and its effect grows.

Standard errors are clustered by mission, leave-one-out (their appendix A.9), the effects pooled by weeks since
training, since missions trained in a week of their own would otherwise have no spread; intervals are Student's t with
one degree of freedom fewer than missions. The joint test of the weeks before (their equation 9) is referred to
Hotelling's distribution, because with some dozens of missions the usual F rejects too often.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import polars as pl

from orchestration.effects.verdict import Change, Finding, Reason, cannot_tell, judge

FEWEST_MISSIONS = 8
"""Trained ones, and not yet trained ones in each week that counts. With fewer, intervals cover less than they say."""
FEWEST_WEEKS_BEFORE = 4
"""A mission seen in fewer weeks before its training has no level to compare with."""
WEEKS_SHOWN = 9
"""Weeks of the event study on either side of training. Those before, but for the last, are tested for a trend."""
LEVEL = 0.95

KEYS = ("mission_id", "week", "first_trained_week")


class PanelError(ValueError):
    """The panel is none; the message names the column, or the mission and week."""


@dataclass(frozen=True)
class Outcome:
    """A column of the panel. ``is_in_logs``: the effect is on ln(1 + outcome), else on the outcome itself."""

    name: str
    label: str
    is_in_logs: bool


@dataclass(frozen=True)
class EventWeek:
    """The effect so many weeks after the week of the first training (negative: before), in the outcome's scale."""

    weeks_since_training: int
    estimate: float
    lower: float
    upper: float
    missions: int


@dataclass(frozen=True)
class Effect:
    """What training did to one outcome. Estimates are None when none can be made.

    ``estimate`` is the mean over all weeks and trained missions that have a comparison, in the outcome's scale (log
    points or units); ``change`` the same as a share of what was to be expected without training. ``weeks_before`` and
    ``weeks_after`` are medians over the trained missions.
    """

    outcome: Outcome
    finding: Finding
    missions_trained: int = 0
    missions_compared: int = 0
    mission_weeks: int = 0
    weeks_before: float | None = None
    weeks_after: float | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    change: Change | None = None
    pretrend_p_value: float | None = None
    by_week: tuple[EventWeek, ...] = ()


def estimate(panel: pl.DataFrame, outcome: Outcome) -> Effect:
    """The effect of training on ``outcome``.

    ``panel``: one row per mission and week, with ``mission_id``, ``week`` (a running number), ``first_trained_week``
    (NULL where never trained; the same in all rows of a mission) and the outcome, NULL where not observed. Raises
    PanelError for a column that is missing, a mission and week told twice, or a mission first trained in two weeks.
    """
    _require_panel(panel, outcome)
    value = pl.col(outcome.name).cast(pl.Float64)
    rows = (
        panel.select(*KEYS, (value.log1p() if outcome.is_in_logs else value).alias("outcome"))
        .drop_nulls("outcome")
        .sort("mission_id", "week")
        .with_columns(is_after=(pl.col("week") >= pl.col("first_trained_week")).fill_null(False))
    )
    told = panel.drop_nulls("first_trained_week")["mission_id"].n_unique()
    if told == 0:
        return Effect(outcome, cannot_tell(Reason.NOBODY_TRAINED, "no mission is on record with a trained officer"))
    rows = _with_a_level(rows)
    seen = _trained(rows)
    if seen < FEWEST_MISSIONS:
        because = (
            f"of {told} trained missions, {seen} are on record with {outcome.label} in at least {FEWEST_WEEKS_BEFORE} "
            f"weeks before training and in a week after it; {FEWEST_MISSIONS} are needed"
        )
        return Effect(outcome, cannot_tell(Reason.TOO_FEW_TRAINED, because), missions_trained=seen)
    compared = _compared_at_once(_connected(rows))
    left = _trained(compared)
    if left < FEWEST_MISSIONS:
        return Effect(outcome, _uncompared(rows, seen, left), missions_trained=seen)
    return _fitted(compared, outcome)


def _fitted(rows: pl.DataFrame, outcome: Outcome) -> Effect:
    after, before = rows.filter("is_after"), rows.filter(~pl.col("is_after"))
    weeks_after = after.group_by("mission_id").len()
    weeks_before = before.join(weeks_after, on="mission_id", how="semi").group_by("mission_id").len()
    comparisons = before.join(after, on="week", how="semi")["mission_id"].n_unique()
    counts: dict[str, Any] = {
        "missions_trained": weeks_after.height,
        "missions_compared": comparisons,
        "mission_weeks": rows.height,
        "weeks_before": weeks_before.select(pl.median("len")).item(),
        "weeks_after": weeks_after.select(pl.median("len")).item(),
    }
    if rows["outcome"].n_unique() == 1:
        because = f"{outcome.label} are the same in every mission and week"
        return Effect(outcome, cannot_tell(Reason.NOTHING_VARIES, because), **counts)

    import pandas as pd  # here, with what follows, because most nights of a new warehouse have nothing to estimate
    from diff_diff import ImputationDiD
    from scipy import stats

    data = pd.DataFrame(
        {
            "mission": rows["mission_id"].rank("dense").to_numpy(),
            "week": rows["week"].to_numpy(),
            "first_trained": rows["first_trained_week"].fill_null(0).to_numpy(),
            "outcome": rows["outcome"].to_numpy(),
        }
    )
    # The package takes 0 for never trained.
    earliest = min(rows.select(pl.min("week", "first_trained_week")).row(0))
    data["week"] += 1 - earliest
    data.loc[rows["first_trained_week"].is_not_null().to_numpy(), "first_trained"] += 1 - earliest
    estimator = ImputationDiD(
        leave_one_out=True,
        aux_partition="horizon",
        pretrends=True,
        horizon_max=WEEKS_SHOWN,
        rank_deficient_action="error",
    )
    with warnings.catch_warnings():
        # That a week far from training holds a single mission, and what pandas will deprecate: what would spoil the
        # estimate is an error.
        warnings.simplefilter("ignore")
        fit = estimator.fit(data, outcome="outcome", unit="mission", time="week", first_treat="first_trained")
        event_study = fit.aggregate("event_study").to_dataframe()
        trend = fit.pretrend_test(n_leads=WEEKS_SHOWN - 1)

    missions = rows["mission_id"].n_unique()
    width = float(stats.t.ppf((1 + LEVEL) / 2, missions - 1))
    lower, upper = fit.overall_att - width * fit.overall_se, fit.overall_att + width * fit.overall_se
    change = _change(outcome, after.select(pl.mean("outcome")).item(), fit.overall_att, lower, upper)
    tested, clusters = trend["df"], before["mission_id"].n_unique()
    p_value = None
    if 0 < tested < clusters and trend["f_stat"] == trend["f_stat"]:
        hotelling = trend["f_stat"] * (clusters - tested) / (clusters - 1)
        p_value = float(stats.f.sf(hotelling, tested, clusters - tested))
    return Effect(
        outcome,
        judge(outcome.label, lower, upper, change, p_value, counts["missions_trained"], comparisons),
        **counts,
        estimate=float(fit.overall_att),
        lower=float(lower),
        upper=float(upper),
        change=change,
        pretrend_p_value=p_value,
        by_week=_event_weeks(rows, event_study, width),
    )


def _event_weeks(rows: pl.DataFrame, event_study, width: float) -> tuple[EventWeek, ...]:
    """Only weeks in which enough missions are seen."""
    since = (
        rows.drop_nulls("first_trained_week")
        .group_by((pl.col("week") - pl.col("first_trained_week")).alias("since"))
        .len()
        .filter(pl.col("len") >= FEWEST_MISSIONS)
    )
    missions = dict(since.iter_rows())
    return tuple(
        EventWeek(int(week), float(att), float(att - width * se), float(att + width * se), missions[int(week)])
        for week, att, se in event_study[["event_time", "att", "se"]].itertuples(index=False)
        if se > 0 and int(week) in missions
    )


def _change(outcome: Outcome, observed: float, effect: float, lower: float, upper: float) -> Change | None:
    if outcome.is_in_logs:
        return Change(*(math.expm1(points) for points in (effect, lower, upper)))
    expected = observed - effect
    return Change(effect / expected, lower / expected, upper / expected) if expected > 0 else None


def _require_panel(panel: pl.DataFrame, outcome: Outcome) -> None:
    for column in (*KEYS, outcome.name):
        if column not in panel.columns:
            raise PanelError(f"the panel has no column {column}; it has {', '.join(panel.columns)}")
    twice = panel.filter(panel.select("mission_id", "week").is_duplicated())
    if twice.height:
        raise PanelError("mission {} stands twice in week {} of the panel".format(*twice.row(0)[:2]))
    trained = panel.group_by("mission_id").agg(pl.col("first_trained_week").n_unique()).sort("mission_id")
    changing = trained.filter(pl.col("first_trained_week") > 1)
    if changing.height:
        raise PanelError(f"mission {changing.item(0, 0)} is first trained in more than one week of the panel")


def _trained(rows: pl.DataFrame) -> int:
    return rows.filter("is_after")["mission_id"].n_unique()


def _with_a_level(rows: pl.DataFrame) -> pl.DataFrame:
    """Without missions that were trained before they were seen for long enough; never trained ones stay."""
    weeks_before = (~pl.col("is_after")).sum().over("mission_id")
    return rows.filter(~pl.col("is_after").any().over("mission_id") | (weeks_before >= FEWEST_WEEKS_BEFORE))


def _connected(rows: pl.DataFrame) -> pl.DataFrame:
    """The largest part whose missions can be compared, by being seen untrained in common weeks."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    places = rows.with_columns(
        mission=pl.col("mission_id").rank("dense").cast(pl.Int64) - 1, of_week=pl.col("week").rank("dense") - 1
    )
    missions, weeks = places["mission"].n_unique(), places["of_week"].n_unique()
    untrained = places.filter(~pl.col("is_after"))
    ends = untrained["mission"].to_numpy(), untrained["of_week"].cast(pl.Int64).to_numpy() + missions
    links = coo_array((np.ones(untrained.height), ends), shape=(missions + weeks, missions + weeks))
    _, part = connected_components(links, directed=False)
    largest = np.bincount(part[ends[0]]).argmax()
    of_mission, of_week = part[places["mission"].to_numpy()], part[places["of_week"].to_numpy() + missions]
    return rows.filter(pl.Series((of_mission == largest) & (of_week == largest)))


def _compared_at_once(rows: pl.DataFrame) -> pl.DataFrame:
    """Without trained missions in weeks that have too few missions not yet trained."""
    untrained = (~pl.col("is_after")).sum().over("week")
    return rows.filter(~pl.col("is_after") | (untrained >= FEWEST_MISSIONS))


def _uncompared(rows: pl.DataFrame, trained: int, left: int) -> Finding:
    in_common = rows.filter(pl.col("is_after").any().over("week"))
    untrained = in_common.group_by("week").agg((~pl.col("is_after")).sum().alias("missions"))["missions"]
    if untrained.max() == 0:
        because = f"all {trained} missions were trained at once, and in no week after is there one not yet trained"
        return cannot_tell(Reason.NO_COMPARISON, because + " to compare them with")
    because = (
        f"of {trained} trained missions, {left} are seen in a week after training in which {FEWEST_MISSIONS} missions "
        f"not yet trained can be compared with them (at most {untrained.max()} are seen in such a week); "
        f"{FEWEST_MISSIONS} are needed"
    )
    return cannot_tell(Reason.TOO_FEW_COMPARED, because)
