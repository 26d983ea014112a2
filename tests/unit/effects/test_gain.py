"""Gain from the test before a course to the one after it, against numbers worked out by hand or printed elsewhere."""

import polars as pl
import pytest

from orchestration.effects.gain import PAIRS, gains


def course(pre: list[float], post: list[float], course_id: str = "w") -> pl.DataFrame:
    rows = [(course_id, before, after, False) for before, after in zip(pre, post, strict=True)]
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


def test_the_interval_is_students_of_the_paired_gains():
    # Gains 10, 20, 30, 40, 50: mean 30, deviations -20 .. 20, so s = sqrt(1000 / 4) = 15.8114 and s / sqrt(5) = 7.0711.
    # The table of Student's t has 2.776 for 4 degrees of freedom and 97.5 %: 30 -+ 19.63.
    # Before: 40, 45, 50, 55, 60 has s = sqrt(250 / 4) = 7.9057, and J(4) = 1 / (sqrt(2) * 0.886227) = 0.797885, since
    # gamma(2) = 1 and gamma(1.5) = sqrt(pi) / 2: 0.797885 * 30 / 7.9057 = 3.0278.
    [row] = gains(course([40, 45, 50, 55, 60], [50, 65, 80, 95, 110])).rows(named=True)
    assert (row["officers"], row["mean_pre_points"], row["mean_post_points"]) == (5, 50, 80)
    assert row["mean_gain_points"] == pytest.approx(30)
    assert row["mean_gain_points_lower"] == pytest.approx(30 - 19.63, abs=0.01)
    assert row["mean_gain_points_upper"] == pytest.approx(30 + 19.63, abs=0.01)
    assert row["standardised_mean_gain"] == pytest.approx(3.0278, abs=0.0001)


def test_sleep_of_students_own_ten_patients():
    # Student, "The probable error of a mean", Biometrika 6(1), 1908: hours gained by each of two drugs. R, by its own
    # t.test of the two paired, prints a mean of 1.58 and the 95 per cent interval 0.7001142 to 2.4598858.
    drug_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    drug_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    [row] = gains(course(drug_1, drug_2)).rows(named=True)
    assert row["mean_gain_points"] == pytest.approx(1.58)
    assert row["mean_gain_points_lower"] == pytest.approx(0.7001142, abs=1e-7)
    assert row["mean_gain_points_upper"] == pytest.approx(2.4598858, abs=1e-7)


def test_of_one_officer_there_is_no_interval_and_of_two_no_standardised_gain():
    pairs = pl.concat([course([40], [60], "one"), course([40, 50], [60, 70], "two")])
    told = {row["course_id"]: row for row in gains(pairs).rows(named=True)}
    assert told["one"]["mean_gain_points"] == 20
    assert told["one"]["mean_gain_points_lower"] is told["one"]["mean_gain_points_upper"] is None
    # Both gained 20, so the interval is 20 alone.
    assert (told["two"]["mean_gain_points_lower"], told["two"]["mean_gain_points_upper"]) == (20, 20)
    assert told["one"]["standardised_mean_gain"] is told["two"]["standardised_mean_gain"] is None


def test_where_all_knew_the_same_before_there_is_no_standardised_gain():
    [row] = gains(course([50, 50, 50], [60, 70, 80])).rows(named=True)
    assert (row["mean_gain_points"], row["standardised_mean_gain"]) == (20, None)


def test_without_pairs_there_is_no_course():
    assert gains(course([], [])).is_empty()
