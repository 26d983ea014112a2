"""Where dbt is, and how it learns where the data lie."""

import os
import sys
from pathlib import Path

from orchestration.settings import PROJECT_DIR, Settings

DBT = Path(sys.executable).parent / "dbt"
DBT_PROJECT_DIR = PROJECT_DIR / "dbt_project"


def tell_dbt(settings: Settings) -> None:
    """Set what the dbt project reads from the environment, for this process and those it starts."""
    os.environ["SIFARAT_DATA_DIR"] = str(settings.data_dir)
    os.environ["SIFARAT_PSEUDONYM_KEY_FILE"] = str(settings.pseudonym_key)
