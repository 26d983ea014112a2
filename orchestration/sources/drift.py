"""Whether a platform's answers still have the shape they had, before a batch of them is landed.

A field that no earlier batch had is noted in the landing's ledger ``_fields`` and told; it stays in the record's raw
text. A field of the contract that earlier batches had and this one has nowhere, or gives as another kind of value
(a number as text), would be landed as nothing or put whole batches into quarantine: such a batch is refused, and with
it the rest of its platform's night.

Shapes are of JSON: ``$.public_metrics.like_count`` is a number. A batch of few records says little, so only of
FEWEST_RECORDS and more is anything said to be gone.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, Contract
from orchestration.landing import FIELD_LEDGER, Batch, Landing, committed_parts, write_atomically
from orchestration.sources import SourceError
from orchestration.sources.platform import Concern, Finding

FEWEST_RECORDS = 20
USUALLY_GIVEN = 0.9
"""A field that was given in so many of the earlier batch's records is missed when none has it."""
MOST_READ = 20_000
"""Records whose shape is looked at; all records of a batch come from one version of one API."""

_KINDS = {"VARCHAR": "text", "BOOLEAN": "flag", "NULL": "nothing", "JSON": "of several kinds"}


class ShapeChanged(SourceError):
    """A field is gone or of another kind; the message names platform, table, field and what to do."""


def examined(landing: Landing, batch: Batch) -> Batch:
    """The batch, with a warning for each new field. Raises ShapeChanged.

    The new fields are in the ledger when this returns; the same batch examined again gives the same.
    """
    now = shape(batch.text["raw"])
    earlier = [part for part in committed_parts(landing.root, batch.contract) if part.name != _part_name(batch)]
    earlier = [part for part in earlier if part.parent.name <= f"date={batch.day}"]
    if earlier and batch.text.height >= FEWEST_RECORDS:
        _hold(batch, now, pl.read_parquet(earlier[-1], hive_partitioning=False))
    new = _note(landing, batch, now)
    if not new or not earlier:
        return batch
    told = [
        Finding(
            Concern.SHAPE,
            path,
            f"{batch.contract.name} has a new field {path} ({now[path]}), first seen on {batch.day}; it is kept in raw "
            "and nothing reads it",
        ).row()
        for path in new
    ]
    return replace(batch, warnings=pl.concat([batch.warnings, pl.DataFrame(told, schema=FINDINGS_SCHEMA)]))


def shape(raw: pl.Series) -> dict[str, str]:
    """The kind of value at each JSON path of the records together; elements of lists are ``[*]``."""
    import duckdb

    records = pl.DataFrame({"raw": raw.head(MOST_READ)})  # noqa: F841, DuckDB finds it by its name
    [(structure,)] = duckdb.sql("select json_group_structure(raw::json) from records").fetchall()
    return dict(_paths("$", json.loads(structure))) if structure else {}


def _paths(path: str, structure: dict | list | str) -> Iterator[tuple[str, str]]:
    if isinstance(structure, dict):
        if path != "$":
            yield path, "object"
        for name, inner in structure.items():
            yield from _paths(f"{path}.{name}", inner)
    elif isinstance(structure, list):
        yield path, "list"
        yield from _paths(f"{path}[*]", structure[0])
    else:
        yield path, _KINDS.get(structure, "number")


def _hold(batch: Batch, now: dict[str, str], before: pl.DataFrame) -> None:
    """Raises ShapeChanged where a field of the contract is gone or of another kind."""
    contract, was = batch.contract, shape(before["raw"])
    if before.height < FEWEST_RECORDS:
        return
    for f in contract.fields:
        if f.name not in before.columns:
            # Landed by an earlier version, whose contract had it not.
            continue
        was_given = before[f.name].count() >= USUALLY_GIVEN * before.height
        if was_given and batch.text[f.name].count() == 0:
            raise ShapeChanged(_refusal(contract, f"{f.name} ({', '.join(f.json_paths)}) is in no record any more"))
        for path in f.json_paths:
            one, other = was.get(path), now.get(path)
            if one and other and one != other and not {one, other} & {"nothing", "of several kinds"}:
                raise ShapeChanged(_refusal(contract, f"{f.name} ({path}) was {one} and is {other} now"))
            if other == "of several kinds" and one in ("number", "text", "flag"):
                raise ShapeChanged(_refusal(contract, f"{f.name} ({path}) was {one} and is of several kinds now"))


def _refusal(contract: Contract, what: str) -> str:
    return (
        f"{contract.source}: the shape of {contract.name} has changed: {what}; nothing of this batch was landed. "
        f"Compare with the platform's changelog and mend the contract in orchestration/sources/{contract.source}.py"
    )


def _note(landing: Landing, batch: Batch, now: dict[str, str]) -> list[str]:
    """Put the fields that no other batch of this day or an earlier one had into the ledger. Days may be read in any
    order, and again: what later ones had makes no field of this one known."""
    folder = landing.root / "_fields" / batch.contract.source / batch.contract.table
    own = folder / f"date={batch.day}" / _part_name(batch)
    parts = sorted(folder.glob("date=*/part-*.parquet"))
    others = [part for part in parts if part != own and part.parent.name <= own.parent.name]
    known = {path for part in others for path in pl.read_parquet(part, hive_partitioning=False)["field"]}
    new = [path for path in now if path not in known]
    if not new:
        own.unlink(missing_ok=True)
        return new
    rows = [
        {
            "source": batch.contract.source,
            "table_name": batch.contract.table,
            "batch_id": batch.batch_id,
            "source_file": batch.source_file,
            "field": path,
            "kind": now[path],
            "is_of_first_batch": not others,
            "observed_at": batch.observed_at.replace(tzinfo=None),
            "is_synthetic": batch.is_synthetic,
        }
        for path in new
    ]
    write_atomically(pl.DataFrame(rows, schema=FIELD_LEDGER), own)
    return new if others else []


def _part_name(batch: Batch) -> str:
    return f"part-{batch.batch_id}.parquet"
