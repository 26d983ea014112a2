"""What all commands share: where they print, and the settings they go by."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import click
from pydantic import ValidationError
from rich.console import Console

from orchestration.integrity import Damage
from orchestration.landing import LandingError
from orchestration.one_run import AnotherRun, one_run
from orchestration.private import privately
from orchestration.settings import Settings, load_settings

WIDTH_OF_LOGS = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140
"""Where no terminal tells its width, as in a log of CI, tables must not be cut to eighty columns."""

out, err = Console(width=WIDTH_OF_LOGS), Console(stderr=True)


def told_settings() -> Settings:
    """The settings. Raises click's exception naming the variables that are not right."""
    try:
        return load_settings()
    except ValidationError as error:
        faults = [f"SIFARAT_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise click.ClickException("The environment is not right. " + "; ".join(faults)) from None


@contextmanager
def alone(settings: Settings, command: str, run_id: str | None = None) -> Generator[list[Damage]]:
    """Work on the data folder while no run does; ``run_id`` is Dagster's, where the command starts a run. Gives
    what was found damaged before. Raises click's exception telling which run is in the way, or that the landing cannot
    be written."""
    try:
        with one_run(settings, run_id or f"{command}-{os.getpid()}") as damaged, privately(settings):
            yield damaged
    except (AnotherRun, LandingError) as error:
        raise click.ClickException(str(error)) from None
