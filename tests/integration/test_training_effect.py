"""From the marts' own rows to the report: what training did, estimated in dbt's process."""

from datetime import date

import duckdb
import polars as pl
import pytest

from orchestration.pseudonyms import make_key_once
from tests.dbt import run_dbt
from tests.training_ministries import ENGAGEMENTS, ministry

MARTS = """
create schema marts;
create table marts.fct_account_daily (
    account_id varchar, mission_id varchar, activity_date date, posts integer, is_registered boolean,
    followers bigint, is_synthetic boolean
);
create table marts.fct_post (
    account_id varchar, mission_id varchar, posted_date date, kind varchar, engagements bigint
);
create table marts.fct_attendance (session_id varchar, mission_id varchar, is_present boolean);
create table marts.dim_session (session_id varchar, course_id varchar, session_date date);
create table marts.fct_registration (course_id varchar, mission_id varchar, is_passed boolean);
create table marts.dim_course (course_id varchar, start_date date, length_days integer)
"""
FIRST_MONDAY = date(2025, 1, 6)


@pytest.fixture(scope="module")
def simulated():
    return ministry(seed=1, gain=0.4, missions=40)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, simulated):
    """One account and at most one post a week for each mission; the followers are not known."""
    data = tmp_path_factory.mktemp("planted")
    make_key_once(data / "pseudonym.key")
    posts = simulated.panel.drop_nulls(ENGAGEMENTS.name).with_columns(
        monday=pl.lit(FIRST_MONDAY) + pl.duration(weeks=pl.col("week") - 1),
        engagements=pl.col(ENGAGEMENTS.name).round().cast(pl.Int64),
    )
    trained = posts.drop_nulls("first_trained_week").select("mission_id", "first_trained_week").unique()
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        connection.execute(MARTS)
        connection.executemany(
            "insert into marts.fct_account_daily values (?, ?, ?, 1, true, null, true)",
            posts.select("mission_id", pl.col("mission_id").alias("mission"), "monday").rows(),
        )
        connection.executemany(
            "insert into marts.fct_post values (?, ?, ?, 'post', ?)",
            posts.select("mission_id", pl.col("mission_id").alias("mission"), "monday", "engagements").rows(),
        )
        connection.executemany(
            "insert into marts.fct_attendance values ('week-' || ?, ?, true)",
            trained.select("first_trained_week", "mission_id").rows(),
        )
        connection.execute(
            "insert into marts.dim_session select distinct session_id, 'course', "
            "date '2025-01-06' + 7 * (cast(replace(session_id, 'week-', '') as integer) - 1) + 3 "
            "from marts.fct_attendance"
        )
    run_dbt(data, "build", "--select", "int_training_panel+", "--exclude-resource-type", "unit_test")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def test_a_planted_effect_is_found_from_the_marts_to_the_report(warehouse, simulated):
    [(verdict, lower, upper, missions)] = warehouse.execute(
        "select verdict, effect_lower, effect_upper, missions_trained from marts.training_effect "
        "where outcome = 'engagements_per_post'"
    ).fetchall()
    assert verdict == "rises"
    assert lower <= simulated.truth <= upper
    # 30 %, 20 % and 20 % of 40 missions.
    assert missions == 28
    weeks = warehouse.execute("select weeks_since_training from marts.training_effect_by_week order by 1").fetchall()
    assert [week for (week,) in weeks] == [*range(-9, -1), *range(10)]


def test_outcomes_that_no_platform_told_are_beyond_telling(warehouse):
    told = warehouse.execute(
        "select outcome, verdict, reason, effect, is_synthetic from marts.training_effect "
        "where outcome != 'engagements_per_post' order by 1"
    ).fetchall()
    assert told == [
        (outcome, "cannot tell", "too few trained missions", None, True)
        for outcome in ("engagement_rate_by_followers", "posts")
    ]
