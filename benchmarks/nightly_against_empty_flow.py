"""One night of the synthetic ministry against an empty flow of the same tools, on this machine, in this run.

    .venv/bin/python benchmarks/nightly_against_empty_flow.py

The empty flow is what the stack costs before it does anything: one asset, a two-model dbt project through
dagster-dbt, one check that imports Great Expectations, one more asset; in-process executor, models parsed before.
Times are wall-clock seconds. Exit status 1 when the night takes more than ``ALLOWED`` times the empty flow.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ALLOWED = 4.0
BIN = Path(sys.executable).parent

EMPTY_FLOW = """
import os, sys
from pathlib import Path
os.environ["DAGSTER_HOME"] = sys.argv[2]
import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

project = DbtProject(project_dir=Path(sys.argv[1]))

@dg.asset
def first(): ...

@dbt_assets(manifest=project.manifest_path)
def models(context: dg.AssetExecutionContext, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()

@dg.asset_check(asset=dg.AssetKey("two"))
def checked() -> dg.AssetCheckResult:
    import great_expectations
    return dg.AssetCheckResult(passed=True)

@dg.asset(deps=[dg.AssetKey("two")])
def last(): ...

defs = dg.Definitions(
    assets=[first, models, last],
    asset_checks=[checked],
    jobs=[dg.define_asset_job("empty", selection=dg.AssetSelection.all())],
    resources={"dbt": DbtCliResource(project_dir=project, dbt_executable=sys.argv[3])},
    executor=dg.in_process_executor,
)
with dg.DagsterInstance.get() as instance:
    assert defs.resolve_job_def("empty").execute_in_process(instance=instance).success
"""


def empty_flow(folder: Path) -> list[str]:
    """Lay out the empty flow in ``folder``, its models parsed; returns the command that runs it."""
    project, home = folder / "dbt", folder / "home"
    (project / "models").mkdir(parents=True)
    home.mkdir()
    (project / "dbt_project.yml").write_text("name: empty\nversion: '1.0.0'\nprofile: empty\n")
    (project / "profiles.yml").write_text(
        f"empty: {{target: d, outputs: {{d: {{type: duckdb, path: '{folder / 'empty.duckdb'}'}}}}}}\n"
    )
    (project / "models" / "one.sql").write_text("select 1 as n\n")
    (project / "models" / "two.sql").write_text("select n from {{ ref('one') }}\n")
    (folder / "flow.py").write_text(EMPTY_FLOW)
    subprocess.run([BIN / "dbt", "--quiet", "parse"], cwd=project, env=quiet_environment(), check=True)
    return [sys.executable, str(folder / "flow.py"), str(project), str(home), str(BIN / "dbt")]


def quiet_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIFARAT_", "DAGSTER_HOME"))}
    return kept | {
        "DO_NOT_TRACK": "1",
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


def timed(command: list, environment: dict[str, str]) -> tuple[float, str]:
    """Seconds the command took, and what it said. Raises CalledProcessError when it fails, having shown why."""
    began = time.monotonic()
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - began
    if run.returncode:
        sys.stderr.write(run.stderr[-3000:])
    run.check_returncode()
    return seconds, run.stderr


def main() -> int:
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = empty_flow(folder)
        timed(command, quiet_environment())  # once to fill the caches of the disk
        empty_seconds, _ = timed(command, quiet_environment())

        settled = quiet_environment() | {"SIFARAT_DATA_DIR": str(folder / "data")}
        night = [BIN / "sifarat", "nightly"]
        timed([*night, "--to", "2026-03-01"], settled)  # the first night also parses the models for this data folder
        seconds, told = timed([*night, "--to", "2026-03-02"], settled)

    steps = re.findall(r"^✓ (.+?)(?:  \d+ models)?  ([\d.]+) s$", told, re.MULTILINE)
    table = Table("step", "seconds", title="One night of the synthetic ministry")
    for step, taken in steps:
        table.add_row(step, taken)
    table.add_row("starting, loading definitions, telling", f"{seconds - sum(float(s) for _, s in steps):.1f}")
    table.add_row("[bold]the night[/]", f"[bold]{seconds:.1f}[/]")
    table.add_row("the empty flow", f"{empty_seconds:.1f}")
    table.add_row(f"ratio (at most {ALLOWED:g})", f"{seconds / empty_seconds:.2f}")
    console.print(table)
    return 0 if seconds <= ALLOWED * empty_seconds else 1


if __name__ == "__main__":
    sys.exit(main())
