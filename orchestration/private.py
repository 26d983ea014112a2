"""What only the ministry's own machine may hold is its owner's alone; what is published may be read by others.

Names of people lie in the landing, the review file, the warehouse's restricted schema, and may lie in what runs keep.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from orchestration.settings import Settings

OTHERS = 0o077


def private_paths(settings: Settings) -> list[Path]:
    """Files and folders that nobody but their owner may read; those that are there."""
    data = settings.data_dir
    paths = [
        settings.landing_dir,
        data / "identity",
        settings.review,
        settings.warehouse,
        settings.dagster_home,
        data / "dbt",
        data / "sandbox-inbox",
        data / "suppressed.csv",
        settings.pseudonym_key,
        *([settings.suppression_key_file] if settings.suppression_key_file else []),
    ]
    return [path for path in dict.fromkeys(paths) if path.exists() and path != data]


@contextmanager
def privately(settings: Settings) -> Generator[None]:
    """Within it whatever is made is its owner's alone; what was made before becomes so."""
    before = os.umask(OTHERS)
    try:
        for path in private_paths(settings):
            path.chmod(path.stat().st_mode & ~OTHERS & 0o777)
        yield
    finally:
        os.umask(before)
