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
NEIGHBOURS = 4
CANDIDATES = np.arange(0.0, 0.5, 0.005)


@dataclass(frozen=True)
class Alikeness:
    """When two texts say the same, learnt from labelled posts.

    A text about what everybody writes about is near to many. So across languages the cosine counts above the mean of
    what the two texts come to with their nearest posts of the development split, which say something else (a margin
    as in Artetxe and Schwenk 2019, "Margin-based Parallel Corpus Mining"; the reference is fixed, so that no other
    post of the night bears on a pair). Texts of one language share more than their meaning: they are the same from a
    high cosine on.
    """

    reference: np.ndarray
    usual_most: float
    across: float
    within: float

    @classmethod
    def learnt(cls, vectors: np.ndarray, stories: Sequence[str], languages: Sequence[str]) -> "Alikeness":
        """With the best F1 on posts of which those of one story are pairs.

        They tell no story twice in one language, so within one the threshold lies half the way from the nearest that
        two different posts come to the very same words.
        """
        near = cosines(vectors, vectors)
        told, spoken = np.array(stories), np.array(languages)
        is_pair = (told[:, None] == told[None, :]) & (told != "")[:, None]
        strangers = np.where(is_pair | np.eye(len(vectors), dtype=bool), -1.0, near)
        usual = _mean_of_nearest(strangers)
        left, right = np.triu_indices(len(vectors), 1)
        is_within = spoken[left] == spoken[right]
        margins = (near - (usual[:, None] + usual[None, :]) / 2)[left, right]
        wanted = is_pair[left, right][~is_within]
        across = max(CANDIDATES, key=lambda least: _f1(margins[~is_within] >= least, wanted))
        nearest = float(near[left, right][is_within].max())
        return cls(vectors, float(usual.max()), round(float(across), 4), round((1 + nearest) / 2, 4))

    def usual(self, vectors: np.ndarray) -> np.ndarray:
        """How near each text comes to posts that say something else; at most what was usual among those themselves,
        so that a text which happens to say the same as one of them still finds its like."""
        return np.minimum(_mean_of_nearest(cosines(vectors, self.reference)), self.usual_most)


@dataclass(frozen=True)
class Texts:
    """What is compared: vectors without their languages, the words, and the languages, row by row."""

    vectors: np.ndarray
    words: Sequence[str]
    languages: Sequence[str]


def pairs(texts: Texts, others: Texts, alike: Alikeness) -> list[tuple[int, int, float]]:
    """Places of the pairs among ``texts`` (first) and ``others`` (second), with their cosine."""
    found = []
    theirs, their_usual = np.array(others.languages), alike.usual(others.vectors)
    told, their_told = [numbers(text) for text in texts.words], [numbers(text) for text in others.words]
    for start in range(0, len(texts.vectors), ROWS_AT_ONCE):
        vectors = texts.vectors[start : start + ROWS_AT_ONCE]
        near = cosines(vectors, others.vectors)
        own = np.array(texts.languages[start : start + ROWS_AT_ONCE])
        least = alike.across + (alike.usual(vectors)[:, None] + their_usual[None, :]) / 2
        least = np.where(own[:, None] == theirs[None, :], alike.within, least)
        for row, column in zip(*np.nonzero(np.round(near - least, 9) >= 0), strict=True):
            first, second = start + int(row), int(column)
            if not contradict(told[first], their_told[second]):
                found.append((first, second, round(float(near[row, column]), 4)))
    return found


def contradict(left: frozenset[int], right: frozenset[int]) -> bool:
    return bool(left) and bool(right) and not left & right


def _mean_of_nearest(near: np.ndarray) -> np.ndarray:
    return np.sort(near, axis=1)[:, -NEIGHBOURS:].mean(axis=1)


def _f1(found: np.ndarray, wanted: np.ndarray) -> float:
    return 2 * float((found & wanted).sum()) / max(float(found.sum() + wanted.sum()), 1.0)
