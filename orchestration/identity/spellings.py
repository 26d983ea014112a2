"""Which spellings are one name, learned from the people at hand.

Whoever is known by a service number or an e-mail is told more than once, by other hands, and the e-mail itself spells
the name. In two tellings of one person, parts that sound alike, and the one part that is left of either, alternate:
Geoffrey Ivanov is Jeffrey Ivanoff. Spellings that alternate for several people, and for enough of those who bear the
rarer, are one name for everybody. No list of names is needed, so the traditions of any ministry are learned; where
nobody is known twice, nothing is.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations, product

from orchestration.identity.linkage import Mention
from orchestration.identity.names import OFTEN_LEFT_OUT, Likeness, address_parts, alike, cost, folded, is_slip

LEAST_PEOPLE = 2
LEAST_SHARE = 0.1
"""Of the people who bear the rarer spelling and are told more than once, so many must bear both."""
MOST_APART = 0.5
"""What a letter of the longer spelling may cost on average: Sean is Shaun, but no Ali is Omar."""
ROUNDS = 3


class Spellings:
    """The names of the mentions' parts. Each round learns from people whose other parts the round before made one."""

    def __init__(self, mentions: Sequence[Mention]):
        self._written: defaultdict[str, set[str]] = defaultdict(set)
        numbers: defaultdict[str, set[str]] = defaultdict(set)
        for mention in mentions:
            if mention.number and mention.address:
                numbers[mention.address].add(mention.number)
            for part in mention.parts:
                self._written[folded(part)].add(part)
        tellings: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        for mention in mentions:
            owners = numbers.get(mention.address, {mention.address}) if mention.address else set()
            if person := mention.number or (min(owners) if len(owners) == 1 else None):
                tellings[person].add(tuple(filter(_is_told, mention.parts)))
                if mention.address:
                    tellings[person].add(tuple(filter(_is_told, address_parts(mention.address))))
        known = [sorted(told) for told in tellings.values() if len(told) > 1]
        self._name: dict[str, str] = {}
        for _ in range(ROUNDS):
            if not self._learn(known):
                break

    def name_of(self, part: str) -> str:
        """The sound that stands for all spellings of the part."""
        sound = folded(part)
        return self._name.get(sound, sound)

    def alike(self, one: str, other: str) -> Likeness:
        """As in ``names``, but spellings of one name sound alike, and an initial or a slip may be of any of them."""
        if len(one) > 1 and len(other) > 1 and self.name_of(one) == self.name_of(other):
            return Likeness.SOUND
        if heard := alike(one, other):
            return heard
        pairs = product(self._spellings(one), self._spellings(other))
        if len(one) == 1 or len(other) == 1:
            return Likeness.INITIAL if any(alike(*pair) for pair in pairs) else Likeness.NONE
        return Likeness.SLIP if any(is_slip(*pair) for pair in pairs) else Likeness.NONE

    def _spellings(self, part: str) -> set[str]:
        return {part} if len(part) == 1 else self._written.get(self.name_of(part), {part})

    def _learn(self, known: Sequence[Sequence[tuple[str, ...]]]) -> bool:
        bearers: Counter[str] = Counter()
        both: Counter[tuple[str, str]] = Counter()
        for tellings in known:
            bearers.update({self.name_of(part) for parts in tellings for part in parts})
            both.update({pair for two in combinations(tellings, 2) for pair in self._alternations(*two)})
        names = [
            pair
            for pair, people in sorted(both.items())
            if people >= max(LEAST_PEOPLE, LEAST_SHARE * min(bearers[name] for name in pair))
        ]
        for one, other in names:
            kept, gone = sorted((self._name.get(one, one), self._name.get(other, other)))
            self._written[kept] |= self._written[gone]
            self._name |= {sound: kept for sound, name in self._name.items() if name == gone} | {gone: kept}
        return bool(names)

    def _alternations(self, one: Sequence[str], other: Sequence[str]) -> set[tuple[str, str]]:
        """The names that stand for each other in two tellings of one person: those that sound alike, and what is left
        of either where it is one part."""
        left, right, heard = list(one), list(other), []
        for part in one:
            if found := next((p for p in right if self.alike(part, p) >= Likeness.NEAR), None):
                heard.append((part, found))
                left.remove(part)
                right.remove(found)
        if heard and len(left) == len(right) == 1 and _apart(left[0], right[0]) <= MOST_APART:
            heard.append((left[0], right[0]))
        names = (sorted(map(self.name_of, pair)) for pair in heard)
        return {(first, second) for first, second in names if first != second}


def _apart(one: str, other: str) -> float:
    left, right = folded(one), folded(other)
    return cost(left, right) / max(len(left), len(right))


def _is_told(part: str) -> bool:
    """Whether the part is written out and always written."""
    return len(part) > 1 and folded(part) not in OFTEN_LEFT_OUT
