"""The drill: real nights of a very small ministry, killed by SIGKILL, some in a row, and an ordinary one after them.

    python -m tests.drills.drill --kills 200 --in-a-row 4 --sides 2 --folder drill    (make drill)

A night is forked off a process that has imported everything, so that a kill falls on the night's work; it is the job
that ``sifarat nightly`` runs, with its own dbt, Great Expectations and DuckDB. After each kill ``current.duckdb`` opens
and is one of the two audited publications, that of the night before or this night's. The next night, killed too or
ordinary, begins on what the killed one left. After the ordinary one:

- it ended well, and what it publishes equals, in every value but run ids and times, what the undisturbed nights
  published;
- no file is left half written, and Dagster holds no run for running.

Sides are drills of their own, with data and kills of their own, run at the same time.

The state lies in the folder: a drill that is stopped goes on where it was.
"""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import duckdb

from expectations.changes import MART_CHANGES
from orchestration.defs.terminal import STEP_WORDS
from orchestration.sandbox.server import Sandbox
from orchestration.settings import PROJECT_DIR
from tests.servers import free_port

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)
STEPS = ("mid-file", "after landing before commit", "mid-dbt", "mid-audit", "mid-publish")
MODELS, AUDITS = STEP_WORDS["warehouse"], (STEP_WORDS["landed_records"], STEP_WORDS["modelled_records"])
EXPORTED = """\
id,page,at,text,reactions,comments,shares
101,Embassy in Drill (synthetic),2026-03-01T10:00:00Z,Visa camp on Saturday (synthetic),5,1,0
102,Embassy in Drill (synthetic),2026-03-02T12:00:00Z,National day reception (synthetic),15,1,2
103,Embassy in Drill (synthetic),2026-03-02T13:00:00Z,A reaction that is no number (synthetic),x,1,2
"""
MAPPING = """\
source: platform_exports
table: posts
files: "*.csv"
encoding: utf-8
constants: {platform: facebook}
columns: {post_id: id, account_handle: page, posted_at: at, text: text, reactions: reactions, comments: comments,
  shares: shares}
"""
STEP_ENDED = re.compile(r"✓ (.*?)(?:  \d+ models)?  ([\d.]+) s")
RUN_IDS_AND_TIMES = ("quality.publication",)
"""Published tables that tell which run published, and when."""
LEFT_OUT = {"quality.check_results": f"where table_name != '{MART_CHANGES}'"}
"""Verdicts on what changed since the standing publication, which after a kill in the middle of publishing is this
night's own."""


@dataclass(frozen=True)
class Round:
    """Nights killed one after the other, and the ordinary one after them. ``kills`` are the steps that they were meant
    to fall in, ``places`` where they fell, ``seconds`` those of the ordinary night."""

    number: int
    kills: list[str]
    places: list[str]
    day: str
    begun_from: str
    standing: str
    seconds: float
    faults: list[str]


class DrillFailed(Exception):
    """The undisturbed nights already fail; the message holds their last lines."""


