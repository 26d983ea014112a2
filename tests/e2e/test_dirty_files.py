"""What a night makes of files that are not as they should be. The expected rows are those of the files below."""

import os

import pytest

MAPPING = """
source: platform_exports
table: posts
files: "exports/*.csv"
constants: {platform: facebook}
times: {format: "%Y-%m-%d %H:%M", zone: UTC}
columns: {post_id: Id, account_handle: Page, posted_at: Posted, text: Text, reactions: Reactions, comments: Comments}
"""
HEADER = "Id,Page,Posted,Text,Reactions,Comments\n"
JANUARY = HEADER + "1,Mission,2026-01-02 03:00,Salaam,5,1\n2,Mission,2026-01-03 12:00,Hello,7,2\n"
UPDATE = HEADER + "2,Mission,2026-01-03 12:00,Hello,9,2\n3,Mission,2026-01-04 08:00,Marhaba,1,0\n"
SAVED_AT = {"january.csv": 1_767_700_000, "update.csv": 1_767_800_000}


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "inbox" / "exports").mkdir(parents=True)
    (tmp_path / "inbox" / "page.mapping.yaml").write_text(MAPPING)
    return tmp_path / "inbox"


def drop(inbox, name: str, content: str) -> None:
    path = inbox / "exports" / name
    path.write_text(content)
    saved_at = SAVED_AT.get(name, 1_767_900_000)
    os.utime(path, (saved_at, saved_at))


def posts(state) -> list[tuple]:
    return state.query("select post_native_id, text, engagements, observations from marts.fct_post order by 1")


def test_files_that_arrive_in_another_order_give_the_same_marts(state, new_state, inbox):
    drop(inbox, "update.csv", UPDATE)
    state.nightly("--inbox", inbox)
    drop(inbox, "january.csv", JANUARY)
    state.nightly("--inbox", inbox)

    together = new_state("together")
    together.nightly("--inbox", inbox)
    assert posts(state) == [("1", "Salaam", 6, 1), ("2", "Hello", 11, 2), ("3", "Marhaba", 1, 1)]
    assert state.checksums() == together.checksums()


def test_a_corrupt_value_costs_its_row_and_a_missing_key_column_costs_the_night(state, inbox):
    corrupt = JANUARY + "3,Mission,2026-01-04 08:00,Marhaba,many,0\n4,Mission,2026-02-31 08:00,Never,1,0\n"
    drop(inbox, "january.csv", corrupt)
    run = state.nightly("--inbox", inbox)
    assert "platform_exports.posts" in run.stderr
    assert posts(state) == [("1", "Salaam", 6, 1), ("2", "Hello", 9, 1)]
    quarantined = "select source_file, source_line, field, value, reason from quality.quarantined_records order by 2"
    assert state.query(quarantined) == [
        ("exports/january.csv", 4, "reactions", "many", "not a whole number"),
        ("exports/january.csv", 5, "posted_at", "2026-02-31 08:00", "not a possible time"),
    ]
    assert state.query("select received, landed, quarantined, modelled, is_reconciled from quality.reconciliation") == [
        (4, 2, 2, 2, True)
    ]

    published = state.query("select run_id from quality.publication")
    drop(inbox, "february.csv", UPDATE.replace("Id,", "Number,"))
    failed = state.sifarat("nightly", "--inbox", inbox)
    assert failed.returncode == 1
    assert "exports/february.csv: column 'Id' is missing" in failed.stderr
    assert "Nothing was published" in failed.stderr
    assert state.query("select run_id from quality.publication") == published
    assert posts(state) == [("1", "Salaam", 6, 1), ("2", "Hello", 9, 1)]


def test_a_failed_blocking_check_publishes_nothing_and_says_which(state, inbox):
    # Months after its file was saved: no contract forbids it, the suite of landed posts does.
    drop(inbox, "january.csv", JANUARY + "3,Mission,2026-06-02 03:00,From the future,1,1\n")
    failed = state.sifarat("nightly", "--inbox", inbox)
    assert failed.returncode == 1
    assert "no post was made more than a day after its file was saved" in failed.stderr
    assert "1 blocked publication" in failed.stderr
    assert not state.current.exists()
