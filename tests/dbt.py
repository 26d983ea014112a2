"""Runs dbt on a data folder of its own."""

import os
import subprocess

from orchestration.dbt import DBT, DBT_PROJECT_DIR


def run_dbt(data, *arguments: str) -> subprocess.CompletedProcess:
    """Asserts that dbt ends well."""
    done = dbt(data, *arguments)
    assert done.returncode == 0, done.stdout[-3000:]
    return done


def dbt(data, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {
        "SIFARAT_DATA_DIR": str(data),
        "SIFARAT_PSEUDONYM_KEY_FILE": str(data / "pseudonym.key"),
        "DBT_TARGET_PATH": str(data / "dbt"),
        "DBT_LOG_PATH": str(data / "dbt"),
    }
    return subprocess.run(
        [DBT, *arguments], cwd=DBT_PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=300
    )
