"""One corruption of each kind in the synthetic ministry's training sheets: benchmarks/suite_mutations.py in small."""

import os
from datetime import UTC, datetime

import pytest

from orchestration.landing import Landing
from orchestration.sandbox.training import write_training_sheets
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import sheets
from tests.mutations import KINDS, Built, Corruption, judge_landed
from tests.platforms import every_contract

SEED = 7
EIGHT_WORKSHOPS = datetime(2023, 2, 1, tzinfo=UTC)

FOUND = [
    (
        Corruption("sheets.test_results", "null", ("max_score",), "every third"),
        "sheets.test_results: a course's test has one max_score, told of every score or of none",
    ),
    (
        Corruption("sheets.nominations", "swap", ("email", "name"), "every third"),
        "landing.habits: the words of every column have the shape of those in earlier files",
    ),
    (
        Corruption("sheets.registrations", "duplicate", share="every third"),
        "exact repeats dropped, counted in the ledger",
    ),
    (
        Corruption("sheets.sign_ins", "shift", ("left_at",), "every third", 5),
        "sheets.sign_ins: nobody signs two hours before the session or two hours after it",
    ),
    (
        Corruption("sheets.courses", "rescale", ("length_days",), "all", 100),
        "landing.habits: the numbers of every column are about as high as in earlier files",
    ),
    (
        Corruption("sheets.certificates", "drop", share="every third"),
        "sheets.registrations: whoever passed has a certificate, where the course gives some",
    ),
    (Corruption("sheets.staff", "retype", ("posted_on",), "all"), "the landing refuses the batch"),
    (
        Corruption("sheets.registrations", "late"),
        "landing.habits: what came each of the last 6 times that its source brought something came the newest time",
    ),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    """Eight workshops' sheets, landed; nothing else, and nothing published since."""
    folder = tmp_path_factory.mktemp("mutations")
    data, inbox, standing, scratch = (folder / name for name in ("data", "inbox", "standing.duckdb", "scratch"))
    write_training_sheets(inbox, as_of=EIGHT_WORKSHOPS, seed=SEED)
    landing = Landing(data / "landing", is_synthetic=True)
    for contract in every_contract():
        landing.declare(contract)
    sheets.extract(landing, inbox, SHIPPED_MAPPINGS, progress=lambda *_: None)
    standing.touch()
    os.utime(standing, (EIGHT_WORKSHOPS.timestamp(), EIGHT_WORKSHOPS.timestamp()))
    scratch.mkdir()
    return Built(data, standing, scratch)


def test_without_a_corruption_nothing_is_found(built):
    assert built.known_of_records == frozenset()


@pytest.mark.parametrize(("corruption", "sentence"), FOUND, ids=[str(corruption) for corruption, _ in FOUND])
def test_a_corruption_is_found_once_by_what_speaks_of_it(built, corruption, sentence):
    found = judge_landed(built, corruption).found
    assert len([says for _, says in found if sentence in says]) == 1, found


def test_every_kind_is_among_them():
    assert [corruption.kind for corruption, _ in FOUND] == list(KINDS)
