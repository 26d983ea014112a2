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


def test_the_first_day_read_again_after_a_later_one_leaves_the_ledger_as_it_was(night):
    """Found by the drill: all fields of the first day came to be new ones, since a later day knew fields too."""

    def ledger():
        parts = (night.landing.root / "_fields").rglob("part-*.parquet")
        return sorted(pl.concat(pl.read_parquet(part).drop("observed_at") for part in parts).rows())

    night.read(Fault(FaultKind.UNKNOWN_FIELD, times=FOR_EVER), day=TOMORROW)
    before = ledger()
    assert {row[-2] for row in before} == {True, False}
    night.read()
    assert ledger() == before


def test_fields_of_a_day_read_late_were_first_seen_on_that_day(night):
    """An earlier day is read after a later one: what both had is noted of both, and nothing of it is new."""
    yesterday = DAY - timedelta(days=1)
    night.read(day=yesterday)
    fields = night.landing.root / "_fields" / "mastodon" / "posts"
    noted = {path.parent.name: pl.read_parquet(path) for path in fields.glob("date=*/part-*.parquet")}
    assert noted[f"date={yesterday}"]["is_of_first_batch"].all()
    assert "$.favourites_count" in set(noted[f"date={yesterday}"]["field"])
    assert night.told("shape") == []


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
