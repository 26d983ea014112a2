"""`make nightly` on nothing: the synthetic ministry, from extraction to what an analyst sees."""

import pytest

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
    # Sheets that the synthetic ministry does not write, and what models read, which these nights go without.
    assert unfed == {
        "dim_session",
        "fct_attendance",
        "fct_certification",
        "fct_nomination",
        "fct_test_result",
        "post_duplicates",
    }
    assert len(marts) == 11 + len(unfed)
    assert synthetic_state.query("select count(*) filter (where is_read) from marts.fct_post_reading") == [(0,)]


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


def test_every_platform_brings_what_it_gives_and_null_for_what_it_does_not(synthetic_state):
    given = {
        platform: {metric for metric, n in zip(METRICS, counts, strict=True) if n}
        for platform, *counts in synthetic_state.query(
            f"select platform, {', '.join(f'count({metric})' for metric in METRICS)} from marts.fct_post group by 1"
        )
    }
    assert given == {
        "x": {"reactions", "comments", "shares", "quotes", "saves", "impressions"},
        "facebook": {"reactions", "comments", "shares", "reach", "views", "clicks"},
        "instagram": {"reactions", "comments", "shares", "saves", "reach", "views"},
        "youtube": {"reactions", "comments", "views"},
        "bluesky": {"reactions", "comments", "shares", "quotes", "saves"},
        "mastodon": {"reactions", "comments", "shares", "quotes"},
        "linkedin": {"reactions", "comments", "shares", "impressions", "reach", "clicks"},
    }


def test_about_150_officers_of_all_missions_are_trained(synthetic_state):
    [(officers, missions)] = synthetic_state.query(
        "select count(*), count(distinct mission_id) from marts.dim_officer where mission_id != 'unassigned'"
    )
    assert 140 <= officers <= 160
    assert missions >= 80
    assert synthetic_state.query(
        "select count(*) > 0 from marts.capacity_by_course where mean_post_test_score > 0"
    ) == [(True,)]


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


def test_sql_answers_a_query_and_writes_nothing(synthetic_state):
    told = synthetic_state.sifarat("sql", "select count(*) as missions from dim_mission")
    assert told.returncode == 0
    assert "91" in told.stdout
    refused = synthetic_state.sifarat("sql", "drop table marts.dim_mission")
    assert refused.returncode != 0
    assert "read-only" in refused.stderr


@pytest.mark.parametrize("command", [["status"], ["sql"], ["rollback"]])
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
