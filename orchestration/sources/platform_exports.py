"""Posts from CSV and XLSX files that people export from a platform and drop in the inbox.

Which column is what is told by a mapping file (``orchestration/mappings/`` or the inbox's own). Times are
UTC after parsing. A figure is as old as the file it stands in.
"""

from dataclasses import replace
from pathlib import Path

import polars as pl

from orchestration.contracts import (
    FINDINGS_SCHEMA,
    TIMESTAMP,
    Contract,
    Formats,
    count,
    key,
    optional,
    required,
)
from orchestration.landing import Batch, Landing, Progress, Receipt
from orchestration.sources.mappings import land_inbox
from orchestration.sources.registry import REGISTRABLE
from orchestration.sources.tabular import FIRST_SNOWFLAKE, X_EPOCH_MS

POSTS = Contract(
    "platform_exports",
    "posts",
    (
        key("platform", allowed=REGISTRABLE),
        key("post_id"),
        required("account_handle"),
        optional("account_native_id"),
        required("posted_at", TIMESTAMP),
        optional("text"),
        optional("url"),
        optional("language"),
        optional("kind"),
        count("reactions"),
        count("comments"),
        count("shares"),
        count("quotes"),
        count("saves"),
        count("impressions"),
        count("reach"),
        count("views"),
        count("clicks"),
    ),
    "One row per post and exported file.",
)
CONTRACTS = (POSTS,)

_MIS_DECODED = "\ufffd|‰[^\\s\\d]|‰\u00a0|_[ŸÙ]|[ÃÅÄâôŒ][_çŸ¢€ùèæ]"
"""UTF-8 read as cp1252 or Mac Roman, with ``_`` for what had no place there; ftfy knows the other ways."""


def extract(landing: Landing, inbox: Path, shipped: Path, *, progress: Progress) -> list[Receipt]:
    """Land the inbox's exported posts. Raises SourceError naming the file and the column or line at fault."""
    return land_inbox(landing, inbox, shipped, CONTRACTS, progress=progress, doubts=_with_doubts)


def _with_doubts(batch: Batch) -> Batch:
    doubts = [_mangled_texts(batch.text), _times_against_ids(batch.text, batch.formats)]
    return replace(batch, warnings=pl.concat([batch.warnings, *doubts]))


def _mangled_texts(text: pl.DataFrame) -> pl.DataFrame:
    """Texts that somebody decoded wrongly before they reached us: kept as they came, and named."""
    from ftfy.badness import is_bad

    numbered = text.with_row_index("record_number", offset=1)
    foreign = numbered.filter(pl.col("text").str.contains(r"[^\x00-\x7f]"))
    mangled = foreign.filter(
        pl.col("text").str.contains(_MIS_DECODED) | pl.col("text").map_elements(is_bad, return_dtype=pl.Boolean)
    )
    return _doubt(mangled, "text", "holds signs of a wrong decoding before it was exported; kept as received")


def _times_against_ids(text: pl.DataFrame, formats: Formats) -> pl.DataFrame:
    """X's ids tell when a post was made: a time that is another hour means the mapping's zone is wrong."""
    times = POSTS.parse(text.filter(pl.col("platform") == "x"), formats).accepted
    numbers = pl.col("post_id").cast(pl.Int64, strict=False)
    told = pl.from_epoch((numbers // 2**22) + X_EPOCH_MS, time_unit="ms")
    off = times.filter(
        numbers >= FIRST_SNOWFLAKE, (told - pl.col("posted_at")).dt.total_minutes().abs() > 5
    ).with_columns(pl.col("posted_at").cast(pl.String).alias("posted_at"))
    return _doubt(off, "posted_at", "differs by more than 5 minutes from the time in the post's id; check the zone")


def _doubt(records: pl.DataFrame, name: str, reason: str) -> pl.DataFrame:
    return records.select(
        pl.col("record_number").cast(pl.Int64),
        "source_line",
        pl.lit(name).alias("field"),
        pl.col(name).alias("value"),
        pl.lit(reason).alias("reason"),
        "raw",
    ).match_to_schema(FINDINGS_SCHEMA)
