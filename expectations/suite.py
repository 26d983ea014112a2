"""A suite as plain data: what is expected of one table, in words and as a Great Expectations class.

Nothing here imports Great Expectations. ``severity`` is "block" (a failure keeps the build from being published)
or "warn" (it is told, and the build goes on).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["block", "warn"]
Stage = Literal["landed", "modelled"]


@dataclass(frozen=True)
class Expect:
    """One expectation. ``kind`` is a class of ``great_expectations.expectations``, ``arguments`` are its own.

    ``says`` completes "it is expected that …" and is what people read when the expectation fails. ``told_by`` is a
    query of one sentence for each row that breaks it, for tables that hold nothing personal.
    """

    kind: str
    says: str
    severity: Severity = "block"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    told_by: str | None = None

    @property
    def column_name(self) -> str | None:
        """The column or columns looked at; None for an expectation of the whole table."""
        named = self.arguments.get("column_list") or [
            self.arguments[name] for name in ("column", "column_A", "column_B") if name in self.arguments
        ]
        return ", ".join(named) or None


@dataclass(frozen=True)
class Suite:
    """What is expected of one table (``schema.table``) at one stage."""

    stage: Stage
    table_name: str
    expectations: tuple[Expect, ...]

    @property
    def name(self) -> str:
        return f"{self.stage}.{self.table_name}"


def never_null(*columns: str) -> tuple[Expect, ...]:
    return tuple(
        Expect("ExpectColumnValuesToNotBeNull", f"{column} is never empty", arguments={"column": column})
        for column in columns
    )


def mostly_given(column: str, share: float) -> Expect:
    return Expect(
        "ExpectColumnValuesToNotBeNull",
        f"{column} is given in at least {share:.0%} of the records",
        "warn",
        {"column": column, "mostly": share},
    )


def unique(*columns: str) -> Expect:
    """The grain: no two rows agree in all of the columns."""
    if len(columns) == 1:
        return Expect("ExpectColumnValuesToBeUnique", f"{columns[0]} is unique", arguments={"column": columns[0]})
    return Expect(
        "ExpectCompoundColumnsToBeUnique",
        f"{', '.join(columns)} are unique together",
        arguments={"column_list": list(columns)},
    )


def at_least(minimum: Any, *columns: str, severity: Severity = "block") -> tuple[Expect, ...]:
    """NULLs are no concern of it."""
    return tuple(between(column, minimum, None, severity) for column in columns)


def between(column: str, minimum: Any, maximum: Any, severity: Severity = "block") -> Expect:
    """Both bounds are included; NULLs are no concern of it."""
    bounds = f"at least {minimum}" if maximum is None else f"between {minimum} and {maximum}"
    return Expect(
        "ExpectColumnValuesToBeBetween",
        f"{column} is {bounds}",
        severity,
        {"column": column, "min_value": minimum, "max_value": maximum},
    )


def in_order(earlier: str, later: str, severity: Severity = "block") -> Expect:
    """Where both are given, ``earlier`` is not after ``later``."""
    return Expect(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        f"{earlier} is not after {later}",
        severity,
        {
            "column_A": later,
            "column_B": earlier,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    )


def no_row(says: str, broken_by: str, severity: Severity = "block", told_as: str | None = None) -> Expect:
    """``broken_by`` is a query whose rows break the expectation. The table is called ``audited`` in it; a literal
    brace is written twice, and a colon never stands before a letter (it would be a parameter). ``told_as`` is an
    expression over the columns of such a row that names it to people; without it the rows are only counted.
    """
    query = f"with audited as (select * from {{batch}}) {broken_by.strip()}"
    told_by = f"select {told_as} from ({query}) as broken order by 1" if told_as else None
    return Expect("UnexpectedRowsExpectation", says, severity, {"unexpected_rows_query": query}, told_by)
