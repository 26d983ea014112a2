"""Corruptions of landed tables and marts, made from their schemas, and what a night says of each.

A corruption is one of eight kinds, in one table and in columns that a seed chooses:

    null        a column comes empty
    swap        two columns of one type come in each other's place
    duplicate   records come twice
    shift       times are 5 hours or 30 days off
    rescale     numbers come in another unit (a thousandth, a hundredfold, a thousandfold)
    drop        records are missing
    retype      a column comes in another type (landed: as text that is none of its values)
    late        what the newest day should have brought is not there

It befalls every record of the newest batch (landed) or of the mart, or every third one; what is dropped or doubled is
every third. Landed tables are corrupted as a source would deliver them: the records are landed again through the
contract, under a ledger that agrees. Marts are corrupted after they are built, as a faulty model would build them, and
judged by their dbt contract, their dbt tests and the suites. Whole audits would be slow, so only those tests and
suites are run that speak of the table.
"""

import json
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from expectations import changes, habits
from expectations.landing import landed_views
from expectations.suite import Expect, Suite
from expectations.suites import landed, modelled
from orchestration.contracts import TIMESTAMP, Contract
from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.landing import LEDGERS, Batch, Landing, TooManyRejects

KINDS = ("null", "swap", "duplicate", "shift", "rescale", "drop", "retype", "late")
MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"
_NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "HUGEINT", "DECIMAL", "FLOAT")


@dataclass(frozen=True)
class Corruption:
    """``share`` is "all" or "every third". ``amount`` is hours of a shift or the factor of a rescaling."""

    table: str
    kind: str
    columns: tuple[str, ...] = ()
    share: str = "all"
    amount: float | None = None

    def __str__(self) -> str:
        what = " and ".join(self.columns) + (f" by {self.amount:g}" if self.amount is not None else "")
        return f"{self.table}: {self.kind} {what} of {self.share}".replace("  ", " ")


@dataclass(frozen=True)
class Judged:
    """``found`` are what said so: severity, and the sentence. Empty: it slipped through. ``rows`` are how many rows it
    changed, added or took away."""

    corruption: Corruption
    found: tuple[tuple[str, str], ...]
    rows: int

    @property
    def is_stopped(self) -> bool:
        return any(severity == "block" for severity, _ in self.found)


