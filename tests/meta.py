"""What the tests of Facebook and Instagram share: Meta's own lists of fields and edges, and a register of a few."""

import json
import logging
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import httpx
import polars as pl

from orchestration.contracts import Contract
from orchestration.sandbox.meta import Asked, parsed
from orchestration.sandbox.ministry import REGISTRY_DIR
from tests.platforms import Night

GENERAL = {"fields", "limit", "after", "ids"}
"""Parameters of the Graph API itself (developers.facebook.com, "Paginated Results" and "Field Expansion")."""


class Lists:
    """The Business SDK's lists of an object: its fields, and the parameters of its edges that are read."""

    def __init__(self, specs: Path, kind: str):
        told = json.loads((specs / "meta" / f"{kind}.json").read_text(encoding="utf-8"))
        self.fields = {field["name"]: field["type"] for field in told["fields"]}
        self.edges = {
            api["endpoint"]: {parameter["name"] for parameter in api["params"]}
            for api in told["apis"]
            if api["method"] == "GET" and "endpoint" in api
        }

    def unknown(self, fields: Iterable[Asked]) -> list[str]:
        """What is asked for and in no list: fields, edges, and modifiers of edges."""
        return [problem for asked in fields for problem in self._unknown(asked)]

    def _unknown(self, asked: Asked) -> Iterator[str]:
        if asked.name in self.fields and not asked.modifiers:
            return
        if asked.name not in self.edges:
            yield asked.name
        # Of any edge: how many, their number, and a name for it.
        for modifier in asked.modifiers.keys() - {"limit", "summary", "as"}:
            if modifier not in self.edges.get(asked.name, ()):
                yield f"{asked.name}.{modifier}"

    def undefined(self, contract: Contract, asked: Iterable[Asked], own: set[str], metrics: Iterable[str]) -> list[str]:
        """The places of the contract's typed fields that are neither a listed field, nor the number of an edge that
        is ``asked`` for, nor one of ``metrics``. ``own`` are the fields that the source adds itself."""
        edges = {item.alias for item in asked if item.name in self.edges}
        allowed = {f"$.{edge}.summary.total_count" for edge in edges} | {
            f"$.insights_by_name.{name}" for name in metrics
        }
        paths = [path for f in contract.fields if f.name not in own for path in f.json_paths]
        return [path for path in paths if path not in allowed and not self._is_listed(path)]

    def _is_listed(self, path: str) -> bool:
        """What an object or a list holds is in no list of its own."""
        first, *rest = path.removeprefix("$.").split(".")
        kind = self.fields.get(first.split("[")[0], "")
        return kind == "Object" or kind.startswith("list<") if rest else bool(kind)


def requests(caplog) -> list[httpx.URL]:
    return [record.args[1] for record in caplog.records if record.name == "httpx"]


def asked_of(url: httpx.URL) -> tuple[Asked, ...]:
    return parsed(url.params["fields"])


def watch(caplog) -> None:
    caplog.set_level(logging.INFO, "httpx")


def register(folder: Path, platform: str, mission: str, how_many: int) -> Path:
    """A register of so many accounts of one mission, which is one of the synthetic ministry's."""
    folder.mkdir()
    (folder / "missions.csv").write_bytes((REGISTRY_DIR / "missions.csv").read_bytes())
    rows = [
        f"{platform},Synth{n},19999000000000{n},{mission},An office (synthetic),2021-04-01," for n in range(how_many)
    ]
    header = "platform,handle,native_id,mission_id,display_name,registered_from,registered_until"
    (folder / "accounts.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return folder


def assert_kept_secret(night: Night, caplog, tokens: int) -> None:
    """No credential that was sent is in anything landed, told or logged, and no address that carries one."""
    secrets = night.reader._graph._api._secrets
    assert len(secrets) == tokens
    landed = [
        str(pl.read_parquet(BytesIO(content)).rows()) if path.endswith(".parquet") else content.decode()
        for path, content in night.files().items()
    ]
    for text in (*landed, caplog.text, repr(night.findings)):
        assert "access_token=" not in text
        assert not any(secret in text for secret in secrets)
