"""What the interface says, in English and in Urdu: one file of phrases per language, with the same keys.

What the data itself says, such as a topic's name or an alert's sentence, is English. A language that has phrases for it
in its file's ``retold`` says it anew; what it has none for stays as the data says it.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter

import polars as pl

PHRASES = Path(__file__).parent / "phrases"
LANGUAGES = {"en": "English", "ur": "اردو"}
RIGHT_TO_LEFT = {"ur"}
RIGHT_TO_LEFT_TEXTS = {"ar", "fa", "ur"}
"""Languages of posts that are written from the right; ur-Latn is not."""

MISSING = "–"
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True)
class Words:
    """Phrases of one language, by key; ``{names}`` in them are filled in."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """Dates, numbers and names keep their own direction among words of the other (Unicode's isolates)."""
        isolated = {name: f"{ISOLATE}{value}{END_ISOLATE}" for name, value in values.items()}
        return phrases(self.language)[key].format(**(isolated if self.is_right_to_left else values))

    def known(self, key: str, otherwise: str) -> str:
        """The phrase, or what the data says where the phrases do not know it, such as a new platform's name."""
        return phrases(self.language).get(key, otherwise)

    def retold(self, what: str, code: str, otherwise: str, **values: pl.Expr) -> pl.Expr:
        """What the column ``otherwise`` says, told anew by the phrase of the column ``code``, with each row's values.

        The phrases are those of ``[retold.<what>]``. The column stands as it is where the language has no phrase of
        that code, and where a value that the phrase names is NULL.
        """
        told = pl.col(otherwise)
        for key, phrase in retold(self.language).get(what, {}).items():
            anew = pl.coalesce(_filled(phrase, values), pl.col(otherwise))
            told = pl.when(pl.col(code) == key).then(anew).otherwise(told)
        return told

    @property
    def is_right_to_left(self) -> bool:
        return self.language in RIGHT_TO_LEFT


def _filled(phrase: str, values: dict[str, pl.Expr]) -> pl.Expr:
    parts = []
    for words, name, _, _ in Formatter().parse(phrase):
        parts.append(pl.lit(words))
        if name:
            parts += [pl.lit(ISOLATE), values[name], pl.lit(END_ISOLATE)]
    return pl.concat_str(parts)


def phrases(language: str) -> dict[str, str]:
    return _file(language)[0]


def retold(language: str) -> dict[str, dict[str, str]]:
    """Phrases for what the data says, by what it is of and its code there."""
    return _file(language)[1]


@cache
def _file(language: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    with (PHRASES / f"{language}.toml").open("rb") as file:
        phrases = tomllib.load(file)
    return phrases, phrases.pop("retold", {})


def number(value: float | Decimal | None, decimals: int = 0) -> str:
    return MISSING if value is None else f"{value:,.{decimals}f}"


def of(part: float | Decimal | None, whole: float | Decimal | None) -> str:
    """A count and what it is of."""
    return f"{number(part)} / {number(whole)}"


def share(value: float | Decimal | None, decimals: int = 0) -> str:
    return MISSING if value is None else f"{value:.{decimals}%}"


def day(value: date | None) -> str:
    return MISSING if value is None else f"{value:%Y-%m-%d}"
