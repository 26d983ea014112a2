"""CSV and XLSX files as text, cell by cell, with the line each record began on.

Nothing is typed and nothing is dropped here: what cannot be split into the header's columns is kept as a
misfit, what cannot be decoded is kept in a visible form (``\\x9d``) with a warning. Lines count from 1 as an
editor counts them; for XLSX they are the sheet's row numbers.
"""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, Contract, Presence
from orchestration.sources import SourceError

WORKBOOKS = (".xlsx", ".xls")
HeaderRow = int | Literal["auto"]
"""The row that names the columns, counted from 1; ``auto`` is the first that names all that are wanted."""

X_EPOCH_MS = 1288834974657
"""X's post ids count milliseconds from here since 4 November 2010, 22 bits up (twitter-archive/snowflake)."""
FIRST_SNOWFLAKE = 29_700_859_247

MOST_TOLD, LONGEST_TOLD = 50, 60
"""Names of columns in an error, and letters of each."""
LARGEST_FILE = 256 << 20
"""Bytes of a file, and of all that a workbook unpacks to: an export is a hundredth of it, and it is read in memory."""
MOST_COLUMNS = 2_000
LAST_COLUMN = 16_384
"""XFD, the last that Excel has; the reader holds a name beyond it for a column like any other."""
MOST_CELLS = 50_000_000
"""A sheet is held whole: one cell far out makes a rectangle of empty ones up to it."""

_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,7})([0-9]{1,10})["']""")
_UNDECODED = re.compile("[\udc80-\udcff]")
"""What Python's surrogateescape leaves of a byte that is not in the encoding."""


@dataclass(frozen=True)
class Column:
    """Where a field comes from: one header, or several joined or ``is_first`` of them that is filled; the part of it
    that a pattern takes; the time (ISO 8601) in an id of X. One that ``is_optional`` may be missing from the file."""

    headers: tuple[str, ...]
    separator: str = "-"
    pattern: str | None = None
    is_first: bool = False
    is_optional: bool = False
    is_x_time: bool = False


@dataclass(frozen=True)
class Sheet:
    """A file's records as text. ``cells`` has a column per header; ``lines`` and ``raw`` go with its rows."""

    name: str
    cells: pl.DataFrame
    lines: pl.Series
    misfits: pl.DataFrame
    warnings: pl.DataFrame

    def select(
        self,
        columns: Mapping[str, Column],
        contract: Contract,
        constants: Mapping[str, str] | None = None,
        null_values: tuple[str, ...] = ("",),
    ) -> pl.DataFrame:
        """The contract's fields as text, ready to parse. Raises SourceError naming a missing column."""
        for target, column in columns.items():
            for header in column.headers:
                if header not in self.cells.columns and not column.is_optional:
                    raise SourceError(
                        f"{self.name}: column {header!r} is missing, and {contract.name}.{target} is read "
                        f"from it. The file has: {_listed(self.cells.columns)}. "
                        "Export the file with that column, or name the right one in its mapping."
                    )
        given = self.cells.with_columns(
            pl.when(pl.col(name).str.strip_chars().is_in(null_values)).then(None).otherwise(pl.col(name)).alias(name)
            for name in self.cells.columns
        )
        text = given.select(
            _taken(columns[f.name], self.cells.columns).alias(f.name)
            if f.name in columns
            else pl.lit((constants or {}).get(f.name), pl.String).alias(f.name)
            for f in contract.fields
        )
        return text.with_columns(self.lines.alias("source_line"), self.raw)

    @property
    def raw(self) -> pl.Series:
        """Each record as a JSON object, header to cell, as received."""
        return self.cells.select(pl.struct(pl.all()).struct.json_encode().alias("raw")).to_series()

    def own_columns(self, contract: Contract) -> dict[str, Column]:
        """The mapping of a file whose headers are the contract's own names; optional ones may be left out."""
        return {
            f.name: Column((f.name,))
            for f in contract.fields
            if f.presence is not Presence.OPTIONAL or f.name in self.cells.columns
        }

    def without(self, rows: Mapping[str, Sequence[str]]) -> "Sheet":
        """Without the rows whose cell under a header is one of its values: totals and the like, no records."""
        given = [pl.col(header).is_in(list(values)) for header, values in rows.items() if header in self.cells.columns]
        if not given:
            return self
        kept = self.cells.select((~pl.any_horizontal(given)).fill_null(True).alias("kept")).to_series()
        return replace(self, cells=self.cells.filter(kept), lines=self.lines.filter(kept))

    def tidied(self, fill_down: Sequence[str] = ()) -> "Sheet":
        """Without blank rows and repetitions of the header; an empty cell under a header of ``fill_down`` holds what
        stands above it, as a merged cell does. Raises SourceError for a header that is not there."""
        if missing := [header for header in fill_down if header not in self.cells.columns]:
            raise SourceError(
                f"{self.name}: column {missing[0]!r} is missing, and the mapping fills it down. The file has: "
                f"{_listed(self.cells.columns)}. Correct fill_down in the mapping."
            )
        text = [pl.col(name).fill_null("").str.strip_chars() for name in self.cells.columns]
        is_blank = pl.all_horizontal(cell == "" for cell in text)
        is_header = pl.all_horizontal(
            cell == pl.lit(name if not name.startswith("column ") else "")
            for cell, name in zip(text, self.cells.columns, strict=True)
        )
        kept = self.cells.select((~(is_blank | is_header)).alias("kept")).to_series()
        cells = self.cells.filter(kept).with_columns(
            pl.when(pl.col(name).str.strip_chars() == "").then(None).otherwise(pl.col(name)).forward_fill().alias(name)
            for name in dict.fromkeys(fill_down)
        )
        return replace(self, cells=cells, lines=self.lines.filter(kept))


