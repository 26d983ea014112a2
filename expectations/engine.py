"""Great Expectations on DuckDB. Importing this module imports Great Expectations, which takes seconds.

GX's own SQL engine reads a cursor after its connection went back to the pool, which DuckDB answers with
``list index out of range``; so here one connection is opened and kept.
"""

import logging
import os
import warnings
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar, Literal, cast

# Both are read when Great Expectations is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

import great_expectations as gx  # noqa: E402
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402
from great_expectations.datasource.fluent import SQLDatasource  # noqa: E402
from great_expectations.datasource.fluent.interfaces import Batch  # noqa: E402
from great_expectations.datasource.fluent.sql_datasource import TableAsset  # noqa: E402
from great_expectations.execution_engine import SqlAlchemyExecutionEngine  # noqa: E402
from great_expectations.expectations import UnexpectedRowsExpectation  # noqa: E402
from sqlalchemy.types import NullType  # noqa: E402


class CountedRowsExpectation(UnexpectedRowsExpectation):
    """No row, and only counted: GX's own runs its query a second time for rows that no result here may hold."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict, runtime_configuration=None, execution_engine=None) -> dict[str, Any]:
        rows = metrics["unexpected_rows_query.row_count"]
        return {"success": rows == 0, "result": {"observed_value": rows}}


class Catalogue:
    """What GX asks SQLAlchemy's inspector, from DuckDB's own list of columns: through the imitation of PostgreSQL's
    catalogue each table takes a fifth of a second."""

    def __init__(self, engine: "OneConnectionEngine"):
        self._engine = engine
        self.dialect = engine.engine.dialect

    @cached_property
    def columns(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Of every table and view, by schema and name; read once, since an audit changes none."""
        query = (
            "select schema_name, table_name, column_name, is_nullable from duckdb_columns() "
            "where database_name = current_database() order by column_index"
        )
        with self._engine.get_connection() as connection:
            found = connection.exec_driver_sql(query).fetchall()
        columns: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for schema, table, name, nullable in found:
            columns.setdefault((schema, table), []).append({"name": name, "type": NullType(), "nullable": nullable})
        return columns

    def get_columns(self, table_name: str, schema: str) -> list[dict[str, Any]]:
        return self.columns.get((schema, table_name), [])

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        return {"constrained_columns": []}


class OneConnectionEngine(SqlAlchemyExecutionEngine):
    """Every query runs on the same connection, and one that fails does not spoil those after it."""

    @contextmanager
    def get_connection(self) -> Generator:
        if self._connection is None:
            # An audit only reads. Inside a transaction DuckDB would refuse every query after one that failed,
            # and GX's look-ups of columns, which begin their own; in which order they come is left to chance.
            self.engine.dialect.do_begin = lambda dbapi_connection: None
            self._connection = self.engine.connect()
        yield self._connection

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self)

    def get_inspector(self) -> Any:
        """Not SQLAlchemy's inspector, but what answers all that is asked of it here."""
        return self.catalogue

    def close(self) -> None:
        """Let go of the database, so that a writer can open its file."""
        if self._connection is not None:
            self._connection.close()
        self.engine.dispose()


class OneConnectionDuckDB(SQLDatasource):
    """DuckDB through that engine; GX's look-ups of tables go the same way."""

    # GX tells its data sources apart by this field, which each of them declares anew.
    type: Literal["one_connection_duckdb"] = "one_connection_duckdb"  # pyrefly: ignore[bad-override]
    execution_engine_override = OneConnectionEngine

    def get_engine(self):
        return self.get_execution_engine().engine

    def has_table(self, schema: str, table: str) -> bool:
        return (schema, table) in cast(OneConnectionEngine, self.get_execution_engine()).catalogue.columns

    def whole_table(self, name: str, schema: str, table: str) -> Batch:
        with warnings.catch_warnings():
            # GX would have one schema per data source; here suites look into several.
            warnings.simplefilter("ignore", DeprecationWarning)
            asset = TableAsset(name=name, schema_name=schema, table_name=table)
        # Not by GX's own method, which writes the whole context as YAML for each table anew.
        asset._datasource = self
        self.assets.append(asset)
        return asset.get_batch(asset.build_batch_request())

    def texts(self, query: str) -> list[str]:
        """The first column of what a query gives."""
        with self.get_execution_engine().get_connection() as connection:
            return [str(text) for text in connection.exec_driver_sql(query).scalars()]


@contextmanager
def opened(statements: Iterable[str]) -> Generator[OneConnectionDuckDB]:
    """A DuckDB in memory, prepared by ``statements`` (attached files, views), in an ephemeral GX context.

    Raises SQLAlchemy's errors for a statement that fails. The files are let go of at the end.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_one_connection_duckdb(name="audited", connection_string="duckdb:///:memory:")
    engine = source.get_execution_engine()
    try:
        with engine.get_connection() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        yield source
    finally:
        engine.close()
