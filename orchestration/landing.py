"""The landing: immutable Parquet, as received, typed, by source, table and day observed.

    landing/<source>/<table>/date=YYYY-MM-DD/part-<batch>.parquet   records that keep their contract
    landing/_quarantine/…   one row per broken field of a rejected record, with file, line and reason
    landing/_warnings/…     the same for records that were kept but look damaged
    landing/_batches/…      the ledger: one row per batch
    landing/_commits/…      a batch being landed or withdrawn: the whole of its new state, then moved to its places
    landing/_fields/…       one row per field of a platform's payloads, with the batch that first had it

A batch's files are written into a folder of their own, synced, and the folder renamed: that commits them. A crash
leaves the old state or, once ``recover`` has moved what was committed, the new one. Landing a batch again replaces
exactly its own files. Each table also holds an empty part that carries its contract, so that a reader's glob always
finds the columns, used or not.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, PROVENANCE_SCHEMA, TIMESTAMP, Contract, Formats
from orchestration.files import replacing, sync

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
    "erased": pl.Int64,
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
SYNTHETIC, RECEIVED = "synthetic", "received"
RECORDS = "records"
PLACES = {"_quarantine": "_quarantine", "_warnings": "_warnings", RECORDS: "", "_batches": "_batches"}
"""The files of a commit, and the folders below the root that they belong to."""


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
    """What became of one batch; always ``received = landed + quarantined + repeated``. Records of people who must not
    be landed are ``erased`` and not received."""

    contract: Contract
    batch_id: str
    source_file: str
    day: date
    received: int
    landed: int
    quarantined: int
    repeated: int
    warned: int
    erased: int = 0


class Progress(Protocol):
    """Told what is done so far; ``total`` is None where it cannot be known."""

    def __call__(self, what: str, done: int, total: int | None = None) -> None: ...


class Screen(Protocol):
    """Takes out of a batch what must not be landed; also how many records that were."""

    def screened(self, batch: Batch) -> tuple[Batch, int]: ...


class Landing:
    """The landing folder of one ministry. ``is_synthetic`` tells whose records it may hold: never both. ``screen``
    keeps erased people out of it."""

    def __init__(self, root: Path, *, is_synthetic: bool, max_reject_share: float = 0.1, screen: Screen | None = None):
        self.root = root
        self.max_reject_share = max_reject_share
        self._screen = screen
        self._keep_apart(is_synthetic)
        for ledger, schema in LEDGERS.items():
            self._write_contract_part(root / ledger / "_contract" / "_contract", schema)

    @classmethod
    def standing(cls, root: Path, **options: Any) -> "Landing":
        """The landing that there is below ``root``, whoever's records it holds."""
        return cls(root, is_synthetic=kind_held(root) == SYNTHETIC, **options)

    def declare(self, contract: Contract) -> None:
        """Make the table known to readers, with no record in it."""
        self._write_contract_part(self.root / contract.source / contract.table, contract.schema)

    def write(self, batch: Batch) -> Receipt:
        """Land one batch: its records, what of it is in quarantine, and the ledger's entry, all or nothing.

        Raises TooManyRejects, with the rejects kept in quarantine as of a batch ``<batch_id>-refused``; what was
        landed of the batch before stays as it was.
        """
        contract, erased = batch.contract, 0
        if self._screen is not None:
            batch, erased = self._screen.screened(batch)
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
            erased=erased,
        )
        identity = {
            "source": contract.source,
            "table_name": contract.table,
            "batch_id": batch.batch_id,
            "source_file": batch.source_file,
            "observed_at": batch.observed_at.astimezone(UTC).replace(tzinfo=None),
            "is_synthetic": batch.is_synthetic,
        }
        refused = self.root / "_quarantine" / self._tail(contract, batch.day, f"{batch.batch_id}-refused")
        if receipt.quarantined > self.max_reject_share * received and received >= SMALLEST_JUDGED_BATCH:
            rejects = findings(rejected, identity | {"batch_id": f"{batch.batch_id}-refused"})
            write_atomically(rejects, refused, self._commits)
            raise TooManyRejects(self._too_many_message(receipt, rejected))

        records = parsed.accepted.with_columns(
            pl.lit(value, PROVENANCE_SCHEMA[name]).alias(name)
            for name, value in identity.items()
            if name in PROVENANCE_SCHEMA
        ).select(contract.schema.keys())
        found = {"_quarantine": rejected, "_warnings": warned}
        frames = {place: findings(rows, identity) for place, rows in found.items() if not rows.is_empty()}
        entry = identity | {
            "received": received,
            "landed": receipt.landed,
            "quarantined": receipt.quarantined,
            "repeated": receipt.repeated,
            "warned": receipt.warned,
            "erased": receipt.erased,
        }
        commit(self.root, self._tail(contract, batch.day, batch.batch_id), frames | {RECORDS: records}, entry)
        refused.unlink(missing_ok=True)
        return receipt

    def committed(self, contract: Contract, pattern: str = "*") -> list[Path]:
        """Ledger entries of the table whose batch id matches the glob, oldest day first."""
        return _entries(self.root, contract, f"date=*/part-{pattern}.parquet")

    def withdraw(self, contract: Contract, ledger_entry: Path) -> None:
        """Remove a batch that a newer reading of the same bytes has replaced, all of it or nothing."""
        commit(self.root, Path(contract.source, contract.table, ledger_entry.parent.name, ledger_entry.name), {}, None)

    def read(
        self, contract: Contract, days: Iterable[date] | None = None, columns: Iterable[str] | None = None
    ) -> pl.DataFrame:
        """Landed records of the table, all days or the given ones, with the day observed as ``date``."""
        self.declare(contract)
        names = ["date=*"] if days is None else [f"date={day}" for day in days]
        parts = [part for name in names for part in committed_parts(self.root, contract, name)]
        schema = contract.schema if columns is None else {name: contract.schema[name] for name in columns}
        frames = [
            _as_of(pl.scan_parquet(part, hive_partitioning=False), schema)
            .with_columns(pl.lit(date.fromisoformat(part.parent.name.removeprefix("date="))).alias("date"))
            .collect()
            for part in parts
        ]
        return pl.concat([pl.DataFrame(schema=schema | {"date": pl.Date}), *frames])

    def latest_day(self, contract: Contract, until: date) -> date | None:
        """The newest day on or before ``until`` with a committed batch of the table."""
        days = [date.fromisoformat(entry.parent.name.removeprefix("date=")) for entry in self.committed(contract)]
        return max((day for day in days if day <= until), default=None)

    @property
    def _commits(self) -> Path:
        return self.root / "_commits"

    def _tail(self, contract: Contract, day: date, batch_id: str) -> Path:
        return Path(contract.source, contract.table, f"date={day}", f"part-{batch_id}.parquet")

    def _write_contract_part(self, folder: Path, schema: dict) -> None:
        part = folder / f"date={CONTRACT_DAY}" / "part-contract.parquet"
        if not _has_schema(part, schema):
            write_atomically(pl.DataFrame(schema=schema), part, self._commits)

    def _keep_apart(self, is_synthetic: bool) -> None:
        marker = self.root / "_kind"
        kind = SYNTHETIC if is_synthetic else RECEIVED
        if not marker.exists():
            with _telling_unwritable(marker), replacing(marker, self._commits) as written:
                written.write_text(kind + "\n")
        held = kind_held(self.root)
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