def _listed(names: Sequence[str]) -> str:
    """Names as an error tells them; a broken file's header may hold thousands, or one of thousands of letters."""
    told = [repr(name if len(name) <= LONGEST_TOLD else f"{name[:LONGEST_TOLD]}…") for name in names[:MOST_TOLD]]
    return ", ".join(told) + (f" and {len(names) - MOST_TOLD:,} more" if len(names) > MOST_TOLD else "")


def header_of(
    path: Path, *, sheet: str | None, delimiter: str, header_row: HeaderRow, wanted: Sequence[str] = ()
) -> list[str]:
    """The names of the columns, to know a file by; none where the file cannot be read that way."""
    if path.stat().st_size > LARGEST_FILE:
        return []
    if path.suffix.lower() in WORKBOOKS:
        try:
            grid = _grid(path, path.name, sheet)
            cells = grid.row(_header_row(grid.iter_rows(), path.name, header_row, wanted) - 1)
        except (SourceError, pl.exceptions.OutOfBoundsError):
            return []
        return [str(cell or "").strip() for cell in cells]
    with open(path, encoding="utf-8-sig", errors="replace", newline="\n") as file:
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            if header_row == "auto":
                found = next((row for row in rows if _names_all(row, wanted)), [])
                return [cell.strip() for cell in found]
            return [cell.strip() for cell in next(islice(rows, header_row - 1, None), [])]
        except csv.Error:
            return []


def read_csv(
    path: Path,
    *,
    name: str,
    encoding: str = "utf-8",
    delimiter: str = ",",
    header_row: HeaderRow = 1,
    wanted: Sequence[str] = (),
) -> Sheet:
    """Read a CSV file whose ``header_row`` names the columns, the ``wanted`` ones where it is to be found. Raises
    SourceError for a missing or empty file, for one without such a row and for a quote never closed."""
    text, damaged_lines = _decode(content_of(path, name), name, encoding)
    # Only a line feed ends a line: exports carry bare carriage returns inside quoted texts.
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    try:
        if header_row == "auto":
            titles = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
            header_row = _header_row(titles, name, header_row, wanted)
        for _ in range(header_row - 1):
            next(reader)
        header = _header(next(reader), name)
    except StopIteration:
        raise SourceError(f"{name}: the file is empty; row {header_row} must name the columns") from None
    except csv.Error as error:
        raise SourceError(f"{name}, line {reader.line_num}: the header cannot be read: {error}") from None
    if not header:
        raise SourceError(f"{name}: row {header_row} is empty; it must name the columns")

    rows, lines, misfits = [], [], []
    as_written = text.split("\n")
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise SourceError(
                    f"{name}, line {line}: a quoted cell begins here and is never closed, so the rest of the "
                    "file cannot be told apart. Close the quote, or export the file again."
                ) from None
            misfits.append((line, as_written[line - 1], f"cannot be split into cells: {error}"))
            continue
        if len(row) == len(header):
            rows.append(row)
            lines.append(line)
        elif row:
            misfits.append((line, row, f"has {len(row)} cells where the header has {len(header)}"))

    columns = zip(*rows, strict=True) if rows else [[] for _ in header]
    cells = pl.DataFrame({h: pl.Series(values, dtype=pl.String) for h, values in zip(header, columns, strict=True)})
    return _sheet(name, cells, lines, misfits, damaged_lines, encoding)


