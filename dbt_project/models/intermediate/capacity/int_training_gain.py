"""Python, because Student's quantiles are a package's; it runs in dbt's own process on its one connection."""


def model(dbt, session):
    dbt.config(materialized="table")
    import polars as pl

    from orchestration.effects.gain import PAIRS, gains

    told = dbt.ref("int_test_pairs").project(", ".join(PAIRS)).fetchall()
    by_course = gains(pl.DataFrame(told, schema=PAIRS, orient="row"))
    return session.from_arrow(by_course.to_arrow())
