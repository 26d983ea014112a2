"""Data: which run this is, what was checked, what became of every record, and where each number comes from."""

import polars as pl
import streamlit as st

from dashboard.language import number
from dashboard.page import Page
from orchestration.publication import Publications
from orchestration.settings import load_settings

ICON = ":material/database:"

CHECKS = """
select
    table_name,
    stage,
    count(*) as checks,
    count(*) filter (not is_success) as checks_failed,
    string_agg(description, '; ' order by description) filter (not is_success) as what_failed
from check_results
group by table_name, stage
order by checks_failed desc, stage, table_name
"""

RECORDS = """
select
    source,
    table_name,
    sum(received)::bigint as received,
    sum(landed)::bigint as landed,
    sum(quarantined)::bigint as quarantined,
    sum(repeated)::bigint as repeated,
    sum(warned)::bigint as warned,
    sum(superseded)::bigint as superseded,
    sum(modelled)::bigint as modelled,
    bool_and(is_reconciled) as is_reconciled
from reconciliation
where observed_date between $first_day and $last_day
group by source, table_name
order by is_reconciled, source, table_name
"""

QUARANTINE = """
select
    observed_date,
    source,
    table_name,
    source_file,
    source_line,
    field,
    value,
    reason
from quarantined_records
where observed_date between $first_day and $last_day
order by observed_date desc, source, table_name, source_file, record_number
"""

METRICS = """
select
    metric,
    unit,
    formula,
    null_rule,
    marts,
    source
from dim_metric
order by metric
"""


def show(page: Page) -> None:
    dagster = load_settings().dashboard_dagster_url.rstrip("/")
    _runs(page, dagster)
    _checks(page, dagster)
    if page.scope.sees_everything:
        _records(page)
        _quarantine(page)
    else:
        st.info(page.words("data_headquarters_only"))
    metrics = page.query(METRICS)
    page.show(
        "metrics",
        title=page.words("metrics_title", metrics=number(metrics.height)),
        note=page.words("metrics_note"),
        table=metrics,
    )


def _runs(page: Page, dagster: str) -> None:
    kept = Publications(page.published.path.parent).all()
    runs = pl.DataFrame(
        [
            {
                "published_at": publication.published_at.replace(tzinfo=None),
                "run_id": publication.run_id,
                "is_shown": publication.run_id == page.published.run_id,
                "run_link": f"{dagster}/runs/{publication.run_id}",
            }
            for publication in kept
        ]
    )
    page.show(
        "runs",
        title=page.words("runs_title", published_at=f"{page.published.published_at:%Y-%m-%d %H:%M}"),
        note=page.words("runs_note", kept=number(len(kept)), dagster=dagster),
        table=runs,
    )


def _checks(page: Page, dagster: str) -> None:
    assets = pl.col("table_name").str.replace_all(".", "/", literal=True)
    checks = page.query(CHECKS).with_columns(lineage_link=f"{dagster}/assets/" + assets + "?view=lineage")
    all_checks, failed = checks.select(pl.sum("checks", "checks_failed")).row(0)
    page.show(
        "checks",
        title=page.words("checks_title", passed=number(all_checks - failed), all=number(all_checks)),
        note=page.words("checks_note"),
        table=checks,
    )


def _records(page: Page) -> None:
    records = page.query(RECORDS)
    open_questions = records.filter(~pl.col("is_reconciled"))
    page.show(
        "records",
        title=page.words(
            "records_title",
            received=number(records["received"].sum()),
            tables=number(records.height),
            wrong=number(open_questions.height),
        ),
        note=page.words("records_note"),
        table=records,
    )


def _quarantine(page: Page) -> None:
    quarantine = page.query(QUARANTINE)
    page.show(
        "quarantine",
        title=page.words("quarantine_title", fields=number(quarantine.height)),
        note=page.words("quarantine_note"),
        table=quarantine,
    )
