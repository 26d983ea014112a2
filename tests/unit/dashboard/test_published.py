"""Scopes over a publication of two regions and three missions: rome (Europe), riyadh and doha (Gulf)."""

import importlib
import os
import pkgutil

import duckdb
import polars as pl
import pytest

from dashboard import views
from dashboard.access import EVERYTHING, Role, Scope
from dashboard.page import rows
from dashboard.publication import QueryRefused, _check, identity_of, open_published
from orchestration.publication import Publications

OFFICER = Scope(Role.OFFICER, "riyadh")
REGION = Scope(Role.REGION, "Gulf")

WAREHOUSE = """
create schema marts;
create schema quality;
create table marts.dim_mission as from (values ('rome', 'Europe'), ('riyadh', 'Gulf'), ('doha', 'Gulf'))
    as missions(mission_id, region);
create table marts.dim_account as from (values ('x:1', 'rome', true), ('x:2', 'riyadh', true), ('x:3', 'doha', true))
    as accounts(account_id, mission_id, is_current);
create table marts.fct_account_daily as
    select account_id, mission_id, date '2026-03-08' as activity_date from marts.dim_account;
create table marts.fct_post as from (values ('p1', 'rome', 10), ('p2', 'riyadh', 20), ('p3', 'doha', 30))
    as posts(post_id, mission_id, engagements);
create table marts.account_profiles as from (values ('x:1'), ('x:2'), ('x:3')) as profiles(account_id);
create table marts.alert_posts as from (values ('p1'), ('p2'), ('p3')) as alerts(post_id);
create table marts.engagement_by_region as from (values ('Europe', 10), ('Gulf', 50)) as regions(region, engagements);
create table marts.engagement_by_platform as from (values ('x', 60)) as platforms(platform, engagements);
create table marts.training_series as from (values (1, 30)) as courses(series_number, trained_officers);
create table quality.warnings as from (values ('rome said something')) as warnings(reason);
create table quality.check_results as from (values ('modelled', true, 'rome: 10', 3))
    as results(stage, is_success, observed, unexpected_count);
"""

SEEN = {
    "dim_mission": (3, 2, 1),
    "dim_account": (3, 2, 1),
    "fct_post": (3, 2, 1),
    "account_profiles": (3, 2, 1),
    "alert_posts": (3, 2, 1),
    "engagement_by_region": (2, 1, 0),
    "engagement_by_platform": (1, 0, 0),
    "training_series": (1, 1, 1),
    "warnings": (1, 0, 0),
    "check_results": (1, 1, 1),
}
"""Rows that headquarters, the region Gulf and the officer of riyadh see."""


@pytest.fixture
def publications(tmp_path) -> Publications:
    publications = Publications(tmp_path / "published")
    publish(publications, tmp_path, "a")
    return publications


def publish(publications, folder, run_id, *statements):
    path = folder / f"warehouse-{run_id}.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in (WAREHOUSE, *statements):
            connection.execute(statement)
    publications.publish(path, run_id, is_synthetic=True)


@pytest.fixture
def published(publications):
    return open_published(identity_of(publications))


@pytest.mark.parametrize("table", sorted(SEEN))
def test_each_scope_sees_its_own_rows_of_a_table(published, table):
    counts = tuple(
        published.query(scope, f"select count(*) from {table}", {}).item() for scope in (EVERYTHING, REGION, OFFICER)
    )
    assert counts == SEEN[table]


def test_an_officer_cannot_choose_another_mission(published):
    sql = "select sum(engagements) as engagements from fct_post where mission_id = $mission"
    assert published.query(OFFICER, sql, {"mission": "riyadh"}).item() == 20
    assert published.query(OFFICER, sql, {"mission": "rome"}).item() is None
    assert published.query(OFFICER, sql, {"mission": "rome' or true --"}).item() is None


def test_kept_answers_of_one_scope_are_not_given_to_another(published):
    sql = "select sum(engagements) as engagements from fct_post"
    answers = [rows(published, scope, sql, {}).item() for scope in (EVERYTHING, OFFICER, REGION, EVERYTHING, OFFICER)]
    assert answers == [60, 20, 50, 60, 20]


def test_a_scope_of_a_hostile_name_sees_nothing(published):
    hostile = Scope(Role.OFFICER, "x' or '1'='1")
    assert published.query(hostile, "select count(*) from fct_post", {}).item() == 0


def test_values_found_by_checks_are_for_headquarters(published):
    sql = "select observed, unexpected_count from check_results"
    assert published.query(EVERYTHING, sql, {}).row(0) == ("rome: 10", 3)
    assert published.query(OFFICER, sql, {}).row(0) == (None, None)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from published.marts.fct_post",
        "select * from marts.fct_post",
        "select * from scope_0.fct_post",
        "select (select max(engagements) from published.marts.fct_post) as most",
        "with a as (select * from marts.fct_post) select * from a",
        "select * from 'warehouse.duckdb'",
        "select * from read_csv('/etc/passwd')",
        "select * from duckdb_tables()",
        "select * from query('from published.marts.fct_post')",
        "select * from fct_post; select 1",
        "attach 'x.duckdb'",
        "create table t as select 1",
        "use published",
        "set search_path = 'published.marts'",
    ],
)
def test_no_query_goes_around_the_views(published, sql):
    with pytest.raises(QueryRefused):
        published.query(OFFICER, sql, {})


def test_every_query_of_every_page_reads_the_views_alone():
    modules = [
        importlib.import_module(f"dashboard.views.{module.name}") for module in pkgutil.iter_modules(views.__path__)
    ]
    queries = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, str) and value.strip().startswith(("select", "with"))
    ]
    assert len(queries) > 15
    for sql in queries:
        _check(sql)


def test_an_open_publication_goes_on_while_the_next_is_published_and_the_next_load_sees_it(publications, tmp_path):
    before = open_published(identity_of(publications))
    sql = "select sum(engagements) as engagements from fct_post"
    assert before.query(EVERYTHING, sql, {}).item() == 60
    publish(publications, tmp_path, "b", "update marts.fct_post set engagements = engagements * 2")
    os.unlink(before.path)
    assert before.query(OFFICER, sql, {}).item() == 20
    after = open_published(identity_of(publications))
    assert (before.run_id, after.run_id) == ("a", "b")
    assert after.identity != before.identity
    assert after.query(EVERYTHING, sql, {}).item() == 120


def test_nothing_published_has_no_identity(tmp_path):
    assert identity_of(Publications(tmp_path)) is None


def test_the_days_with_data_and_what_the_data_is_are_told(published):
    assert published.days == tuple(pl.Series(["2026-03-08"] * 2).str.to_date())
    assert published.is_synthetic
    assert published.has("fct_post")
    assert not published.has("alerts")
