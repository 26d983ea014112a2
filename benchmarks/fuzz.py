"""Hostile input: every parser of what comes from outside is given made-up inputs, and each must be landed, quarantined
or refused with a message that names what is wrong; nothing may crash it, hold it for five seconds or fill the memory.

Each parser runs in a process of its own with a limit of memory. An input that the parser's own error refuses is
refused; any other error is a crash, and so is a record that is neither accepted nor rejected nor a repetition. A hang
ends the process, also in a library's native code, and leaves the input in the folder that is printed.

    .venv/bin/python benchmarks/fuzz.py [--per-parser 10000] [--seed 1] [--only csv]
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LONGEST_SECONDS = 5
MOST_MEMORY = 1 << 30
ADDRESS_SPACE = 8 << 30
"""Polars and jemalloc reserve far more addresses than they use, so the limit is no measure: the peak is told."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--per-parser", default=10_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--only", help="One parser, by its name in the table")
@click.option("--child", hidden=True)
@click.option("--folder", hidden=True, type=click.Path(path_type=Path))
def main(per_parser: int, seed: int, only: str | None, child: str | None, folder: Path | None) -> None:
    """Print, for each parser, what became of so many inputs; exit status 1 when a bar was missed."""
    if child:
        print(json.dumps(run(child, per_parser, seed, folder)))
        return
    from tests.hostile import PARSERS

    table = Table(
        "parser", "inputs", "landed", "quarantined", "refused", "not its kind", "crashed", "slowest s", "peak MB",
        title=f"{per_parser:,} inputs for each parser, seed {seed}",
    )  # fmt: skip
    is_sound = True
    for name in PARSERS if only is None else [only]:
        folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
        began = time.monotonic()
        told = in_a_process(name, per_parser, seed, folder)
        counts = [f"{told[column]:,}" for column in ("inputs", "landed", "quarantined", "refused", "other", "crashed")]
        table.add_row(name, *counts, f"{told['slowest']:.2f}", f"{told['peak'] / 1e6:.0f}")
        Console(stderr=True).print(
            f"{name}: {time.monotonic() - began:.0f} s; {told['first'] or 'sound'}", markup=False
        )
        is_sound &= not told["crashed"] and told["slowest"] < LONGEST_SECONDS and told["peak"] < MOST_MEMORY
    Console(width=120).print(table)
    sys.exit(not is_sound)


def in_a_process(name: str, inputs: int, seed: int, folder: Path) -> dict:
    """What ``run`` tells; one crash where the process did not live to tell it."""
    command = [sys.executable, __file__, "--child", name, "--per-parser", inputs, "--seed", seed, "--folder", folder]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    ended = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    if ended.returncode == 0:
        return json.loads(ended.stdout.splitlines()[-1])
    # SIGALRM, 14, is the alarm of an input that held it too long.
    nothing = dict.fromkeys(("inputs", "landed", "quarantined", "refused", "other", "peak"), 0)
    why = f"the process ended with {ended.returncode}, its input is in {folder}: {ended.stderr[-1500:]}"
    return nothing | {"crashed": 1, "slowest": LONGEST_SECONDS, "first": why}


def run(name: str, inputs: int, seed: int, folder: Path) -> dict:
    """Give a parser its inputs, in this process."""
    import hypothesis

    from tests.hostile import PARSERS

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    parser = PARSERS[name]
    counts: Counter[str] = Counter()
    faults: dict[str, str] = {}
    slowest = 0.0

    def give(given) -> None:
        nonlocal slowest
        began = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
        try:
            for outcome, records in parser.outcomes(given, folder).items():
                counts[outcome] += records
                counts["inputs"] += records
        except BaseException as error:  # also a panic of Rust's, which is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            counts["crashed"] += 1
            counts["inputs"] += 1
            faults.setdefault(f"{type(error).__name__}: {str(error)[:80]}", f"{str(error)[80:400]} for {given!r:.400}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            slowest = max(slowest, time.monotonic() - began)

    # The alarm ends the process, also where a library's native code does not come back.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    hypothesis.seed(seed)(
        hypothesis.settings(
            max_examples=-(-inputs // parser.records),
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )(hypothesis.given(parser.inputs)(give))
    )()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    told = {outcome: counts[outcome] for outcome in ("inputs", "landed", "quarantined", "refused", "other", "crashed")}
    return told | {"slowest": slowest, "peak": peak, "first": "\n".join(map("".join, faults.items()))}


if __name__ == "__main__":
    main()
