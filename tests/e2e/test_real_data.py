"""What `make nightly INBOX=../shared/real` publishes, against the totals that the data's publishers give."""

import threading
import time

import duckdb
import pytest


def test_the_posts_of_each_account_are_published_whole(real_state):
    totals = real_state.query(
        "select account_id, count(*), count(distinct post_id) from marts.fct_post group by all order by all"
    )
    assert totals == [("x:barackobama", 3207, 3207), ("x:realdonaldtrump", 3232, 3232)]
    sums = "select sum(comments), sum(shares), sum(reactions), sum(engagements) from "
    expected = (46_567_392, 67_180_179, 247_296_094, 46_567_392 + 67_180_179 + 247_296_094)
    assert real_state.query(sums + "marts.fct_post") == [expected]
    assert real_state.query(sums + "marts.fct_post_metrics_daily") == [expected]
    assert real_state.query("select sum(posts) from marts.fct_account_daily") == [(6439,)]


@pytest.mark.parametrize("report", ["account", "mission", "region", "platform"])
@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_every_report_adds_up_to_the_publishers_totals(real_state, report, grain):
    [totals] = real_state.query(
        "select sum(posts), sum(comments), sum(shares), sum(reactions), sum(engagements), sum(engagements_gained) "
        f"from marts.engagement_by_{report} where period_grain = '{grain}'"
    )
    # The files tell neither impressions nor followers, and each post once: all that it has it gained by then.
    assert totals == (6_439, 46_567_392, 67_180_179, 247_296_094, 361_043_665, 361_043_665)
    told = (
        "count(impressions), count(reach), count(views), count(followers), count(engagement_rate_by_followers), "
        "count(engagement_rate_by_reach), count(engagement_rate_by_impressions)"
    )
    assert real_state.query(f"select {told} from marts.engagement_by_{report}") == [(0,) * 7]


def test_the_training_records_are_published_with_their_publishers_totals(real_state):
    assert real_state.query("select count(*) from marts.fct_registration") == [(32_593,)]
    assert real_state.query("select count(*) from marts.dim_officer") == [(28_785,)]
    outcomes = real_state.query("select outcome, count(*) from marts.fct_registration group by all order by all")
    assert outcomes == [("Distinction", 3_024), ("Fail", 7_052), ("Pass", 12_361), ("Withdrawn", 10_156)]
    results = "select count(*), count(*) - count(score), sum(score) from marts.fct_assessment"
    assert real_state.query(results) == [(173_912, 173, 13_169_342)]
    by_course = real_state.query(
        "select sum(registrations), sum(distinctions), sum(failed), sum(passed), sum(withdrawn), sum(results), "
        "sum(results_without_score), sum(score_sum) from marts.capacity_by_course"
    )
    assert by_course == [(32_593, 3_024, 7_052, 12_361, 10_156, 173_912, 173, 13_169_342)]


def test_entities_are_unescaped_in_the_marts_and_kept_in_the_landing(real_state, real_data):
    received = b"".join(path.read_bytes() for path in (real_data / "x_posts").glob("*.csv"))
    assert (received.count(b"&amp;"), received.count(b"&gt;")) == (548, 4)
    entities = "select count(*) from marts.fct_post where regexp_matches(text, '&(amp|gt|lt|quot);')"
    assert real_state.query(entities) == [(0,)]
    landed = f"read_parquet('{real_state.data_dir}/landing/platform_exports/posts/*/*.parquet')"
    kept = "sum((length(text) - length(replace(text, '{0}', ''))) // length('{0}'))"
    counts = real_state.query(f"select {kept.format('&amp;')}, {kept.format('&gt;')} from {landed}")
    assert counts == [(548, 4)]


def test_every_character_of_a_text_is_published_or_its_line_is_warned_of(real_state, real_data):
    damaged = {
        (path.relative_to(real_data).as_posix(), number)
        for path in (real_data / "x_posts").glob("*.csv")
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1)
        if any(byte > 0x7F for byte in line)
    }
    warned = set(real_state.query("select source_file, source_line from quality.warnings where field = 'text'"))
    first_lines = {(file, max(n for f, n in warned if f == file and n <= line)) for file, line in damaged}
    assert first_lines == warned


def test_nothing_personal_of_the_learners_is_published(real_state):
    columns = real_state.query(
        "select table_name, column_name from duckdb_columns() where schema_name in ('marts', 'quality')"
    )
    assert not [column for column in columns if column[1] in ("person_id", "gender", "raw")]
    pseudonyms = "select bool_and(regexp_full_match(officer_id, 'officer-[0-9a-f]{20}')) from marts.dim_officer"
    assert real_state.query(pseudonyms) == [(True,)]
    assert real_state.query("select count(value) from quality.quarantined_records where source = 'sheets'") == [(0,)]


@pytest.mark.alone
def test_a_second_run_changes_no_mart_and_readers_never_wait_meanwhile(real_state, real_data):
    """One run shows both: it ends with the same tables, and a reader that opens and queries all the while
    meets no error, waits at most a second, and sees the new publication after the swap."""
    before, [(first_run,)] = real_state.checksums(), real_state.query("select run_id from quality.publication")
    seen, waits, errors, over = [], [], [], threading.Event()

    def read() -> None:
        while not over.is_set():
            began = time.monotonic()
            try:
                with duckdb.connect(str(real_state.current), read_only=True) as connection:
                    [(posts,)] = connection.execute("select count(*) from marts.fct_post").fetchall()
                    [(run_id,)] = connection.execute("select run_id from quality.publication").fetchall()
            except duckdb.Error as error:
                errors.append(error)
            else:
                seen.append((run_id, posts))
            waits.append(time.monotonic() - began)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        real_state.nightly("--inbox", real_data)
        [(second_run,)] = real_state.query("select run_id from quality.publication")
    finally:
        over.set()
        reader.join()
    assert errors == []
    assert max(waits) < 1
    assert len(waits) > 100
    assert {posts for _, posts in seen} == {6439}
    assert {run for run, _ in seen} <= {first_run, second_run}
    assert seen[0][0] == first_run != second_run
    assert real_state.checksums() == before
