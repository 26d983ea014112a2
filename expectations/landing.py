"""The landing as views that suites look at: ``x.posts`` to be audited, ``x.all_posts`` to compare with.

Only what the ledger has committed is seen. The raw text of records is left out: no expectation needs it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from expectations.audit import LEDGER, Views
from expectations.changes import LANDED_CHANGES, landed_changes
from expectations.habits import LANDED_HABITS, landed_habits

FED_BY_FILES = ("sheets", "platform_exports", "zoom", "teams")
"""A file is landed once and stands in the marts for good, so these are always audited whole."""

_TOLD = {LANDED_CHANGES: landed_changes, LANDED_HABITS: landed_habits}


def is_new(landing: Path, name: str, published_at: datetime | None) -> bool:
    """Whether a table (``source.table``) holds anything that no publication stands on yet, or is fed by files."""
    source, table = name.split(".")
    return source in FED_BY_FILES or bool(_parts_since(landing, source, table, published_at))


def landed_views(landing: Path, tables: Iterable[str], published_at: datetime | None) -> Views:
    """Views over ``tables`` (``source.table``), by their names, plus ``landing.batches``, the ledger.

    What is audited is what no publication stands on yet: batches landed since ``published_at`` (UTC), or all of
    them when it is None. So a night that was refused is looked at again by the next one. A table that was
    never landed gets no view. ``landing.changes`` is no table: it tells what the newest day changed; nor is
    ``landing.habits``: it tells what files usually look like, and the newest.
    """
    views = {LEDGER: _parquet([landing / "_batches" / "*" / "*" / "*" / "*.parquet"])}
    for name in tables:
        if name in _TOLD:
            views[name] = _TOLD[name](landing)
            continue
        source, table = name.split(".")
        folder = landing / source / table
        if not folder.is_dir():
            continue
        committed = (
            "where (batch_id, date) in (select batch_id, date from landing.batches "
            f"where source = '{source}' and table_name = '{table}')"
        )
        everything = _parquet([folder / "*" / "*.parquet"], leaving_out="raw")
        views[f"{source}.all_{table}"] = f"{everything} {committed}"
        if published_at is None or source in FED_BY_FILES:
            views[name] = views[f"{source}.all_{table}"]
        else:
            parts = _parts_since(landing, source, table, published_at)
            recent = _parquet([folder / "*" / "part-contract.parquet", *parts], leaving_out="raw")
            views[name] = f"{recent} {committed}"
    return views


def _parts_since(landing: Path, source: str, table: str, published_at: datetime | None) -> list[Path]:
    """The parts of batches that were committed, anew or for the first time, since then; None is ever."""
    entries = (landing / "_batches" / source / table).glob("date=*/part-*.parquet")
    # A publication of the future was made before the clock was set back: by time nothing can be told from it.
    is_told = published_at is not None and published_at <= datetime.now(UTC)
    since = published_at.timestamp() if is_told else 0.0
    recent = sorted(entry for entry in entries if entry.stat().st_mtime >= since)
    parts = [landing / source / table / entry.parent.name / entry.name for entry in recent]
    return [part for part in parts if part.exists()]


def _parquet(paths: list[Path], leaving_out: str | None = None) -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    columns = f"* exclude ({leaving_out})" if leaving_out else "*"
    return f"select {columns} from read_parquet([{listed}], hive_partitioning = true, union_by_name = true)"
