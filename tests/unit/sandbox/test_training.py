import os
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from orchestration.landing import Landing
from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.series import held, workshops
from orchestration.sandbox.training import OtherSeed, write_training_sheets
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import sheets, teams, zoom
from orchestration.sources.mappings import unmapped_files
from orchestration.sources.meetings import Clock
from tests.meetings import land_reports

SEED = 2021
NIGHT = datetime(2026, 3, 2, 1, tzinfo=UTC)


def workbooks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "workshops").iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The sheets as of March 2026."""
    folder = tmp_path_factory.mktemp("inbox")
    write_training_sheets(folder, as_of=NIGHT, seed=SEED)
    return folder


@pytest.fixture(scope="module")
def landed(folder, tmp_path_factory) -> dict[str, pl.DataFrame]:
    """What the sheets' source makes of them, by table; nothing may be amiss."""
    landing = Landing(tmp_path_factory.mktemp("landing"), is_synthetic=True)
    receipts = sheets.extract(landing, folder, SHIPPED_MAPPINGS, progress=lambda *_: None)
    assert {(r.quarantined, r.repeated, r.warned) for r in receipts} == {(0, 0, 0)}
    return {contract.table: landing.read(contract) for contract in sheets.CONTRACTS}


def test_the_same_seed_gives_the_same_bytes_all_at_once_or_night_by_night(folder, tmp_path):
    for as_of in (datetime(2021, 5, 1, tzinfo=UTC), datetime(2023, 1, 1, tzinfo=UTC), NIGHT):
        write_training_sheets(tmp_path, as_of=as_of, seed=SEED)
    assert workbooks(tmp_path) == workbooks(folder)
    write_training_sheets(tmp_path / "other", as_of=NIGHT, seed=SEED + 1)
    assert not set(workbooks(tmp_path / "other").values()) & set(workbooks(folder).values())


def test_a_workbook_appears_on_the_evening_of_its_workshops_last_day(tmp_path):
    # The second Monday of April 2021 is the 12th; the workshop lasts three days.
    evening = datetime(2021, 4, 14, 18, tzinfo=UTC)
    write_training_sheets(tmp_path, as_of=evening - timedelta(seconds=1), seed=SEED)
    assert workbooks(tmp_path) == {}
    write_training_sheets(tmp_path, as_of=evening, seed=SEED)
    assert list(workbooks(tmp_path)) == ["syn-2021-q2.xlsx"]


def test_a_workbook_bears_the_time_at_which_the_trainers_saved_it(folder):
    saved_at = (folder / "workshops" / "syn-2021-q2.xlsx").stat().st_mtime
    assert datetime.fromtimestamp(saved_at, UTC) == datetime(2021, 4, 14, 18, tzinfo=UTC)


def test_there_is_a_workshop_about_every_quarter(folder):
    first_days = [workshop.starts_on for workshop in workshops(NIGHT)]
    # April 2021 to January 2026.
    assert len(first_days) == len(workbooks(folder)) == 20
    assert first_days[0] == date(2021, 4, 12)
    assert all(84 <= (later - earlier).days <= 98 for earlier, later in pairwise(first_days))


def test_a_workbook_that_is_there_is_never_written_again(tmp_path):
    write_training_sheets(tmp_path, as_of=datetime(2021, 5, 1, tzinfo=UTC), seed=SEED)
    (tmp_path / "workshops" / "syn-2021-q2.xlsx").write_bytes(b"as the trainers left it")
    write_training_sheets(tmp_path, as_of=datetime(2021, 8, 1, tzinfo=UTC), seed=SEED)
    assert workbooks(tmp_path)["syn-2021-q2.xlsx"] == b"as the trainers left it"
    assert len(workbooks(tmp_path)) == 2


