"""Tells whoever is to be told of a night that failed or did not come, a minute after."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.incidents import NotTold, standing, tell
from orchestration.settings import load_settings


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def incidents(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """One message for each incident, to every address of ``SIFARAT_NOTIFY_URLS``."""
    settings, now = load_settings(), datetime.now(UTC)
    found = standing(settings, context.instance, now)
    try:
        told = tell(settings, found, now)
    except NotTold as error:
        return dg.SkipReason(str(error))
    if told:
        return dg.SkipReason("told of: " + "; ".join(incident.title for incident in told))
    return dg.SkipReason("; ".join(f"known: {incident.title}" for incident in found) or "nothing is wrong")