class Built:
    """A data folder after a night: its landing, its warehouse, and the publication that stood before the night.

    Everything is copied below ``scratch``; what a corruption does there is undone after it. Of a landing alone, without
    models, no volumes are judged.
    """

    def __init__(self, data: Path, standing: Path, scratch: Path):
        self.data, self.standing, self.scratch = data, standing, scratch
        self.landing = scratch / "landing"

    @cached_property
    def records(self) -> duckdb.DuckDBPyConnection:
        """The landed tables as the suites see them."""
        shutil.copytree(self.data / "landing", self.landing, copy_function=_link)
        published_at = datetime.fromtimestamp(self.standing.stat().st_mtime, UTC)
        tables = {suite.table_name for suite in landed.SUITES} - {changes.LANDED_CHANGES, habits.LANDED_HABITS}
        records = duckdb.connect()
        # A part is landed again and again under one name, at times within one tick of its clock.
        records.execute("set timezone = 'UTC'; set enable_external_file_cache = false; create schema quality")
        views = landed_views(self.landing, tables, published_at)
        for schema in {name.split(".")[0] for name in views}:
            records.execute(f"create schema {schema}")
        for name, query in views.items():
            records.execute(f"create table {name} as {query}")
        return records

    @cached_property
    def warehouse(self) -> duckdb.DuckDBPyConnection:
        """A copy of the warehouse, with the publication beside it."""
        copy = self.scratch / "warehouse.duckdb"
        shutil.copy(self.data / "warehouse.duckdb", copy)
        warehouse = duckdb.connect(str(copy))
        warehouse.execute(
            f"set timezone = 'UTC'; attach '{self.standing}' as standing (read_only); create schema if not exists audit"
        )
        return warehouse

    @cached_property
    def known_of_records(self) -> frozenset[tuple[str, str]]:
        """What is found in the records as they came; a corruption has to be told by something else."""
        self.records.execute("begin")
        self.records.execute(f"create table landing.changes as {changes.landed_changes(self.landing)}")
        self.records.execute(f"create table landing.habits as {habits.landed_habits(self.landing)}")
        self.records.execute(f"create table quality.volumes as {self.volumes}")
        found = found_by(self.records, [*landed.SUITES, modelled.VOLUMES])
        self.records.execute("rollback")
        return frozenset(found)

    @cached_property
    def known_of_marts(self) -> frozenset[tuple[str, str]]:
        """The same of the marts as they were built."""
        self.warehouse.execute("begin")
        changes.put_changes_of_marts(self.warehouse, self.keys)
        found = found_by(self.warehouse, modelled.SUITES)
        self.warehouse.execute("rollback")
        return frozenset(found)

    @cached_property
    def manifest(self) -> dict:
        return json.loads(MANIFEST.read_text(encoding="utf-8"))

    @cached_property
    def keys(self) -> dict[str, list[str]]:
        return changes.keys_of_marts(MANIFEST)

    @cached_property
    def every_mart(self) -> dict[str, dict]:
        """The nodes of the marts."""
        return {
            f"marts.{node['name']}": node
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == "marts"
        }

    @cached_property
    def marts(self) -> dict[str, dict]:
        """Those that hold rows."""
        return {
            mart: node
            for mart, node in self.every_mart.items()
            if self.warehouse.execute(f"select count(*) from {mart}").fetchone()[0]
        }

    @cached_property
    def newest(self) -> dict[str, Path]:
        """The part of each landed table that is corrupted, of those that hold records."""
        parts = {contract.name: _newest(self.data / "landing", contract) for contract in changes.CONTRACTS}
        return {table: part for table, part in parts.items() if part is not None}

    @property
    def empty(self) -> list[str]:
        """Landed tables and marts that hold no rows: nothing can befall them."""
        every = [*(contract.name for contract in changes.CONTRACTS), *self.every_mart]
        return sorted(table for table in every if table not in self.newest and table not in self.marts)

    @cached_property
    def dbt_tests(self) -> dict[str, list[tuple[dict, str]]]:
        """The compiled tests that look at a model, by its unique id."""
        compiled = {path.name: path for path in (self.data / "dbt" / "compiled").rglob("*.sql")}
        tests: dict[str, list[tuple[dict, str]]] = {}
        for node in self.manifest["nodes"].values():
            if node["resource_type"] == "test" and (path := compiled.get(Path(node["path"]).name)):
                for model in node["depends_on"]["nodes"]:
                    tests.setdefault(model, []).append((node, path.read_text()))
        return tests

    @cached_property
    def volumes(self) -> str:
        """The query behind quality.volumes, over the landing's ledger."""
        if not (self.data / "dbt").exists():
            return "select null as source, null as verdict, 0 as expected_rows, 0 as landed where false"
        [compiled] = (self.data / "dbt" / "compiled").rglob("quality/volumes.sql")
        batches = "(select * rename (date as observed_date) from landing.batches)"
        return compiled.read_text().replace('"warehouse"."staging"."stg_landing__batches"', batches)


def _link(source: str, target: str) -> str:
    Path(target).hardlink_to(source)
    return target


def found_by(connection: duckdb.DuckDBPyConnection, suites: Iterable[Suite]) -> list[tuple[str, str]]:
    """What of the suites fails, by plain SQL: Great Expectations takes a quarter of a second for each expectation.
    That it says the same is tested (tests/unit/expectations/test_every_expectation.py)."""
    return [
        (expect.severity, f"{suite.table_name}: {expect.says}")
        for suite in suites
        for expect in suite.expectations
        if _is_broken(connection, suite.table_name, expect)
    ]


