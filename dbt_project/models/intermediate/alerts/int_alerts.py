"""Python, because each day is held against medians of the days before it; it runs in dbt's own process."""


def model(dbt, session):
    dbt.config(materialized="table")
    import polars as pl

    from orchestration.alerts.judge import COPIES, DAYS, POSTS, alerts

    def told(name, schema: dict) -> pl.DataFrame:
        return name.project(", ".join(schema)).pl().cast(schema)

    found = alerts(
        told(dbt.ref("int_alert_days"), DAYS),
        told(dbt.ref("int_alert_posts"), POSTS),
        told(dbt.ref("int_alert_copies"), COPIES),
    )
    return session.from_arrow(found.to_arrow())
