import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.enrichment.romanised import in_urdu_letters


@pytest.mark.parametrize(
    ("roman", "urdu"),
    [
        ("Khuda hafiz, dosto", "خدا حافظ, دوستو"),
        ("Pakistan aur Iran ki dosti", "پاکستان اور ایران کی دوستی"),
        ("zindagi mein mohabbat", "زندگی میں محبت"),
        ("hukoomat-e-Pakistan", "حکومت پاکستان"),
        ("Aap ka shukriya", "آپ کا شکریہ"),
    ],
)
def test_latin_letters_are_read_as_the_urdu_words_they_stand_for(roman, urdu):
    assert in_urdu_letters(roman) == urdu


@pytest.mark.parametrize("spelling", ["nahi", "nahin", "nahee", "nahein"])
def test_spellings_of_one_word_come_to_one_word(spelling):
    assert in_urdu_letters(spelling) == "نہیں"


def test_what_no_urdu_word_comes_near_to_stays():
    assert in_urdu_letters("PhD, COVID: 30% https xyzzy مبارک 你好") == "PhD, COVID: 30% https xyzzy مبارک 你好"


@given(st.text())
def test_any_text_keeps_what_is_not_latin_letters(text):
    written = in_urdu_letters(text)
    assert [c for c in written if c.isdigit()] == [c for c in text if c.isdigit()]
    assert in_urdu_letters(written) == written
