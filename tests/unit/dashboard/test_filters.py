from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters, period_of

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(st.one_of(days, st.just(()), st.tuples(days), st.tuples(days, days)), days, st.integers(0, 800))
def test_a_period_lies_within_the_days_with_data_whatever_the_calendar_gave(chosen, first_day, length):
    last_day = first_day + timedelta(days=length)
    first, last = period_of(chosen, first_day, last_day)
    assert first_day <= first <= last <= last_day


def test_a_period_within_the_data_stays_as_chosen_and_half_of_one_is_a_day():
    bounds = date(2026, 3, 1), date(2026, 3, 31)
    assert period_of((date(2026, 3, 2), date(2026, 3, 8)), *bounds) == (date(2026, 3, 2), date(2026, 3, 8))
    assert period_of((date(2026, 3, 2),), *bounds) == (date(2026, 3, 2), date(2026, 3, 2))


def test_the_parameters_are_what_was_chosen():
    assert Filters(date(2026, 3, 2), date(2026, 3, 8), mission="emb-riyadh").parameters == {
        "first_day": date(2026, 3, 2),
        "last_day": date(2026, 3, 8),
        "region": None,
        "mission": "emb-riyadh",
        "platform": None,
    }