class Drill:
    """A very small ministry in ``folder``, its nights, and the kills so far."""

    def __init__(self, folder: Path, seed: int):
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.chance = random.Random(seed)
        self.seed = seed

    def prepare(self) -> None:
        """Two undisturbed nights, once: what each publishes, how long its steps take, what it does to files."""
        self._serve()
        self._import()
        if not self.is_prepared:
            for leftover in (self.data, self._saved):
                shutil.rmtree(leftover, ignore_errors=True)
            self._write_ministry()
            self._end_well(FIRST)
            first = fingerprint(self._current)
            shutil.copytree(self.data, self._saved)
            events = self.folder / "events.json"
            log, seconds = self._end_well(SECOND, counted_in=events)
            second = fingerprint(self._current)
            self._told.write_text(
                json.dumps(
                    {
                        "night before": first,
                        "night": second,
                        "seconds": seconds,
                        "steps": {
                            name: float(took) for name, took in re.findall(r"✓ (.*?)(?:  \d+ \w+)?  ([\d.]+) s", log)
                        },
                        "events": json.loads(events.read_text()),
                    }
                )
            )

    @property
    def is_prepared(self) -> bool:
        return self._told.exists()

    @cached_property
    def undisturbed(self) -> dict[str, Any]:
        """What the undisturbed nights told; there once they are over."""
        return json.loads(self._told.read_text())

    @property
    def rounds(self) -> list[Round]:
        if not self._log.exists():
            return []
        return [Round(**json.loads(line)) for line in self._log.read_text().splitlines()]

    def round(self, *steps: str, further: Sequence[str] = (), until: float = 0.0) -> Round:
        """Kill a night in each of these steps, one after the other, and in ``further`` ones ``until`` that moment
        (monotonic seconds); then run an ordinary night and look."""
        number = len(self.rounds) + 1
        # The same kills whether the drill was stopped in between or not.
        self.chance.seed(f"{self.seed} {number}")
        is_first_time = number % 2 == 1
        if is_first_time:
            shutil.rmtree(self.data, ignore_errors=True)
            shutil.copytree(self._saved, self.data)
        day = SECOND if is_first_time else self.chance.choice([FIRST, SECOND])
        audited = {"this night": self.undisturbed["night"]}
        if is_first_time:
            audited["the night before"] = self.undisturbed["night before"]
        faults, places, standing = [], [], ""
        kills = []
        for step in (*steps, *further):
            if len(kills) >= len(steps) and time.monotonic() > until:
                break
            place, is_killed = self._killed(step, day)
            if not is_killed:
                faults.append(place)
                continue
            kills.append(step)
            places.append(place)
            found = fingerprint(self._current)
            standing = next((name for name, tables in audited.items() if tables == found), "")
            if not standing:
                faults.append(f"current.duckdb is no audited publication after the kill: {places[-1]}")
        started = time.monotonic()
        log, status = self._night(SECOND)
        seconds = time.monotonic() - started
        if status != 0:
            faults.append(f"the ordinary night ended with {status}: {log[-600:]}")
        faults += differences(self.undisturbed["night"], fingerprint(self._current))
        faults += [f"left half written: {path.relative_to(self.data)}" for path in self._leftovers()]
        faults += [f"Dagster takes {run} for running" for run in self._runs_in_progress()]
        begun_from = "the night before" if is_first_time else "the night itself"
        done = Round(number, kills, places, str(day), begun_from, standing, round(seconds, 1), faults)
        with self._log.open("a") as log_file:
            log_file.write(json.dumps(asdict(done)) + "\n")
        return done

    def _killed(self, step: str, day: date) -> tuple[str, bool]:
        """Run a night and kill it. Tells where it fell, and whether it did; a night that was over before is run and
        killed again."""
        for _ in range(5):
            point = self._point(step)
            log, status = self._night(day, point)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                begun = re.findall(r"… (.*?)  ", log)
                return (f"{point['told']}, in {begun[-1]!r}" if begun else point["told"]), True
            if status != 0:
                return f"a night failed before its kill: {log[-600:]}", False
        return "five nights ended before their kill", False

    def _point(self, step: str) -> dict[str, Any]:
        """Where a kill of this step falls: at an event of the file system, or after a time, of the night or a step."""
        steps, events = self.undisturbed["steps"], self.undisturbed["events"]

        def at(event: str) -> dict[str, Any]:
            number = self.chance.randint(1, max(events.get(event, 1), 1))
            return {"event": event, "number": number, "told": f"{event} {number}"}

        def within(name: str) -> dict[str, Any]:
            seconds = round(self.chance.uniform(0, steps[name]), 2)
            return {"begun": name, "seconds": seconds, "told": f"{seconds} s"}

        match step:
            case "mid-file":
                return at("writing")
            case "after landing before commit":
                return at("committing")
            case "mid-dbt":
                return within(MODELS)
            case "mid-audit":
                return within(self.chance.choice(AUDITS))
            case "mid-publish":
                return at("publishing")
        seconds = round(self.chance.uniform(0, self.undisturbed["seconds"]), 2)
        return {"begun": "", "seconds": seconds, "told": f"{seconds} s of the night"}

    def _end_well(self, day: date, **asked: Any) -> tuple[str, float]:
        started = time.monotonic()
        log, status = self._night(day, **asked)
        if status != 0:
            raise DrillFailed(f"The undisturbed night of {day} failed:\n{log[-3000:]}")
        return log, round(time.monotonic() - started, 1)

    def _night(self, day: date, point: Mapping[str, Any] | None = None, counted_in: Path | None = None):
        """Fork a night, and kill it at ``point``. Returns what it said on the terminal and its exit status."""
        log = self.folder / "night.log"
        log.write_text("")
        child = os.fork()
        if not child:
            self._become_night(day, point or {}, counted_in, log)
        if point and "seconds" in point:
            self._kill_in_time(child, point, log)
        _, status = os.waitpid(child, 0)
        return log.read_text(), status

    def _kill_in_time(self, child: int, point: Mapping[str, Any], log: Path) -> None:
        while f"… {point['begun']}" not in log.read_text():
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return
            time.sleep(0.02)
        time.sleep(point["seconds"])
        os.kill(child, signal.SIGKILL)

    def _become_night(self, day: date, point: Mapping[str, Any], counted_in: Path | None, log: Path) -> None:
        """In the forked child: the night, as the command line runs it. Never returns."""
        status = 1
        try:
            output = os.open(log, os.O_WRONLY | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(output, stream)
            os.environ.update(self._environment(day))
            counts = _watch_files(self.data, point)
            from orchestration import cli
            from orchestration.settings import load_settings

            status = 0 if cli._run(load_settings(), day, day) else 1
            if counted_in:
                counted_in.write_text(json.dumps(counts))
        except SystemExit as ended:
            status = int(ended.code or 0)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(status)

    def _environment(self, day: date) -> dict[str, str]:
        as_of = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=1)
        given = {}
        for platform in ("x", "bluesky"):
            given |= self._sandbox.settings(platform, as_of)
        return {
            "SIFARAT_DATA_DIR": str(self.data),
            "SIFARAT_INBOX": str(self.folder / "inbox"),
            "SIFARAT_REGISTRY_DIR": str(self.folder / "register"),
            "SIFARAT_ENRICHMENT_SECONDS": "0",
            "COLUMNS": "200",
            **{
                f"SIFARAT_{name.upper()}": value if isinstance(value, str) else value.get_secret_value()
                for name, value in given.items()
            },
        }

    def _serve(self) -> None:
        """The platforms, in a process of their own that ends with this one. Forked before anything has threads."""
        port, token = free_port(), "drill"
        register = self.folder / "register"
        self._write_register(register)
        self._sandbox = Sandbox(7, registry_dir=register, token=token, port=port)
        parent = os.getpid()
        if not os.fork():
            with self._sandbox:
                while os.getppid() == parent:
                    time.sleep(0.5)
            os._exit(0)

    def _import(self) -> None:
        os.environ.update(self._environment(FIRST), DAGSTER_DISABLE_TELEMETRY="1", GX_ANALYTICS_ENABLED="false")
        import great_expectations  # noqa: F401

        from orchestration import cli  # noqa: F401
        from orchestration.definitions import defs

        defs().resolve_job_def("nightly")

    def _write_register(self, folder: Path) -> None:
        """Three missions of the synthetic ministry, each with its accounts on X and Bluesky."""
        from orchestration.sandbox.ministry import REGISTRY_DIR

        folder.mkdir(parents=True, exist_ok=True)
        missions = (REGISTRY_DIR / "missions.csv").read_text().splitlines(keepends=True)[:4]
        (folder / "missions.csv").write_text("".join(missions))
        kept = tuple(f",{line.split(',')[0]}," for line in missions[1:])
        head, *accounts = (REGISTRY_DIR / "accounts.csv").read_text().splitlines(keepends=True)
        own = [line for line in accounts if line.startswith(("x,", "bluesky,")) and any(name in line for name in kept)]
        (folder / "accounts.csv").write_text("".join([head, *own]))

    def _write_ministry(self) -> None:
        inbox = self.folder / "inbox"
        inbox.mkdir(exist_ok=True)
        (inbox / "posts.mapping.yaml").write_text(MAPPING)
        (inbox / "posts.csv").write_text(EXPORTED)
        saved_at = datetime(2026, 3, 2, 20, tzinfo=UTC).timestamp()
        os.utime(inbox / "posts.csv", (saved_at, saved_at))

    def _leftovers(self) -> list[Path]:
        folders = [self.data / "landing", self.data / "published"]
        found = [path for folder in folders for path in folder.rglob("*") if ".tmp" in path.name]
        return found + list((self.data / "landing" / "_commits").iterdir())

    def _runs_in_progress(self) -> list[str]:
        with sqlite3.connect(self.data / "dagster" / "history" / "runs.db") as database:
            query = "select run_id || ' ' || status from runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"
            return [told for (told,) in database.execute(query)]

    @property
    def _current(self) -> Path:
        return self.data / "published" / "current.duckdb"

    @property
    def _saved(self) -> Path:
        return self.folder / "after-the-first-night"

    @property
    def _told(self) -> Path:
        return self.folder / "undisturbed.json"

    @property
    def _log(self) -> Path:
        return self.folder / "rounds.jsonl"


