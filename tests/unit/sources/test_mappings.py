import os
from datetime import date, datetime

import polars as pl
import pytest

from orchestration.landing import Landing
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import SourceError, platform_exports, sheets
from orchestration.sources.mappings import unmapped_files

MAPPING = """
source: platform_exports
table: posts
files: "exports/*.csv"
constants: {platform: facebook}
times: {format: "%d/%m/%Y %H:%M", zone: Asia/Karachi}
columns: {post_id: Id, account_handle: Page, posted_at: Date, text: Text, reactions: Likes}
"""
EXPORT = "Id,Page,Date,Text,Likes\n1,Mission,02/01/2026 03:00,Salaam,5\n2,Mission,03/01/2026 12:00,Hello,\n"


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "inbox" / "exports").mkdir(parents=True)
    (tmp_path / "inbox" / "meta.mapping.yaml").write_text(MAPPING)
    return tmp_path / "inbox"


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path / "landing", is_synthetic=False)


def drop(inbox, content: str, name: str = "exports/page.csv", saved_at: int = 1767441600) -> None:
    """Put a file into the inbox, saved on 3 January 2026 at 12:00 UTC unless told otherwise."""
    (inbox / name).write_text(content)
    os.utime(inbox / name, (saved_at, saved_at))


def land(landing, inbox, progress):
    return platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)


def landed_posts(landing) -> pl.DataFrame:
    return landing.read(platform_exports.POSTS).sort("post_id")


def test_a_file_lands_as_its_mapping_says_observed_when_it_was_saved(landing, inbox, progress):
    drop(inbox, EXPORT)
    [receipt] = land(landing, inbox, progress)
    assert (receipt.source_file, receipt.landed, receipt.day) == ("exports/page.csv", 2, date(2026, 1, 3))
    columns = ["post_id", "platform", "posted_at", "reactions", "source_line", "observed_at"]
    assert landed_posts(landing).select(columns).rows() == [
        # Karachi is five hours ahead of UTC.
        ("1", "facebook", datetime(2026, 1, 1, 22, 0), 5, 2, datetime(2026, 1, 3, 12)),
        ("2", "facebook", datetime(2026, 1, 3, 7, 0), None, 3, datetime(2026, 1, 3, 12)),
    ]


def test_a_file_met_again_under_any_name_and_date_is_not_landed_twice(landing, inbox, progress):
    drop(inbox, EXPORT)
    land(landing, inbox, progress)
    drop(inbox, EXPORT, "exports/copy.csv", saved_at=1769000000)
    assert land(landing, inbox, progress) == []
    assert landed_posts(landing).height == 2


def test_a_changed_mapping_reads_the_file_again_and_replaces_the_old_reading(landing, inbox, progress):
    drop(inbox, EXPORT)
    land(landing, inbox, progress)
    (inbox / "meta.mapping.yaml").write_text(MAPPING.replace("Asia/Karachi", "UTC"))
    land(landing, inbox, progress)
    assert landed_posts(landing)["posted_at"].to_list() == [datetime(2026, 1, 2, 3), datetime(2026, 1, 3, 12)]


def test_two_sheets_of_a_workbook_are_both_kept(landing, inbox, progress):
    import xlsxwriter

    with xlsxwriter.Workbook(inbox / "exports" / "book.xlsx") as book:
        for sheet, post in (("Jan", "1"), ("Feb", "2")):
            page = book.add_worksheet(sheet)
            page.write_row(0, 0, ["Id", "Page", "Date", "Text", "Likes"])
            page.write_row(1, 0, [post, "Mission", "02/01/2026 03:00", "Salaam", "5"])
    mappings = [MAPPING.replace("*.csv", "*.xlsx") + f"sheet: {sheet}\n" for sheet in ("Jan", "Feb")]
    (inbox / "meta.mapping.yaml").write_text("---".join(mappings))
    land(landing, inbox, progress)
    land(landing, inbox, progress)
    assert landed_posts(landing)["post_id"].to_list() == ["1", "2"]


def test_an_own_mapping_wins_over_a_shipped_one(landing, inbox, progress):
    (inbox / "x_posts").mkdir()
    drop(inbox, EXPORT, "x_posts/mine.csv")
    (inbox / "meta.mapping.yaml").write_text(MAPPING.replace("exports/", "x_posts/"))
    land(landing, inbox, progress)
    assert landed_posts(landing)["platform"].to_list() == ["facebook", "facebook"]


def test_a_corrupt_value_quarantines_its_row_with_file_line_field_and_reason(landing, inbox, progress):
    drop(inbox, EXPORT + "3,Mission,31/02/2026 10:00,Impossible,7\n4,Mission,03/01/2026 10:00,Text,lots\n")
    [receipt] = land(landing, inbox, progress)
    assert (receipt.landed, receipt.quarantined) == (2, 2)
    found = pl.read_parquet(landing.root / "_quarantine/platform_exports/posts/*/*.parquet")
    assert found.select("source_file", "source_line", "field", "value", "reason").rows() == [
        ("exports/page.csv", 4, "posted_at", "31/02/2026 10:00", "not a possible time"),
        ("exports/page.csv", 5, "reactions", "lots", "not a whole number"),
    ]


