"""The pages that tell what the marts and their metrics mean, written from what dbt knows of the project.

A mart's columns come from its contract. A metric is defined once, in the seed ``metrics``; its grain is that of every
mart that holds a column of its name. What a platform does not report is what its staging model sets to NULL.
"""

import csv
import json
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestration.dbt import DBT_PROJECT_DIR, MANIFEST
from orchestration.publication import PUBLISHED_SCHEMAS
from orchestration.sources.registry import PLATFORMS

METRICS = DBT_PROJECT_DIR / "seeds" / "metrics.csv"
CHANGES = DBT_PROJECT_DIR / "seeds" / "metric_definitions.csv"
WRITTEN = "<!-- Written by `make dictionary` from dbt_project/; edit there, not here. -->\n\n"


@dataclass(frozen=True)
class Metric:
    """One row of the seed ``metrics``. ``marts`` is empty where the name means the same in all marts."""

    name: str
    marts: frozenset[str]
    unit: str
    formula: str
    null_rule: str
    source: str

    def is_in(self, mart: str, columns: Container[str]) -> bool:
        return self.name in columns and (not self.marts or mart in self.marts)


@dataclass(frozen=True)
class Dictionary:
    """What there is to tell, from dbt's parsed project."""

    manifest: dict
    metrics: list[Metric]
    changes: list[dict[str, str]]

    @cached_property
    def marts(self) -> dict[str, dict]:
        """Published models, by name: dbt's nodes."""
        nodes = (node for node in self.manifest["nodes"].values() if node["resource_type"] == "model")
        return {
            node["name"]: node
            for node in sorted(nodes, key=lambda node: node["name"])
            if node["schema"] in PUBLISHED_SCHEMAS
        }

    @cached_property
    def reported(self) -> dict[str, dict[str, bool]]:
        """Platform by platform, whether it reports each metric of the seed that its staging models hold."""
        names = {metric.name for metric in self.metrics}
        reported: dict[str, dict[str, bool]] = {}
        for node in self.manifest["nodes"].values():
            staged = re.fullmatch(r"stg_(\w+)__(posts|accounts)", node["name"])
            if staged and (platform := staged[1]) in PLATFORMS:
                unset = set(re.findall(r"cast\(null as \w+\) as (\w+)", node["raw_code"]))
                told = {name: name not in unset for name in node["columns"] if name in names}
                reported.setdefault(platform, {}).update(told)
        return {platform: reported[platform] for platform in sorted(reported)}

    def held_by(self, metric: Metric) -> list[str]:
        return [name for name, node in self.marts.items() if metric.is_in(name, node["columns"])]


def read_dictionary(manifest: Path = MANIFEST) -> Dictionary:
    """Raises FileNotFoundError before dbt has parsed the project (``make setup`` lets it)."""
    with METRICS.open(encoding="utf-8", newline="") as rows:
        metrics = [
            Metric(row.pop("metric"), frozenset(row.pop("marts").split()), **row) for row in csv.DictReader(rows)
        ]
    with CHANGES.open(encoding="utf-8", newline="") as rows:
        changes = list(csv.DictReader(rows))
    return Dictionary(json.loads(manifest.read_text()), metrics, changes)


def pages(dictionary: Dictionary) -> dict[str, str]:
    """The pages as Markdown, by the name of their file in ``docs/``."""
    return {"metric_dictionary.md": _metric_page(dictionary), "data_dictionary.md": _data_page(dictionary)}


def _metric_page(dictionary: Dictionary) -> str:
    metrics = _table(
        ("metric", "unit", "formula", "NULL", "marts", "source"),
        (
            (
                f"`{metric.name}`",
                metric.unit,
                metric.formula,
                metric.null_rule,
                ", ".join(dictionary.held_by(metric)),
                metric.source,
            )
            for metric in dictionary.metrics
        ),
    )
    held = {mart for metric in dictionary.metrics for mart in dictionary.held_by(metric)}
    grains = _table(
        ("mart", "grain"),
        (
            (f"[{name}](data_dictionary.md#{name})", node["description"])
            for name, node in dictionary.marts.items()
            if name in held
        ),
    )
    platforms = list(dictionary.reported)
    names = sorted({name for told in dictionary.reported.values() for name in told})
    reported = _table(
        ("metric", *platforms),
        (
            (f"`{name}`", *("reported" if dictionary.reported[p].get(name) else "NULL" for p in platforms))
            for name in names
        ),
    )
    changes = _table(
        ("platform", "metric", "since", "meaning", "source"),
        (
            (row["platform"], f"`{row['metric']}`", row["effective_from_date"], row["definition"], row["source"])
            for row in dictionary.changes
        ),
    )
    return (
        f"# Metric dictionary\n\n{WRITTEN}"
        "Each metric is defined once. SQL reads the same from `dim_metric`. How to read them: "
        "[metrics](metrics.md); all columns: [data dictionary](data_dictionary.md).\n\n"
        f"## Metrics\n\n{metrics}\n"
        f"## Grain\n\nA metric has the grain of the mart it stands in.\n\n{grains}\n"
        "## What each platform reports\n\n"
        "NULL is not reported, never 0. Some of what is reported is told only to credentials that may see it, as "
        "docs/platforms/ says. A file exported from a platform gives the metrics that its columns tell.\n\n"
        f"{reported}\n"
        "## Changes of meaning\n\n"
        f"A series is never joined across two meanings (`dim_metric_definition`).\n\n{changes}"
    )


def _data_page(dictionary: Dictionary) -> str:
    sections = []
    for name, node in dictionary.marts.items():
        columns = _table(
            ("column", "type", "NULL", "meaning"),
            (
                (
                    f"`{column['name']}`",
                    column["data_type"],
                    "no" if any(rule["type"] == "not_null" for rule in column["constraints"]) else "may be",
                    column["description"],
                )
                for column in node["columns"].values()
            ),
        )
        schema = "" if node["schema"] == "marts" else f"Schema `{node['schema']}`. "
        sections.append(f"## {name}\n\n{schema}{_line(node['description'])}\n\n{columns}")
    return (
        f"# Data dictionary\n\n{WRITTEN}"
        "Every published table that dbt builds, with its contract: schema `marts` unless it says otherwise. Times are "
        "UTC. Metrics, with formula and unit: [metric dictionary](metric_dictionary.md).\n\n" + "\n".join(sections)
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join("| " + " | ".join(_line(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())
