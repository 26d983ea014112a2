"""Data Docs, as Great Expectations renders them from the published verdicts."""

from dataclasses import replace

import duckdb
import pytest

from expectations.audit import audit
from expectations.pages import write_pages
from expectations.results import record
from expectations.suite import Suite, at_least, never_null, no_row

POSTS = Suite(
    "modelled",
    "marts.posts",
    (
        *never_null("post_id"),
        *at_least(0, "likes"),
        no_row("no post is called b", "select * from audited where post_id = 'b'", "warn"),
    ),
)
ACCOUNTS = Suite("modelled", "marts.accounts", never_null("account_id"))


@pytest.fixture
def publication(tmp_path):
    path = tmp_path / "current.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts; create schema quality;
            create table marts.posts as from (values ('a', 1), ('b', 2)) as posts (post_id, likes);
            create table marts.accounts as select 'x:7' as account_id;
            create table quality.publication as select 'run-1' as run_id, timestamp '2026-01-03 01:00' as published_at;
            """
        )
    record(path, "modelled", audit(path, [POSTS, ACCOUNTS]))
    return path


def test_a_page_tells_each_expectation_and_the_index_what_failed(publication, tmp_path):
    index, rendered = write_pages(publication, tmp_path / "docs", [POSTS, ACCOUNTS])
    assert rendered == 2
    page = (index.parent / "modelled.marts.posts.html").read_text()
    assert page.count("no post is called b: broken by 1 record") == 1
    assert "post_id is never empty: holds" in page
    assert "run run-1, published 2026-01-03 01:00 UTC" in index.read_text()
    assert "marts.posts: no post is called b: broken by 1 record" in index.read_text()


def test_a_page_is_rendered_again_only_when_its_verdicts_are_others(publication, tmp_path):
    write_pages(publication, tmp_path / "docs", [POSTS, ACCOUNTS])
    assert write_pages(publication, tmp_path / "docs", [POSTS, ACCOUNTS])[1] == 0
    with duckdb.connect(str(publication)) as connection:
        connection.execute("update marts.posts set likes = -1")
    record(publication, "modelled", audit(publication, [POSTS, ACCOUNTS]))
    index, rendered = write_pages(publication, tmp_path / "docs", [POSTS, ACCOUNTS])
    assert rendered == 1
    assert "likes is at least 0: broken by 2 of 2 records" in (index.parent / "modelled.marts.posts.html").read_text()


def test_a_suite_that_was_not_due_has_no_page(publication, tmp_path):
    index, _ = write_pages(publication, tmp_path / "docs", [POSTS, replace(ACCOUNTS, table_name="marts.gone")])
    assert {page.name for page in index.parent.iterdir()} == {"index.html", "modelled.marts.posts.html"}
