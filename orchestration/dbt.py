"""Where dbt is, and how it learns where the data lie."""

import hashlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT_DIR, Settings

DBT = Path(sys.executable).parent / "dbt"
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"


@cache
def project_vars() -> dict[str, Any]:
    """The variables of ``dbt_project.yml``: what models and Python must agree in stands there alone."""
    return yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def tell_dbt(settings: Settings) -> None:
    """Set what the dbt project reads from the environment, for this process and those it starts."""
    os.environ["SIFARAT_DATA_DIR"] = str(settings.data_dir)
    os.environ["SIFARAT_PSEUDONYM_KEY_FILE"] = str(settings.pseudonym_key)


def project_checksum() -> str:
    """SHA-256 of all that the models are made of. Under another one, what incremental models hold was computed by
    other rules."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv", ".py"} and {"target", "analyses"}.isdisjoint(path.parts):
            digest.update(path.relative_to(DBT_PROJECT_DIR).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
