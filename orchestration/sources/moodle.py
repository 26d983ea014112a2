"""Moodle: courses, who is enrolled in them, who completed them, and with which grades.

Source: Moodle's web services over REST as of 4.x, ``core_course_get_courses``, ``core_enrol_get_enrolled_users``,
``core_completion_get_course_completion_status`` and ``gradereport_user_get_grade_items``. Times are UTC. Moodle tells
how things are now: a row is an observation, and the day is the one it stands for. People are personal data: they
stay in the landing and in the warehouse's restricted schema. Raises SourceError for what costs the whole reading.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from pydantic import SecretStr

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Batch, Landing, Progress, Receipt, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Api, Refusal, TokenRefused, Unreachable, address_of
from orchestration.sources.platform import MOST_FAILURES_IN_A_ROW, as_json, at, utc

_ID = "^[0-9]+$"


def _time(name: str):
    """A time of Moodle's, which writes seconds since 1970 and 0 for none; ``with_times`` puts it there."""
    return optional(name, TIMESTAMP, paths=(f"$.utc_times.{name}",))


COURSES = Contract(
    "moodle",
    "courses",
    (
        # Names with an underscore at a payload's top are ours: Moodle writes without.
        key("id", pattern=_ID),
        required("shortname"),
        required("fullname"),
        optional("idnumber"),
        optional("categoryid"),
        _time("startdate"),
        _time("enddate"),
        optional("visible", pl.Boolean),
        optional("enablecompletion", pl.Boolean),
        _time("timemodified"),
    ),
    "One row per course and day observed; the site's own front page is none.",
)
ENROLMENTS = Contract(
    "moodle",
    "enrolments",
    (
        key("course_id", pattern=_ID),
        key("user_id", paths=("$.id",), pattern=_ID),
        optional("service_number"),
        optional("username"),
        optional("fullname"),
        optional("firstname"),
        optional("lastname"),
        optional("email"),
        optional("idnumber"),
        optional("department"),
        optional("institution"),
        optional("city"),
        optional("country"),
        optional("role_names"),
        _time("lastcourseaccess"),
    ),
    "One row per course, person enrolled in it and day observed.",
)
COMPLETIONS = Contract(
    "moodle",
    "completions",
    (
        key("course_id", pattern=_ID),
        key("user_id", pattern=_ID),
        required("completed", pl.Boolean, paths=("$.completionstatus.completed",)),
        required("aggregation", paths=("$.completionstatus.aggregation",), allowed=("1", "2")),
        count("criteria", "$.criteria_count"),
        count("criteria_complete"),
        _time("first_criterion"),
        _time("last_criterion"),
    ),
    "One row per course with completion criteria, person tracked in it and day observed. first_criterion and "
    "last_criterion are when the first and the last of the criteria that are met were met.",
)
GRADES = Contract(
    "moodle",
    "grades",
    (
        key("course_id", pattern=_ID),
        key("user_id", pattern=_ID),
        key("item_id", paths=("$.id",), pattern=_ID),
        optional("itemname"),
        required("itemtype"),
        optional("itemmodule"),
        optional("iteminstance"),
        optional("idnumber"),
        optional("graderaw", pl.Float64),
        optional("grademin", pl.Float64),
        optional("grademax", pl.Float64),
        optional("gradeishidden", pl.Boolean),
        _time("gradedatesubmitted"),
        _time("gradedategraded"),
    ),
    "One row per course, person, grade item and day observed; graderaw is NULL while nothing is graded.",
)
CONTRACTS = (COURSES, ENROLMENTS, COMPLETIONS, GRADES)

PATH = "webservice/rest/server.php"
SITE = "1"
"""Moodle keeps its front page as a course of this id."""
MOST_PAGES = 10_000
LAST_SECOND = 253_402_300_799
"""Of the year 9999; later is no time that a warehouse can hold."""
USER_FIELDS = (
    "id,username,fullname,firstname,lastname,email,idnumber,department,institution,city,country,lastcourseaccess,"
    "customfields,roles"
)
"""What is asked of people, and no more: no telephone, address, picture or other courses."""

GET_COURSES = "core_course_get_courses"
GET_USERS = "core_enrol_get_enrolled_users"
GET_COMPLETION = "core_completion_get_course_completion_status"
GET_GRADES = "gradereport_user_get_grade_items"
CAPABILITIES = {
    GET_COURSES: "moodle/course:view and moodle/course:viewhiddencourses",
    GET_USERS: "moodle/course:viewparticipants and moodle/site:accessallgroups",
    GET_COMPLETION: "report/completion:view and moodle/site:accessallgroups",
    GET_GRADES: "gradereport/user:view, moodle/grade:viewall and moodle/site:accessallgroups",
}

