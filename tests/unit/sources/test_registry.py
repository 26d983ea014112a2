from datetime import UTC, date, datetime

import polars as pl
import pytest
import yaml

from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.landing import Landing, Window
from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sources import SourceError, registry

MISSIONS = """\
mission_id,name,kind,city,country_code,country,region,time_zone,latitude,longitude
paris,Embassy in Paris,embassy,Paris,FR,France,Europe,Europe/Paris,48.8566,2.3522
karachi,Consulate in Karachi,consulate,Karachi,PK,Pakistan,South Asia,Asia/Karachi,,
"""
ACCOUNTS = """\
platform,handle,native_id,mission_id,display_name,registered_from,registered_until
x,InParis,960018171123676211,paris,Embassy in Paris,2021-04-01,
facebook,inkarachi,,karachi,Consulate in Karachi,2021-05-01,2025-12-31
"""


@pytest.fixture
def register(tmp_path):
    """Writes the register; a file that is None is left out."""

    def write(missions: str | None = MISSIONS, accounts: str | None = ACCOUNTS):
        for name, content in (("missions.csv", missions), ("accounts.csv", accounts)):
            (tmp_path / name).unlink(missing_ok=True)
            if content is not None:
                (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path / "landing", is_synthetic=False)


def land(landing, folder, day: date = date(2026, 1, 2)) -> dict[str, tuple[int, int]]:
    """Rows landed and quarantined by table."""
    batches = registry.extract(folder, Window.of_day(day), is_synthetic=False)
    receipts = [landing.write(batch) for batch in batches]
    return {receipt.contract.table: (receipt.landed, receipt.quarantined) for receipt in receipts}


def quarantined(landing) -> list[tuple]:
    parts = [part for part in (landing.root / "_quarantine").rglob("*.parquet") if "_contract" not in part.parts]
    columns = ["source_file", "source_line", "field", "value"]
    return sorted(row for part in parts for row in pl.read_parquet(part).select(columns).rows())


def test_both_files_land_as_they_are_kept(landing, register):
    assert land(landing, register()) == {"missions": (2, 0), "accounts": (2, 0)}
    missions = landing.read(registry.MISSIONS).select("mission_id", "kind", "time_zone", "latitude", "source_line")
    assert missions.rows() == [
        ("paris", "embassy", "Europe/Paris", 48.8566, 2),
        ("karachi", "consulate", "Asia/Karachi", None, 3),
    ]
    accounts = landing.read(registry.ACCOUNTS).select("platform", "native_id", "registered_from", "registered_until")
    assert accounts.rows() == [
        ("x", "960018171123676211", date(2021, 4, 1), None),
        ("facebook", None, date(2021, 5, 1), date(2025, 12, 31)),
    ]


def test_each_day_has_its_own_snapshot_and_the_same_day_is_replaced(landing, register):
    land(landing, register(), date(2026, 1, 2))
    land(landing, register(missions=MISSIONS.replace("Embassy in Paris", "Mission in Paris")), date(2026, 1, 3))
    land(landing, register(missions=MISSIONS.replace("Embassy in Paris", "Chancery in Paris")), date(2026, 1, 3))
    paris = [row for row in landing.read(registry.MISSIONS).iter_rows(named=True) if row["mission_id"] == "paris"]
    assert [(row["date"], row["name"], row["observed_at"]) for row in paris] == [
        (date(2026, 1, 2), "Embassy in Paris", datetime(2026, 1, 3)),
        (date(2026, 1, 3), "Chancery in Paris", datetime(2026, 1, 4)),
    ]


def test_a_window_of_several_days_is_the_snapshot_of_its_last_day(register):
    window = Window(date(2026, 1, 1), date(2026, 1, 4))
    for batch in registry.extract(register(), window, is_synthetic=False):
        assert (batch.day, batch.observed_at) == (date(2026, 1, 3), datetime(2026, 1, 4, tzinfo=UTC))


@pytest.mark.parametrize("table", ["missions", "accounts"])
def test_a_missing_file_is_named(landing, register, table):
    with pytest.raises(SourceError, match=rf"{table}\.csv: cannot be read: No such file"):
        land(landing, register(**{table: None}))


def test_a_missing_column_is_named_with_the_columns_that_are_there(landing, register):
    with pytest.raises(SourceError, match=r"missions\.csv: .*'?time_zone'?.*'tz'"):
        land(landing, register(missions=MISSIONS.replace("time_zone", "tz")))
    assert landing.read(registry.MISSIONS).is_empty()


def test_a_column_that_nobody_needs_may_be_missing(landing, register):
    accounts = "platform,handle,mission_id,registered_from\nx,InParis,paris,2021-04-01\n"
    assert land(landing, register(accounts=accounts))["accounts"] == (1, 0)
    assert landing.read(registry.ACCOUNTS)["native_id"].to_list() == [None]


@pytest.mark.parametrize(
    ("right", "wrong", "line", "field", "value"),
    [
        ("Europe/Paris", "Europe/Lutetia", 2, "time_zone", "Europe/Lutetia"),
        ("Paris,FR", "Paris,France", 2, "country_code", "France"),
        ("consulate,Karachi", "outpost,Karachi", 3, "kind", "outpost"),
        ("48.8566", "-148.8566", 2, "latitude", "-148.8566"),
        ("karachi,Consulate", ",Consulate", 3, "mission_id", None),
    ],
)
def test_a_mission_that_breaks_its_contract_is_quarantined_with_its_line_and_the_others_land(
    landing, register, right, wrong, line, field, value
):
    assert land(landing, register(missions=MISSIONS.replace(right, wrong)))["missions"] == (1, 1)
    assert quarantined(landing) == [("missions.csv", line, field, value)]


@pytest.mark.parametrize(
    ("right", "wrong", "line", "field", "value"),
    [
        ("x,InParis", "myspace,InParis", 2, "platform", "myspace"),
        ("InParis", "@InParis", 2, "handle", "@InParis"),
        ("2021-05-01", "01.05.2021", 3, "registered_from", "01.05.2021"),
    ],
)
def test_an_account_that_breaks_its_contract_is_quarantined_with_its_line_and_the_others_land(
    landing, register, right, wrong, line, field, value
):
    assert land(landing, register(accounts=ACCOUNTS.replace(right, wrong)))["accounts"] == (1, 1)
    assert quarantined(landing) == [("accounts.csv", line, field, value)]


def test_the_synthetic_register_keeps_its_contract(landing):
    assert land(landing, REGISTRY_DIR) == {"missions": (90, 0), "accounts": (250, 0)}
    missions, accounts = landing.read(registry.MISSIONS), landing.read(registry.ACCOUNTS)
    assert set(accounts["mission_id"]) == set(missions["mission_id"])
    assert all("(synthetic)" in name for name in missions["name"])


def test_the_models_know_every_further_table_that_a_platform_lands():
    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    platforms = [registry.platform(name) for name in registry.PLATFORMS]
    further = {platform.name: [contract.table for contract in platform.extras] for platform in platforms}
    assert project["vars"]["platforms"] == further
