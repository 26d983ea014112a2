"""Every platform under every fault: nothing is lost, nothing landed twice, and nobody else pays for it.

Each test leaves one cell of a table that is printed at the end of the run: platform × fault → what happened.
"""

import json
from collections.abc import Callable

import polars as pl
import pytest

from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.server import Fault, FaultKind
from orchestration.sources import registry
from tests.platforms import Night

pytestmark = pytest.mark.usefixtures("no_waiting")

TIMELINE = {
    "x": "/tweets",
    "facebook": "/published_posts",
    "instagram": "/media",
    "youtube": "playlistItems",
    "bluesky": "getAuthorFeed",
    "mastodon": "/statuses",
    "linkedin": "rest/posts",
}
"""What tells a request for a timeline from others, in its address."""
COUNT_FIELD = {
    "x": "like_count",
    "facebook": "shares",
    "instagram": "like_count",
    "youtube": "commentCount",
    "bluesky": "likeCount",
    "mastodon": "favourites_count",
    "linkedin": "likeCount",
}
"""A count that a platform may stop to give, by its own name."""
METRIC = {"facebook": "post_clicks", "instagram": "saved", "youtube": "shares"}
"""A metric that is asked for by its name, so that it can be retired overnight."""
BEYOND_A_DOUBLE = {"x", "facebook", "instagram", "mastodon", "linkedin"}
TRAILING_DAYS = 20
FOR_EVER = 100_000


def accounts_of(platform: str) -> list[tuple[str, str]]:
    kept = pl.read_csv(REGISTRY_DIR / "accounts.csv", infer_schema=False)
    return kept.filter(platform=platform).select("handle", "native_id").head(4).rows()


@pytest.fixture(scope="module", params=registry.PLATFORMS)
def platform(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def undisturbed(platform, tmp_path_factory) -> Night:
    """A night of four accounts without faults. Read only."""
    night = Night(platform, tmp_path_factory.mktemp(f"undisturbed_{platform}"))
    night.read(only=accounts_of(platform), trailing_days=TRAILING_DAYS)
    assert night.landed("timelines").height == 4
    return night


@pytest.fixture
def read(platform, tmp_path) -> Callable[..., Night]:
    """Reads the four accounts under faults into one and the same landing."""
    night = Night(platform, tmp_path)

    def under(*faults: Fault, trailing_days: int = TRAILING_DAYS, **settings) -> Night:
        night.read(*faults, only=accounts_of(platform), trailing_days=trailing_days, **settings)
        return night

    return under


@pytest.fixture
def outcome(platform, record_property):
    """Writes a cell of the table, which counts if the test passes."""
    return lambda fault, what: record_property("fault table", (fault, platform, what))


def of_account(platform: str, native_id: str) -> dict[str, str]:
    """Where to strike one account's timeline and no other's."""
    return {"where": TIMELINE[platform], "also": native_id.removeprefix("UC").rsplit(":", 1)[-1]}


def rows(night: Night, table: str, without: tuple[str, ...] = ()) -> list[tuple]:
    frame = night.landed(table)
    return sorted(frame.drop(without, strict=False).rows(), key=str)


def assert_same(night: Night, undisturbed: Night, without: tuple[str, ...] = ()) -> None:
    for contract in night.platform.contracts:
        assert rows(night, contract.table, without) == rows(undisturbed, contract.table, without), contract.name


TRANSIENT = {
    FaultKind.RATE_LIMITED: "waited, read",
    FaultKind.SERVER_ERROR: "asked again, read",
    FaultKind.UNAVAILABLE: "asked again, read",
    FaultKind.SLOW: "asked again, read",
    FaultKind.CUT: "asked again, read",
    FaultKind.MALFORMED: "asked again, read",
}


@pytest.mark.parametrize("kind", TRANSIENT)
def test_what_passes_costs_nothing(read, undisturbed, platform, outcome, kind):
    # Meta tells no time of its resets: its hour is told to the reader, and here it is short.
    settings = {"meta_usage_window_seconds": 1.5}
    if kind is FaultKind.SLOW:
        settings |= {"request_timeout_seconds": 0.4}
    night = read(Fault(kind, where=TIMELINE[platform], times=2, seconds=0.8), **settings)
    assert night.files() == undisturbed.files()
    assert night.findings == undisturbed.findings
    outcome(kind.name, TRANSIENT[kind])


def test_a_repeated_page_is_landed_once(read, undisturbed, platform, outcome):
    night = read(Fault(FaultKind.REPEATED_PAGE, where=TIMELINE[platform]))
    assert_same(night, undisturbed)
    outcome("REPEATED_PAGE", "landed once")


def test_a_cursor_that_loops_is_told_and_ends(read, platform, outcome):
    # Back beyond the ministry's first post, so that no platform's first page reaches the time's beginning.
    long = 900
    struck, *others = [native_id for _, native_id in accounts_of(platform)]
    night = read(Fault(FaultKind.LOOPING_CURSOR, times=FOR_EVER, **of_account(platform, struck)), trailing_days=long)
    assert sorted(night.landed("timelines")["account_native_id"]) == sorted(others)
    [(value, reason)] = night.told("account")
    assert value == struck
    assert "never ends" in reason
    before = night.landed("posts")
    read(trailing_days=long)
    after = night.landed("posts")
    assert night.landed("timelines").height == 4
    author = night.platform.author
    assert sorted(after.filter(pl.col(author) != struck).rows(), key=str) == sorted(before.rows(), key=str)
    assert after.height > before.height
    assert after[night.platform.posts.keys[0]].is_unique().all()
    outcome("LOOPING_CURSOR", "found, told; others read; rerun lands it")


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.CUT])
def test_a_timeline_that_cannot_be_read_costs_itself_and_is_made_up_for(read, undisturbed, platform, outcome, kind):
    struck, *others = [native_id for _, native_id in accounts_of(platform)]
    night = read(Fault(kind, times=FOR_EVER, **of_account(platform, struck)))
    assert sorted(night.landed("timelines")["account_native_id"]) == sorted(others)
    author = night.platform.author
    expected = undisturbed.landed("posts").filter(pl.col(author) != struck)
    assert sorted(night.landed("posts").rows(), key=str) == sorted(expected.rows(), key=str)
    [(value, reason)] = night.told("account")
    assert value == struck
    assert reason
    read()
    assert_same(night, undisturbed)
    outcome(f"{kind.name}, one account, all night", "told; others read; rerun lands it")


