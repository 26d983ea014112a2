"""One night of one platform against the sandbox, for the tests of every source."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.contracts import Contract
from orchestration.enrichment import night as enrichment
from orchestration.identity.people import PEOPLE
from orchestration.landing import Landing, Receipt, Window
from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.server import Fault, Sandbox
from orchestration.settings import Settings
from orchestration.sources import moodle, platform_exports, registry, sheets, teams, xapi, zoom
from orchestration.sources.drift import examined
from orchestration.sources.platform import Finding, Reader, extract, findings_of, registered

SEED = 7
DAY = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)


class Night:
    """Reads the sandbox and lands what came, as the nightly run does; the registered accounts unless others are
    given."""

    def __init__(self, platform: str, root: Path, registry_dir: Path = REGISTRY_DIR):
        self.platform = registry.platform(platform)
        self.landing = Landing(root / "landing", is_synthetic=True)
        self.registry_dir = registry_dir
        self.findings: list[Finding] = []
        self.reader: Reader | None = None

    def read(
        self,
        *faults: Fault,
        also: Sequence[tuple[str, str | None]] = (),
        only: Sequence[tuple[str, str | None]] | None = None,
        day: date = DAY,
        trailing_days: int = 28,
        hurry: float | None = None,
        stop_after: int | None = None,
        **settings: Any,
    ) -> dict[str, Receipt]:
        """One night. ``settings`` go to the source; faults to the sandbox. ``stop_after`` so many tables the night is
        interrupted."""
        window = Window.of_day(day)
        with Sandbox(SEED, registry_dir=self.registry_dir, faults=faults, hurry=hurry) as sandbox:
            given = sandbox.settings(self.platform.name, window.end_at + timedelta(hours=1))
            self.reader = self.platform.connect(Settings().model_copy(update={**given, **settings}))
            try:
                batches = extract(
                    self.platform,
                    self.reader,
                    registered(self.platform, self._accounts(also, only), self.landing, window),
                    self.landing,
                    window,
                    trailing_days=trailing_days,
                    is_synthetic=True,
                    progress=lambda *_: None,
                )
                receipts = {}
                for batch in islice(map(partial(examined, self.landing), batches), stop_after):
                    self.findings += findings_of(batch)
                    receipts[batch.contract.table] = self.landing.write(batch)
                return receipts
            finally:
                self.reader.close()
                self.requests = dict(sandbox.requests)
                charged = sandbox.platform(self.platform.name)
                self.charged = getattr(charged, "posts_given", 0), getattr(charged, "users_given", 0)

    def landed(self, table: str) -> pl.DataFrame:
        [contract] = [contract for contract in self.platform.contracts if contract.table == table]
        return self.landing.read(contract)

    def told(self, concern: str) -> list[tuple[str, str]]:
        return [(finding.value, finding.reason) for finding in self.findings if finding.concern == concern]

    def files(self) -> dict[str, bytes]:
        """Everything landed, by its path."""
        root = self.landing.root
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def _accounts(self, also: Sequence[tuple[str, str | None]], only: Sequence[tuple[str, str | None]] | None):
        schema = {"handle": pl.String, "native_id": pl.String}
        if only is None:
            kept = pl.read_csv(self.registry_dir / "accounts.csv", infer_schema=False)
            only = kept.filter(platform=self.platform.name).select(schema.keys()).rows()
        return pl.DataFrame([*only, *also], schema=schema, orient="row")


def every_contract() -> list[Contract]:
    """Of every table that anything lands."""
    meetings = (zoom.PARTICIPANTS, teams.PARTICIPANTS)
    platforms = [contract for name in registry.PLATFORMS for contract in registry.platform(name).contracts]
    return [
        *registry.CONTRACTS,
        *platform_exports.CONTRACTS,
        *sheets.CONTRACTS,
        *xapi.CONTRACTS,
        *moodle.CONTRACTS,
        PEOPLE,
        *meetings,
        *enrichment.CONTRACTS,
        *platforms,
    ]


def properties(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def fields_in(contract: Contract, documents: Mapping[str, dict], start: str, own: set[str] = frozenset()) -> list[str]:
    """The places of the contract's typed fields that the lexicons do not define, from the definition ``start`` on.

    ``own`` are fields that the source adds itself; below an "unknown" everything goes.
    """
    paths = [path for f in contract.fields if f.name not in own for path in f.json_paths]
    return [path for path in paths if not _is_defined(path.replace("['$type']", ""), documents, start)]


def _is_defined(path: str, documents: Mapping[str, dict], start: str) -> bool:
    definitions = [_looked_up(start, "", documents)]
    for name in path.removeprefix("$").lstrip(".").split("."):
        if not name:
            continue
        found = []
        for document, definition in definitions:
            if definition.get("type") == "unknown":
                return True
            part = definition.get("properties", {}).get(name.split("[")[0])
            if part is not None:
                found += _resolved(part, document, documents)
        definitions = found
    return bool(definitions)


def _resolved(part: dict, document: str, documents: Mapping[str, dict]) -> list[tuple[str, dict]]:
    """The definitions that a property may have; those of other lexicons than ours are taken as they come."""
    refs = part.get("refs") or ([part["ref"]] if "ref" in part else [])
    return [_looked_up(ref, document, documents) for ref in refs] or [(document, part)]


def _looked_up(ref: str, document: str, documents: Mapping[str, dict]) -> tuple[str, dict]:
    file, name = ref.split("#") if "#" in ref else (ref, "main")
    file = file or document
    return file, documents[file][name] if file in documents else {"type": "unknown"}


def openapi_fields(contract: Contract, description: dict, schema: str, own: set[str] = frozenset()) -> list[str]:
    """The places of the contract's typed fields that an OpenAPI description does not define below ``schema``.

    ``own`` are fields that the source adds itself.
    """
    schemas = description["components"]["schemas"]

    def resolved(part: dict) -> list[dict]:
        if "$ref" in part:
            return resolved(schemas[part["$ref"].rsplit("/", 1)[1]])
        return [found for one in part.get("oneOf", []) for found in resolved(one)] or [part]

    def is_defined(path: str) -> bool:
        parts = resolved(schemas[schema])
        for name in path.removeprefix("$.").split("."):
            inner = [part["properties"][name] for part in parts if name in part.get("properties", {})]
            parts = [found for part in inner for found in resolved(part)]
        return bool(parts)

    return [path for f in contract.fields if f.name not in own for path in f.json_paths if not is_defined(path)]
