"""Moodle as the sandbox speaks it: the four web service functions that ``sources/moodle.py`` asks, over REST.

What it tells is a list of ``Course``, plain data: enrolled ``Person``s with their progress and ``Grade``s. Times are
UTC. All is as of the moment asked for: who enrolled later, a criterion met later and a grade given later are not
there yet. The sandbox serves ``SeriesMoodle``, the workshops of the series; to serve other courses instead:

    site = Moodle([Course(2, "DIP-101", "Protocol", people=[Person(7, "Aisha", "Noor", idnumber="FSO-7")])])
    with Sandbox(seed, also=[site]) as sandbox:
        settings = sandbox.settings("moodle", as_of)

``Course.refused`` makes it answer one function for one course with an error code, ``Moodle.functions`` is what the
token's service holds, and ``server.Fault`` plays the rest. An error comes with status 200, as Moodle's do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from pydantic import SecretStr

from orchestration.sandbox.ministry import Ministry
from orchestration.sandbox.series import (
    API_SINCE,
    MAX_SCORE,
    SESSION_MINUTES,
    WITHOUT_EMAIL_SHARE,
    WITHOUT_NUMBER_SHARE,
    Edition,
    Enrolment,
    edition,
    workshop_in_quarter_of,
)
from orchestration.sandbox.server import Answer, Call, FaultKind, Limit

FUNCTIONS = (
    "core_course_get_courses",
    "core_enrol_get_enrolled_users",
    "core_completion_get_course_completion_status",
    "gradereport_user_get_grade_items",
)
ALL, ANY = 1, 2
"""How a course's criteria make its completion."""
SITE = {"id": 1, "shortname": "site", "fullname": "Front page", "categoryid": 0, "startdate": 0, "enddate": 0}

_MESSAGES = {
    "invalidtoken": ("core\\exception\\moodle_exception", "Invalid token - token not found"),
    "accessexception": ("webservice_access_exception", "Access control exception"),
    "invalidrecord": ("dml_missing_record_exception", "Can't find data record in database."),
    "nopermissions": (
        "required_capability_exception",
        "Sorry, but you do not currently have permissions to do that (View all grades).",
    ),
    "cannotviewreport": ("moodle_exception", "You cannot view this report"),
    "nocriteriaset": ("moodle_exception", "No completion criteria set for this course"),
    "usernotenroled": ("moodle_exception", "User is not enrolled in this course"),
}


@dataclass(frozen=True)
class Grade:
    """A person's grade of one item; ``graded_at`` is None, and so the grade too, until somebody gives it."""

    item_id: int
    name: str | None
    grade: float
    graded_at: datetime | None
    submitted_at: datetime | None = None
    minimum: float = 0
    maximum: float = 100
    kind: str = "mod"
    """``course`` is the course's total, ``mod`` an activity."""
    module: str | None = "quiz"


@dataclass(frozen=True)
class Person:
    """Somebody enrolled in a course. ``met`` has an entry for each of the course's criteria, in their order: when it
    was met, or None. Who is not ``is_tracked``, as a teacher, has no completion and no grades."""

    user_id: int
    firstname: str
    lastname: str
    email: str | None = None
    idnumber: str = ""
    username: str | None = None
    department: str = ""
    roles: Sequence[str] = ("student",)
    customfields: Mapping[str, str] = field(default_factory=dict)
    enrolled_at: datetime | None = None
    seen_at: datetime | None = None
    met: Sequence[datetime | None] = ()
    grades: Sequence[Grade] = ()
    is_tracked: bool = True
    is_hidden: bool = False
    """The token may not see the person, whom Moodle then leaves out of a page already cut."""


@dataclass(frozen=True)
class Course:
    """``criteria`` are titles of what completes the course, of which ``aggregation`` (ALL or ANY) are needed."""

    course_id: int
    shortname: str
    fullname: str
    people: Sequence[Person] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    criteria: Sequence[str] = ()
    aggregation: int = ALL
    has_completion: bool = True
    idnumber: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Functions that are refused for this course, with Moodle's error code."""


