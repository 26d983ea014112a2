"""Names as people write them, and how alike two parts of them are.

A name is a bag of parts: their order, capitals, accents, titles and dots say nothing. Parts are compared by sound as
the languages of the ministry are written in Latin letters: vowels of one class and consonants that transcriptions
swap cost little, all others cost a letter. No list of names is kept here: what counts as a name of its own is told by
the people at hand (``scoring``). Parts in other scripts are compared letter by letter.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

TITLES = frozenset(
    """
    mr mrs ms miss mx dr prof professor engr eng sir madam mme hon honourable honorable he excellency
    ambassador amb consul minister counsellor secretary attache brig brigadier gen general lt lieutenant
    col colonel maj major capt captain cdr cdre commander adm admiral rear air cmde cmdr gp sqn ldr wg
    wing flt retd rtd ret sahib saheb sb sahiba janab mohtarma
    """.split()  # noqa: SIM905, a list of words is read more easily than one of literals
)
"""Parts that name a rank or are said out of courtesy."""

OFTEN_LEFT_OUT = frozenset({"muhamad", "syed", "haji", "hafiz", "mian", "bin", "bint"})
"""Folded parts that one and the same person writes today and leaves out tomorrow."""


class Likeness(IntEnum):
    """How alike two parts of two names are; the model's settings go by the numbers."""

    NONE = 0
    SLIP = 1
    INITIAL = 2
    NEAR = 3
    SOUND = 4


class Rest(IntEnum):
    """How the parts that are left of two names stand to each other; the model's settings go by the numbers."""

    CONFLICT = 0
    LEFT_OUT = 1
    NOTHING = 2
    SHARED = 3


_SHORT_FORMS = dict.fromkeys(("mohd", "md", "mhd", "muhd", "mohmd", "mhmd"), "muhammad") | {"ch": "chaudhry"}
_ARTICLES = frozenset(["ul", "ur", "ud", "us", "uz", "un", "ush", "al", "el", "ar", "as"])
_JOINED_TO_THE_LEFT = frozenset(["ullah", "ulla", "allah", "uddin", "udin", "uldin"])
_IN_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_LETTERS = str.maketrans({"ş": "sh", "ğ": "gh", "ı": "i", "ə": "a", "ø": "o", "ł": "l", "đ": "d"})
"""Letters that are more than a letter with an accent; ç stays, since it is ch in one language and s in another."""
_EXCELLENCY = re.compile(r"\bh\.\s*e\b\.?")

_VOWELS = frozenset("aeiouEO")
_SOUNDS = (
    ("que$", "k"),
    ("qui", "ki"),
    ("x", "ks"),
    ("sch|sh", "S"),
    ("tch", "C"),
    ("ch+", "C"),
    ("ç|c(?=[eiy])", "c"),
    ("[ck]kh?|kh|q|c", "k"),
    ("dz", "z"),
    ("ph", "f"),
    ("th", "T"),
    ("dt", "t"),
    ("gh", "g"),
    ("dh", "d"),
    ("bh", "b"),
    ("dj", "j"),
    ("ayee?|aee+|aie", "E"),
    ("aa+(?![iy])", "a"),
    ("ee+|ea|ie", "i"),
    ("ou(?=[aei])", "v"),
    ("oo+|o[ue]|ue", "u"),
    ("au|aw(?=[^aeiouy]|$)|ow(?=[^aeiouy]|$)", "O"),
    ("a+[iy](?=[^aeiou]|$)|e[iy](?=[^aeiou]|$)|ae", "E"),
    ("iy", "i"),
    ("(?<=[^aeiou])y(?=[^aeiou])", "E"),
    ("y(?=[^aeiou]|$)", "i"),
    ("w", "v"),
)
_SOUND = re.compile("|".join(f"(?P<s{n}>{pattern})" for n, (pattern, _) in enumerate(_SOUNDS)))

