"""Meetings for the tests: reports landed from files, and a local server that speaks the reports of Zoom and Microsoft
Graph for one meeting, and refuses what they refuse."""

import base64
import threading
import time
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestration.landing import Landing, Progress, Receipt
from orchestration.settings import SHIPPED_MAPPINGS, Settings
from orchestration.sources.meetings import Clock, land_files

ZOOM_ID = "83123456789"
ZOOM_UUID = "/ab//c+d=="
TEAMS_MEETING = "MSpkYzE3"
CREDENTIALS = base64.b64encode(b"client:secret").decode()
PAGE = 2
UTC_MONTH_FIRST = Clock("UTC", is_day_first=False)


def land_reports(
    landing: Landing,
    inbox: Path,
    source: ModuleType,
    progress: Progress,
    clock: Clock = UTC_MONTH_FIRST,
    *,
    is_synthetic: bool = False,
) -> list[Receipt]:
    """The inbox's files of Zoom or Teams, as a night lands them."""
    return land_files(
        landing,
        inbox,
        SHIPPED_MAPPINGS,
        source.PARTICIPANTS,
        source.read_file,
        clock,
        is_synthetic=is_synthetic,
        progress=progress,
    )


def _zoom_stay(name: str, email: str, joined: str, left: str, status: str = "in_meeting") -> dict:
    return {
        "name": name,
        "user_email": email,
        "join_time": f"2026-03-02T{joined}:00Z",
        "leave_time": f"2026-03-02T{left}:00Z",
        "duration": 60,
        "status": status,
    }


ZOOM_STAYS = [
    _zoom_stay("Aisha", "aisha@mofa.example", "08:55", "09:20"),
    _zoom_stay("Aisha (Aisha Noor)", "aisha@mofa.example", "09:30", "10:05"),
    _zoom_stay("Bilal", "bilal@mofa.example", "09:00", "09:30"),
    _zoom_stay("Waiting", "waiting@mofa.example", "09:00", "10:00", "in_waiting_room"),
]


def _record(name: str, email: str, *stays: tuple[str, str]) -> dict:
    return {
        "id": name.lower(),
        "emailAddress": email,
        "role": "Attendee",
        "identity": {"displayName": name},
        "attendanceIntervals": [
            {
                "joinDateTime": f"2026-03-02T{joined}:00Z",
                "leaveDateTime": f"2026-03-02T{left}:00Z",
                "durationInSeconds": 60,
            }
            for joined, left in stays
        ],
    }


# The organiser left at 09:20 and came back at 09:30: two reports of one meeting.
TEAMS_REPORTS = {
    "first": [
        _record("Aisha", "aisha@mofa.example", ("08:55", "09:20")),
        _record("Bilal", "bilal@mofa.example", ("09:00", "09:20")),
    ],
    "second": [
        _record("Aisha", "aisha@mofa.example", ("09:30", "10:05")),
        _record("Bilal", "bilal@mofa.example", ("09:20", "09:30")),
    ],
}


class MeetingServer:
    """``refused_tokens`` page tokens are refused as too old, ``limited`` requests get 429; ``asked`` lists paths."""

    def __init__(self, *, refused_tokens: int = 0, limited: int = 0, has_report: bool = True):
        self.refused_tokens, self.limited, self.has_report = refused_tokens, limited, has_report
        self.asked: list[str] = []
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "MeetingServer":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_) -> None:
        self._server.should_exit = True
        self._thread.join()

    def settings(self, **changed) -> Settings:
        told = {
            "zoom_base_url": self.base_url,
            "zoom_oauth_url": f"{self.base_url}/oauth/token",
            "zoom_account_id": "account",
            "zoom_client_id": "client",
            "zoom_client_secret": SecretStr("secret"),
            "teams_base_url": self.base_url,
            "teams_token": SecretStr("graph-token"),
            "teams_meetings": f"host@mofa.example/{TEAMS_MEETING}",
        }
        return Settings(**told | changed)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode()
        self.asked.append(path)
        if request.method == "POST":
            is_right = request.headers["authorization"] == f"Basic {CREDENTIALS}"
            if not is_right or dict(request.query_params) != {
                "grant_type": "account_credentials",
                "account_id": "account",
            }:
                return _json({"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 401)
            return _json({"access_token": "zoom-token", "expires_in": 3600})
        if self.limited:
            self.limited -= 1
            return Response(status_code=429, headers={"Retry-After": "1"})
        return self._graph(request, path) if path.startswith("/v1.0/") else self._zoom(request, path)

    def _zoom(self, request: Request, path: str) -> Response:
        if request.headers.get("authorization") != "Bearer zoom-token":
            return _json({"code": 124, "message": "Invalid access token."}, 401)
        if path == "/v2/report/users/me/meetings":
            meeting = {
                "uuid": ZOOM_UUID,
                "id": int(ZOOM_ID),
                "topic": "Writing for social media",
                "start_time": "2026-03-02T08:55:00Z",
                "end_time": "2026-03-02T10:05:00Z",
            }
            return _json({"meetings": [meeting], "next_page_token": ""})
        uuid = unquote(unquote(path.removeprefix("/v2/report/meetings/").removesuffix("/participants")))
        is_encoded_twice = "%252F" in path
        if uuid != ZOOM_UUID or not is_encoded_twice or not self.has_report:
            return _json({"code": 3001, "message": "Meeting does not exist."}, 404)
        token = request.query_params["next_page_token"]
        if token and self.refused_tokens:
            self.refused_tokens -= 1
            return _json({"code": 300, "message": "The next page token is invalid or expired."}, 400)
        first = int(token or 0)
        following = first + PAGE
        return _json(
            {
                "participants": ZOOM_STAYS[first:following],
                "next_page_token": str(following) if following < len(ZOOM_STAYS) else "",
            }
        )

    def _graph(self, request: Request, path: str) -> Response:
        if request.headers.get("authorization") != "Bearer graph-token":
            return _json({"error": {"code": "InvalidAuthenticationToken", "message": "Access token is wrong."}}, 401)
        meeting = f"/v1.0/users/host%40mofa.example/onlineMeetings/{TEAMS_MEETING}/attendanceReports"
        if path == meeting:
            reports = [
                {
                    "id": report,
                    "meetingStartDateTime": "2026-03-02T08:55:00Z",
                    "meetingEndDateTime": "2026-03-02T10:05:00Z",
                }
                for report in TEAMS_REPORTS
            ]
            return _json({"value": reports})
        for report, records in TEAMS_REPORTS.items():
            if path == f"{meeting}/{report}/attendanceRecords":
                if request.query_params.get("$skiptoken") == "1":
                    return _json({"value": records[1:]})
                link = f"{self.base_url}{path}?$skiptoken=1"
                return _json({"value": records[:1], "@odata.nextLink": link})
        return _json({"error": {"code": "NotFound", "message": "The meeting is not found."}}, 404)


def _json(body: dict, status: int = 200) -> Response:
    return JSONResponse(body, status_code=status)
