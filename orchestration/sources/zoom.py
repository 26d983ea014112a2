"""Zoom: who was in a meeting and for how long, from the participant reports of its API and from exported CSV files.

Source: Zoom's API v2, ``report/users/{user}/meetings`` and ``report/meetings/{uuid}/participants``, with a
server-to-server OAuth app. Times are UTC. A meeting belongs to the window it ended in, and is landed whole or not at
all. Who only waited in the waiting room was not there. E-mails are blank for people outside the account.
"""

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import stamina
from pydantic import SecretStr

from orchestration.addresses import InternalAddress, client
from orchestration.landing import Batch, Landing, Receipt, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import ATTEMPTS, Api, Refusal, TokenRefused, Unreachable
from orchestration.sources.meetings import (
    Clock,
    Reading,
    Row,
    Times,
    batch_id_of,
    decoded,
    listed,
    meeting_key,
    participants,
    text_of,
    told_text,
)
from orchestration.sources.platform import as_json, utc

PARTICIPANTS = participants("zoom")
PAGE_SIZE = 300
MOST_PAGES = 1000
LONGEST_RANGE = timedelta(days=28)
"""A report of meetings covers a month at most."""
READINGS_OF_A_MEETING = 3
"""A page's token lives 15 minutes; after that the meeting is read from its first page again."""
BAD_PAGE_TOKEN, NO_REPORT = 300, 3001
"""Zoom's own codes, beside HTTP's 400 and 404."""

_HEADERS = {
    "name": ("name (original name)", "name"),
    "email": ("user email", "email"),
    "joined_at": ("join time",),
    "left_at": ("leave time",),
    "minutes": ("duration (minutes)",),
    "is_guest": ("guest",),
    "is_waiting": ("in waiting room",),
}
_MEETING_HEADERS = {
    "meeting_id": ("meeting id", "id"),
    "topic": ("topic",),
    "meeting_started_at": ("start time",),
    "meeting_ended_at": ("end time",),
}
_ORIGINAL_NAME = re.compile(r".*\S\s*\(([^()]+)\)\s*")
_ID_IN_NAME = re.compile(r"participants[_-](\d{9,12})(?!\d)", re.IGNORECASE)


