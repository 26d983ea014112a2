"""The nightly job, and the hour it runs at."""

import dagster as dg

from orchestration.defs.partitions import daily

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    partitions_def=daily,
    description="Extract, land, model, audit and publish one UTC day, or a range of days.",
)

nightly_at_one = dg.build_schedule_from_partitioned_job(
    nightly,
    name="nightly_at_one",
    description="01:00 UTC, for the day that ended; nights missed while the daemon was down are made up for.",
    hour_of_day=1,
    minute_of_hour=0,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
