import string
from datetime import date

import pytest

from dashboard.language import LANGUAGES, PHRASES, Words, day, number, of, phrases, share


def test_every_language_has_a_file_and_every_file_a_language():
    assert {path.stem for path in PHRASES.glob("*.toml")} == set(LANGUAGES)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_language_has_the_same_phrases_with_the_same_values(language):
    def blanks(phrase: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}

    english = {key: blanks(phrase) for key, phrase in phrases("en").items()}
    assert {key: blanks(phrase) for key, phrase in phrases(language).items()} == english


def test_a_value_in_urdu_keeps_its_own_direction():
    assert "\u20682026-03-08\u2069" in Words("ur")("unread_note", day="2026-03-08")
    assert "\u2068" not in Words("en")("unread_note", day="2026-03-08")


def test_what_is_missing_is_shown_as_missing_and_zero_as_zero():
    assert [number(None), share(None), day(None)] == ["–", "–", "–"]
    assert [number(0), share(0.0), of(0, None)] == ["0", "0%", "0 / –"]
    assert [number(1234567), number(2.345, 1), share(0.1234, 1)] == ["1,234,567", "2.3", "12.3%"]
    assert day(date(2026, 3, 8)) == "2026-03-08"
