"""Rejected records as people work with them: which there are, what each says, and another try.

A retry parses what is in quarantine by today's contract and lands what now passes, in the batch that it came with: its
id, its day and the time observed stay, and ``received = landed + quarantined + repeated`` holds before and after.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date
from pathlib import Path

import polars as pl

from orchestration.contracts import PROVENANCE_SCHEMA, Contract
from orchestration.landing import FINDINGS_LEDGER, RECORDS, Landing, LandingError, commit, findings, of_contract
from orchestration.sources import platform_exports, registry, sheets
from orchestration.sources.catalogue import contracts
from orchestration.sources.mappings import MappedFile, mapped_files

PUBLIC = ("registry", "platform_exports", *registry.PLATFORMS)
"""Sources whose values may be shown to anybody: as dbt's macro ``told_in_public`` has it."""
MAPPED = ("sheets", "platform_exports")
REFUSED = "-refused"
MEETINGS_API = "report/"
_PLACE = ("source", "table_name", "field", "reason")


@dataclass(frozen=True)
class Retried:
    """What became of one batch: how many of its rejected records passed, and how many stay; or why none was tried."""

    table: str
    source_file: str
    landed: int = 0
    repeated: int = 0
    left: int = 0
    why_not: str | None = None


def rejected(root: Path) -> pl.DataFrame:
    """One row per broken field of every record in quarantine, as the ledger of findings has it, with the day as
    ``date``. What a crash left without a batch is none."""
    frames = []
    for part in sorted((root / "_quarantine").glob("*/*/date=*/part-*.parquet")):
        is_committed = (root / "_batches" / part.relative_to(root / "_quarantine")).exists()
        if is_committed or part.stem.endswith(REFUSED):
            day = date.fromisoformat(part.parent.name.removeprefix("date="))
            rows = pl.read_parquet(part, hive_partitioning=False).select(*FINDINGS_LEDGER)
            frames.append(rows.with_columns(pl.lit(day).alias("date")))
    return pl.concat([pl.DataFrame(schema=FINDINGS_LEDGER | {"date": pl.Date}), *frames])


def listed(root: Path) -> pl.DataFrame:
    """One row per table, field and reason: records, oldest and newest day; the newest and largest first."""
    return (
        rejected(root)
        .group_by(_PLACE)
        .agg(
            pl.struct("batch_id", "date", "record_number").n_unique().alias("records"),
            pl.col("date").min().alias("oldest"),
            pl.col("date").max().alias("newest"),
        )
        .sort(["newest", "records", *_PLACE], descending=[True, True, False, False, False, False])
    )


def what_to_do(source: str, source_file: str, batch_id: str) -> str:
    """In words, for whoever looks at a rejected record."""
    if batch_id.endswith(REFUSED):
        return "too many were rejected, so nothing of the batch landed: mend the source; the next night reads it again"
    if source in MAPPED:
        return f"correct the cell in {source_file}, or its mapping: the next night lands the file anew"
    if source == "registry":
        return f"correct the line in {source_file} of the register: the next night lands it anew"
    if source in ("zoom", "teams") and not source_file.startswith(MEETINGS_API):
        return f"export {source_file} again"
    return f"{source} gave it so: have it corrected there and read the day again; after an upgrade try `retry`"


def retry(landing: Landing, inbox: Path | None, shipped: Path, table: str | None = None) -> Iterator[Retried]:
    """Try every batch with rejected records again, of one table or all. May be called again at any time."""
    known = contracts()
    files = mapped_files(inbox, shipped, (*sheets.CONTRACTS, *platform_exports.CONTRACTS)) if inbox else []
    for entry in sorted((landing.root / "_batches").glob("*/*/date=*/part-*.parquet")):
        tail = entry.relative_to(landing.root / "_batches")
        contract = known.get(f"{tail.parts[0]}.{tail.parts[1]}")
        quarantine = landing.root / "_quarantine" / tail
        if contract is None or (table and contract.name != table) or not quarantine.exists():
            continue
        ledger = pl.read_parquet(entry, hive_partitioning=False).row(0, named=True)
        if contract.source in MAPPED:
            yield _read_again(landing, contract, ledger, tail, files, inbox)
        elif ledger["source_file"].startswith(MEETINGS_API):
            why = "an answer of the API, which names its fields otherwise: read the day again"
            yield Retried(contract.name, ledger["source_file"], left=ledger["quarantined"], why_not=why)
        else:
            yield _parsed_again(landing.root, contract, ledger, tail)


