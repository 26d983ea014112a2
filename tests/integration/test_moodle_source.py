"""Courses of a Moodle site that the sandbox plays over HTTP: what lands, and what a refusal costs."""

import logging
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from pydantic import SecretStr

from orchestration.landing import Landing, Receipt, Window
from orchestration.sandbox.moodle import ANY, FUNCTIONS, Course, Grade, Moodle, Person
from orchestration.sandbox.server import Answer, Fault, FaultKind, Sandbox
from orchestration.settings import Settings
from orchestration.sources import SourceError, moodle

DAY = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("no_waiting")


def march(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


AYESHA = Person(
    7,
    "Ayesha",
    "Noor",
    email="Ayesha.Noor@example.org",
    idnumber="FSO-7",
    department="Protocol",
    customfields={"rank": "BS-18"},
    seen_at=march(2),
    met=[march(1), march(2)],
    grades=[
        Grade(31, "Quiz", 17, march(2, 10), submitted_at=march(2), maximum=20),
        Grade(30, None, 85, march(2, 10), kind="course", module=None),
    ],
)
BILAL = Person(8, "Bilal", "Khan", idnumber="FSO-8", met=[march(1)], grades=[Grade(31, "Quiz", 9, None, maximum=20)])
TRAINER = Person(3, "Tahir", "Shah", roles=("editingteacher", "manager"), is_tracked=False)
PROTOCOL = Course(
    2,
    "DIP-101",
    "Protocol &amp; ceremony",
    people=[AYESHA, BILAL, TRAINER],
    starts_at=datetime(2026, 2, 23, 4, tzinfo=UTC),
    ends_at=march(6),
    criteria=["Quiz", "Essay"],
)


class Site:
    """A Moodle site, and a ministry that reads it into a landing."""

    def __init__(self, root, *courses: Course, functions=FUNCTIONS):
        self.moodle = Moodle(courses, functions)
        self.landing = Landing(root / "landing", is_synthetic=True)
        self.told: list[str] = []
        self.token = ""

    def read(self, *faults: Fault, day: date = DAY, **settings) -> dict[str, Receipt]:
        with self.served(*faults) as given, moodle.connect(given.model_copy(update=settings)) as site:
            receipts, self.told = moodle.extract(
                site,
                self.landing,
                given.model_copy(update=settings),
                Window.of_day(day),
                is_synthetic=True,
                progress=lambda *_: None,
            )
        return {receipt.contract.table: receipt for receipt in receipts}

    @contextmanager
    def served(self, *faults: Fault):
        self.moodle.asked.clear()
        with Sandbox(7, also=[self.moodle], faults=faults) as sandbox:
            self.token = sandbox.token
            yield Settings().model_copy(update=sandbox.settings("moodle", NIGHT))

    def landed(self, contract) -> list[dict]:
        return self.landing.read(contract).sort(*contract.keys).to_dicts()

    def quarantined(self, table: str) -> list[tuple]:
        found = self.landing.root / "_quarantine" / "moodle" / table / f"date={DAY}" / "*.parquet"
        return sorted(pl.read_parquet(found).select("field", "value", "reason").rows(), key=str)

    def files(self) -> dict[str, bytes]:
        root = self.landing.root
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def asked(self, function: str) -> list[str]:
        return [form.get("courseid", "") for form in self.moodle.asked if form["wsfunction"] == function]


@pytest.fixture
def site(tmp_path) -> Callable[..., Site]:
    return lambda *courses, **rest: Site(tmp_path, *courses, **rest)


def test_courses_people_completions_and_grades_land_typed(site):
    one = site(PROTOCOL)
    receipts = one.read()
    assert {table: receipt.landed for table, receipt in receipts.items()} == {
        "courses": 1,
        "enrolments": 3,
        "completions": 2,
        "grades": 3,
    }
    assert one.told == []
    [course] = one.landed(moodle.COURSES)
    assert course["id"] == "2"
    assert course["startdate"] == datetime(2026, 2, 23, 4)
    assert course["enddate"] == datetime(2026, 3, 6, 9)
    assert course["enablecompletion"] is True
    assert course["date"] == DAY
    trainer, ayesha, bilal = sorted(one.landed(moodle.ENROLMENTS), key=lambda row: int(row["user_id"]))
    assert (ayesha["service_number"], ayesha["email"]) == ("FSO-7", "Ayesha.Noor@example.org")
    assert (ayesha["role_names"], trainer["role_names"]) == ("student", "editingteacher, manager")
    assert (ayesha["lastcourseaccess"], bilal["lastcourseaccess"]) == (datetime(2026, 3, 2, 9), None)
    done, begun = one.landed(moodle.COMPLETIONS)
    assert (done["user_id"], done["completed"], done["aggregation"]) == ("7", True, "1")
    assert (done["first_criterion"], done["last_criterion"]) == (datetime(2026, 3, 1, 9), datetime(2026, 3, 2, 9))
    assert (begun["completed"], begun["criteria"], begun["criteria_complete"]) == (False, 2, 1)
    total, quiz, ungraded = one.landed(moodle.GRADES)
    assert (total["itemtype"], total["itemname"], total["graderaw"]) == ("course", None, 85.0)
    assert (quiz["graderaw"], quiz["grademax"]) == (17.0, 20.0)
    assert quiz["gradedategraded"] == datetime(2026, 3, 2, 10)
    assert (ungraded["user_id"], ungraded["graderaw"], ungraded["gradedategraded"]) == ("8", None, None)


def test_no_more_is_asked_of_people_than_is_used(site):
    one = site(PROTOCOL)
    one.read()
    raw = "".join(row["raw"] for row in one.landed(moodle.ENROLMENTS))
    assert "profileimageurl" not in raw
    assert "enrolledcourses" not in raw


def test_a_service_number_in_a_profile_field_is_found(site):
    one = site(PROTOCOL)
    one.read(moodle_service_number="rank")
    assert {row["user_id"]: row["service_number"] for row in one.landed(moodle.ENROLMENTS)} == {
        "3": None,
        "7": "BS-18",
        "8": None,
    }


def test_everybody_of_a_long_course_is_read_though_a_page_is_short(site):
    """Of 23 people in pages of 5, the token may not see six, the whole of the second page among them but one."""
    people = [Person(n, "Person", str(n), is_hidden=n in (3, 6, 7, 8, 9, 23), is_tracked=False) for n in range(1, 24)]
    one = site(replace(PROTOCOL, people=people))
    one.read(moodle_page_size=5)
    assert sorted(int(row["user_id"]) for row in one.landed(moodle.ENROLMENTS)) == [
        n for n in range(1, 23) if n not in (3, 6, 7, 8, 9)
    ]
    # Pages that begin at 0, 5, 10, 15 and 20, and the empty one at 25.
    assert len(one.asked("core_enrol_get_enrolled_users")) == 6


def test_a_site_that_gives_one_page_again_and_again_costs_that_course_only(site):
    other = replace(PROTOCOL, course_id=4, shortname="DIP-102")
    one = site(PROTOCOL, other)
    one.read(Fault(FaultKind.REPEATED_PAGE, "get_enrolled_users", "courseid=2&", times=9), moodle_page_size=2)
    assert {row["course_id"] for row in one.landed(moodle.ENROLMENTS)} == {"4"}
    assert len(one.told) == 1
    assert "course 2 (DIP-101), enrolments" in one.told[0]
    assert "again and again" in one.told[0]


def test_a_second_reading_gives_the_same_files(site):
    one = site(PROTOCOL)
    one.read()
    first = one.files()
    one.read()
    assert one.files() == first


def test_people_are_asked_for_only_in_open_courses_and_completions_only_in_begun_ones(site):
    """Of 28 days before 3 March the first is 3 February."""
    ended = replace(PROTOCOL, course_id=10, shortname="old", ends_at=datetime(2026, 2, 2, 23, tzinfo=UTC))
    just_ended = replace(PROTOCOL, course_id=11, shortname="recent", ends_at=datetime(2026, 2, 3, 1, tzinfo=UTC))
    endless = replace(PROTOCOL, course_id=12, shortname="endless", ends_at=None)
    to_come = replace(PROTOCOL, course_id=13, shortname="next", starts_at=march(9), ends_at=march(13))
    one = site(ended, just_ended, endless, to_come)
    one.read(trailing_days=28)
    assert [row["shortname"] for row in one.landed(moodle.COURSES)] == ["old", "recent", "endless", "next"]
    assert set(one.asked("core_enrol_get_enrolled_users")) == {"11", "12", "13"}
    assert set(one.asked("core_completion_get_course_completion_status")) == {"11", "12"}
    assert one.asked("gradereport_user_get_grade_items") == ["11", "12"]


def test_a_course_without_completion_is_no_failure(site):
    switched_off = replace(PROTOCOL, course_id=4, shortname="off", has_completion=False)
    no_criteria = replace(PROTOCOL, course_id=5, shortname="none", criteria=[])
    one = site(switched_off, no_criteria, PROTOCOL)
    one.read()
    assert one.told == []
    assert {row["course_id"] for row in one.landed(moodle.COMPLETIONS)} == {"2"}
    # Nothing of the first; of the second the trainer, who is not tracked, and then one whom Moodle says it of.
    assert one.asked("core_completion_get_course_completion_status").count("4") == 0
    assert one.asked("core_completion_get_course_completion_status").count("5") == 2


def test_any_criterion_is_enough_where_the_course_says_so(site):
    one = site(replace(PROTOCOL, aggregation=ANY))
    one.read()
    assert [(row["completed"], row["aggregation"]) for row in one.landed(moodle.COMPLETIONS)] == [(True, "2")] * 2


@pytest.mark.parametrize(
    ("function", "code", "table", "capability"),
    [
        ("core_enrol_get_enrolled_users", "errorcoursecontextnotvalid", "enrolments", "moodle/course:viewparticipants"),
        ("core_completion_get_course_completion_status", "cannotviewreport", "completions", "report/completion:view"),
        ("gradereport_user_get_grade_items", "nopermissions", "grades", "moodle/grade:viewall"),
    ],
)
def test_a_course_that_is_refused_costs_that_course_only_and_says_what_to_grant(
    site, function, code, table, capability
):
    refused = replace(PROTOCOL, course_id=4, shortname="DIP-102", refused={function: code})
    one = site(refused, PROTOCOL)
    one.read()
    [contract] = [contract for contract in moodle.CONTRACTS if contract.table == table]
    assert {row["course_id"] for row in one.landed(contract)} == {"2"}
    assert {row["course_id"] for row in one.landed(moodle.GRADES)} == ({"2"} if table == "grades" else {"2", "4"})
    [told] = one.told
    assert told.startswith(f"course 4 (DIP-102), {table}: moodle: {function} answered {code}")
    assert capability in told


def test_a_function_that_the_service_lacks_is_asked_once_and_told_once(site):
    functions = [name for name in FUNCTIONS if name != "gradereport_user_get_grade_items"]
    one = site(PROTOCOL, replace(PROTOCOL, course_id=4, shortname="DIP-102"), functions=functions)
    receipts = one.read()
    assert set(receipts) == {"courses", "enrolments", "completions"}
    assert one.asked("gradereport_user_get_grade_items") == ["2"]
    [told] = one.told
    assert "the administrator adds gradereport_user_get_grade_items to the external service" in told


def test_what_could_not_be_read_again_stays_as_it_was_landed(site):
    one = site(PROTOCOL)
    one.read()
    one.moodle.functions = ["core_course_get_courses"]
    one.read()
    assert len(one.landed(moodle.GRADES)) == 3
    assert len(one.landed(moodle.ENROLMENTS)) == 3


def test_a_wrong_token_stops_the_reading_and_names_the_setting(site):
    one = site(PROTOCOL)
    with pytest.raises(SourceError, match=r"invalidtoken.*SIFARAT_MOODLE_TOKEN") as error:
        one.read(moodle_token=SecretStr("MARKED5ECRET"))
    assert "MARKED5ECRET" not in str(error.value)
    assert len(one.moodle.asked) == 1


def test_a_token_that_runs_out_midway_asks_nothing_more_and_keeps_what_was_read(site):
    one = site(PROTOCOL, *(replace(PROTOCOL, course_id=n, shortname=f"DIP-{n}") for n in (4, 5)))
    one.read(Fault(FaultKind.EXPIRED_TOKEN, "gradereport", "courseid=4", times=99))
    assert {row["course_id"] for row in one.landed(moodle.ENROLMENTS)} == {"2", "4"}
    assert {row["course_id"] for row in one.landed(moodle.GRADES)} == {"2"}
    assert "SIFARAT_MOODLE_TOKEN" in one.told[0]
    assert one.told[1] == "courses not asked for after that: 1"


@pytest.mark.parametrize(
    "kind", [FaultKind.SERVER_ERROR, FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED, FaultKind.CUT, FaultKind.MALFORMED]
)
def test_a_fault_that_passes_is_waited_for(site, kind):
    one = site(PROTOCOL)
    receipts = one.read(*(Fault(kind, name, times=2) for name in FUNCTIONS))
    assert receipts["grades"].landed == 3
    assert one.told == []


def test_odd_payloads_go_to_quarantine_with_field_and_reason(site):
    one = site(PROTOCOL)
    serve = one.moodle.serve

    def odd(call) -> Answer:
        answer = serve(call)
        function, body = call.form["wsfunction"], answer.body
        if function == "core_course_get_courses":
            body += [{"id": "x1", "shortname": "s", "fullname": "f"}, {**body[1], "id": 9, "startdate": "soon"}, 17]
        if function == "core_enrol_get_enrolled_users" and body and call.form["courseid"] == "2":
            body += ["nobody", {"fullname": "Nameless"}]
        if function == "gradereport_user_get_grade_items" and call.form["courseid"] == "2":
            body["usergrades"] += ["nothing"]
            body["usergrades"][0]["gradeitems"] += [{"id": 5, "itemtype": "mod", "graderaw": "good"}]
        if function == "core_completion_get_course_completion_status" and call.form["userid"] == "8":
            body["completionstatus"]["aggregation"] = 3
        return answer

    one.moodle.routes["/webservice/rest/server.php"] = odd
    receipts = one.read()
    assert [receipts[name].quarantined for name in ("courses", "enrolments", "completions", "grades")] == [3, 2, 1, 2]
    required = "required, but empty or missing"
    assert one.quarantined("courses") == [
        ("fullname", None, required),
        ("id", "x1", "does not look like ^[0-9]+$"),
        ("id", None, required),
        ("shortname", None, required),
        ("startdate", "no time, soon", "not a possible time"),
    ]
    assert one.quarantined("enrolments") == [
        ("course_id", None, required),
        ("user_id", None, required),
        ("user_id", None, required),
    ]
    assert one.quarantined("completions") == [("aggregation", "3", "not one of 1, 2")]
    assert ("graderaw", "good", "not a number") in one.quarantined("grades")
    assert one.landed(moodle.COURSES)[0]["id"] == "2"
    assert len(one.landed(moodle.GRADES)) == 3


def test_the_token_is_in_no_address_file_log_or_message(site, caplog):
    caplog.set_level(logging.DEBUG)
    refused = replace(PROTOCOL, course_id=4, shortname="DIP-102", refused={FUNCTIONS[3]: "nopermissions"})
    one = site(PROTOCOL, refused)
    one.read(Fault(FaultKind.SERVER_ERROR, "gradereport", times=99))
    assert one.token
    assert one.told
    for text in (caplog.text, *one.told, *(content.decode(errors="replace") for content in one.files().values())):
        assert one.token not in text
    for contract in moodle.CONTRACTS:
        assert one.token not in "".join(one.landing.read(contract)["raw"])


def test_a_site_elsewhere_is_told_with_what_to_look_at(site):
    one = site(PROTOCOL)
    with one.served() as given:
        wrong = given.model_copy(update={"moodle_base_url": f"{given.moodle_base_url}/elsewhere"})
        told = r"404.*SIFARAT_MOODLE_BASE_URL.*REST protocol"
        with moodle.connect(wrong) as elsewhere, pytest.raises(SourceError, match=told):
            elsewhere.courses()


def test_a_day_read_long_after_it_is_observed_when_it_was_read(site):
    one = site(PROTOCOL)
    one.read()
    one.read(day=DAY - timedelta(days=40))
    assert {row["date"] for row in one.landed(moodle.COURSES)} == {DAY, NIGHT.date()}