def report(drills: Sequence[Drill]) -> str:
    """What came of the drills, in Markdown."""
    rounds = [done for drill in drills for done in drill.rounds]
    nights = [drill.undisturbed["seconds"] for drill in drills]
    failed = [done for done in rounds if done.faults]
    kills = sum(len(done.places) for done in rounds)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=PROJECT_DIR)
    lines = [
        "# The drill: nights killed by SIGKILL",
        "",
        f"Written by `make drill` (tests/drills/drill.py) at commit {commit.stdout.strip() or 'unknown'}, on "
        f"{os.cpu_count()} CPUs, in {len(drills)} drills at the same time. Of a very small synthetic ministry: an "
        f"undisturbed night takes {min(nights):.0f} to {max(nights):.0f} s, "
        f"{drills[0].undisturbed['steps'].get(MODELS, 0):.0f} s of them dbt.",
        "",
        f"{kills} kills, up to {max((len(done.places) for done in rounds), default=0)} in a row before an ordinary "
        f"night; of the {len(rounds)} ordinary nights {len(rounds) - len(failed)} ended well, published what "
        "undisturbed nights publish and left nothing to be mended by hand. After every kill `current.duckdb` was an "
        "audited publication, unless it says otherwise below.",
        "",
        "| meant to fall | kills | then well |",
        "| --- | --- | --- |",
    ]
    meant = Counter(step for done in rounds for step in done.kills)
    well = Counter(step for done in rounds if not done.faults for step in done.kills)
    lines += [f"| {step} | {number} | {well[step]} |" for step, number in sorted(meant.items())]
    fell = Counter(match for done in rounds for place in done.places for match in re.findall(r"in '(.*?)'", place))
    lines += ["", "| step of the night that was under way | kills |", "| --- | --- |"]
    lines += [f"| {step} | {number} |" for step, number in sorted(fell.items())]
    if failed:
        lines += ["", "Not well:", ""]
        lines += [
            f"- round {done.number} ({', '.join(done.kills)}; {'; '.join(done.places)}): {'; '.join(done.faults)}"
            for done in failed
        ]
    return "\n".join(lines) + "\n"


