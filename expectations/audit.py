"""Hold tables to their suites. What cannot be checked counts as failed and says why; nothing passes unseen.

Verdicts carry numbers and names of columns, and no value of a record but what ``Expect.told_by`` says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from expectations.suite import Expect, Severity, Suite

Views = Mapping[str, str]
"""Name of a view (``schema.table``) to the query behind it."""


NOT_CHECKED = "not checked"
LEDGER = "landing.batches"

WITHOUT_EXAMPLES = {"result_format": "BASIC", "partial_unexpected_count": 0}
"""GX's examples are values of records, and some records are personal."""

ROWS_TOLD = 5
"""So many rows that break an expectation are named; all are counted."""


class SuiteError(Exception):
    """A suite could not be run at all; the message names it, its table and what to do."""


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation.

    ``observed`` and ``unexpected_count`` tell the records that break it; the latter is None where the expectation
    could not be checked.
    """

    suite: str
    table_name: str
    expectation_type: str
    column_name: str | None
    severity: Severity
    is_success: bool
    observed: str
    unexpected_count: int | None
    description: str


class AuditFailed(Exception):
    """Expectations that block have failed; the message says in which tables and what becomes of the build."""

    @classmethod
    def raise_for(cls, verdicts: Sequence[Verdict]) -> None:
        blocking = [v for v in verdicts if not v.is_success and v.severity == "block"]
        if blocking:
            tables = ", ".join(dict.fromkeys(verdict.table_name for verdict in blocking))
            raise cls(
                f"{len(blocking)} of {len(verdicts)} expectations failed and block, in {tables}, so nothing of this "
                "build is published. Mend the source or the model that the checks name, and run again."
            )


def audit(database: Path | Views, suites: Iterable[Suite]) -> list[Verdict]:
    """Verdicts in the order of the suites and their expectations, one for each.

    ``database`` is a DuckDB file, opened read-only, or the views to look at in its place. Raises SuiteError when
    the database cannot be opened (another process writes to it), a view is wrong, or a suite is wrong in itself.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from expectations.engine import opened

    suites = list(suites)
    try:
        with opened(_preparations(database, {suite.table_name for suite in suites})) as source:
            return [verdict for suite in suites for verdict in _verdicts(source, suite)]
    except SQLAlchemyError as error:
        where = database if isinstance(database, Path) else "the landed tables"
        raise SuiteError(
            f"No suite could be run on {where}: {_reason(str(error))}. Close what else has the file open; "
            "where a landed file is missing or damaged, run its day again."
        ) from error


def _preparations(database: Path | Views, audited: set[str]) -> Iterator[str]:
    # Days and hours are UTC in every session, wherever the machine stands.
    yield "set timezone = 'UTC'"
    if isinstance(database, Path):
        yield f"attach '{_escaped(database)}' as warehouse (read_only)"
        yield "use warehouse"
        return
    for schema in sorted({name.split(".")[0] for name in database}):
        yield f"create schema {schema}"
    for name, query in database.items():
        # Dozens of queries look at an audited table and at the ledger, so their files are read once.
        is_read_often = name in audited or name == LEDGER
        yield f"create {'table' if is_read_often else 'view'} {name} as {query}"


def _verdicts(source, suite: Suite) -> list[Verdict]:
    """All expectations of the suite in one validation."""
    schema, table = suite.table_name.split(".")
    if not source.has_table(schema, table):
        return [
            _verdict(suite, expect, False, NOT_CHECKED, None, f"the table {suite.table_name} does not exist")
            for expect in suite.expectations
        ]
    try:
        told = source.whole_table(suite.name, schema, table).validate(_of_gx(suite), result_format=WITHOUT_EXAMPLES)
    except Exception as error:
        raise SuiteError(
            f"{suite.name}: Great Expectations cannot run this suite on {suite.table_name}: "
            f"{type(error).__name__}: {str(error).splitlines()[0]}. Mend it in expectations/suites/{suite.stage}.py."
        ) from error
    results = {result.expectation_config.meta["place"]: result for result in told.results}
    verdicts = [_judged(suite, expect, results.get(place)) for place, expect in enumerate(suite.expectations)]
    return [_in_detail(source, *pair) for pair in zip(verdicts, suite.expectations, strict=True)]


