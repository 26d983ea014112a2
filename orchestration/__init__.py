"""Sifarat: extract, land, model, audit and publish a foreign ministry's digital diplomacy."""

import os

# Usage reports are off, here and in every process started from here, for every tool that has them.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
