"""The dictionaries tell what the contracts say, of every metric there is."""

import pytest

from orchestration.dictionary import pages, read_dictionary
from orchestration.settings import PROJECT_DIR

ATTRIBUTES = {
    "age_days",
    "calendar_year",
    "due_day",
    "follower_span_days",
    "gain_span_days",
    "hour_of_day",
    "iso_week",
    "iso_weekday",
    "latitude",
    "longitude",
    "month_of_year",
    "observed_age_days",
    "quarter_of_year",
    "record_number",
    "series_number",
    "source_line",
    "submitted_day",
    "version",
    "weeks_since_training",
}
"""Numbers that place a row and measure nothing of the ministry."""
NUMBERS = {"bigint", "integer", "double"}


@pytest.fixture(scope="module")
def dictionary():
    return read_dictionary()


def test_the_pages_in_docs_are_those_that_the_models_make(dictionary):
    for name, page in pages(dictionary).items():
        assert (PROJECT_DIR / "docs" / name).read_text() == page, f"docs/{name} is out of date: run `make dictionary`"


def test_every_number_of_a_mart_is_one_metric_or_an_attribute(dictionary):
    """To mend: add the column to dbt_project/seeds/metrics.csv, then `make dictionary`."""
    for mart, node in dictionary.marts.items():
        if node["schema"] == "marts":
            for name, column in node["columns"].items():
                meanings = [
                    metric for metric in dictionary.metrics if metric.name == name and metric.is_in(mart, [name])
                ]
                is_number = column["data_type"] in NUMBERS and name not in ATTRIBUTES
                assert len(meanings) == is_number, f"{mart}.{name} has {len(meanings)} definitions in metrics.csv"


def test_every_metric_stands_in_the_marts_it_names_and_says_all(dictionary):
    for metric in dictionary.metrics:
        held_by = dictionary.held_by(metric)
        assert held_by, metric.name
        assert metric.marts <= set(held_by), metric.name
        assert all((metric.unit, metric.formula, metric.null_rule, metric.source)), metric.name


def test_a_metric_is_never_null_exactly_where_its_contracts_forbid_it(dictionary):
    for metric in dictionary.metrics:
        forbids = {
            any(rule["type"] == "not_null" for rule in dictionary.marts[mart]["columns"][metric.name]["constraints"])
            for mart in dictionary.held_by(metric)
        }
        assert (metric.null_rule == "never") == (forbids == {True}), metric.name
