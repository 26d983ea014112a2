"""Marts that keep their dbt contract and pass its tests, and are wrong all the same."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from expectations.audit import Verdict, audit
from expectations.changes import MART_CHANGES, changes
from expectations.suites import modelled
from orchestration.dbt import DBT_PROJECT_DIR

OFFICER = "officer-0123456789abcdef0123"
ALERT = "post_spreading:x:10:2026-01-02"
MODELLED: dict[str, list[dict]] = {
    "marts.dim_mission": [
        {"mission_id": mission, "name": mission, "region": "Asia", "time_zone": "UTC"}
        for mission in ("tokyo", "unassigned")
    ],
    "marts.dim_date": [{"calendar_date": date(2026, 1, 1) + timedelta(days=n)} for n in range(365)],
    "marts.dim_metric_definition": [
        {"platform": "facebook", "metric": "views", "version": version, "effective_from_date": begins} | ends
        for version, begins, ends in (
            (1, "0001-01-01", {"effective_until_date": "2025-11-15"}),
            (2, "2025-11-15", {}),
        )
    ],
    "marts.dim_account": [
        {
            "account_id": "x:7",
            "valid_from_date": "2020-01-01",
            "is_current": True,
            "platform": "x",
            "handle": "InTokyo",
            "mission_id": "tokyo",
            "is_registered": True,
        }
    ],
    "marts.dim_course": [{"course_id": "C1"}],
    "marts.dim_officer": [{"officer_id": OFFICER, "mission_id": "tokyo", "courses": 1, "is_current": True}],
    "marts.fct_post": [
        {
            "post_id": "x:10",
            "platform": "x",
            "post_native_id": "10",
            "account_id": "x:7",
            "mission_id": "tokyo",
            "posted_at": "2026-01-01 10:00:00",
            "posted_date": "2026-01-01",
            "first_observed_at": "2026-01-02 01:00:00",
            "last_observed_at": "2026-01-03 01:00:00",
            "observations": 2,
            "reactions": 5,
            "comments": 2,
            "shares": 1,
            "engagements": 8,
        }
    ],
    "marts.fct_post_metrics_daily": [
        {
            "post_id": "x:10",
            "observed_date": day,
            "observed_at": observed_at,
            "account_id": "x:7",
            "mission_id": "tokyo",
            "platform": "x",
            "reactions": engagements,
            "engagements": engagements,
            "engagements_gained": 4,
            "gain_span_days": 1,
            "is_gain_over_gap": False,
            "age_days": age_days,
            "source": "x",
        }
        for age_days, day, observed_at, engagements in (
            (0, "2026-01-01", "2026-01-02 01:00:00", 4),
            (1, "2026-01-02", "2026-01-03 01:00:00", 8),
        )
    ],
    "marts.fct_account_daily": [
        {
            "account_id": "x:7",
            "activity_date": day,
            "mission_id": "tokyo",
            "platform": "x",
            "is_registered": True,
            "is_observed": True,
            "followers": 1000,
            "posts": posts,
            "reposts": 0,
            "engagements_gained": 4,
        }
        for day, posts in (("2026-01-01", 1), ("2026-01-02", 0))
    ],
    **{
        f"marts.engagement_by_{entity}": [
            {
                key: value,
                "period_grain": grain,
                "period_start_date": first_day,
                "accounts": 1,
                "account_days_registered": 2,
                "account_days_reported": 2,
                "posts": 1,
                "reposts": 0,
                "engagements": 8,
                "engagements_gained": 8,
                "engagement_rate_by_followers": 0.008,
            }
            for grain, first_day in (("day", "2026-01-01"), ("week", "2025-12-29"), ("month", "2026-01-01"))
        ]
        for entity, key, value in (
            ("account", "account_id", "x:7"),
            ("mission", "mission_id", "tokyo"),
            ("region", "region", "Asia"),
            ("platform", "platform", "x"),
        )
    },
    "marts.account_completeness_daily": [
        {"activity_date": day, "accounts_registered": 1, "accounts_reported": 1, "share_reported": 1}
        for day in ("2026-01-01", "2026-01-02")
    ],
    "marts.post_performance": [
        {
            "post_id": "x:10",
            "age_days": 1,
            "observed_age_days": 1,
            "engagements": 8,
            "expected_engagements": 16,
            "baseline_posts": 20,
            "overperformance": -2,
        }
    ],
    "marts.content_mix": [{"posts": 1, "share_of_posts": 1}],
    "marts.posting_rhythm": [{"iso_weekday": 4, "hour_of_day": 10, "posts": 1}],
    "marts.cross_posts": [{"posts_in_wave": 2, "accounts_in_wave": 2}],
    "marts.metric_half_life": [{"median_share_of_final": 0.5, "half_life_days": 1}],
    "marts.message_efficiency": [{"activity_date": "2026-01-02", "likes_and_shares": 6, "message_efficiency": 6}],
    "marts.social_media_rollup": [{"platform": "x", "post_id": "10", "likes": 5}],
    "marts.fct_registration": [
        {
            "course_id": "C1",
            "officer_id": OFFICER,
            "mission_id": "tokyo",
            "outcome": "Pass",
            "is_passed": True,
            "source": "sheets",
            "observed_date": "2026-01-02",
        }
    ],
    "marts.fct_assessment": [
        {
            "assessment_id": "A1",
            "officer_id": OFFICER,
            "course_id": "C1",
            "score": 18,
            "max_score": 20,
            "source": "sheets",
            "observed_date": "2026-01-02",
        }
    ],
    "marts.capacity_by_course": [
        {
            "course_id": "C1",
            "registrations": 1,
            "passed": 1,
            "distinctions": 0,
            "failed": 0,
            "withdrawn": 0,
            "without_outcome": 0,
            "pass_share_of_registrations": 1,
            "results": 1,
            "score_sum": 18,
            "mean_score": 18,
        }
    ],
    "marts.refresher_due": [
        {
            "officer_id": OFFICER,
            "mission_id": "tokyo",
            "as_of_date": "2026-01-02",
            "days_since_trained": 1,
            "due_date": "2028-01-01",
            "is_due": False,
        }
    ],
    "marts.mission_training_coverage": [
        {
            "mission_id": "tokyo",
            "has_trained_focal_person": True,
            "has_up_to_date_focal_person": True,
            "officers_posted": 2,
            "trained_officers": 1,
            "refreshers_due": 0,
        }
    ],
    "marts.mission_platform_coverage": [
        {
            "mission_id": "tokyo",
            "platform": "x",
            "has_trained_focal_person": True,
            "has_up_to_date_focal_person": True,
        }
    ],
    "marts.mission_course_coverage": [
        {"mission_id": "tokyo", "course_id": "C1", "has_trained_focal_person": True, "trained_officers": 1}
    ],
    "marts.fct_nomination": [{"course_id": "C1", "officer_id": OFFICER, "mission_id": "tokyo"}],
    "marts.training_funnel": [
        {
            "course_id": "C1",
            "nominated": 1,
            "attended": 2,
            "completed": 1,
            "certified": 1,
            "attended_without_nomination": 1,
            "attended_share_of_nominated": 1,
            "completed_share_of_attended": 0.5,
            "certified_share_of_completed": 1,
        }
    ],
    "marts.training_gain": [
        {
            "course_id": "C1",
            "officers": 5,
            "mean_pre_points": 50,
            "mean_post_points": 80,
            "mean_gain_points": 30,
            "mean_gain_points_lower": 10,
            "mean_gain_points_upper": 50,
        }
    ],
    "marts.training_by_group": [
        {
            "course_id": course,
            "dimension": "gender",
            "dimension_value": gender,
            "registrations": registrations,
            "pass_share_of_registrations": share,
            "tested": registrations,
        }
        for course, gender, registrations, share in (
            ("C1", "F", 1, 1),
            ("C2", "F", None, None),
            ("C2", "M", None, None),
        )
    ],
    "marts.dim_session": [{"session_id": "S1", "course_id": "C1"}],
    "marts.training_series": [
        {
            "series_number": number,
            "course_id": f"C{number}",
            "sessions": sessions,
            "trained_officers": 5,
            "missions": 3,
            "trained_officers_so_far": so_far,
            "missions_so_far": 3,
        }
        for number, sessions, so_far in ((1, 1, 5), (2, 0, 8))
    ],
    "marts.training_effect": [
        {
            "outcome": "posts",
            "verdict": "rises",
            "missions_trained": 8,
            "missions_compared": 9,
            "mission_weeks": 200,
            "effect": 2,
            "effect_lower": 1,
            "effect_upper": 3,
            "change_share": 0.2,
            "pretrend_p_value": 0.5,
        }
    ],
    "marts.training_effect_by_week": [
        {
            "outcome": "posts",
            "weeks_since_training": 0,
            "effect": 2,
            "effect_lower": 1,
            "effect_upper": 3,
            "missions": 8,
        }
    ],
    "marts.asset_standards": [
        {
            "account_id": "x:7",
            "rule": rule,
            "platform": "x",
            "handle": "InTokyo",
            "mission_id": "tokyo",
            "weight": 1,
            "is_met": is_met,
            "fix": fix,
        }
        for rule, is_met, fix in (("handle", True, None), ("picture", None, None), ("website", False, "Link."))
    ],
    "marts.asset_scores": [
        {
            "account_id": "x:7",
            "platform": "x",
            "handle": "InTokyo",
            "mission_id": "tokyo",
            "score": 0.5,
            "rules_met": 1,
            "rules_not_met": 1,
            "what_to_fix": "Link.",
            "as_of_date": "2026-01-02",
            "last_posted_date": "2026-01-01",
            "days_silent": 1,
        }
    ],
    "marts.account_profiles": [
        {"account_id": "x:7", "valid_from_date": "2026-01-01", "is_current": True, "platform": "x", "handle": "InTokyo"}
    ],
    "marts.unregistered_lookalikes": [
        {
            "platform": "x",
            "handle": "1ntokyo",
            "mission_id": "tokyo",
            "edits": 1,
            "posts": 1,
            "first_posted_date": "2026-01-01",
            "last_posted_date": "2026-01-01",
            "last_post_id": "x:10",
        }
    ],
    "marts.dim_topic": [{"topic_id": "trade"}],
    "marts.fct_post_reading": [
        {
            "post_id": "x:10",
            "is_read": True,
            "language": "en",
            "language_confidence": 0.9,
            "topic_id": "trade",
            "topic_score": 0.8,
            "tone": "neutral",
            "tone_score": 0.7,
            "version": "1",
        }
    ],
    "marts.engagement_by_topic": [
        {
            "region": "Asia",
            "month_start_date": "2026-01-01",
            "topic_id": "trade",
            "posts": 1,
            "posts_with_engagements": 1,
            "engagements": 8,
            "engagements_per_post": 8,
        }
    ],
    "marts.post_duplicates": [
        {
            "post_id": post_id,
            "first_post_id": "x:10",
            "is_first": post_id == "x:10",
            "posts": 2,
            "missions": 1,
            "languages": 1,
        }
        for post_id in ("x:10", "x:11")
    ],
    "marts.alerts": [
        {
            "alert_id": ALERT,
            "alert_date": "2026-01-02",
            "from_date": "2026-01-01",
            "kind": "post_spreading",
            "severity": "high",
            "mission_id": "tokyo",
            "account_id": "x:7",
            "post_id": "x:10",
            "observed": 8,
            "expected": 2,
            "expected_low": 1,
            "expected_high": 4,
            "strength": 2,
        }
    ],
    "marts.alert_posts": [{"alert_id": ALERT, "post_id": "x:10", "place": 1}],
    "marts.weekly_brief": [
        {
            "region": "Asia",
            "week_start_date": "2025-12-29",
            "week_end_date": "2026-01-02",
            "text": "1 account made 1 post, gained 8 engagements, and there was 1 alert. Mission 4 drew 8.",
            "best_mission": "Mission 4",
        }
    ],
    "marts.weekly_brief_numbers": [
        {"region": "Asia", "week_start_date": "2025-12-29", "name": name, "value": value, "shown": str(value)}
        for name, value in (
            ("accounts", 1),
            ("posts", 1),
            ("engagements_gained", 8),
            ("alerts", 1),
            ("severe_alerts", 1),
            ("best_post_engagements", 8),
        )
    ],
    "quality.unmatched_stays": [],
    "quality.reconciliation": [
        {
            "source": source,
            "table_name": table,
            "observed_date": day,
            "received": 5,
            "landed": 3,
            "landed_rows": 3,
            "quarantined": 1,
            "quarantined_records": 1,
            "repeated": 1,
            "superseded": 1,
            "modelled": 2,
            "is_reconciled": True,
        }
        for source, table, day in (
            ("sheets", "assessment_results", "2026-01-02"),
            ("sheets", "registrations", "2026-01-02"),
            ("x", "posts", "2026-01-01"),
            ("x", "posts", "2026-01-02"),
        )
    ],
}
"""One post observed on two days, one officer on one course; every total fits the rows it is the total of."""


@pytest.fixture(scope="module")
def sound_warehouse(tmp_path_factory) -> Path:
    """The sound marts, in tables that have the columns which the models' own YAML declares."""
    path = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema quality; create schema audit")
        connection.execute(f"create table {MART_CHANGES} as {changes([])}")
        for table, columns in _declared_columns().items():
            connection.execute(f"create table {table} ({columns})")
        for table, rows in MODELLED.items():
            for row in rows:
                places = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values()))
    return path


