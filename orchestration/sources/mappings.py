"""Mapping files: which exported file feeds which table, and which of its columns is what.

A mapping is a small YAML file. Those for known exports ship with Sifarat and know their files by the columns; a
ministry adds its own as ``<anything>.mapping.yaml`` anywhere in the inbox. An own mapping wins over a shipped one for
the same file and table, and one that names files by their path over one that knows them by their columns. A file is
known by its content: it is landed once, whatever it is called and however often it is met, and again only when its
mapping has changed, or what its path tells; then the new reading replaces the old one.
"""

import hashlib
import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePath
from typing import Annotated, Literal
from zoneinfo import available_timezones

import polars as pl
import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orchestration.contracts import Contract, Formats
from orchestration.landing import Batch, Landing, Progress, Receipt
from orchestration.sources import SourceError
from orchestration.sources.tabular import WORKBOOKS, Column, Sheet, content_of, header_of, read_csv, read_xlsx

DATA_SUFFIXES = (".csv", ".tsv", *WORKBOOKS)
MAPPING_SUFFIX = ".mapping.yaml"


LARGEST_MAPPING = 1 << 16
DEEPEST_MAPPING = 100
"""Brackets opened within one another; a YAML reader takes time that grows with their square."""
MOST_NODES = 10_000
"""Of a mapping's YAML, with its aliases written out: a few hundred characters of them can stand for billions."""


def _is_pattern(pattern: str) -> str:
    """In the dialect that matches in linear time, so that no file name or cell can hold it up."""
    return _tried(lambda: pl.Series([""]).str.extract(pattern, 1), pattern, "no regular expression with a group")


def _is_time_format(form: str) -> str:
    sample = pl.Series(["2026-03-02 09:00"])
    return _tried(lambda: sample.str.to_datetime(form, strict=False), form, "no way to write times, as strptime's")


def _is_date_format(form: str) -> str:
    return _tried(lambda: pl.Series(["2026-03-02"]).str.to_date(form, strict=False), form, "no way to write dates")


def _is_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError(f"{zone!r} is no zone of the IANA database, such as Asia/Karachi")
    return zone


def _is_glob(pattern: str) -> str:
    if ".." in PurePath(pattern).parts:
        raise ValueError(f"{pattern!r} leads out of the inbox; name files below it")
    return _tried(lambda: next(Path(os.devnull).glob(pattern), None), pattern, "no glob relative to the inbox")


def _tried(work: Callable[[], object], given: str, is_not: str) -> str:
    try:
        work()
    except BaseException as error:  # a panic of polars is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise ValueError(f"{given!r} is {is_not}: {str(error).splitlines()[0] if str(error) else error!r}") from None
    return given


Pattern = Annotated[str, AfterValidator(_is_pattern)]


class MappedColumn(BaseModel):
    """``Header`` alone, or an object: ``from`` a header or a list to join, or to take the ``first`` filled one of;
    ``pattern`` whose group 1 counts; ``x_time``: the time that an id of X tells. An ``optional`` column may be missing
    from the file."""

    model_config = ConfigDict(extra="forbid")

    headers: Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = Field(alias="from")
    separator: str = "-"
    pattern: Pattern | None = None
    first: bool = False
    optional: bool = False
    x_time: bool = False

    def column(self) -> Column:
        return Column(tuple(self.headers), self.separator, self.pattern, self.first, self.optional, self.x_time)


class MappedTimes(BaseModel):
    """How times are written (strptime's letters) and in which IANA zone the clock stood."""

    model_config = ConfigDict(extra="forbid")

    format: Annotated[str, AfterValidator(_is_time_format)] | None = None
    zone: Annotated[str, AfterValidator(_is_zone)] = "UTC"


class MappedDates(MappedTimes):
    """How days are written."""

    format: Annotated[str, AfterValidator(_is_date_format)] | None = None


