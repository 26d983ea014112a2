"""Alerts: what a person would want to know of the day's posts and accounts. Pure functions, without Dagster.

``forecast`` says what a series was to be expected to be, from the days before alone; ``accounts`` and ``posts`` hold
what came against it, by the ``bars`` of each kind; ``found`` gives all kinds the same columns; ``judge`` puts them
together as rows for the warehouse. See docs/alerts.md.
"""
