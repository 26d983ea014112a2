"""The landing: immutable Parquet, as received, typed, by source, table and day observed.

    landing/<source>/<table>/date=YYYY-MM-DD/part-<batch>.parquet   records that keep their contract
    landing/_quarantine/…   one row per broken field of a rejected record, with file, line and reason
    landing/_warnings/…     the same for records that were kept but look damaged
    landing/_batches/…      the ledger: one row per batch, written last; it commits the batch
    landing/_fields/…       one row per field of a platform's payloads, with the batch that first had it

A file is written under another name, synced and renamed, so a crash leaves the old state or the new one.
Landing a batch again replaces exactly its own files. Each table also holds an empty part that carries its
contract, so that a reader's glob always finds the columns, used or not.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, PROVENANCE_SCHEMA, TIMESTAMP, Contract, Formats

CONTRACT_DAY = date(1970, 1, 1)
SMALLEST_JUDGED_BATCH = 100
"""Below this many records a share of rejects says little: the rejects are quarantined and the rest lands."""

_LEDGER_IDENTITY = {"source": pl.String, "table_name": pl.String, "batch_id": pl.String, "source_file": pl.String}
FINDINGS_LEDGER = _LEDGER_IDENTITY | FINDINGS_SCHEMA | {"observed_at": TIMESTAMP, "is_synthetic": pl.Boolean}
BATCH_LEDGER = _LEDGER_IDENTITY | {
    "received": pl.Int64,
    "landed": pl.Int64,
    "quarantined": pl.Int64,
    "repeated": pl.Int64,
    "warned": pl.Int64,
    "observed_at": TIMESTAMP,
    "is_synthetic": pl.Boolean,
    "sha256": pl.String,
}
FIELD_LEDGER = _LEDGER_IDENTITY | {
    "field": pl.String,
    "kind": pl.String,
    "is_of_first_batch": pl.Boolean,
    "observed_at": TIMESTAMP,
    "is_synthetic": pl.Boolean,
}
LEDGERS = {
    "_quarantine": FINDINGS_LEDGER,
    "_warnings": FINDINGS_LEDGER,
    "_batches": BATCH_LEDGER,
    "_fields": FIELD_LEDGER,
}


class LandingError(Exception):
    """The landing refuses a batch; the message says which, why and what to do."""


class TooManyRejects(LandingError):
    """More records broke their contract than the configured share allows."""


@dataclass(frozen=True)
class Window:
    """Days of UTC, ``[start, end)``: what one partition, or a range of them, asks a source for."""

    start: date
    end: date

    @classmethod
    def of_day(cls, day: date) -> "Window":
        return cls(day, day + timedelta(days=1))

    @property
    def start_at(self) -> datetime:
        return datetime.combine(self.start, datetime.min.time(), UTC)

    @property
    def end_at(self) -> datetime:
        return datetime.combine(self.end, datetime.min.time(), UTC)

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days)]

    def day_observed(self, observed_at: datetime) -> date:
        """The UTC day an observation stands for.

        What the following night reads (within 24 hours after the window's end) is the closing state of the
        window's last day. Anything later bears the day it was read: the past cannot be observed.
        """
        if observed_at < self.end_at + timedelta(days=1):
            return self.end - timedelta(days=1)
        return observed_at.astimezone(UTC).date()


@dataclass(frozen=True)
class Batch:
    """Records of one table read in one go, still text. ``observed_at`` is UTC.

    ``misfits`` are records that could not even be split into fields, ``warnings`` doubts about records that
    are kept; both have the columns of ``FINDINGS_SCHEMA``.
    """

    contract: Contract
    batch_id: str
    source_file: str
    observed_at: datetime
    day: date
    text: pl.DataFrame
    is_synthetic: bool
    formats: Formats = field(default_factory=Formats)
    misfits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FINDINGS_SCHEMA))
    warnings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FINDINGS_SCHEMA))


@dataclass(frozen=True)
class Receipt:
    """What became of one batch; always ``received = landed + quarantined + repeated``."""

    contract: Contract
    batch_id: str
    source_file: str
    day: date
    received: int
    landed: int
    quarantined: int
    repeated: int
    warned: int


class Progress(Protocol):
    """Told what is done so far; ``total`` is None where it cannot be known."""

    def __call__(self, what: str, done: int, total: int | None = None) -> None: ...


class Landing:
    """The landing folder of one ministry. ``is_synthetic`` tells whose records it may hold: never both."""

    def __init__(self, root: Path, *, is_synthetic: bool, max_reject_share: float = 0.1):
        self.root = root
        self.max_reject_share = max_reject_share
        self._keep_apart(is_synthetic)
        for ledger, schema in LEDGERS.items():
            self._write_contract_part(root / ledger / "_contract" / "_contract", schema)

    def declare(self, contract: Contract) -> None:
        """Make the table known to readers, with no record in it."""
        self._write_contract_part(self.root / contract.source / contract.table, contract.schema)

    def write(self, batch: Batch) -> Receipt:
        """Land one batch: quarantine first, then the records, then the ledger that commits them.

        Raises TooManyRejects, before a record is landed but with the rejects kept in quarantine.
        """
        contract = batch.contract
        self.declare(contract)
        parsed = contract.parse(batch.text, batch.formats)
        rejected = pl.concat([parsed.rejected, batch.misfits])
        warned = pl.concat([parsed.warned, batch.warnings])
        received = batch.text.height + batch.misfits["record_number"].n_unique()
        receipt = Receipt(
            contract=contract,
            batch_id=batch.batch_id,
            source_file=batch.source_file,
            day=batch.day,
            received=received,
            landed=parsed.accepted.height,
            quarantined=rejected["record_number"].n_unique(),
            repeated=parsed.repeated,
            warned=warned.height,
        )
        identity = {
            "source": contract.source,
            "table_name": contract.table,
            "batch_id": batch.batch_id,
            "source_file": batch.source_file,
            "observed_at": batch.observed_at.astimezone(UTC).replace(tzinfo=None),
            "is_synthetic": batch.is_synthetic,
        }
        self._write_findings("_quarantine", receipt, rejected, identity)
        self._write_findings("_warnings", receipt, warned, identity)
        if receipt.quarantined > self.max_reject_share * received and received >= SMALLEST_JUDGED_BATCH:
            raise TooManyRejects(self._too_many_message(receipt, rejected))

        records = parsed.accepted.with_columns(
            pl.lit(value, PROVENANCE_SCHEMA[name]).alias(name)
            for name, value in identity.items()
            if name in PROVENANCE_SCHEMA
        ).select(contract.schema.keys())
        sha256 = write_atomically(records, self._part(contract.source, contract.table, receipt))
        entry = identity | {
            "received": received,
            "landed": receipt.landed,
            "quarantined": receipt.quarantined,
            "repeated": receipt.repeated,
            "warned": receipt.warned,
            "sha256": sha256,
        }
        write_atomically(
            pl.DataFrame([entry], schema=BATCH_LEDGER),
            self._part(f"_batches/{contract.source}", contract.table, receipt),
        )
        return receipt

    def committed(self, contract: Contract, pattern: str = "*") -> list[Path]:
        """Ledger entries of the table whose batch id matches the glob, oldest day first."""
        return _entries(self.root, contract, pattern)

    def withdraw(self, contract: Contract, ledger_entry: Path) -> None:
        """Remove a batch that a newer reading of the same bytes has replaced; the ledger entry goes last."""
        tail = Path(contract.source, contract.table, ledger_entry.parent.name, ledger_entry.name)
        for place in ("_quarantine", "_warnings", "", "_batches"):
            (self.root / place / tail).unlink(missing_ok=True)

    def read(
        self, contract: Contract, days: Iterable[date] | None = None, columns: Iterable[str] | None = None
    ) -> pl.DataFrame:
        """Landed records of the table, all days or the given ones, with the day observed as ``date``."""
        self.declare(contract)
        folder = self.root / contract.source / contract.table
        names = ["date=*"] if days is None else [f"date={day}" for day in days]
        parts = [part for name in names for part in sorted(folder.glob(f"{name}/part-*.parquet"))]
        schema = contract.schema if columns is None else {name: contract.schema[name] for name in columns}
        wanted = list(schema)
        frames = [
            pl.read_parquet(part, columns=wanted, hive_partitioning=False).with_columns(
                pl.lit(date.fromisoformat(part.parent.name.removeprefix("date="))).alias("date")
            )
            for part in parts
        ]
        return pl.concat([pl.DataFrame(schema=schema | {"date": pl.Date}), *frames])

    def latest_day(self, contract: Contract, until: date) -> date | None:
        """The newest day on or before ``until`` with a committed batch of the table."""
        days = [date.fromisoformat(entry.parent.name.removeprefix("date=")) for entry in self.committed(contract)]
        return max((day for day in days if day <= until), default=None)

    def _write_findings(self, ledger: str, receipt: Receipt, findings: pl.DataFrame, identity: dict) -> None:
        part = self._part(f"{ledger}/{receipt.contract.source}", receipt.contract.table, receipt)
        if findings.is_empty():
            part.unlink(missing_ok=True)
            return
        rows = findings.with_columns(
            pl.lit(value, FINDINGS_LEDGER[name]).alias(name) for name, value in identity.items()
        )
        write_atomically(rows.select(FINDINGS_LEDGER.keys()), part)

    def _part(self, source: str, table: str, receipt: Receipt) -> Path:
        return self.root / source / table / f"date={receipt.day}" / f"part-{receipt.batch_id}.parquet"

    def _write_contract_part(self, folder: Path, schema: dict) -> None:
        part = folder / f"date={CONTRACT_DAY}" / "part-contract.parquet"
        if not part.exists() or pl.read_parquet_schema(part) != schema:
            write_atomically(pl.DataFrame(schema=schema), part)

    def _keep_apart(self, is_synthetic: bool) -> None:
        marker = self.root / "_kind"
        kind = "synthetic" if is_synthetic else "received"
        if not marker.exists():
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.write_text(kind + "\n")
        held = marker.read_text().strip()
        if held != kind:
            raise LandingError(
                f"{self.root} holds {held} records and this run would land {kind} ones; they are never mixed. "
                "Set SIFARAT_DATA_DIR to another folder, or remove the old state with `make clean`."
            )

    def _too_many_message(self, receipt: Receipt, rejected: pl.DataFrame) -> str:
        worst = rejected.group_by("field", "reason").len().sort("len", "field", descending=[True, False]).row(0)
        first = rejected.filter(pl.col("field") == worst[0], pl.col("reason") == worst[1])["source_line"].drop_nulls()
        place = f", first in line {first[0]}" if first.len() else ""
        return (
            f"{receipt.source_file}: {receipt.quarantined:,} of {receipt.received:,} records of "
            f"{receipt.contract.name} break the contract, more than the {self.max_reject_share:.0%} allowed; "
            f"nothing of it was landed. Most often: {worst[0]} is {worst[1]} ({worst[2]:,} times{place}). "
            "Mend the file or its mapping, or raise SIFARAT_MAX_REJECT_SHARE."
        )


def committed_parts(root: Path, contract: Contract) -> list[Path]:
    """The table's files below a landing's ``root`` whose batch the ledger has, oldest day first. To read a landing,
    whoever's records it holds."""
    table = root / contract.source / contract.table
    return [table / entry.parent.name / entry.name for entry in _entries(root, contract)]


def _entries(root: Path, contract: Contract, pattern: str = "*") -> list[Path]:
    folder = root / "_batches" / contract.source / contract.table
    return sorted(folder.glob(f"date=*/part-{pattern}.parquet"))


def write_atomically(frame: pl.DataFrame, path: Path) -> str:
    """Write Parquet so that ``path`` is the whole new file or what it was before. Returns its SHA-256.

    Raises LandingError naming the path when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            frame.write_parquet(file, compression="zstd", statistics=True)
            file.flush()
            os.fsync(file.fileno())
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
        temporary.replace(path)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise LandingError(f"{path}: cannot be written, and nothing of it was landed: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest
