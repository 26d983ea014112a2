"""Python, because a hosted model is asked, where the settings name one; it holds what one wrote on other nights."""


def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="template_hash")
    import polars as pl

    from orchestration.briefs import hosted_briefs
    from orchestration.settings import load_settings

    week = ["region", "week_start_date"]
    shown = dbt.ref("weekly_brief_numbers").project(", ".join([*week, "shown"])).pl().group_by(week).agg("shown")
    briefs = dbt.ref("int_weekly_brief").project(", ".join([*week, "template_text", "best_mission"])).pl()
    held = session.sql(f"select template_hash from {dbt.this}").fetchall() if dbt.is_incremental else []
    written = hosted_briefs(
        briefs.join(shown, on=week, how="left").with_columns(pl.col("shown").fill_null([])).to_dicts(),
        {template_hash for (template_hash,) in held},
        load_settings(),
    )
    return session.from_arrow(written.to_arrow())
