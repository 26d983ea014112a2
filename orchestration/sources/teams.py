"""Teams: who was in a meeting and for how long, from Microsoft Graph's attendance reports and from downloaded ones.

Source: Graph v1.0, ``users/{id}/onlineMeetings/{id}/attendanceReports`` and their ``attendanceRecords``. Times are UTC.
A meeting has one report more each time its organiser leaves and comes back; all of them are read, each in the window
it ended in. A downloaded report is UTF-16 with tabs between its cells; its sections are known by their numbers and
its columns by their places, since both are named in the language of whoever downloaded it.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from orchestration.landing import Batch, Landing, Receipt, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Api, TokenRefused
from orchestration.sources.meetings import (
    Clock,
    Reading,
    Row,
    Times,
    batch_id_of,
    decoded,
    is_time,
    listed,
    meeting_key,
    participants,
    text_of,
    told_text,
)
from orchestration.sources.platform import as_json, objects, utc

PARTICIPANTS = participants("teams")
MOST_PAGES = 1000

SUMMARY, ACTIVITIES = 1, 3
_SECTION = re.compile(r"\ufeff?\s*(\d)\.\s+\S.*")
_OLD_HEADER = ("full name", "user action", "timestamp")
_JOINED, _LEFT = ("joined", "joined before"), ("left",)
_STAY_COLUMNS = ("name", "joined_at", "left_at", "duration", "email", "role")
"""Of section 3, in this order in every language."""
_MEETING_ID = re.compile(r"19:meeting_[A-Za-z0-9_-]+@thread\.v2")
_UNIT_SECONDS = {
    3600: ("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures", "hora", "horas", "ч"),
    60: ("m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos", "мин"),
    1: ("s", "sec", "secs", "second", "seconds", "sek", "sekunden", "seconde", "secondes", "seg", "с", "сек"),
}
_SECONDS_OF = {unit: seconds for seconds, units in _UNIT_SECONDS.items() for unit in units}


class TeamsReader:
    """Graph's attendance reports of one organiser's meetings."""

    def __init__(self, settings: Settings):
        self._api = Api(
            "teams",
            settings.teams_base_url,
            **settings.asking,
            bearer=settings.teams_token,
        )

    def close(self) -> None:
        self._api.close()

    def reports(self, user: str, meeting: str) -> list[dict[str, Any]]:
        return [report for report, _ in self._pages(self._path(user, meeting))]

    def records(self, user: str, meeting: str, report: str) -> list[tuple[dict[str, Any], datetime]]:
        """All attendance records of a report, each with the time it was given."""
        named = quote(report, safe="", errors="replace")
        return list(self._pages(f"{self._path(user, meeting)}/{named}/attendanceRecords"))

    @staticmethod
    def _path(user: str, meeting: str) -> str:
        return f"v1.0/users/{quote(user, safe='')}/onlineMeetings/{quote(meeting, safe='')}/attendanceReports"

    def _pages(self, path: str) -> Iterator[tuple[dict[str, Any], datetime]]:
        query, asked = "", set()
        for _ in range(MOST_PAGES):
            asked.add(query)
            answer = self._api.get(path, query) if query else self._api.get(path, {})
            if not isinstance(answer.body.get("value"), list):
                raise SourceError(f"teams: {path} answered without 'value'")
            yield from ((item, answer.observed_at) for item in objects(answer.body, "value"))
            link = answer.body.get("@odata.nextLink")
            if not link:
                return
            # Only its query is followed: the token goes to no other host.
            query = urlsplit(str(link)).query
            if query in asked:
                raise SourceError(f"teams: {path} gives one page again and again")
        raise SourceError(f"teams: {path} has more than {MOST_PAGES} pages")


def extract(
    landing: Landing, settings: Settings, window: Window, *, is_synthetic: bool
) -> tuple[list[Receipt], list[str]]:
    """Land the reports that ended in the window, of every listed meeting; also what could not be read, in words.

    A meeting that Graph refuses costs only itself. Raises TokenRefused when the token is refused, and SourceError
    for a setting that names no meeting.
    """
    receipts, told = [], []
    reader = TeamsReader(settings)
    try:
        for named in listed(settings.teams_meetings):
            user, _, meeting = named.partition("/")
            if not (user and meeting):
                raise SourceError(f"teams: SIFARAT_TEAMS_MEETINGS holds {named!r}; write it as user/meeting id")
            try:
                for report in reader.reports(user, meeting):
                    ended_at = utc(report.get("meetingEndDateTime"))
                    if ended_at and window.start_at <= ended_at < window.end_at and report.get("id"):
                        records = reader.records(user, meeting, str(report["id"]))
                        receipts.append(landing.write(_batch(meeting, report, records, ended_at, is_synthetic)))
            except TokenRefused:
                raise
            except SourceError as error:
                told.append(f"meeting {named!r}: {error}")
    finally:
        reader.close()
    return receipts, told


def _batch(
    meeting: str,
    report: dict[str, Any],
    records: list[tuple[dict[str, Any], datetime]],
    ended_at: datetime,
    is_synthetic: bool,
) -> Batch:
    report_key = f"{meeting}/{report['id']}"
    rows, raw = [], []
    for number, (record, _) in enumerate(records, start=1):
        intervals = objects(record, "attendanceIntervals")
        identity = record.get("identity") if isinstance(record.get("identity"), dict) else {}
        # Somebody without an interval is no stay: without a time the record goes to quarantine, and is not lost.
        for stay, interval in enumerate(intervals or [{}], start=1):
            rows.append(
                {
                    "meeting_key": report_key,
                    "meeting_id": meeting,
                    "meeting_started_at": told_text(report.get("meetingStartDateTime")),
                    "meeting_ended_at": told_text(report.get("meetingEndDateTime")),
                    "participant_key": f"{record.get('id') or number}/{stay}",
                    "name": told_text(identity.get("displayName")),
                    "email": told_text(record.get("emailAddress")),
                    "joined_at": told_text(interval.get("joinDateTime")),
                    "left_at": told_text(interval.get("leaveDateTime")),
                    "duration_seconds": told_text(interval.get("durationInSeconds")),
                    "role": told_text(record.get("role")),
                }
            )
            raw.append(as_json({"stay": stay, **record}))
    return Batch(
        contract=PARTICIPANTS,
        batch_id=batch_id_of(report_key),
        source_file="onlineMeetings/attendanceReports",
        observed_at=max((given_at for _, given_at in records), default=ended_at),
        # A report that has ended does not change: whenever it is read, it is the one of that day.
        day=ended_at.date(),
        text=text_of(PARTICIPANTS, rows, raw),
        is_synthetic=is_synthetic,
    )


def read_file(content: bytes, name: str, clock: Clock) -> Reading | None:
    """The stays of a downloaded attendance report, of today's shape or of the old one (Full Name, User Action,
    Timestamp); None for a file of another kind. Raises SourceError for one that cannot be read."""
    text = decoded(content)
    if text is None or "\0" in text:
        return None
    lines = [[cell.strip().strip('"') for cell in line.split("\t")] for line in text.splitlines()]
    filled = [(number, row) for number, row in enumerate(lines, start=1) if any(row)]
    if not filled:
        return None
    if tuple(cell.lower() for cell in filled[0][1]) == _OLD_HEADER:
        return _old_reading(filled[1:], name, clock)
    sections = _sections(filled)
    if SUMMARY not in sections or len(filled[0][1]) > 2 or not any(len(row) > 3 for _, row in filled):
        return None
    return _reading(sections, name, clock)


def _sections(filled: list[tuple[int, list[str]]]) -> dict[int, list[tuple[int, list[str]]]]:
    """The lines below each numbered title, which stands alone in its line; none where the file begins otherwise."""
    sections: dict[int, list[tuple[int, list[str]]]] = {}
    current = None
    for line, row in filled:
        title = _SECTION.fullmatch(row[0]) if not any(row[1:]) else None
        if title:
            current = sections.setdefault(int(title[1]), [])
        elif current is None:
            return {}
        else:
            current.append((line, row))
    return sections


def _reading(sections: dict[int, list[tuple[int, list[str]]]], name: str, clock: Clock) -> Reading:
    if ACTIVITIES not in sections:
        raise SourceError(
            f"{name}: section 3, who came and went when, is missing; without it nobody's second stay is known. "
            "Download the attendance report again"
        )
    stays = [(line, _stay(row)) for line, row in sections[ACTIVITIES][1:]]
    if not stays:
        raise SourceError(f"{name}: section 3 names nobody; download the attendance report again after the meeting")
    if not any(is_time(stay["joined_at"]) for _, stay in stays):
        raise SourceError(
            f"{name}, line {stays[0][0]}: section 3 has no times of joining in its second column; download the "
            "attendance report again"
        )
    summary = sections[SUMMARY]
    topic = summary[0][1][1] if summary and len(summary[0][1]) > 1 else None
    told = [cell for _, row in summary for cell in row[1:2] if is_time(cell)]
    times = Times(name, [*told, *(stay[of] for _, stay in stays for of in ("joined_at", "left_at"))], clock)
    started_at, ended_at = ([times.utc(text) for text in told] + [None, None])[:2]
    in_summary = _MEETING_ID.search("\n".join(cell for _, row in summary for cell in row))
    about = {
        "meeting_key": meeting_key(topic, started_at),
        "meeting_id": in_summary[0] if in_summary else None,
        "topic": topic or None,
        "meeting_started_at": started_at,
        "meeting_ended_at": ended_at,
    }
    rows = [
        {
            **about,
            "participant_key": str(number),
            "name": stay["name"],
            "email": stay["email"],
            "joined_at": times.utc(stay["joined_at"]),
            "left_at": times.utc(stay["left_at"]),
            "duration_seconds": seconds_of(stay["duration"]),
            "role": stay["role"],
        }
        for number, (_, stay) in enumerate(stays, start=1)
    ]
    return Reading(rows, [line for line, _ in stays], times.doubt)


def _stay(row: list[str]) -> Row:
    cells = [cell or None for cell in row] + [None] * len(_STAY_COLUMNS)
    return dict(zip(_STAY_COLUMNS, cells, strict=False))


def _old_reading(filled: list[tuple[int, list[str]]], name: str, clock: Clock) -> Reading:
    """The old shape tells comings and goings, one a line: each coming makes a stay that the same name's next going
    ends. It has no e-mails, no title and no end for those who stayed until the download."""
    moves = []
    for line, row in filled:
        if len(row) != len(_OLD_HEADER) or row[1].lower() not in (*_JOINED, *_LEFT):
            raise SourceError(
                # Without the line's words: they name somebody.
                f"{name}, line {line}: not a name, Joined or Left, and a time; download the attendance list again"
            )
        moves.append((line, row))
    if not moves:
        raise SourceError(f"{name}: the attendance list names nobody; download it again during the meeting")
    times = Times(name, (row[2] for _, row in moves), clock)
    rows: list[dict[str, str | None]] = []
    lines, open_stays = [], {}
    for line, (who, action, at) in ((line, row) for line, row in moves):
        if not is_time(at):
            raise SourceError(f"{name}, line {line}: {at!r} is no time; download the attendance list again")
        if action.lower() in _LEFT:
            stay = open_stays.pop(who, None)
            if stay is None:
                raise SourceError(f"{name}, line {line}: {who!r} left without having joined; download the list again")
            stay["left_at"] = times.utc(at)
            continue
        # Whoever joins a second time without having left is there with a second device.
        open_stays[who] = {"name": who, "joined_at": times.utc(at), "left_at": None}
        rows.append(open_stays[who])
        lines.append(line)
    key = meeting_key(None, min(row["joined_at"] or "" for row in rows))
    for number, row in enumerate(rows, start=1):
        row |= {"meeting_key": key, "participant_key": str(number)}
    return Reading(rows, lines, times.doubt)


def seconds_of(duration: str | None) -> str | None:
    """``1h 2m 3s``, ``1 h 2 min`` or ``62 min`` in seconds; None where its units are of a language unknown here: the
    times of the stay tell it as well."""
    parts = re.findall(r"(\d{1,6})\s*([^\W\d_]+)\.?", duration or "")
    if not parts or any(unit.lower() not in _SECONDS_OF for _, unit in parts):
        return None
    return str(sum(int(number) * _SECONDS_OF[unit.lower()] for number, unit in parts))