_SWAPS = {
    swap: cost
    for pair, cost in {
        "ea": 0.1,
        "ei": 0.1,
        "eE": 0.1,
        "Ei": 0.25,
        "Ou": 0.2,
        "Oo": 0.1,
        "Oa": 0.4,
        "ou": 0.1,
        "oa": 0.4,
        "oe": 0.6,
        "ua": 0.6,
        "ue": 0.7,
        "Cc": 0.1,
        "cs": 0.3,
        "cj": 0.3,
        "ck": 0.4,
        "Cj": 0.4,
        "vf": 0.4,
        "Ts": 0.2,
        "Tt": 0.1,
        "zs": 0.4,
        "zd": 0.4,
        "td": 0.4,
        "Td": 0.4,
        "jg": 0.4,
        "zj": 0.6,
        "kg": 0.6,
        "vb": 0.7,
        "CS": 0.6,
        "Ss": 0.4,
        "yi": 0.1,
    }.items()
    for swap in (pair, pair[::-1])
}
SOFT = frozenset("hy")
"""Consonants that come and go between transcriptions."""


def _bare(letter: str) -> str:
    """The letter without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))


def parts_of(name: str) -> tuple[str, ...]:
    """The name's parts in lower case without titles, in the order written; an initial is a part of one letter.
    M. before two more parts is Muhammad."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_LETTERS)
    plain = "".join(letter if letter == "ç" else _bare(letter) for letter in plain)
    plain = _EXCELLENCY.sub(" ", _IN_BRACKETS.sub(" ", plain))
    words = re.split(r"[^\w]+|_|\d+", re.sub(r"['’`ʿʾ]", "", plain))
    words = [_SHORT_FORMS.get(word, word) for word in words if word and word not in TITLES]
    if len(words) > 2 and words[0] == "m":
        words[0] = "muhammad"
    return tuple(_joined(words))


def address_parts(address: str) -> tuple[str, ...]:
    """The parts of the name that an e-mail is made of."""
    return parts_of(re.sub(r"[._+-]", " ", address.partition("@")[0]))


def spelled_out(parts: tuple[str, ...], address: str) -> tuple[str, ...]:
    """The parts with their initials written out as the e-mail has them: A. Khan of ahmed.khan@… is Ahmed Khan. The
    e-mail must bear another part of the name too, so a section's mailbox spells nobody out."""
    told = [part for part in address_parts(address) if len(part) > 1]
    if not any(len(part) > 1 and alike(part, other) for part in parts for other in told):
        return parts
    found = ([other for other in told if len(part) == 1 and is_initial_of(part, other)] for part in parts)
    return tuple(others[0] if len(others) == 1 else part for part, others in zip(parts, found, strict=True))


def _joined(words: list[str]) -> list[str]:
    """Articles and what they bind become one part: "Zia ud Din", "Zia-ud-Din" and "Ziauddin" are one."""
    parts: list[str] = []
    is_open = False
    for word in words:
        if is_open:
            parts[-1] += word
            is_open = False
        elif word in _ARTICLES and parts:
            parts[-1] += word
            is_open = True
        elif word in _JOINED_TO_THE_LEFT and parts:
            parts[-1] += word
        elif re.fullmatch("abd[aeuo][lrsznd]?", word):
            parts.append(word)
            is_open = True
        elif word not in _ARTICLES:
            parts.append(word)
    return parts


@lru_cache(maxsize=65536)
def folded(part: str) -> str:
    """The part by its sound: one letter per sound, vowels by class, no doubled letters."""
    if len(part) > 6:
        part = re.sub(r"^abd[aeuo](?:l|([rszndt])(?=\1))?", "abd", part)
        part = re.sub(r"(?<=..)[uea]?[dl]?d(?:ee|i)n$", "din", part)
    part = re.sub(r"([^aeou])\1+", r"\1", part)
    sound = _SOUND.sub(lambda found: _SOUNDS[int(str(found.lastgroup)[1:])][1], part)
    sound = re.sub(r"(.)\1+", r"\1", sound)
    sound = re.sub(r"(?<=[aeiouEO])h$|(?<=E)[ei]|(?<=[ei])E", "", sound)
    if re.fullmatch("m[ou]ham[aei]d", sound):
        return "muhamad"
    return (
        "syed" if sound in ("sEd", "sied", "saied", "seyed", "sayed", "said") and re.search("y(?!ee)", part) else sound
    )


