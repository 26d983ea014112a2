"""How well officers are told apart and together by name, mission and course, and how long it takes.

    .venv/bin/python benchmarks/identity_linkage.py

Precision: of the pairs linked, those that are one officer. Recall: of the pairs of one officer, those linked, told
twice: over the pairs that the rules decided, and over all, where what went to a person counts as missed.
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from orchestration.identity.linkage import Population, link
from tests.identity_pairs import Pair, labelled_pairs


@dataclass(frozen=True)
class Score:
    pairs: int
    linked_right: int
    linked_wrong: int
    parted_right: int
    parted_wrong: int
    review_same: int
    review_different: int

    @property
    def precision(self) -> float:
        return self.linked_right / (self.linked_right + self.linked_wrong)

    @property
    def recall_decided(self) -> float:
        return self.linked_right / (self.linked_right + self.parted_wrong)

    @property
    def recall_all(self) -> float:
        return self.linked_right / (self.linked_right + self.parted_wrong + self.review_same)


def score(pairs: list[Pair]) -> Score:
    """How the pairs are decided among the mentions of all of them."""
    population = Population(mention for pair in pairs for mention in (pair.left, pair.right))
    counts: Counter = Counter()
    for pair in pairs:
        verdict = population.weigh(pair.left, pair.right)
        fate = "link" if verdict.is_link else "review" if verdict.is_uncertain else "part"
        counts[fate, pair.is_same] += 1
    return Score(
        pairs=len(pairs),
        linked_right=counts["link", True],
        linked_wrong=counts["link", False],
        parted_right=counts["part", False],
        parted_wrong=counts["part", True],
        review_same=counts["review", True],
        review_different=counts["review", False],
    )


def main() -> None:
    for half in ("development", "held_out"):
        pairs = labelled_pairs(half)
        began = time.perf_counter()
        found = score(pairs)
        seconds = time.perf_counter() - began
        print(f"{half}: {found.pairs} pairs in {seconds:.2f} s")
        print(f"  precision {found.precision:.4f}  ({found.linked_right} right, {found.linked_wrong} wrong links)")
        print(f"  recall over decided pairs {found.recall_decided:.4f}  ({found.parted_wrong} wrongly parted)")
        print(f"  recall over all pairs {found.recall_all:.4f}")
        print(f"  to review {found.review_same} of one officer, {found.review_different} of two")
    pairs = [pair for half in ("development", "held_out") for pair in labelled_pairs(half, same=200, different=200)]
    mentions = [
        replace(mention, key=f"{number}-{mention.key}")
        for number, pair in enumerate(pairs)
        for mention in (pair.left, pair.right)
    ]
    began = time.perf_counter()
    linkage = link(mentions)
    seconds = time.perf_counter() - began
    people = len({identity.person_id for identity in linkage.people.values()})
    print(f"linking {len(mentions):,} mentions: {seconds:.1f} s, {people:,} people, {len(linkage.doubts):,} doubts")


if __name__ == "__main__":
    main()