def fingerprint(publication: Path) -> dict[str, str]:
    """Rows and a checksum over all values, in whatever order, of every published table but those of the run."""
    with duckdb.connect(str(publication), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        return {
            table: str(
                connection.execute(
                    f"select count(*), sum(hash(t)::hugeint) from {table} as t {LEFT_OUT.get(table, '')}"
                ).fetchone()
            )
            for (table,) in tables
            if table not in RUN_IDS_AND_TIMES
        }


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [
        f"{table} is {found.get(table)} and not {wanted.get(table)}"
        for table in sorted({*wanted, *found})
        if wanted.get(table) != found.get(table)
    ]


def _watch_files(data: Path, point: Mapping[str, Any]) -> Counter[str]:
    """Count what this process does to files from now on, and kill it at the point's event."""
    commits, published = str(data / "landing" / "_commits"), str(data / "published")
    counts: Counter[str] = Counter()

    def hook(name: str, arguments: tuple) -> None:
        if name not in ("open", "os.rename", "os.link", "os.remove"):
            return
        path = str(arguments[0])
        if path.startswith(commits):
            # A file is opened before its first byte is written; what came before it is written whole.
            kind = {"open": "writing", "os.rename": "committing", "os.link": "committing"}.get(name)
        elif path.startswith(published):
            kind = "publishing"
        else:
            kind = None
        if kind:
            counts[kind] += 1
            if point.get("event") == kind and counts[kind] == point["number"]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return counts


def plan(kills: int, seed: int) -> list[str]:
    """The steps to kill: each named one five times, and so many anywhere, in a random order."""
    steps = [*STEPS * 5, *["anywhere"] * kills]
    random.Random(seed).shuffle(steps)
    return steps


def run_side(drill: Drill, rounds: Sequence[Sequence[str]]) -> None:
    """The rounds that this side has not done yet."""
    drill.folder.mkdir(parents=True, exist_ok=True)
    drill.prepare()
    name, done_before = drill.folder.name, len(drill.rounds)
    click.echo(f"{name}: an undisturbed night takes {drill.undisturbed['seconds']} s, {done_before} rounds done before")
    for steps in rounds[done_before:]:
        done = drill.round(*steps)
        told = "; ".join(done.faults) or "well"
        click.echo(f"{name}: {done.number}/{len(rounds)}  {'; '.join(done.places)}  {told}  {done.seconds} s")


@click.command()
@click.option("--kills", default=200, show_default=True, help="Kills at a random moment, beside five in each step.")
@click.option("--in-a-row", default=4, show_default=True, help="Nights killed before an ordinary one.")
@click.option("--sides", default=2, show_default=True, help="Drills at the same time.")
@click.option("--seed", default=7, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("drill"), show_default=True)
@click.option("--report", "report_file", type=click.Path(path_type=Path), default=Path("docs/drill.md"))
def main(kills: int, in_a_row: int, sides: int, seed: int, folder: Path, report_file: Path) -> None:
    """Kill nights as planned; exit status 1 when one of them was not well."""
    steps = plan(kills, seed)
    rounds = [steps[first : first + in_a_row] for first in range(0, len(steps), in_a_row)]
    drills = [Drill(folder / f"side-{side + 1}", seed * sides + side) for side in range(sides)]
    processes = [
        get_context("spawn").Process(target=run_side, args=(drill, rounds[side::sides]))
        for side, drill in enumerate(drills)
    ]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        time.sleep(10)
        # Of a drill that is stopped as well.
        if all(drill.is_prepared for drill in drills):
            report_file.write_text(report(drills))
    well = all(process.exitcode == 0 for process in processes)
    sys.exit(0 if well and not any(done.faults for drill in drills for done in drill.rounds) else 1)


if __name__ == "__main__":
    main()
