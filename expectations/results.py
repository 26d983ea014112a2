"""Verdicts as rows of ``quality.check_results`` in the warehouse, published with the marts.

Grain: one row per expectation of the latest audit of its stage. Neither a run nor a time is kept, so that a second
run of the same day leaves the table as it was; ``quality.publication`` names the run. The table is no dbt model, so
a build leaves it as it is.
"""

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from expectations.audit import SuiteError, Verdict
from expectations.suite import Stage

_TABLE = """
create schema if not exists quality;
create table if not exists quality.check_results (
    stage varchar not null,
    suite varchar not null,
    table_name varchar not null,
    expectation_type varchar not null,
    column_name varchar,
    severity varchar not null,
    is_success boolean not null,
    observed varchar not null,
    unexpected_count bigint,
    description varchar not null
);
comment on table quality.check_results is
    'One row per expectation of the run that made this build: what was expected, and what came.';
"""


def record(warehouse: Path, stage: Stage, verdicts: Sequence[Verdict]) -> None:
    """Put the verdicts in the place of the stage's former ones.

    Raises SuiteError when the warehouse cannot be written.
    """
    import duckdb

    rows = [(stage, *astuple(verdict)) for verdict in verdicts]
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("begin")
            connection.execute(_TABLE)
            connection.execute("delete from quality.check_results where stage = ?", [stage])
            if rows:
                places = ", ".join("?" * len(rows[0]))
                connection.executemany(f"insert into quality.check_results values ({places})", rows)
            connection.execute("commit")
    except duckdb.IOException as error:
        raise SuiteError(
            f"The verdicts on {stage} records cannot be written to {warehouse}: {str(error).splitlines()[0]}. "
            "Close what else has the file open, and run again."
        ) from error