class Mapping(BaseModel):
    """One document of a mapping file."""

    model_config = ConfigDict(extra="forbid")

    source: Literal["platform_exports", "sheets"]
    table: str
    files: Annotated[str, AfterValidator(_is_glob)] = Field(description="Glob, relative to the inbox")
    recognised_by: tuple[str, ...] = Field((), description="Only files with all of these columns")
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        1, description="The row that names the columns, counted from 1; auto: the first that names all mapped ones"
    )
    fill_down: tuple[str, ...] = Field((), description="Headers whose empty cells hold what stands above: merged cells")
    leave_out: dict[str, tuple[str, ...]] = Field({}, description="Header to the values of rows that are no records")
    encoding: str = "utf-8"
    delimiter: str = Field(",", pattern=r'\A[^"\r\n\x00]\z')
    null_values: tuple[str, ...] = ("",)
    synthetic: bool = False
    constants: dict[str, str] = {}
    from_path: dict[str, Pattern] = Field(
        {}, description="Field to a pattern for the file's path, whose group 1 counts"
    )
    times: MappedTimes = MappedTimes()
    dates: MappedDates = MappedDates()
    columns: dict[str, Annotated[MappedColumn, BeforeValidator(lambda v: {"from": v} if isinstance(v, str) else v)]]

    @cached_property
    def fingerprint(self) -> str:
        # A field that a file does not use is left out, so that a new one changes no earlier fingerprint.
        told = self.model_dump_json(exclude=None if self.fill_down else {"fill_down"})
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    @property
    def wanted(self) -> list[str]:
        """The headers that a file must have, to find its header row by."""
        mapped = [
            header
            for column in self.columns.values()
            if not column.optional and not column.first
            for header in column.headers
        ]
        return list(dict.fromkeys([*mapped, *self.recognised_by]))


@dataclass(frozen=True)
class MappedFile:
    """One file to land into one table."""

    path: Path
    name: str
    mapping: Mapping
    contract: Contract
    content: str

    @property
    def batch_id(self) -> str:
        told = "|".join(self.told_by_path.values())
        place = f"-{hashlib.sha256(told.encode()).hexdigest()[:8]}" if told else ""
        return f"{self.content}-{self.mapping.fingerprint}{place}"

    @cached_property
    def told_by_path(self) -> dict[str, str]:
        """The fields that the file's path tells. Raises SourceError when it does not."""
        told = {}
        for target, pattern in self.mapping.from_path.items():
            found = pl.Series([self.name]).str.extract(pattern, 1).item()
            if found is None:
                raise SourceError(
                    f"{self.name}: the file does not tell {self.contract.name}.{target}, and its path is not as the "
                    f"mapping expects ({pattern}); put it into a folder that bears the account's handle"
                )
            told[target] = found
        return told

    def read(self) -> Sheet:
        mapping = self.mapping
        if self.path.suffix.lower() in WORKBOOKS:
            sheet = read_xlsx(
                self.path, name=self.name, sheet=mapping.sheet, header_row=mapping.header_row, wanted=mapping.wanted
            )
        else:
            sheet = read_csv(
                self.path,
                name=self.name,
                encoding=mapping.encoding,
                delimiter=mapping.delimiter,
                header_row=mapping.header_row,
                wanted=mapping.wanted,
            )
        sheet = sheet.without(mapping.leave_out)
        return sheet.tidied(mapping.fill_down) if mapping.fill_down or mapping.header_row == "auto" else sheet

    def batch(self) -> Batch:
        sheet = self.read()
        columns = {target: column.column() for target, column in self.mapping.columns.items()}
        constants = self.mapping.constants | self.told_by_path
        # A file's figures are as old as the file: an export says nothing of what came after it.
        saved_at = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        observed_at = min(saved_at, datetime.now(UTC)).replace(microsecond=0)
        return Batch(
            contract=self.contract,
            batch_id=self.batch_id,
            source_file=self.name,
            observed_at=observed_at,
            day=observed_at.date(),
            text=sheet.select(columns, self.contract, constants, self.mapping.null_values),
            is_synthetic=self.mapping.synthetic,
            formats=Formats(self.mapping.times.format, self.mapping.times.zone, self.mapping.dates.format),
            misfits=sheet.misfits,
            warnings=sheet.warnings,
        )


def mapped_files(inbox: Path, shipped: Path, contracts: tuple[Contract, ...]) -> list[MappedFile]:
    """The inbox's files that feed one of ``contracts``, by name. Raises SourceError for a wrong mapping."""
    known = {(contract.source, contract.table): contract for contract in contracts}
    chosen: dict[tuple, MappedFile] = {}
    for place, mapping in _mappings(inbox, shipped):
        contract = known.get((mapping.source, mapping.table))
        if contract is None:
            continue
        _check(mapping, contract, place)
        for path in _files(inbox, mapping):
            # Later mappings are the inbox's own: they win. Two sheets of a workbook are two readings of it.
            chosen[path, contract.name, bool(mapping.recognised_by), mapping.sheet] = MappedFile(
                path=path,
                name=path.relative_to(inbox).as_posix(),
                mapping=mapping,
                contract=contract,
                content=hashlib.sha256(content_of(path, path.name)).hexdigest()[:16],
            )
    named = {(path, table) for path, table, is_recognised, _ in chosen if not is_recognised}
    files = [
        file
        for (path, table, is_recognised, _), file in chosen.items()
        if not (is_recognised and (path, table) in named)
    ]
    return sorted(files, key=lambda file: (file.contract.name, file.name, file.batch_id))


