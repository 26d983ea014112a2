"""How often the estimate of a training's effect is right, over simulated ministries, and how far others are off.

    .venv/bin/python benchmarks/training_effect.py

Covered: the 95 % interval holds the planted effect. False findings: a rise or fall is told where none was planted.
The ministries are those of tests/training_ministries.py: 90 missions over 40 weeks, three workshops, a tenth of the
weeks unseen, an effect that differs by workshop and grows.
"""

import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from orchestration.effects.staggered import estimate
from orchestration.effects.verdict import Verdict
from tests.training_ministries import ENGAGEMENTS, GAIN, MINISTRIES, Ministry, ministry, two_way_fixed_effects


def callaway_santanna(simulated: Ministry) -> float:
    import pandas as pd
    from diff_diff import CallawaySantAnna

    rows = simulated.panel.drop_nulls(ENGAGEMENTS.name).with_row_index()
    data = pd.DataFrame(
        {
            "mission": rows["mission_id"].rank("dense").to_numpy(),
            "week": rows["week"].to_numpy(),
            "first_trained": rows["first_trained_week"].fill_null(0).to_numpy(),
            "outcome": np.log1p(rows[ENGAGEMENTS.name].to_numpy()),
        }
    )
    estimator = CallawaySantAnna(control_group="not_yet_treated", estimation_method="reg")
    fit = estimator.fit(data, outcome="outcome", unit="mission", time="week", first_treat="first_trained")
    return fit.overall_att


def measured(seed: int, gain: float) -> dict:
    import warnings

    warnings.simplefilter("ignore")  # Callaway and Sant'Anna's warns of each gap
    simulated = ministry(seed, gain)
    began = time.perf_counter()
    effect = estimate(simulated.panel, ENGAGEMENTS)
    seconds = time.perf_counter() - began
    return {
        "is_covered": effect.lower <= simulated.truth <= effect.upper,
        "verdict": effect.finding.verdict,
        "is_trend_refused": effect.pretrend_p_value < 0.05,
        "truth": simulated.truth,
        "width": effect.upper - effect.lower,
        "seconds": seconds,
        "ours": effect.estimate - simulated.truth,
        "callaway_santanna": callaway_santanna(simulated) - simulated.truth,
        "twfe": two_way_fixed_effects(simulated) - simulated.truth,
    }


def tell(pool: ProcessPoolExecutor, title: str, seeds: range, gain: float) -> None:
    runs = list(pool.map(partial(measured, gain=gain), seeds, chunksize=5))
    verdicts = Counter(str(run["verdict"]) for run in runs)
    found = verdicts[Verdict.RISES] + verdicts[Verdict.FALLS]
    print(f"{title}: {np.mean([run['truth'] for run in runs]):.3f} log points on average over {len(runs)} ministries")
    for of in (50, len(runs)):
        covered = sum(run["is_covered"] for run in runs[:of])
        print(f"  covered in {covered} of {of} ({covered / of:.1%})")
    print(f"  a rise or fall told in {found} of {len(runs)}; verdicts: {dict(verdicts)}")
    print(
        f"  trend before training seen where there is none in {sum(r['is_trend_refused'] for r in runs)} of {len(runs)}"
    )
    for name in ("ours", "callaway_santanna", "twfe"):
        errors = np.array([run[name] for run in runs])
        print(f"  {name:17} bias {errors.mean():+.4f}, spread {errors.std(ddof=1):.4f}")
    width, seconds = (np.median([run[key] for run in runs]) for key in ("width", "seconds"))
    print(f"  interval {width:.3f} wide; {seconds:.2f} s an estimate", flush=True)


def main() -> None:
    with ProcessPoolExecutor(2) as pool:
        tell(pool, "effect planted", range(MINISTRIES), GAIN)
        tell(pool, "none planted", range(MINISTRIES, 2 * MINISTRIES), 0.0)


if __name__ == "__main__":
    main()
