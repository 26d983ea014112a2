"""A platform's answers change their shape from one night to the next, told over loopback by the sandbox."""

from datetime import timedelta
from functools import partial

import polars as pl
import pytest

from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.server import Fault, FaultKind
from orchestration.sources.drift import FEWEST_RECORDS, ShapeChanged, shape
from tests.platforms import DAY, Night

FOR_EVER = 10**6
MASTODON = pl.read_csv(REGISTRY_DIR / "accounts.csv", infer_schema=False).filter(platform="mastodon")
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def night(tmp_path, no_waiting) -> Night:
    """Four accounts on Mastodon, with one night read as it should be."""
    night = Night("mastodon", tmp_path)
    night.read = partial(night.read, only=MASTODON.select("handle", "native_id").head(4).rows())
    night.read()
    assert night.landed("posts").height >= FEWEST_RECORDS
    assert night.told("shape") == []
    return night


def landed_days(night: Night, table: str) -> set:
    return set(night.landed(table)["date"])


def test_a_new_field_is_told_once_with_its_name_and_first_day_and_kept_in_raw(night):
    night.read(Fault(FaultKind.UNKNOWN_FIELD, times=FOR_EVER), day=TOMORROW)
    told = dict(night.told("shape"))
    reason = told["$.field_of_tomorrow.is_new"]
    assert "mastodon." in reason
    assert "new field $.field_of_tomorrow.is_new (flag), first seen on 2026-03-03" in reason
    posts = night.landed("posts").filter(pl.col("date") == TOMORROW)
    assert posts["raw"].str.contains("field_of_tomorrow").all()

    night.findings.clear()
    night.read(Fault(FaultKind.UNKNOWN_FIELD, times=FOR_EVER), day=TOMORROW + timedelta(days=1))
    assert night.told("shape") == []


def test_a_night_read_again_tells_its_new_fields_again(night):
    def told():
        night.findings.clear()
        night.read(Fault(FaultKind.UNKNOWN_FIELD, times=FOR_EVER), day=TOMORROW)
        return night.told("shape")

    first = told()
    assert first
    assert told() == first


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (FaultKind.MISSING_FIELD, r"favourites_count \(\$\.favourites_count\) is in no record any more"),
        (FaultKind.RETYPED_FIELD, r"favourites_count \(\$\.favourites_count\) was number and is text now"),
    ],
)
def test_a_vanished_or_retyped_field_lands_nothing_of_its_batch(night, kind, says):
    with pytest.raises(ShapeChanged, match=r"the shape of mastodon\.posts has changed: .*" + says):
        night.read(Fault(kind, field="favourites_count", times=FOR_EVER), day=TOMORROW)
    assert landed_days(night, "posts") == {DAY}
    assert landed_days(night, "timelines") == {DAY}


def test_a_contract_that_was_widened_is_no_change_of_shape(night):
    """The batch before was landed by an earlier version, whose contract had no such column."""
    for old in (night.landing.root / "mastodon" / "posts").glob(f"date={DAY}/*.parquet"):
        pl.read_parquet(old, hive_partitioning=False).drop("favourites_count").write_parquet(old)
    night.read(day=TOMORROW)
    assert landed_days(night, "timelines") == {DAY, TOMORROW}


def test_the_shape_of_records_is_each_path_and_its_kind():
    raw = pl.Series(['{"a": 1, "b": [{"c": "x"}], "d": null}', '{"a": 2.5, "b": [], "e": {"f": true}}'])
    assert shape(raw) == {
        "$.a": "number",
        "$.b": "list",
        "$.b[*]": "object",
        "$.b[*].c": "text",
        "$.d": "nothing",
        "$.e": "object",
        "$.e.f": "flag",
    }