@pytest.fixture
def warehouse(sound_warehouse, tmp_path) -> Path:
    """A copy to plant a fault in."""
    return Path(shutil.copy(sound_warehouse, tmp_path / "warehouse.duckdb"))


def _declared_columns() -> dict[str, str]:
    declared = [
        (folder, model)
        for folder in ("marts", "quality")
        for file in sorted((DBT_PROJECT_DIR / "models" / folder).rglob("*__models.yml"))
        for model in yaml.safe_load(file.read_text())["models"]
    ]
    return {
        f"{folder}.{model['name']}": ", ".join(f"{c['name']} {c['data_type']}" for c in model["columns"])
        for folder, model in declared
    }


@pytest.fixture
def audited(warehouse):
    """Verdicts after ``fault``, a statement of SQL: on all marts, or on one, or of its expectations that say so."""

    def audited(table: str = "", says: str = "", fault: str = "") -> list[Verdict]:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(fault)
        asked = [
            replace(suite, expectations=tuple(e for e in suite.expectations if e.says.startswith(says)))
            for suite in modelled.SUITES
            if suite.table_name.startswith(table)
        ]
        return audit(warehouse, asked)

    return audited


def failures(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    """What failed: severity and sentence, without the table's name."""
    return [(v.severity, v.description.removeprefix(f"{v.table_name}: ")) for v in verdicts if not v.is_success]


POST = "marts.fct_post"
DAILY = "marts.fct_post_metrics_daily"
ACCOUNT_DAILY = "marts.fct_account_daily"
BY_MISSION = "marts.engagement_by_mission"
BRIEF, BRIEF_NUMBERS, IN_ASIA = "marts.weekly_brief", "marts.weekly_brief_numbers", "Asia in the week of 2025-12-29"
RECONCILIATION = "quality.reconciliation"
LINE = "sheets.assessment_results on 2026-01-02 has "


def test_sound_marts_meet_every_expectation(audited):
    verdicts = audited()
    assert failures(verdicts) == []
    assert {v.suite for v in verdicts} == {suite.name for suite in modelled.SUITES}


def test_marts_of_an_empty_landing_meet_every_expectation(audited):
    tables = [suite.table_name for suite in modelled.SUITES if suite is not modelled.DIM_MISSION]
    verdicts = audited(fault="; ".join(f"delete from {table}" for table in tables))
    assert failures(verdicts) == []


FAULTS = [
    (
        RECONCILIATION,
        "received = 6",
        "block",
        "what was received",
        f"{LINE}received 6, landed 3, quarantined 1, repeated 1",
    ),
    (
        RECONCILIATION,
        "landed_rows = 2",
        "block",
        "as many records lie in the landing",
        f"{LINE}landed 3, landed_rows 2",
    ),
    (
        RECONCILIATION,
        "quarantined_records = 0",
        "block",
        "as many records lie in quarantine",
        f"{LINE}quarantined 1, quarantined_records 0",
    ),
    (
        RECONCILIATION,
        "modelled = 1",
        "block",
        "every landed record stands in its fact",
        f"{LINE}landed_rows 3, modelled 1, superseded 1",
    ),
    (
        RECONCILIATION,
        "is_reconciled = false",
        "block",
        "is_reconciled is true",
        f"{LINE}received 5, landed 3, quarantined 1, repeated 1, quarantined_records 1, landed_rows 3, modelled 2, "
        "superseded 1",
    ),
    ("marts.dim_mission", "mission_id = 'none'", "block", "there is a mission 'unassigned'", None),
    ("marts.dim_account", "is_current = false", "block", "every account has one current version", "x:7"),
    ("marts.dim_account", "valid_to_date = '2019-01-01'", "warn", "valid_from_date is not after", None),
    (POST, "post_native_id = '11'", "block", "post_id is the platform and its own id", "x:10"),
    (POST, "posted_at = '2005-01-01'", "block", "no post on X is older than X", "x:10"),
    (POST, "posted_at = '2001-01-01'", "warn", "posted_at is at least 2004-02-04", None),
    (POST, "posted_at = '2026-01-05'", "block", "no post was made more than a day after", "x:10"),
    (POST, "posted_at = '2026-01-03 02:00'", "warn", "posted_at is not after last_observed_at", None),
    (POST, "deleted_at = '2025-12-31'", "block", "posted_at is not after deleted_at", None),
    (POST, "reactions = -1", "block", "reactions is at least 0", None),
    (POST, "comments = 3", "block", "engagements are the sum", "x:10"),
    (POST, "engagements = null", "block", "engagements are the sum", "x:10"),
    (POST, "engagements = null", "warn", "engagements are told of at least 90%", None),
    (POST, "last_observed_at = '2026-01-09'", "block", "every observed day of a post", "1 against 0"),
    (DAILY, "gain_span_days = 0", "block", "gain_span_days is at least 1", None),
    (DAILY, "age_days = -1", "warn", "age_days is at least 0", None),
    (DAILY, "is_gain_over_gap = true", "block", "a gain counts as over a gap", "x:10 on 2026-01-01"),
    (DAILY, "engagements_gained = 5", "block", "no metric was less than nothing", "x:10 on 2026-01-01"),
    (DAILY, "engagements_gained = 3", "block", "what a post gained over its days", "x:10"),
    (ACCOUNT_DAILY, "follower_span_days = 0", "block", "follower_span_days is at least 1", None),
    (ACCOUNT_DAILY, "is_observed = false", "block", "followers stand only on days", "x:7 on 2026-01-01"),
    (ACCOUNT_DAILY, "posts = 1", "block", "posts of all days", "2 against 1"),
    (ACCOUNT_DAILY, "reposts = 1", "block", "reposts of all days", "2 against 0"),
    (ACCOUNT_DAILY, "engagements_gained = null", "block", "engagements gained by accounts", "0 against 8"),
    (BY_MISSION, "engagement_rate_by_followers = 1.5", "warn", "engagement_rate_by_followers is between 0 and 1", None),
    (BY_MISSION, "engagement_rate_by_reach = -0.1", "block", "engagement_rate_by_reach is at least 0", None),
    (
        BY_MISSION,
        "period_start_date = '2026-01-02' where period_grain = 'week'",
        "block",
        "a week begins on Monday",
        "tokyo in the week of 2026-01-02",
    ),
    (
        BY_MISSION,
        "account_days_reported = 3 where period_grain = 'day'",
        "block",
        "no more account days reported",
        "tokyo in the day of 2026-01-01",
    ),
    (BY_MISSION, "posts = 2 where period_grain = 'week'", "block", "posts of all days", "week has 2 against 1"),
    (BY_MISSION, "reposts = 2 where period_grain = 'day'", "block", "reposts of all days", "day has 2 against 0"),
    (
        BY_MISSION,
        "engagements = 9 where period_grain = 'month'",
        "block",
        "engagements of all days",
        "month has 9 against 8",
    ),
    ("marts.account_completeness_daily", "share_reported = 1.1", "block", "share_reported is between", None),
    ("marts.account_completeness_daily", "accounts_registered = 2", "block", "registered accounts of", "4 against 2"),
    ("marts.account_completeness_daily", "accounts_reported = 0", "block", "accounts that reported", "0 against 2"),
    (
        "marts.dim_date",
        "calendar_date = '2026-12-30' where calendar_date = '2026-12-31'",
        "block",
        "the calendar has",
        "2026-01-01 to 2026-12-30",
    ),
    (
        "marts.post_performance",
        "observed_age_days = 0",
        "block",
        "age_days is not after",
        None,
    ),
    ("marts.post_performance", "engagements = 7", "block", "what a post had", "x:10 at 1 days"),
    (
        "marts.message_efficiency",
        "activity_date = '2026-01-01'",
        "block",
        "it reaches to the newest day",
        "2026-01-02",
    ),
    (
        "marts.unregistered_lookalikes",
        "last_posted_date = '2026-01-02'",
        "block",
        "the last post is",
        "x:1ntokyo",
    ),
    (
        "marts.dim_metric_definition",
        "effective_until_date = '2025-10-16' where version = 1",
        "block",
        "what a metric meant",
        "facebook, views, version 1",
    ),
    ("marts.asset_scores", "last_posted_date = '2025-12-02'", "block", "the days of silence", "x:7"),
    ("marts.unregistered_lookalikes", "posts = 2", "block", "no handle is met", "x:1ntokyo"),
    ("marts.post_performance", "overperformance = 2", "block", "a post is above", "x:10 at 1 days"),
    ("marts.content_mix", "posts = 2", "block", "posts of all kinds", "2 against 1"),
    ("marts.posting_rhythm", "posts = 2", "block", "posts of all hours", "2 against 1"),
    ("marts.cross_posts", "accounts_in_wave = 1", "block", "accounts_in_wave is at least 2", None),
    ("marts.metric_half_life", "half_life_days = -1", "block", "half_life_days is at least 0", None),
    ("marts.message_efficiency", "message_efficiency = -1", "block", "message_efficiency is at least 0", None),
    ("marts.social_media_rollup", "likes = 6", "block", "its likes are the posts' reactions", "6 against 5"),
    ("marts.dim_officer", "officer_id = 'SN-4711'", "block", "officer_id is a pseudonym", None),
    ("marts.dim_officer", "is_current = false", "block", "every officer has one current version", OFFICER),
    ("marts.fct_registration", "officer_id = 'SN-4711'", "block", "officer_id is a pseudonym", None),
    ("marts.fct_registration", "outcome = 'Passt', is_passed = false", "warn", "outcome is one of", None),
    ("marts.fct_registration", "is_passed = false", "block", "is_passed is told exactly", None),
    ("marts.fct_assessment", "officer_id = 'SN-4711'", "block", "officer_id is a pseudonym", None),
    ("marts.fct_assessment", "score = 21", "warn", "no score is above max_score", None),
    ("marts.fct_assessment", "max_score = null, score = 101", "warn", "no score is above max_score", None),
    ("marts.fct_assessment", "score = null", "warn", "score is given in at least 90%", None),
    ("marts.capacity_by_course", "pass_share_of_registrations = 1.5", "block", "pass_share_of_registrations", None),
    ("marts.capacity_by_course", "failed = 1", "block", "no course has more outcomes", "C1"),
    ("marts.capacity_by_course", "registrations = 2", "block", "registrations of all courses", "2 against 1"),
    ("marts.capacity_by_course", "results = 0", "block", "results of all courses", "0 against 1"),
    ("marts.asset_standards", "fix = null", "block", "what to do is told exactly", "x:7 and website"),
    (
        "marts.asset_standards",
        "account_id = case rule when 'picture' then 'x:8' else account_id end",
        "block",
        "every account is held to every rule",
        "x:7",
    ),
    ("marts.asset_scores", "score = 1.5", "block", "score", None),
    ("marts.asset_scores", "what_to_fix = null", "block", "what to fix is told exactly", "x:7"),
    ("marts.asset_scores", "days_silent = -1", "block", "days_silent", None),
    ("marts.asset_scores", "rules_met = 2", "block", "rules met by all accounts", "2 against 1"),
    ("marts.account_profiles", "valid_to_date = date '2025-12-31'", "block", "valid_from_date", None),
    ("marts.account_profiles", "is_current = false", "block", "every account has one current profile", "x:7"),
    ("marts.unregistered_lookalikes", "handle = 'intokyo'", "block", "no handle of the register", "x:intokyo"),
    ("marts.unregistered_lookalikes", "posts = 0", "block", "posts", None),
    ("marts.unregistered_lookalikes", "edits = -1", "block", "edits", None),
    ("marts.capacity_by_course", "score_sum = 17", "block", "scores of all courses", "17.0 against 18.0"),
    ("marts.refresher_due", "officer_id = 'SN-4711'", "block", "officer_id is a pseudonym", None),
    ("marts.refresher_due", "days_since_trained = -1", "warn", "days_since_trained is at least 0", None),
    ("marts.refresher_due", "is_due = true", "block", "a refresher is due exactly", OFFICER),
    (
        "marts.mission_training_coverage",
        "has_trained_focal_person = false",
        "block",
        "there is a trained focal person exactly",
        "tokyo",
    ),
    (
        "marts.mission_training_coverage",
        "has_trained_focal_person = false",
        "block",
        "nobody is up to date",
        "tokyo",
    ),
    ("marts.mission_training_coverage", "officers_posted = 0", "block", "trained_officers is not after", None),
    ("marts.mission_training_coverage", "refreshers_due = 2", "block", "refreshers_due is not after", None),
    (
        "marts.mission_platform_coverage",
        "has_up_to_date_focal_person = false",
        "block",
        "a mission is covered on each",
        "tokyo on x",
    ),
    ("marts.mission_course_coverage", "trained_officers = 0", "block", "no officers are counted", "tokyo and C1"),
    ("marts.training_funnel", "certified = -1", "block", "certified is at least 0", None),
    ("marts.training_funnel", "attended = 0", "block", "attended_without_nomination is not after", None),
    ("marts.training_funnel", "completed_share_of_attended = 1.5", "block", "completed_share_of_attended", None),
    ("marts.training_funnel", "nominated = 2", "block", "nominations of all courses", "2 against 1"),
    ("marts.training_gain", "mean_gain_points_lower = 31", "block", "mean_gain_points_lower is not after", None),
    ("marts.training_gain", "mean_gain_points_upper = 29", "block", "mean_gain_points is not after", None),
    ("marts.training_gain", "mean_post_points = 101", "warn", "mean_post_points is between 0 and 100", None),
    ("marts.training_gain", "mean_pre_points = 40", "block", "the mean gain is the mean after", "C1"),
    ("marts.training_by_group", "pass_share_of_registrations = 1.5", "block", "pass_share_of_registrations", None),
    ("marts.training_by_group", "tested = 2", "block", "tested is not after registrations", None),
    (
        "marts.training_by_group",
        "registrations = 9 where course_id = 'C2' and dimension_value = 'M'",
        "block",
        "of no breakdown is one group alone",
        "C2 by gender",
    ),
    (
        "marts.training_by_group",
        "registrations = 2 where course_id = 'C1'",
        "block",
        "the groups of a breakdown",
        "C1 by gender",
    ),
    ("marts.training_series", "missions = 6", "block", "missions is not after trained_officers", None),
    ("marts.training_series", "trained_officers = 9", "block", "trained_officers is not after", None),
    (
        "marts.training_series",
        "missions_so_far = 4 where series_number = 1",
        "block",
        "what the series reached so far",
        "C2",
    ),
    ("marts.training_series", "sessions = 1", "block", "the series has every session of its courses", "2 against 1"),
    ("marts.training_effect", "effect_lower = 2.5", "block", "effect_lower is not after effect", None),
    ("marts.training_effect", "effect_lower = -1", "block", "a rise or fall is told only", "posts"),
    ("marts.training_effect", "pretrend_p_value = 0.01", "block", "a rise or fall is told only", "posts"),
    ("marts.training_effect", "change_share = -0.2", "block", "a change has the sign", "posts"),
    ("marts.training_effect_by_week", "missions = 9", "block", "no week counts more missions", "posts in week 0"),
    ("marts.fct_post_reading", "topic_score = 1.5", "block", "topic_score is between 0 and 1", None),
    ("marts.fct_post_reading", "is_read = false", "block", "what was not read tells nothing", "x:10"),
    ("marts.fct_post_reading", "tone = null", "block", "language, topic and tone are told together", "x:10"),
    ("marts.fct_post_reading", "topic_id = 'gone'", "warn", "every topic is one of the seed's", "gone"),
    ("marts.post_duplicates", "posts = 1", "block", "posts is at least 2", None),
    ("marts.post_duplicates", "is_first = true", "block", "a post is the first exactly", "x:11"),
    ("marts.alerts", "strength = 0.5", "block", "strength is at least 1", None),
    ("marts.alerts", "from_date = '2026-01-03'", "block", "from_date is not after alert_date", None),
    ("marts.alerts", "observed = 3", "block", "what came lies outside", ALERT),
    ("marts.alerts", "post_id = 'x:11'", "block", "every alert about a post links it", ALERT),
    ("marts.alert_posts", "place = 0", "block", "place is at least 1", None),
    (
        BRIEF_NUMBERS,
        "value = 2, shown = 2 where name = 'posts'",
        "block",
        "accounts, posts",
        f"{IN_ASIA} tells posts as 2.0",
    ),
    (
        BRIEF_NUMBERS,
        "name = 'engagements_change', shown = '100%' where name = 'posts'",
        "block",
        "engagements_gained_before, engagements_change",
        f"{IN_ASIA} tells engagements_change as 1.0",
    ),
    (
        BRIEF_NUMBERS,
        "value = 0, shown = 0 where name = 'alerts'",
        "block",
        "alerts, severe_alerts",
        f"{IN_ASIA} tells alerts as 0.0",
    ),
    (
        BRIEF_NUMBERS,
        "value = 9, shown = 9 where name = 'best_post_engagements'",
        "block",
        "best_post_engagements",
        f"{IN_ASIA} tells best_post_engagements as 9.0",
    ),
    (
        BRIEF_NUMBERS,
        "shown = '80' where name = 'engagements_gained'",
        "block",
        "a number is shown as it is",
        f"{IN_ASIA} shows engagements_gained as 80",
    ),
    (BRIEF, "text = '1 account gained 8,000.'", "block", "every number of a brief", f"{IN_ASIA} tells 8,000"),
    (BRIEF, "week_end_date = '2026-01-04'", "block", "only weeks that ended", IN_ASIA),
    ("marts.engagement_by_topic", "engagements = -1", "block", "engagements is at least 0", None),
    ("marts.engagement_by_topic", "posts = 2", "block", "posts of all topics are the own posts", "2 against 1"),
]


@pytest.mark.parametrize(
    ("table", "change", "severity", "says", "named"),
    FAULTS,
    ids=[f"{fault[0]}: {fault[1]}: {fault[3]}" for fault in FAULTS],
)
def test_a_fault_that_dbt_does_not_test_for_is_found(audited, table, change, severity, says, named):
    [(found, told)] = failures(audited(table, says, fault=f"update {table} set {change}"))
    assert found == severity
    broken = told.split(": broken by ")[1]
    assert (broken.split(": ")[1].split("; ")[0] if ": " in broken else None) == named
    assert "SN-4711" not in told


def test_a_post_without_a_reading_of_its_own_blocks(audited):
    found = failures(audited("marts.fct_post_reading", "every post has", fault="delete from marts.fct_post_reading"))
    assert [(severity, told.endswith("0 against 1")) for severity, told in found] == [("block", True)]


def test_whoever_was_trained_in_a_course_must_be_a_trained_focal_person(audited):
    fault = "update marts.mission_training_coverage set has_trained_focal_person = false"
    told = failures(audited("marts.mission_course_coverage", fault=fault))
    assert [(severity, says.endswith("tokyo and C1")) for severity, says in told] == [("block", True)]


def test_a_fact_without_its_line_in_the_reconciliation_blocks(audited):
    moved = "update marts.fct_registration set observed_date = '2026-01-05'"
    assert failures(audited(RECONCILIATION, fault=moved)) == [
        ("block", "what stands in a fact has its line here: broken by 1 record: sheets.registrations on 2026-01-05")
    ]


def registrations(day: str, received: int, quarantined: int) -> str:
    """Another day of registrations, of which 1 in 5 was rejected on 2 January; three landed."""
    return (
        "insert into quality.reconciliation by name select * replace ("
        f"date '{day}' as observed_date, {received} as received, {quarantined} as quarantined, "
        f"{quarantined} as quarantined_records, {received - quarantined - 3} as repeated) "
        "from quality.reconciliation where table_name = 'registrations' and observed_date = '2026-01-02'"
    )


def test_more_in_quarantine_than_is_usual_is_warned_of_with_what_to_do(audited):
    assert failures(audited(RECONCILIATION, fault=registrations("2026-01-05", 10, 5))) == [
        (
            "warn",
            "no table has lately more in quarantine than is usual for it: broken by 1 record: sheets.registrations on "
            "2026-01-05 has 5 of 10 in quarantine, and at most 20.0% on the days before: `sifarat quarantine show "
            "sheets.registrations` tells what to do",
        )
    ]


@pytest.mark.parametrize(
    ("day", "received", "quarantined"),
    [
        pytest.param("2026-01-05", 20, 8, id="no more than twice as much as is usual"),
        pytest.param("2026-01-05", 9, 4, id="four records"),
        pytest.param("2026-02-05", 10, 5, id="28 days after the last"),
    ],
)
def test_what_is_usual_in_quarantine_is_not_warned_of(audited, day, received, quarantined):
    assert failures(audited(RECONCILIATION, fault=registrations(day, received, quarantined))) == []


def test_a_meeting_of_no_session_is_warned_of(audited):
    stays = "insert into quality.unmatched_stays (source, meeting, stays) values ('zoom', '83@2026-03-02', 2)"
    says = "every meeting and every sign-in sheet is of a session that a list of sessions tells: broken by 1 record: "
    assert failures(audited("quality.unmatched_stays", fault=stays)) == [
        ("warn", says + "2 stays of zoom, 83@2026-03-02, count for nobody")
    ]


def test_a_post_that_is_lost_on_the_way_to_the_reports_blocks_in_each_of_them(audited):
    told = failures(audited(fault="delete from marts.fct_post"))
    assert [severity for severity, _ in told] == ["block"] * len(told)
    assert [says.split(": broken by ")[0] for _, says in told] == [
        "there are as many posts as have metrics",
        "posts of all days are the own posts there are",
        *[
            "posts of all days, weeks and months are those there are",
            "engagements of all days, weeks and months are those there are",
        ]
        * 4,
        "posts of all kinds are the posts there are",
        "posts of all hours are the own posts there are",
        "it has every post once",
        "its likes are the posts' reactions",
        "no handle is met in more posts than there are",
        "every post has its reading, read or not",
        "posts of all topics are the own posts that were sorted into one",
        "best_post_engagements are what their mart tells",
    ]


def test_two_versions_of_an_account_on_one_day_are_warned_of(audited):
    second = (
        "insert into marts.dim_account (account_id, valid_from_date, is_current) values ('x:7', '2021-01-01', false)"
    )
    assert failures(audited("marts.dim_account", fault=second)) == [
        ("warn", "no account has two versions on one day: broken by 1 record: x:7 from 2021-01-01")
    ]
    # A version that ends on the day the next one begins is sound: its last day is the day before.
    ended = "update marts.dim_account set valid_to_date = '2021-01-01' where valid_from_date = '2020-01-01'"
    assert failures(audited("marts.dim_account", fault=ended)) == []


def test_a_missing_mart_fails_every_expectation_of_it_and_passes_none(audited):
    verdicts = audited("marts.fct_assessment", fault="drop table marts.fct_assessment")
    assert verdicts
    assert not any(v.is_success for v in verdicts)
    assert all("the table marts.fct_assessment does not exist" in v.description for v in verdicts)