def _is_broken(connection: duckdb.DuckDBPyConnection, table: str, expect: Expect) -> bool:
    told, kind = expect.arguments, expect.kind
    if kind == "UnexpectedRowsExpectation":
        query = told["unexpected_rows_query"].format(batch=table)
        return connection.execute(f"select 1 from ({query}) limit 1").fetchone() is not None
    columns = told.get("column_list") or [told[n] for n in ("column", "column_A", "column_B") if n in told]
    if kind == "ExpectColumnValuesToNotBeNull":
        broken = f"count({columns[0]}) < {told.get('mostly', 1.0)} * count(*)"
    elif kind == "ExpectColumnValuesToBeUnique":
        broken = f"count({columns[0]}) > count(distinct {columns[0]})"
    elif kind == "ExpectCompoundColumnsToBeUnique":
        broken = f"count(*) > count(distinct ({', '.join(columns)}))"
    elif kind == "ExpectColumnValuesToBeBetween":
        low, high = (
            f"'{told[bound]}'" if told[bound] is not None else columns[0] for bound in ("min_value", "max_value")
        )
        broken = f"count_if({columns[0]} < {low} or {columns[0]} > {high}) > 0"
    elif kind == "ExpectColumnPairValuesAToBeGreaterThanB":
        broken = f"count_if({columns[0]} < {columns[1]}) > 0"
    else:
        raise NotImplementedError(kind)
    return connection.execute(f"select {broken} from {table}").fetchone()[0]


# --- landed tables


def landed_corruptions(built: Built, seed: int) -> Iterator[Corruption]:
    for contract in changes.CONTRACTS:
        if contract.name not in built.newest:
            continue
        records = pl.read_parquet(built.newest[contract.name], hive_partitioning=False)
        chance = random.Random(f"{seed} {contract.name}")
        yield from _chosen(contract.name, _types_of(contract, records), chance)


def _types_of(contract: Contract, records: pl.DataFrame) -> dict[str, str]:
    """Columns that have values."""
    names = {pl.String: "text", pl.Int64: "number", pl.Float64: "number", pl.Boolean: "flag", pl.Date: "date"}
    return {
        f.name: "time" if f.dtype == TIMESTAMP else names[f.dtype]
        for f in contract.fields
        if records[f.name].n_unique() > 1 or (records[f.name].null_count() == 0 and records.height)
    }


def _chosen(table: str, types: dict[str, str], chance: random.Random) -> Iterator[Corruption]:
    """At most one corruption of each kind."""
    for kind in KINDS:
        share = chance.choice(["all", "every third"])
        amount = None
        if kind in ("duplicate", "drop", "late"):
            yield Corruption(table, kind, share="all" if kind == "late" else "every third")
            continue
        fitting = {
            "shift": [name for name, t in types.items() if t in ("time", "date")],
            "rescale": [name for name, t in types.items() if t == "number"],
            "retype": [name for name, t in types.items() if t != "text"],
        }.get(kind, list(types))
        if kind == "swap":
            pairs = [(a, b) for a in types for b in types if a < b and types[a] == types[b] and types[a] != "flag"]
            if pairs:
                yield Corruption(table, kind, chance.choice(sorted(pairs)), share)
            continue
        if not fitting:
            continue
        column = chance.choice(sorted(fitting))
        if kind == "shift":
            amount = chance.choice([5, -5, 720, -720]) if types[column] == "time" else chance.choice([720, -720])
        if kind == "rescale":
            amount = chance.choice([0.001, 100, 1000])
        yield Corruption(table, kind, (column,), share, amount)


def judge_landed(built: Built, corruption: Corruption) -> Judged | None:
    """None where it changes nothing, such as a column swapped with one of the same values."""
    known = built.known_of_records
    [contract] = [contract for contract in changes.CONTRACTS if contract.name == corruption.table]
    tail = built.newest[contract.name].relative_to(built.data / "landing")
    newest = built.landing / tail
    text = _as_text(contract, pl.read_parquet(newest, hive_partitioning=False))
    corrupted = text.clear() if corruption.kind == "late" else _corrupted_text(contract, text, corruption)
    rows = _rows_that_differ(text, corrupted)
    if not rows:
        return None
    try:
        found = _land_corrupted(built, contract, newest, corruption, corrupted)
        if not any(severity == "block" for severity, _ in found):
            found += _of_landed_suites(built, contract, tail)
        return Judged(corruption, tuple(f for f in found if f not in known), rows)
    finally:
        for place in ("", *LEDGERS):
            was, now = (root / place / tail for root in (built.data / "landing", built.landing))
            now.unlink(missing_ok=True)
            if was.exists():
                _link(str(was), str(now))


