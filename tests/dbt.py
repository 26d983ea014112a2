"""Runs dbt on a data folder of its own."""

import os
import subprocess
import tempfile
from pathlib import Path

from orchestration.dbt import DBT, DBT_PROJECT_DIR

_FIXED = tempfile.TemporaryDirectory(prefix="sifarat-dbt-")
"""One path for every data folder of this process: under another path dbt parses the whole project anew, for 15 s."""


def run_dbt(data, *arguments: str) -> subprocess.CompletedProcess:
    """Asserts that dbt ends well."""
    done = dbt(data, *arguments)
    assert done.returncode == 0, done.stdout[-3000:]
    return done


def build_models(data, *models: str) -> None:
    """These models and all that they are made of, without the data tests: whole builds are judged elsewhere."""
    kinds = ["--resource-type", "model", "--resource-type", "seed"]
    run_dbt(data, "build", *kinds, "--select", *(f"+{model}" for model in models))


def dbt(data, *arguments: str) -> subprocess.CompletedProcess:
    fixed = Path(_FIXED.name)
    link = fixed / "data"
    link.unlink(missing_ok=True)
    link.symlink_to(data)
    environment = os.environ | {
        "SIFARAT_DATA_DIR": str(link),
        "SIFARAT_PSEUDONYM_KEY_FILE": str(link / "pseudonym.key"),
        "DBT_TARGET_PATH": str(fixed / "dbt"),
        "DBT_LOG_PATH": str(fixed / "dbt"),
    }
    return subprocess.run(
        [DBT, *arguments], cwd=DBT_PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=300
    )
