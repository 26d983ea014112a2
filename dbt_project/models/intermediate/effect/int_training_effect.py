"""Python, because the estimate is a package's; it runs in dbt's own process on its one connection."""


def model(dbt, session):
    dbt.config(materialized="table")
    import polars as pl

    from orchestration.effects.training import PANEL, ROW_TYPE, rows

    told = dbt.ref("int_training_panel").project(", ".join(PANEL)).fetchall()
    panel = pl.DataFrame(told, schema=PANEL, orient="row")
    return session.sql(f"select effect.* from (select unnest(cast(? as {ROW_TYPE}[])) as effect)", params=[rows(panel)])