def _of_gx(suite: Suite) -> Any:
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.expectations.metadata_types import FailureSeverity

    from expectations.engine import CountedRowsExpectation

    classes = {"UnexpectedRowsExpectation": CountedRowsExpectation}
    levels = {"block": FailureSeverity.CRITICAL, "warn": FailureSeverity.WARNING}
    return gx.ExpectationSuite(
        name=suite.name,
        expectations=[
            (classes.get(expect.kind) or getattr(gxe, expect.kind))(
                severity=levels[expect.severity], meta={"place": place}, **expect.arguments
            )
            for place, expect in enumerate(suite.expectations)
        ],
    )


def _judged(suite: Suite, expect: Expect, result) -> Verdict:
    """GX tells of a query that failed in ``exception_info`` alone, and counts nothing (None) in an empty table."""
    error = "Great Expectations gave no result" if result is None else _raised(result.exception_info)
    if error:
        return _verdict(suite, expect, False, NOT_CHECKED, None, error)
    records = result.result.get("element_count")
    unexpected = result.result.get("unexpected_count", result.result.get("observed_value"))
    if unexpected is None and records == 0:
        unexpected = 0
    if unexpected is None:
        return _verdict(suite, expect, False, NOT_CHECKED, None, "Great Expectations counted nothing")
    observed = f"{unexpected:,} of {records:,} records" if records is not None else _counted(unexpected)
    return _verdict(suite, expect, bool(result.success), observed if unexpected else "none", int(unexpected))


def _in_detail(source, verdict: Verdict, expect: Expect) -> Verdict:
    """The verdict, with the first of the rows that break the expectation told one by one, where it may tell them."""
    if not (expect.told_by and verdict.unexpected_count):
        return verdict
    rows = source.texts(expect.told_by.format(batch=verdict.table_name))
    told = "; ".join(rows[:ROWS_TOLD] + (["…"] if rows[ROWS_TOLD:] else []))
    return replace(verdict, observed=f"{verdict.observed}: {told}", description=f"{verdict.description}: {told}")


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"


def _verdict(
    suite: Suite,
    expect: Expect,
    is_success: bool,
    observed: str,
    unexpected: int | None,
    error: str | None = None,
) -> Verdict:
    if error:
        came = f"could not be checked, so it counts as failed: {error}"
    else:
        came = "holds" if is_success else f"broken by {observed}"
    return Verdict(
        suite=suite.name,
        table_name=suite.table_name,
        expectation_type=expect.kind,
        column_name=expect.column_name,
        severity=expect.severity,
        is_success=is_success,
        observed=observed,
        unexpected_count=unexpected,
        description=f"{suite.table_name}: {expect.says}: {came}",
    )


def _raised(exception_info: Mapping[str, Any]) -> str | None:
    """Why an expectation raised. GX files it under the expectation itself or under each of its metrics."""
    infos = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    messages = sorted(info["exception_message"] or "" for info in infos if info["raised_exception"])
    return _reason(messages[0]) if messages else None


_SPEAKS_OF_NAMES = re.compile(r"(?:Catalog|Binder|Parser|IO) Error: |The column .* does not exist")


def _reason(message: str) -> str:
    """The first line where it speaks of names and files. Others quote values: only their kind is kept."""
    line = message.split("\n")[0].strip()
    if named := _SPEAKS_OF_NAMES.search(line):
        return line[named.start() :]
    kind = re.search(r"\w+ Error(?=:)", line)
    return f"{kind.group() if kind else 'an error'} (its text may quote records, so it is left out)"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
