"""How many planted events the alerts find, and how many alerts have nothing behind them, over 100 ministry-months.

    .venv/bin/python benchmarks/alerts.py            # the 100 months that are scored
    .venv/bin/python benchmarks/alerts.py --chosen   # the months on which orchestration/alerts/bars.py was chosen

A ministry-month is 28 days of 250 accounts of 90 missions, after 42 days of history (tests/simulated_months.py). Each
has three planted events, of the seven kinds in turn.
"""

import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from orchestration.alerts.judge import alerts
from tests.simulated_months import KINDS, MONTH, Score, month, score

SCORED, CHOSEN = range(2000, 2100), range(1000, 1042)
WEEKS = MONTH / 7


def scored(seed: int) -> tuple[Score, float]:
    simulated = month(seed)
    began = time.perf_counter()
    found = alerts(simulated.days, simulated.posts, simulated.copies)
    return score(simulated, found), time.perf_counter() - began


def tell(name: str, planted: int, found: int, false: float) -> None:
    print(f"{name:<22} {planted:>7} {found:>6} {found / planted:>7.2f} {false:>8.3f}")


def main() -> None:
    seeds = CHOSEN if "--chosen" in sys.argv[1:] else SCORED
    began = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        runs = list(pool.map(scored, seeds, chunksize=2))
    planted, found, false = (
        Counter(kind for run, _ in runs for kind in getattr(run, what)) for what in ("planted", "found", "false")
    )
    weeks = len(seeds) * WEEKS
    print(f"{len(seeds)} ministry-months, {planted.total()} planted events\n")
    print(f"{'kind':<22} planted  found  recall  false alerts per ministry-week")
    for kind in KINDS:
        tell(kind, planted[kind], found[kind], false[kind] / weeks)
    tell("all", planted.total(), found.total(), false.total() / weeks)
    seconds = sorted(seconds for _, seconds in runs)
    print(f"\n{seconds[len(seconds) // 2]:.1f} s to judge a month after its history (median)")
    print(f"{time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