def kind_held(root: Path) -> str | None:
    """Whose records a landing holds, SYNTHETIC or RECEIVED; None where there is no landing."""
    marker = root / "_kind"
    return marker.read_text().strip() if marker.exists() else None


def commit(root: Path, tail: Path, frames: dict[str, pl.DataFrame], entry: dict | None) -> None:
    """Make ``frames``, by their ``PLACES``, and the ledger's ``entry`` all that there is of a batch below a landing's
    ``root``; without any it is gone. Raises LandingError, with the batch as it was, when they cannot be written."""
    commits = root / "_commits"
    with _telling_unwritable(root / tail):
        commits.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=commits))
    try:
        with _telling_unwritable(root / tail):
            digests = {name: _write(frame, staged / name) for name, frame in frames.items()}
            if entry is not None:
                ledger = pl.DataFrame([entry | {"sha256": digests[RECORDS]}], schema=BATCH_LEDGER)
                _write(ledger, staged / "_batches")
            for written in (*staged.iterdir(), staged):
                sync(written)
            committed = staged.rename(commits / tail.as_posix().replace("/", "~", 3))
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    sync(commits)
    _finish(root, committed)


def recover(root: Path) -> None:
    """Bring to its end what a killed run had committed below a landing's ``root``, and remove what it had not. For the
    one run alone."""
    commits = root / "_commits"
    for committed in sorted(commits.glob("[!.]*")):
        _finish(root, committed)
    remove_leftovers(commits)


