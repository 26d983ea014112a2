import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.enrichment.words import LONGEST, numbers, words


@pytest.mark.parametrize("text", [None, "", "   ", "🙂", "https://a.example/b www.c.example", "@x", "2026 12.5", "؟!…"])
def test_a_text_without_words_has_none(text):
    assert words(text) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("#VisaCamp in Lyon 🛂 https://t.co/x", "Visa Camp in Lyon"),
        ("#یوم_آزادی مبارک", "یوم آزادی مبارک"),
        ("\u202bسلام\u202c world", "سلام world"),
        ("می\u200cشود", "می\u200cشود"),
        ("via @consulate: Büro zu", "via : Büro zu"),
    ],
)
def test_the_words_stay_and_the_rest_goes(text, plain):
    assert words(text) == plain


def test_numbers_are_the_same_in_every_script():
    assert numbers("4 May 2026") == numbers("۴ مه ۲۰۲۶") == numbers("٤ مايو ٢٠٢٦") == {4, 2026}


@given(st.text())
def test_any_text_has_words_of_bounded_length_or_none(text):
    plain = words(text)
    assert plain is None or (0 < len(plain) <= LONGEST and any(c.isalpha() for c in plain))

    plain = words(text)
    assert plain is None or words(plain) in (plain, None) or "@" in plain or "." in plain or "#" in plain
