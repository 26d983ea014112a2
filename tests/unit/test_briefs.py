"""Numbers of a brief: what counts as one, and which are strange."""

from hypothesis import given
from hypothesis import strategies as st

from orchestration.briefs import numbers_in, strange_numbers


def test_numbers_are_read_as_they_are_written():
    text = "6 accounts gained 1,500 engagements, 50% more (1,000). Growth was 2.5%."
    assert numbers_in(text) == ["6", "1,500", "50%", "1,000", "2.5%"]


def test_digits_of_a_name_are_no_number():
    assert numbers_in("Mission 4 in Area 51 drew 8.", "Mission 4", "Area 51", None) == ["8"]


def test_a_number_that_is_written_otherwise_is_strange():
    assert strange_numbers("1500 engagements, 50% more than 1,000, or 50", ["1,500", "50%", "1,000"]) == ["1500", "50"]


@given(st.lists(st.integers(0, 10**9), min_size=1), st.text(alphabet="abc ().", max_size=9))
def test_every_count_put_into_words_is_found_again(counts, words):
    text = f" {words} ".join(f"{count:,}" for count in counts)
    assert numbers_in(f"{text} .") == [f"{count:,}" for count in counts]
