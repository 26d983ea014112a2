"""What the daemon does about runs whose process was killed: Dagster takes them for running, and lets others wait."""

import dagster as dg

from orchestration.one_run import end_killed_runs
from orchestration.settings import load_settings


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def killed_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tells Dagster each minute which runs in progress have no process any more."""
    killed = end_killed_runs(load_settings(), context.instance)
    return dg.SkipReason(f"ended: {', '.join(killed)}" if killed else "every run in progress has its process")
