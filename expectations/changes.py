"""What a night changed in what was known before it.

Landed records are compared with those of the day before, by the keys of their contract, and marts with those of the
standing publication, by the keys that dbt tests. So a column that came empty, swapped, shifted or in another unit is
seen though each value by itself could be true. The first night, and the first publication, have nothing to be
compared with, and nothing is judged.

``changes`` has one row per table and column: how many rows there were and are, how many of the former are gone, in how
many of those that stayed the column has or had a value and in how many it differs, and how full it is and how high, on
average of what is not nought. Numbers differ when one is more than double the other (and by more than a fifth of what
is usual in the column), times when they moved by more than two hours and not by the days that passed, everything else
when it is not the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from expectations.audit import SuiteError
from orchestration.contracts import PROVENANCE_SCHEMA, Contract
from orchestration.landing import CONTRACT_DAY
from orchestration.sources.catalogue import contracts

CONTRACTS = tuple(contracts().values())
LANDED_CHANGES, MART_CHANGES = "landing.changes", "audit.changes"

MOST_COMPARED = 5_000
"""Rows of a table that are compared; of more, every n-th by the hash of its key."""
FEWEST_NUMBERS = 20
"""How high a column is on average is told of so many numbers other than nought."""

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL")
_EMPTY = (
    "select ''::varchar as table_name, ''::varchar as column_name, 0::bigint as rows_before, 0::bigint as rows_now, "
    "0::bigint as gone, 0::bigint as shared, 0::bigint as given, 0::bigint as changed, null::double as filled_before, "
    "null::double as filled_now, null::double as level_before, null::double as level_now where false"
)


@dataclass(frozen=True)
class Compared:
    """A table twice, as queries: ``now`` and ``before``, with its key and the columns (name to DuckDB's type)."""

    name: str
    now: str
    before: str
    key: Sequence[str]
    columns: Mapping[str, str]
    days_between: str
    """SQL of the days that passed between the two."""


def changes(tables: Iterable[Compared]) -> str:
    """One query over all of them. Grain: table and column."""
    return " union all ".join([_EMPTY, *(f"({_changes_of(table)})" for table in tables if table.columns)])


def landed_changes(landing: Path, tables: Iterable[Contract] = CONTRACTS) -> str:
    """The newest landed day of each table against the one before it."""
    return changes(table for contract in tables if (table := _landed(landing, contract)))


def keep_changes_of_marts(warehouse: Path, standing: Path | None, manifest: Path) -> None:
    """Put ``audit.changes`` into the warehouse: its marts against those of the ``standing`` publication (None: there is
    none). The schema is not published: what the marts were held against is gone with the next night.

    Raises SuiteError when the warehouse cannot be written.
    """
    import duckdb

    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("create schema if not exists audit")
            if standing is not None:
                connection.execute(f"attach '{_escaped(standing)}' as standing (read_only)")
            put_changes_of_marts(connection, keys_of_marts(manifest) if standing else {})
    except duckdb.IOException as error:
        raise SuiteError(
            f"The marts of {warehouse} cannot be compared with {standing}: {str(error).splitlines()[0]}. "
            "Close what else has the file open, and run again."
        ) from error


def put_changes_of_marts(connection, keys: Mapping[str, Sequence[str]]) -> None:
    """Make ``audit.changes`` of the marts that have ``keys``, in a warehouse to which the publication is attached as
    ``standing``. One query over all of them would take DuckDB twice as long to plan."""
    connection.execute(f"create or replace table {MART_CHANGES} as {_EMPTY}")
    for table in _marts(connection, keys):
        connection.execute(f"insert into {MART_CHANGES} {_changes_of(table)}")


def keys_of_marts(manifest: Path) -> dict[str, list[str]]:
    """The grain of each mart (``marts.name``), as dbt tests it."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    keys: dict[str, list[str]] = {}
    for node in nodes.values():
        test = node.get("test_metadata") or {}
        model = nodes.get(node.get("attached_node") or "", {})
        if test.get("name") == "grain" and model.get("schema") == "marts":
            keys[f"marts.{model['name']}"] = test["kwargs"]["columns"]
    return keys


def _marts(connection, keys: Mapping[str, Sequence[str]]) -> Iterable[Compared]:
    """Columns that both have in the same type; what only one of them has, a change of the project has brought."""
    columns = connection.execute(
        """
        select now.schema_name || '.' || now.table_name, now.column_name, now.data_type
        from duckdb_columns() as now
        inner join duckdb_columns() as before using (schema_name, table_name, column_name, data_type)
        where now.database_name = current_database() and before.database_name = 'standing' and schema_name = 'marts'
        order by now.table_name, now.column_index
        """
    ).fetchall()
    of_mart: dict[str, dict[str, str]] = {}
    for mart, column, dtype in columns:
        of_mart.setdefault(mart, {})[column] = dtype
    days = (
        "(select (select max(observed_date) from quality.reconciliation) "
        "- (select max(observed_date) from standing.quality.reconciliation))"
    )
    return [
        Compared(mart, f"select * from {mart}", f"select * from standing.{mart}", keys[mart], of_mart[mart], days)
        for mart in sorted(keys)
        if set(keys[mart]) <= of_mart.get(mart, {}).keys()
    ]


def _landed(landing: Path, contract: Contract) -> Compared | None:
    ledger, table = (landing / place / contract.source / contract.table for place in ("_batches", "."))
    days = sorted(folder.name for folder in ledger.glob("date=*") if any(folder.glob("part-*.parquet")))
    if len(days) < 2:
        return None
    now, before = (
        [
            table / day / part.name
            for part in (ledger / day).glob("part-*.parquet")
            if (table / day / part.name).exists()
        ]
        for day in (days[-1], days[-2])
    )
    if not now or not before:
        return None
    types = {"String": "VARCHAR", "Int64": "BIGINT", "Float64": "DOUBLE", "Boolean": "BOOLEAN", "Date": "DATE"}
    columns = {
        name: types.get(str(dtype), "TIMESTAMP")
        for name, dtype in contract.schema.items()
        if name not in PROVENANCE_SCHEMA
    }
    passed = date.fromisoformat(days[-1].removeprefix("date=")) - date.fromisoformat(days[-2].removeprefix("date="))
    return Compared(
        contract.name, _last_of_key(now, contract), _last_of_key(before, contract), contract.keys, columns,
        str(passed.days),
    )  # fmt: skip


def _last_of_key(parts: Sequence[Path], contract: Contract) -> str:
    """A day's records, each key once, as it was last observed."""
    rows = f"select * from read_parquet([{listed(parts)}], hive_partitioning = false, union_by_name = true)"
    if len(parts) == 1:
        return rows
    return f"{rows} qualify row_number() over (partition by {', '.join(contract.keys)} order by observed_at desc) = 1"


def listed(parts: Sequence[Path]) -> str:
    """Parts of one table for ``read_parquet``, with the part that carries the contract, since an earlier version's may
    have had fewer columns."""
    contract_part = parts[0].parent.with_name(f"date={CONTRACT_DAY}") / "part-contract.parquet"
    return ", ".join(f"'{_escaped(part)}'" for part in (contract_part, *sorted(parts)))


def _changes_of(table: Compared) -> str:
    compared = [column for column in table.columns if column not in table.key]
    numbers = [column for column in compared if _is_number(table.columns[column])]

    def sampled(query: str) -> str:
        # Of both by the same number, else a table that grew had lost what the other has.
        parts = ", ".join(f'"{column}"' for column in table.key)
        return (
            f"select hash({parts}) as key_hash, * from ({query}) "
            f"where hash({parts}) % greatest((select count(*) from ({table.before})) // {MOST_COMPARED}, 1) = 0"
        )

    medians = ", ".join(f'median(abs("{column}")) as "{column}"' for column in numbers)
    usual = f"select {medians} from before_all" if medians else "select 1"

    def profile(what: str) -> str:
        filled = ", ".join(f'count("{c}") / nullif(count(*), 0)' for c in compared)
        level = ", ".join(_level(c) if c in numbers else "null" for c in compared)
        return f"(select count(*) as rows, [{filled}]::double[] as filled, [{level}]::double[] as level from {what})"

    names = ", ".join(f"'{column}'" for column in compared)
    changed = ", ".join(
        f"count(*) filter (now_.key_hash is not null and {_differs(column, table.columns[column], table.days_between)})"
        for column in compared
    )
    given = ", ".join(
        f'count(*) filter (now_.key_hash is not null and coalesce(now_."{column}", before_."{column}") is not null)'
        for column in compared
    )
    return f"""
        with now_all as materialized ({sampled(table.now)}),
        before_all as materialized ({sampled(table.before)}),
        usual as ({usual}),
        met as (
            select
                count(*) filter (now_.key_hash is null) as gone,
                count(now_.key_hash) as shared,
                [{given}]::bigint[] as given,
                [{changed}]::bigint[] as changed
            from before_all as before_ left join now_all as now_ using (key_hash), usual
        )
        select '{table.name}' as table_name, unnest([{names}]) as column_name, before_p.rows as rows_before,
            now_p.rows as rows_now, gone, shared, unnest(given) as given, unnest(changed) as changed,
            unnest(before_p.filled) as filled_before, unnest(now_p.filled) as filled_now,
            unnest(before_p.level) as level_before, unnest(now_p.level) as level_now
        from met, {profile("before_all")} as before_p, {profile("now_all")} as now_p
        """


def _level(column: str) -> str:
    """Where most values are nought, as they are of what seldom happens, the others would hardly move their mean."""
    told = f'"{column}" != 0'
    mean = f'avg(ln(1 + abs("{column}"::double))) filter ({told})'
    return f"case when count_if({told}) >= {FEWEST_NUMBERS} then {mean} end"


def _is_number(dtype: str) -> bool:
    return dtype.split("(")[0] in _NUMBERS


def _differs(column: str, dtype: str, days_between: str) -> str:
    now, before = f'now_."{column}"', f'before_."{column}"'
    one_empty = f"({now} is null) != ({before} is null)"
    if _is_number(dtype):
        far = (
            f"abs({now}::double - {before}::double) > least(abs({now}::double), abs({before}::double)) "
            f'+ 0.2 * coalesce(usual."{column}", 0)'
        )
    elif dtype == "DATE":
        far = f"({now} - {before}) not in (0, {days_between})"
    elif dtype.startswith("TIMESTAMP"):
        hours = f"epoch({now} - {before}) / 3600"
        far = f"abs({hours}) > 2 and abs({hours} - 24 * {days_between}) > 2"
    else:
        far = f"{now} is distinct from {before}"
    return f"({one_empty} or coalesce({far}, false))"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
