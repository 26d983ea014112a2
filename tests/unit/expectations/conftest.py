"""A sound landing and a sound warehouse, both real files and small, in which a test plants one fault."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

from expectations.audit import Verdict, audit
from expectations.landing import landed_views
from expectations.suites import landed, modelled
from orchestration.contracts import Contract
from orchestration.dbt import DBT_PROJECT_DIR
from orchestration.landing import Batch, Landing
from orchestration.sources import platform_exports, registry, sheets, x

DAY = date(2026, 1, 2)
OBSERVED_AT = datetime(2026, 1, 3, 1, tzinfo=UTC)
CONTRACTS = {
    contract.name: contract for source in (registry, x, platform_exports, sheets) for contract in source.CONTRACTS
}

POSTED_AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
POST_ID = str((int(POSTED_AT.timestamp() * 1000) - platform_exports.X_EPOCH_MS) << 22)
"""The id that X would give a post of that moment."""

Rows = list[dict[str, str]]
LANDED: Mapping[str, Rows] = {
    "registry.missions": [
        {
            "mission_id": "tokyo",
            "name": "Embassy in Tokyo",
            "kind": "embassy",
            "city": "Tokyo",
            "country_code": "JP",
            "country": "Japan",
            "region": "East Asia",
            "time_zone": "Asia/Tokyo",
            "latitude": "35.6",
            "longitude": "139.7",
        }
    ],
    "registry.accounts": [
        {
            "platform": "x",
            "handle": "InTokyo",
            "native_id": "7",
            "mission_id": "tokyo",
            "registered_from": "2020-01-01",
        },
        {"platform": "facebook", "handle": "tokyo", "mission_id": "tokyo", "registered_from": "2020-01-01"},
    ],
    "x.accounts": [
        {
            "id": "7",
            "username": "InTokyo",
            "name": "Embassy in Tokyo",
            "created_at": "2012-05-01T00:00:00Z",
            "followers_count": "1000",
        }
    ],
    "x.posts": [
        {
            "id": POST_ID,
            "author_id": "7",
            "text": "Salaam",
            "created_at": "2026-01-01T10:00:00Z",
            "like_count": "5",
        }
    ],
    "x.timelines": [
        {
            "author_id": "7",
            "window_start": "2025-12-06T00:00:00Z",
            "window_end": "2026-01-03T00:00:00Z",
            "posts_read": "1",
        }
    ],
    "platform_exports.posts": [
        {
            "platform": "facebook",
            "post_id": "10",
            "account_handle": "tokyo",
            "posted_at": "2026-01-01T10:00:00Z",
            "reactions": "5",
            "reach": "40",
            "impressions": "50",
        }
    ],
    "sheets.courses": [{"course_id": "C1", "starts_on": "2025-11-01", "length_days": "20"}],
    "sheets.registrations": [{"course_id": "C1", "person_id": "SN-4711", "mission_id": "tokyo", "outcome": "Pass"}],
    "sheets.assessments": [{"assessment_id": "A1", "course_id": "C1", "weight": "50", "max_score": "20"}],
    "sheets.assessment_results": [
        {"assessment_id": "A1", "person_id": "SN-4711", "score": "18", "submitted_on": "2025-11-05"}
    ],
}
"""One night, as the sources hand it over. Where no test says otherwise, everything fits together."""


@pytest.fixture(scope="session")
def _great_expectations():
    """Imported once: it takes seconds, and no test's own time should be charged for it."""
    import expectations.engine  # noqa: F401


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path / "landing", is_synthetic=False)


@pytest.fixture
def land(landing) -> Callable[..., None]:
    """Lands the sound night with some tables' rows replaced, and proves that the contracts let all of it through."""

    def land_a_night(changed: Mapping[str, Rows] | None = None, nights_later: int = 0, batch_id="night") -> None:
        later = timedelta(days=nights_later)
        for name, rows in (LANDED | (changed or {})).items():
            receipt = landing.write(
                Batch(
                    contract=CONTRACTS[name],
                    batch_id=batch_id,
                    source_file=f"{name}.csv",
                    observed_at=OBSERVED_AT + later,
                    day=DAY + later,
                    text=as_text(CONTRACTS[name], rows),
                    is_synthetic=False,
                )
            )
            assert (receipt.landed, receipt.quarantined) == (len(rows), 0)

    return land_a_night


def as_text(contract: Contract, rows: Rows) -> pl.DataFrame:
    columns = {field.name: pl.String for field in contract.fields}
    return pl.DataFrame(rows, schema=columns).with_columns(
        pl.lit(None, pl.Int64).alias("source_line"), pl.concat_str(pl.all(), ignore_nulls=True).alias("raw")
    )


@pytest.fixture
def audit_landed(landing, _great_expectations) -> Callable[..., list[Verdict]]:
    """Verdicts on the landed tables of the given names, or on all of them."""

    def verdicts(*tables: str, published_at: datetime | None = None) -> list[Verdict]:
        views = landed_views(landing.root, [suite.table_name for suite in landed.SUITES], published_at)
        return audit(views, [suite for suite in landed.SUITES if suite.table_name in (tables or views)])

    return verdicts