_TOKEN_REFUSED = ("invalidtoken", "invalidtimedtoken", "invalidiptoken", "invalidtokensession")
_FUNCTION_REFUSED = ("accessexception", "servicenotavailable")
_CAPABILITY_MISSING = (
    "nopermissions",
    "nopermission",
    "nopermissiontoviewgrades",
    "cannotviewreport",
    "errorcoursecontextnotvalid",
    "notingroup",
    "accessdenied",
)
NO_CRITERIA = ("nocriteriaset", "completionnotenabled")
"""The course has no completion, whoever is asked for."""
NOT_TRACKED = ("usernotenroled", "notenroled")
"""The person's completion is not tracked, as a teacher's is not."""


class FunctionRefused(Refusal):
    """The token's service does not give the function, for any course."""


class Moodle:
    """A Moodle site's web services with one token."""

    def __init__(self, base_url: str, token: SecretStr, settings: Settings):
        self._token, self._page_size = token, settings.moodle_page_size
        self._api = Api("moodle", base_url, **settings.asking)
        self.observed_at = datetime.now(UTC)

    def __enter__(self) -> "Moodle":
        return self

    def __exit__(self, *_) -> None:
        self._api.close()

    def courses(self) -> list[Any]:
        """All courses that the token may see, but for the site's front page."""
        found = self._list(self._ask(GET_COURSES, {}), GET_COURSES)
        return [course for course in found if _id_of(course) != SITE]

    def enrolled(self, course_id: str) -> list[Any]:
        """Everybody enrolled in the course, suspended people among them."""
        found, seen = [], set()
        for page in range(MOST_PAGES):
            options = {
                "userfields": USER_FIELDS,
                "limitfrom": str(page * self._page_size),
                "limitnumber": str(self._page_size),
                "sortby": "id",
            }
            form = {"courseid": course_id}
            for number, (name, value) in enumerate(options.items()):
                form |= {f"options[{number}][name]": name, f"options[{number}][value]": value}
            users = self._list(self._ask(GET_USERS, form), GET_USERS)
            # A page may be short before the end: Moodle cuts it first and then leaves out whom the token may not see.
            if not users:
                return found
            ids = {as_json(user) if _id_of(user) is None else _id_of(user) for user in users}
            if ids <= seen:
                raise SourceError(f"moodle: {GET_USERS} gives one page of course {course_id} again and again")
            seen |= ids
            found += users
        raise SourceError(f"moodle: {GET_USERS} gives more than {MOST_PAGES:,} pages of course {course_id}")

    def completion(self, course_id: str, user_id: str) -> Any:
        return self._ask(GET_COMPLETION, {"courseid": course_id, "userid": user_id})

    def grades(self, course_id: str) -> list[Any]:
        """The grade items of everybody in the course, by person."""
        body = self._ask(GET_GRADES, {"courseid": course_id, "userid": "0"})
        return self._list(at(body, "$.usergrades"), GET_GRADES)

    def _ask(self, function: str, form: dict[str, str]) -> Any:
        asked = {"wsfunction": function, "moodlewsrestformat": "json", **form}
        try:
            answer = self._api.post(PATH, asked, secrets={"wstoken": self._token}, expect=object)
        except Refusal as refusal:
            raise Refusal(
                f"{refusal}; is SIFARAT_MOODLE_BASE_URL the site's address, and are web services and their REST "
                "protocol switched on there?",
                refusal.status,
                refusal.body,
            ) from None
        self.observed_at = answer.observed_at
        # Moodle says what went wrong with status 200.
        if isinstance(answer.body, dict) and "exception" in answer.body:
            raise self._refusal(function, answer.body)
        return answer.body

    def _refusal(self, function: str, body: dict) -> Refusal:
        code = str(body.get("errorcode") or "")
        said = self._api.blotted(" ".join(str(body.get("message") or body["exception"]).split()))[:300]
        told = f"moodle: {function} answered {code}: {said}"
        if code in _TOKEN_REFUSED:
            return TokenRefused(f"{told}; SIFARAT_MOODLE_TOKEN is wrong, expired or not for this host", 200, body)
        if code in _FUNCTION_REFUSED or (code == "invalidrecord" and "external_functions" in said):
            return FunctionRefused(
                f"{told}; the administrator adds {function} to the external service of SIFARAT_MOODLE_TOKEN, enables "
                "that service, gives its user webservice/rest:use, and looks whether the token has run out or is "
                "restricted to another host",
                200,
                body,
            )
        if code in _CAPABILITY_MISSING:
            told += f"; for {function} the administrator gives the token's user {CAPABILITIES[function]}"
        return Refusal(told, 200, body)

    @staticmethod
    def _list(body: Any, function: str) -> list[Any]:
        if not isinstance(body, list):
            raise SourceError(f"moodle: {function} gives no list; is SIFARAT_MOODLE_BASE_URL a Moodle site's?")
        return body


