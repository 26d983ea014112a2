"""A person's traces in files: searched for, blotted out, or removed with the file.

What can be searched is searched as it reads: values of Parquet and DuckDB decompressed, SQLite and text by their bytes.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.erasure.suppression import GONE
from orchestration.files import replacing
from orchestration.publication import Publications

_SQLITE = b"SQLite format 3\0"


def in_duckdb(path: Path, words: Iterable[str]) -> bool:
    """Whether any value of any table says one of the words; also where the file cannot be read to tell."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            return any(
                connection.execute(
                    f'select count(*) from "{schema}"."{table}" as told '
                    "where regexp_matches(cast(told as varchar), ?, 'i')",
                    [_pattern_of_duckdb(words)],
                ).fetchall()[0][0]
                for schema, table in tables
            )
    except duckdb.Error:
        return True


def in_landing(root: Path, words: Iterable[str]) -> dict[str, int]:
    """Rows that say one of the words, by the table's folder below the landing. What is damaged cannot be searched."""
    damaged = root / "_damaged"
    tables = sorted({path.parent.parent for path in root.rglob("date=*/*.parquet") if damaged not in path.parents})
    told = {}
    with duckdb.connect() as connection:
        for table in tables:
            [(rows,)] = connection.execute(
                "select count(*) from read_parquet(?, union_by_name = true, hive_partitioning = false) as told "
                "where regexp_matches(cast(told as varchar), ?, 'i')",
                [f"{table}/date=*/*.parquet", _pattern_of_duckdb(words)],
            ).fetchall()
            if rows:
                told[table.relative_to(root).as_posix()] = rows
    return told


def in_files(paths: Iterable[Path], pattern: re.Pattern) -> Iterator[Path]:
    """Files of whatever kind whose bytes say one of the words. SQLite's are read as they lie, freed pages too."""
    for path in paths:
        if pattern.search(_text(path.read_bytes())):
            yield path


def blot(path: Path, pattern: re.Pattern) -> None:
    """Take the words out of a text file or an SQLite database; any other file is removed."""
    content = path.read_bytes()
    if content.startswith(_SQLITE):
        _blot_sqlite(path, pattern)
    elif b"\0" in content:
        path.unlink()
    else:
        with replacing(path) as written:
            written.write_bytes(pattern.sub(GONE, _text(content)).encode("utf-8", "surrogateescape"))
            written.chmod(path.stat().st_mode)


def publications_telling(folder: Path, words: Iterable[str]) -> list[Path]:
    """Kept publications that tell of the person, by pseudonym or otherwise."""
    words = list(words)
    return [publication.path for publication in Publications(folder).all() if in_duckdb(publication.path, words)]


def remove_publications(folder: Path, paths: Iterable[Path]) -> bool:
    """Remove them; whether the current one was among them, so that nothing is published until the next night."""
    current, is_current = Publications(folder).current, False
    for path in paths:
        if current.exists() and path.samefile(current):
            current.unlink()
            is_current = True
        path.unlink()
    for unfinished in folder.glob(".marts-*.tmp*"):
        unfinished.unlink()
    return is_current


def _blot_sqlite(path: Path, pattern: re.Pattern) -> None:
    def blotted(value):
        if isinstance(value, bytes):
            return pattern.sub(GONE, _text(value)).encode("utf-8", "surrogateescape")
        return pattern.sub(GONE, value)

    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.create_function("blotted", 1, blotted, deterministic=True)
        connection.execute("pragma secure_delete = on")
        tables = connection.execute("select name from sqlite_master where type = 'table' and sql is not null")
        for (table,) in tables.fetchall():
            for column in connection.execute(f'select name from pragma_table_info("{table}")').fetchall():
                name = f'"{column[0]}"'
                connection.execute(
                    f'update "{table}" set {name} = blotted({name}) '
                    f"where typeof({name}) in ('text', 'blob') and {name} <> blotted({name})"
                )
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _pattern_of_duckdb(words: Iterable[str]) -> str:
    # RE2 looks neither behind nor ahead.
    return rf"(?:^|[^\pL\pN])(?:{'|'.join(re.escape(word) for word in sorted(words))})(?:$|[^\pL\pN])"
