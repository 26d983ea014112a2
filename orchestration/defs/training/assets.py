"""Training records, as the trainers keep them in sheets."""

import dagster as dg

from orchestration.defs.landed import landed_spec, results
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.progress import logged
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import sheets


@dg.multi_asset(
    name="sheets",
    specs=[landed_spec(contract, group="training", kind="excel") for contract in sheets.CONTRACTS],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def training_sheets(context: dg.AssetExecutionContext, feeds: Feeds):
    """Courses, registrations, assessments and results; a file that is landed already is not read again."""
    landing, inbox = feeds.landing(), feeds.inbox(window_of(context))
    for contract in sheets.CONTRACTS:
        landing.declare(contract)
    receipts = []
    if inbox is not None:
        receipts = sheets.extract(landing, inbox, SHIPPED_MAPPINGS, progress=logged())
    yield from results(sheets.CONTRACTS, receipts)
