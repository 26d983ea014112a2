"""The current publication, and the one way by which pages read it.

``current.duckdb`` is swapped by rename. The file behind it is opened under its own name, which never changes, so a
page that is open while a night publishes goes on reading what it had; the next load opens the new one.

Pages see views alone, one set for each scope. A table with ``mission_id`` shows the rows of the missions in scope,
one with ``account_id`` those of the accounts that these hold now, one with ``post_id`` those of their posts, and one
with ``region`` those of the region when the scope is one. Of the others only ``OPEN`` ones are shown to all: they
tell of the ministry as a whole or of no numbers. What fits none of these is for headquarters, also a mart yet to be
made. A query that names a schema, or anything but a view, is refused, so that no page can go around them.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import duckdb
import polars as pl

from dashboard.access import Role, Scope
from orchestration.publication import PUBLISHED_SCHEMAS, Publications

OPEN = {
    "capacity_by_course",
    "dim_course",
    "dim_date",
    "dim_metric",
    "dim_metric_definition",
    "dim_session",
    "dim_topic",
    "publication",
    "training_effect",
    "training_effect_by_week",
    "training_funnel",
    "training_gain",
    "training_series",
}
"""Tables of the ministry as a whole; small groups were kept back when they were built."""

WITHOUT_VALUES = {"check_results": "* replace (null::varchar as observed, null::bigint as unexpected_count)"}
"""Tables open to all but for what was found in the data."""

TABLE_FUNCTIONS = {"range", "generate_series", "unnest"}


class QueryRefused(Exception):
    """A page's query reads something else than the views of its scope; the message names it."""


@dataclass(eq=False)
class Published:
    """An open publication; threads may share it. ``days`` are the first and last with data, UTC."""

    path: Path
    identity: tuple[str, int, int]
    run_id: str
    published_at: datetime
    is_synthetic: bool
    days: tuple[date, date] | None
    _connection: duckdb.DuckDBPyConnection
    _schemas: dict[Scope, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def query(self, scope: Scope, sql: str, parameters: dict[str, object]) -> pl.DataFrame:
        """Rows of one select over the scope's views. Raises QueryRefused for anything else."""
        _check(sql)
        with self._connection.cursor() as cursor:
            cursor.execute(f"use {self._schema(scope)}")
            return cursor.execute(sql, parameters).pl()

    def has(self, table: str) -> bool:
        """Whether this publication holds the table: an older one may lack a mart that was made since."""
        return table in {name for _, name in self._tables()}

    def _schema(self, scope: Scope) -> str:
        with self._lock:
            if scope not in self._schemas:
                schema = f"scope_{len(self._schemas)}"
                self._make_views(schema, scope)
                self._schemas[scope] = schema
            return self._schemas[scope]

    def _make_views(self, schema: str, scope: Scope) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"create schema {schema}")
            cursor.execute(f"create table {schema}.missions_in_scope (mission_id varchar)")
            cursor.execute(f"create table {schema}.region_in_scope (region varchar)")
            if scope.role is Role.OFFICER:
                cursor.execute(f"insert into {schema}.missions_in_scope values (?)", [scope.of])
            if scope.role is Role.REGION:
                cursor.execute(f"insert into {schema}.region_in_scope values (?)", [scope.of])
                cursor.execute(
                    f"insert into {schema}.missions_in_scope "
                    "select mission_id from published.marts.dim_mission where region = ?",
                    [scope.of],
                )
            for (namespace, table), columns in self._tables().items():
                chosen, rows = _restriction(table, columns, scope, schema)
                source = f'published.{namespace}."{table}"'
                cursor.execute(f'create view {schema}."{table}" as select {chosen} from {source} where {rows}')

    def _tables(self) -> dict[tuple[str, str], set[str]]:
        with self._connection.cursor() as cursor:
            found = cursor.execute(
                "select schema_name, table_name, list(column_name) from duckdb_columns() "
                "where database_name = 'published' and list_contains(?, schema_name) group by all",
                [list(PUBLISHED_SCHEMAS)],
            ).fetchall()
        return {(namespace, table): set(columns) for namespace, table, columns in found}


def _restriction(table: str, columns: set[str], scope: Scope, schema: str) -> tuple[str, str]:
    """The columns and the rows of a table that the scope sees, as SQL."""
    of_missions = f"mission_id in (select mission_id from {schema}.missions_in_scope)"
    if scope.sees_everything or table in OPEN:
        return "*", "true"
    if table in WITHOUT_VALUES:
        return WITHOUT_VALUES[table], "true"
    if "mission_id" in columns:
        return "*", of_missions
    if "account_id" in columns:
        accounts = f"select account_id from published.marts.dim_account where is_current and {of_missions}"
        return "*", f"account_id in ({accounts})"
    if "post_id" in columns:
        return "*", f"post_id in (select post_id from published.marts.fct_post where {of_missions})"
    if "region" in columns:
        return "*", f"region in (select region from {schema}.region_in_scope)"
    return "*", "false"


@lru_cache(maxsize=512)
def _check(sql: str) -> None:
    with duckdb.connect() as connection:
        tree = json.loads(connection.execute("select json_serialize_sql(?::varchar)", [sql]).fetchall()[0][0])
    if tree["error"]:
        raise QueryRefused(f"A page may only select: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise QueryRefused("A page asks one question at a time")
    for node in _nodes(tree):
        named = [node.get("catalog_name"), node.get("schema_name")]
        if node.get("type") == "BASE_TABLE" and (any(named) or not re.fullmatch(r"\w+", node["table_name"])):
            raise QueryRefused(f"{node['table_name']}: name the table alone, without schema, so that its view is read")
        if node.get("type") == "TABLE_FUNCTION" and node["function"]["function_name"] not in TABLE_FUNCTIONS:
            raise QueryRefused(f"{node['function']['function_name']} is no view of the scope")


def _nodes(tree):
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)


def identity_of(publications: Publications) -> tuple[str, int, int] | None:
    """What tells the current publication from every other: its own name, its file, when it was written."""
    current = publications.open_one()
    if current is None:
        return None
    status = current.path.stat()
    return str(current.path), status.st_ino, status.st_mtime_ns


def open_published(identity: tuple[str, int, int]) -> Published:
    """Open the publication read-only, and shut the connection off from every other file."""
    path = Path(identity[0])
    connection = duckdb.connect(config={"threads": 2})
    quoted = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted}' as published (read_only)")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    [(run_id, published_at, is_synthetic)] = connection.execute(
        "select run_id, published_at, is_synthetic from published.quality.publication"
    ).fetchall()
    days = connection.execute(
        "select min(activity_date), max(activity_date) from published.marts.fct_account_daily "
        "having count(activity_date) > 0"
    ).fetchone()
    return Published(path, identity, run_id, published_at, is_synthetic, days, connection)