def read_xlsx(
    path: Path, *, name: str, sheet: str | None = None, header_row: HeaderRow = 1, wanted: Sequence[str] = ()
) -> Sheet:
    """Read one sheet of a workbook as text. Raises SourceError naming a file or sheet that cannot be read, or that
    has no row with the ``wanted`` columns where the header is to be found."""
    grid = _grid(path, name, sheet)
    header_row = _header_row(grid.iter_rows(), f"{name}, sheet {sheet!r}" if sheet else name, header_row, wanted)
    if grid.height < header_row:
        raise SourceError(f"{name}: the sheet is empty; row {header_row} must name the columns")
    header = _header(["" if cell is None else cell for cell in grid.row(header_row - 1)], name)
    cells = grid.slice(header_row).rename(dict(zip(grid.columns, header, strict=True))).cast(pl.String)
    lines = pl.Series(range(header_row + 1, header_row + 1 + cells.height), dtype=pl.Int64)
    filled = cells.select(pl.any_horizontal(pl.all().is_not_null()).alias("filled")).to_series()
    return _sheet(name, cells.filter(filled), lines.filter(filled).to_list(), [], {}, "")


def _header_row(rows: Iterable[Sequence[str | None]], name: str, header_row: HeaderRow, wanted: Sequence[str]) -> int:
    if header_row != "auto":
        return header_row
    nearest, lacking = 0, list(wanted)
    for number, row in enumerate(rows, start=1):
        if _names_all(row, wanted):
            return number
        missing = [header for header in wanted if not _names_all(row, [header])]
        if len(missing) < len(lacking):
            nearest, lacking = number, missing
    told = f"row {nearest} comes nearest, but lacks {_listed(lacking)}" if nearest else "none names any"
    raise SourceError(
        f"{name}: no row names all of the columns {_listed(wanted)}; {told}. Name the columns so in one "
        "row of the sheet, or correct the mapping."
    )


def _names_all(row: Sequence[str | None], wanted: Sequence[str]) -> bool:
    return set(wanted) <= {(cell or "").strip() for cell in row}


def _grid(path: Path, name: str, sheet: str | None) -> pl.DataFrame:
    """All cells of a sheet as text."""
    which = f", sheet {sheet!r}" if sheet else ""
    _check_workbook(path, name)
    try:
        return pl.read_excel(
            path,
            sheet_name=sheet,
            has_header=False,
            infer_schema_length=0,
            drop_empty_rows=False,
            drop_empty_cols=False,
            raise_if_empty=False,
        )
    except BaseException as error:  # the reader raises its own kinds for zip, XML and sheet-name faults
        # A panic of its Rust is no Exception; what stops this process must stop it.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        raise SourceError(
            f"{name}{which}: cannot be read as an Excel workbook: {str(error)[:300]}. Save it again as XLSX or CSV"
        ) from None


