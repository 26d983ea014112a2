"""From the marts' own rows to the alerts, their posts and the weekly brief, in dbt's process.

The ministry is simulated (tests/simulated_months.py); its accounts' days and posts are put where the marts would have
them. Its alerts must be those that the detectors give on the same frames: nothing is lost or turned on the way.
"""

import json
import shutil
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.alerts.judge import alerts
from orchestration.cli import sifarat
from orchestration.pseudonyms import make_key_once
from tests.dbt import run_dbt
from tests.simulated_months import DAYS, FIRST_DAY, month

MARTS = """
create schema marts; create schema intermediate; create schema seeds;
create table marts.dim_mission as
    select 'm' || region as mission_id, 'Mission ' || region as name, region from (select distinct region from days);
create table marts.dim_account as
    select distinct account_id, 'h' || account_id as handle, 'm' || region as mission_id, platform,
        true as is_current, true as is_synthetic
    from days;
create table marts.fct_account_daily as
    select account_id, 'm' || region as mission_id, platform, day as activity_date, is_told as is_observed, followers,
        cast(posts as integer) as posts, true as is_synthetic
    from days;
create table marts.fct_post as
    select post_id, any_value(account_id) as account_id, 'm' || any_value(region) as mission_id,
        any_value(posted_date) as posted_date, cast(any_value(posted_date) as timestamp) as posted_at,
        if(any_value(is_reply), 'reply', 'original') as kind, max(engagements) as engagements,
        'https://example.org/' || post_id as url
    from posts inner join (select distinct account_id, region from days) using (account_id) group by post_id;
create table marts.fct_post_metrics_daily as
    -- What an account gained in a day is put down to one post of its own that is too old to be judged.
    select account_id || ' old' as post_id, account_id, day as observed_date, 99 as age_days,
        cast(null as bigint) as engagements, gained as engagements_gained, replies_gained as comments_gained,
        false as is_gain_over_gap
    from days where gained is not null
    union all
    select post_id, account_id, day, age_days, engagements, 0, 0, true from posts;
create table marts.post_duplicates as
    select post_id, first_post_id, account_id, cast(posted_date as timestamp) as posted_at from copies;
create table marts.engagement_by_region as
    select region, 'week' as period_grain, cast(date_trunc('week', day) as date) as period_start_date,
        cast(date_trunc('week', day) + interval 6 day as date) as period_end_date, bool_and(is_told) as is_complete,
        cast(count(distinct account_id) as integer) as accounts, cast(count(*) as integer) as account_days_registered,
        cast(count(*) filter (is_told) as integer) as account_days_reported,
        cast(sum(followers) filter (day = date_trunc('week', day) + interval 6 day) as bigint) as followers,
        cast(null as bigint) as followers_gained, cast(sum(posts) as integer) as posts,
        cast(sum(gained) as bigint) as engagements_gained, true as is_synthetic
    from days group by all;
create table intermediate.int_nights as select distinct day as observed_date from days;
"""
BUILT = ["int_alert_days", "int_alert_posts", "int_alert_copies", "int_alerts", "alerts", "alert_posts"]
BRIEFS = ["int_weekly_brief", "weekly_brief_numbers", "int_hosted_brief", "weekly_brief"]


@pytest.fixture(scope="module")
def simulated():
    return month(seed=1, accounts=80)


@pytest.fixture(scope="module")
def data(tmp_path_factory, simulated):
    data = tmp_path_factory.mktemp("alerts")
    make_key_once(data / "pseudonym.key")
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        days, posts, copies = simulated.days, simulated.posts, simulated.copies  # read by their names
        assert not any(part.is_empty() for part in (days, posts, copies))
        connection.execute(MARTS)
    run_dbt(data, "run", "--select", *BUILT, *BRIEFS)
    return data


@pytest.fixture
def query(data):
    def query(sql: str) -> list[tuple]:
        with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return query


def test_the_marts_alerts_are_those_of_the_detectors(query, simulated):
    found = alerts(simulated.days, simulated.posts, simulated.copies)
    assert found.height > 0
    told = query("select kind, account_id, post_id, alert_date, observed, expected from marts.alerts")
    columns = ["kind", "account_id", "post_id", "alert_date", "observed", "expected"]
    expected = {row[:4]: row[4:] for row in found.select(columns).rows()}
    assert {row[:4]: row[4:] for row in told} == {key: pytest.approx(value) for key, value in expected.items()}


def test_every_alert_about_a_post_links_it_and_every_alert_tells_its_numbers(query):
    assert query("select count(*) from marts.alerts where post_id is not null and not exists (select 1 from "
                 "marts.alert_posts as linked where linked.alert_id = alerts.alert_id and linked.post_id = "
                 "alerts.post_id and linked.url = 'https://example.org/' || linked.post_id)") == [(0,)]  # fmt: skip
    for kind, observed, sentence in query("select kind, observed, sentence from marts.alerts"):
        if kind not in ("silence", "reply_share_high"):
            assert f"{observed:,.0f}" in sentence


