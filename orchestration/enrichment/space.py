"""Vectors without their language: what is left tells what a text says, whatever it is written in.

A multilingual model puts texts of one language near to one another. The directions in which the languages' means
differ (of the development split, which tells the same things in all of them) are taken out of every vector, and the
mean of all texts with them (after Yang et al. 2021, "A Simple and Effective Method To Eliminate the Self Language
Bias in Multilingual Representations").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.enrichment.models import whole


@dataclass(frozen=True)
class Space:
    mean: np.ndarray
    directions: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, languages: Sequence[str]) -> "Space":
        """Learnt from vectors of texts and the languages they are in."""
        units = unit(vectors)
        told = np.array(languages)
        means = np.stack([units[told == language].mean(axis=0) for language in sorted(set(languages))])
        mean = means.mean(axis=0)
        _, strengths, directions = np.linalg.svd(means - mean, full_matrices=False)
        return cls(np.round(mean, 6), np.round(directions[strengths > 1e-6], 6))

    def without_language(self, vectors: np.ndarray) -> np.ndarray:
        """Again as whole numbers. Each row comes out the same whatever rows stand beside it."""
        centred = unit(vectors) - self.mean
        along = np.einsum("nd,kd->nk", centred, self.directions)
        return whole(centred - np.einsum("nk,kd->nd", along, self.directions))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each row at length 1; a row of noughts stays."""
    wide = vectors.astype(np.float64)
    lengths = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    return wide / np.where(lengths > 0, lengths, 1)
