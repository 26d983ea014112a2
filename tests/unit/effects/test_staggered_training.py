"""What training did: planted effects found again, none found where none was planted, and silence where it is due."""

import numpy as np
import polars as pl
import pytest

from orchestration.effects.staggered import Effect, Outcome, PanelError, estimate
from orchestration.effects.verdict import Change, Reason, Verdict, judge
from tests.training_ministries import ENGAGEMENTS, GAIN, MINISTRIES, estimates, ministry, two_way_fixed_effects

POSTS = Outcome("posts", "posts per week", is_in_logs=False)
NAME = ENGAGEMENTS.name


@pytest.mark.long
def test_intervals_cover_growing_effects_of_staggered_training_and_two_way_fixed_effects_are_far_off():
    covered, ours, theirs = 0, [], []
    for simulated, effect in estimates(GAIN, first_seed=0):
        covered += effect.lower <= simulated.truth <= effect.upper
        ours.append(effect.estimate - simulated.truth)
        theirs.append(two_way_fixed_effects(simulated) - simulated.truth)
    assert 0.92 * MINISTRIES <= covered <= 0.98 * MINISTRIES
    # The planted effect is half a log point; two standard errors of a mean over 200 are below 0.01.
    assert abs(np.mean(ours)) < 0.01
    assert np.mean(theirs) < -0.15


@pytest.mark.long
def test_where_nothing_was_planted_nothing_is_found():
    verdicts = [effect.finding.verdict for _, effect in estimates(0.0, first_seed=MINISTRIES)]
    false = sum(verdict in (Verdict.RISES, Verdict.FALLS) for verdict in verdicts)
    assert false <= 0.07 * MINISTRIES


def panel(first_trained: list[int | None], weeks: int = 12, value=lambda mission, week, first: 1.0) -> pl.DataFrame:
    """Posts of missions numbered from 0, trained first in those weeks."""
    return pl.DataFrame(
        [
            {
                "mission_id": f"{mission:02}",
                "week": week,
                "first_trained_week": first,
                "posts": value(mission, week, first),
            }
            for mission, first in enumerate(first_trained)
            for week in range(1, weeks + 1)
        ],
        schema={"mission_id": pl.String, "week": pl.Int64, "first_trained_week": pl.Int64, "posts": pl.Float64},
        orient="row",
    )


def noisy(mission: int, week: int, first: int | None) -> float:
    """Ten posts a week, more or less, without any effect."""
    return 10 + mission % 3 + week % 2 + float(np.random.default_rng([mission, week]).normal())


def test_without_noise_the_effect_is_what_was_added():
    # Missions post 10 and their number, in week w as many more; training, in week 6 or 8 of 12, adds 3 in each of
    # its 7 or 5 weeks. Missions 0-3 and 4-7 are trained, so without it their weeks would have had on average
    # 10 + (28 x 1.5 + 20 x 5.5) / 48 + (28 x 9 + 20 x 10) / 48 = 22.583 posts.
    first = [6] * 4 + [8] * 4 + [None] * 8
    effect = estimate(panel(first, 12, lambda m, w, f: 10.0 + m + w + 3 * (f is not None and w >= f)), POSTS)
    assert effect.estimate == pytest.approx(3)
    assert effect.change.value == pytest.approx(3 / 22.58333333)
    assert (effect.missions_trained, effect.missions_compared, effect.mission_weeks) == (8, 12, 192)
    assert (effect.weeks_before, effect.weeks_after) == (6, 6)


@pytest.fixture(scope="module")
def planted() -> tuple[pl.DataFrame, Effect]:
    rows = ministry(seed=1, gain=0.4, missions=40).panel
    return rows, estimate(rows, ENGAGEMENTS)


def test_a_rise_is_told_with_its_event_study(planted):
    _, effect = planted
    assert (effect.finding.verdict, effect.finding.reason) == (Verdict.RISES, None)
    assert effect.finding.sentence.startswith("After training engagements per post rose: +")
    by_week = {week.weeks_since_training: week for week in effect.by_week}
    assert sorted(by_week) == [*range(-9, -1), *range(10)]
    # The effect grows by the week, and before training there is none.
    assert by_week[9].estimate > by_week[0].estimate > 0
    assert effect.pretrend_p_value > 0.05


def test_the_order_of_the_rows_is_nothing(planted):
    rows, effect = planted
    assert estimate(rows.sample(fraction=1, shuffle=True, seed=5), ENGAGEMENTS) == effect


def test_a_week_not_observed_is_as_a_week_without_a_row(planted):
    rows, effect = planted
    assert rows[NAME].null_count() > 0
    assert estimate(rows.drop_nulls(NAME), ENGAGEMENTS) == effect


def test_missions_trained_before_they_were_seen_and_dormant_ones_change_nothing(planted):
    rows, effect = planted
    always = rows.filter(mission_id="mission-000").with_columns(
        mission_id=pl.lit("always"), first_trained_week=pl.lit(-30, pl.Int64)
    )
    late = always.with_columns(mission_id=pl.lit("late"), first_trained_week=pl.lit(4, pl.Int64))
    dormant = always.with_columns(pl.lit(None, pl.Float64).alias(NAME), mission_id=pl.lit("dormant"))
    assert estimate(pl.concat([rows, always, late, dormant]), ENGAGEMENTS) == effect


def test_trained_missions_that_were_rising_before_say_nothing_of_training():
    drifting = ministry(seed=3, gain=0.0, drift=0.08)
    effect = estimate(drifting.panel, ENGAGEMENTS)
    # A difference-in-differences would have told a rise.
    assert effect.lower > 0
    assert (effect.finding.verdict, effect.finding.reason) == (Verdict.CANNOT_TELL, Reason.TREND_BEFORE)
    assert "already moved otherwise" in effect.finding.sentence


