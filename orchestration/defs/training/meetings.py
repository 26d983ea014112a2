"""Who was in the trainings' meetings: Zoom's and Teams' reports, over their APIs and from the inbox's files."""

from collections.abc import Callable
from types import ModuleType

import dagster as dg

from orchestration.defs.landed import judged_results, key_of, landed_spec
from orchestration.defs.partitions import daily, window_of
from orchestration.defs.resources import Feeds
from orchestration.progress import logged
from orchestration.settings import SHIPPED_MAPPINGS, Settings
from orchestration.sources import SourceError, teams, zoom
from orchestration.sources.meetings import Clock, land_files

READ = "meetings_read"
TOLD = "Every meeting of the API was read whole."


def meeting_assets(source: ModuleType, title: str, has_credentials: Callable[[Settings], bool]) -> dg.AssetsDefinition:
    """A source's stays, and a warning check for the meetings of its API that were not read."""
    contract = source.PARTICIPANTS

    @dg.multi_asset(
        name=contract.source,
        description=f"Stays in {title} meetings.",
        specs=[landed_spec(contract, group="training", kind=contract.source)],
        check_specs=[dg.AssetCheckSpec(READ, asset=key_of(contract), description=TOLD)],
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def landed(context: dg.AssetExecutionContext, feeds: Feeds):
        landing, window = feeds.landing(), window_of(context)
        landing.declare(contract)
        receipts, told = [], []
        for reading in feeds.readings(window):
            settings = feeds.platform_settings(contract.source, reading)
            if not has_credentials(settings):
                break
            try:
                landed_now, told_now = source.extract(landing, settings, reading, is_synthetic=feeds.is_synthetic)
                receipts += landed_now
                told += told_now
            except SourceError as error:
                # What the API does not give today costs the night only its meetings.
                told.append(str(error))
        inbox = feeds.inbox(window)
        if inbox is not None:
            clock = Clock(feeds.settings.meetings_zone, feeds.settings.meetings_day_first)
            receipts += land_files(
                landing,
                inbox,
                SHIPPED_MAPPINGS,
                contract,
                source.read_file,
                clock,
                is_synthetic=feeds.is_synthetic,
                progress=logged(),
            )
        for words in told:
            context.log.warning("%s: %s", title, words)
        yield from judged_results([contract], receipts, READ, told, TOLD)

    return landed


zoom_meetings = meeting_assets(zoom, "Zoom", lambda settings: settings.zoom_client_secret is not None)
teams_meetings = meeting_assets(teams, "Teams", lambda settings: settings.teams_token is not None)
