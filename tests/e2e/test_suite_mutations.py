"""Corruptions of the synthetic ministry's tables, made from their schemas: benchmarks/suite_mutations.py in short."""

import random
import time

import pytest

from tests.mutations import KINDS, Built, Judged, judge_landed, judge_mart, landed_corruptions, mart_corruptions

pytestmark = pytest.mark.xdist_group("synthetic_state")

SEED = 7
SECONDS = 60
"""For each of the two; what was not reached by then is left to the benchmark."""


@pytest.fixture(scope="module")
def built(synthetic_state, tmp_path_factory) -> Built:
    # Two nights are no history of volumes, so the ledger is told of 28 more like the last.
    return Built(
        synthetic_state.data_dir, synthetic_state.current, tmp_path_factory.mktemp("mutations"), nights_before=28
    )


def judged(built: Built, make, judge, share: float) -> list[Judged]:
    until = time.monotonic() + SECONDS
    verdicts, chance = [], random.Random(SEED)
    for corruption in (corruption for corruption in make(built, SEED) if chance.random() < share):
        verdict = judge(built, corruption)
        verdicts += [verdict] if verdict else []
        if time.monotonic() > until:
            break
    return verdicts


@pytest.mark.parametrize(("make", "judge"), [(landed_corruptions, judge_landed), (mart_corruptions, judge_mart)])
def test_at_least_95_of_100_corruptions_are_stopped_or_warned_of(built, make, judge):
    verdicts = judged(built, make, judge, share=1 / 3)
    slipped = [str(verdict.corruption) for verdict in verdicts if not verdict.found]
    assert len(verdicts) >= 20
    assert {verdict.corruption.kind for verdict in verdicts} == set(KINDS)
    assert len(slipped) <= 0.05 * len(verdicts), slipped


def test_without_a_corruption_nothing_is_found_but_what_is_known(built):
    # Of more engagements than people reached a small account is warned; it is no fault.
    assert {says for _, says in built.known_of_records | built.known_of_marts} <= {
        "marts.engagement_by_account: engagement_rate_by_followers is between 0 and 1",
        "marts.engagement_by_account: engagement_rate_by_reach is between 0 and 1",
    }