class Moodle:
    """Moodle's protocol over ``courses``; a platform of ``server.Sandbox``."""

    name = "moodle"
    # Moodle itself limits nothing.
    limit = Limit(1_000_000, 60)

    def __init__(self, courses: Sequence[Course], functions: Sequence[str] = FUNCTIONS):
        self.courses, self.functions = list(courses), functions
        self.asked: list[Mapping[str, str]] = []
        """The forms received, without tokens."""
        self.routes: dict[str, Callable[[Call], Answer]] = {"/webservice/rest/server.php": self.serve}

    def settings(self, base_url: str, token: str) -> dict[str, Any]:
        return {"moodle_base_url": base_url, "moodle_token": SecretStr(token)}

    def is_authorised(self, headers: Mapping[str, str], token: str) -> bool:
        """The token is in the form, so ``serve`` looks at it."""
        return True

    def refusal(self, status: int) -> Answer:
        return _error("invalidtoken") if status == 401 else Answer({"error": f"HTTP {status}"}, status)

    def limit_headers(self, limit: int, remaining: int, reset: int) -> dict[str, str]:
        return {}

    def courses_at(self, as_of: datetime) -> Sequence[Course]:
        return self.courses

    def serve(self, call: Call) -> Answer:
        function, courses = call.form.get("wsfunction", ""), self.courses_at(call.as_of)
        self.asked.append({name: value for name, value in call.form.items() if name != "wstoken"})
        if call.form.get("wstoken") != call.token:
            return _error("invalidtoken")
        if function not in self.functions:
            return _error("accessexception")
        if function == "core_course_get_courses":
            return Answer([SITE, *(self._course(course) for course in courses)])
        course = next((one for one in courses if str(one.course_id) == call.form.get("courseid")), None)
        if course is None:
            return _error("invalidrecord")
        if function in course.refused:
            return _error(course.refused[function])
        people = [one for one in course.people if one.enrolled_at is None or one.enrolled_at <= call.as_of]
        if function == "core_enrol_get_enrolled_users":
            return self._users(course, people, call)
        if function == "gradereport_user_get_grade_items":
            graded = [self._graded(course, one, call.as_of) for one in people if one.is_tracked]
            return Answer({"usergrades": graded, "warnings": []})
        person = next((one for one in people if str(one.user_id) == call.form.get("userid")), None)
        return self._completion(course, person, call.as_of)

    def _course(self, course: Course) -> dict[str, Any]:
        return {
            "id": course.course_id,
            "shortname": course.shortname,
            "fullname": course.fullname,
            "displayname": course.fullname,
            "categoryid": 1,
            "idnumber": course.idnumber,
            "format": "topics",
            "showgrades": 1,
            "startdate": _seconds(course.starts_at),
            "enddate": _seconds(course.ends_at),
            "visible": 1,
            "enablecompletion": int(course.has_completion),
            "timemodified": _seconds(course.starts_at),
        }

    def _users(self, course: Course, people: Sequence[Person], call: Call) -> Answer:
        options = {
            value: call.form.get(f"{name.removesuffix('[name]')}[value]", "")
            for name, value in call.form.items()
            if name.endswith("[name]")
        }
        first, most = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0))
        if call.commits(FaultKind.REPEATED_PAGE):
            first = 0
        ordered = sorted(people, key=lambda one: one.user_id)
        page = ordered[first : first + most] if most else ordered[first:]
        wanted = set(options.get("userfields", "").split(",")) - {""}
        users = [self._user(course, one, call.as_of) for one in page if not one.is_hidden]
        return Answer([{name: value for name, value in user.items() if name in wanted or not wanted} for user in users])

    def _user(self, course: Course, person: Person, as_of: datetime) -> dict[str, Any]:
        seen = person.seen_at if person.seen_at and person.seen_at <= as_of else None
        told = {
            "id": person.user_id,
            "username": person.username or f"{person.firstname}.{person.lastname}".lower(),
            "firstname": person.firstname,
            "lastname": person.lastname,
            "fullname": f"{person.firstname} {person.lastname}",
            "email": person.email,
            "idnumber": person.idnumber,
            "department": person.department,
            "lastcourseaccess": _seconds(seen),
            "profileimageurl": f"https://moodle.example.org/user/{person.user_id}/icon",
            "customfields": [
                {"type": "text", "shortname": name, "name": name, "value": value}
                for name, value in person.customfields.items()
            ],
            "roles": [
                {"roleid": number, "name": "", "shortname": name, "sortorder": 0}
                for number, name in enumerate(person.roles, start=5)
            ],
            "enrolledcourses": [
                {"id": course.course_id, "fullname": course.fullname, "shortname": course.shortname},
            ],
        }
        return {name: value for name, value in told.items() if value is not None}

    def _completion(self, course: Course, person: Person | None, as_of: datetime) -> Answer:
        if not course.has_completion:
            return _error("cannotviewreport")
        if person is None or not person.is_tracked:
            return _error("usernotenroled")
        if not course.criteria:
            return _error("nocriteriaset")
        met = [*person.met, *[None] * len(course.criteria)][: len(course.criteria)]
        is_met = [one is not None and one <= as_of for one in met]
        rows = [
            {
                "type": 4,
                "title": title,
                "status": "Yes" if done else "No",
                "complete": done,
                "timecompleted": _seconds(at) if done else None,
                "details": {"type": "Activity", "criteria": title, "requirement": "", "status": ""},
            }
            for title, at, done in zip(course.criteria, met, is_met, strict=True)
        ]
        is_complete = all(is_met) if course.aggregation == ALL else any(is_met)
        status = {"completed": is_complete, "aggregation": course.aggregation, "completions": rows}
        return Answer({"completionstatus": status, "warnings": []})

    def _graded(self, course: Course, person: Person, as_of: datetime) -> dict[str, Any]:
        return {
            "courseid": course.course_id,
            "courseidnumber": course.idnumber,
            "userid": person.user_id,
            "userfullname": f"{person.firstname} {person.lastname}",
            "useridnumber": person.idnumber,
            "maxdepth": 2,
            "gradeitems": [self._item(grade, as_of) for grade in person.grades],
        }

    def _item(self, grade: Grade, as_of: datetime) -> dict[str, Any]:
        is_graded = grade.graded_at is not None and grade.graded_at <= as_of
        is_submitted = grade.submitted_at is not None and grade.submitted_at <= as_of
        return {
            "id": grade.item_id,
            "itemname": grade.name,
            "itemtype": grade.kind,
            "itemmodule": grade.module,
            "iteminstance": grade.item_id + 1000,
            "itemnumber": 0,
            "idnumber": "",
            "categoryid": 1,
            "outcomeid": None,
            "scaleid": None,
            "graderaw": grade.grade if is_graded else None,
            "gradedatesubmitted": _seconds(grade.submitted_at) if is_submitted else None,
            "gradedategraded": _seconds(grade.graded_at) if is_graded else None,
            "gradeishidden": False,
            "grademin": grade.minimum,
            "grademax": grade.maximum,
            "feedback": "",
            "feedbackformat": 0,
        }


