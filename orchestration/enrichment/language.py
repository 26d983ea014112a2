"""Which language a text is in: lingua among the ministry's languages, and Urdu in Latin letters told apart before.

Romanised Urdu has no spelling of its own and no model of lingua's. A classifier over groups of two to four letters
(scikit-learn), fitted at each start to the phrases of the development split, tells it from what else is written in
Latin letters.
"""

from collections.abc import Sequence
from functools import cache

from orchestration.enrichment import EnrichmentError

ROMAN_URDU = "ur-Latn"
LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
SURE_SHARE = 0.5
"""Of the letters; a text with fewer Latin ones is in another script."""


class Languages:
    """Detects the languages of ``codes`` (ISO 639-1), and ``ur-Latn`` where ``ur`` is among them.

    ``phrases`` are texts in Latin letters with their language, to tell Romanised Urdu by.
    """

    def __init__(self, codes: Sequence[str], phrases: Sequence[tuple[str, str]]):
        self._codes = tuple(codes)
        self._roman = _fitted(tuple(phrases)) if "ur" in codes else None

    def detect(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The language of each text, with its probability among the languages known."""
        found = [(language, share) for language, share in map(self._by_lingua, texts)]
        latin = [place for place, text in enumerate(texts) if _latin_share(text) > SURE_SHARE]
        if self._roman and latin:
            # Sums over a sparse row: a text's result does not depend on its company.
            shares = self._roman.predict_proba([texts[place].lower() for place in latin])[:, 1]
            for place, share in zip(latin, shares, strict=True):
                if share > 0.5:
                    found[place] = ROMAN_URDU, float(share)
        return [(language, round(share, 4)) for language, share in found]

    def _by_lingua(self, text: str) -> tuple[str, float]:
        best = _detector(self._codes).compute_language_confidence_values(text)[0]
        return best.language.iso_code_639_1.name.lower(), best.value


def _latin_share(text: str) -> float:
    letters = [c for c in text.lower() if c.isalpha()]
    return sum(c in LATIN for c in letters) / max(len(letters), 1)


@cache
def _detector(codes: tuple[str, ...]):
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    try:
        named = [getattr(IsoCode639_1, code.upper()) for code in codes]
        return LanguageDetectorBuilder.from_iso_codes_639_1(*named).build()
    except (AttributeError, ValueError):
        raise EnrichmentError(
            f"SIFARAT_LANGUAGES is {', '.join(codes)}: give at least two ISO 639-1 codes that lingua knows, as en,ur,ar"
        ) from None


@cache
def _fitted(phrases: tuple[tuple[str, str], ...]):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts = [text.lower() for text, _ in phrases]
    is_roman_urdu = [language == ROMAN_URDU for _, language in phrases]
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    return make_pipeline(letters, LogisticRegression(C=30, class_weight="balanced")).fit(texts, is_roman_urdu)
