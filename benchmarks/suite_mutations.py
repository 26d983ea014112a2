"""How many corruptions of landed tables and marts the night's suites and contracts find.

    .venv/bin/python benchmarks/suite_mutations.py [--data FOLDER --standing FILE] [--seed 1] [--share 1]

Builds the synthetic ministry once, in a temporary folder: 28 nights that are published together, and one more after
them. ``--data`` takes one that is built, with ``--standing`` the publication that stood before its last night. Each
corruption is made in a copy and judged alone (tests/mutations.py says how). Writes docs/mutation_report.md.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from expectations.landing import FED_BY_FILES
from expectations.suites.changed import FEW
from orchestration.dbt import DBT
from tests.mutations import KINDS, Built, Judged, judge_landed, judge_mart, landed_corruptions, mart_corruptions

REPORT = Path(__file__).resolve().parent.parent / "docs" / "mutation_report.md"
SIFARAT = DBT.parent / "sifarat"


def built_ministry(folder: Path) -> tuple[Path, Path]:
    """The data folder after 29 nights, and a copy of the publication after 28."""
    data, standing = folder / "data", folder / "standing.duckdb"
    environment = os.environ | {"SIFARAT_DATA_DIR": str(data), "SIFARAT_ENRICHMENT_SECONDS": "20"}
    for first, last in (("2026-02-15", "2026-03-14"), ("2026-03-15", "2026-03-15")):
        if standing.parent.exists() and (data / "published" / "current.duckdb").exists():
            standing.hardlink_to((data / "published" / "current.duckdb").resolve())
        subprocess.run([SIFARAT, "nightly", "--from", first, "--to", last], env=environment, check=True)
    return data, standing


SIDES = {"landed": (landed_corruptions, judge_landed), "marts": (mart_corruptions, judge_mart)}


def judged(
    side: str, data: Path, standing: Path, scratch: Path, seed: int, share: float
) -> tuple[list[Judged], list[str]]:
    """The corruptions of one side that change anything; also the tables of either side that hold no rows."""
    make, judge = SIDES[side]
    built, chance, verdicts = Built(data, standing, scratch / side), random.Random(seed), []
    (scratch / side).mkdir()
    for severity, says in sorted(built.known_of_records if side == "landed" else built.known_of_marts):
        print(f"without a corruption: {severity}: {says}", flush=True)
    for corruption in make(built, seed):
        if chance.random() < share and (verdict := judge(built, corruption)):
            verdicts.append(verdict)
            print(len(verdicts), corruption, "->", verdict.found[0] if verdict.found else "SLIPPED", flush=True)
    return verdicts, built.empty


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="A ministry that is built already.")
@click.option("--standing", type=click.Path(path_type=Path, exists=True), help="The publication before its last night.")
@click.option("--seed", default=1, show_default=True)
@click.option("--share", default=1.0, show_default=True, help="Judge so many of them, chosen by the seed.")
def main(data: Path | None, standing: Path | None, seed: int, share: float) -> None:
    with tempfile.TemporaryDirectory(dir=data.parent if data else None) as folder, ProcessPoolExecutor(2) as pool:
        if data is None:
            data, standing = built_ministry(Path(folder))
        began = time.perf_counter()
        runs = [pool.submit(judged, side, data, standing, Path(folder), seed, share) for side in SIDES]
        verdicts = [verdict for run in runs for verdict in run.result()[0]]
        empty = runs[0].result()[1]
        seconds = time.perf_counter() - began
    REPORT.write_text(report(verdicts, empty, seed, share), encoding="utf-8")
    found = sum(1 for verdict in verdicts if verdict.found)
    print(f"{found} of {len(verdicts)} found ({found / len(verdicts):.1%}), in {seconds:.0f} s")


def report(judged: list[Judged], empty: list[str], seed: int, share: float) -> str:
    found = [verdict for verdict in judged if verdict.found]
    slipped = [verdict for verdict in judged if not verdict.found]
    repeats = sum(bool(v.found) and all("exact repeats" in says for _, says in v.found[:1]) for v in judged)
    made, seen = (Counter(verdict.corruption.kind for verdict in some) for some in (judged, found))
    lines = [
        "<!-- Written by `benchmarks/suite_mutations.py`; edit there, not here. -->",
        "",
        "# Corruptions that the audit finds",
        "",
        f"{len(found)} of {len(judged)} single corruptions ({len(found) / len(judged):.1%}) of "
        f"{len({v.corruption.table for v in judged})} tables are stopped or warned of: "
        f"{sum(v.is_stopped for v in judged)} block publication, the others are warned of or kept out. They are made "
        f"from the tables' schemas with seed {seed}, not chosen by hand; what each kind is, and how it is judged, says "
        "`tests/mutations.py`. Data: the synthetic ministry, one night after four weeks of others.",
        "",
        f"{repeats} of the found are exact repeats in a landed batch, which the contract drops and the ledger counts. "
        "Marts are judged by dbt's contract and tests first, then by the suites.",
        "",
        f"Of every table at most one corruption of each kind is made; {share:.0%} of them are judged. No rows, and so "
        f"nothing to corrupt, hold {', '.join(empty)}.",
        "",
        "| kind | made | found |",
        "| --- | ---: | ---: |",
        *(f"| {kind} | {made[kind]} | {seen[kind]} |" for kind in KINDS),
        "",
        "## Slipped through",
        "",
        *[f"- {verdict.corruption}: {why(verdict)}" for verdict in slipped],
        "",
        "## All of them",
        "",
        "| corruption | verdict | said by |",
        "| --- | --- | --- |",
    ]
    for verdict in judged:
        said = verdict.found[0][1].split(": broken by")[0].replace("|", "\\|")[:110] if verdict.found else ""
        outcome = "stopped" if verdict.is_stopped else "warned" if verdict.found else "slipped"
        lines.append(f"| {verdict.corruption} | {outcome} | {said} |")
    return "\n".join(lines) + "\n"


def why(verdict: Judged) -> str:
    """What keeps rules that let a common night pass from seeing it."""
    corruption, source = verdict.corruption, verdict.corruption.table.split(".")[0]
    if corruption.kind == "late" and source in FED_BY_FILES:
        return "files come when somebody saves them, and nothing else tells that this one is due"
    if verdict.rows <= FEW:
        rows = "1 row" if verdict.rows == 1 else f"{verdict.rows} rows"
        return f"it befell {rows}, and of fewer than {FEW + 1} that differ from before nothing is said"
    if corruption.kind == "drop" and source in FED_BY_FILES:
        return "files differ in how many rows they have, and nothing else tells how many these should be"
    return {
        "null": "the rows are others than before, and other days had as many without a value",
        "swap": "the two columns tell numbers of one size, or words of one kind",
        "rescale": "too few of the rows hold another number than nought",
        "shift": "the column moves by days from night to night by itself",
        "drop": "as many come and go by themselves",
        "late": "nothing else tells the day",
        "duplicate": "the table has no key",
        "retype": "the type is the same",
    }[corruption.kind]


if __name__ == "__main__":
    main()
