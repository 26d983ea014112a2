"""`make nightly` on nothing: the synthetic ministry, from extraction to what an analyst sees."""

from collections import Counter

import pytest

from orchestration.sandbox.series import held
from orchestration.settings import Settings

pytestmark = pytest.mark.xdist_group("synthetic_state")

METRICS = ("reactions", "comments", "shares", "quotes", "saves", "impressions", "reach", "views", "clicks")


def test_ninety_missions_are_published_and_everything_is_labelled_synthetic(synthetic_state):
    assert synthetic_state.query("select count(*) from marts.dim_mission where mission_id != 'unassigned'") == [(90,)]
    assert synthetic_state.query("select count(distinct account_id) from marts.dim_account") == [(250,)]
    assert synthetic_state.query("select is_synthetic from quality.publication") == [(True,)]
    marts = synthetic_state.query(
        "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'is_synthetic' "
        "and table_name != 'dim_mission' order by 1"
    )
    unfed = set()
    for (mart,) in marts:
        [(rows, is_synthetic)] = synthetic_state.query(f"select count(*), bool_and(is_synthetic) from marts.{mart}")
        if rows:
            assert is_synthetic, mart
        else:
            unfed.add(mart)
    # Its missions were trained before their first posts were seen, so there is no week around a training; two nights
    # tell of no post at five ages, let expect nothing and end no week; and these nights read no texts.
    assert unfed == {
        "alert_posts",
        "alerts",
        "engagement_by_topic",
        "metric_half_life",
        "post_duplicates",
        "training_effect_by_week",
        "weekly_brief",
        "weekly_brief_numbers",
    }
    assert synthetic_state.query("select count(*) filter (where is_read) from marts.fct_post_reading") == [(0,)]


def test_two_nights_let_expect_nothing_so_there_is_no_alert_and_no_week_to_tell(synthetic_state):
    assert "No alert from" in synthetic_state.sifarat("alerts").stdout
    assert "Weeks are told once they ended" in synthetic_state.sifarat("brief").stderr


def test_both_nights_are_observed_and_every_landed_row_is_modelled(synthetic_state):
    # The UI's test adds a third night to this state, so only the first two are looked at.
    first_two = "between '2026-03-02' and '2026-03-03'"
    days = synthetic_state.query(
        "select distinct observed_date::varchar from marts.fct_post_metrics_daily "
        f"where observed_date {first_two} order by 1"
    )
    assert days == [("2026-03-02",), ("2026-03-03",)]
    assert synthetic_state.query("select count(*) from quality.reconciliation where not is_reconciled") == [(0,)]
    per_day = synthetic_state.query(
        "select count(*), count(distinct platform) from marts.fct_account_daily "
        f"where is_observed and activity_date {first_two} group by activity_date"
    )
    assert per_day == [(250, 7), (250, 7)]


GIVEN = {
    "x": {"reactions", "comments", "shares", "quotes", "saves", "impressions"},
    "facebook": {"reactions", "comments", "shares", "reach", "views", "clicks"},
    "instagram": {"reactions", "comments", "shares", "saves", "reach", "views"},
    "youtube": {"reactions", "comments", "views"},
    "bluesky": {"reactions", "comments", "shares", "quotes", "saves"},
    "mastodon": {"reactions", "comments", "shares", "quotes"},
    "linkedin": {"reactions", "comments", "shares", "impressions", "reach", "clicks"},
}
"""What each platform reports of a post, by its page under docs/platforms."""


def test_every_platform_of_the_register_has_its_line_of_metrics(synthetic_state):
    assert set(GIVEN) == {
        platform for (platform,) in synthetic_state.query("select distinct platform from marts.dim_account")
    }


@pytest.mark.parametrize("platform", GIVEN)
def test_a_platform_brings_what_it_reports_and_null_for_what_it_does_not(synthetic_state, platform):
    # Every report that shows the metrics of one platform: nowhere is what it does not report a number, not even 0.
    def tells(mart: str, column: str) -> bool:
        [(rows,)] = synthetic_state.query(f"select count({column}) from marts.{mart} where platform = '{platform}'")
        return rows > 0

    for mart in ("fct_post", "fct_post_metrics_daily", "engagement_by_account", "engagement_by_platform"):
        assert (mart, {metric for metric in METRICS if tells(mart, metric)}) == (mart, GIVEN[platform])
    assert {m for m in METRICS if tells("fct_post_metrics_daily", f"{m}_gained")} == GIVEN[platform]
    for metric in ("impressions", "views"):
        assert tells("engagement_by_account", f"{metric}_gained") == (metric in GIVEN[platform])
        assert tells("fct_account_daily", f"{metric}_gained") == (metric in GIVEN[platform])
    for denominator in ("impressions", "reach"):
        assert tells("engagement_by_account", f"engagement_rate_by_{denominator}") == (denominator in GIVEN[platform])
        assert tells("engagement_by_account", f"{denominator}_of_posts") == (denominator in GIVEN[platform])
    assert tells("engagement_by_account", "engagement_rate_by_followers")
    for metric, column in (("clicks",) * 2, ("impressions",) * 2, ("reactions", "likes"), ("shares",) * 2):
        assert tells("social_media_rollup", column) == (metric in GIVEN[platform])


@pytest.mark.parametrize("metric", METRICS)
def test_the_dictionary_says_that_a_metric_is_null_where_it_is_not_reported(synthetic_state, metric):
    said = synthetic_state.query(
        "select table_name, comment from duckdb_columns() where schema_name = 'marts' "
        f"and column_name in ('{metric}', '{metric}_gained') and data_type = 'BIGINT'"
    )
    assert len(said) > 5
    assert [table for table, comment in said if "NULL" not in comment] == []


