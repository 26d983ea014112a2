"""Urdu in Latin letters, written again in Urdu's own script, which the model of vectors knows better.

Nobody spells Romanised Urdu alike ("nahi", "nahin", "nhi"). So a word is not spelled letter by letter but looked up:
among the Urdu words with the same consonants (``wordfreq`` knows 23,000 with how often they are written), the one that
the Latin letters lead to at least cost. ``roman_urdu.csv`` tells what each group of Latin letters may stand for, at
what cost, and under no Latin letters what Urdu writes and nobody hears. After Ahmed 2009, "Roman to Urdu
Transliteration using word list". A word that none comes near to stays as it is: a name, or English.
"""

import csv
import math
import re
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path

LETTERS = Path(__file__).with_name("roman_urdu.csv")
RARITY_COST = 0.2
"""Of a word written a tenth as often; chosen, with ``MOST_COST``, on the development posts."""
MOST_COST = 1.0
DOUBLED_COST = 0.1
NEVER = 5.0

_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)*")
_LINKED = re.compile(r"-[eo]-")
_URDU = re.compile(r"[\u0620-\u06ff]+")
_REPEATED = re.compile(r"([^aeo])\1+")
_CONSONANTS = {
    letter: consonant
    for consonant, letters in {
        **{"b": "ب", "p": "پف", "t": "تٹط", "s": "ثسشص", "j": "ج", "C": "چ", "k": "خقک", "d": "دڈ"},
        **{"z": "ذزژضظ", "r": "رڑ", "g": "غگ", "l": "ل", "m": "م"},
    }.items()
    for letter in letters
}
_ALIKE = str.maketrans("cqf", "kkp")


def in_urdu_letters(text: str) -> str:
    """``text`` with every word in Urdu's script that an Urdu word was found for."""
    return _WORD.sub(lambda found: _in_urdu(found[0]) or found[0], _LINKED.sub(" ", text))


@lru_cache(maxsize=65536)
def _in_urdu(word: str) -> str | None:
    if word[1:] != word[1:].lower():  # PIA, PhD
        return None
    plain = _REPEATED.sub(r"\1", word.lower().replace("'", ""))
    parts = _letters().parts.findall(plain)
    alike = [(_cost(parts, urdu), rarity, urdu) for urdu, rarity in _vocabulary().get(_latin_skeleton(plain), ())]
    near = [(cost + rarity, urdu) for cost, rarity, urdu in alike if cost <= MOST_COST]
    return min(near)[1] if near else None


def _cost(parts: list[str], urdu: str) -> float:
    """Of the cheapest way to write the Latin ``parts``, in their order, as the word ``urdu``."""
    letters = _letters()
    reached = {0: 0.0}
    for number, part in enumerate(parts):
        place = "start" if number == 0 else "end" if number == len(parts) - 1 else ""
        written = letters.written.get((part, place)) or letters.written.get((part, ""), [])
        further: dict[int, float] = {}
        for at, cost in _with_unheard(reached, urdu, letters).items():
            for target, more in written:
                if urdu.startswith(target, at):
                    end = at + len(target)
                    further[end] = min(further.get(end, math.inf), cost + more)
        reached = further
    return _with_unheard(reached, urdu, letters).get(len(urdu), math.inf)


def _with_unheard(reached: dict[int, float], urdu: str, letters: "_Letters") -> dict[int, float]:
    """The places of ``urdu`` that are reached, with those behind letters that the Latin writing leaves out."""
    every = dict(reached)
    for at, letter in enumerate(urdu):
        if at in every:
            doubled = at > 0 and urdu[at - 1] == letter
            cost = every[at] + (DOUBLED_COST if doubled else letters.unheard.get(letter, NEVER))
            every[at + 1] = min(every.get(at + 1, math.inf), cost)
    return every


class _Letters:
    """The table: what a part of a Latin word may be written as where it stands, and which letters go unheard."""

    def __init__(self):
        self.written: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
        self.unheard: dict[str, float] = {}
        with LETTERS.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["roman"]:
                    self.written[row["roman"], row["place"]].append((row["urdu"], float(row["cost"])))
                else:
                    self.unheard[row["urdu"]] = float(row["cost"])
        romans = sorted({roman for roman, _ in self.written}, key=len, reverse=True)
        self.parts = re.compile("|".join(romans))


@cache
def _letters() -> _Letters:
    return _Letters()


@cache
def _vocabulary() -> dict[str, list[tuple[str, float]]]:
    """Urdu words by their consonants, each with what its rarity costs."""
    from wordfreq import get_frequency_dict

    words = defaultdict(list)
    for word, share in get_frequency_dict("ur").items():
        if _URDU.fullmatch(word):
            skeleton = _once("".join(_CONSONANTS.get(letter, "") for letter in word))
            words[skeleton].append((word, -RARITY_COST * math.log10(share)))
    return words


def _latin_skeleton(word: str) -> str:
    alike = word.replace("ch", "C").replace("x", "ks").translate(_ALIKE)
    return _once(re.sub("[^bptsjCkdzrglm]", "", alike))


def _once(skeleton: str) -> str:
    return re.sub(r"(.)\1+", r"\1", skeleton)
