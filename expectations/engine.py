"""Great Expectations on DuckDB. Importing this module imports Great Expectations, which takes seconds.

GX's own SQL engine reads a cursor after its connection went back to the pool, which DuckDB answers with
``list index out of range``; so here one connection is opened and kept.
"""

import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

# Both are read when Great Expectations is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

import great_expectations as gx  # noqa: E402
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402
from great_expectations.datasource.fluent import SQLDatasource  # noqa: E402
from great_expectations.datasource.fluent.interfaces import Batch  # noqa: E402
from great_expectations.execution_engine import SqlAlchemyExecutionEngine  # noqa: E402


class OneConnectionEngine(SqlAlchemyExecutionEngine):
    """Every query runs on the same connection, and one that fails does not spoil those after it."""

    @contextmanager
    def get_connection(self) -> Iterator:
        if self._connection is None:
            # An audit only reads. Inside a transaction DuckDB would refuse every query after one that failed,
            # and GX's look-ups of columns, which begin their own; in which order they come is left to chance.
            self.engine.dialect.do_begin = lambda _connection: None
            self._connection = self.engine.connect()
        yield self._connection

    def close(self) -> None:
        """Let go of the database, so that a writer can open its file."""
        if self._connection is not None:
            self._connection.close()
        self.engine.dispose()


class OneConnectionDuckDB(SQLDatasource):
    """DuckDB through that engine; GX's look-ups of tables go the same way."""

    type: Literal["one_connection_duckdb"] = "one_connection_duckdb"
    execution_engine_override = OneConnectionEngine

    def get_engine(self):
        return self.get_execution_engine().engine

    def has_table(self, schema: str, table: str) -> bool:
        query = (
            "select 1 from information_schema.tables "
            "where table_catalog = current_database() and table_schema = ? and table_name = ?"
        )
        with self.get_execution_engine().get_connection() as connection:
            return connection.exec_driver_sql(query, (schema, table)).first() is not None

    def whole_table(self, name: str, schema: str, table: str) -> Batch:
        with warnings.catch_warnings():
            # GX would have one schema per data source; here suites look into several.
            warnings.simplefilter("ignore", DeprecationWarning)
            asset = self.add_table_asset(name=name, schema_name=schema, table_name=table)
        return asset.add_batch_definition_whole_table("whole").get_batch()

    def texts(self, query: str) -> list[str]:
        """The first column of what a query gives."""
        with self.get_execution_engine().get_connection() as connection:
            return [str(text) for text in connection.exec_driver_sql(query).scalars()]


@contextmanager
def opened(statements: Iterable[str]) -> Iterator[OneConnectionDuckDB]:
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