def test_a_token_that_expires_in_the_middle_loses_nothing_for_good(read, undisturbed, platform, outcome):
    night = read(Fault(FaultKind.EXPIRED_TOKEN, where=TIMELINE[platform], after=2, times=FOR_EVER))
    read_before = night.landed("timelines")
    assert 1 <= read_before.height <= 2
    lost = {native_id for _, native_id in accounts_of(platform)} - set(read_before["account_native_id"])
    assert {value for value, _ in night.told("account")} == lost
    whole = undisturbed.landed("posts").filter(pl.col(night.platform.author).is_in(lost).not_())
    landed = night.landed("posts").filter(pl.col(night.platform.author).is_in(lost).not_())
    assert sorted(landed.rows(), key=str) == sorted(whole.rows(), key=str)
    read()
    assert_same(night, undisturbed)
    outcome("EXPIRED_TOKEN, in the middle", "read ones land; rest told; rerun lands them")


@pytest.mark.parametrize("tables", [0, 1, 2])
def test_a_night_that_is_interrupted_is_landed_whole_by_its_rerun(read, undisturbed, platform, outcome, tables):
    read(stop_after=tables)
    night = read()
    assert night.files() == undisturbed.files()
    outcome("interrupted, and run again", "the same files")


def test_a_field_of_tomorrow_is_kept_in_the_raw_record(read, undisturbed, platform, outcome):
    night = read(Fault(FaultKind.UNKNOWN_FIELD, times=FOR_EVER))
    # The fields of a Mastodon profile are landed as the list they come in.
    assert_same(night, undisturbed, without=("raw", "fields"))
    assert all("field_of_tomorrow" in raw for raw in night.landed("posts")["raw"])
    outcome("UNKNOWN_FIELD", "landed, kept in raw")


def test_a_count_that_is_no_longer_given_is_null_and_never_nought(read, undisturbed, platform, outcome):
    night = read(Fault(FaultKind.MISSING_FIELD, field=COUNT_FIELD[platform], times=FOR_EVER))
    whole, landed = undisturbed.landed("posts"), night.landed("posts")
    assert landed.height == whole.height
    lost = [name for name in whole.columns if landed[name].null_count() > whole[name].null_count()]
    assert lost
    assert all(whole.schema[name].is_integer() for name in lost)
    assert not any(f'"{COUNT_FIELD[platform]}"' in raw for raw in landed["raw"])
    same = [name for name in whole.columns if name not in (*lost, "raw")]
    assert sorted(landed.select(same).rows(), key=str) == sorted(whole.select(same).rows(), key=str)
    outcome("MISSING_FIELD", "NULL, rest landed")


def test_ids_keep_every_digit(undisturbed, platform, outcome):
    key = undisturbed.platform.posts.keys[0]
    ids = undisturbed.landed("posts")[key]
    assert ids.dtype == pl.String
    assert ids.n_unique() == ids.len()
    digits = [int(part) for value in ids for part in [value.replace("_", ":").rsplit(":", 1)[-1]] if part.isdecimal()]
    assert bool(digits) == (platform in BEYOND_A_DOUBLE)
    assert all(number > 2**53 for number in digits)
    raw = undisturbed.landed("posts")["raw"]
    assert all(isinstance(json.loads(text), dict) for text in raw)
    outcome("ids beyond 2^53", "whole" if digits else "ids are no numbers")


def test_a_metric_retired_overnight_costs_itself(read, undisturbed, platform, outcome):
    if platform not in METRIC:
        outcome("RETIRED_METRIC", "asks for none by name")
        return
    night = read(Fault(FaultKind.RETIRED_METRIC, field=METRIC[platform], times=FOR_EVER))
    assert METRIC[platform] in {value for value, _ in night.told("metric")}
    assert night.told("account") == []
    for contract in night.platform.contracts:
        assert night.landed(contract.table).height <= undisturbed.landed(contract.table).height
    assert night.landed("posts").height == undisturbed.landed("posts").height
    assert night.landed("timelines").rows() == undisturbed.landed("timelines").rows()
    outcome("RETIRED_METRIC", "NULL and told; rest landed")
