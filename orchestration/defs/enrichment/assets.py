"""What models read in the posts, between the landing and dbt; never a reason for the run to stop."""

import dagster as dg

from orchestration.dbt import run_dbt
from orchestration.defs.landed import key_of, landed_spec, results
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.enrichment import EnrichmentError
from orchestration.enrichment.night import CONTRACTS, POSTS_TEXTS, TEXTS, Night, post_texts, read_new_texts
from orchestration.enrichment.reader import reading_version
from orchestration.progress import logged
from orchestration.settings import Settings
from orchestration.sources import platform_exports, registry

READ = "texts_read"
POSTS = [
    *(dg.AssetKey([name, "posts"]) for name in registry.PLATFORMS),
    *(key_of(contract) for contract in platform_exports.CONTRACTS),
]


@dg.multi_asset(
    name="enrichment",
    specs=[landed_spec(contract, group="enrichment", kind="numpy", deps=POSTS) for contract in CONTRACTS],
    check_specs=[
        dg.AssetCheckSpec(READ, asset=key_of(TEXTS), description="The models could read; how many texts they left.")
    ],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def enrichment(context: dg.AssetExecutionContext, feeds: Feeds):
    """Language, topic, tone, near-duplicates and vectors of texts that nobody has read yet. What the night's time
    does not suffice for is published unread, and read the next night."""
    landing, settings = feeds.landing(), feeds.settings
    for contract in CONTRACTS:
        landing.declare(contract)
    night = Night()
    if settings.enrichment_seconds:
        try:
            posts = _post_texts(settings)
            day = window_of(context).days[-1]
            night = read_new_texts(landing, posts, settings, day, reading_version(settings), logged())
        except Exception as error:  # Whatever befalls the models, the marts are built and published without them.
            night.told.append(f"{type(error).__name__}: {error}")
    for words in night.told:
        context.log.warning("enrichment: %s", words)
    yield from results(CONTRACTS, night.receipts, {"texts_read": night.read, "texts_left": night.left})
    yield dg.AssetCheckResult(
        asset_key=key_of(TEXTS),
        check_name=READ,
        passed=not night.told,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(night.told) or f"{night.read:,} texts read, {night.left:,} left for the next night",
        metadata={"read": night.read, "left": night.left},
    )


def _post_texts(settings: Settings):
    """The texts by dbt's own view over the landing, which last night's build left; the first night builds it."""
    try:
        return post_texts(settings.warehouse)
    except EnrichmentError:
        list(run_dbt(["run", "--select", f"+{POSTS_TEXTS.split('.')[1]}"], settings))
        return post_texts(settings.warehouse)