def _finish(root: Path, committed: Path) -> None:
    """Put a commit's files where they belong. Begun anew after a crash it ends the same."""
    tail, link = Path(*committed.name.split("~", 3)), committed.parent / ".link.tmp"
    for name, folder in PLACES.items():
        part = root / folder / tail
        if (committed / name).exists():
            part.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            os.link(committed / name, link)
            link.replace(part)
            # A rename between two names of one file does nothing and leaves the first.
            link.unlink(missing_ok=True)
            sync(part.parent)
        elif part.exists():
            part.unlink()
            sync(part.parent)
    shutil.rmtree(committed.rename(committed.with_name(f".{committed.name}.tmp")))


def committed_parts(root: Path, contract: Contract, days: str = "date=*") -> list[Path]:
    """The table's files below a landing's ``root`` whose batch the ledger has, oldest day first. To read a landing,
    whoever's records it holds."""
    table = root / contract.source / contract.table
    return [table / entry.parent.name / entry.name for entry in _entries(root, contract, f"{days}/part-*.parquet")]


def of_contract(landed: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Landed records in today's columns."""
    return _as_of(landed.lazy(), contract.schema).collect()


def _as_of(landed: pl.LazyFrame, schema: dict) -> pl.LazyFrame:
    """In the columns of ``schema``: a column that the contract had not yet, when the records were landed, is empty."""
    return landed.match_to_schema(schema, missing_columns="insert", extra_columns="ignore").select(schema.keys())


def _entries(root: Path, contract: Contract, pattern: str) -> list[Path]:
    return sorted((root / "_batches" / contract.source / contract.table).glob(pattern))


def _has_schema(part: Path, schema: dict) -> bool:
    try:
        return pl.read_parquet_schema(part) == schema
    except (OSError, pl.exceptions.PolarsError):
        return False


def findings(found: pl.DataFrame, identity: dict) -> pl.DataFrame:
    """What was found of records, with the batch it is of, as the quarantine and the warnings hold it."""
    rows = found.with_columns(pl.lit(value, FINDINGS_LEDGER[name]).alias(name) for name, value in identity.items())
    return rows.select(FINDINGS_LEDGER.keys())


def write_atomically(frame: pl.DataFrame, path: Path, scratch: Path | None = None) -> None:
    """Write Parquet so that ``path`` is the whole new file or what it was before; ``scratch`` as ``replacing`` has it.

    Raises LandingError naming the path when it cannot be written.
    """
    with _telling_unwritable(path), replacing(path, scratch) as written:
        _write(frame, written)


def _write(frame: pl.DataFrame, path: Path) -> str:
    """Write Parquet. Returns its SHA-256."""
    with path.open("wb") as file:
        frame.write_parquet(file, compression="zstd", statistics=True)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _telling_unwritable(path: Path) -> Generator[None]:
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        raise LandingError(f"{path}: cannot be written, and nothing of it was landed: {error}") from error


def remove_leftovers(folder: Path, of: str = "") -> None:
    """Remove what killed runs had not finished writing in ``folder``, of files whose names begin with ``of``. For the
    one run alone: it may be a live one's."""
    for leftover in folder.glob(f".{of}*.tmp*"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