class ZoomReader:
    """Zoom's reports with an access token that is renewed when it has run out (after an hour)."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._bearer: SecretStr | None = None
        self._answered_at = datetime.now(UTC)
        self._api = Api(
            "zoom",
            settings.zoom_base_url,
            **settings.asking,
        )

    def close(self) -> None:
        self._api.close()

    def meetings(self, user: str, window: Window) -> Iterator[dict[str, Any]]:
        """The user's meetings that ended in the window, each once."""
        seen = set()
        # One that ended in the window may have begun the day before; the report's days may be the account's own.
        start, last = window.start - timedelta(days=1), window.end
        while start <= last:
            until = min(start + LONGEST_RANGE, last)
            path = f"v2/report/users/{quote(user, safe='')}/meetings"
            for meeting in self._pages(path, "meetings", {"from": str(start), "to": str(until)}):
                ended_at, uuid = utc(meeting.get("end_time")), meeting.get("uuid")
                if (
                    isinstance(uuid, str)
                    and uuid not in seen
                    and ended_at
                    and window.start_at <= ended_at < window.end_at
                ):
                    seen.add(uuid)
                    yield meeting
            start = until + timedelta(days=1)

    def participants(self, uuid: str) -> tuple[list[dict[str, Any]], datetime]:
        """All stays in the meeting, and when the last page was given. Raises Refusal for a meeting without report."""
        path = f"v2/report/meetings/{path_of(uuid)}/participants"
        for reading in range(1, READINGS_OF_A_MEETING + 1):
            try:
                stays = list(self._pages(path, "participants", {}))
                return stays, self._answered_at
            except Refusal as refusal:
                if code_of(refusal) != BAD_PAGE_TOKEN or reading == READINGS_OF_A_MEETING:
                    raise
        raise AssertionError("the last reading returns or raises")

    def _pages(self, path: str, name: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        token = ""
        tokens = {token}
        for _ in range(MOST_PAGES):
            answer = self._get(path, asked | {"page_size": PAGE_SIZE, "next_page_token": token})
            self._answered_at = answer.observed_at
            found = answer.body.get(name)
            if not isinstance(found, list):
                raise SourceError(f"zoom: {path} answered without {name!r}")
            yield from (item for item in found if isinstance(item, dict))
            token = answer.body.get("next_page_token") or ""
            if not token:
                return
            if token in tokens:
                raise SourceError(f"zoom: {path} gives one page again and again")
            tokens.add(token)
        raise SourceError(f"zoom: {path} has more than {MOST_PAGES} pages")

    def _get(self, path: str, params: dict[str, Any]):
        if self._bearer is None:
            self._bearer = access_token(self._settings)
            return self._api.get(path, params, bearer=self._bearer)
        try:
            return self._api.get(path, params, bearer=self._bearer)
        except TokenRefused:
            self._bearer = access_token(self._settings)
            return self._api.get(path, params, bearer=self._bearer)


def extract(
    landing: Landing, settings: Settings, window: Window, *, is_synthetic: bool
) -> tuple[list[Receipt], list[str]]:
    """Land the window's meetings of every user; also what could not be read, in words.

    A user or meeting that Zoom refuses costs only itself. Raises SourceError when the app's credentials are refused.
    """
    receipts, told = [], []
    reader = ZoomReader(settings)
    try:
        for user in listed(settings.zoom_users):
            try:
                for meeting in list(reader.meetings(user, window)):
                    try:
                        receipts.append(
                            landing.write(_batch(meeting, *reader.participants(meeting["uuid"]), is_synthetic))
                        )
                    except TokenRefused:
                        raise
                    except SourceError as error:
                        told.append(_why(meeting, error))
            except TokenRefused:
                raise
            except SourceError as error:
                told.append(f"user {user!r}: {error}")
    finally:
        reader.close()
    return receipts, told


def access_token(settings: Settings) -> SecretStr:
    """A new access token of the server-to-server app. Raises TokenRefused or Unreachable; neither names a secret."""
    secret = settings.zoom_client_secret.get_secret_value().strip() if settings.zoom_client_secret else ""
    if not (settings.zoom_account_id and settings.zoom_client_id and secret):
        raise SourceError(
            "zoom: SIFARAT_ZOOM_ACCOUNT_ID, SIFARAT_ZOOM_CLIENT_ID and SIFARAT_ZOOM_CLIENT_SECRET are needed together"
        )
    asked = {"grant_type": "account_credentials", "account_id": settings.zoom_account_id}
    try:
        for attempt in stamina.retry_context(on=_is_passing, attempts=ATTEMPTS, timeout=None):
            with attempt, client(settings.internal_host_names, timeout=settings.request_timeout_seconds) as asking:
                answer = asking.post(settings.zoom_oauth_url, params=asked, auth=(settings.zoom_client_id, secret))
                answer.raise_for_status()
                return SecretStr(str(answer.json()["access_token"]))
    except InternalAddress as error:
        raise Unreachable(f"zoom: SIFARAT_ZOOM_OAUTH_URL: {error}") from None
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        if status >= 500 or status == 429:
            raise Unreachable(f"zoom: no access token was given: {status}") from None
        raise TokenRefused(f"zoom: the app's credentials were refused ({status}); check the three", status) from None
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"zoom: no access token was given: {type(error).__name__}") from None
    raise AssertionError("a retry context returns or raises")


def _is_passing(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500 or error.response.status_code == 429
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)


def path_of(uuid: str) -> str:
    """A meeting's UUID as a part of a path: encoded twice where it begins with ``/`` or holds ``//``."""
    once = quote(uuid, safe="", errors="replace")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def code_of(refusal: Refusal) -> int | None:
    return refusal.body.get("code") if isinstance(refusal.body, dict) else None


def _why(meeting: dict[str, Any], error: SourceError) -> str:
    if isinstance(error, Refusal) and error.status == 404 and code_of(error) == NO_REPORT:
        return f"meeting {meeting['uuid']!r} has no report: Zoom makes none of a meeting with one participant"
    return f"meeting {meeting['uuid']!r}: {error}"


def _batch(meeting: dict[str, Any], stays: list[dict[str, Any]], observed_at: datetime, is_synthetic: bool) -> Batch:
    uuid, meeting_id = str(meeting["uuid"]), told_text(meeting.get("id"))
    there = [(n, stay) for n, stay in enumerate(stays, start=1) if stay.get("status") != "in_waiting_room"]
    rows: list[Row] = [
        {
            "meeting_key": uuid,
            "meeting_id": meeting_id,
            "topic": told_text(meeting.get("topic")),
            "meeting_started_at": told_text(meeting.get("start_time")),
            "meeting_ended_at": told_text(meeting.get("end_time")),
            "participant_key": str(number),
            **_names(told_text(stay.get("name"))),
            "email": told_text(stay.get("user_email")),
            "joined_at": told_text(stay.get("join_time")),
            "left_at": told_text(stay.get("leave_time")),
            "duration_seconds": told_text(stay.get("duration")),
            "role": told_text(stay.get("role")),
        }
        for number, stay in there
    ]
    raw = [as_json({"number": number, **stay}) for number, stay in there]
    return Batch(
        contract=PARTICIPANTS,
        batch_id=batch_id_of(uuid),
        source_file="report/meetings/participants",
        observed_at=observed_at,
        # A meeting that has ended does not change: whenever it is read, it is the one of that day.
        day=(utc(meeting.get("end_time")) or observed_at).date(),
        text=text_of(PARTICIPANTS, rows, raw),
        is_synthetic=is_synthetic,
    )


