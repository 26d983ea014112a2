"""Runs dbt on a data folder of its own."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from orchestration import dbt as product
from orchestration.settings import Settings

_FIXED = tempfile.TemporaryDirectory(prefix="sifarat-dbt-")
"""One path for every data folder of this process: under another path dbt parses the whole project anew, for 15 s."""


def run_dbt(data, *arguments: str) -> None:
    """As a night runs it, in this process. Raises DbtError when a model or a test fails."""
    with pytest.MonkeyPatch.context() as kept:
        # What dbt is told by the environment is nothing that other tests should see.
        for name in ("SIFARAT_DATA_DIR", "SIFARAT_PSEUDONYM_KEY_FILE"):
            kept.setenv(name, "")
        list(product.run_dbt(arguments, Settings(data_dir=data, pseudonym_key_file=Path(data) / "pseudonym.key")))


def build_models(data, *models: str) -> None:
    """These models and all that they are made of, without the data tests: whole builds are judged elsewhere."""
    kinds = ["--resource-type", "model", "--resource-type", "seed"]
    run_dbt(data, "build", *kinds, "--select", *(f"+{model}" for model in models))


def dbt(data, *arguments: str) -> subprocess.CompletedProcess:
    """The command itself, with what it prints."""
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
        [product.DBT, *arguments],
        cwd=product.DBT_PROJECT_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
