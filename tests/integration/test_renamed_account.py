"""An account that takes another handle is the same account: by the id that the register or an earlier night tells."""

import csv
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.sandbox.ministry import REGISTRY_DIR
from tests.platforms import DAY, Night

pytestmark = pytest.mark.usefixtures("no_waiting")

HANDLES = {
    "x": ("SynthHQ", "SynthHeadquart"),
    "facebook": ("SynthHQ", "SynthHeadquarters"),
    "youtube": ("SynthHQ", "SynthHeadquarters"),
    "bluesky": ("synth-headquarters.example.org", "hq.example.org"),
    "mastodon": ("synthhq@social.example.org", "headquarters@social.example.org"),
    "linkedin": ("synth-headquarters", "synth-foreign-office"),
}
"""Headquarters' handle before and after, on the platforms where an account is found by its handle."""


@pytest.fixture
def renamed(tmp_path) -> Path:
    """The platforms after headquarters took another handle everywhere; the ministry's register knows nothing of it."""
    folder = tmp_path / "renamed"
    folder.mkdir()
    shutil.copy(REGISTRY_DIR / "missions.csv", folder)
    with open(REGISTRY_DIR / "accounts.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        before, after = HANDLES.get(row["platform"], (None, None))
        if row["handle"] == before:
            row["handle"] = after
    with open(folder / "accounts.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.parametrize("platform", HANDLES)
def test_a_renamed_account_is_found_by_the_id_that_an_earlier_night_learnt(platform, renamed, tmp_path):
    before, after = HANDLES[platform]
    night = Night(platform, tmp_path)
    # Ids are left out of the register: all that is known is the handle.
    night.read(only=[(before, None)], trailing_days=5)
    [native_id] = night.landed("timelines")["account_native_id"]
    night.registry_dir = renamed
    night.read(only=[(before, None)], trailing_days=5, day=DAY + timedelta(days=1))
    accounts = night.landed("accounts").sort("date")
    assert accounts[night.platform.accounts.keys[0]].to_list() == [native_id, native_id]
    told = [handle.lower().split("@")[0] for handle in accounts[night.platform.handle]]
    assert told == [name.lower().split("@")[0] for name in (before, after)]
    assert night.landed("timelines").filter(date=DAY + timedelta(days=1)).height == 1
    assert night.told("account") == []