def _newest(landing: Path, contract: Contract) -> Path | None:
    """The largest part of the newest day that brought records."""
    parts = sorted((landing / contract.source / contract.table).glob("date=*/part-*.parquet"), reverse=True)
    filled = [part for part in parts if pl.scan_parquet(part).select(pl.len()).collect().item()]
    same_day = [part for part in filled if part.parent == filled[0].parent]
    return max(same_day, key=lambda part: part.stat().st_size, default=None)


def _rows_that_differ(text: pl.DataFrame, corrupted: pl.DataFrame) -> int:
    if text.height != corrupted.height:
        return abs(text.height - corrupted.height)
    differs = pl.any_horizontal(pl.col(name).ne_missing(corrupted[name]) for name in text.columns)
    return text.select(differs.sum()).item()


def _land_corrupted(
    built: Built, contract: Contract, newest: Path, corruption: Corruption, corrupted: pl.DataFrame
) -> list[tuple[str, str]]:
    tail = newest.relative_to(built.landing)
    entry = pl.read_parquet(built.landing / "_batches" / tail, hive_partitioning=False).row(0, named=True)
    if corruption.kind == "late":
        for place in ("", *LEDGERS):
            (built.landing / place / tail).unlink(missing_ok=True)
        return []
    landing = Landing(built.landing, is_synthetic=entry["is_synthetic"])
    batch = Batch(
        contract,
        entry["batch_id"],
        entry["source_file"],
        entry["observed_at"].replace(tzinfo=UTC),
        datetime.strptime(newest.parent.name, "date=%Y-%m-%d").date(),
        corrupted,
        is_synthetic=entry["is_synthetic"],
    )
    # Files are linked with those of the built landing: writing replaces the link, never the file behind it.
    try:
        receipt = landing.write(batch)
    except TooManyRejects as error:
        return [("block", f"the landing refuses the batch: {str(error).split(': ', 1)[1][:90]}")]
    found = []
    if receipt.quarantined:
        found.append(("warn", f"contract: {receipt.quarantined} of {receipt.received} records in quarantine"))
    if receipt.repeated:
        found.append(("warn", f"contract: {receipt.repeated} exact repeats dropped, counted in the ledger"))
    return found


def _as_text(contract: Contract, records: pl.DataFrame) -> pl.DataFrame:
    """The records as a source gives them."""

    def text(f):
        column = pl.col(f.name)
        if f.dtype == TIMESTAMP:
            return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").alias(f.name)
        return column.cast(pl.String)

    return records.select(
        *(text(f) for f in contract.fields),
        pl.lit(None, pl.Int64).alias("source_line"),
        pl.coalesce("raw", pl.lit("{}")).alias("raw"),
    )


def _corrupted_text(contract: Contract, text: pl.DataFrame, corruption: Corruption) -> pl.DataFrame:
    row = pl.int_range(pl.len())
    third = row % 3 == 0
    hit = pl.lit(True) if corruption.share == "all" else third
    if corruption.kind == "duplicate":
        return pl.concat([text, text.filter(third)])
    if corruption.kind == "drop":
        return text.filter(~third)
    if corruption.kind == "swap":
        one, other = corruption.columns
        return text.with_columns(
            pl.when(hit).then(pl.col(other)).otherwise(pl.col(one)).alias(one),
            pl.when(hit).then(pl.col(one)).otherwise(pl.col(other)).alias(other),
        )
    [name] = corruption.columns
    [f] = [f for f in contract.fields if f.name == name]
    column = pl.col(name)
    if corruption.kind == "null":
        wrong = pl.lit(None, pl.String)
    elif corruption.kind == "retype":
        wrong = pl.lit("n/a ") + column
    elif corruption.kind == "rescale":
        number = column.cast(pl.Float64) * corruption.amount
        wrong = (number.round(0).cast(pl.Int64) if f.dtype == pl.Int64 else number).cast(pl.String)
    elif f.dtype == pl.Date:
        wrong = column.str.to_date().dt.offset_by(f"{int(corruption.amount)}h").cast(pl.String)
    else:
        moved = column.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ").dt.offset_by(f"{int(corruption.amount)}h")
        wrong = moved.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    return text.with_columns(pl.when(hit).then(wrong).otherwise(column).alias(name))


