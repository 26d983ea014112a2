import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import failures

from expectations.audit import AuditFailed, SuiteError, audit
from expectations.suite import Expect, Suite, at_least, in_order, mostly_given, never_null, no_row, unique


@pytest.fixture
def database(tmp_path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.posts as
                from (values ('a', 'secret-1', 5, 1), ('b', 'secret-2', -1, 2), ('b', null, null, 0))
                as posts (post_id, person, likes, before);
            create table marts.empty as from marts.posts limit 0;
            """
        )
    return path


def suite(*expectations: Expect, table: str = "marts.posts") -> Suite:
    return Suite("modelled", table, expectations)


def test_a_failing_expectation_of_each_kind_fails_and_tells_how_many_records_break_it(database):
    expectations = (
        *never_null("person"),
        unique("post_id"),
        unique("post_id", "before"),
        *at_least(0, "likes", severity="warn"),
        in_order("likes", "before"),
        mostly_given("likes", 0.9),
        no_row("no post is called b", "select * from audited where post_id = 'b'"),
    )
    verdicts = audit(database, [suite(*expectations)])
    assert [(v.severity, v.is_success, v.unexpected_count, v.observed, v.column_name) for v in verdicts] == [
        ("block", False, 1, "1 of 3 records", "person"),
        ("block", False, 2, "2 of 3 records", "post_id"),
        ("block", True, 0, "none", "post_id, before"),
        ("warn", False, 1, "1 of 3 records", "likes"),
        ("block", False, 1, "1 of 3 records", "before, likes"),
        ("warn", False, 1, "1 of 3 records", "likes"),
        ("block", False, 2, "2 records", None),
    ]
    assert verdicts[0].description == "marts.posts: person is never empty: broken by 1 of 3 records"
    assert verdicts[2].description == "marts.posts: post_id, before are unique together: holds"


def test_a_missing_table_is_an_error_and_not_a_pass(database):
    [verdict] = audit(database, [suite(unique("post_id"), table="marts.gone")])
    assert (verdict.is_success, verdict.observed, verdict.unexpected_count) == (False, "not checked", None)
    assert verdict.description.endswith("counts as failed: the table marts.gone does not exist")


def test_an_expectation_that_raises_is_an_error_and_those_after_it_are_still_checked(database):
    raising = [
        no_row("there is no typo", "select typo from audited"),
        *never_null("no_such_column"),
        no_row("there is a table", "select * from audited join marts.gone using (post_id)"),
    ]
    told = failures(audit(database, [suite(*raising, unique("before"))]))
    assert [(severity, says.split("counts as failed: ")[1]) for severity, says in told] == [
        ("block", 'Binder Error: Referenced column "typo" not found in FROM clause!'),
        ("block", 'The column "no_such_column" in BatchData does not exist.'),
        ("block", "Catalog Error: Table with name gone does not exist!"),
    ]


def test_an_error_that_quotes_a_record_is_told_without_its_text(database):
    [verdict] = audit(database, [suite(no_row("is a number", "select 1 from audited where person::int > 0"))])
    assert "Conversion Error (its text may quote records" in verdict.description
    assert "secret" not in repr(verdict)


def test_an_empty_table_holds_its_expectations(database):
    expectations = (*never_null("person"), unique("post_id", "before"), mostly_given("likes", 0.9))
    verdicts = audit(database, [suite(*expectations, table="marts.empty")])
    assert [(v.is_success, v.observed) for v in verdicts] == [(True, "none")] * 3


def test_suites_are_told_in_their_order(database):
    verdicts = audit(database, [suite(unique("before")), suite(unique("before"), table="marts.empty")])
    assert [verdict.suite for verdict in verdicts] == ["modelled.marts.posts", "modelled.marts.empty"]


def test_views_are_audited_like_tables():
    views = {"x.all_posts": "select 1 as id", "x.posts": "select id from x.all_posts union all select 1"}
    [verdict] = audit(views, [suite(unique("id"), table="x.posts")])
    assert verdict.unexpected_count == 2


def test_a_suite_that_gx_cannot_read_names_itself_its_table_and_where_to_mend_it(database):
    with pytest.raises(SuiteError, match=r"modelled\.marts\.posts: .* on marts\.posts: .*NoSuchThing.*modelled\.py"):
        audit(database, [suite(Expect("NoSuchThing", "is nothing"))])


def test_a_database_that_another_process_writes_to_is_named_with_what_to_do(database):
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(database)!r}); print('open', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(SuiteError, match=r"warehouse\.duckdb: IO Error: .*lock.*Close what else has the file open"):
            audit(database, [suite(unique("before"))])
    finally:
        writer.communicate("\n")


def test_the_database_can_be_written_once_the_audit_is_over(database):
    audit(database, [suite(unique("before"))])
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table marts.posts")


def test_only_what_blocks_fails_the_audit(database):
    warning = audit(database, [suite(*at_least(0, "likes", severity="warn"))])
    AuditFailed.raise_for(warning)
    with pytest.raises(AuditFailed, match=r"1 of 2 expectations failed and block, in marts\.posts"):
        AuditFailed.raise_for(warning + audit(database, [suite(unique("post_id"))]))


def test_importing_the_suites_does_not_import_great_expectations():
    script = (
        "import sys, expectations.audit, expectations.landing, expectations.results\n"
        "import expectations.suites.landed, expectations.suites.modelled\n"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3]).returncode == 0


def test_an_audit_prints_nothing(database, capfd):
    audit(database, [suite(unique("post_id"), no_row("there is no typo", "select typo from audited"))])
    assert capfd.readouterr() == ("", "")