@lru_cache(maxsize=1 << 20)
def cost(left: str, right: str) -> float:
    """What it costs to hear one folded part as the other: 0 for the same sound, about 1 for another letter."""
    above = [0.0]
    for n, letter in enumerate(right):
        above.append(above[-1] + _loss(right, n, letter))
    for m, letter in enumerate(left):
        row = [above[0] + _loss(left, m, letter)]
        for n, other in enumerate(right):
            row.append(
                min(
                    above[n] + _swap(letter, other),
                    above[n + 1] + _loss(left, m, letter),
                    row[n] + _loss(right, n, other),
                )
            )
        above = row
    return above[-1]


def _swap(letter: str, other: str) -> float:
    if letter == other:
        return 0.0
    return _SWAPS.get(letter + other, 1.0)


def _loss(word: str, place: int, letter: str) -> float:
    """A letter too many. The last vowel tells Farhan from Farhana, so it costs a whole letter; a last e is mute."""
    if letter in _VOWELS and 0 < place < len(word) - 1:
        return 0.5
    is_soft = letter in SOFT or (letter == "e" and place == len(word) - 1)
    return 0.35 if is_soft and place > 0 else 1.0


def is_initial_of(initial: str, part: str) -> bool:
    """Whether one letter may stand for the part, however its first sound is written: K. for Camran, I. for Emran."""
    return initial == part[0] or _swap(folded(initial)[:1], folded(part)[:1]) <= 0.2


@lru_cache(maxsize=65536)
def bones(sound: str) -> str:
    """A folded part's consonants and its first letter, those that transcriptions swap made one."""
    sound = sound.translate(_SOFTENED)
    return sound[:1] + "".join(letter for letter in sound[1:] if letter not in "aeiouEOhy")


_SOFTENED = str.maketrans("EOeiouTtdzSgcCjf", "aaaauussssskkkkv")


@lru_cache(maxsize=1 << 20)
def alike(one: str, other: str) -> Likeness:
    """How alike two parts are, initials among them."""
    if len(one) == 1 or len(other) == 1:
        initial, part = (one, other) if len(one) == 1 else (other, one)
        return Likeness.INITIAL if is_initial_of(initial, part) else Likeness.NONE
    left, right = folded(one), folded(other)
    apart, length = cost(left, right), min(len(left), len(right))
    has_same_consonants = _consonants(left) == _consonants(right)
    if apart <= 0.25 or (apart <= 0.5 and length >= 4) or (apart <= 0.8 and length >= 5 and has_same_consonants):
        return Likeness.SOUND
    if apart <= 0.16 * length and length >= 5:
        return Likeness.NEAR
    is_close = (length >= 5 and (apart <= 1.5 or has_same_consonants)) or (length >= 4 and apart <= 1.2)
    return Likeness.SLIP if is_close or is_slip(one, other) or is_slip(left, right) else Likeness.NONE


def rest_of(left: str, right: str, alike: Callable[[str, str], int] = alike) -> Rest:
    """How the parts beside the two compared stand to each other, each name's in one text."""
    ones, others = left.split(), right.split()
    shared = [(one, other) for one in ones for other in others if alike(one, other)]
    if any(folded(part) not in OFTEN_LEFT_OUT for pair in shared for part in pair):
        return Rest.SHARED
    firm, others_firm = ([part for part in parts if folded(part) not in OFTEN_LEFT_OUT] for parts in (ones, others))
    if firm and others_firm:
        return Rest.CONFLICT
    return Rest.LEFT_OUT if firm or others_firm else Rest.NOTHING


def _consonants(sound: str) -> str:
    return re.sub("[aeiouEOhy]", "", sound)


@lru_cache(maxsize=1 << 20)
def is_slip(left: str, right: str) -> bool:
    """One letter too many, too few, wrong, or two swapped, two of them in a long part."""
    shorter = min(len(left), len(right))
    most = 2 if shorter >= 7 else 1
    return shorter >= 4 and OSA.distance(left, right, score_cutoff=most) <= most