def _of_landed_suites(built: Built, contract: Contract, tail: Path) -> list[tuple[str, str]]:
    """The records of one part as they are in the landing now, in the place of those that were loaded."""
    all_records, records = f"{contract.source}.all_{contract.table}", built.records
    part, entry = built.landing / tail, built.landing / "_batches" / tail
    batch, day = tail.stem.removeprefix("part-"), tail.parent.name.removeprefix("date=")
    of_day = f"date '{day}' as date"
    records.execute("begin")
    try:
        for table in (all_records, contract.name):
            records.execute(f"delete from {table} where batch_id = ? and date = ?", [batch, day])
            if part.exists():
                records.execute(f"insert into {table} by name select * exclude (raw), {of_day} from {_rows(part)}")
        records.execute(
            "delete from landing.batches where batch_id = ? and date = ? and source = ? and table_name = ?",
            [batch, day, contract.source, contract.table],
        )
        if entry.exists():
            records.execute(f"insert into landing.batches by name select *, {of_day} from {_rows(entry)}")
        records.execute(f"create table landing.changes as {changes.landed_changes(built.landing, [contract])}")
        of_files = [contract] if contract in habits.CONTRACTS else []
        records.execute(f"create table landing.habits as {habits.landed_habits(built.landing, of_files)}")
        records.execute(f"create table quality.volumes as {built.volumes}")
        suites = [*landed.SUITES, modelled.VOLUMES]
        also = ["landing.batches"] if contract.source == "registry" else []
        return found_by(
            records,
            _due(suites, [contract.name, all_records, "landing.changes", "landing.habits", "quality.volumes", *also]),
        )
    finally:
        records.execute("rollback")


def _rows(part: Path) -> str:
    return f"read_parquet('{part}', hive_partitioning = false)"


def _due(suites: Iterable[Suite], tables: Sequence[str]) -> list[Suite]:
    """The suites of the tables, and of the others what speaks of one of them."""
    speaks = re.compile(rf"\b({'|'.join(map(re.escape, tables))})\b")
    return [
        suite
        if suite.table_name in tables
        else replace(
            suite,
            expectations=tuple(
                expect
                for expect in suite.expectations
                if speaks.search(expect.arguments.get("unexpected_rows_query", ""))
            ),
        )
        for suite in suites
    ]


# --- marts


def mart_corruptions(built: Built, seed: int) -> Iterator[Corruption]:
    kinds = {"VARCHAR": "text", "BOOLEAN": "flag", "DATE": "date", "TIMESTAMP": "time"}
    for mart in sorted(built.marts):
        relation = built.warehouse.sql(f"from {mart}")
        counts = ", ".join(f'count("{column}")' for column in relation.columns)
        given = built.warehouse.execute(f"select {counts} from {mart}").fetchone()
        types = {
            column: kinds.get(str(dtype), "number" if str(dtype).split("(")[0] in _NUMBERS else "other")
            for column, dtype, n in zip(relation.columns, relation.types, given, strict=True)
            if n
        }
        types = {column: kind for column, kind in types.items() if kind != "other"}
        for corruption in _chosen(mart, types, random.Random(f"{seed} {mart}")):
            if corruption.kind != "late" or _day_column(types):
                yield corruption


def _day_column(types: dict[str, str]) -> str | None:
    """The column that tells a row's day."""
    days = ("observed_date", "activity_date", "period_start_date", "alert_date", "posted_date", "week_start_date",
            "month_start_date", "last_observed_at", "session_date", "as_of_date")  # fmt: skip
    return next((day for day in days if day in types), None)


