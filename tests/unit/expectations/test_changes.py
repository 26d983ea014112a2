"""What a night changed, on rows whose figures are worked out by hand."""

from datetime import timedelta

import duckdb
import polars as pl
import pytest
from conftest import DAY, LANDED, NIGHT

from expectations.audit import audit
from expectations.changes import LANDED_CHANGES, Compared, changes
from expectations.landing import landed_views

TYPES = {"id": "VARCHAR", "likes": "BIGINT", "posted_at": "TIMESTAMP", "day": "DATE", "name": "VARCHAR"}


def of(before: str, now: str) -> dict[str, tuple]:
    """By column: gone, shared, changed, and how full it was and is."""
    names = f"t ({', '.join(TYPES)})"
    table = Compared(
        "marts.m",
        f"select * from (values {now}) {names}",
        f"select * from (values {before}) {names}",
        ["id"],
        TYPES,
        "1",
    )
    rows = duckdb.sql(
        f"select column_name, gone, shared, changed, filled_before, filled_now from ({changes([table])})"
    ).fetchall()
    return {column: tuple(figures) for column, *figures in rows}


ROW = "('{}', {}, timestamp '2026-01-01 {}', date '2026-01-0{}', '{}')"


def test_a_row_is_gone_where_its_key_is_and_a_column_differs_where_its_value_does():
    before = ", ".join([ROW.format("a", 100, "10:00", 1, "x"), ROW.format("b", 100, "10:00", 1, "x")])
    now = ", ".join([ROW.format("b", 100, "10:00", 1, "y"), ROW.format("c", 100, "10:00", 1, "x")])
    assert of(before, now) == {
        "likes": (1, 1, 0, 1.0, 1.0),
        "posted_at": (1, 1, 0, 1.0, 1.0),
        "day": (1, 1, 0, 1.0, 1.0),
        "name": (1, 1, 1, 1.0, 1.0),
    }


@pytest.mark.parametrize(
    ("likes", "differs"),
    # The usual number is 100: more than double, and 20 over that, or the other way round (39 + 39 + 20 are 98).
    [(100, 0), (220, 0), (221, 1), (40, 0), (39, 1), ("null::bigint", 1)],
)
def test_a_number_differs_when_it_is_double_the_other_and_a_fifth_of_what_is_usual_over_that(likes, differs):
    [before, now] = (ROW.format("a", number, "10:00", 1, "x") for number in (100, likes))
    assert of(before, now)["likes"][2] == differs


@pytest.mark.parametrize(
    ("time", "day", "differs"),
    # Two hours are let pass, and so is the one day between the two nights.
    [("12:00", 1, (0, 0)), ("12:01", 2, (1, 0)), ("05:00", 3, (1, 1))],
)
def test_a_time_differs_by_more_than_two_hours_and_a_day_by_other_than_those_that_passed(time, day, differs):
    told = of(ROW.format("a", 1, "10:00", 1, "x"), ROW.format("a", 1, time, day, "x"))
    assert (told["posted_at"][2], told["day"][2]) == differs


def test_a_table_that_grew_past_what_is_compared_has_lost_nothing():
    """Of 9,999 rows all are compared, and so are they when there are 10,000."""
    rows = "select n::varchar as id, n as likes from range({}) as numbers (n)"
    types = {"id": "VARCHAR", "likes": "BIGINT"}
    table = Compared("marts.m", rows.format(10_000), rows.format(9_999), ["id"], types, "1")
    assert duckdb.sql(f"select rows_before, gone, shared, changed from ({changes([table])})").fetchall() == [
        (9_999, 0, 9_999, 0)
    ]


def test_a_column_that_few_rows_tell_is_judged_by_those(land, landing):
    """Three of twenty accounts have a description, and all three lost it: 15 of 100 rows, and all that tell it."""
    handles = [{"id": str(n), "username": f"m{n}", "name": "n"} for n in range(20)]
    described = [account | {"description": "d"} for account in handles[:3]] + handles[3:]
    land("x.accounts", *described)
    land("x.accounts", *handles, day=DAY + timedelta(days=1), observed_at=NIGHT + timedelta(days=1))
    verdicts = audit(landed_views(landing.root, LANDED, None), [LANDED[LANDED_CHANGES]])
    assert [v.observed for v in verdicts if not v.is_success] == [
        "1 record: x.accounts.description differs in 3 of 3 rows"
    ]


def test_a_column_in_another_unit_overnight_is_told_with_how_many_rows_it_befell(land, landing):
    def account(n: int, followers: int) -> dict:
        handle = f"mission{n}"
        return {"id": str(n), "username": handle, "name": handle, "public_metrics": {"followers_count": followers}}

    tomorrow = {"day": DAY + timedelta(days=1), "observed_at": NIGHT + timedelta(days=1)}
    land("x.accounts", *(account(n, 500 + n) for n in range(20)))
    land("x.accounts", *(account(n, 1000 * (500 + n)) for n in range(20)), **tomorrow)
    verdicts = audit(landed_views(landing.root, LANDED, None), [LANDED[LANDED_CHANGES]])
    assert [v.observed for v in verdicts if not v.is_success] == [
        "1 record: x.accounts.followers_count differs in 20 of 20 rows",
        # ln(1 + 1000 n) - ln(1 + n), for n from 500 to 519, is ln(1000) less about 1/510.
        "1 record: x.accounts.followers_count is 998.04 times as high as it was",
    ]


def test_a_first_night_has_nothing_to_be_compared_with(land, landing):
    land("x.accounts", {"id": "1", "username": "a", "name": "a"})
    verdicts = audit(landed_views(landing.root, LANDED, None), [LANDED[LANDED_CHANGES]])
    assert {v.is_success for v in verdicts} == {True}


def test_a_column_that_the_day_before_did_not_have_yet_is_compared_as_empty(land, landing):
    """So it is the first night after an upgrade that widens a contract."""
    accounts = [{"id": str(n), "username": f"m{n}", "name": "n", "description": "d"} for n in range(20)]
    land("x.accounts", *accounts)
    [old] = (landing.root / "x" / "accounts").glob(f"date={DAY}/*.parquet")
    pl.read_parquet(old, hive_partitioning=False).drop("description").write_parquet(old)
    land("x.accounts", *accounts, day=DAY + timedelta(days=1), observed_at=NIGHT + timedelta(days=1))
    verdicts = audit(landed_views(landing.root, LANDED, None), [LANDED[LANDED_CHANGES]])
    assert [v.observed for v in verdicts if not v.is_success] == [
        "1 record: x.accounts.description differs in 20 of 20 rows",
        "1 record: x.accounts.description is given in 100.0% of the rows, and was in 0.0%",
    ]
