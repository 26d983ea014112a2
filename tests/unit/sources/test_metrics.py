"""Metric names that a platform retires cost themselves only."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.sources import SourceError, metrics
from orchestration.sources.http import Refusal
from orchestration.sources.metrics import AskedFor, expiry_findings, version_findings

NAMES = [f"metric_{n}" for n in range(12)]


@pytest.fixture(autouse=True, scope="module")
def names():
    told = {"api_versions": {"v1": date(2026, 3, 31), "v2": ""}, "requests": {"post": NAMES}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "known", lambda platform: told)
        yield


def refusing(retired: set[str], asked: list[tuple[str, ...]]):
    def request(names):
        asked.append(tuple(names))
        if retired & set(names):
            raise Refusal("meta: (#100) The value must be a valid insights metric", 400)
        return tuple(names)

    return request


@given(st.sets(st.sampled_from(NAMES)))
def test_exactly_the_refused_names_are_left_out_and_told(retired):
    asked: list[tuple[str, ...]] = []
    metric_names = AskedFor("meta", "post", lambda refusal: "#100" in str(refusal))
    assert metric_names.ask(refusing(retired, asked)) == tuple(name for name in NAMES if name not in retired)
    assert {finding.value for finding in metric_names.findings} == retired
    before = len(asked)
    metric_names.ask(refusing(retired, asked))
    assert len(asked) == before + 1


def test_one_culprit_among_twelve_takes_few_requests():
    asked: list[tuple[str, ...]] = []
    AskedFor("meta", "post", lambda refusal: True).ask(refusing({"metric_5"}, asked))
    # The refused list, two halves a step for four steps, and the good list.
    assert len(asked) <= 1 + 2 * 4 + 1


def test_another_refusal_is_nobodys_fault_among_the_names():
    def request(names):
        raise Refusal("meta: the page is gone", 400)

    with pytest.raises(Refusal, match="the page is gone"):
        AskedFor("meta", "post", lambda refusal: "#100" in str(refusal)).ask(request)


def test_a_refusal_that_no_half_explains_ends():
    def request(names):
        if len(names) == len(NAMES):
            raise Refusal("meta: (#100) too many", 400)

    with pytest.raises(SourceError, match="no metric is to blame"):
        AskedFor("meta", "post", lambda refusal: True).ask(request)


@pytest.mark.parametrize(
    ("version", "today", "told"),
    [
        ("v1", date(2026, 3, 16), []),
        ("v1", date(2026, 3, 17), ["v1"]),
        ("v1", date(2026, 4, 1), ["v1"]),
        ("v2", date(2030, 1, 1), []),
        ("v3", date(2026, 1, 1), ["v3"]),
    ],
)
def test_a_version_near_its_end_is_told_two_weeks_before(version, today, told):
    assert [finding.value for finding in version_findings("meta", version, today)] == told


@pytest.mark.parametrize(
    ("expires", "is_told"),
    [(None, False), (date(2026, 3, 18), False), (date(2026, 3, 17), True), (date(2026, 3, 1), True)],
)
def test_a_token_that_ends_within_fourteen_days_is_told(expires, is_told):
    found = expiry_findings("meta", expires, today=date(2026, 3, 3))
    assert [finding.value for finding in found] == (["meta token"] if is_told else [])
    assert all("2026-03" in finding.reason for finding in found)
