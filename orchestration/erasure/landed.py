"""A person's records in the landing: found in every batch, and removed from all of them at once.

Of each batch the records, what is in quarantine and the warnings are written anew without them, and the ledger's entry
counts what is left: ``received`` is less by as many as ``erased`` is more, so that it is still what was landed,
quarantined or repeated.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orchestration.contracts import Contract
from orchestration.erasure.person import Person
from orchestration.erasure.suppression import PERSONAL, Identifier, Suppression, identified, tokens
from orchestration.identity.people import PEOPLE
from orchestration.landing import PLACES, RECORDS, commit
from orchestration.sources.catalogue import contracts

TABLES = (*(contract for contract in contracts().values() if contract.source in PERSONAL), PEOPLE)

LONGEST_NAME = 80
"""Letters; what is longer is a sentence or a whole record."""


@dataclass(frozen=True)
class Found:
    """What a batch holds of the person. ``left`` and ``entry`` are all that there is of it without them."""

    contract: Contract
    tail: Path
    records: int
    quarantined: int
    warned: int
    left: dict[str, pl.DataFrame]
    entry: dict | None


def found_in(root: Path, suppression: Suppression, person: Person | None) -> Iterator[Found]:
    """Every batch that holds records of suppressed people, or of ``person``."""
    for contract in TABLES:
        for tail in _tails(root, contract):
            found = _found(root, contract, tail, suppression, person)
            if found is not None:
                yield found


def spelled_in_quarantine(root: Path, person: Person) -> set[Identifier]:
    """What rejected records and warnings call the person, beside what landed ones do."""
    texts: set[str] = set()
    for place in ("_quarantine", "_warnings"):
        for contract in TABLES:
            for part in (root / place / contract.source / contract.table).glob("date=*/part-*.parquet"):
                findings = pl.read_parquet(part, columns=["raw", "value"], hive_partitioning=False)
                texts |= {*findings["raw"].drop_nulls(), *findings["value"].drop_nulls()}
    pieces = {piece for text in texts if person.pattern.search(text) for piece in (*tokens(text), text)}
    return {
        identifier
        for piece in pieces
        if len(piece) <= LONGEST_NAME and person.pattern.search(piece)
        for identifier in identified(piece)
    }


def remove(root: Path, found: Iterator[Found]) -> Counter:
    """Take all of it out of the landing, batch by batch. Counts records by table, and what else went."""
    told: Counter = Counter()
    for batch in found:
        commit(root, batch.tail, batch.left, batch.entry)
        told[batch.contract.name] += batch.records
        told["quarantine"] += batch.quarantined
        told["warnings"] += batch.warned
    return told


def _tails(root: Path, contract: Contract) -> list[Path]:
    tails = set()
    for place in ("", "_quarantine", "_warnings"):
        folder = root / place
        parts = (folder / contract.source / contract.table).glob("date=*/part-*.parquet")
        tails |= {part.relative_to(folder) for part in parts if part.name != "part-contract.parquet"}
    return sorted(tails)


def _found(root: Path, contract: Contract, tail: Path, suppression: Suppression, person: Person | None) -> Found | None:
    whole = {
        name: pl.read_parquet(path, hive_partitioning=False)
        for name, folder in PLACES.items()
        if (path := root / folder / tail).exists()
    }
    left = dict(whole)
    if (records := whole.get(RECORDS)) is not None:
        if contract == PEOPLE:
            theirs = [key for key in records["key"] if suppression.has(("mention", key))]
            left[RECORDS] = records.filter(~pl.col("key").is_in(theirs))
        else:
            left[RECORDS] = suppression.records(contract, records)
    for name in ("_quarantine", "_warnings"):
        if name in whole:
            left[name] = suppression.findings(whole[name], person.pattern if person else None)
    if all(frame.equals(left[name]) for name, frame in whole.items()):
        return None
    gone = {name: _counted(name, frame) - _counted(name, left[name]) for name, frame in whole.items()}
    records, quarantined, warned = (gone.get(name, 0) for name in (RECORDS, "_quarantine", "_warnings"))
    ledger, entry = left.pop("_batches", None), None
    if ledger is not None:
        # The checksum is told anew.
        entry = {name: told for name, told in ledger.row(0, named=True).items() if name != "sha256"}
        entry["erased"] = (entry.get("erased") or 0) + records + quarantined
        for name, number in (
            ("received", records + quarantined),
            ("landed", records),
            ("quarantined", quarantined),
            ("warned", warned),
        ):
            entry[name] -= number
    kept = {name: frame for name, frame in left.items() if name == RECORDS or not frame.is_empty()}
    return Found(contract, tail, records, quarantined, warned, kept, entry)


def _counted(name: str, frame: pl.DataFrame) -> int:
    return frame["record_number"].n_unique() if name == "_quarantine" else frame.height
