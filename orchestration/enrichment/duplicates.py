"""Posts that say the same: the same words, words a little changed, or the same in another language.

Two texts are a pair when they are near in the space without languages and do not contradict each other in their
numbers: "on 4 May" and "on 9 May" are two announcements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.enrichment.models import cosines
from orchestration.enrichment.words import numbers

ROWS_AT_ONCE = 512
CANDIDATES = np.arange(0.30, 0.95, 0.005)


@dataclass(frozen=True)
class Thresholds:
    """How near a pair is at least: texts of one language share more than their meaning, so they must be nearer."""

    across: float
    within: float


def pairs(
    vectors: np.ndarray,
    texts: Sequence[str],
    languages: Sequence[str],
    others: np.ndarray,
    other_texts: Sequence[str],
    other_languages: Sequence[str],
    thresholds: Thresholds,
) -> list[tuple[int, int, float]]:
    """Places of the pairs among ``vectors`` (first) and ``others`` (second), with how near they are."""
    found = []
    theirs = np.array(other_languages)
    told, other_told = [numbers(text) for text in texts], [numbers(text) for text in other_texts]
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        near = cosines(vectors[start : start + ROWS_AT_ONCE], others)
        own = np.array(languages[start : start + ROWS_AT_ONCE])
        least = np.where(own[:, None] == theirs[None, :], thresholds.within, thresholds.across)
        for row, column in zip(*np.nonzero(near >= least), strict=True):
            first, second = start + int(row), int(column)
            if not contradict(told[first], other_told[second]):
                found.append((first, second, round(float(near[row, column]), 4)))
    return found


def contradict(left: frozenset[int], right: frozenset[int]) -> bool:
    return bool(left) and bool(right) and not left & right


def calibrated(vectors: np.ndarray, stories: Sequence[str], languages: Sequence[str]) -> Thresholds:
    """The thresholds with the best F1 on labelled posts: those of one story are pairs.

    The posts tell no story twice in one language, so the threshold within a language is the nearest that two
    different posts of one language come, and half the way from there to the same words.
    """
    left, right = np.triu_indices(len(vectors), 1)
    near = cosines(vectors, vectors)[left, right]
    told, spoken = np.array(stories), np.array(languages)
    is_within = spoken[left] == spoken[right]
    is_pair = (told[left] == told[right]) & (told[left] != "")
    across = max(CANDIDATES, key=lambda least: _f1(near[~is_within] >= least, is_pair[~is_within]))
    nearest = float(near[is_within].max())
    return Thresholds(round(float(across), 4), round((1 + nearest) / 2, 4))


def _f1(found: np.ndarray, wanted: np.ndarray) -> float:
    return 2 * float((found & wanted).sum()) / max(float(found.sum() + wanted.sum()), 1.0)
