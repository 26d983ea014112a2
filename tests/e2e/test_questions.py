"""The twenty questions, on what two nights of the synthetic ministry published."""

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from orchestration.dictionary import read_dictionary
from orchestration.questions import questions

pytestmark = pytest.mark.xdist_group("synthetic_state")

QUESTIONS = questions()
MAY_HAVE_NO_ANSWER = {
    1: "the series trained somebody of all ninety missions",
    2: "its missions were trained before their first posts were seen",
    13: "no text is read in these nights",
}
ONE = pytest.mark.parametrize("question", QUESTIONS, ids=[f"{q.number}: {q.asks}" for q in QUESTIONS])


def marts_of(question) -> set[str]:
    query = sqlglot.parse_one(question.sql, dialect="duckdb")
    steps = {step.alias for step in query.find_all(exp.CTE)}
    return {table.name for table in query.find_all(exp.Table)} - steps


def test_there_are_twenty_numbered_from_one():
    assert [question.number for question in QUESTIONS] == list(range(1, 21))


@ONE
def test_a_question_needs_one_join_at_most(question):
    assert len(list(sqlglot.parse_one(question.sql, dialect="duckdb").find_all(exp.Join))) <= 1


@ONE
def test_a_question_is_answered_in_the_columns_it_declares(question, synthetic_state):
    with duckdb.connect(str(synthetic_state.current), read_only=True) as connection:
        connection.execute("set search_path = 'marts,quality'")
        answer = connection.execute(question.sql)
        assert tuple(column[0] for column in answer.description) == question.columns
        assert answer.fetchone() is not None or question.number in MAY_HAVE_NO_ANSWER


def test_the_exposures_name_what_is_read(synthetic_state):
    dictionary = read_dictionary()
    exposures = {
        exposure["name"]: {node.rsplit(".", 1)[1] for node in exposure["depends_on"]["nodes"]}
        for exposure in dictionary.manifest["exposures"].values()
    }
    assert exposures["analysts_questions"] == set.union(*map(marts_of, QUESTIONS))
    assert exposures["publication"] == set(dictionary.marts)
    published = {name for (name,) in synthetic_state.query("select table_name from duckdb_tables()")}
    assert exposures["publication"] <= published


def test_the_command_lists_the_questions_and_answers_one(synthetic_state):
    listed = synthetic_state.sifarat("questions")
    assert listed.returncode == 0
    for question in QUESTIONS:
        assert question.path.name in listed.stderr
    answered = synthetic_state.sifarat("questions", 3)
    assert answered.returncode == 0, answered.stderr
    assert "cannot tell" in answered.stdout
    assert "Did training change engagement" in answered.stderr
    refused = synthetic_state.sifarat("questions", 21)
    assert refused.returncode == 2
    assert "numbered 1 to 20" in refused.stderr


@pytest.mark.parametrize("platform", ["x", "facebook", "instagram", "youtube", "bluesky", "mastodon", "linkedin"])
def test_what_the_dictionary_calls_not_reported_is_null(platform, synthetic_state):
    reported = read_dictionary().reported[platform]
    posts = synthetic_state.query("select column_name from duckdb_columns() where table_name = 'fct_post'")
    metrics = sorted(set(reported) & {name for (name,) in posts})
    assert len(metrics) == 9
    counted = ", ".join(f"count({metric})" for metric in metrics)
    [counts] = synthetic_state.query(f"select {counted} from marts.fct_post where platform = '{platform}'")
    given = {metric for metric, n in zip(metrics, counts, strict=True) if n}
    assert given
    assert given <= {metric for metric in metrics if reported[metric]}
