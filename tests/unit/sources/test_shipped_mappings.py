"""Ready mappings: hand-written samples of what people export, with the columns of the real exports."""

import os
import shutil
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from orchestration.landing import Landing
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import SourceError, platform_exports
from orchestration.sources.mappings import unmapped_files

SAMPLES = Path(__file__).parents[2] / "samples" / "exports"
SAVED_AT = datetime.fromisoformat("2026-10-01T12:00:00+00:00").timestamp()
LINKEDIN = "synth-hq_content_1772323200000.xls"


@pytest.fixture
def inbox(tmp_path) -> Path:
    """The samples, all in one folder as people would leave them, saved on 1 October 2026."""
    inbox = tmp_path / "inbox"
    shutil.copytree(SAMPLES, inbox)
    for path in inbox.rglob("*.*"):
        os.utime(path, (SAVED_AT, SAVED_AT))
    return inbox


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path / "landing", is_synthetic=False)


@pytest.fixture
def posts(landing, inbox, progress) -> pl.DataFrame:
    platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    return landing.read(platform_exports.POSTS)


def landed(posts: pl.DataFrame, platform: str, *columns: str) -> list[tuple]:
    return posts.filter(platform=platform).sort("post_id").select(columns).rows()


def test_every_sample_is_known_by_its_columns_and_nothing_is_left_unread(posts, inbox):
    assert unmapped_files(inbox, SHIPPED_MAPPINGS) == []
    counted = posts.group_by("platform").len().sort("platform").rows()
    assert counted == [("facebook", 2), ("instagram", 1), ("linkedin", 2), ("x", 1), ("youtube", 2)]


def test_facebook_posts_of_meta_business_suite(posts):
    columns = ("post_id", "account_native_id", "account_handle", "posted_at", "text")
    page = ("100000000000001", "Synth Embassy Paris")
    assert landed(posts, "facebook", *columns) == [
        # Winter and summer time in California: clocks went forward on 8 March 2026 at 02:00.
        ("122100000000000001", *page, datetime(2026, 3, 7, 14, 8), 'Photo of the "national day" reception'),
        ("122100000000000002", *page, datetime(2026, 3, 8, 13, 8), "New consular hours, from Monday"),
    ]
    counts = ("reactions", "comments", "shares", "impressions", "reach", "views", "clicks")
    assert landed(posts, "facebook", *counts) == [
        (61, 9, 5, None, 1104, 1520, 33),
        (40, 0, 0, None, 980, None, 0),
    ]


def test_a_row_of_a_daily_export_is_no_total_and_goes_to_quarantine(posts, landing):
    quarantined = pl.read_parquet(landing.root / "_quarantine/platform_exports/posts/*/*.parquet")
    assert quarantined.select("source_file", "source_line", "field").rows() == [("facebook.csv", 4, "post_id")]


def test_instagram_posts_of_meta_business_suite(posts):
    columns = ("post_id", "account_native_id", "account_handle", "posted_at", "text", "reactions", "comments")
    [post] = landed(posts, "instagram", *columns, "shares", "saves", "impressions", "reach", "views")
    # Clocks went back on 2 November 2025 at 02:00: half past midnight was still summer time.
    account = ("18010000000000001", "17841400000000001", "synth.paris")
    assert post == (*account, datetime(2025, 11, 2, 7, 30), "Salaam from Paris", 5, 2, 3, 4, None, 45, 160)


def test_posts_of_x_analytics_with_the_time_that_their_ids_tell(posts):
    columns = ("post_id", "account_handle", "text", "reactions", "comments", "shares", "saves", "impressions", "clicks")
    assert landed(posts, "x", *columns) == [("920061541986250758", "SynthHQ", "Fish & chips", 12, 2, 3, 1, 655, 5)]
    [(posted_at,)] = landed(posts, "x", "posted_at")
    assert posted_at.replace(microsecond=0) == datetime(2017, 10, 16, 22, 59, 0)


def test_videos_of_youtube_studio_without_the_total_and_with_the_channel_of_their_folder(posts):
    columns = ("post_id", "account_handle", "posted_at", "text", "reactions", "comments", "shares", "impressions")
    trade = "A film about trade, in two parts"
    assert landed(posts, "youtube", *columns, "views") == [
        ("-aaaaaaaaa2", "SynthHQ", datetime(2026, 8, 30), "A film about culture", 20, 1, None, 20_000, 2300),
        ("aaaaaaaaaa1", "SynthHQ", datetime(2026, 9, 1), trade, 200, 20, None, 70_000, 8200),
    ]


def test_posts_of_a_linkedin_page_from_the_second_row_of_its_sheet(posts):
    columns = ("post_id", "account_handle", "posted_at", "text", "reactions", "comments", "shares", "impressions")
    film = "A film of the fair"
    assert landed(posts, "linkedin", *columns, "views", "clicks", "source_line") == [
        # Its sponsored row, line 4, is left out.
        (
            *("7400000000000000001", "synth-hq", datetime(2026, 2, 3), "A scholarship for students of design"),
            *(31, 4, 2, 1250, None, 40, 3),
        ),
        ("7400000000000000002", "synth-hq", datetime(2026, 2, 28), film, 14, 0, 1, 800, 310, 9, 5),
    ]


def test_a_youtube_export_in_the_folder_of_its_archive_is_the_channels(landing, inbox, progress):
    (inbox / "youtube" / "SynthHQ").rename(inbox / "Content 2026-01-01_2026-10-01 SynthHQ")
    platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    assert set(landing.read(platform_exports.POSTS).filter(platform="youtube")["account_handle"]) == {"SynthHQ"}


def test_a_file_moved_to_the_folder_of_another_account_is_read_again_for_that_one(posts, landing, inbox, progress):
    (inbox / "youtube" / "SynthHQ").rename(inbox / "youtube" / "SynthParis")
    platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    videos = landing.read(platform_exports.POSTS).filter(platform="youtube")
    assert (videos.height, set(videos["account_handle"])) == (2, {"SynthParis"})


def test_a_file_whose_path_does_not_tell_its_account_is_refused_with_advice(landing, inbox, progress):
    (inbox / LINKEDIN).rename(inbox / "export.xls")
    with pytest.raises(SourceError, match=r"export\.xls: the file does not tell .*account_handle.*_content_"):
        platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)


def test_a_mapping_that_names_the_file_wins_over_one_that_knows_its_columns(landing, inbox, progress):
    (inbox / "own.mapping.yaml").write_text(
        "source: platform_exports\ntable: posts\nfiles: x.csv\nconstants: {platform: threads}\n"
        'times: {format: "%a, %b %d, %Y"}\n'
        "columns: {post_id: Post id, account_handle: Post Link, posted_at: Date}\n"
    )
    platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
    landed = landing.read(platform_exports.POSTS)
    assert landed.filter(source_file="x.csv")["platform"].to_list() == ["threads"]


def test_a_workbook_that_cannot_be_read_is_no_known_export(inbox):
    (inbox / "broken.xlsx").write_bytes(b"PK no workbook")
    assert unmapped_files(inbox, SHIPPED_MAPPINGS) == ["broken.xlsx"]