def test_a_missing_key_column_fails_with_the_file_and_the_column_and_lands_nothing(landing, inbox, progress):
    drop(inbox, EXPORT.replace("Id,", "Number,"))
    with pytest.raises(
        SourceError, match=r"exports/page\.csv: column 'Id' is missing, and platform_exports\.posts\.post_id"
    ):
        land(landing, inbox, progress)
    assert landed_posts(landing).is_empty()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("reactions: Likes", "hearts: Likes"), "has no field hearts. It has: .*reactions"),
        (("post_id: Id, ", ""), "needs post_id; say which column it is in"),
        (("files:", "flies:"), "flies: Extra inputs are not permitted"),
        (("columns: {", "columns: {{"), "is no readable YAML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place_and_fault(landing, inbox, progress, change, message):
    (inbox / "meta.mapping.yaml").write_text(MAPPING.replace(*change))
    drop(inbox, EXPORT)
    with pytest.raises(SourceError, match=rf"meta\.mapping\.yaml.*{message}"):
        land(landing, inbox, progress)


def test_a_file_that_no_mapping_reads_is_named(inbox):
    drop(inbox, EXPORT)
    drop(inbox, "a,b\n", "unknown.csv")
    drop(inbox, "a note", "README.md")
    assert unmapped_files(inbox, SHIPPED_MAPPINGS) == ["unknown.csv"]


def test_a_link_out_of_the_inbox_is_not_followed(landing, inbox, tmp_path, progress):
    (tmp_path / "secret.csv").write_text(EXPORT)
    (inbox / "exports" / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert land(landing, inbox, progress) == []


def test_the_real_posts_land_whole_and_their_damage_is_told_by_file_and_line(landing, real_data, progress):
    receipts = land(landing, real_data, progress)
    assert sorted((r.source_file, r.landed, r.quarantined) for r in receipts) == [
        ("x_posts/BarackObama.csv", 3207, 0),
        ("x_posts/realDonaldTrump.csv", 3232, 0),
    ]
    posts = landed_posts(landing)
    assert posts["post_id"].n_unique() == 6439
    assert posts.select(pl.col("comments", "shares", "reactions").sum()).row(0) == (
        46_567_392,
        67_180_179,
        247_296_094,
    )
    # Every text, byte for byte: what was read is what stands in the file.
    for name in ("BarackObama", "realDonaldTrump"):
        file = (real_data / "x_posts" / f"{name}.csv").read_bytes().decode("mac_roman")
        texts = posts.filter(pl.col("account_handle") == name)["text"]
        assert all(text.replace('"', '""') in file for text in texts)
    # Each text beyond ASCII in these files was decoded wrongly before it was published; each is named.
    foreign = posts.filter(pl.col("text").str.contains(r"[^\x00-\x7f]"))
    warned = pl.read_parquet(landing.root / "_warnings/platform_exports/posts/*/*.parquet")
    assert set(foreign.select("source_file", "source_line").rows()) == set(
        warned.select("source_file", "source_line").rows()
    )


def test_a_zone_that_contradicts_the_posts_ids_is_doubted(landing, inbox, progress):
    # Post 920061541986250758 was made on 16 October 2017 at 22:59:00 UTC, as its id tells.
    x_mapping = MAPPING.replace("facebook", "x")
    (inbox / "meta.mapping.yaml").write_text(x_mapping)
    drop(inbox, "Id,Page,Date,Text,Likes\n920061541986250758,Mission,16/10/2017 22:59,Text,1\n")
    assert land(landing, inbox, progress)[0].warned == 1
    (inbox / "meta.mapping.yaml").write_text(x_mapping.replace("Asia/Karachi", "UTC"))
    assert land(landing, inbox, progress)[0].warned == 0


def test_the_real_training_records_land_with_the_totals_of_their_publisher(landing, real_data, progress):
    sheets.extract(landing, real_data, SHIPPED_MAPPINGS, progress=progress)
    registrations = landing.read(sheets.REGISTRATIONS)
    assert (registrations.height, registrations["person_id"].n_unique()) == (32_593, 28_785)
    assert dict(registrations.group_by("outcome").len().rows()) == {
        "Pass": 12_361,
        "Withdrawn": 10_156,
        "Fail": 7_052,
        "Distinction": 3_024,
    }
    results = landing.read(sheets.ASSESSMENT_RESULTS)
    assert (results.height, results["score"].null_count(), results["score"].sum()) == (
        173_912,
        173,
        13_169_342,
    )
