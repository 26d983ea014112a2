"""What of a post is words: without addresses, handles, emoji and marks, and not longer than a model needs."""

import re
import unicodedata

LONGEST = 600
"""Characters read by the models: what a post is about stands at its beginning, and reading costs by length."""

_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.[\w.]+|@\w+|\b\w+\.(?:com|org|gov|net)(?:\.\w+)?(?:/\S*)?"
)
_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_HASHTAG = re.compile(r"#(\w+)")
_NUMBER = re.compile(r"\d+")


def words(text: str | None) -> str | None:
    """The words of a post; None where it has none (empty, only addresses, emoji or numbers).

    Hashtags are taken apart (#VisaCamp, #visa_camp), characters are brought to their usual form, and marks that only
    steer the direction of writing are dropped.
    """
    if not text:
        return None
    plain = _ADDRESS.sub(" ", unicodedata.normalize("NFKC", text))
    plain = _HASHTAG.sub(lambda tag: _JOINED.sub(" ", tag[1]), plain)
    plain = " ".join(plain.translate(_KEPT).split())[:LONGEST]
    return plain if any(c.isalpha() for c in plain) else None


_NOT_WORDS = {"Cc", "Cf", "Co", "Cs", "Cn", "So", "Sk"}


class _Kept(dict[int, str]):
    """What becomes of each character, worked out when it first comes."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        # Joiners are spelling in Persian and Urdu; other marks without width, and pictures, are not.
        self[code] = char if char == "\u200c" or unicodedata.category(char) not in _NOT_WORDS else " "
        return self[code]


_KEPT = _Kept()


def numbers(text: str) -> frozenset[int]:
    """The numbers written in digits, of any script."""
    return frozenset(int(number) for number in _NUMBER.findall(text) if len(number) <= 12)