def test_whole_weeks_are_told_and_every_number_of_them_is_listed(query):
    weeks = query("select distinct week_start_date from marts.weekly_brief order by 1")
    assert (len(weeks), weeks[0]) == (DAYS // 7, (FIRST_DAY,))
    assert query("select distinct written_by from marts.weekly_brief") == [("template",)]
    unlisted = query(
        "select number from (select region, week_start_date, unnest(regexp_extract_all(replace(replace(text, "
        "coalesce(best_mission, ''), ''), region, ''), '[0-9]+(?:[.,][0-9]+)*%?')) as number from marts.weekly_brief) "
        "anti join (select region, week_start_date, shown as number from marts.weekly_brief_numbers) "
        "using (region, week_start_date, number)"
    )
    assert unlisted == []


@pytest.fixture
def run(data, monkeypatch):
    """Runs ``sifarat`` on what was built, as if it were published."""
    published = data / "published" / "current.duckdb"
    if not published.exists():
        published.parent.mkdir()
        shutil.copy(data / "warehouse.duckdb", published)
        with duckdb.connect(str(published)) as connection:
            connection.execute("create schema quality; create table quality.publication as select true as is_synthetic")
    monkeypatch.setenv("SIFARAT_DATA_DIR", str(data))
    return lambda *arguments: CliRunner().invoke(sifarat, arguments)


def test_alerts_are_printed_with_their_posts_and_by_their_day(run, query):
    [(day, alerts_of_day)] = query(
        "select alert_date, count(*) from marts.alerts group by 1 order by 2 desc, 1 limit 1"
    )
    printed = run("alerts", "--day", str(day))
    assert (printed.exit_code, printed.output.count(f"{day}  ")) == (0, alerts_of_day)
    [(post_day, url)] = query(
        "select alert_date, url from marts.alerts inner join marts.alert_posts using (alert_id, post_id) "
        "order by alert_id limit 1"
    )
    assert url in run("alerts", "--since", str(post_day)).output
    assert "SYNTHETIC DATA" in printed.output
    assert "not both" in run("alerts", "--day", "2026-03-01", "--since", "2026-03-01").output
    assert "No alert from 2020-01-01" in run("alerts", "--day", "2020-01-01").output


def test_a_brief_is_printed_by_region_and_week_and_an_unknown_one_is_told(run, query):
    [(region, title, text)] = query("select region, title, text from marts.weekly_brief order by all limit 1")
    printed = run("brief", "--region", region.upper(), "--week", "2026-01-08")
    assert title in printed.output
    assert " ".join(text.split()) in " ".join(printed.output.split())
    assert "week 11 of 2026" in run("brief").output
    unknown = run("brief", "--region", "Atlantis")
    assert (unknown.exit_code, "regions: r0" in unknown.output) == (1, True)


class Model(BaseHTTPRequestHandler):
    """A chat endpoint that says what it is told to, and keeps what it was asked."""

    answer, asked = "", []

    def do_POST(self):
        self.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        body = json.dumps({"choices": [{"message": {"content": self.answer}}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint(monkeypatch):
    Model.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SIFARAT_BRIEF_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("SIFARAT_BRIEF_MODEL", "writer")
    yield Model
    server.shutdown()


def test_a_hosted_brief_whose_numbers_are_not_the_marts_falls_back_to_the_template(data, query, endpoint):
    regions = query("select count(distinct region) from marts.dim_mission")[0][0]
    newest = "week_start_date = (select max(week_start_date) from marts.weekly_brief)"
    endpoint.answer = "The week went well: 123,456,789 engagements."
    run_dbt(data, "run", "--select", "int_hosted_brief", "weekly_brief")
    assert {path for path, _ in endpoint.asked} == {"/v1/chat/completions"}
    assert len(endpoint.asked) == regions
    assert query(f"select distinct written_by, refused from marts.weekly_brief where {newest}") == [
        ("template", "numbers that the marts do not hold: 123,456,789")
    ]
    # What was asked is not asked again.
    run_dbt(data, "run", "--select", "int_hosted_brief", "weekly_brief")
    assert len(endpoint.asked) == regions
    # Asked anew, it tells no number at all.
    endpoint.answer = "A calm week."
    run_dbt(data, "run", "--full-refresh", "--select", "int_hosted_brief", "weekly_brief")
    assert query(f"select distinct written_by, text from marts.weekly_brief where {newest}") == [
        ("writer", "A calm week.")
    ]
    assert query(f"select distinct written_by from marts.weekly_brief where not {newest}") == [("template",)]
    assert date.fromisoformat("2026-03-09") == query("select max(week_start_date) from marts.weekly_brief")[0][0]
