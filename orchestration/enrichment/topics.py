"""What a text is about: the topics are the seed ``topics.csv`` of the dbt project, which an officer edits.

A topic is known by its descriptions in the seed, and by the posts of the development split that bear it. So a new
topic works from its description alone. "other" is what resembles no topic.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.enrichment import EnrichmentError
from orchestration.enrichment.classifier import Classifier

SEED = DBT_PROJECT_DIR / "seeds" / "topics.csv"
OTHER = "other"
BETWEEN_DESCRIPTIONS = "|"
DESCRIPTION_WEIGHT = 3.0
"""How many posts a description counts for, chosen on the development split."""


@dataclass(frozen=True)
class Description:
    topic_id: str
    text: str


def descriptions(path: Path = SEED) -> list[Description]:
    """Of all topics in the seed; a topic may have several. Raises EnrichmentError naming file, line and column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EnrichmentError(f"{path}: cannot be read: {error}; save it as CSV in UTF-8") from None
    told = []
    for line, row in enumerate(rows, start=2):
        texts = [text.strip() for text in (row.get("description") or "").split(BETWEEN_DESCRIPTIONS) if text.strip()]
        if not row.get("topic_id") or not texts:
            raise EnrichmentError(f"{path}, line {line}: topic_id and description must both be given")
        told += [Description(row["topic_id"], text) for text in texts]
    if OTHER not in {description.topic_id for description in told}:
        raise EnrichmentError(f"{path}: a topic_id {OTHER!r} must stand for the posts that no topic fits")
    return told


def classifier(
    described: Sequence[Description], description_vectors: np.ndarray, topic_ids: Sequence[str], vectors: np.ndarray
) -> Classifier:
    """From the seed's descriptions, and posts labelled with topics that the seed still has."""
    known = {description.topic_id for description in described}
    kept = [place for place, topic_id in enumerate(topic_ids) if topic_id in known]
    return Classifier(
        np.concatenate([description_vectors, vectors[kept]]),
        [description.topic_id for description in described] + [topic_ids[place] for place in kept],
        [DESCRIPTION_WEIGHT] * len(described) + [1.0] * len(kept),
    )
