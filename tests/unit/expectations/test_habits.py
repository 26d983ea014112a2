"""What files usually look like, on rows whose figures are worked out by hand."""

from datetime import date, datetime, timedelta
from math import log

import duckdb
import pytest
from conftest import LANDED

from expectations.audit import audit
from expectations.habits import LANDED_HABITS, landed_habits
from expectations.landing import landed_views

FIRST = date(2026, 1, 1)


def told(landing, column: str) -> dict[str, tuple]:
    """By measure: the newest day, and the least and the most before it."""
    rows = duckdb.sql(
        f"select measure, now, lowest, highest from ({landed_habits(landing.root)}) where column_name = '{column}'"
    ).fetchall()
    return {measure: tuple(figures) for measure, *figures in rows}


@pytest.fixture
def save(land):
    """Land the sheet of one day; it is saved at noon."""

    def save(table: str, day: int, *records: dict) -> None:
        saved_on = FIRST + timedelta(days=day)
        land(table, *records, day=saved_on, batch_id=str(day), observed_at=datetime(*saved_on.timetuple()[:3], 12))

    return save


def test_a_column_is_measured_by_its_newest_day_and_by_the_range_of_those_before(save, landing):
    def session(title: str, starts_at: str) -> dict:
        return {"session_id": title, "course_id": "C", "title": title, "starts_at": starts_at, "ends_at": starts_at}

    save(
        "sheets.sessions", 0, session("Day 1", "2025-12-31T06:00:00Z"), session("Introduction", "2025-12-31T08:00:00Z")
    )
    save("sheets.sessions", 1, session("abc", "2026-01-01T12:00:00Z"))
    save("sheets.sessions", 2, session("a@b.example", "2026-01-03T00:00:00Z"))
    assert told(landing, "title") == {
        "given": (1, 1, 1),
        "digits": (0, 0, 0.5),
        "at_signs": (1, 0, 0),
        "blanks": (0, 0, 0.5),
        "length": pytest.approx((log(12), log(4), (log(6) + log(13)) / 2)),
    }
    # Saved at noon: 30 and 28 hours after the two of the first day, 24 after the second's, 12 after the third's.
    assert told(landing, "starts_at") == {
        "given": (1, 1, 1),
        "age_days": pytest.approx((0.5, 1, 29 / 24)),
        "hour": (0, 7, 12),
    }


def test_what_no_earlier_day_has_is_not_told(save, landing):
    save("sheets.courses", 0, {"course_id": "C"})
    assert told(landing, "course_id") == {}
    save("sheets.courses", 1, {"course_id": "C", "length_days": "3"})
    assert told(landing, "length_days") == {"given": (1, 0, 0)}


@pytest.mark.parametrize(
    ("days_before", "says"),
    [
        (5, []),
        (6, ["1 record: sheets.courses.length_days, level, is 3.43 and was 1.39 to 1.39 on 6 days before"]),
    ],
)
def test_another_unit_is_warned_of_once_there_are_six_earlier_files(save, landing, days_before, says):
    """The words of a single course may well look otherwise."""
    for day in range(days_before):
        save("sheets.courses", day, {"course_id": f"C{day}", "length_days": "3"})
    save("sheets.courses", days_before, {"course_id": "new course", "length_days": "30"})
    verdicts = audit(landed_views(landing.root, LANDED, None), [LANDED[LANDED_HABITS]])
    assert [v.observed for v in verdicts if not v.is_success] == says


def test_a_sheet_that_always_came_with_the_others_is_missed(save, landing):
    for day in range(7):
        save("sheets.courses", day, {"course_id": f"C{day}"})
        save("sheets.assessments", day, {"assessment_id": f"A{day}", "course_id": f"C{day}"})
        if day < 6:
            save("sheets.registrations", day, {"course_id": f"C{day}", "person_id": "P"})
    verdicts = audit(landed_views(landing.root, LANDED, None), [LANDED[LANDED_HABITS]])
    assert [v.observed for v in verdicts if not v.is_success] == ["1 record: sheets.registrations"]
