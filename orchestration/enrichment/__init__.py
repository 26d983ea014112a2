"""What models read in posts: language, topic, tone, near-duplicates, and vectors to search by. No Dagster here.

Everything runs offline by default. A text is read once, by its hash, whatever the platform, mission or day.
"""


class EnrichmentError(Exception):
    """Posts cannot be read by a model; the message says why and what to do."""
