"""Zoom's API v2 as the sandbox speaks it: access tokens, reports of past meetings, and their participants.

The series' meetings that are told over the API (``series.sessions_by_api``), each once it has ended. All were hosted
by the app's own user. Whoever joins again is a participant again; some only ever saw the waiting room.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.series import Session, edition, sessions_by_api
from orchestration.sandbox.server import Answer, Call, Limit, Refused

ACCOUNT, CLIENT = "synthetic-account", "synthetic-client"
USER = "me"
MOST = 300
WIDEST = timedelta(days=31)
WAITED = 2
"""Strangers who were never let in, at each meeting."""
PAGE_TOKEN_INVALID, NOT_FOUND, NO_REPORT = 300, 1001, 3001


class Zoom:
    """Zoom's protocol over the series; a platform of ``server.Sandbox``."""

    name = "zoom"
    # Of an account, for heavy calls such as reports (Zoom publishes 40 a second for a business).
    limit = Limit(40, 1)

    def __init__(self, ministry: Ministry):
        self._seed = ministry.seed
        self.routes: dict[str, Callable[[Call], Answer]] = {
            "/oauth/token": self.token,
            "/v2/report/users/{user}/meetings": self.meetings,
            "/v2/report/meetings/{uuid:path}/participants": self.participants,
        }

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {
            "zoom_base_url": base_url,
            "zoom_oauth_url": f"{base_url}/oauth/token",
            "zoom_account_id": ACCOUNT,
            "zoom_client_id": CLIENT,
            "zoom_client_secret": SecretStr(token),
            "zoom_users": USER,
        }

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        """The app's credentials, or the access token that they were given."""
        app = base64.b64encode(f"{CLIENT}:{token}".encode()).decode()
        return headers.get("authorization") in (f"Basic {app}", f"Bearer {token}")

    def refusal(self, status: int) -> Answer:
        code, message = {
            401: (124, "Invalid access token."),
            404: (404, "Not Found"),
            429: (429, "You have exceeded the QPS limit of this API."),
            500: (500, "Internal Server Error"),
            503: (503, "Service Unavailable"),
        }[status]
        return _error(status, code, message)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {
            "X-RateLimit-Category": "Heavy",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
        }

    def token(self, call: Call) -> Answer:
        scheme, _, told = call.headers.get("authorization", "").partition(" ")
        asked = call.query.get("grant_type"), call.query.get("account_id")
        if scheme != "Basic" or asked != ("account_credentials", ACCOUNT):
            raise Refused(Answer({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400))
        # The sandbox knows one secret: the client's and the token that it is given are the same.
        secret = base64.b64decode(told).decode().partition(":")[2]
        return Answer(
            {"access_token": secret, "token_type": "bearer", "expires_in": 3600, "scope": "report:read:admin"}
        )

    def meetings(self, call: Call) -> Answer:
        _checked_bearer(call)
        if call.path["user"] != USER:
            raise Refused(_error(404, NOT_FOUND, f"User does not exist: {call.path['user']}."))
        try:
            start, end = date.fromisoformat(call.query["from"]), date.fromisoformat(call.query["to"])
        except (KeyError, ValueError):
            raise Refused(_error(400, PAGE_TOKEN_INVALID, "The from and to dates are required: yyyy-MM-dd.")) from None
        if not start <= end <= start + WIDEST:
            raise Refused(_error(400, PAGE_TOKEN_INVALID, "The date range must be within one month."))
        past = [s for s in sessions_by_api("zoom", start, end + timedelta(days=1)) if s.meeting_ends_at <= call.as_of]
        page, following = _page(call, past)
        told = {"from": str(start), "to": str(end), "meetings": [self._meeting(session) for session in page]}
        return Answer(told | following)

    def participants(self, call: Call) -> Answer:
        _checked_bearer(call)
        session = self._session(unquote(call.path["uuid"]), call)
        stays = [stay for stay in edition(self._seed, session.workshop.number).stays(session) if stay.told_by == "zoom"]
        told = [
            {
                "id": "",
                "user_id": str(16_778_240 + 1024 * number),
                "name": stay.name,
                "user_email": stay.email or "",
                "join_time": _instant(stay.joined_at),
                "leave_time": _instant(stay.left_at),
                "duration": int((stay.left_at - stay.joined_at).total_seconds()),
                "failover": False,
                "status": "in_meeting",
            }
            for number, stay in enumerate(stays)
            if stay.left_at
        ]
        told += [
            {
                "id": "",
                "user_id": str(16_777_216 + 1024 * number),
                "name": f"Guest {number + 1} (synthetic)",
                "user_email": "",
                "join_time": _instant(session.starts_at),
                "leave_time": _instant(session.starts_at + timedelta(minutes=5)),
                "duration": 300,
                "failover": False,
                "status": "in_waiting_room",
            }
            for number in range(WAITED)
        ]
        page, following = _page(call, told)
        return Answer({"participants": page} | following)

    def _session(self, uuid: str, call: Call) -> Session:
        """The meeting of that UUID, which must have ended. A report is kept for a year."""
        until = call.as_of.date() + timedelta(days=1)
        for session in sessions_by_api("zoom", until - timedelta(days=366), until):
            if session.zoom_uuid == uuid and session.meeting_ends_at <= call.as_of:
                return session
        raise Refused(_error(404, NO_REPORT, f"Meeting does not exist: {uuid}."))

    def _meeting(self, session: Session) -> dict[str, Any]:
        stays = edition(self._seed, session.workshop.number).stays(session)
        return {
            "uuid": session.zoom_uuid,
            "id": int(session.zoom_meeting_id or 0),
            "type": 2,
            "topic": session.title,
            "user_name": "Trainers (synthetic)",
            "user_email": "trainers@mofa.example",
            "start_time": _instant(session.meeting_starts_at),
            "end_time": _instant(session.meeting_ends_at),
            "duration": int((session.meeting_ends_at - session.meeting_starts_at).total_seconds()) // 60,
            "participants_count": len({stay.officer for stay in stays if stay.told_by == "zoom"}),
        }


def _page(call: Call, items: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The page that ``next_page_token`` asks for, and what Zoom says of the pages."""
    size, token = call.query.get("page_size") or "30", call.query.get("next_page_token") or "0"
    if not size.isdigit() or not 1 <= int(size) <= MOST:
        raise Refused(_error(400, PAGE_TOKEN_INVALID, f"page_size is between 1 and {MOST}."))
    if not token.isdigit() or int(token) > len(items):
        raise Refused(_error(400, PAGE_TOKEN_INVALID, "The next page token is invalid or expired."))
    start, end = int(token), int(token) + int(size)
    following = str(end) if end < len(items) else ""
    told = {"page_size": int(size), "total_records": len(items), "next_page_token": following}
    return items[start:end], told


def _checked_bearer(call: Call) -> None:
    if not call.headers.get("authorization", "").startswith("Bearer "):
        raise Refused(_error(401, 124, "Invalid access token."))


def _instant(moment) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _error(status: int, code: int, message: str) -> Answer:
    return Answer({"code": code, "message": message}, status)


PROTOCOL = Zoom
