"""What GX on DuckDB needs of its connection. GX is imported here once, and takes seconds."""

import pytest
import sqlalchemy


@pytest.fixture
def posts():
    from expectations.engine import opened

    with opened(["create schema x", "create table x.posts (id varchar)"]) as source:
        yield source


def test_gx_can_look_a_table_up_between_two_queries(posts):
    assert posts.texts("select count(*) from x.posts") == ["0"]
    assert sqlalchemy.inspect(posts.get_engine()).get_table_names(schema="x") == ["posts"]
    assert posts.texts("select count(*) from x.posts") == ["0"]


def test_a_query_that_fails_spoils_neither_the_next_one_nor_a_look_up(posts):
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="typo"):
        posts.texts("select typo from x.posts")
    assert sqlalchemy.inspect(posts.get_engine()).get_table_names(schema="x") == ["posts"]
    assert posts.texts("select count(*) from x.posts") == ["0"]


def test_only_tables_of_the_audited_database_are_found(posts):
    assert posts.has_table("x", "posts")
    assert not posts.has_table("x", "accounts")
    assert not posts.has_table("information_schema", "posts")