def judge_mart(built: Built, corruption: Corruption) -> Judged | None:
    """None where it changes nothing."""
    known = built.known_of_marts
    warehouse, mart = built.warehouse, corruption.table
    warehouse.execute("begin")
    try:
        rows = _corrupt_mart(warehouse, corruption)
        if not rows:
            return None
        found = _of_contract(built, warehouse, mart) or _of_dbt_tests(built, warehouse, mart)
        if not any(severity == "block" for severity, _ in found):
            changes.put_changes_of_marts(warehouse, {mart: built.keys[mart]})
            found += found_by(warehouse, _due(modelled.SUITES, [mart, changes.MART_CHANGES]))
        return Judged(corruption, tuple(f for f in found if f not in known), rows)
    finally:
        warehouse.execute("rollback")


def _corrupt_mart(connection: duckdb.DuckDBPyConnection, corruption: Corruption) -> int:
    """How many rows it changed, added or took away."""
    mart, kind = corruption.table, corruption.kind
    connection.execute(f"create temporary table was as from {mart}")
    types = dict(connection.execute(f"select column_name, column_type from (describe {mart})").fetchall())
    third = "rowid % 3 = 0"
    hit = "true" if corruption.share == "all" else third
    # As a model of dbt's contract builds it no constraint could be broken; here the table is made free of them.
    connection.execute(f"create or replace table {mart} as from was")
    if kind == "duplicate":
        connection.execute(f"insert into {mart} from was where {third}")
    elif kind == "drop":
        connection.execute(f"delete from {mart} where {third}")
    elif kind == "late":
        day = _day_column(types)
        newest = f"(select max(cast({day} as date)) from was)"
        connection.execute(f"delete from {mart} where cast({day} as date) = {newest}")
    elif kind == "retype":
        [column] = corruption.columns
        connection.execute(f'alter table {mart} alter column "{column}" type varchar')
        return connection.execute("select count(*) from was").fetchone()[0]
    elif kind == "swap":
        one, other = corruption.columns
        connection.execute(f'update {mart} set "{one}" = "{other}", "{other}" = "{one}" where {hit}')
    else:
        [column] = corruption.columns
        wrong = {
            "null": "null",
            "rescale": f'cast("{column}" * {corruption.amount} as {types[column]})',
            "shift": f'cast("{column}" + interval ({int(corruption.amount or 0)}) hour as {types[column]})',
        }[kind]
        connection.execute(f'update {mart} set "{column}" = {wrong} where {hit}')
    gone, new = (
        connection.execute(f"select count(*) from (from {one} except all from {other})").fetchone()[0]
        for one, other in (("was", mart), (mart, "was"))
    )
    return max(gone, new)


def _of_contract(built: Built, connection: duckdb.DuckDBPyConnection, mart: str) -> list[tuple[str, str]]:
    """What dbt's contract refuses: another type, or nothing where something must be."""
    columns = built.marts[mart]["columns"]
    types = dict(connection.execute(f"select column_name, lower(column_type) from (describe {mart})").fetchall())
    was = dict(connection.execute("select column_name, lower(column_type) from (describe was)").fetchall())
    found = [
        ("block", f"contract of {mart}: {name} is {dtype}, not {was[name]}")
        for name, dtype in types.items()
        if dtype != was[name]
    ]
    for name, column in columns.items():
        if any(constraint["type"] == "not_null" for constraint in column["constraints"]):
            [(empty,)] = connection.execute(f'select count(*) from {mart} where "{name}" is null').fetchall()
            found += [("block", f"contract of {mart}: {name} is empty in {empty} rows")] if empty else []
    return found


def _of_dbt_tests(built: Built, connection: duckdb.DuckDBPyConnection, mart: str) -> list[tuple[str, str]]:
    found = []
    for node, query in built.dbt_tests.get(built.marts[mart]["unique_id"], []):
        if connection.execute(f"select 1 from ({query}) limit 1").fetchone():
            severity = "warn" if node["config"]["severity"].lower() == "warn" else "block"
            found.append((severity, f"dbt test {node['name']}"))
    return found
