"""What is worth reading again tonight where each post read costs money, and how much may be read at all.

What a post has yet to gain shrinks about with its age, so it is due again once it is ``GROWTH`` times as old as it
was when last read: every night while it is young, once in the fourth week. When there is less money than there are
due posts, those go first that are expected to have gained most.
"""

import threading
from datetime import datetime

import polars as pl

from orchestration.sources import SourceError

GROWTH = 1.6

KNOWN_POSTS = {
    "id": pl.String,
    "author_id": pl.String,
    "created_at": pl.Datetime("us"),
    "observed_at": pl.Datetime("us"),
    "engagements": pl.Int64,
}
"""Each post once, as it was last read. Times are UTC."""


def due(known: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """The posts of ``known`` to read at ``at`` (UTC), those first that are expected to have gained most.

    Ties are broken by id, so that the same landing gives the same plan.
    """
    now = pl.lit(at.replace(tzinfo=None)).cast(pl.Datetime("us"))
    hour = pl.duration(hours=1)
    # In its first hour nothing is known of a post's pace, so it counts as an hour old.
    age_then = pl.max_horizontal(pl.col("observed_at") - pl.col("created_at"), hour)
    age_now = pl.max_horizontal(now - pl.col("created_at"), hour)
    growth = age_now.dt.total_seconds() / age_then.dt.total_seconds()
    # What is still to come is taken to be in inverse proportion to age, and in proportion to what came.
    unread = 1 / age_then.dt.total_seconds() - 1 / age_now.dt.total_seconds()
    gain = (pl.col("engagements").fill_null(0) + 1) * unread
    return (
        known.with_columns(growth.alias("growth"), gain.alias("expected_gain"))
        .filter(pl.col("growth") >= GROWTH)
        .sort("expected_gain", "id", descending=[True, False])
        .select(known.columns)
    )


class BudgetSpent(SourceError):
    """Nothing more may be read tonight."""


class Budget:
    """Reads that may still be made this night; shared by the threads that make them. None is no limit."""

    def __init__(self, reads: int | None):
        self._left = reads
        self._reserved = 0
        self._turn = threading.Condition()
        self.spent = 0

    @property
    def left(self) -> int | None:
        return self._left

    def reserve(self, most: int, least: int) -> int:
        """Between ``least`` and ``most`` reads set aside for one request. Raises BudgetSpent when there are not
        ``least`` left and none that others have set aside can come back."""
        with self._turn:
            if self._left is None:
                return most
            while self._left - self._reserved < least:
                if not self._reserved:
                    raise BudgetSpent(f"the night's budget is spent: {self.spent:,} posts were read")
                self._turn.wait()
            reads = min(most, self._left - self._reserved)
            self._reserved += reads
            return reads

    def settle(self, reserved: int, read: int) -> None:
        """What a request really read of what was ``reserved`` for it."""
        with self._turn:
            self.spent += read
            if self._left is not None:
                self._reserved -= reserved
                self._left -= read
            self._turn.notify_all()
