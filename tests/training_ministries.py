"""Simulated ministries with a planted effect of training, for the tests and the benchmark of its estimate."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from orchestration.effects.staggered import Effect, Outcome, estimate

ENGAGEMENTS = Outcome("engagements_per_post", "engagements per post", is_in_logs=True)
WEEKS = 40
WORKSHOPS = (14, 22, 30)
"""Weeks of the workshops; those trained first gain most, so effects differ by workshop and grow."""
GAINS = {14: 1.5, 22: 1.0, 30: 0.5}
GAIN = 0.2
MINISTRIES = 200
SHARES = (0.3, 0.2, 0.2, 0.3)
"""Of missions trained in each workshop, and never."""


@dataclass(frozen=True)
class Ministry:
    """``panel`` as the estimate takes it; ``truth`` is the mean effect, in log points, over the trained weeks seen."""

    panel: pl.DataFrame
    truth: float
    is_trained: np.ndarray


def ministry(seed: int, gain: float, missions: int = 90, drift: float = 0.0, gaps: float = 0.1) -> Ministry:
    """Missions of different size, weeks common to all, and noise that lasts (AR(1), 0.5 a week).

    Log engagements rise by ``gain`` times the workshop's share in the week of training and by a tenth of that in each
    week after. ``drift`` lets those who will be trained rise by so much a week from the first week on.
    """
    chance = np.random.default_rng(seed)
    bounds = np.round(np.cumsum((0, *SHARES)) * missions).astype(int)
    trained = chance.permutation(np.repeat([*WORKSHOPS, 0], np.diff(bounds)))
    week = np.arange(1, WEEKS + 1)
    noise = np.empty((missions, WEEKS))
    noise[:, 0] = chance.normal(0, 0.5, missions)
    for t in range(1, WEEKS):
        noise[:, t] = 0.5 * noise[:, t - 1] + chance.normal(0, 0.5 * np.sqrt(0.75), missions)
    is_trained = (trained[:, None] > 0) & (week >= trained[:, None])
    share = np.array([GAINS.get(first, 0.0) for first in trained])[:, None]
    effect = is_trained * gain * share * (1 + (week - trained[:, None]) / 10)
    size = chance.normal(5, 0.7, missions)[:, None] + np.cumsum(chance.normal(0, 0.1, WEEKS))
    logs = size + noise + effect + drift * week * (trained[:, None] > 0)
    panel = pl.DataFrame(
        {
            "mission_id": np.repeat([f"mission-{number:03}" for number in range(missions)], WEEKS),
            "week": np.tile(week, missions),
            "first_trained_week": np.repeat(trained, WEEKS),
            ENGAGEMENTS.name: np.expm1(logs).ravel(),
        }
    ).with_columns(first_trained_week=pl.col("first_trained_week").replace(0, None))
    seen = chance.random(missions * WEEKS) >= gaps
    is_trained, effect = is_trained.ravel() & seen, effect.ravel()
    truth = float(effect[is_trained].mean())
    unseen = pl.when(pl.Series(seen)).then(pl.col(ENGAGEMENTS.name)).alias(ENGAGEMENTS.name)
    return Ministry(panel.with_columns(unseen), truth, is_trained)


def two_way_fixed_effects(simulated: Ministry) -> float:
    """The coefficient of "is trained" beside effects of mission and week, by least squares: what we do not use."""
    rows = simulated.panel.with_columns(is_trained=pl.Series(simulated.is_trained)).drop_nulls(ENGAGEMENTS.name)
    effects = rows.select("mission_id", pl.col("week").cast(pl.String)).to_dummies(drop_first=True)
    design = np.column_stack([rows["is_trained"], np.ones(rows.height), effects.to_numpy()]).astype(float)
    return float(np.linalg.lstsq(design, np.log1p(rows[ENGAGEMENTS.name].to_numpy()), rcond=None)[0][0])


def estimates(gain: float, first_seed: int) -> Iterator[tuple[Ministry, Effect]]:
    """So many simulated ministries, each with its estimate."""
    for seed in range(first_seed, first_seed + MINISTRIES):
        simulated = ministry(seed, gain)
        yield simulated, estimate(simulated.panel, ENGAGEMENTS)