CANNOT_TELL = [
    (
        [None] * 16,
        Reason.NOBODY_TRAINED,
        "Cannot tell: no mission is on record with a trained officer.",
    ),
    (
        [6] * 20,
        Reason.NO_COMPARISON,
        "Cannot tell: all 20 missions were trained at once, and in no week after is there one not yet trained "
        "to compare them with.",
    ),
    (
        [6] * 7 + [None] * 20,
        Reason.TOO_FEW_TRAINED,
        "Cannot tell: of 7 trained missions, 7 are on record with posts per week in at least 4 weeks before training "
        "and in a week after it; 8 are needed.",
    ),
    (
        [4] * 20 + [None] * 20,
        Reason.TOO_FEW_TRAINED,
        "Cannot tell: of 20 trained missions, 0 are on record with posts per week in at least 4 weeks before training "
        "and in a week after it; 8 are needed.",
    ),
    (
        [6] * 20 + [None] * 7,
        Reason.TOO_FEW_COMPARED,
        "Cannot tell: of 20 trained missions, 0 are seen in a week after training in which 8 missions not yet trained "
        "can be compared with them (at most 7 are seen in such a week); 8 are needed.",
    ),
]


@pytest.mark.parametrize(("first_trained", "reason", "sentence"), CANNOT_TELL, ids=[case[1] for case in CANNOT_TELL])
def test_what_the_data_cannot_tell_is_said_with_the_reason(first_trained, reason, sentence):
    effect = estimate(panel(first_trained, 12, noisy), POSTS)
    assert (effect.finding.verdict, effect.finding.reason) == (Verdict.CANNOT_TELL, reason)
    assert effect.finding.sentence == sentence


@pytest.mark.parametrize(
    ("spread", "verdict", "reason"),
    [(1, Verdict.NO_CHANGE, None), (5, Verdict.CANNOT_TELL, Reason.TOO_WIDE)],
)
def test_nothing_is_told_from_noise_that_would_hide_a_change_that_matters(spread, verdict, reason):
    rows = panel(
        [5] * 8 + [None] * 8, 12, lambda mission, week, first: 10 + spread * (noisy(mission, week, first) - 10)
    )
    effect = estimate(rows, POSTS)
    assert (effect.finding.verdict, effect.finding.reason) == (verdict, reason)


def test_an_outcome_that_is_always_the_same_says_nothing():
    effect = estimate(panel([6] * 8 + [None] * 8), POSTS)
    assert effect.finding.reason == Reason.NOTHING_VARIES


def test_missions_never_seen_untrained_in_the_same_weeks_are_not_compared():
    rows = panel([6] * 8 + [None] * 8, 12, noisy)
    parted = rows.filter(pl.col("first_trained_week").is_not_null() | (pl.col("week") > 6))
    assert estimate(parted, POSTS).finding.reason == Reason.TOO_FEW_COMPARED


@pytest.mark.parametrize(
    ("lower", "upper", "change", "p_value", "verdict", "reason"),
    [
        (0.1, 0.3, Change(0.2, 0.1, 0.3), 0.5, Verdict.RISES, None),
        (-0.3, -0.1, Change(-0.2, -0.3, -0.1), 0.05, Verdict.FALLS, None),
        (0.1, 0.3, Change(0.2, 0.1, 0.3), 0.049, Verdict.CANNOT_TELL, Reason.TREND_BEFORE),
        (0.1, 0.3, Change(0.2, 0.1, 0.3), None, Verdict.CANNOT_TELL, Reason.TREND_UNCHECKED),
        (-0.09, 0.09, Change(0.0, -0.09, 0.09), 0.5, Verdict.NO_CHANGE, None),
        (-0.09, 0.1, Change(0.0, -0.09, 0.1), 0.5, Verdict.CANNOT_TELL, Reason.TOO_WIDE),
        (-0.09, 0.09, None, 0.5, Verdict.CANNOT_TELL, Reason.TOO_WIDE),
        (0.1, 0.3, None, 0.5, Verdict.RISES, None),
    ],
)
def test_the_verdict_follows_from_the_interval_and_the_trend_before(lower, upper, change, p_value, verdict, reason):
    finding = judge("posts per week", lower, upper, change, p_value, trained=20, compared=30)
    assert (finding.verdict, finding.reason) == (verdict, reason)


def test_the_sentence_names_the_change_its_interval_and_the_missions():
    told = judge("posts per week", 0.1, 0.3, Change(0.2, 0.1, 0.3), 0.5, trained=20, compared=30).sentence
    assert told == (
        "After training posts per week rose: +20% (95% interval +10% to +30%) in 20 trained missions, against 30 not "
        "trained at the time."
    )
    told = judge("posts per week", -0.05, 0.05, Change(0.0, -0.05, 0.05), 0.5, trained=20, compared=30).sentence
    assert told == (
        "No change of posts per week seen: +0% (95% interval -5% to +5%) in 20 trained missions, against 30 not "
        "trained at the time; a change of 10% can be ruled out."
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda rows: rows.drop("week"), "no column week"),
        (lambda rows: pl.concat([rows, rows.head(1)]), "mission 00 stands twice in week 1"),
        (
            lambda rows: rows.with_columns(first_trained_week=pl.col("week")),
            "mission 00 is first trained in more than one week",
        ),
    ],
)
def test_a_panel_that_is_none_is_refused_and_named(fault, message):
    with pytest.raises(PanelError, match=message):
        estimate(fault(panel([6, None])), POSTS)
