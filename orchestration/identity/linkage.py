"""Which mentions are one person: by service number or e-mail first, then by name, mission and course.

Splink weighs the names (``scoring``): the logarithm of the odds, in bits, for two mentions being one person. From
``LINK_BITS`` on two mentions are one person, below ``REVIEW_BITS`` they are two, and between them a person is asked. A
list names a person once, so two mentions of one list are never linked by name.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import cached_property
from hashlib import sha256
from itertools import combinations

from orchestration.identity.names import parts_of, spelled_out

LINK_BITS = 2.0
REVIEW_BITS = -6.0
LIKELY_BITS = -3.0
"""From here on two mentions of one full name are one person where nobody else fits it."""
LEAST_BITS = -12.0
"""So little is told of a pair that says no more than that the names of two people agree."""
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
    """One person as one source writes them. ``key`` is stable between runs; ``missions`` are those it was ever told
    with, ``lists`` the sheets that name each person once, ``courses`` what the mention took part in."""

    key: str
    name: str | None = None
    service_number: str | None = None
    email: str | None = None
    missions: frozenset[str] = frozenset()
    courses: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        parts = parts_of(self.name or "")
        return spelled_out(parts, self.address) if self.address else parts

    @property
    def number(self) -> str | None:
        return "".join(self.service_number.split()).upper() or None if self.service_number else None

    @property
    def address(self) -> str | None:
        return self.email.strip().lower() or None if self.email else None


class Names(Enum):
    """Whether two names agree: in all their parts, as far as the shorter one goes, or not."""

    AGREE = auto()
    SHORTER = auto()
    CONTRADICT = auto()


@dataclass(frozen=True)
class Verdict:
    """``bits`` for two mentions being one person, the ``evidence`` in words, and whether the ``names`` agree."""

    bits: float
    evidence: str
    names: Names

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


def link(mentions: Sequence[Mention], answers: Mapping[tuple[str, str], Answer] | None = None) -> Linkage:
    """Every mention's person, and the doubts that are left. ``answers`` go by the two keys in order; they win over
    names, and ``different`` over shared addresses too. The order of the mentions changes nothing."""
    mentions = sorted(mentions, key=lambda mention: mention.key)
    return _Linking(mentions, answers or {}).run()


def pair_of(left: str, right: str) -> tuple[str, str]:
    """Two keys in the order that answers and doubts bear them."""
    return (left, right) if left <= right else (right, left)


@dataclass
class _Group:
    """The mentions that are one person so far, and what they tell together."""

    keys: list[str]
    numbers: frozenset[str]
    addresses: frozenset[str]
    lists: frozenset[str]
    missions: frozenset[str]

    def take(self, other: "_Group") -> None:
        self.keys += other.keys
        self.numbers |= other.numbers
        self.addresses |= other.addresses
        self.lists |= other.lists
        self.missions |= other.missions


class _Linking:
    def __init__(self, mentions: Sequence[Mention], answers: Mapping[tuple[str, str], Answer]):
        self._mentions = {mention.key: mention for mention in mentions}
        self._answers = answers
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._groups = {
            key: _Group(
                keys=[key],
                numbers=frozenset(filter(None, [mention.number])),
                addresses=frozenset(filter(None, [mention.address])),
                lists=mention.lists,
                missions=mention.missions,
            )
            for key, mention in self._mentions.items()
        }
        self._group_of = {key: key for key in self._mentions}
        self._methods: dict[str, tuple[Method, float | None]] = {}
        self._doubts: dict[tuple[str, str], Doubt] = {}
        self._conflicts: dict[tuple, tuple[str, str] | None] = {}

    def run(self) -> Linkage:
        self._by(Method.SERVICE_NUMBER, lambda mention: mention.number)
        for (left, right), answer in sorted(self._answers.items()):
            if answer == Answer.SAME and left in self._mentions and right in self._mentions:
                self._merge(left, right, Method.ANSWER, None)
        self._verdicts = self._weighed()
        self._by(Method.EMAIL, lambda mention: mention.address)
        self._by_name()
        return Linkage(people=self._people(), doubts=self._open_doubts())

    def _weighed(self) -> dict[tuple[str, str], Verdict]:
        """The pairs that may be one person; splink is loaded only where there are names to weigh."""
        named = [mention for mention in self._mentions.values() if mention.parts]
        if len(named) < 2:
            return {}
        from orchestration.identity.scoring import verdicts

        numbers = {key: min(self._group(key).numbers, default=None) for key in self._mentions}
        return verdicts(named, self._group_of, numbers, LEAST_BITS)

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
        if one.parts and other.parts and self._is_another(left, right):
            self._doubt(left, right, f"same e-mail {one.address}, but {one.name} is not {other.name}", 0.0)
            return False
        return True

    def _is_another(self, left: str, right: str) -> bool:
        verdict = self._verdicts.get(pair_of(left, right))
        return verdict is None or verdict.names == Names.CONTRADICT

    def _by_name(self) -> None:
        weighed = [(verdict, left, right) for (left, right), verdict in self._verdicts.items()]
        weighed.sort(key=lambda w: (-w[0].bits, w[1], w[2]))
        links = [w for w in weighed if w[0].is_link]
        # Full names first: by then it is known who else an initial may stand for, and who bears a name alone.
        self._join([w for w in links if w[0].names == Names.AGREE], is_full=True)
        self._join([w for w in links if w[0].names != Names.AGREE], is_full=False)
        self._join([w for w in weighed if self._is_likely(*w)], is_full=False)
        for verdict, left, right in weighed:
            is_told = pair_of(left, right) in self._doubts
            if verdict.is_uncertain and not is_told and self._why_apart(left, right, by_name=False) is None:
                self._doubt(left, right, verdict.evidence, verdict.bits)

    def _is_likely(self, verdict: Verdict, left: str, right: str) -> bool:
        """Whether two mentions are one person if nobody else bears the name: no missions speak against it."""
        told = [self._mentions[key].missions for key in (left, right)]
        is_elsewhere = all(told) and not told[0] & told[1]
        return LIKELY_BITS <= verdict.bits < LINK_BITS and verdict.names == Names.AGREE and not is_elsewhere

    def _join(self, links: Sequence[tuple[Verdict, str, str]], *, is_full: bool) -> None:
        """Merge what is clear, and again what that made clear: who has a place on a list is out for its others."""
        while True:
            close, before = self._close_calls(links, is_full), len(self._groups)
            for verdict, left, right in links:
                if (left, right) not in close and self._why_apart(left, right, by_name=True) is None:
                    self._merge(left, right, Method.NAME, verdict.bits)
            if len(self._groups) == before:
                break
        for verdict, left, right in links:
            reason = self._why_apart(left, right, by_name=True)
            if (left, right) in close and reason is None:
                reason = "another person fits as well"
            if reason:
                self._doubt(left, right, f"{verdict.evidence}; {reason}", verdict.bits)

    def _close_calls(self, links: Sequence[tuple[Verdict, str, str]], is_full: bool) -> set[tuple[str, str]]:
        """Links of a mention without a number that two people claim about as well. By a full name only those with
        numbers are known to be two before the links are made."""
        claims: defaultdict[str, dict[str, float]] = defaultdict(dict)
        pairs: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for verdict, left, right in links:
            one, other = self._group_of[left], self._group_of[right]
            if one == other or self._why_apart(left, right, by_name=True) is not None:
                continue
            for group, rival in ((one, other), (other, one)):
                if not self._groups[group].numbers and (self._groups[rival].numbers or not is_full):
                    claims[group][rival] = max(verdict.bits, claims[group].get(rival, -math.inf))
                    pairs[group, rival].append((left, right))
        close: set[tuple[str, str]] = set()
        for group, rivals in claims.items():
            best = max(rivals.values())
            near = [rival for rival, bits in rivals.items() if best - bits < CLOSE_CALL_BITS]
            if any(self._why_apart(a, b, by_name=True) is not None for a, b in combinations(near, 2)):
                close.update(pair for rival in near for pair in pairs[group, rival])
        return close

    def _why_apart(self, left: str, right: str, *, by_name: bool) -> str | None:
        """Why two groups may not become one: empty where that is certain, None where they may."""
        one, other = self._group(left), self._group(right)
        if one is other:
            return None
        if one.numbers and other.numbers and one.numbers != other.numbers:
            return ""
        if self._answers and any(
            self._answers.get(pair_of(a, b)) == Answer.DIFFERENT for a in one.keys for b in other.keys
        ):
            return ""
        if not by_name:
            return None
        if one.lists & other.lists:
            return "both stand on one list"
        if domain := _of_other_mailboxes(one.addresses, other.addresses):
            return f"but each has a mailbox of its own at {domain}"
        if conflict := self._conflict(one, other):
            return "but {} is not {}".format(*(self._mentions[key].name for key in conflict))
        is_told = self._mentions[left].missions and self._mentions[right].missions
        if one.missions and other.missions and not one.missions & other.missions and not is_told:
            return "but it tells no mission, and the others tell different ones"
        return None

    def _conflict(self, one: _Group, other: _Group) -> tuple[str, str] | None:
        """Two mentions whose names contradict each other, where more pairs of the groups do than agree. Groups only
        grow, so those of one size are the same as before."""
        sizes = (one.keys[0], len(one.keys), other.keys[0], len(other.keys))
        if sizes not in self._conflicts:
            pairs = [
                (a, b) for a in one.keys for b in other.keys if self._mentions[a].parts and self._mentions[b].parts
            ]
            names = [self._names(a, b) for a, b in pairs]
            is_one = names.count(Names.CONTRADICT) > names.count(Names.AGREE)
            self._conflicts[sizes] = pairs[names.index(Names.CONTRADICT)] if is_one else None
        return self._conflicts[sizes]

    def _names(self, left: str, right: str) -> Names:
        if verdict := self._verdicts.get(pair_of(left, right)):
            return verdict.names
        # A common name with an initial is not compared with everybody: nothing is known then.
        has_initial = any(len(part) == 1 for key in (left, right) for part in self._mentions[key].parts)
        return Names.SHORTER if has_initial else Names.CONTRADICT

    def _group(self, key: str) -> _Group:
        return self._groups[self._group_of[key]]

    def _merge(self, left: str, right: str, method: Method, bits: float | None) -> None:
        one, other = sorted((self._group_of[left], self._group_of[right]))
        for key in (left, right):
            self._methods.setdefault(key, (method, bits))
        if one == other:
            return
        gone = self._groups.pop(other)
        self._group_of |= dict.fromkeys(gone.keys, one)
        self._groups[one].take(gone)

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
            person_id = self._person_id(group.keys)
            for key in group.keys:
                method, bits = self._methods.get(key, (Method.ALONE, None))
                if method == Method.ALONE and self._mentions[key].number:
                    method = Method.SERVICE_NUMBER
                people[key] = Identity(person_id, method, bits)
        return people

    def _person_id(self, group: Sequence[str]) -> str:
        """The service number, else the e-mail, else a hash of the first key: the same in every run."""
        members = [self._mentions[key] for key in group]
        for tokens in ({m.number for m in members}, {m.address for m in members}):
            if given := sorted(token for token in tokens if token):
                return given[0]
        return "person-" + sha256(min(group).encode()).hexdigest()[:16]


def _of_other_mailboxes(one: frozenset[str], other: frozenset[str]) -> str | None:
    """The domain where both have mailboxes, and none in common: few have two at one place."""
    if one & other:
        return None
    domains, others = ({address.partition("@")[2] for address in addresses} for addresses in (one, other))
    return min(domains & others, default=None)
