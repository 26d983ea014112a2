"""Great Expectations' Data Docs of the latest audit, as a static site.

The verdicts are read from ``quality.check_results`` of a publication, so the pages tell exactly what was published. A
page is rendered by Great Expectations only where its verdicts are others than the page's own: most nights that is
nearly none.
"""

import hashlib
import html
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from expectations.suite import Expect, Suite
from orchestration.files import replacing

Row = tuple[str, bool, str, int | None, str]
"""Kind and success of an expectation, what was observed, how many break it, and the description."""


def write_pages(publication: Path, folder: Path, suites: Iterable[Suite]) -> tuple[Path, int]:
    """The site's index, and how many pages were rendered anew. Suites that were not due have no page anew."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(publication), read_only=True) as connection:
        rows = connection.execute(
            "select suite, expectation_type, is_success, observed, unexpected_count, description "
            "from quality.check_results order by all"
        ).fetchall()
        [(run_id, published_at)] = connection.execute("select run_id, published_at from quality.publication").fetchall()
    told: dict[str, list[Row]] = {}
    for suite_name, *row in rows:
        told.setdefault(suite_name, []).append(tuple(row))
    rendered = 0
    listed = [suite for suite in suites if suite.name in told]
    for suite in listed:
        page, key = folder / f"{suite.name}.html", _key(suite, told[suite.name])
        if page.exists() and page.read_text(encoding="utf-8").endswith(key):
            continue
        _replace(page, _page(suite, told[suite.name]) + key)
        rendered += 1
    index = folder / "index.html"
    _replace(index, _index(listed, told, f"run {run_id}, published {published_at:%Y-%m-%d %H:%M} UTC"))
    return index, rendered


def _key(suite: Suite, rows: Sequence[Row]) -> str:
    digest = hashlib.sha256(repr((suite, rows)).encode()).hexdigest()
    return f"\n<!-- of verdicts {digest} -->\n"


def _replace(page: Path, text: str) -> None:
    with replacing(page) as written:
        written.write_text(text, encoding="utf-8")


def _page(suite: Suite, rows: Sequence[Row]) -> str:
    """As Great Expectations renders a validation."""
    from great_expectations.core import ExpectationSuiteValidationResult

    renderer, view = _renderers()
    results = [_result(expect, row) for expect in suite.expectations for row in [_row_of(suite, expect, rows)] if row]
    held = sum(bool(result.success) for result in results)
    validation = ExpectationSuiteValidationResult(
        success=held == len(results),
        results=results,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": held,
            "unsuccessful_expectations": len(results) - held,
            "success_percent": 100 * held / len(results) if results else None,
        },
        # Neither a run nor a time: a page with the same verdicts is the same page.
        meta={"run_id": {"run_name": None, "run_time": None}, "active_batch_definition": _names(suite)},
    )
    return view.render(renderer.render(validation))


@cache
def _renderers():
    """Kept for all pages: a view compiles its templates, which takes ten times as long as a page."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    import expectations.engine  # noqa: F401, switches off Great Expectations' usage reports

    return ValidationResultsPageRenderer(run_info_at_end=True), DefaultJinjaPageView()


def _names(suite: Suite) -> dict[str, str]:
    return {"data_asset_name": suite.table_name, "datasource_name": suite.stage}


def _row_of(suite: Suite, expect: Expect, rows: Sequence[Row]) -> Row | None:
    start = f"{suite.table_name}: {expect.says}: "
    return next((row for row in rows if row[-1].startswith(start)), None)


def _result(expect: Expect, row: Row):
    import great_expectations.expectations as gxe
    from great_expectations.core import ExpectationValidationResult

    _, is_success, observed, unexpected, description = row
    configuration = getattr(gxe, expect.kind)(
        severity={"block": "critical", "warn": "warning"}[expect.severity], description=description, **expect.arguments
    ).configuration
    return ExpectationValidationResult(
        success=is_success,
        expectation_config=configuration,
        result={"observed_value": observed, "unexpected_count": unexpected},
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
    )


def _index(suites: Sequence[Suite], told: dict[str, list[Row]], of: str) -> str:
    lines = []
    for suite in suites:
        failed = [row for row in told[suite.name] if not row[1]]
        came = "; ".join(html.escape(row[-1]) for row in failed) or f"{len(told[suite.name])} hold"
        link = f'<a href="{html.escape(suite.name)}.html">{html.escape(suite.table_name)}</a>'
        lines.append(f"<tr><td>{suite.stage}</td><td>{link}</td><td>{len(failed)}</td><td>{came}</td></tr>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Data Docs</title>'
        "<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left}</style>"
        f"<h1>What was expected, and what came</h1><p>{html.escape(of)}</p>"
        f"<table><tr><th>stage</th><th>table</th><th>failed</th><th></th></tr>{''.join(lines)}</table></html>\n"
    )
