"""What the platforms say: over their APIs, and in the files people export from them."""

from collections.abc import Iterator
from functools import partial

import dagster as dg
import polars as pl

from orchestration.defs.landed import key_of, landed_spec, results
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.landing import Landing, Receipt, Window
from orchestration.progress import logged
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import SourceError, platform_exports, registry
from orchestration.sources.drift import ShapeChanged, examined
from orchestration.sources.http import TokenRefused
from orchestration.sources.platform import Concern, Finding, Platform, extract, findings_of, registered

LANDED_PER_DAY = {"partitions_def": daily, "backfill_policy": dg.BackfillPolicy.single_run()}
CHECKS = {
    Concern.ACCOUNT: ("accounts_read", "Every registered account was found and its timeline read to the end."),
    Concern.METRIC: ("metrics_given", "The platform gave every metric that it was asked for."),
    Concern.CREDENTIAL: ("credentials_last", "Tokens and the pinned API version are good for another 14 days."),
    Concern.BUDGET: ("budget_suffices", "Everything that was due could be read within the budget."),
    Concern.SHAPE: ("shape_known", "Every field of the answers was there before, and is of the kind it was."),
}
CONCERNS: dict[type[SourceError], Concern] = {TokenRefused: Concern.CREDENTIAL, ShapeChanged: Concern.SHAPE}
"""What a failed reading is about, where not an account."""
MOST_TOLD = 50


def platform_assets(name: str) -> dg.AssetsDefinition:
    """A platform's landed tables, and a warning check for each thing that can go wrong with its reading."""
    platform = registry.platform(name)
    accounts = key_of(platform.accounts)

    @dg.multi_asset(
        name=name,
        description=f"Registered accounts on {platform.title} and their posts, with metrics as they stood.",
        specs=[
            landed_spec(contract, group="platforms", kind=name, deps=[key_of(registry.ACCOUNTS)])
            for contract in platform.contracts
        ],
        check_specs=[
            dg.AssetCheckSpec(check, asset=accounts, description=description) for check, description in CHECKS.values()
        ],
        **LANDED_PER_DAY,
    )
    def landed(context: dg.AssetExecutionContext, feeds: Feeds):
        landing, receipts, findings, figures = feeds.landing(), [], [], {}
        for contract in platform.contracts:
            landing.declare(contract)
        asked = window_of(context)
        accounts = _registered(landing, name, asked)
        for window in feeds.readings(asked) if not accounts.is_empty() else []:
            reader = platform.connect(feeds.platform_settings(name, window))
            if reader is None:
                context.log.info("%s is not read: it has %d accounts and no credentials", platform.title, len(accounts))
                findings += [Finding(Concern.CREDENTIAL, name, f"{name}: accounts are registered and no token is set")]
                break
            try:
                batches = extract(
                    platform,
                    reader,
                    registered(platform, accounts, landing, window),
                    landing,
                    window,
                    trailing_days=feeds.settings.trailing_days,
                    is_synthetic=feeds.is_synthetic,
                    progress=logged(),
                )
                for batch in map(partial(examined, landing), batches):
                    receipts.append(landing.write(batch))
                    findings += findings_of(batch)
            except SourceError as error:
                # What this platform does not give today costs the night only this platform.
                context.log.warning("%s", error)
                findings.append(Finding(CONCERNS.get(type(error), Concern.ACCOUNT), name, str(error)))
            finally:
                figures = {figure: figures.get(figure, 0) + n for figure, n in reader.figures().items()} or figures
                reader.close()
        yield from results(platform.contracts, receipts, figures)
        yield from _told(platform, findings)

    return landed


platforms = [platform_assets(name) for name in registry.PLATFORMS]


@dg.definitions
def platform_definitions() -> dg.Definitions:
    return dg.Definitions(assets=platforms)


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
    receipts: list[Receipt] = []
    if inbox is not None:
        receipts = platform_exports.extract(landing, inbox, SHIPPED_MAPPINGS, progress=logged())
    yield from results(platform_exports.CONTRACTS, receipts)


def _told(platform: Platform, findings: list[Finding]) -> Iterator[dg.AssetCheckResult]:
    for concern, (check, description) in CHECKS.items():
        own = [finding for finding in findings if finding.concern is concern]
        yield dg.AssetCheckResult(
            asset_key=key_of(platform.accounts),
            check_name=check,
            passed=not own,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(finding.reason for finding in own[:MOST_TOLD]) or description,
            metadata={"findings": len(own), "concerns": sorted({finding.value for finding in own})[:MOST_TOLD]},
        )


def _registered(landing: Landing, platform: str, window: Window) -> pl.DataFrame:
    """The platform's accounts on the newest register of the window, once each."""
    day = landing.latest_day(registry.ACCOUNTS, until=window.days[-1])
    accounts = landing.read(registry.ACCOUNTS, [day] if day else [])
    return accounts.filter(
        pl.col("platform") == platform,
        pl.col("registered_from") < window.end,
        pl.col("registered_until").is_null() | (pl.col("registered_until") >= window.start),
    ).select("handle", "native_id")