def _check_workbook(path: Path, name: str) -> None:
    """Raises SourceError for a workbook that would fill the memory: what it unpacks to is counted, not believed, and
    so is the rectangle up to its outermost cell."""
    content = content_of(path, name)
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                last_row, last_column, rest = 0, 0, b""
                # What the archive says of a part's size may be a lie, and bounds what is read of it.
                part.file_size = 2 * LARGEST_FILE
                with archive.open(part) as file:
                    while chunk := file.read(1 << 20):
                        unpacked += len(chunk)
                        for column, row in _CELL.findall(rest + chunk):
                            last_row = max(last_row, int(row))
                            last_column = max(last_column, _column_number(column))
                        rest = chunk[-32:]
                        is_far = last_column > LAST_COLUMN or last_row * last_column > MOST_CELLS
                        if unpacked > LARGEST_FILE or is_far:
                            raise SourceError(
                                f"{name}, {part.filename}: unpacks to more than {LARGEST_FILE >> 20} MB, or has a cell "
                                f"in row {last_row:,} and column {last_column:,}; keep only the cells that hold records"
                            )
    except SourceError:
        raise
    except Exception as error:  # zipfile and its decompressors each raise kinds of their own for damaged bytes
        raise SourceError(f"{name}: cannot be read as an Excel workbook: {error}. Save it again as XLSX") from None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def content_of(path: Path, name: str) -> bytes:
    """The file's bytes. Raises SourceError for one that cannot be read, or is too large to be, before it is read."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise SourceError(
                f"{name}: has {size / 1e6:,.0f} MB, and at most {LARGEST_FILE >> 20} MB are read; split it, or export "
                "a shorter time"
            )
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror} ({path})") from None


def _decode(content: bytes, name: str, encoding: str) -> tuple[str, dict[int, str]]:
    """The text, and for each line with bytes that are not in the encoding what they were."""
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        return content.decode(codec), {}
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):
        raise SourceError(f"{name}: {encoding!r} is no encoding that Python knows; correct the mapping") from None
    try:
        text = content.decode(codec, errors="surrogateescape")
    except (UnicodeError, LookupError):
        raise SourceError(f"{name}: is not in {encoding}; correct the encoding in the mapping") from None
    damaged = {
        number: ", ".join(sorted({_byte(found) for found in _UNDECODED.finditer(line)}))
        for number, line in enumerate(text.split("\n"), start=1)
        if _UNDECODED.search(line)
    }
    visible = _UNDECODED.sub(lambda found: f"\\{_byte(found)[1:]}", text)
    return visible, damaged


def _byte(found: re.Match) -> str:
    return f"0x{ord(found[0]) - 0xDC00:02x}"


def _header(cells: list[str], name: str) -> list[str]:
    header = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, start=1)]
    if len(header) > MOST_COLUMNS:
        raise SourceError(f"{name}: the header has {len(header):,} columns; at most {MOST_COLUMNS:,} are read")
    twice = sorted(cell for cell, times in Counter(header).items() if times > 1)
    if twice:
        raise SourceError(f"{name}: the header names {_listed(twice)} more than once; rename one of them")
    return header


def _sheet(name, cells, lines, misfits, damaged_lines, encoding) -> Sheet:
    first_lines = pl.Series(lines, dtype=pl.Int64)
    warnings = [
        (record, first_lines[record - 1], line, bytes_)
        for line, bytes_ in damaged_lines.items()
        if (record := first_lines.search_sorted(line, side="right")) > 0
    ]
    return Sheet(
        name=name,
        cells=cells,
        lines=first_lines,
        misfits=pl.DataFrame(
            [
                (
                    cells.height + number,
                    line,
                    "(record)",
                    None,
                    reason,
                    json.dumps(received, ensure_ascii=False),
                )
                for number, (line, received, reason) in enumerate(misfits, start=1)
            ],
            schema=FINDINGS_SCHEMA,
            orient="row",
        ),
        warnings=pl.DataFrame(
            [
                (record, first, "(record)", bytes_, f"line {line} holds bytes that are not {encoding}", None)
                for record, first, line, bytes_ in warnings
            ],
            schema=FINDINGS_SCHEMA,
            orient="row",
        ),
    )


def _taken(column: Column, given: Sequence[str]) -> pl.Expr:
    cells = [pl.col(header) for header in column.headers if header in given]
    if not cells:
        return pl.lit(None, pl.String)
    text = pl.coalesce(cells) if column.is_first else pl.concat_str(cells, separator=column.separator)
    if column.pattern:
        text = text.str.extract(column.pattern, 1)
    return _x_time(text) if column.is_x_time else text


def _x_time(post_id: pl.Expr) -> pl.Expr:
    number = post_id.cast(pl.Int64, strict=False)
    time = pl.from_epoch(number // 2**22 + X_EPOCH_MS, time_unit="ms")
    return pl.when(number >= FIRST_SNOWFLAKE).then(time.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
