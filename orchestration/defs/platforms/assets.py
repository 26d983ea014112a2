"""What the platforms say: over their APIs, and in the files people export from them."""

import dagster as dg
import polars as pl

from orchestration.defs.landed import key_of, landed_spec, results
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.landing import Landing, Window
from orchestration.progress import logged
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import platform_exports, registry, x

LANDED_PER_DAY = {"partitions_def": daily, "backfill_policy": dg.BackfillPolicy.single_run()}


@dg.multi_asset(
    name="x",
    specs=[
        landed_spec(contract, group="platforms", kind="x", deps=[key_of(registry.ACCOUNTS)]) for contract in x.CONTRACTS
    ],
    **LANDED_PER_DAY,
)
def x_api(context: dg.AssetExecutionContext, feeds: Feeds):
    """Registered X accounts, the posts of the trailing window and their public metrics, by X API v2."""
    landing, receipts = feeds.landing(), []
    for contract in x.CONTRACTS:
        landing.declare(contract)
    asked = window_of(context)
    accounts = _registered(landing, "x", asked)
    for window in feeds.readings(asked):
        api = feeds.x_api(window)
        if api is None or accounts.is_empty():
            context.log.info("X is not read: %s", "no SIFARAT_X_BEARER_TOKEN" if api is None else "no X account")
            continue
        with api:
            batches = x.extract(
                api,
                accounts,
                window,
                trailing_days=feeds.settings.trailing_days,
                is_synthetic=feeds.is_synthetic,
                progress=logged(),
            )
            receipts += [landing.write(batch) for batch in batches]
    yield from results(x.CONTRACTS, receipts)


@dg.multi_asset(
    name="platform_exports",
    specs=[landed_spec(contract, group="platforms", kind="csv") for contract in platform_exports.CONTRACTS],
    **LANDED_PER_DAY,
)
def exported_files(context: dg.AssetExecutionContext, feeds: Feeds):
    """Posts from the inbox's exported files; a file that is landed already is not read again."""
    landing, inbox = feeds.landing(), feeds.inbox(window_of(context))
    for contract in platform_exports.CONTRACTS:
        landing.declare(contract)
    receipts = []
    if inbox is not None:
        receipts = platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=logged())
    yield from results(platform_exports.CONTRACTS, receipts)


def _registered(landing: Landing, platform: str, window: Window) -> pl.DataFrame:
    """The platform's accounts on the newest register of the window, once each."""
    day = landing.latest_day(registry.ACCOUNTS, until=window.days[-1])
    accounts = landing.read(registry.ACCOUNTS, [day] if day else [])
    return accounts.filter(
        pl.col("platform") == platform,
        pl.col("registered_from") < window.end,
        pl.col("registered_until").is_null() | (pl.col("registered_until") >= window.start),
    ).select("handle", "native_id")