def test_a_night_without_a_new_workbook_does_not_load_the_excel_writer(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    before = workbooks(folder)
    write_training_sheets(folder, as_of=NIGHT, seed=SEED)
    assert workbooks(folder) == before


def test_an_earlier_night_after_a_later_one_leaves_everything_as_it_is(folder):
    before = workbooks(folder)
    write_training_sheets(folder, as_of=datetime(2022, 1, 1, tzinfo=UTC), seed=SEED)
    assert workbooks(folder) == before


def test_a_folder_of_another_seed_is_refused_and_left_as_it_is(folder):
    before = workbooks(folder)
    with pytest.raises(OtherSeed, match=r"of seed 2021, and SIFARAT_SANDBOX_SEED is 7: .*make clean"):
        write_training_sheets(folder, as_of=NIGHT, seed=7)
    assert workbooks(folder) == before


def test_a_write_that_fails_leaves_no_part_of_a_workbook_and_the_next_one_mends_it(folder, tmp_path, monkeypatch):
    write_training_sheets(tmp_path, as_of=datetime(2021, 1, 1, tzinfo=UTC), seed=SEED)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            write_training_sheets(tmp_path, as_of=NIGHT, seed=SEED)
    assert workbooks(tmp_path) == {}
    write_training_sheets(tmp_path, as_of=NIGHT, seed=SEED)
    assert workbooks(tmp_path) == workbooks(folder)


def test_the_mapping_reads_every_file_but_the_meetings_which_their_sources_know(folder):
    assert all(name.startswith("meetings/") for name in unmapped_files(folder, SHIPPED_MAPPINGS))


def test_the_meetings_files_tell_every_stay_as_it_was(folder, tmp_path):
    landing = Landing(tmp_path, is_synthetic=True)
    clock = Clock("UTC")
    for source in (zoom, teams):
        receipts = land_reports(landing, folder, source, lambda *_: None, clock, is_synthetic=True)
        assert {(r.quarantined, r.repeated, r.warned) for r in receipts} == {(0, 0, 0)}
        told_by = source.PARTICIPANTS.source
        true = [
            (stay.name, stay.email, stay.joined_at.replace(tzinfo=None), stay.left_at.replace(tzinfo=None))
            for edition in held(SEED, until=19)
            for session in edition.workshop.sessions
            if not session.is_told_by_api
            for stay in edition.stays(session)
            if stay.told_by == told_by
        ]
        landed = landing.read(source.PARTICIPANTS).select("name", "email", "joined_at", "left_at").rows()
        assert Counter(landed) == Counter(true)


def test_each_quarters_staff_list_names_everybody_and_where_they_are_posted_since_when(landed):
    assert dict(landed["staff"]["source_file"].value_counts().iter_rows()) == {
        f"staff/{workshop.course_id.lower()}.csv": 150 for workshop in workshops(NIGHT)
    }
    assert landed["staff"].group_by("date").agg(pl.col("mission_id").n_unique())["mission_id"].unique().to_list() == [
        90
    ]
    assert (landed["staff"]["posted_on"] <= landed["staff"]["date"]).all()


def test_who_passed_is_certified_for_two_years(landed):
    passed = landed["registrations"].filter(pl.col("outcome").is_in(["Pass", "Distinction"]))
    certified = landed["certificates"].select("course_id", "person_id")
    assert sorted(certified.rows()) == sorted(passed.select("course_id", "person_id").rows())
    first = landed["certificates"].filter(pl.col("course_id") == "SYN-2021-Q2")
    assert set(first.select("issued_on", "expires_on").rows()) == {(date(2021, 4, 14), date(2023, 4, 14))}


def test_the_test_results_are_those_of_the_assessments(landed):
    assert sorted(landed["test_results"].select("course_id", "phase", "person_id", "score").rows(), key=str) == sorted(
        (
            (*row["assessment_id"].rsplit("-", 1), row["person_id"], row["score"])
            for row in landed["assessment_results"].iter_rows(named=True)
        ),
        key=str,
    )


def test_everything_is_landed_as_synthetic_and_observed_when_it_was_saved(landed):
    assert landed["courses"].height == 20
    assert all(name.endswith("(synthetic)") for name in landed["courses"]["name"])
    assert all(person.startswith("SYN-") for person in landed["registrations"]["person_id"])
    for table in landed.values():
        assert table["is_synthetic"].all()
    for row in landed["courses"].iter_rows(named=True):
        assert row["date"] == row["starts_on"] + timedelta(days=row["length_days"] - 1)
        assert row["observed_at"] == datetime.combine(row["date"], time(18))


def test_150_officers_of_all_90_missions_are_trained_in_the_first_workshop(landed):
    missions = set(pl.read_csv(REGISTRY_DIR / "missions.csv")["mission_id"])
    assert len(missions) == 90
    first = landed["registrations"].filter(pl.col("course_id") == "SYN-2021-Q2")
    assert first["person_id"].n_unique() == first.height == 150
    assert set(first["mission_id"]) == missions
    assert set(first["gender"]) == {"F", "M"}
    assert landed["registrations"]["person_id"].n_unique() == 150


def test_officers_mostly_stay_some_rotate_and_no_mission_is_ever_without_one(landed):
    posted: dict[str, str] = {}
    stayed, moved = 0, 0
    for (_,), workshop in landed["registrations"].sort("course_id").group_by("course_id", maintain_order=True):
        for row in workshop.iter_rows(named=True):
            before = posted.get(row["person_id"])
            stayed, moved = stayed + (before == row["mission_id"]), moved + (before not in (None, row["mission_id"]))
            posted[row["person_id"]] = row["mission_id"]
        assert len(set(posted.values())) == 90
    assert 0.05 < moved / (stayed + moved) < 0.25


def test_an_outcome_follows_from_the_post_test(landed):
    outcomes = {(r["course_id"], r["person_id"]): r["outcome"] for r in landed["registrations"].iter_rows(named=True)}
    post_tests = {
        (row["assessment_id"].removesuffix("-post"), row["person_id"]): row["score"]
        for row in landed["assessment_results"].iter_rows(named=True)
        if row["assessment_id"].endswith("-post")
    }
    by_outcome = defaultdict(list)
    for registration, outcome in outcomes.items():
        by_outcome[outcome].append(post_tests.get(registration, "absent"))
    assert set(by_outcome) == {"Pass", "Distinction", "Fail", "Withdrawn", None}
    assert set(by_outcome["Withdrawn"]) == {"absent"}
    assert set(by_outcome[None]) == {None}
    assert max(by_outcome["Fail"]) < min(by_outcome["Pass"]) == 50
    assert max(by_outcome["Pass"]) < min(by_outcome["Distinction"]) == 85
    assert len(by_outcome["Pass"]) > len(outcomes) / 2


def test_scores_lie_between_0_and_100_rise_by_training_and_a_few_are_missing(landed):
    results = landed["assessment_results"].join(landed["assessments"], on="assessment_id")
    assert landed["assessments"].select("kind", "weight", "max_score").unique().sort("kind").rows() == [
        ("post-test", 100.0, 100.0),
        ("pre-test", 0.0, 100.0),
    ]
    assert results["score"].is_between(0, 100).all()
    assert 0 < results["score"].null_count() < results.height * 0.06
    means = dict(results.group_by("kind").agg(pl.col("score").mean()).iter_rows())
    assert 10 < means["post-test"] - means["pre-test"] < 25
    assert results["submitted_on"].min() == date(2021, 4, 12)
