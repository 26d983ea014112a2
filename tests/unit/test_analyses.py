"""The questions whose answer two synthetic nights do not hold, on rows worked out by hand."""

from datetime import date

import duckdb
import pytest

from orchestration.questions import questions, read_question

QUESTIONS = {question.number: question for question in questions()}


def answer(number: int, **tables: str) -> list[dict]:
    """The answer where each table is the query given for it."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            connection.execute(f"create table {name} as {rows}")
        return connection.execute(QUESTIONS[number].sql).pl().to_dicts()


def test_engagement_rose_where_the_nine_weeks_after_the_newest_workshop_have_more_per_post_than_those_before():
    """Rabat's newest workshop was on Wednesday 4 March. Before it 200 engagements on 20 posts, 10 a post; after it 300
    on 15, 20 a post: twice as many, +1. The workshop's own week, and a week ten weeks before, do not count. Paris went
    from 10 to 5. At Rome nobody was present, so it had no workshop."""
    found = answer(
        2,
        fct_attendance="""
            select * from (values
                ('rabat', date '2025-01-15', true),
                ('rabat', date '2026-03-04', true),
                ('paris', date '2026-03-04', true),
                ('rome', date '2026-03-04', false)
            ) as attendance (mission_id, session_date, is_present)
        """,
        engagement_by_mission="""
            select
                *,
                mission_id as mission_name,
                'Somewhere' as region,
                cast(period_start_date + 6 as date) as period_end_date
            from (values
                ('rabat', 'week', date '2025-12-22', 1, 9000),
                ('rabat', 'week', date '2025-12-29', 10, 50),
                ('rabat', 'week', date '2026-02-23', 10, 150),
                ('rabat', 'week', date '2026-03-02', 1, 9000),
                ('rabat', 'week', date '2026-03-09', 5, 200),
                ('rabat', 'week', date '2026-05-04', 10, 100),
                ('rabat', 'week', date '2026-05-11', 1, 9000),
                ('rabat', 'month', date '2026-04-01', 1, 9000),
                ('paris', 'week', date '2026-02-23', 1, 10),
                ('paris', 'week', date '2026-03-09', 1, 5),
                ('rome', 'week', date '2026-02-23', 1, 10),
                ('rome', 'week', date '2026-03-09', 1, 50)
            ) as weeks (mission_id, period_grain, period_start_date, posts, engagements)
        """,
    )
    assert found == [
        {
            "mission_id": "rabat",
            "mission_name": "rabat",
            "region": "Somewhere",
            "trained_date": date(2026, 3, 4),
            "posts_before": 20,
            "posts_after": 15,
            "engagements_per_post_before": 10.0,
            "engagements_per_post_after": 20.0,
            "change_share": 1.0,
        }
    ]


def test_a_post_of_the_newest_seven_days_with_twice_the_expected_overperformed():
    """The newest post is of 10 March, so the seven days are 4 to 10 March: b is too old, c below 2, and of d only the
    oldest age counts."""
    found = answer(
        12,
        fct_post="""
            select post_id, cast(posted_date as date) as posted_date, 'text' as text, 'url' as url
            from (values ('a', '2026-03-04'), ('b', '2026-03-03'), ('c', '2026-03-10'), ('d', '2026-03-10'))
                as posts (post_id, posted_date)
        """,
        post_performance="""
            select
                *,
                'x' as platform,
                'rabat' as mission_id,
                cast(posted_date as timestamp) as posted_at,
                40 as engagements,
                20.0 as expected_engagements
            from (values
                ('a', date '2026-03-04', true, 2.0),
                ('b', date '2026-03-03', true, 9.0),
                ('c', date '2026-03-10', true, 1.9),
                ('d', date '2026-03-10', false, 5.0),
                ('d', date '2026-03-10', true, 1.0)
            ) as performance (post_id, posted_date, is_oldest_age, overperformance)
        """,
    )
    assert [row["post_id"] for row in found] == ["a"]


def test_topics_are_ranked_within_a_region_over_all_months_by_engagements_per_post():
    """In Asia trade has 90 engagements on 2 + 1 posts that tell them, 30 each; culture 40 on one. Visas tell none."""
    found = answer(
        13,
        engagement_by_topic="""
            select * from (values
                ('Asia', 'Trade', 3, 2, 60),
                ('Asia', 'Trade', 1, 1, 30),
                ('Asia', 'Culture', 1, 1, 40),
                ('Asia', 'Visas', 2, 0, null),
                ('Africa', 'Trade', 1, 1, 1)
            ) as topics (region, topic, posts, posts_with_engagements, engagements)
        """,
    )
    assert [tuple(row.values()) for row in found] == [
        ("Africa", "Trade", 1, 1, 1.0),
        ("Asia", "Culture", 1, 40, 40.0),
        ("Asia", "Trade", 4, 90, 30.0),
        ("Asia", "Visas", 2, None, None),
    ]


def test_a_file_without_the_head_of_a_question_is_named(tmp_path):
    file = tmp_path / "21_new.sql"
    file.write_text("-- 21. What is new?\nselect 1\n")
    with pytest.raises(ValueError, match=r"21_new\.sql: must begin with"):
        read_question(file)
