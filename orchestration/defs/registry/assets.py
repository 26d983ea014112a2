"""The ministry's register, landed each night as that day's snapshot."""

import dagster as dg

from orchestration.defs.landed import landed_spec, results
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.sources import registry


@dg.multi_asset(
    name="registry",
    specs=[landed_spec(contract, group="registry", kind="csv") for contract in registry.CONTRACTS],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def register_of_missions(context: dg.AssetExecutionContext, feeds: Feeds):
    """Missions and their accounts. Without a register every account seen is kept as unassigned."""
    landing, folder = feeds.landing(), feeds.registry_dir()
    for contract in registry.CONTRACTS:
        landing.declare(contract)
    receipts = []
    if folder is None:
        context.log.warning("No register of missions: set SIFARAT_REGISTRY_DIR to a folder with missions.csv")
    else:
        batches = registry.extract(folder, window_of(context), is_synthetic=feeds.is_synthetic)
        receipts = [landing.write(batch) for batch in batches]
    yield from results(registry.CONTRACTS, receipts)
