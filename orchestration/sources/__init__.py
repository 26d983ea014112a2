"""One module per system: its contracts, its client, and ``extract``. None of them knows Dagster."""


class SourceError(Exception):
    """A source cannot be read and retrying will not help; the message names what, where and what to do."""
