"""Courses, enrolments, completions and grades, as Moodle keeps them."""

import dagster as dg

from orchestration.defs.landed import judged_results, key_of, landed_spec
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.landing import Receipt
from orchestration.progress import logged
from orchestration.sources import SourceError, moodle

CHECK = "courses_read"
TOLD = "Moodle gave all that was asked of every course, where a site is set."


@dg.multi_asset(
    name="moodle",
    specs=[landed_spec(contract, group="training", kind="moodle") for contract in moodle.CONTRACTS],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=key_of(moodle.COURSES), description=TOLD)],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def moodle_courses(context: dg.AssetExecutionContext, feeds: Feeds):
    """Moodle as it is now; what it does not give costs the night only that."""
    landing = feeds.landing()
    for contract in moodle.CONTRACTS:
        landing.declare(contract)
    receipts: list[Receipt] = []
    told: list[str] = []
    window = window_of(context)
    settings = feeds.platform_settings("moodle", window)
    try:
        site = moodle.connect(settings)
        if site is not None:
            with site:
                receipts, told = moodle.extract(
                    site,
                    landing,
                    settings,
                    window,
                    is_synthetic=feeds.is_synthetic,
                    progress=logged(),
                )
    except SourceError as error:
        told = [str(error)]
    for words in told:
        context.log.warning("%s", words)
    yield from judged_results(moodle.CONTRACTS, receipts, CHECK, told, TOLD)
