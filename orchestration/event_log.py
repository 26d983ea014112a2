"""Dagster's event log in SQLite, its connections kept open.

Dagster's own class opens and closes a connection for every event it stores. A database's last connection writes the
whole log back and waits for the disk when it closes, so a night's 1,800 events took as long as its models.
"""

from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import sqlalchemy
import sqlalchemy.event
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

KEPT_OPEN = 8
"""Databases: one per run and the index of all. A user interface that pages through old runs opens many."""


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """Stores what ``SqliteEventLogStorage`` stores, where it stores it; both can be used on one folder.

    A commit is not forced to disk each time (``synchronous = NORMAL``): after a loss of power the last events of a
    run may be missing, never the database be damaged (SQLite's documentation of that pragma).
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "OpenSqliteEventLogStorage":
        return cls(inst_data=inst_data, **config_value)

    @cached_property
    def supports_asset_checks(self) -> bool:
        """Asked for every verdict and every planned one, and answered by looking at the database's tables."""
        return super().supports_asset_checks

    def has_table(self, table_name: str) -> bool:
        """Asked for every materialization; a table that there is stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        url = self.conn_string_for_shard(shard)
        settings = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        # Tables are made over connections of their own: making them changes the database's mode.
        self._initdb(sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=settings))
        engine = sqlalchemy.create_engine(url, poolclass=StaticPool, connect_args=settings)
        sqlalchemy.event.listen(engine, "connect", lambda opened, _: opened.execute("pragma synchronous = normal"))
        self._engines[shard] = engine
        if len(self._engines) > KEPT_OPEN:
            _, oldest = self._engines.popitem(last=False)
            oldest.dispose()
        return engine

    def wipe(self) -> None:
        self._close()
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        self._close()

    def _close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()