def _read_again(
    landing: Landing, contract: Contract, ledger: dict, tail: Path, files: list[MappedFile], inbox: Path | None
) -> Retried:
    """The whole file, which is known by its content: what a mapped cell became cannot be told from a record alone."""
    content = ledger["batch_id"].split("-")[0]
    same = [file for file in files if file.contract == contract and file.content == content]
    left = ledger["quarantined"]
    if not same:
        where = f"in {inbox}" if inbox else "without an inbox (SIFARAT_INBOX)"
        why = f"the file is not to be found {where}"
        return Retried(contract.name, ledger["source_file"], left=left, why_not=why)
    file = next((file for file in same if file.batch_id == ledger["batch_id"]), None)
    if file is None:
        why = "its mapping has changed, so the next night lands it anew"
        return Retried(contract.name, ledger["source_file"], left=left, why_not=why)
    day = date.fromisoformat(tail.parts[2].removeprefix("date="))
    batch = replace(
        file.batch(), observed_at=ledger["observed_at"].replace(tzinfo=UTC), day=day, source_file=ledger["source_file"]
    )
    try:
        receipt = landing.write(batch)
    except LandingError as error:
        return Retried(contract.name, ledger["source_file"], left=left, why_not=str(error))
    return Retried(
        contract.name,
        ledger["source_file"],
        landed=receipt.landed - ledger["landed"],
        repeated=receipt.repeated - ledger["repeated"],
        left=receipt.quarantined,
    )


def _parsed_again(root: Path, contract: Contract, ledger: dict, tail: Path) -> Retried:
    """The rejected records as received, each beside those of the batch that landed."""
    place = RECORDS, "_quarantine", "_warnings"
    paths = dict(zip(place, (root / tail, root / "_quarantine" / tail, root / "_warnings" / tail), strict=True))
    frames = {name: pl.read_parquet(path, hive_partitioning=False) for name, path in paths.items() if path.exists()}
    rows, landed = frames["_quarantine"], frames[RECORDS]
    records = rows.filter(pl.col("raw").is_not_null()).unique("record_number", keep="first").sort("record_number")
    text = contract.from_payloads(records["raw"]).with_columns(records["source_line"])
    parsed = contract.parse(text)
    # A key that has landed, landed with a later record of the batch: the earlier one stays out.
    passing = parsed.accepted.join(landed.select(contract.keys), on=contract.keys, how="anti", maintain_order="left")
    numbers = records["record_number"]
    tried = parsed.accepted.with_columns(pl.col("record_number").cast(pl.Int64))
    rejected_now = parsed.rejected["record_number"].unique()
    outdone = tried.filter(~pl.col("record_number").is_in(passing["record_number"].cast(pl.Int64).implode()))
    stays = pl.concat([rejected_now, outdone["record_number"]]).unique()
    if passing.is_empty() and parsed.repeated == 0:
        return Retried(contract.name, ledger["source_file"], left=ledger["quarantined"])
    kept_numbers = numbers.gather(stays - 1)
    unreadable = rows.filter(pl.col("raw").is_null())["record_number"]
    kept = rows.filter(pl.col("record_number").is_in(pl.concat([kept_numbers, unreadable]).implode()))
    # Reasons as today's contract has them, under the numbers that the records had.
    fresh = parsed.rejected.with_columns(numbers.gather(parsed.rejected["record_number"] - 1).alias("record_number"))
    identity = {name: ledger[name] for name in FINDINGS_LEDGER if name in ledger}
    again = fresh["record_number"].unique().implode()
    quarantine = pl.concat(
        [kept.filter(~pl.col("record_number").is_in(again)).select(*FINDINGS_LEDGER), findings(fresh, identity)]
    ).sort("record_number", maintain_order=True)
    provenance = {name: ledger[name] for name in PROVENANCE_SCHEMA if name in ledger}
    new = passing.with_columns(pl.lit(told, PROVENANCE_SCHEMA[name]).alias(name) for name, told in provenance.items())
    entry = {name: told for name, told in ledger.items() if name != "sha256"}
    left = quarantine["record_number"].n_unique()
    entry |= {
        "landed": landed.height + new.height,
        "quarantined": left,
        "repeated": ledger["received"] - landed.height - new.height - left,
    }
    whole = {
        RECORDS: pl.concat([of_contract(landed, contract), new.select(*contract.schema)]),
        "_quarantine": quarantine,
    }
    if "_warnings" in frames:
        whole["_warnings"] = frames["_warnings"]
    commit(root, tail, {name: frame for name, frame in whole.items() if name == RECORDS or not frame.is_empty()}, entry)
    return Retried(contract.name, ledger["source_file"], new.height, entry["repeated"] - ledger["repeated"], left)


def shown_value(row: dict, *, is_personal: bool) -> str:
    """A rejected value as it may be shown."""
    if row["value"] is None:
        return ""
    return row["value"] if is_personal or row["source"] in PUBLIC else "(personal)"


def shown_raw(row: dict) -> str:
    """The whole record in one line."""
    try:
        told = json.loads(row["raw"] or "null")
    except ValueError:
        told = row["raw"]
    return json.dumps(told, ensure_ascii=False)