def read_file(content: bytes, name: str, clock: Clock) -> Reading | None:
    """The stays of a participant report that was exported from Zoom's portal, with its block about the meeting or
    without; None for a file of another kind. Raises SourceError for one that cannot be read."""
    text = decoded(content)
    if text is None or "\0" in text:
        return None
    try:
        rows = [(n, row) for n, row in _csv_rows(text) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        if _looks_like_a_report(text):
            raise SourceError(f"{name}: cannot be split into cells ({error}); export the report again") from None
        return None
    at = next((i for i, (_, row) in enumerate(rows[:12]) if _is_header(row)), None)
    if at is None:
        return None
    columns = _places(rows[at][1], _HEADERS)
    if "joined_at" not in columns or "left_at" not in columns:
        raise SourceError(
            f"{name}: tells no join and leave times; export Zoom's report again without 'Show unique users'"
        )
    meeting = _meeting(rows[:at])
    stays = [(line, _cells(row, columns)) for line, row in rows[at + 1 :]]
    there = [(line, stay) for line, stay in stays if (stay.get("is_waiting") or "").lower() != "yes"]
    if not there:
        raise SourceError(f"{name}: the report names nobody; export it again after the meeting")
    written = [*(stay.get(of) for _, stay in there for of in ("joined_at", "left_at"))]
    written += [meeting.get("meeting_started_at"), meeting.get("meeting_ended_at")]
    times = Times(name, written, clock, is_day_first=False)
    return Reading(*_stays(name, meeting, there, times), doubt=times.doubt)


def _stays(name: str, meeting: Row, there: list[tuple[int, Row]], times: Times) -> tuple[Sequence[Row], list[int]]:
    started_at = times.utc(meeting.get("meeting_started_at"))
    in_name = _ID_IN_NAME.search(name)
    meeting_id = re.sub(r"[\s-]", "", meeting.get("meeting_id") or "") or (in_name[1] if in_name else None)
    first = started_at or min(times.utc(stay.get("joined_at")) or "" for _, stay in there)
    about = {
        "meeting_key": f"{meeting_id}@{first}" if meeting_id else meeting_key(meeting.get("topic"), first),
        "meeting_id": meeting_id,
        "topic": meeting.get("topic"),
        "meeting_started_at": started_at,
        "meeting_ended_at": times.utc(meeting.get("meeting_ended_at")),
    }
    rows = [
        {
            **about,
            "participant_key": str(number),
            **_names(stay.get("name")),
            "email": stay.get("email"),
            "joined_at": times.utc(stay.get("joined_at")),
            "left_at": times.utc(stay.get("left_at")),
            "duration_seconds": _seconds(stay.get("minutes")),
            "role": "guest" if (stay.get("is_guest") or "").lower() == "yes" else None,
        }
        for number, (_, stay) in enumerate(there, start=1)
    ]
    return rows, [line for line, _ in there]


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def _looks_like_a_report(text: str) -> bool:
    return any(_is_header(line.split(",")) for line in text.splitlines()[:12])


def _is_header(row: list[str]) -> bool:
    cells = {cell.strip().lower() for cell in row}
    has_name = not cells.isdisjoint(_HEADERS["name"])
    return has_name and ({"join time", "leave time"} <= cells or "total duration (minutes)" in cells)


def _places(header: list[str], wanted: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    cells = [cell.strip().lower() for cell in header]
    return {field: cells.index(known) for field, names in wanted.items() for known in names if known in cells}


def _cells(row: list[str], columns: dict[str, int]) -> Row:
    return {field: (row[at].strip() or None) if at < len(row) else None for field, at in columns.items()}


def _meeting(block: list[tuple[int, list[str]]]) -> Row:
    """The block above the participants: a row of names and one of values."""
    for (_, header), (_, values) in itertools.pairwise(block):
        columns = _places(header, _MEETING_HEADERS)
        if "topic" in columns and "meeting_id" in columns:
            return _cells(values, columns)
    return {}


def _names(name: str | None) -> Row:
    """The name as received, and the one that Zoom adds in brackets where somebody changed it."""
    match = _ORIGINAL_NAME.fullmatch(name or "")
    return {"name": name, "original_name": match[1].strip() if match else None}


def _seconds(minutes: str | None) -> str | None:
    return str(int(minutes) * 60) if minutes and re.fullmatch("[0-9]{1,6}", minutes) else minutes
