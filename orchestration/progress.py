"""Progress on long work: told through logging, so that the terminal and Dagster's UI show the same."""

import logging
import time

from orchestration.landing import Progress

log = logging.getLogger(__name__)


def logged(every_seconds: float = 2.0) -> Progress:
    """A Progress that logs at intervals, and when the work is done."""
    told_at = time.monotonic()

    def progress(what: str, done: int, total: int | None = None) -> None:
        nonlocal told_at
        now = time.monotonic()
        if done == total or now - told_at >= every_seconds:
            told_at = now
            log.info("%s %s", what, f"{done:,}" if total is None else f"{done:,} of {total:,}")

    return progress
