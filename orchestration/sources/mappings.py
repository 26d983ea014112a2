"""Mapping files: which exported file feeds which table, and which of its columns is what.

A mapping is a small YAML file. Those for known exports ship with Sifarat; a ministry adds its own as
``<anything>.mapping.yaml`` anywhere in the inbox, and an own mapping wins over a shipped one for the same
file and table. A file is known by its content: it is landed once, whatever it is called and however often it
is met, and again only when its mapping has changed; then the new reading replaces the old one.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orchestration.contracts import Contract, Formats
from orchestration.landing import Batch, Landing, Progress, Receipt
from orchestration.sources import SourceError
from orchestration.sources.tabular import Column, Sheet, read_csv, read_xlsx

DATA_SUFFIXES = (".csv", ".tsv", ".xlsx")
MAPPING_SUFFIX = ".mapping.yaml"


class MappedColumn(BaseModel):
    """``Header`` alone, or an object: ``from`` a header or a list to join, ``pattern`` whose group 1 counts."""

    model_config = ConfigDict(extra="forbid")

    headers: Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = Field(alias="from")
    separator: str = "-"
    pattern: str | None = None


class MappedFormat(BaseModel):
    """How times are written (strptime's letters) and in which IANA zone the clock stood."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = None
    zone: str = "UTC"


class Mapping(BaseModel):
    """One document of a mapping file."""

    model_config = ConfigDict(extra="forbid")

    source: Literal["platform_exports", "sheets"]
    table: str
    files: str = Field(description="Glob, relative to the inbox")
    sheet: str | None = None
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    null_values: tuple[str, ...] = ("",)
    synthetic: bool = False
    constants: dict[str, str] = {}
    times: MappedFormat = MappedFormat()
    dates: MappedFormat = MappedFormat()
    columns: dict[str, Annotated[MappedColumn, BeforeValidator(lambda v: {"from": v} if isinstance(v, str) else v)]]

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]


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
        return f"{self.content}-{self.mapping.fingerprint}"

    def read(self) -> Sheet:
        if self.path.suffix.lower() == ".xlsx":
            return read_xlsx(self.path, name=self.name, sheet=self.mapping.sheet)
        return read_csv(self.path, name=self.name, encoding=self.mapping.encoding, delimiter=self.mapping.delimiter)

    def batch(self) -> Batch:
        sheet = self.read()
        columns = {
            target: Column(tuple(column.headers), column.separator, column.pattern)
            for target, column in self.mapping.columns.items()
        }
        # A file's figures are as old as the file: an export says nothing of what came after it.
        saved_at = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        observed_at = min(saved_at, datetime.now(UTC)).replace(microsecond=0)
        return Batch(
            contract=self.contract,
            batch_id=self.batch_id,
            source_file=self.name,
            observed_at=observed_at,
            day=observed_at.date(),
            text=sheet.select(columns, self.contract, self.mapping.constants, self.mapping.null_values),
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
        for path in _matches(inbox, mapping.files):
            # Later mappings are the inbox's own: they win. Two sheets of a workbook are two readings of it.
            chosen[path, contract.name, mapping.sheet] = MappedFile(
                path=path,
                name=path.relative_to(inbox).as_posix(),
                mapping=mapping,
                contract=contract,
                content=hashlib.sha256(path.read_bytes()).hexdigest()[:16],
            )
    return sorted(chosen.values(), key=lambda file: (file.contract.name, file.name, file.batch_id))


def unmapped_files(inbox: Path, shipped: Path) -> list[str]:
    """Data files of the inbox that no mapping reads, relative to it: left out, so somebody must be told."""
    read = {path for _, mapping in _mappings(inbox, shipped) for path in _matches(inbox, mapping.files)}
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
                documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                raise SourceError(f"{path}: is no readable YAML: {error}") from None
            for number, document in enumerate(documents, start=1):
                place = f"{path}, document {number}"
                try:
                    yield place, Mapping.model_validate(document)
                except ValidationError as error:
                    faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                    raise SourceError(f"{place}: {faults}") from None


def _check(mapping: Mapping, contract: Contract, place: str) -> None:
    fields = {f.name for f in contract.fields}
    given = {*mapping.columns, *mapping.constants}
    if unknown := sorted(given - fields):
        raise SourceError(
            f"{place}: {contract.name} has no field {', '.join(unknown)}. It has: {', '.join(sorted(fields))}"
        )
    if missing := [name for name in contract.required if name not in given]:
        raise SourceError(f"{place}: {contract.name} needs {', '.join(missing)}; say which column it is in")


def _matches(inbox: Path, pattern: str) -> list[Path]:
    return sorted(
        path
        for path in inbox.glob(pattern)
        if path.is_file() and path.suffix.lower() in DATA_SUFFIXES and path.resolve().is_relative_to(inbox.resolve())
    )