def unmapped_files(inbox: Path, shipped: Path) -> list[str]:
    """Data files of the inbox that no mapping reads, relative to it: left out, so somebody must be told."""
    read = {path for _, mapping in _mappings(inbox, shipped) for path in _files(inbox, mapping)}
    return sorted(path.relative_to(inbox).as_posix() for path in _matches(inbox, "**/*") if path not in read)


def land_inbox(
    landing: Landing,
    inbox: Path,
    shipped: Path,
    contracts: tuple[Contract, ...],
    *,
    progress: Progress,
    doubts=None,
) -> list[Receipt]:
    """Land every mapped file that is not landed yet. ``doubts(batch)`` may add warnings to a batch."""
    files = mapped_files(inbox, shipped, contracts)
    wanted = {(file.contract.name, file.batch_id) for file in files}
    receipts = []
    for done, file in enumerate(files, start=1):
        earlier = [
            entry
            for entry in landing.committed(file.contract, f"{file.content}-*")
            if (file.contract.name, entry.stem.removeprefix("part-")) not in wanted
        ]
        if not landing.committed(file.contract, file.batch_id):
            batch = file.batch()
            receipts.append(landing.write(doubts(batch) if doubts else batch))
        for entry in earlier:
            landing.withdraw(file.contract, entry)
        progress(f"{file.contract.source}: {file.name}, files", done, len(files))
    return receipts


def _mappings(inbox: Path, shipped: Path) -> Iterator[tuple[str, Mapping]]:
    for folder in (shipped, inbox):
        for path in sorted(folder.rglob(f"*{MAPPING_SUFFIX}")):
            try:
                if path.stat().st_size > LARGEST_MAPPING:
                    raise ValueError(f"it has more than {LARGEST_MAPPING:,} bytes")
                text = path.read_text(encoding="utf-8")
                steps = (1 if bracket in "[{" else -1 for bracket in re.findall(r"[\[\]{}]", text))
                if max(itertools.accumulate(steps), default=0) > DEEPEST_MAPPING:
                    raise ValueError(f"more than {DEEPEST_MAPPING} brackets are open within one another")
                documents = list(yaml.safe_load_all(text))
                _check_nodes(documents)
            # ValueError: of a day or number that is none, such as 2026-13-45, or a text that is not in UTF-8.
            except (yaml.YAMLError, ValueError, RecursionError, OSError) as error:
                raise SourceError(f"{path}: is no readable YAML: {str(error)[:1000]}; mend it or remove it") from None
            for number, document in enumerate(documents, start=1):
                place = f"{path}, document {number}"
                try:
                    yield place, Mapping.model_validate(document)
                except ValidationError as error:
                    faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                    raise SourceError(f"{place}: {faults[:2000]}") from None


def _check_nodes(documents: list) -> None:
    """Raises ValueError for more nodes than any mapping has, and for text that is no Unicode."""
    waiting, nodes = [documents], 0
    while waiting:
        node = waiting.pop()
        nodes += 1
        if nodes > MOST_NODES:
            raise ValueError(f"with its aliases written out it has more than {MOST_NODES:,} parts")
        if isinstance(node, str):
            node.encode()
        elif isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list | tuple | set):
            waiting += node


def _check(mapping: Mapping, contract: Contract, place: str) -> None:
    fields = {f.name for f in contract.fields}
    given = {*mapping.columns, *mapping.constants, *mapping.from_path}
    if unknown := sorted(given - fields):
        raise SourceError(
            f"{place}: {contract.name} has no field {', '.join(unknown)}. It has: {', '.join(sorted(fields))}"
        )
    if missing := [name for name in contract.required if name not in given]:
        raise SourceError(f"{place}: {contract.name} needs {', '.join(missing)}; say which column it is in")


def _files(inbox: Path, mapping: Mapping) -> list[Path]:
    """The files that a mapping reads: those of its glob, if they have the columns it knows its files by."""
    return [
        path
        for path in _matches(inbox, mapping.files)
        if not mapping.recognised_by
        or set(mapping.recognised_by)
        <= set(
            header_of(
                path,
                sheet=mapping.sheet,
                delimiter=mapping.delimiter,
                header_row=mapping.header_row,
                wanted=mapping.wanted,
            )
        )
    ]


def _matches(inbox: Path, pattern: str) -> list[Path]:
    return sorted(
        path
        for path in inbox.glob(pattern)
        if path.is_file() and path.suffix.lower() in DATA_SUFFIXES and path.resolve().is_relative_to(inbox.resolve())
    )