def _error(code: str) -> Answer:
    exception, message = _MESSAGES.get(code, ("moodle_exception", code))
    return Answer({"exception": exception, "errorcode": code, "message": message})


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


FIRST_COURSE_ID = 101
ENROLLED_BEFORE = timedelta(days=14)
OPEN_AFTER = timedelta(weeks=8)
"""So long after a workshop its course ends."""
ACTIVITIES = ("quiz", "assign")
DONE_SHARE, WITHDRAWN_DONE_SHARE = 0.85, 0.15


class SeriesMoodle(Moodle):
    """The series' workshops since ``series.API_SINCE``, each a course from when its people are enrolled: two pieces of
    homework, which complete it."""

    def __init__(self, ministry: Ministry):
        super().__init__([])
        self._seed = ministry.seed

    def courses_at(self, as_of: datetime) -> Sequence[Course]:
        first, last = workshop_in_quarter_of(API_SINCE), workshop_in_quarter_of((as_of + ENROLLED_BEFORE).date())
        found = (series_course(self._seed, number) for number in range(first.number, last.number + 1))
        return [course for course in found if course.starts_at and course.starts_at - ENROLLED_BEFORE <= as_of]


@lru_cache(maxsize=16)
def series_course(seed: int, number: int) -> Course:
    """The workshop of that number as a course, with whom it has enrolled; a trainer is among them."""
    held = edition(seed, number)
    workshop = held.workshop
    starts_at = datetime.combine(workshop.starts_on, time(), UTC)
    trainer = Person(
        1, "Series", "Trainer (synthetic)", "trainers@mofa.example", roles=("editingteacher",), is_tracked=False
    )
    return Course(
        FIRST_COURSE_ID + number,
        workshop.course_id,
        workshop.name,
        people=[trainer, *(_enrolled(held, enrolment) for enrolment in held.enrolments)],
        starts_at=starts_at,
        ends_at=datetime.combine(workshop.ends_on, time(), UTC) + OPEN_AFTER,
        criteria=ACTIVITIES,
        idnumber=workshop.course_id,
    )


def _enrolled(held: Edition, enrolment: Enrolment) -> Person:
    officer, workshop = enrolment.officer, held.workshop
    chance = held.chance("moodle", officer.number)
    starts_at = datetime.combine(workshop.starts_on, time(), UTC)
    has_number, has_email = chance.random() >= WITHOUT_NUMBER_SHARE, chance.random() >= WITHOUT_EMAIL_SHARE
    handed_in = [
        starts_at + timedelta(minutes=chance.randint(SESSION_MINUTES, 9 * 24 * 60))
        if chance.random() < (WITHDRAWN_DONE_SHARE if enrolment.has_withdrawn else DONE_SHARE)
        else None
        for _ in ACTIVITIES
    ]
    grades = [
        Grade(
            item_id=10 * (FIRST_COURSE_ID + workshop.number) + number,
            name=f"Homework {number}",
            grade=min(max(round(chance.gauss(65 + officer.talent, 12)), 0), MAX_SCORE),
            graded_at=moment and moment + timedelta(minutes=chance.randint(1, 24 * 60)),
            submitted_at=moment,
            maximum=MAX_SCORE,
            module=module,
        )
        for number, (module, moment) in enumerate(zip(ACTIVITIES, handed_in, strict=True), start=1)
    ]
    return Person(
        officer.number + 2,
        officer.given,
        officer.family,
        officer.email if has_email else None,
        idnumber=officer.service_number if has_number else "",
        enrolled_at=starts_at - timedelta(minutes=chance.randint(1, 13 * 24 * 60)),
        seen_at=next((moment for moment in handed_in if moment), None),
        met=handed_in,
        grades=grades,
    )


PROTOCOL = SeriesMoodle
