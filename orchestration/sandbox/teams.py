"""Microsoft Graph v1.0 as the sandbox speaks it: the attendance reports of the series' Teams meetings.

The series' meetings that are told over the API (``series.sessions_by_api``), each once it has ended, with one
report; the trainers organised them all. A night is given the meetings of its own day to read.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.series import Session, Stay, edition, sessions_by_api
from orchestration.sandbox.server import AS_OF_FORMAT, Answer, Call, Limit, Refused

ORGANISER = "trainers@mofa.example"
PAGE = 100
_REPORTS = "/v1.0/users/{user}/onlineMeetings/{meeting}/attendanceReports"


class Teams:
    """Graph's protocol over the series; a platform of ``server.Sandbox``."""

    name = "teams"
    # Of an app and tenant, for cloud communications.
    limit = Limit(10_000, 20)

    def __init__(self, ministry: Ministry):
        self._seed = ministry.seed
        self.routes: dict[str, Callable[[Call], Answer]] = {
            _REPORTS: self.reports,
            f"{_REPORTS}/{{report}}/attendanceRecords": self.records,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        """With the meetings of the day before, which a night reads."""
        as_of = datetime.strptime(base_url.rpartition("/")[2], AS_OF_FORMAT).replace(tzinfo=UTC)
        held = sessions_by_api("teams", as_of.date() - timedelta(days=1), as_of.date())
        return {
            "teams_base_url": base_url,
            "teams_token": SecretStr(token),
            "teams_meetings": ",".join(f"{ORGANISER}/{session.teams_meeting_id}" for session in held),
        }

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        return headers.get("authorization") == f"Bearer {token}"

    def refusal(self, status: int) -> Answer:
        code, message = {
            401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
            404: ("NotFound", "Resource not found."),
            429: ("TooManyRequests", "Too many requests."),
            500: ("InternalServerError", "An internal server error occurred."),
            503: ("ServiceUnavailable", "The service is unavailable."),
        }[status]
        return _error(status, code, message)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        """Graph tells nothing of its limits before they are reached."""
        return {}

    def reports(self, call: Call) -> Answer:
        session = _session(call)
        stays = self._stays(session)
        report = {
            "id": session.session_id,
            "totalParticipantCount": len(stays),
            "meetingStartDateTime": _instant(session.meeting_starts_at),
            "meetingEndDateTime": _instant(session.meeting_ends_at),
        }
        return Answer({"value": [report] if session.meeting_ends_at <= call.as_of else []})

    def records(self, call: Call) -> Answer:
        session = _session(call)
        if call.path["report"] != session.session_id or session.meeting_ends_at > call.as_of:
            raise Refused(self.refusal(404))
        told = [_record(number, stays) for number, stays in enumerate(self._stays(session))]
        skip = call.query.get("$skip", "0")
        if not skip.isdigit():
            raise Refused(_error(400, "BadRequest", "Invalid $skip."))
        end = int(skip) + PAGE
        answer: dict[str, Any] = {"value": told[int(skip) : end]}
        if end < len(told):
            path = _REPORTS.format(user=ORGANISER, meeting=quote(call.path["meeting"], safe=""))
            query = urlencode({"$skip": end})
            answer["@odata.nextLink"] = (
                f"https://graph.microsoft.com{path}/{session.session_id}/attendanceRecords?{query}"
            )
        return Answer(answer)

    def _stays(self, session: Session) -> list[list[Stay]]:
        return list(edition(self._seed, session.workshop.number).stays_by_officer(session).values())


def _session(call: Call) -> Session:
    """The organiser's meeting that the call names. Graph keeps its reports for a year."""
    until = call.as_of.date() + timedelta(days=1)
    for session in sessions_by_api("teams", until - timedelta(days=366), until):
        if session.teams_meeting_id == call.path["meeting"] and call.path["user"] == ORGANISER:
            return session
    raise Refused(_error(404, "NotFound", "Meeting not found."))


def _record(number: int, stays: list[Stay]) -> dict[str, Any]:
    intervals = [
        {
            "joinDateTime": _instant(stay.joined_at),
            "leaveDateTime": _instant(stay.left_at),
            "durationInSeconds": int((stay.left_at - stay.joined_at).total_seconds()),
        }
        for stay in stays
        if stay.left_at
    ]
    return {
        "id": f"participant-{number + 1}",
        "emailAddress": stays[0].email,
        "totalAttendanceInSeconds": sum(interval["durationInSeconds"] for interval in intervals),
        "role": "Attendee",
        "identity": {"id": None, "displayName": stays[0].name, "tenantId": None},
        "attendanceIntervals": intervals,
    }


def _instant(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.0000000Z}"


def _error(status: int, code: str, message: str) -> Answer:
    return Answer({"error": {"code": code, "message": message}}, status)


PROTOCOL = Teams