@dataclass
class Reading:
    """What a night read of one table's courses. ``lost`` is whether a course is missing that should be there."""

    rows: list[str] = field(default_factory=list)
    is_lost: bool = False


def connect(settings: Settings) -> Moodle | None:
    """The site of the settings, or None where none is set. Raises SourceError for settings that cannot be used."""
    if settings.moodle_base_url is None and settings.moodle_token is None:
        return None
    if settings.moodle_base_url is None or settings.moodle_token is None:
        raise SourceError("moodle: SIFARAT_MOODLE_BASE_URL and SIFARAT_MOODLE_TOKEN go together; one is not set")
    if address_of(settings.moodle_base_url) is None:
        raise SourceError(
            "moodle: SIFARAT_MOODLE_BASE_URL is no address such as https://moodle.example.org; the token belongs into "
            "SIFARAT_MOODLE_TOKEN"
        )
    return Moodle(settings.moodle_base_url, settings.moodle_token, settings)


def extract(
    moodle: Moodle, landing: Landing, settings: Settings, window: Window, *, is_synthetic: bool, progress: Progress
) -> tuple[list[Receipt], list[str]]:
    """Land the courses, and what became of the people in those that are open: begun or to come, and ended at most
    ``trailing_days`` before the window's end; also what could not be read, in words.

    A course that Moodle refuses costs only itself, a function that the token may not use only its table. A table of
    which nothing could be read keeps what an earlier reading landed. Raises SourceError when the courses cannot be
    read.
    """
    listed = moodle.courses()
    observed_at = moodle.observed_at
    day = window.day_observed(observed_at)

    def land(contract: Contract, rows: list[str]) -> Receipt:
        return landing.write(
            Batch(
                contract=contract,
                batch_id=f"{window.start:%Y%m%d}-{window.end - timedelta(days=1):%Y%m%d}",
                source_file="moodle api",
                observed_at=observed_at,
                day=day,
                text=contract.from_payloads(rows),
                is_synthetic=is_synthetic,
            )
        )

    receipts = [land(COURSES, [course_payload(course) for course in listed])]
    courses = [course for course in listed if is_open(course, window, settings.trailing_days)]
    night = _Night(moodle, settings, window)
    for done, course in enumerate(courses, start=1):
        night.read(course)
        progress("moodle: courses read", done, len(courses))
        if night.stopped:
            if done < len(courses):
                night.tell(f"courses not asked for after that: {len(courses) - done}")
            break
    observed_at = moodle.observed_at
    for contract, reading in night.readings.items():
        if reading.rows or not reading.is_lost:
            receipts.append(land(contract, reading.rows))
    return receipts, night.told


class _Night:
    """Reads one course after the other and keeps count of what failed."""

    def __init__(self, moodle: Moodle, settings: Settings, window: Window):
        self._moodle, self._window = moodle, window
        self._service_number = settings.moodle_service_number
        self.readings = {contract: Reading() for contract in (ENROLMENTS, COMPLETIONS, GRADES)}
        self.told: list[str] = []
        self.stopped = False
        self._refused: set[Contract] = set()
        self._failures = 0

    def tell(self, words: str) -> None:
        self.told.append(words)

    def read(self, course: dict) -> None:
        course_id, users = _id_of(course) or "", []

        def enrolments() -> list[str]:
            users.extend(self._moodle.enrolled(course_id))
            return [user_payload(course_id, user, self._service_number) for user in users]

        is_known_who = self._take(ENROLMENTS, course, enrolments)
        if not has_begun(course, self._window):
            return
        if at(course, "$.enablecompletion") not in (0, False):
            if is_known_who:
                self._take(COMPLETIONS, course, lambda: list(self._completions(course_id, users)))
            else:
                self.readings[COMPLETIONS].is_lost = True
        self._take(GRADES, course, lambda: list(grade_payloads(course_id, self._moodle.grades(course_id))))

    def _take(self, contract: Contract, course: dict, read: Callable[[], list[str]]) -> bool:
        """Whether the course's part of the table was read whole; else nothing of it is kept."""
        reading = self.readings[contract]
        if not self.stopped and contract not in self._refused:
            try:
                reading.rows += read()
                self._failures = 0
                return True
            except SourceError as error:
                self._failed(contract, course, error)
        reading.is_lost = True
        return False

    def _failed(self, contract: Contract, course: dict, error: SourceError) -> None:
        status = error.status if isinstance(error, Refusal) else 0
        self._failures = self._failures + 1 if isinstance(error, Unreachable) or status >= 500 else 0
        # What Moodle itself refuses bears status 200; any other is of the site, whatever the course.
        is_of_the_site = isinstance(error, TokenRefused) or 300 <= status < 500
        self.stopped = is_of_the_site or self._failures >= MOST_FAILURES_IN_A_ROW
        if isinstance(error, FunctionRefused):
            self._refused.add(contract)
            self.tell(f"no course's {contract.table}: {error}")
        else:
            self.tell(f"course {_id_of(course)} ({at(course, '$.shortname')}), {contract.table}: {error}")

    def _completions(self, course_id: str, users: list[Any]) -> Iterator[str]:
        for user in users:
            user_id = _id_of(user)
            if user_id is None:
                continue
            try:
                yield completion_payload(course_id, user_id, self._moodle.completion(course_id, user_id))
            except Refusal as refusal:
                code = at(refusal.body, "$.errorcode")
                if code in NO_CRITERIA:
                    return
                if code not in NOT_TRACKED:
                    raise


