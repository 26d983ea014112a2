"""What the interface says, in English and in Urdu: one file of phrases per language, with the same keys."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

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

    @property
    def is_right_to_left(self) -> bool:
        return self.language in RIGHT_TO_LEFT


@cache
def phrases(language: str) -> dict[str, str]:
    with (PHRASES / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


def number(value: float | None, decimals: int = 0) -> str:
    return MISSING if value is None else f"{value:,.{decimals}f}"


def of(part: float | None, whole: float | None) -> str:
    """A count and what it is of."""
    return f"{number(part)} / {number(whole)}"


def share(value: float | None, decimals: int = 0) -> str:
    return MISSING if value is None else f"{value:.{decimals}%}"


def day(value: date | None) -> str:
    return MISSING if value is None else f"{value:%Y-%m-%d}"
