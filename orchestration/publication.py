"""Publications: audited copies of the marts, each a DuckDB file of its own that readers open read-only.

    published/marts-<run>.duckdb    one publication; the last N are kept
    published/current.duckdb        the one to read, swapped by rename

Readers never wait for a writer, because nobody writes to a published file, and never see half a publication.
Files are written in DuckDB's oldest storage version, so that older clients read them too.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PUBLISHED_SCHEMAS = ("marts", "quality")


class PublicationError(Exception):
    """There is nothing to publish, to open or to go back to; the message says what to do."""


@dataclass(frozen=True)
class Publication:
    path: Path

    @property
    def run_id(self) -> str:
        return self.path.stem.removeprefix("marts-")

    @property
    def published_at(self) -> datetime:
        """When the file was finished (UTC)."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)


class Publications:
    """The publications in one folder, newest first."""

    def __init__(self, folder: Path, *, kept: int = 7):
        self.folder = folder
        self.kept = kept

    @property
    def current(self) -> Path:
        return self.folder / "current.duckdb"

    def all(self) -> list[Publication]:
        found = map(Publication, self.folder.glob("marts-*.duckdb"))
        return sorted(found, key=lambda publication: (publication.published_at, publication.run_id), reverse=True)

    def open_one(self) -> Publication | None:
        """The publication that ``current.duckdb`` is."""
        if not self.current.exists():
            return None
        return next((p for p in self.all() if p.path.samefile(self.current)), None)

    def publish(self, warehouse: Path, run_id: str, *, is_synthetic: bool) -> dict[str, int]:
        """Copy the audited schemas into a new file, open it once, then swap it in. Returns rows by table.

        Raises PublicationError when there is no warehouse, it holds no marts or the disk is full; the current
        publication then stays.
        """
        import duckdb

        if not warehouse.exists():
            raise PublicationError(f"{warehouse} does not exist; run `make nightly` to build it")
        if not self.folder.exists():
            # What is published is for others to read, whatever a run makes beside it (orchestration/private.py).
            self.folder.mkdir(parents=True)
            self.folder.chmod(0o755)
        finished = self.folder / f"marts-{run_id}.duckdb"
        temporary = self.folder / f".marts-{run_id}.tmp"
        temporary.unlink(missing_ok=True)
        try:
            with duckdb.connect() as connection:
                connection.execute(f"attach {_quoted(warehouse)} as warehouse (read_only)")
                connection.execute(f"attach {_quoted(temporary)} as publication (storage_version 'v1.0.0')")
                tables = _tables(connection, "warehouse")
                if not any(schema == "marts" for schema, _ in tables):
                    raise PublicationError(f"{warehouse} holds no marts; run `make nightly` to build them")
                for schema in PUBLISHED_SCHEMAS:
                    connection.execute(f"create schema publication.{schema}")
                for schema, table in tables:
                    connection.execute(
                        f'create table publication.{schema}."{table}" as from warehouse.{schema}."{table}"'
                    )
                    _copy_comments(connection, schema, table)
                connection.execute(
                    "create table publication.quality.publication as select ?::varchar as run_id, "
                    "?::timestamp as published_at, ?::boolean as is_synthetic",
                    [run_id, datetime.now(UTC).replace(tzinfo=None), is_synthetic],
                )
                connection.execute("checkpoint publication")
            rows = _counted(temporary)
            temporary.chmod(0o644)
            _sync(temporary)
            temporary.replace(finished)
        except (duckdb.IOException, OSError) as error:
            raise PublicationError(
                f"{finished} cannot be written, and the publication before stays: {error}. Make room or mend what it "
                "says, and run `make nightly` again"
            ) from error
        finally:
            for leftover in (temporary, temporary.with_name(f"{temporary.name}.wal")):
                leftover.unlink(missing_ok=True)
        self._point_at(finished)
        self._prune()
        return rows

    def roll_back(self, run_id: str | None = None) -> Publication:
        """Make the publication before the current one (or the named one) current again."""
        publications, current = self.all(), self.open_one()
        if run_id is None:
            older = publications[publications.index(current) + 1 :] if current else publications
        else:
            older = [publication for publication in publications if publication.run_id == run_id]
        if not older:
            kept = ", ".join(publication.run_id for publication in publications) or "none"
            wanted = f"no publication {run_id}" if run_id else "no older publication to go back to"
            raise PublicationError(f"{wanted} in {self.folder}. Kept: {kept}")
        self._point_at(older[0].path)
        return older[0]

    def _point_at(self, publication: Path) -> None:
        link = self.folder / ".current.tmp"
        link.unlink(missing_ok=True)
        os.link(publication, link)
        link.replace(self.current)
        # A rename between two names of one file does nothing and leaves the first.
        link.unlink(missing_ok=True)

    def _prune(self) -> None:
        current = self.open_one()
        for publication in self.all()[self.kept :]:
            if publication != current:
                publication.path.unlink()


def _tables(connection, catalog: str) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = ? and list_contains(?, schema_name) order by all",
        [catalog, list(PUBLISHED_SCHEMAS)],
    ).fetchall()


def _copy_comments(connection, schema: str, table: str) -> None:
    """What dbt wrote as descriptions stays with the published columns."""
    of_table = connection.execute(
        "select comment from duckdb_tables() where database_name = 'warehouse' and schema_name = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    if of_table and of_table[0]:
        connection.execute(f'comment on table publication.{schema}."{table}" is {_quoted(of_table[0])}')
    of_columns = connection.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'warehouse' "
        "and schema_name = ? and table_name = ? and comment is not null",
        [schema, table],
    ).fetchall()
    for column, comment in of_columns:
        connection.execute(f'comment on column publication.{schema}."{table}"."{column}" is {_quoted(comment)}')


def _counted(path: Path) -> dict[str, int]:
    """Open the finished file as a reader would, and count every table."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        return {
            f"{schema}.{table}": connection.execute(f'select count(*) from {schema}."{table}"').fetchall()[0][0]
            for schema, table in tables
        }


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
