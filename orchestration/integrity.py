"""The landed files against the checksums that the ledger keeps of them: what is damaged is found before it is read.

    landing/_verified.parquet   the files found whole: size and time of change, by which an unchanged one is known
    landing/_damaged/…          what was found damaged, moved there, at the place it had below the landing

A damaged batch is taken out of the ledger: a file that still lies in the inbox is landed again by the same run, a
platform's day by the next run of that day. Until then `quality.warnings` names it, with the field ``(file)``.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA
from orchestration.landing import SYNTHETIC, commit, findings, kind_held, write_atomically

REMEMBERED = {
    "path": pl.String,
    "size": pl.Int64,
    "changed": pl.Int64,
    "ledger_size": pl.Int64,
    "ledger_changed": pl.Int64,
}


@dataclass(frozen=True)
class Damage:
    """A landed file that is not what was landed. ``path`` is below the landing, ``day`` the UTC day observed."""

    path: Path
    reason: str

    @property
    def day(self) -> str:
        return self.path.parent.name.removeprefix("date=")

    def __str__(self) -> str:
        return (
            f"{self.path} {self.reason}. Its batch is out of the ledger; what there is of it lies in _damaged. A file "
            f"that is still in the inbox is landed again; else read the day again: `sifarat nightly --from {self.day}`"
        )


def verify(root: Path, *, is_whole: bool = False, progress: Callable[[int, int], None] | None = None) -> list[Damage]:
    """Hold the landed records below ``root`` against the ledger's checksums; damaged batches are taken out of it.

    Files that were found whole and have kept their size and time of change since are believed, unless ``is_whole``.
    For the one run alone. Returns what is damaged, each told once.
    """
    known = _remembered(root)
    ledger = root / "_batches"
    entries = {entry.relative_to(ledger) for entry in ledger.glob("[!_]*/*/date=*/part-*.parquet")}
    entries |= {Path(path) for path, *_ in known if (root / path).exists()}
    found, damaged = [], []
    for done, tail in enumerate(sorted(entries), start=1):
        entry = ledger / tail
        row = (tail.as_posix(), *_stat(root / tail), *_stat(entry))
        if is_whole or row not in known:
            reason = _fault(root / tail, entry)
            if reason:
                damaged.append(Damage(tail, reason))
                _take_out(root, tail, entry, reason)
                continue
        found.append(row)
        if progress and is_whole:
            progress(done, len(entries))
    if set(found) != known:
        write_atomically(pl.DataFrame(found, schema=REMEMBERED, orient="row"), root / "_verified.parquet")
    return damaged


def _fault(records: Path, entry: Path) -> str | None:
    try:
        [wanted] = pl.read_parquet(entry, columns=["sha256"])["sha256"]
    except FileNotFoundError:
        return "has lost its entry in the ledger"
    except (OSError, ValueError, pl.exceptions.PolarsError):
        return "has a damaged entry in the ledger"
    try:
        with records.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error})"
    return None if digest == wanted else f"is damaged: its SHA-256 is {digest[:12]}… and was {wanted[:12]}… when landed"


def _take_out(root: Path, tail: Path, entry: Path, reason: str) -> None:
    """Keep what there is of the batch, out of the way, and say in the warnings that it is lost."""
    for place in ("", "_batches", "_quarantine"):
        kept = root / "_damaged" / place / tail
        if (root / place / tail).exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.unlink(missing_ok=True)
            # Not read for it: a disk whose sectors fail would not give it once more.
            os.link(root / place / tail, kept)
    source, table, day, part = tail.parts
    observed_on = date.fromisoformat(day.removeprefix("date="))
    identity = {
        "source": source,
        "table_name": table,
        "batch_id": part.removeprefix("part-").removesuffix(".parquet"),
        "source_file": _source_file(entry),
        "observed_at": datetime.combine(observed_on, datetime.min.time()),
        "is_synthetic": kind_held(root) == SYNTHETIC,
    }
    told = f"the landed file {reason}; its records are lost unless its source is read again"
    finding = pl.DataFrame([(0, None, "(file)", tail.as_posix(), told, None)], schema=FINDINGS_SCHEMA, orient="row")
    commit(root, tail, {"_warnings": findings(finding, identity)}, None)


def _source_file(entry: Path) -> str:
    try:
        return pl.read_parquet(entry, columns=["source_file"])["source_file"][0]
    except (OSError, ValueError, pl.exceptions.PolarsError):
        return "(unknown)"


def _remembered(root: Path) -> set[tuple]:
    try:
        return set(pl.read_parquet(root / "_verified.parquet").match_to_schema(REMEMBERED).rows())
    except (OSError, pl.exceptions.PolarsError):
        return set()


def _stat(path: Path) -> tuple[int, int]:
    try:
        told = path.stat()
    except FileNotFoundError:
        return -1, -1
    return told.st_size, told.st_mtime_ns
