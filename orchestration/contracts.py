"""Contracts: what a landed record must be, and the vectorised parser that holds records to them.

Every source hands over text: the fields of a JSON payload or the cells of a file. ``Contract.parse``
turns a frame of text into typed columns and splits it into records that keep the contract and findings
(one per broken field) for those that do not. Nothing is guessed: a value that cannot be read rejects its
record, an empty value is NULL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import polars as pl

DType = pl.DataType | type[pl.DataType]
TIMESTAMP = pl.Datetime("us")
"""Timestamps are UTC without a zone, so that every engine reads them alike."""

FINDINGS_SCHEMA = {
    "record_number": pl.Int64,
    "source_line": pl.Int64,
    "field": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "raw": pl.String,
}
PROVENANCE_SCHEMA: dict[str, DType] = {
    "observed_at": TIMESTAMP,
    "batch_id": pl.String,
    "source_file": pl.String,
    "source_line": pl.Int64,
    "is_synthetic": pl.Boolean,
    "raw": pl.String,
}

TRUE_WORDS, FALSE_WORDS = ("true", "1", "yes", "y"), ("false", "0", "no", "n")


class Presence(StrEnum):
    KEY = "key"
    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Field:
    """One typed column. ``paths`` are its places in a JSON payload, the first that is there counts (by default
    its own name); files map their own headers instead."""

    name: str
    dtype: DType
    presence: Presence = Presence.OPTIONAL
    paths: tuple[str, ...] = ()
    minimum: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str | None = None

    @property
    def json_paths(self) -> tuple[str, ...]:
        return self.paths or (f"$.{self.name}",)


def key(name: str, dtype=pl.String, **rest) -> Field:
    return Field(name, dtype, Presence.KEY, **rest)


def required(name: str, dtype=pl.String, **rest) -> Field:
    return Field(name, dtype, Presence.REQUIRED, **rest)


def optional(name: str, dtype=pl.String, **rest) -> Field:
    return Field(name, dtype, **rest)


def count(name: str, *paths: str) -> Field:
    """A whole number that is never negative; NULL where the platform does not report it."""
    return Field(name, pl.Int64, paths=paths, minimum=0)


@dataclass(frozen=True)
class Formats:
    """How a file writes times. ``zone`` is where its clocks stood; API payloads are ISO 8601 and need none."""

    timestamp: str | None = None
    zone: str = "UTC"
    date: str | None = None


@dataclass(frozen=True)
class Parsed:
    accepted: pl.DataFrame
    rejected: pl.DataFrame
    warned: pl.DataFrame
    repeated: int


@dataclass(frozen=True)
class Contract:
    """The typed record of one landed table; its grain is its key fields within a batch."""

    source: str
    table: str
    fields: tuple[Field, ...]
    description: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.source}.{self.table}"

    @property
    def keys(self) -> list[str]:
        return [f.name for f in self.fields if f.presence is Presence.KEY]

    @property
    def required(self) -> list[str]:
        return [f.name for f in self.fields if f.presence is not Presence.OPTIONAL]

    @property
    def schema(self) -> dict[str, DType]:
        return {f.name: f.dtype for f in self.fields} | PROVENANCE_SCHEMA

    def from_payloads(self, raw: Sequence[str] | pl.Series) -> pl.DataFrame:
        """A frame of text, one row per JSON payload, with each field taken from its place."""
        frame = pl.DataFrame({"raw": pl.Series(raw, dtype=pl.String)})
        return frame.select(
            *(
                pl.coalesce(pl.col("raw").str.json_path_match(path) for path in f.json_paths).alias(f.name)
                for f in self.fields
            ),
            pl.lit(None, pl.Int64).alias("source_line"),
            "raw",
        )

    def parse(self, text: pl.DataFrame, formats: Formats = Formats()) -> Parsed:
        """Type the fields of ``text`` (all text, plus ``source_line`` and ``raw``).

        Exact repeats of a record are dropped and counted. Of records with one key and different values
        the last read is kept and the others are rejected, so that no key is landed twice.
        """
        frame = text.with_columns(
            pl.col(f.name).str.strip_chars() if f.dtype != pl.String else pl.col(f.name) for f in self.fields
        ).with_row_index("record_number", offset=1)
        frame = frame.with_columns(
            pl.when(pl.col(f.name) == "").then(None).otherwise(pl.col(f.name)).alias(f.name) for f in self.fields
        ).with_columns(_typed(f, formats).alias(_typed_name(f)) for f in self.fields)

        findings = [frame.filter(broken).select(_finding(name, reason)) for name, broken, reason in self._rules()]
        rejected = pl.concat(findings)
        kept = frame.join(rejected.select("record_number").unique(), on="record_number", how="anti")

        # `raw` is the whole record as received: two of them alike are one record met twice.
        whole = kept.unique(["raw", *self.keys], keep="first", maintain_order=True)
        repeated = kept.height - whole.height
        last = whole.unique(self.keys, keep="last", maintain_order=True)
        superseded = whole.join(last.select("record_number"), on="record_number", how="anti")
        rejected = pl.concat(
            [
                rejected,
                superseded.select(
                    _finding(", ".join(self.keys), "a later record of the same batch has this key and other values")
                ),
            ]
        )

        ambiguous = [f for f in self.fields if f.dtype == TIMESTAMP and formats.zone != "UTC"]
        warned = [
            last.filter(_local(f, formats, "earliest") != _local(f, formats, "latest")).select(
                _finding(f.name, f"this hour came twice in {formats.zone} that day; the first was taken")
            )
            for f in ambiguous
        ]
        accepted = last.select(
            "record_number",
            *(pl.col(_typed_name(f)).alias(f.name) for f in self.fields),
            "source_line",
            "raw",
        )
        return Parsed(
            accepted=accepted,
            rejected=rejected.sort("record_number", maintain_order=True),
            warned=pl.concat([pl.DataFrame(schema=FINDINGS_SCHEMA), *warned]),
            repeated=repeated,
        )

    def _rules(self):
        for f in self.fields:
            text, typed = pl.col(f.name), pl.col(_typed_name(f))
            yield f.name, text.is_not_null() & typed.is_null(), f"not {_kind(f)}"
            if f.presence is not Presence.OPTIONAL:
                yield f.name, text.is_null(), "required, but empty or missing"
            if f.minimum is not None:
                yield f.name, typed < f.minimum, f"below {f.minimum:g}"
            if f.allowed:
                yield f.name, typed.is_in(list(f.allowed)).not_(), f"not one of {_shortened(f.allowed)}"
            if f.pattern:
                yield f.name, typed.str.contains(f.pattern).not_(), f"does not look like {f.pattern}"


def _typed_name(f: Field) -> str:
    return f"typed {f.name}"


def _finding(name: str, reason: str) -> list[pl.Expr]:
    columns = [part.strip() for part in name.split(",")]
    return [
        pl.col("record_number").cast(pl.Int64),
        pl.col("source_line").cast(pl.Int64),
        pl.lit(name).alias("field"),
        pl.concat_str(columns, separator=", ", ignore_nulls=True).alias("value")
        if len(columns) > 1
        else pl.col(name).cast(pl.String).alias("value"),
        pl.lit(reason).alias("reason"),
        pl.col("raw"),
    ]


def _shortened(words: tuple[str, ...]) -> str:
    return ", ".join(words) if len(words) <= 12 else f"the {len(words)} known values, such as {words[0]}"


def _kind(f: Field) -> str:
    kinds: dict[DType, str] = {
        pl.Int64: "a whole number",
        pl.Float64: "a number",
        pl.Boolean: "true or false",
        pl.Date: "a possible date",
        TIMESTAMP: "a possible time",
    }
    return kinds.get(f.dtype, "text")


def _typed(f: Field, formats: Formats) -> pl.Expr:
    text = pl.col(f.name)
    if f.dtype == pl.String:
        return text
    if f.dtype == pl.Boolean:
        word = text.str.to_lowercase()
        return pl.when(word.is_in(TRUE_WORDS)).then(True).when(word.is_in(FALSE_WORDS)).then(False)
    if f.dtype == pl.Float64:
        number = text.cast(pl.Float64, strict=False)
        return pl.when(number.is_finite()).then(number)
    if f.dtype == pl.Date:
        # Spreadsheets hand a date over as midnight.
        return text.str.strip_suffix(" 00:00:00").str.to_date(formats.date or "%Y-%m-%d", strict=False)
    if f.dtype == TIMESTAMP:
        return _local(f, formats, "earliest")
    return text.cast(f.dtype, strict=False)


def _local(f: Field, formats: Formats, ambiguous: Literal["earliest", "latest"]) -> pl.Expr:
    """The instant in UTC. An hour that a clock change skipped is no possible time."""
    text = pl.col(f.name)
    if formats.timestamp is None:
        return text.str.to_datetime("%+", strict=False, time_unit="us", time_zone="UTC").dt.replace_time_zone(None)
    wall = text.str.to_datetime(formats.timestamp, strict=False, time_unit="us")
    return (
        wall.dt.replace_time_zone(formats.zone, ambiguous=ambiguous, non_existent="null")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )
