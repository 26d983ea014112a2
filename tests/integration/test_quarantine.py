"""`sifarat quarantine`: rejected records are listed, shown without personal values, and tried again."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest
from click.testing import CliRunner

from orchestration import quarantine
from orchestration.cli import sifarat
from orchestration.contracts import Contract
from orchestration.landing import Batch, Landing
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import moodle, sheets, xapi
from tests.people import write_inbox

DAY, AT = date(2026, 3, 2), datetime(2026, 3, 3, 1, tzinfo=UTC)
STRICT = replace(
    moodle.ENROLMENTS,
    fields=tuple(
        replace(field, pattern="^FSO-") if field.name == "service_number" else field
        for field in moodle.ENROLMENTS.fields
    ),
)
"""As the contract was before it knew that numbers may begin otherwise."""
ENROLLED = [
    '{"id": 1, "course_id": 2, "service_number": "FSO-71001", "fullname": "Quintavia Zebrowska"}',
    '{"id": 2, "course_id": 2, "service_number": "EXT-1", "fullname": "Bartholemy Okonkwu"}',
    '{"id": 2, "course_id": 2, "service_number": "EXT-1", "fullname": "Bartholemy Okonkwu"}',
    '{"id": 1, "course_id": 2, "service_number": "EXT-2", "fullname": "Perpetua Nwachukwu"}',
    '{"id": "three", "course_id": 2, "service_number": "EXT-3", "fullname": "Amara Siddiqui"}',
]
"""One that keeps the old contract; one twice, and one with the first one's key, that keep only the new; one that keeps
neither."""


@pytest.fixture
def landing(tmp_path):
    return Landing(tmp_path / "landing", is_synthetic=False)


def land(landing: Landing, contract: Contract, payloads: list[str]):
    return landing.write(
        Batch(
            contract=contract,
            batch_id="20260302-20260302",
            source_file="moodle api",
            observed_at=AT,
            day=DAY,
            text=contract.from_payloads(payloads),
            is_synthetic=False,
        )
    )


def ledger(landing: Landing, contract: Contract) -> dict:
    [entry] = landing.committed(contract)
    return pl.read_parquet(entry, hive_partitioning=False).row(0, named=True)


def counts(landing: Landing, contract: Contract) -> tuple[int, ...]:
    entry = ledger(landing, contract)
    assert entry["received"] == entry["landed"] + entry["quarantined"] + entry["repeated"]
    assert landing.read(contract).height == entry["landed"]
    rows = quarantine.rejected(landing.root).filter(table_name=contract.table)
    assert rows["record_number"].n_unique() == entry["quarantined"]
    return tuple(entry[name] for name in ("received", "landed", "quarantined", "repeated"))


def run(landing: Landing, *arguments: str, **environment: str):
    told = {"SIFARAT_DATA_DIR": str(landing.root.parent), "COLUMNS": "200"} | environment
    return CliRunner().invoke(sifarat, ["quarantine", *arguments], env=told)


def test_what_passes_by_todays_contract_lands_in_its_batch(landing):
    land(landing, STRICT, ENROLLED)
    assert counts(landing, moodle.ENROLMENTS) == (5, 1, 4, 0)
    before = ledger(landing, moodle.ENROLMENTS)
    done = run(landing, "retry")
    assert (done.exit_code, "1 records landed" in done.output) == (0, True), done.output
    # The one with a key that has landed stays out, and so does the one without an id.
    assert counts(landing, moodle.ENROLMENTS) == (5, 2, 2, 1)
    assert landing.read(moodle.ENROLMENTS)["fullname"].to_list() == ["Quintavia Zebrowska", "Bartholemy Okonkwu"]
    assert set(landing.read(moodle.ENROLMENTS)["observed_at"]) == {AT.replace(tzinfo=None)}
    after = ledger(landing, moodle.ENROLMENTS)
    kept = ("batch_id", "source_file", "observed_at", "is_synthetic", "received", "warned")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    # Other bytes are another batch to the models that take only what is new.
    assert after["sha256"] != before["sha256"]


def test_what_was_landed_before_the_contract_had_a_column_stays_without_it(landing):
    narrow = replace(STRICT, fields=tuple(field for field in STRICT.fields if field.name != "email"))
    land(landing, narrow, ENROLLED)
    done = run(landing, "retry")
    assert (done.exit_code, "1 records landed" in done.output) == (0, True), done.output
    assert landing.read(moodle.ENROLMENTS)["email"].to_list() == [None, None]


def test_a_second_try_changes_nothing(landing):
    land(landing, STRICT, ENROLLED)
    run(landing, "retry")
    before = {path: path.read_bytes() for path in landing.root.rglob("part-*.parquet")}
    done = run(landing, "retry")
    assert (done.exit_code, "0 records landed" in done.output) == (0, True)
    assert {path: path.read_bytes() for path in landing.root.rglob("part-*.parquet")} == before


def test_a_try_cut_short_leaves_the_batch_as_it_was(landing, monkeypatch):
    land(landing, STRICT, ENROLLED)
    with monkeypatch.context() as patched:
        patched.setattr("os.link", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run(landing, "retry").exit_code != 0
    # What was committed is brought to its end by whoever works there next.
    assert run(landing, "retry").exit_code == 0
    assert counts(landing, moodle.ENROLMENTS) == (5, 2, 2, 1)


def test_a_file_of_the_inbox_is_read_again_by_its_mapping(landing, tmp_path, progress, monkeypatch):
    """Days were rejected that a wider contract takes for what they are."""
    inbox = write_inbox(tmp_path / "inbox")
    narrow = replace(
        sheets.TEST_RESULTS,
        fields=tuple(
            replace(field, allowed=("pre", "post")) if field.name == "phase" else field
            for field in sheets.TEST_RESULTS.fields
        ),
    )
    wide = replace(
        narrow,
        fields=tuple(
            replace(field, allowed=("pre", "post", "after")) if field.name == "phase" else field
            for field in narrow.fields
        ),
    )
    monkeypatch.setattr(sheets, "CONTRACTS", (narrow,))
    sheets.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    assert counts(landing, narrow) == (2, 1, 1, 0)
    [no_inbox] = quarantine.retry(landing, None, SHIPPED_MAPPINGS)
    assert (no_inbox.left, "SIFARAT_INBOX" in no_inbox.why_not) == (1, True)
    [entry] = landing.committed(narrow)
    monkeypatch.setattr(sheets, "CONTRACTS", (wide,))
    (inbox / "tests.csv").touch()
    [done] = quarantine.retry(landing, inbox, SHIPPED_MAPPINGS)
    assert (done.landed, done.left) == (1, 0)
    assert counts(landing, wide) == (2, 2, 0, 0)
    assert landing.committed(wide) == [entry]


def test_they_are_listed_by_reason_with_counts_and_days(landing):
    land(landing, moodle.ENROLMENTS, ENROLLED)
    listed = quarantine.listed(landing.root).select("table_name", "field", "records", "newest").rows()
    # Of two that bear one key the last read counts; the one without an id is no other's repeat.
    assert listed == [("enrolments", "course_id, user_id", 1, DAY), ("enrolments", "user_id", 1, DAY)]
    assert "does not look like ^[0-9]+$" in quarantine.listed(landing.root).row(1, named=True)["reason"]
    # How wide the terminal is tells where a reason is broken.
    assert "moodle.enrolments" in run(landing, "list").output


def test_no_value_of_a_record_about_people_is_shown_unless_asked_for(landing):
    land(landing, moodle.ENROLMENTS, ENROLLED)
    said = run(landing, "show", "moodle.enrolments", "--field", "user_id").output
    assert "three" not in said
    assert "Siddiqui" not in said
    assert "after an upgrade try `retry`" in said
    said = run(landing, "show", "moodle.enrolments", "--personal").output
    assert "three" in said
    assert "Siddiqui" in said
    nothing = run(landing, "show", "x.posts")
    assert (nothing.exit_code, "quarantine list" in nothing.output) == (1, True)


def test_a_statement_of_a_store_is_tried_again_too(landing):
    old = replace(
        xapi.STATEMENTS,
        fields=tuple(
            replace(field, allowed=("passed",)) if field.name == "verb" else field for field in xapi.STATEMENTS.fields
        ),
    )
    statement = {
        "id": "00000000-0000-4000-8000-000000000001",
        "actor": {"mbox": "mailto:quintavia@zz-mofa.example"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example/courses/W1"},
        "stored": "2026-03-02T10:00:00.000Z",
    }
    land(landing, old, [xapi.payload_of(statement)])
    assert counts(landing, xapi.STATEMENTS) == (1, 0, 1, 0)
    assert run(landing, "retry", "xapi.statements").exit_code == 0
    assert counts(landing, xapi.STATEMENTS) == (1, 1, 0, 0)
    assert not list((landing.root / "_quarantine" / "xapi").rglob("part-2*.parquet"))