OFFICER = "officer-0123456789abcdef0123"
MODELLED: Mapping[str, Rows] = {
    "marts.dim_mission": [
        {"mission_id": mission, "name": mission, "region": "Asia", "time_zone": "UTC"}
        for mission in ("tokyo", "unassigned")
    ],
    "marts.dim_account": [
        {
            "account_id": "x:7",
            "valid_from_date": "2020-01-01",
            "is_current": True,
            "platform": "x",
            "mission_id": "tokyo",
        }
    ],
    "marts.dim_course": [{"course_id": "C1"}],
    "marts.dim_officer": [{"officer_id": OFFICER, "mission_id": "tokyo", "courses": 1}],
    "marts.fct_post": [
        {
            "post_id": "x:10",
            "platform": "x",
            "post_native_id": "10",
            "account_id": "x:7",
            "mission_id": "tokyo",
            "posted_at": "2026-01-01 10:00:00",
            "posted_date": "2026-01-01",
            "first_observed_at": "2026-01-02 01:00:00",
            "last_observed_at": "2026-01-03 01:00:00",
            "reactions": 5,
            "comments": 2,
            "shares": 1,
            "engagements": 8,
        }
    ],
    "marts.fct_post_metrics_daily": [
        {
            "post_id": "x:10",
            "observed_date": day,
            "observed_at": f"{day} 23:59:00",
            "account_id": "x:7",
            "mission_id": "tokyo",
            "platform": "x",
            "reactions": engagements,
            "engagements": engagements,
            "engagements_gained": 4,
            "gain_span_days": 1,
            "is_gain_over_gap": False,
        }
        for day, engagements in (("2026-01-01", 4), ("2026-01-02", 8))
    ],
    "marts.fct_account_daily": [
        {
            "account_id": "x:7",
            "activity_date": day,
            "mission_id": "tokyo",
            "platform": "x",
            "followers": 1000,
            "posts": posts,
            "reposts": 0,
            "engagements_gained": 4,
        }
        for day, posts in (("2026-01-01", 1), ("2026-01-02", 0))
    ],
    "marts.engagement_by_mission_monthly": [
        {
            "mission_id": "tokyo",
            "month_start_date": "2026-01-01",
            "posts": 1,
            "reposts": 0,
            "engagements": 8,
            "engagement_rate_by_followers": 0.008,
        }
    ],
    "marts.fct_registration": [
        {"course_id": "C1", "officer_id": OFFICER, "mission_id": "tokyo", "outcome": "Pass", "is_passed": True}
    ],
    "marts.fct_assessment": [
        {"assessment_id": "A1", "officer_id": OFFICER, "course_id": "C1", "score": 18, "max_score": 20}
    ],
    "marts.capacity_by_course": [
        {
            "course_id": "C1",
            "registrations": 1,
            "passed": 1,
            "distinctions": 0,
            "failed": 0,
            "withdrawn": 0,
            "without_outcome": 0,
            "pass_share_of_registrations": 1,
            "results": 1,
            "score_sum": 18,
            "mean_score": 18,
        }
    ],
    "quality.reconciliation": [
        {
            "source": "x",
            "table_name": "posts",
            "observed_date": "2026-01-02",
            "received": 5,
            "landed": 3,
            "landed_rows": 3,
            "quarantined": 1,
            "quarantined_records": 1,
            "repeated": 1,
            "superseded": 1,
            "modelled": 2,
            "is_reconciled": True,
        }
    ],
}
"""One post observed on two days, one officer on one course; every total fits the rows it is the total of."""


@pytest.fixture
def warehouse(tmp_path) -> Path:
    """The sound marts, in tables that have the columns which the models' own YAML declares."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema quality")
        for table, columns in _declared_columns().items():
            connection.execute(f"create table {table} ({columns})")
        for table, rows in MODELLED.items():
            for row in rows:
                places = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values()))
    return path


def _declared_columns() -> dict[str, str]:
    declared = [
        (folder, model)
        for folder in ("marts", "quality")
        for file in sorted((DBT_PROJECT_DIR / "models" / folder).rglob("*__models.yml"))
        for model in yaml.safe_load(file.read_text())["models"]
    ]
    return {
        f"{folder}.{model['name']}": ", ".join(f"{c['name']} {c['data_type']}" for c in model["columns"])
        for folder, model in declared
    }


@pytest.fixture
def audit_modelled(warehouse, _great_expectations) -> Callable[..., list[Verdict]]:
    """Verdicts on the tables of the given names, or on all of them, after ``fault``, a statement of SQL."""

    def verdicts(*tables: str, fault: str = "") -> list[Verdict]:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(fault)
        return audit(warehouse, [s for s in modelled.SUITES if not tables or s.table_name in tables])

    return verdicts