def test_150_officers_of_all_90_missions_are_trained_in_twelve_sessions_of_two_years(synthetic_state):
    assert synthetic_state.query(
        "select count(distinct officer_id), count(distinct mission_id) from marts.fct_registration"
    ) == [(150, 90)]
    assert synthetic_state.query("select count(*) from marts.dim_session where session_date < '2023-04-01'") == [(12,)]
    assert synthetic_state.query(
        "select count(*) > 0 from marts.capacity_by_course where mean_post_test_score > 0"
    ) == [(True,)]


def test_attendance_is_the_time_that_an_officer_was_there_whoever_tells_it(synthetic_state):
    """SYN-2021-Q4-D1 is told by Zoom's report and by the sign-in sheet. Who is not named by e-mail in all that is told
    of them may be known there or not, so of the others each one's minutes are looked for."""
    [*_, held_then] = held(Settings().sandbox_seed, until=2)
    session = held_then.workshop.sessions[0]
    assert (session.session_id, session.told_by) == ("SYN-2021-Q4-D1", ("zoom", "sheet"))
    expected = Counter()
    for stays in held_then.stays_by_officer(session).values():
        if all(stay.email for stay in stays):
            seconds = set()
            for stay in stays:
                start = int((stay.joined_at - session.starts_at).total_seconds())
                end = int(((stay.left_at or session.ends_at) - session.starts_at).total_seconds())
                seconds |= set(range(max(start, 0), min(end, 180 * 60)))
            expected[len(seconds)] += 1
    told = synthetic_state.query(
        "select round(minutes_present * 60)::int, sources from marts.fct_attendance where session_id = 'SYN-2021-Q4-D1'"
    )
    assert expected.total() > 20
    assert expected - Counter(seconds for seconds, _ in told) == Counter()
    assert {sources for _, sources in told} == {"sheets", "zoom", "sheets, zoom"}


def test_training_before_the_first_posts_is_told_as_beyond_telling(synthetic_state):
    told = synthetic_state.query("select distinct verdict, reason from marts.training_effect")
    assert told == [("cannot tell", "too few trained missions")]
    assert synthetic_state.query("select count(*) from marts.training_effect where effect is not null") == [(0,)]


def test_every_account_is_held_to_the_standard_and_every_rule_is_broken_by_some(synthetic_state):
    # Of 250 accounts one is an officer's own.
    assert synthetic_state.query("select count(*) from marts.asset_scores") == [(249,)]
    broken = synthetic_state.query("select distinct rule from marts.asset_standards where not is_met order by 1")
    assert [rule for (rule,) in broken] == [
        "handle",
        "language",
        "name",
        "picture",
        "profile_text",
        "recent_post",
        "two_owners",
        "unique",
        "verified",
        "website",
    ]
    told = dict(
        synthetic_state.query(
            "select platform, string_agg(distinct rule, ' ' order by rule) filter (where is_met is not null) "
            "from marts.asset_standards where rule in ('profile_text', 'website', 'verified', 'picture') group by 1"
        )
    )
    assert told == {
        "x": "picture profile_text verified website",
        "facebook": "profile_text verified website",
        "instagram": "picture profile_text website",
        "youtube": "profile_text",
        "bluesky": "picture profile_text verified website",
        "mastodon": "picture profile_text verified website",
        "linkedin": "website",
    }
    # Two accounts of London on LinkedIn, one of which the register took from Manchester.
    assert synthetic_state.query(
        "select platform, mission_id, count(*) from marts.asset_standards where rule = 'unique' and not is_met "
        "group by all"
    ) == [("linkedin", "london", 2)]


def test_no_owner_of_an_account_is_published(synthetic_state):
    assert (
        synthetic_state.query("select table_name from duckdb_columns() where column_name in ('owner', 'second_owner')")
        == []
    )


def test_descriptions_travel_with_the_published_columns(synthetic_state):
    undescribed = synthetic_state.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    )
    assert undescribed == []


def test_status_says_what_is_published_and_that_it_is_synthetic(synthetic_state):
    told = synthetic_state.sifarat("status")
    assert told.returncode == 0
    assert "SYNTHETIC DATA" in told.stdout
    assert "fct_post_metrics_daily" in told.stdout
    assert "current" in told.stdout


def test_search_says_that_no_post_was_read_yet(synthetic_state):
    told = synthetic_state.sifarat("search", "visa camp")
    assert (told.returncode, "No post was read" in told.stderr) == (1, True)


def test_sql_answers_a_query_and_writes_nothing(synthetic_state):
    told = synthetic_state.sifarat("sql", "select count(*) as missions from dim_mission")
    assert told.returncode == 0
    assert "91" in told.stdout
    refused = synthetic_state.sifarat("sql", "drop table marts.dim_mission")
    assert refused.returncode != 0
    assert "read-only" in refused.stderr


@pytest.mark.parametrize("command", [["status"], ["sql"], ["questions", "1"], ["rollback"]])
def test_a_command_before_the_first_publication_says_how_to_make_one(state, command):
    told = state.sifarat(*command)
    assert told.returncode == 1
    assert "published" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "days", [["--from", "2026-13-01"], ["--from", "2026-03-05", "--to", "2026-03-01"], ["--to", "2999-01-01"]]
)
def test_days_that_cannot_be_run_are_refused_before_anything_starts(state, days):
    refused = state.sifarat("nightly", *days)
    assert refused.returncode == 2
    assert "2026" in refused.stderr
    assert not state.data_dir.exists()


def test_a_setting_that_is_wrong_is_named(new_state):
    told = new_state("data", SIFARAT_TRAILING_DAYS="often").sifarat("status")
    assert told.returncode == 1
    assert "SIFARAT_TRAILING_DAYS" in told.stderr