def is_open(course: Any, window: Window, trailing_days: int) -> bool:
    """Whether a course is still to be read: it has no end, or one at most ``trailing_days`` before the window's end,
    or within the window."""
    if _id_of(course) is None:
        return False
    ended_at = utc(instant(course.get("enddate")))
    return ended_at is None or ended_at >= min(window.start_at, window.end_at - timedelta(days=trailing_days))


def has_begun(course: dict, window: Window) -> bool:
    started_at = utc(instant(course.get("startdate")))
    return started_at is None or started_at < window.end_at


def course_payload(course: Any) -> str:
    return with_times(course, "startdate", "enddate", "timemodified")


def user_payload(course_id: str, user: Any, service_number: str) -> str:
    """An enrolled person as received, with the course, the roles' short names and the service number beside."""
    if not isinstance(user, dict):
        return as_json(user)
    roles = _listed(user.get("roles"))
    names = sorted({str(name) for role in roles if (name := at(role, "$.shortname"))})
    own = {str(at(one, "$.shortname")): at(one, "$.value") for one in _listed(user.get("customfields"))}
    beside = {
        "course_id": course_id,
        "role_names": ", ".join(names) or None,
        "service_number": user.get(service_number) or own.get(service_number),
    }
    return with_times(user | beside, "lastcourseaccess")


def completion_payload(course_id: str, user_id: str, body: Any) -> str:
    """A completion status as received, with whose it is, and when the criteria that are met were met."""
    if not isinstance(body, dict):
        return as_json(body)
    criteria = _listed(at(body, "$.completionstatus.completions"))
    met = [one for one in criteria if at(one, "$.complete") in (True, 1)]
    # One met without a time has 0 or nothing there.
    told = [time for one in met if (time := at(one, "$.timecompleted"))]
    # What is no number is no time either, and is kept to be rejected for it.
    times = [time for time in told if not isinstance(time, int)] or sorted(told)
    beside = {
        "course_id": course_id,
        "user_id": user_id,
        "criteria_count": len(criteria),
        "criteria_complete": len(met),
        "first_criterion": times[0] if times else 0,
        "last_criterion": times[-1] if times else 0,
    }
    return with_times(body | beside, "first_criterion", "last_criterion")


def grade_payloads(course_id: str, people: list[Any]) -> Iterator[str]:
    """One payload per person and grade item, as received, with whose it is. What is no object is landed as it is, and
    so reaches quarantine."""
    for person in people:
        if not isinstance(at(person, "$.gradeitems"), list):
            yield as_json(person)
            continue
        beside = {"course_id": course_id, "user_id": at(person, "$.userid")}
        for item in person["gradeitems"]:
            payload = item | beside if isinstance(item, dict) else {"item": item, **beside}
            yield with_times(payload, "gradedatesubmitted", "gradedategraded")


def with_times(payload: Any, *names: str) -> str:
    """The payload as JSON, with the named times in ISO 8601 beside."""
    if not isinstance(payload, dict):
        return as_json(payload)
    return as_json(payload | {"utc_times": {name: instant(payload.get(name)) for name in names}})


def instant(seconds: Any) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC; None for none, and the text itself where it is no possible time, so that
    its record is rejected for it."""
    if seconds in (None, "", 0, "0"):
        return None
    text = str(seconds)
    if isinstance(seconds, bool) or not text.isdecimal() or not text.isascii() or int(text) > LAST_SECOND:
        return f"no time, {text}"
    return datetime.fromtimestamp(int(text), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _id_of(payload: Any) -> str | None:
    found = at(payload, "$.id")
    return str(found) if isinstance(found, int | str) and str(found).isdecimal() else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
