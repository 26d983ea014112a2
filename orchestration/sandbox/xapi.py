"""A learning record store as the sandbox speaks it: the series' statements in xAPI 1.0.3.

Since ``series.API_SINCE`` the store is told of each registered officer's tests and of each session attended: on the
workshop's own days, in the evening. ``since`` and ``until`` are held against the time a statement was stored.
"""

import base64
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.officers import Officer
from orchestration.sandbox.series import API_SINCE, MAX_SCORE, PASS_MARK, edition, workshop_on
from orchestration.sandbox.server import Answer, Call, Limit, Refused

USER = "synthetic-lrs"
VERSION = "1.0.3"
HOME = "https://learning.mofa.example"
MOST = 500
STORED_AT = time(17, tzinfo=UTC)
FIRST, LAST = datetime(2021, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Lrs:
    """The protocol over the series; a platform of ``server.Sandbox``."""

    name = "xapi"
    # Stores limit nobody; this is what a night could never reach.
    limit = Limit(100_000, 60)

    def __init__(self, ministry: Ministry):
        self._seed = ministry.seed
        self.routes: dict[str, Callable[[Call], Answer]] = {"/xAPI/statements": self.statements}

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {"lrs_base_url": f"{base_url}/xAPI", "lrs_username": USER, "lrs_password": SecretStr(token)}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        told = base64.b64encode(f"{USER}:{token}".encode()).decode()
        return headers.get("authorization") == f"Basic {told}"

    def refusal(self, status: int) -> Answer:
        return Answer({"error": status, "message": "the store does not answer this"}, status)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {}

    def statements(self, call: Call) -> Answer:
        """Those stored after ``since`` up to ``until``, newest first unless ``ascending``, ``limit`` at a time."""
        if call.headers.get("x-experience-api-version", "") != VERSION:
            raise _bad(f"X-Experience-API-Version must be {VERSION}")
        since, until = _instant_of(call, "since", FIRST), min(_instant_of(call, "until", LAST), call.as_of)
        found = [
            statement
            for day in _days(max(since.date(), API_SINCE), until.date())
            for statement in stored_on(self._seed, day)
            if since < datetime.fromisoformat(statement["stored"]) <= until
        ]
        if call.query.get("ascending") != "true":
            found.reverse()
        told, start = call.query.get("limit", "0"), call.query.get("from", "0")
        if not (told.isdigit() and start.isdigit()):
            raise _bad("limit is a whole number, 0 or more")
        end = int(start) + min(int(told) or MOST, MOST)
        more = ""
        if end < len(found):
            asked = dict(call.query) | {"from": end}
            more = f"/xapi/as-of/{call.path['as_of']}/xAPI/statements?{urlencode(asked)}"
        through = call.as_of.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Answer(
            {"statements": found[int(start) : end], "more": more},
            headers={"X-Experience-API-Version": VERSION, "X-Experience-API-Consistent-Through": through},
        )


@lru_cache(maxsize=8)
def stored_on(seed: int, day: date) -> list[dict[str, Any]]:
    """The statements of one day, in the order of their storing; none on a day without a workshop."""
    workshop = workshop_on(day)
    if workshop is None:
        return []
    held = edition(seed, workshop.number)
    course = f"{HOME}/courses/{workshop.course_id}"
    told: list[tuple[Officer, str, str, str, dict[str, Any]]] = []
    for enrolment in held.enrolments:
        tests = (
            ("pre", enrolment.pre_test_on, enrolment.pre_test_score),
            ("post", enrolment.post_test_on, enrolment.post_test_score),
        )
        for phase, taken_on, score in tests:
            if taken_on == day and score is not None:
                told.append((enrolment.officer, "scored", f"{course}/tests/{phase}", f"{phase}-test", _result(score)))
        if workshop.ends_on == day and enrolment.has_passed:
            told.append((enrolment.officer, "completed", course, workshop.name, {"completion": True}))
    for session in workshop.sessions:
        if session.starts_at.date() == day:
            there = {stay.officer.number: stay.officer for stay in held.stays(session)}
            where = f"{course}/sessions/{session.session_id}"
            told += [(officer, "attended", where, session.title, {}) for officer in there.values()]
    return [_statement(seed, day, number, course, *what) for number, what in enumerate(told)]


def _statement(
    seed: int,
    day: date,
    number: int,
    course: str,
    officer: Officer,
    verb: str,
    target: str,
    name: str,
    result: dict[str, Any],
) -> dict[str, Any]:
    chance = random.Random(f"{seed}|statement|{day}|{number}")
    stored = datetime.combine(day, STORED_AT) + timedelta(seconds=2 * number)
    happened = stored - timedelta(minutes=chance.randint(1, 240))
    actor: dict[str, Any] = {"objectType": "Agent", "name": officer.name}
    if chance.random() < 0.5:
        actor["mbox"] = f"mailto:{officer.email}"
    else:
        actor["account"] = {"homePage": HOME, "name": officer.service_number}
    statement: dict[str, Any] = {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "actor": actor,
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {"objectType": "Activity", "id": target, "definition": {"name": {"en": name}}},
        "context": {
            "platform": "Learning of the ministry (synthetic)",
            "contextActivities": {"parent": [{"objectType": "Activity", "id": course}]},
        },
        "timestamp": happened.isoformat().replace("+00:00", "Z"),
        "stored": stored.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "version": VERSION,
    }
    return statement | ({"result": result} if result else {})


def _result(score: int) -> dict[str, Any]:
    return {
        "score": {"scaled": score / MAX_SCORE, "raw": score, "min": 0, "max": MAX_SCORE},
        "success": score >= PASS_MARK,
    }


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _instant_of(call: Call, name: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(call.query[name]) if name in call.query else otherwise
    except ValueError:
        raise _bad(f"{name} is no time of ISO 8601") from None


def _bad(message: str) -> Refused:
    return Refused(Answer({"error": 400, "message": message}, 400))


PROTOCOL = Lrs
