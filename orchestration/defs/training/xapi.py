"""What officers did in courses, as a learning record store keeps it."""

import dagster as dg

from orchestration.defs.landed import judged_results, key_of, landed_spec
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.landing import Receipt, Window
from orchestration.progress import logged
from orchestration.sources import SourceError, xapi

CHECK = "statements_read"
TOLD = "The learning record store gave every statement of the days asked for, where one is set."


@dg.multi_asset(
    name="xapi",
    specs=[landed_spec(contract, group="training", kind="xapi") for contract in xapi.CONTRACTS],
    check_specs=[dg.AssetCheckSpec(CHECK, asset=key_of(xapi.STATEMENTS), description=TOLD)],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def training_statements(context: dg.AssetExecutionContext, feeds: Feeds):
    """Training statements, day by day as they were stored. A store that does not answer costs the night only
    its own statements."""
    landing = feeds.landing()
    landing.declare(xapi.STATEMENTS)
    receipts: list[Receipt] = []
    told: list[str] = []
    for day in window_of(context).days:
        try:
            lrs = xapi.connect(feeds.platform_settings("xapi", Window.of_day(day)))
            if lrs is None:
                break
            with lrs:
                for receipt in xapi.extract(lrs, landing, day, is_synthetic=feeds.is_synthetic, progress=logged()):
                    receipts.append(receipt)
        except SourceError as error:
            # The days after it would most likely fail alike; each is read whole when it is run again.
            told.append(f"from {day} on the statements are not all read: {error}")
            context.log.warning("%s", told[-1])
            break
    yield from judged_results(xapi.CONTRACTS, receipts, CHECK, told, TOLD)
