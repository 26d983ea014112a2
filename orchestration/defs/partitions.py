"""The one way time is cut: a UTC day is a partition, and a run may take a range of them."""

from datetime import datetime

import dagster as dg

from orchestration.landing import Window
from orchestration.settings import load_settings

daily = dg.DailyPartitionsDefinition(
    start_date=datetime.combine(load_settings().first_day, datetime.min.time()), timezone="UTC"
)


def window_of(context: dg.AssetExecutionContext) -> Window:
    """The days this run asks for."""
    asked = context.partition_time_window
    return Window(asked.start.date(), asked.end.date())
