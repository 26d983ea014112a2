"""A reader of texts: everything the models tell of a text, fitted to the development split when it starts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from orchestration.enrichment import duplicates, models, topics
from orchestration.enrichment.classifier import Classifier
from orchestration.enrichment.duplicates import Alikeness, Texts
from orchestration.enrichment.language import LATIN, ROMAN_URDU, Languages
from orchestration.enrichment.models import Embedder, Identity, embedder, identity
from orchestration.enrichment.romanised import LETTERS, in_urdu_letters
from orchestration.enrichment.space import Space
from orchestration.enrichment.words import words
from orchestration.landing import write_atomically
from orchestration.settings import Settings

HERE = Path(__file__).parent
DEVELOPMENT = HERE / "development.csv"
SHIPPED_VECTORS = HERE / "development_vectors.parquet"
PAIR_SCHEMA = {"text_hash": pl.String, "other_text_hash": pl.String, "similarity": pl.Float64}
METHOD = "2"
"""Raised when the code reads texts in another way, so that they are read anew."""


@dataclass(frozen=True)
class Reading:
    """What is told of one text. Where it has no words, nothing is told and there is no vector."""

    language: str | None = None
    language_confidence: float | None = None
    topic_id: str | None = None
    topic_score: float | None = None
    tone: str | None = None
    tone_score: float | None = None
    vector: str | None = None


def development() -> pl.DataFrame:
    """Posts written for the development of the models, labelled; the test split shares none of them."""
    return pl.read_csv(DEVELOPMENT, infer_schema=False).with_columns(pl.col("story").fill_null(""))


def reading_version(settings: Settings) -> str:
    """Names how texts are read: a change of model, seed, languages or examples makes another one."""
    made_from = (
        METHOD,
        vectors_version(settings),
        version("lingua-language-detector"),
        version("scikit-learn"),
        topics.SEED.read_bytes().decode(),
    )
    return f"{identity(settings).version}-{_digest(made_from)}"


def vectors_version(settings: Settings) -> str:
    """Names how vectors are made: by a model, of texts some of which are brought into another script before."""
    made_from = (
        version("wordfreq"),
        settings.languages,
        LETTERS.read_bytes().decode(),
        DEVELOPMENT.read_bytes().decode(),
    )
    return f"{identity(settings).version}-{_digest(made_from)}"


def _digest(made_from: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:8]


class Reader:
    """Reads texts with the model of the settings. Raises EnrichmentError where that cannot be had."""

    def __init__(self, settings: Settings, posts: pl.DataFrame | None = None):
        self._settings = settings
        self._posts = development() if posts is None else posts
        self._embedder: Embedder = embedder(settings)
        texts, languages = _spoken(self._posts)
        spelled = _spelled(texts, languages)
        vectors = development_vectors(self._embedder, spelled, settings.data_dir / "enrichment")
        self.space = Space.of(vectors, languages)
        self._near = self.space.without_language(vectors)
        latin = [
            (text, language)
            for text, language in zip(texts, languages, strict=True)
            if any(c in LATIN for c in text.lower()) and language not in ("ar", "fa", "ur", "zh")
        ]
        self.languages = Languages(settings.language_codes, latin)

    @cached_property
    def _topic(self) -> Classifier:
        described = topics.descriptions()
        vectors = self._embedder.embed([description.text for description in described])
        near = self.space.without_language(vectors)
        return topics.classifier(described, near, self._posts["topic"].to_list(), self._near)

    @cached_property
    def _tone(self) -> Classifier:
        return Classifier(self._near, self._posts["tone"].to_list())

    @cached_property
    def alike(self) -> Alikeness:
        return Alikeness.learnt(self._near, self._posts["story"].to_list(), self._posts["language"].to_list())

    def embed(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        """The vectors of texts that have words, in the languages told of them."""
        return self._embedder.embed(_spelled(texts, languages))

    def read(self, texts: Sequence[str], kept: Sequence[str | None] | None = None) -> list[Reading]:
        """One reading per text. ``kept`` are vectors that the same model made of them before, where there are any."""
        readings = [Reading()] * len(texts)
        spoken = {place: plain for place, text in enumerate(texts) if (plain := words(text)) is not None}
        if not spoken:
            return readings
        places = list(spoken)
        languages = dict(zip(places, self.languages.detect(list(spoken.values())), strict=True))
        written = {place: vector for place in places if kept and (vector := kept[place])}
        missing = [place for place in places if place not in written]
        if missing:
            made = self.embed([spoken[place] for place in missing], [languages[place][0] for place in missing])
            written |= dict(zip(missing, models.written(made), strict=True))
        near = self.space.without_language(models.read([written[place] for place in places]))
        told = zip(
            places,
            languages.values(),
            self._topic.classify(near),
            self._tone.classify(near),
            strict=True,
        )
        for place, language, topic, tone in told:
            readings[place] = Reading(*language, *topic, *tone, written[place])
        return readings

    def pairs(self, new: pl.DataFrame, known: pl.DataFrame, days: int) -> pl.DataFrame:
        """Pairs of ``new`` with ``known`` texts (the new ones among them) whose posts lie at most ``days`` apart.

        Both have text_hash, text, language, vector and the times of their first and last post.
        """
        if new.is_empty():
            return pl.DataFrame(schema=PAIR_SCHEMA)
        reach = pl.duration(days=days)
        around = known.filter(
            pl.col("last_posted_at") >= new.select(pl.min("first_posted_at")).item() - timedelta(days=days),
            pl.col("first_posted_at") <= new.select(pl.max("last_posted_at")).item() + timedelta(days=days),
        )
        found = duplicates.pairs(self._comparable(new), self._comparable(around), self.alike)
        places = {"row": pl.UInt32, "column": pl.UInt32, "similarity": pl.Float64}
        frame = pl.DataFrame(found, schema=places, orient="row")
        return (
            frame.join(new.with_row_index("row"), on="row")
            .join(around.with_row_index("column"), on="column", suffix="_other")
            .filter(
                pl.col("text_hash") != pl.col("text_hash_other"),
                pl.col("first_posted_at") <= pl.col("last_posted_at_other") + reach,
                pl.col("first_posted_at_other") <= pl.col("last_posted_at") + reach,
            )
            .select(
                text_hash=pl.min_horizontal("text_hash", "text_hash_other"),
                other_text_hash=pl.max_horizontal("text_hash", "text_hash_other"),
                similarity="similarity",
            )
            .unique(["text_hash", "other_text_hash"])
            .sort("text_hash", "other_text_hash")
        )

    def _comparable(self, texts: pl.DataFrame) -> Texts:
        near = self.space.without_language(models.read(texts["vector"].to_list()))
        return Texts(near, [words(text) or "" for text in texts["text"]], texts["language"].to_list())


def development_vectors(model: Embedder, texts: Sequence[str], folder: Path) -> np.ndarray:
    """Of the development split: those shipped for the embedded model, else made once and kept in ``folder``."""
    wanted = _stamp(model.identity, texts)
    own = folder / f"development-{wanted[:16]}.parquet"
    for path in (SHIPPED_VECTORS, own):
        if path.exists():
            held = pl.read_parquet(path)
            if held["stamp"][0] == wanted:
                return models.read(held["vector"].to_list())
    vectors = model.embed(texts)
    write_atomically(_table(wanted, vectors), own)
    return vectors


def ship_development_vectors(settings: Settings) -> None:
    """Make the vectors of the development split anew, for the repository."""
    model = embedder(settings)
    texts = _spelled(*_spoken(development()))
    write_atomically(_table(_stamp(model.identity, texts), model.embed(texts)), SHIPPED_VECTORS)


def _spoken(posts: pl.DataFrame) -> tuple[list[str], list[str]]:
    return [words(text) or "" for text in posts["text"]], posts["language"].to_list()


def _spelled(texts: Sequence[str], languages: Sequence[str]) -> list[str]:
    """As the model of vectors is given them."""
    return [
        in_urdu_letters(text) if language == ROMAN_URDU else text
        for text, language in zip(texts, languages, strict=True)
    ]


def _table(stamp: str, vectors: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"vector": models.written(vectors)}).with_columns(stamp=pl.lit(stamp))


def _stamp(model: Identity, texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([model.model, model.version, list(texts)]).encode()).hexdigest()
