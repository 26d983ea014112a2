"""dbt in this process: parsed once at set-up, run on whatever data folder, its results as they come."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DBT = Path(sys.executable).parent / "dbt"
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"
MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"
PARSED = DBT_PROJECT_DIR / "target" / "parsed.msgpack"
PARSED_FROM = DBT_PROJECT_DIR / "target" / "parsed_from"
ANY_DATA_DIR = "/the-data-folder-of-the-run"
"""What dbt is told at set-up instead of a data folder: under another one it would parse the whole project anew."""
RESULTS = {"LogSeedResult", "LogModelResult", "LogTestResult"}
"""dbt's events that tell how a node ended."""

QUIETLY = [
    # Dagster keeps what dbt prints; to write it, and the manifest, to files again takes dbt a sixth of its time.
    *("--log-format", "text", "--no-use-colors", "--log-level-file", "none", "--no-write-json"),
    # The one tells dbt's makers of each run, the other asks the package index for a newer dbt.
    *("--no-send-anonymous-usage-stats", "--no-version-check"),
]


class DbtError(Exception):
    """dbt failed; the message holds its own words about each model and test."""


@cache
def project_vars() -> dict[str, Any]:
    """The variables of ``dbt_project.yml``: what models and Python must agree in stands there alone."""
    return yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def project_checksum() -> str:
    """SHA-256 of all that the models are made of. Under another one, what incremental models hold was computed by
    other rules."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv", ".py"} and {"target", "analyses"}.isdisjoint(path.parts):
            digest.update(path.relative_to(DBT_PROJECT_DIR).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def parse() -> None:
    """Let dbt parse the project, for the runs to come on any data folder. Raises DbtError where it cannot."""
    checksum = project_checksum()
    done = subprocess.run(
        [DBT, "--quiet", "parse"],
        cwd=DBT_PROJECT_DIR,
        env=os.environ | {"SIFARAT_DATA_DIR": ANY_DATA_DIR, "SIFARAT_PSEUDONYM_KEY_FILE": f"{ANY_DATA_DIR}/key"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise DbtError(f"dbt cannot parse {DBT_PROJECT_DIR}:\n{done.stdout.strip()}{done.stderr.strip()}")
    # A copy: whoever runs dbt by hand overwrites its own, for the data folder of that moment.
    shutil.copyfile(DBT_PROJECT_DIR / "target" / "partial_parse.msgpack", PARSED)
    PARSED_FROM.write_text(checksum)


def run_dbt(arguments: Sequence[str], settings: Settings, project_dir: Path = DBT_PROJECT_DIR) -> Iterator[dict]:
    """Run dbt on the warehouse. Yields, as each node ends, dbt's structured event about it.

    In this process, which has imported most of what dbt imports. Raises DbtError when a model or a test failed.
    """
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    command, *rest = arguments
    places = [
        *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
        *("--target-path", str(settings.data_dir / "dbt"), "--log-path", str(settings.data_dir / "dbt")),
    ]
    told: SimpleQueue[dict | None] = SimpleQueue()
    failures: list[str] = []

    def hear(event) -> None:
        if event.info.name in RESULTS:
            told.put(msg_to_dict(event))
        elif event.info.level == "error":
            failures.append(event.info.msg)

    def run() -> None:
        try:
            done = dbtRunner(_manifest(settings), [hear]).invoke([*QUIETLY, command, *places, *rest])
            if not done.success:
                failures.append(str(done.exception or ""))
        except BaseException as error:
            failures.append(f"{type(error).__name__}: {error}")
        finally:
            _let_go_of_the_warehouse()
            told.put(None)

    _tell_where_the_data_are(settings)
    # Beside it, so that results are told while dbt works. Whoever interrupts the run ends the process.
    Thread(target=run, name="dbt", daemon=True).start()
    yield from iter(told.get, None)
    if failures:
        words = "\n".join(dict.fromkeys(failure.strip() for failure in failures if failure.strip()))
        raise DbtError(f"dbt {command} failed.\n{words}")


def _manifest(settings: Settings) -> "Manifest":
    """What dbt parsed, with the sources where these data lie; parsed now where the project has changed since."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    if not PARSED.exists() or not PARSED_FROM.exists() or PARSED_FROM.read_text() != project_checksum():
        parse()
    manifest = Manifest.from_msgpack(PARSED.read_bytes(), decoder=extended_mashumuro_decoder)
    for source in manifest.sources.values():
        for meta in (source.meta, source.config.meta, source.source_meta):
            if "external_location" in meta:
                meta["external_location"] = meta["external_location"].replace(ANY_DATA_DIR, str(settings.data_dir))
    # As dbt does after it has read this file itself.
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    manifest.build_flat_graph()
    return manifest


def _tell_where_the_data_are(settings: Settings) -> None:
    """What the profile and the models read from the environment."""
    os.environ["SIFARAT_DATA_DIR"] = str(settings.data_dir)
    os.environ["SIFARAT_PSEUDONYM_KEY_FILE"] = str(settings.pseudonym_key)


def _let_go_of_the_warehouse() -> None:
    """dbt-duckdb keeps its connection until the process ends, and others want to open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    reset_adapters()
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()
