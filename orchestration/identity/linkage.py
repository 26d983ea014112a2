"""Which mentions are one person: by service number or e-mail first, then by name, mission and course.

Evidence is weighed in bits, as Fellegi and Sunter do: each agreement is worth as much as it is rare among the people
at hand, and against it stands how unlikely it is that two mentions out of so many are one person. Above ``LINK_BITS``
two mentions are one person, below ``REVIEW_BITS`` they are two, and between them a person is asked. A list names a
person once, so two mentions of one list are never linked by name.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import combinations

from orchestration.identity.names import (
    OFTEN_LEFT_OUT,
    cost,
    differ_in_vowels,
    folded,
    is_initial_of,
    is_slip,
    parts_of,
)

LINK_BITS = 4.0
REVIEW_BITS = -6.0

OTHER_MISSION_BITS = -2.0
"""Officers rotate, so another mission speaks against two mentions, but does not decide."""
MOST_BITS_OF_A_MISSION, MOST_BITS_OF_A_COURSE = 5.0, 4.0
INITIAL_BITS = 2.0
LEFT_OUT_BITS, OFTEN_LEFT_OUT_BITS = -1.5, -0.3
CONFLICT_BITS = -8.0
MOST_BITS_OF_A_PART, FEWEST_BITS_OF_A_PART = 8.0, 1.0
SMALLEST_POPULATION = 64
OWN_NAME_COUNT = 3
"""Borne by so many mentions, a part is a name and no slip of the pen for its neighbour."""
LARGEST_BLOCK = 300
CLOSE_CALL_BITS = 3.0
"""Two people who claim one mention this closely are told apart by a person."""


class Answer(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


class Method(StrEnum):
    SERVICE_NUMBER = "service_number"
    EMAIL = "email"
    NAME = "name"
    ANSWER = "answer"
    ALONE = "alone"


@dataclass(frozen=True)
class Mention:
    """One person as one source writes them. ``key`` is stable between runs; ``lists`` are the sheets that name each
    person once, ``courses`` what the mention took part in."""

    key: str
    name: str | None = None
    service_number: str | None = None
    email: str | None = None
    mission_id: str | None = None
    courses: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return parts_of(self.name or "")

    @property
    def number(self) -> str | None:
        return "".join(self.service_number.split()).upper() or None if self.service_number else None

    @property
    def address(self) -> str | None:
        return self.email.strip().lower() or None if self.email else None


@dataclass(frozen=True)
class Verdict:
    """``bits`` for two mentions being one person, and the ``evidence`` in words."""

    bits: float
    evidence: str

    @property
    def is_link(self) -> bool:
        return self.bits >= LINK_BITS

    @property
    def is_uncertain(self) -> bool:
        return REVIEW_BITS <= self.bits < LINK_BITS


@dataclass(frozen=True)
class Doubt:
    """Two mentions that only a person can tell: their keys in order, and why."""

    left: str
    right: str
    evidence: str
    score: float


@dataclass(frozen=True)
class Identity:
    """To whom a mention belongs, by what, and how sure: the bits of its best link, none where it was not weighed."""

    person_id: str
    method: Method
    score: float | None


@dataclass(frozen=True)
class Linkage:
    people: Mapping[str, Identity]
    doubts: Sequence[Doubt] = field(default_factory=tuple)


class Population:
    """How common each part of a name is among the mentions at hand."""

    def __init__(self, mentions: Iterable[Mention]):
        mentions = list(mentions)
        self.size = max(len(mentions), SMALLEST_POPULATION)
        bags = [frozenset(folded(part) for part in mention.parts) for mention in mentions]
        self._counts = Counter(part for bag in bags for part in bag)
        self._spellings = Counter(part for mention in mentions for part in set(mention.parts))
        self._by_sound: defaultdict[str, set[str]] = defaultdict(set)
        for part in self._spellings:
            self._by_sound[_bones(part)].add(part)
        self._known_pairs: dict[tuple[str, str], tuple[float, str]] = {}
        self._missions = Counter(mention.mission_id for mention in mentions)
        self._courses = Counter(course for mention in mentions for course in mention.courses)
        # As many people as names that sound different: not a count, but near enough for a logarithm.
        self._prior = -math.log2(max(len({bag - OFTEN_LEFT_OUT for bag in bags}), SMALLEST_POPULATION))

    def weigh(self, left: Mention, right: Mention) -> Verdict:
        """By name, mission and course; not by numbers and addresses, which ``link`` looks at first."""
        if not left.parts or not right.parts:
            return Verdict(-math.inf, "one of them has no name")
        bits, told = self._compared(left.parts, right.parts)
        if left.mission_id and right.mission_id:
            is_same = left.mission_id == right.mission_id
            rarity = self._rarity(self._missions[left.mission_id], MOST_BITS_OF_A_MISSION)
            bits += rarity if is_same else OTHER_MISSION_BITS
            told.append("same mission" if is_same else "another mission")
        if shared := left.courses & right.courses:
            bits += max(self._rarity(self._courses[course], MOST_BITS_OF_A_COURSE) for course in shared)
            told.append("same course")
        return Verdict(bits + self._prior, "; ".join(told))

    def _compared(self, left: Sequence[str], right: Sequence[str]) -> tuple[float, list[str]]:
        """The best pairing of the parts, taken greedily: at most a handful on either side."""
        offers = sorted(
            ((*self._paired(one, other), m, n) for m, one in enumerate(left) for n, other in enumerate(right)),
            key=lambda offer: (-offer[0], offer[2:]),
        )
        lefts, rights = set(range(len(left))), set(range(len(right)))
        bits, told = 0.0, []
        for gain, word, m, n in offers:
            if gain > 0 and m in lefts and n in rights:
                lefts.remove(m)
                rights.remove(n)
                bits += gain
                told.append(f"{left[m]} {word} {right[n]}")
        rests = [[left[m] for m in sorted(lefts)], [right[n] for n in sorted(rights)]]
        firm = [sum(folded(part) not in OFTEN_LEFT_OUT for part in rest) for rest in rests]
        bits += CONFLICT_BITS * min(firm) + LEFT_OUT_BITS * abs(firm[0] - firm[1])
        bits += OFTEN_LEFT_OUT_BITS * (sum(map(len, rests)) - sum(firm))
        if lefts or rights:
            told.append(" against ".join(" ".join(rest) or "nothing" for rest in rests))
        return bits, told

    def _paired(self, one: str, other: str) -> tuple[float, str]:
        pair = (one, other)
        if pair not in self._known_pairs:
            self._known_pairs[pair] = self._weighed_pair(one, other)
        return self._known_pairs[pair]

    def _weighed_pair(self, one: str, other: str) -> tuple[float, str]:
        if len(one) == 1 or len(other) == 1:
            if one == other:
                return INITIAL_BITS, "is"
            initial, part = (one, other) if len(one) == 1 else (other, one)
            return (INITIAL_BITS, "abbreviates") if is_initial_of(initial, part) else (0.0, "")
        left, right = folded(one), folded(other)
        worth = min(self._worth(left), self._worth(right))
        apart, length = cost(left, right), min(len(left), len(right))
        if apart <= 0.05:
            return worth, "is"
        if apart <= 0.25:
            return 0.9 * worth, "sounds like"
        if (
            (apart <= 0.4 and length >= 4)
            or (apart <= 0.5 and length >= 5)
            or (apart <= 0.8 and length >= 5 and differ_in_vowels(left, right))
        ):
            return 0.75 * worth, "sounds like"
        if self._spellings[one] >= OWN_NAME_COUNT and self._spellings[other] >= OWN_NAME_COUNT:
            return 0.0, ""
        if (length >= 5 and (apart <= 0.75 or differ_in_vowels(left, right))) or self._is_slip(one, other):
            return 0.6 * worth, "may be a slip for"
        return 0.0, ""

    def _is_slip(self, one: str, other: str) -> bool:
        """Of one part for the other, or for another spelling of it that somebody here uses."""
        pairs = [(one, spelling) for spelling in self._spellings_of(other)]
        pairs += [(other, spelling) for spelling in self._spellings_of(one)]
        return is_slip(folded(one), folded(other)) or any(is_slip(*pair) for pair in pairs)

    def _spellings_of(self, part: str) -> list[str]:
        alike = self._by_sound.get(_bones(part), ())
        return [spelling for spelling in alike if cost(folded(spelling), folded(part)) <= 0.25]

    def _worth(self, part: str) -> float:
        return max(self._rarity(self._counts[part], MOST_BITS_OF_A_PART), FEWEST_BITS_OF_A_PART)

    def _rarity(self, count: int, most: float) -> float:
        return min(math.log2(self.size / max(count, 1)), most)


def link(mentions: Sequence[Mention], answers: Mapping[tuple[str, str], Answer] | None = None) -> Linkage:
    """Every mention's person, and the doubts that are left. ``answers`` go by the two keys in order; they win over
    names, and ``different`` over shared addresses too. The order of the mentions changes nothing."""
    mentions = sorted(mentions, key=lambda mention: mention.key)
    return _Linking(mentions, answers or {}).run()


def pair_of(left: str, right: str) -> tuple[str, str]:
    """Two keys in the order that answers and doubts bear them."""
    return (left, right) if left <= right else (right, left)


class _Linking:
    def __init__(self, mentions: Sequence[Mention], answers: Mapping[tuple[str, str], Answer]):
        self._mentions = {mention.key: mention for mention in mentions}
        self._answers = answers
        self._population = Population(mentions)
        self._groups: dict[str, list[str]] = {key: [key] for key in self._mentions}
        self._group_of = {key: key for key in self._mentions}
        self._methods: dict[str, tuple[Method, float | None]] = {}
        self._doubts: dict[tuple[str, str], Doubt] = {}

    def run(self) -> Linkage:
        self._by(Method.SERVICE_NUMBER, lambda mention: mention.number)
        for (left, right), answer in sorted(self._answers.items()):
            if answer == Answer.SAME and left in self._mentions and right in self._mentions:
                self._merge(left, right, Method.ANSWER, None)
        self._by(Method.EMAIL, lambda mention: mention.address)
        self._by_name()
        return Linkage(people=self._people(), doubts=self._open_doubts())

    def _by(self, method: Method, token_of) -> None:
        first: dict[str, str] = {}
        for key, mention in self._mentions.items():
            token = token_of(mention)
            if token is None:
                continue
            other = first.setdefault(token, key)
            if other == key:
                continue
            if method == Method.EMAIL and not self._share_an_address(other, key):
                continue
            self._merge(other, key, method, None)

    def _share_an_address(self, left: str, right: str) -> bool:
        """A mission's mailbox is many people's: where number or name says so, a person is asked."""
        one, other = self._mentions[left], self._mentions[right]
        if self._why_apart(left, right, by_name=False) is not None:
            return False
        is_named = bool(one.parts and other.parts)
        if is_named and self._population.weigh(one, other).bits < REVIEW_BITS:
            self._doubt(left, right, f"same e-mail {one.address}, but {one.name} is not {other.name}", 0.0)
            return False
        return True

    def _by_name(self) -> None:
        weighed = [(self._population.weigh(self._mentions[a], self._mentions[b]), a, b) for a, b in self._candidates()]
        links = sorted((w for w in weighed if w[0].is_link), key=lambda w: (-w[0].bits, w[1], w[2]))
        close = self._close_calls(links)
        for verdict, left, right in links:
            if self._group_of[left] == self._group_of[right]:
                continue
            if (left, right) in close:
                self._doubt(left, right, f"{verdict.evidence}; another person fits as well", verdict.bits)
            elif (reason := self._why_apart(left, right, by_name=True)) is None:
                self._merge(left, right, Method.NAME, verdict.bits)
            elif reason:
                self._doubt(left, right, f"{verdict.evidence}; {reason}", verdict.bits)
        for verdict, left, right in weighed:
            if verdict.is_uncertain and self._why_apart(left, right, by_name=False) is None:
                self._doubt(left, right, verdict.evidence, verdict.bits)

    def _close_calls(self, links: Sequence[tuple[Verdict, str, str]]) -> set[tuple[str, str]]:
        """Links of a mention without a number that two people of different numbers claim about as well."""
        claims: defaultdict[str, dict[str, float]] = defaultdict(dict)
        pairs: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for verdict, left, right in links:
            one, other = self._group_of[left], self._group_of[right]
            for group, rival in ((one, other), (other, one)):
                if not self._numbers(group) and self._numbers(rival):
                    claims[group][rival] = max(verdict.bits, claims[group].get(rival, -math.inf))
                    pairs[group, rival].append((left, right))
        close: set[tuple[str, str]] = set()
        for group, rivals in claims.items():
            best = max(rivals.values())
            near = [rival for rival, bits in rivals.items() if best - bits < CLOSE_CALL_BITS]
            if len(near) > 1:
                close.update(pair for rival in near for pair in pairs[group, rival])
        return close

    def _candidates(self) -> list[tuple[str, str]]:
        """Pairs that share the consonants of a part; of parts that too many bear, within a mission or course only."""
        blocks: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for key, mention in self._mentions.items():
            for bone in {_bones(part) for part in mention.parts if len(part) > 1}:
                blocks[(bone,)].append(key)
        pairs: set[tuple[str, str]] = set()
        for (bone,), keys in list(blocks.items()):
            if len(keys) <= LARGEST_BLOCK:
                pairs.update(combinations(keys, 2))
                continue
            for key in keys:
                mention = self._mentions[key]
                for place in {mention.mission_id, *mention.courses} - {None}:
                    blocks[bone, place].append(key)
        for block, keys in blocks.items():
            if len(block) == 2:
                pairs.update(combinations(keys, 2))
        return sorted(pair for pair in pairs if self._group_of[pair[0]] != self._group_of[pair[1]])

    def _why_apart(self, left: str, right: str, *, by_name: bool) -> str | None:
        """Why two groups may not become one: empty where that is certain, None where they may."""
        one, other = self._groups[self._group_of[left]], self._groups[self._group_of[right]]
        if len(self._numbers(left) | self._numbers(right)) > 1 and self._numbers(left) != self._numbers(right):
            return ""
        if any(self._answers.get(pair_of(a, b)) == Answer.DIFFERENT for a in one for b in other):
            return ""
        if not by_name:
            return None
        lists = [frozenset().union(*(self._mentions[key].lists for key in group)) for group in (one, other)]
        if lists[0] & lists[1]:
            return "both stand on one list"
        for a in one:
            for b in other:
                if self._mentions[a].parts and self._mentions[b].parts:
                    verdict = self._population.weigh(self._mentions[a], self._mentions[b])
                    if verdict.bits < REVIEW_BITS:
                        return f"but {self._mentions[a].name} is not {self._mentions[b].name}"
        return None

    def _numbers(self, key: str) -> set[str]:
        group = self._groups[self._group_of[key]]
        return {number for member in group if (number := self._mentions[member].number)}

    def _merge(self, left: str, right: str, method: Method, bits: float | None) -> None:
        one, other = sorted((self._group_of[left], self._group_of[right]))
        for key in (left, right):
            self._methods.setdefault(key, (method, bits))
        if one == other:
            return
        for key in self._groups.pop(other):
            self._group_of[key] = one
            self._groups[one].append(key)

    def _doubt(self, left: str, right: str, evidence: str, bits: float) -> None:
        pair = pair_of(left, right)
        self._doubts[pair] = Doubt(*pair, evidence, round(bits, 1))

    def _open_doubts(self) -> tuple[Doubt, ...]:
        """The best doubt of each two people, surest first: one answer settles the others."""
        best: dict[tuple[str, str], Doubt] = {}
        for pair, doubt in sorted(self._doubts.items(), key=lambda item: (-item[1].score, item[0])):
            groups = pair_of(self._group_of[doubt.left], self._group_of[doubt.right])
            if groups[0] != groups[1] and pair not in self._answers:
                best.setdefault(groups, doubt)
        return tuple(best.values())

    def _people(self) -> dict[str, Identity]:
        people = {}
        for group in self._groups.values():
            person_id = self._person_id(group)
            for key in group:
                method, bits = self._methods.get(key, (Method.ALONE, None))
                if method == Method.ALONE and self._mentions[key].number:
                    method = Method.SERVICE_NUMBER
                people[key] = Identity(person_id, method, bits)
        return people

    def _person_id(self, group: Sequence[str]) -> str:
        """The service number, else the e-mail, else a hash of the first key: the same in every run."""
        members = [self._mentions[key] for key in group]
        for tokens in ({m.number for m in members}, {m.address for m in members}):
            if given := sorted(tokens - {None}):
                return given[0]
        return "person-" + sha256(min(group).encode()).hexdigest()[:16]


def _bones(part: str) -> str:
    sound = folded(part).translate(_SOFTENED)
    return sound[:1] + "".join(letter for letter in sound[1:] if letter not in "aeiuEOhy")


_SOFTENED = str.maketrans("TEOzg", "taask")
