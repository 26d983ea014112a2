"""Pages of a timeline, newest first, as every protocol of the sandbox cuts them."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from orchestration.sandbox.ministry import Account, Ministry, Post, snowflake_time
from orchestration.sandbox.server import Call, FaultKind


class BadCursor(ValueError):
    """A cursor that the sandbox never gave."""


def page(
    ministry: Ministry,
    account: Account,
    call: Call,
    size: int,
    cursor: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    is_wanted: Callable[[Post], bool] = lambda post: True,
) -> tuple[list[Post], str | None]:
    """At most ``size`` wanted posts made in ``[start, end)``, and the cursor of the next page, None on the last.

    Raises BadCursor.
    """
    before, repeats = position_of(cursor) if cursor else (None, 0)
    if before:
        # The id says when: nothing newer need be generated to be left out.
        made_by = snowflake_time(before) + timedelta(seconds=1)
        end = min(end, made_by) if end else made_by
    timeline = ministry.timeline(account, call.as_of, start, end)
    rest: Iterator[Post] = (post for post in timeline if (not before or int(post.id) < int(before)) and is_wanted(post))
    given = list(islice(rest, size))
    following = cursor_below(given[-1].id) if next(rest, None) else None
    if call.commits(FaultKind.LOOPING_CURSOR):
        following = cursor or cursor_below(None, 1)
    elif call.commits(FaultKind.REPEATED_PAGE):
        following = cursor_below(before, repeats + 1)
    return given, following


def cursor_below(before: str | None, repeats: int = 0) -> str:
    """Where a page begins; opaque."""
    return base64.b32hexencode(f"{before or ''}.{repeats}".encode()).decode().rstrip("=").lower()


def position_of(cursor: str) -> tuple[str | None, int]:
    try:
        text = base64.b32hexdecode(cursor.upper() + "=" * (-len(cursor) % 8)).decode()
    except (binascii.Error, ValueError):
        text = ""
    position = re.fullmatch(r"([0-9]{1,19})?\.([0-9]+)", text)
    if position is None:
        raise BadCursor(cursor)
    return position[1], int(position[2])
