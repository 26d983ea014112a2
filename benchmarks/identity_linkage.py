"""How well officers are told apart and together, and how long it takes.

    .venv/bin/python benchmarks/identity_linkage.py [--mentions 20000]

All mentions of a set are linked at once, as a run does, and each labelled pair is looked up in the result: once the
pairs by themselves, once beside the ministry's staff list, which names everybody. Precision:
of the pairs linked, those that are one officer. Strict recall: of all pairs of one officer, those linked; what went to
a person counts as missed. Recall over decided pairs leaves out what went to a person. The same is told of the pairs
that names alone decide: those that share neither service number nor e-mail and do not bear two different numbers.
``unseen`` is the third unseen set; the two before it are the development sets ``third`` and ``fourth`` now.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from orchestration.identity.linkage import Linkage, Mention, link
from tests.identity_pairs import Pair, labelled_pairs, staff_list

SETS = ("development", "held_out", "third", "fourth", "unseen")


@dataclass(frozen=True)
class Score:
    linked_right: int
    linked_wrong: int
    parted_right: int
    parted_wrong: int
    review_same: int
    review_different: int

    @property
    def pairs(self) -> int:
        return self.linked_right + self.linked_wrong + self.parted_right + self.parted_wrong + self.review

    @property
    def review(self) -> int:
        return self.review_same + self.review_different

    @property
    def precision(self) -> float:
        return self.linked_right / (self.linked_right + self.linked_wrong)

    @property
    def recall_strict(self) -> float:
        return self.linked_right / (self.linked_right + self.parted_wrong + self.review_same)

    @property
    def recall_decided(self) -> float:
        return self.linked_right / (self.linked_right + self.parted_wrong)


def mentions_of(pairs: Iterable[Pair]) -> list[Mention]:
    return [mention for pair in pairs for mention in (pair.left, pair.right)]


def score(pairs: Sequence[Pair], linkage: Linkage) -> Score:
    """How the pairs were decided; a doubt about two people is one about every pair of their mentions."""
    person = {key: identity.person_id for key, identity in linkage.people.items()}
    asked = {frozenset((person[doubt.left], person[doubt.right])) for doubt in linkage.doubts}
    counts: Counter = Counter()
    for pair in pairs:
        both = frozenset((person[pair.left.key], person[pair.right.key]))
        counts["link" if len(both) == 1 else "review" if both in asked else "part", pair.is_same] += 1
    return Score(
        linked_right=counts["link", True],
        linked_wrong=counts["link", False],
        parted_right=counts["part", False],
        parted_wrong=counts["part", True],
        review_same=counts["review", True],
        review_different=counts["review", False],
    )


def by_name_alone(pairs: Sequence[Pair]) -> list[Pair]:
    return [
        pair
        for pair in pairs
        if not (pair.left.number and pair.right.number)
        and not (pair.left.address and pair.left.address == pair.right.address)
    ]


def _tell(title: str, found: Score) -> None:
    print(f"{title}: {found.pairs} pairs")
    print(f"  precision {found.precision:.4f} ({found.linked_right} right, {found.linked_wrong} wrong links)")
    print(f"  recall, strict {found.recall_strict:.4f}; over decided pairs {found.recall_decided:.4f}")
    print(f"  to review {found.review_same} of one officer, {found.review_different} of two")


def _crowd(count: int) -> list[Mention]:
    """So many mentions of officers of all sets, in courses of two dozen or so, and as many that bear a service
    number alone."""
    each = count // (4 * len(SETS))
    groups = max(count // 300, 1)
    named = [
        mention
        for half in SETS
        for n, pair in enumerate(labelled_pairs(half, seed=11, same=each, different=each, people=count // 15))
        for mention in (_of_class(pair.left, n % groups), _of_class(pair.right, n % groups))
    ]
    return named + [Mention(f"learner-{n}", service_number=f"L-{n}") for n in range(count)]


def _of_class(mention: Mention, group: int) -> Mention:
    return replace(mention, courses=frozenset(f"{course}, class {group}" for course in mention.courses))


def main() -> None:
    parser = argparse.ArgumentParser(description="Precision, recall and pace of identity linkage")
    parser.add_argument("--mentions", type=int, default=20_000, help="mentions with names to link for the pace")
    parser.add_argument("--sets", nargs="*", default=SETS, choices=SETS)
    asked = parser.parse_args()
    for half in asked.sets:
        pairs = labelled_pairs(half)
        for title, beside in ((half, []), (f"{half}, beside the staff list", staff_list(half))):
            linkage = link([*mentions_of(pairs), *beside])
            _tell(title, score(pairs, linkage))
            _tell(f"{title}, by name alone", score(by_name_alone(pairs), linkage))
    crowd = _crowd(asked.mentions)
    began, worked = time.perf_counter(), time.process_time()
    linkage = link(crowd)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    people = len({identity.person_id for identity in linkage.people.values()})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"linking {asked.mentions:,} mentions with names and as many of a number alone: {seconds:.1f} s ", end="")
    print(f"({worked:.1f} s of processor), ", end="")
    print(f"{memory:,.0f} MB at most, {people:,} people, {len(linkage.doubts):,} doubts")


if __name__ == "__main__":
    main()
