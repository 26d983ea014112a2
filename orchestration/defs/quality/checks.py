"""The two audits: landed records before they are modelled, marts before they are published.

A suite is one check on its table. If an expectation of severity "block" fails, the step fails once all suites have
told their verdicts, so that nothing after it runs and the last good publication stays. A "warn" is told and the run
goes on.
"""

from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from expectations.audit import AuditFailed, Verdict, audit
from expectations.changes import LANDED_CHANGES, MART_CHANGES, keep_changes_of_marts
from expectations.habits import LANDED_HABITS
from expectations.landing import is_new, landed_views
from expectations.results import record
from expectations.suite import Suite
from expectations.suites import landed, modelled
from orchestration.defs.platforms.assets import exported_files, platforms
from orchestration.defs.registry.assets import register_of_missions
from orchestration.defs.resources import Feeds, dbt_project
from orchestration.defs.training.assets import training_sheets
from orchestration.defs.training.meetings import teams_meetings, zoom_meetings
from orchestration.defs.training.moodle import moodle_courses
from orchestration.defs.training.xapi import training_statements
from orchestration.defs.warehouse.assets import warehouse
from orchestration.sources import moodle, registry, xapi

CHECK = "expectations"
_SHOWN_ON = {
    LANDED_CHANGES: "registry.accounts",
    LANDED_HABITS: "registry.accounts",
    MART_CHANGES: "quality.reconciliation",
}
"""What a night changed, and what is usual, are no assets of their own; the checks ``changes`` and ``habits`` show on
one that is always audited."""


def _asset_of(suite: Suite) -> dg.AssetKey:
    return dg.AssetKey(_SHOWN_ON.get(suite.table_name, suite.table_name).split("."))


def _check_of(suite: Suite) -> str:
    return suite.table_name.split(".")[1] if suite.table_name in _SHOWN_ON else CHECK


def _specs(suites: Iterable[Suite], *audited: dg.AssetsDefinition) -> list[dg.AssetCheckSpec]:
    """One check per suite, which what reads the table has to wait for.

    A table that others of the ``audited`` steps read cannot be waited for by them: the audit comes after all
    steps. So a night's posts are read even on a faulty register, because they cannot be read later.
    """
    read_before = {key for step in audited for read in step.asset_deps.values() for key in read}
    return [
        dg.AssetCheckSpec(
            _check_of(suite),
            asset=_asset_of(suite),
            blocking=_asset_of(suite) not in read_before,
            description="; ".join(expect.says for expect in suite.expectations),
        )
        for suite in suites
    ]


@dg.multi_asset_check(
    name="landed_records",
    specs=_specs(
        landed.SUITES,
        register_of_missions,
        *platforms,
        exported_files,
        training_sheets,
        training_statements,
        moodle_courses,
        zoom_meetings,
        teams_meetings,
    ),
)
def landed_records(feeds: Feeds):
    """What was landed since the standing publication, and every file that was ever landed.

    A platform, a learning record store or Moodle, that brought nothing since then has nothing to audit; the register is
    always looked at, since others are held against it.
    """
    standing = feeds.publications().open_one()
    published_at = standing.published_at if standing else None
    folder = feeds.settings.landing_dir
    views = landed_views(folder, [suite.table_name for suite in landed.SUITES], published_at)
    read_by_day = (*registry.PLATFORMS, xapi.STATEMENTS.source, moodle.COURSES.source)
    due = [
        suite
        for suite in landed.SUITES
        if suite.table_name.split(".")[0] not in read_by_day or is_new(folder, suite.table_name, published_at)
    ]
    verdicts = audit(views, due)
    record(feeds.settings.warehouse, "landed", verdicts)
    yield from _results(landed.SUITES, verdicts)


@dg.multi_asset_check(name="modelled_records", specs=_specs(modelled.SUITES, warehouse))
def modelled_records(feeds: Feeds):
    """The marts and the reconciliation of this build, as they would be published, and what they changed in what is."""
    standing = feeds.publications().open_one()
    keep_changes_of_marts(feeds.settings.warehouse, standing.path if standing else None, dbt_project.manifest_path)
    verdicts = audit(feeds.settings.warehouse, modelled.SUITES)
    record(feeds.settings.warehouse, "modelled", verdicts)
    yield from _results(modelled.SUITES, verdicts)


def _results(suites: Iterable[Suite], verdicts: Sequence[Verdict]) -> Iterator[dg.AssetCheckResult]:
    """One result per suite. Raises AuditFailed after the last when something that blocks has failed."""
    for suite in suites:
        yield _result(suite, [verdict for verdict in verdicts if verdict.suite == suite.name])
    AuditFailed.raise_for(verdicts)


def _result(suite: Suite, verdicts: Sequence[Verdict]) -> dg.AssetCheckResult:
    failed = [verdict for verdict in verdicts if not verdict.is_success]
    blocking = [verdict.description for verdict in failed if verdict.severity == "block"]
    warning = [verdict.description for verdict in failed if verdict.severity == "warn"]
    return dg.AssetCheckResult(
        asset_key=_asset_of(suite),
        check_name=_check_of(suite),
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        description="; ".join(blocking + warning) or _good_news(len(verdicts)),
        metadata={
            "expectations": len(verdicts),
            "blocking failures": len(blocking),
            "warnings": len(warning),
            "failed": blocking + warning,
        },
    )


def _good_news(expectations: int) -> str:
    return f"{expectations} expectations hold" if expectations else "nothing was landed since the standing publication"
