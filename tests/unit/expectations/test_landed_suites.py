"""Each fault planted here keeps every record's contract; only looking at the records together shows it."""

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import DAY, LANDED, NIGHT, failures

from expectations.audit import audit
from expectations.landing import landed_views
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import platform_exports, sheets

MISSION = {
    "mission_id": "colombo",
    "name": "High commission in Colombo",
    "kind": "high_commission",
    "city": "Colombo",
    "country_code": "LK",
    "country": "Sri Lanka",
    "region": "South Asia",
    "time_zone": "Asia/Colombo",
    "latitude": "6.9",
    "longitude": "79.9",
}
REGISTERED = {
    "platform": "x",
    "handle": "Colombo",
    "native_id": "7",
    "mission_id": "colombo",
    "registered_from": "2025-01-01",
}
X_ACCOUNT = {
    "id": "7",
    "username": "Colombo",
    "name": "High commission in Colombo",
    "created_at": "2020-01-01T00:00:00Z",
    "public_metrics": {"followers_count": 1000},
}
# The id was given at 2026-01-02T09:00:00Z.
X_POST = {
    "id": str((1767344400000 - 1288834974657) << 22),
    "author_id": "7",
    "text": "Salaam",
    "created_at": "2026-01-02T09:00:00Z",
    "public_metrics": {"like_count": 3},
}
X_TIMELINE = {
    "account_native_id": "7",
    "window_start": "2026-01-01T00:00:00Z",
    "window_end": "2026-01-03T00:00:00Z",
    "posts_read": "1",
}
EXPORTED = {
    "platform": "facebook",
    "post_id": "1_2",
    "account_handle": "Colombo",
    "posted_at": "2026-01-02T09:00:00Z",
    "reach": "10",
    "impressions": "20",
}
COURSE = {"course_id": "protocol", "name": "Protocol", "starts_on": "2026-01-05", "length_days": "5"}
REGISTRATION = {"course_id": "protocol", "person_id": "FSO-4711", "mission_id": "colombo", "outcome": "Pass"}
ASSESSMENT = {"assessment_id": "post-test", "course_id": "protocol", "weight": "100", "max_score": "20"}
RESULT = {"assessment_id": "post-test", "person_id": "FSO-4711", "submitted_on": "2026-01-02", "score": "18"}
STATEMENT = {
    "statement_id": "00000000-0000-0000-0000-000000000001",
    "stored": "2026-01-02T09:00:00Z",
    "timestamp": "2026-01-02T08:00:00Z",
    "verb": {"id": "http://adlnet.gov/expapi/verbs/scored"},
    "actor": {"mbox": "mailto:ayesha@example.org"},
    "result": {"score": {"scaled": 0.5, "raw": 10, "min": 0, "max": 20}},
}
SESSION = {
    "session_id": "protocol-1",
    "course_id": "protocol",
    "starts_at": "2026-01-05T09:00:00Z",
    "ends_at": "2026-01-05T10:00:00Z",
    "present_share": "0.8",
}
SIGN_IN = {
    "session_id": "protocol-1",
    "person": "Aisha Noor",
    "signed_at": "2026-01-05T09:00:00Z",
    "left_at": "2026-01-05T10:00:00Z",
}
STAY = {
    "meeting_key": "meeting",
    "participant_key": "1",
    "joined_at": "2026-01-05T09:00:00Z",
    "left_at": "2026-01-05T10:00:00Z",
}
MOODLE_COURSE = {"id": 2, "shortname": "DIP-101", "fullname": "Protocol"}
ENROLMENT = {"course_id": "2", "id": 7, "service_number": "FSO-7"}
COMPLETION = {
    "course_id": "2",
    "user_id": "7",
    "completionstatus": {"completed": True, "aggregation": 1},
    "criteria_count": 2,
    "criteria_complete": 2,
    "utc_times": {"last_criterion": "2026-01-02T09:00:00Z"},
}
GRADE = {
    "course_id": "2",
    "user_id": "7",
    "id": 30,
    "itemtype": "course",
    "graderaw": 85,
    "grademin": 0,
    "grademax": 100,
}

SOUND = {
    "registry.missions": [MISSION],
    "registry.accounts": [REGISTERED, REGISTERED | {"platform": "facebook", "native_id": None}],
    "x.accounts": [X_ACCOUNT],
    "x.posts": [X_POST],
    "x.timelines": [X_TIMELINE],
    "platform_exports.posts": [EXPORTED],
    "sheets.courses": [COURSE],
    "sheets.registrations": [REGISTRATION],
    "sheets.assessments": [ASSESSMENT],
    "sheets.assessment_results": [RESULT],
    "xapi.statements": [STATEMENT],
    "sheets.sessions": [SESSION],
    "sheets.sign_ins": [SIGN_IN],
    "moodle.courses": [MOODLE_COURSE],
    "moodle.enrolments": [ENROLMENT],
    "moodle.completions": [COMPLETION],
    "moodle.grades": [GRADE],
    "zoom.participants": [STAY],
    "teams.participants": [STAY],
}


def with_fault(table: str, *records: dict) -> dict[str, list[dict]]:
    return SOUND | {table: list(records)}


ROUNDED = [EXPORTED | {"post_id": f"{n}000000000000000"} for n in range(101, 113)]

FAULTS = [
    (
        "x.accounts",
        [X_ACCOUNT | {"created_at": "2026-02-01T00:00:00Z"}],
        "block",
        "created_at is not after observed_at",
    ),
    ("x.accounts", [X_ACCOUNT | {"created_at": "1970-01-01T00:00:00Z"}], "block", "created_at is at least 2006-03-21"),
    ("x.accounts", [X_ACCOUNT, X_ACCOUNT | {"id": "8"}], "block", "no two accounts of a batch have one handle"),
    ("x.accounts", [X_ACCOUNT | {"id": "8"}], "warn", "X gives every account that the day's register names"),
    ("x.posts", [X_POST | {"author_id": "8"}], "block", "every post's author is an account whose timeline was read"),
    ("x.posts", [X_POST | {"created_at": "2026-01-02T14:00:00Z"}], "warn", "created_at is within 5 minutes"),
    (
        "x.posts",
        [X_POST | {"id": "5", "created_at": "2026-01-04T00:00:00Z"}],
        "block",
        "created_at is not after observed",
    ),
    (
        "x.timelines",
        [X_TIMELINE | {"window_end": "2025-12-01T00:00:00Z"}],
        "block",
        "window_start is not after window_end",
    ),
    (
        "x.timelines",
        [X_TIMELINE | {"window_end": "2026-01-09T00:00:00Z"}],
        "block",
        "window_end is not after observed_at",
    ),
    ("x.timelines", [X_TIMELINE | {"posts_read": "0"}], "block", "no timeline has more posts landed than were read"),
    ("platform_exports.posts", [EXPORTED | {"post_id": "9.2E+17"}], "block", "post_id was not turned into a rounded"),
    ("platform_exports.posts", ROUNDED, "block", "ids of 16 digits or more do not all end in zeros"),
    (
        "platform_exports.posts",
        [EXPORTED | {"posted_at": "2026-01-05T00:00:00Z"}],
        "block",
        "no post was made more than",
    ),
    (
        "platform_exports.posts",
        [EXPORTED | {"posted_at": "2026-01-03T06:00:00Z"}],
        "warn",
        "no post was made after its",
    ),
    (
        "platform_exports.posts",
        [EXPORTED | {"posted_at": "1971-03-26T00:00:00Z"}],
        "warn",
        "posted_at is at least 2004",
    ),
    ("platform_exports.posts", [EXPORTED | {"post_id": "1_2\u00a0"}], "warn", "post_id has no blank at its ends"),
    ("platform_exports.posts", [EXPORTED | {"reach": "21"}], "warn", "no post reached more people than it had"),
    ("platform_exports.posts", [EXPORTED | {"account_handle": "Kabul"}], "warn", "every account is in the ministry's"),
    ("sheets.courses", [COURSE | {"length_days": "0"}], "warn", "length_days is between 1 and 1500"),
    ("sheets.courses", [COURSE, COURSE | {"course_id": "Protocol"}], "warn", "no two courses differ only in capitals"),
    ("sheets.registrations", [REGISTRATION | {"person_id": "1.2E+05"}], "block", "person_id was not turned into a"),
    ("sheets.registrations", [REGISTRATION | {"person_id": "FSO-4711 "}], "warn", "person_id has no blank at its ends"),
    ("sheets.registrations", [REGISTRATION | {"course_id": "etiquette"}], "warn", "every course is on the list"),
    ("sheets.registrations", [REGISTRATION | {"outcome": "Psas"}], "warn", "outcome is one of pass, distinction, fail"),
    ("sheets.registrations", [REGISTRATION | {"mission_id": "kabul"}], "warn", "every mission is in the ministry's"),
    ("sheets.assessments", [ASSESSMENT | {"weight": "250"}], "warn", "weight is between 0 and 100"),
    ("sheets.assessments", [ASSESSMENT | {"max_score": "0"}], "warn", "max_score is more than 0"),
    ("sheets.assessments", [ASSESSMENT | {"course_id": "etiquette"}], "warn", "every course is on the list"),
    ("sheets.assessments", [ASSESSMENT | {"due_day": "6"}], "warn", "nothing is due after the last day of its course"),
    (
        "sheets.courses",
        [COURSE | {"starts_on": "2025-12-06"}],
        "warn",
        "every session of a course is on one of its days",
    ),
    ("sheets.sessions", [SESSION, SESSION | {"session_id": "protocol-2"}], "warn", "somebody signed for every session"),
    ("sheets.sign_ins", [SIGN_IN | {"left_at": "2026-01-05T12:01:00Z"}], "warn", "nobody signs two hours before"),
    ("zoom.participants", [STAY | {"duration_seconds": "60"}], "warn", "a stay lasts from its beginning to its end"),
    (
        "teams.participants",
        [STAY | {"meeting_started_at": "2026-01-05T09:06:00Z"}],
        "warn",
        "nobody is in a meeting before it starts",
    ),
    (
        "teams.participants",
        [STAY | {"topic": "Protocol"}, STAY | {"topic": "Aisha Noor", "participant_key": "2"}],
        "warn",
        "all stays in a meeting tell the same of it",
    ),
    ("moodle.courses", [MOODLE_COURSE | {"categoryid": "Protocol"}], "warn", "categoryid is a number"),
    ("sheets.assessment_results", [RESULT | {"score": "21"}], "warn", "no score is above the assessment's max_score"),
    ("sheets.assessment_results", [RESULT | {"score": ""}], "warn", "score is given in at least 90%"),
    ("sheets.assessment_results", [RESULT | {"assessment_id": "quiz"}], "warn", "every assessment is on the list"),
    ("sheets.assessment_results", [RESULT | {"person_id": "FSO-1"}], "warn", "every person is registered for some"),
    ("sheets.assessment_results", [RESULT | {"submitted_on": "2026-02-01"}], "warn", "nothing was submitted after"),
    ("sheets.sessions", [SESSION | {"ends_at": "2026-01-05T09:00:00Z"}], "block", "every session ends after it starts"),
    ("sheets.sessions", [SESSION | {"present_share": "75"}], "block", "present_share is between 0 and 1"),
    ("sheets.sign_ins", [SIGN_IN | {"session_id": "quiz"}], "warn", "every session is on the list of sessions"),
    ("zoom.participants", [STAY | {"left_at": "2026-01-05T08:00:00Z"}], "warn", "joined_at is not after left_at"),
    ("registry.missions", [MISSION | {"mission_id": "Unassigned"}], "block", "no mission is called 'unassigned'"),
    ("registry.missions", [MISSION | {"latitude": "96.9"}], "warn", "latitude is between -90 and 90"),
    ("registry.missions", [MISSION | {"latitude": "0", "longitude": "0"}], "warn", "no mission lies in the sea"),
    ("registry.accounts", [REGISTERED | {"mission_id": "kabul"}], "block", "every account's mission is in the same"),
    (
        "moodle.courses",
        [MOODLE_COURSE, MOODLE_COURSE | {"id": 3}],
        "warn",
        "no two courses of a batch have one short name",
    ),
    (
        "moodle.courses",
        [MOODLE_COURSE | {"utc_times": {"startdate": "2026-01-02T09:00:00Z", "enddate": "2026-01-01T09:00:00Z"}}],
        "warn",
        "startdate is not after enddate",
    ),
    ("moodle.enrolments", [ENROLMENT, ENROLMENT | {"course_id": "3"}], "warn", "every course is on Moodle's list"),
    ("moodle.enrolments", [ENROLMENT, ENROLMENT | {"id": 8}], "warn", "no service number is two people's"),
    (
        "moodle.enrolments",
        [ENROLMENT, ENROLMENT | {"id": 8, "service_number": "9.2E+17"}],
        "block",
        "service_number was not turned into a rounded number",
    ),
    ("moodle.completions", [COMPLETION | {"criteria_complete": 3}], "block", "no more criteria are met than there are"),
    ("moodle.completions", [COMPLETION, COMPLETION | {"user_id": "8"}], "warn", "everybody is enrolled in the course"),
    (
        "moodle.completions",
        [COMPLETION | {"utc_times": {"last_criterion": "2026-02-02T09:00:00Z"}}],
        "warn",
        "last_criterion is not after observed_at",
    ),
    ("moodle.grades", [GRADE | {"graderaw": 101}], "warn", "graderaw is not after grademax"),
    ("moodle.grades", [GRADE | {"graderaw": -1}], "warn", "grademin is not after graderaw"),
    ("xapi.statements", [STATEMENT | {"stored": "2026-01-01T09:00:00Z"}], "warn", "stored lies in the day"),
    ("xapi.statements", [STATEMENT | {"timestamp": "2026-01-03T10:00:00Z"}], "warn", "no statement was stored more"),
    ("xapi.statements", [STATEMENT | {"actor": {}}], "warn", "every statement names its actor"),
    (
        "xapi.statements",
        [STATEMENT | {"result": {"score": {"scaled": 85}}}],
        "warn",
        "result_score_scaled is between -1 and 1",
    ),
    (
        "xapi.statements",
        [STATEMENT | {"result": {"score": {"raw": 21, "max": 20}}}],
        "warn",
        "result_score_raw is not after result_score_max",
    ),
    (
        "registry.accounts",
        [REGISTERED, REGISTERED | {"handle": "Dhaka"}],
        "block",
        "no native id is registered for two",
    ),
    ("registry.accounts", [REGISTERED | {"registered_until": "2024-01-01"}], "warn", "registered_from is not after"),
]


def test_sound_records_hold_every_expectation(land, landing):
    for table, records in SOUND.items():
        land(table, *records)
    assert failures(audit(landed_views(landing.root, LANDED, None), LANDED.values())) == []


@pytest.mark.parametrize(("table", "records", "severity", "says"), FAULTS, ids=[f"{f[0]}: {f[3]}" for f in FAULTS])
def test_a_fault_that_keeps_the_contract_is_found(land, audited, table, records, severity, says):
    for name, sound in with_fault(table, *records).items():
        land(name, *sound)
    [(found, told)] = failures(audited(table, says))
    assert found == severity
    assert not [record["person_id"] for record in records if record.get("person_id", told + "?").strip() in told]


def test_a_batch_landed_twice_under_one_name_is_found(land, landing, audited):
    land("x.posts", X_POST)
    part = landing.root / "x" / "posts" / f"date={DAY}" / "part-one.parquet"
    shutil.copy(part, part.with_name("part-copy.parquet"))
    assert failures(audited("x.posts"))[0] == (
        "block",
        "id, batch_id, date are unique together: broken by 2 of 2 records",
    )


def test_followers_that_halve_overnight_are_doubted(land, audited):
    land("x.accounts", X_ACCOUNT)
    halved = X_ACCOUNT | {"public_metrics": {"followers_count": 499}}
    land("x.accounts", halved, day=DAY + timedelta(days=1), observed_at=NIGHT + timedelta(days=1))
    [(severity, says)] = failures(audited("x.accounts"))
    assert (severity, says.split(" ")[:5]) == ("warn", ["no", "account", "of", "100", "followers"])


def test_a_register_that_was_emptied_is_refused(land, audited):
    land("registry.missions", MISSION)
    land("registry.accounts", REGISTERED)
    land("registry.accounts", day=DAY + timedelta(days=1))
    assert failures(audited("registry.accounts")) == [
        ("block", "the register is not emptied where an earlier one named accounts: broken by 1 record")
    ]


def test_a_register_that_lost_half_its_accounts_is_doubted(land, audited):
    accounts = [REGISTERED | {"handle": f"account{n}", "native_id": str(n)} for n in range(5)]
    for offset, register in ((0, accounts), (1, accounts[:2])):
        land("registry.missions", MISSION, day=DAY + timedelta(days=offset))
        land("registry.accounts", *register, day=DAY + timedelta(days=offset))
    assert failures(audited("registry.accounts")) == [
        ("warn", "the register is not half as long as the one before: broken by 1 record")
    ]


def test_a_night_whose_timelines_were_not_landed_is_not_held_against_its_posts(land, audited):
    land("x.accounts", X_ACCOUNT)
    land("x.posts", X_POST)
    assert failures(audited("x.posts")) == []


def test_a_refused_night_is_audited_again_until_a_publication_stands_on_it(land, audited):
    land("x.accounts", X_ACCOUNT | {"created_at": "1970-01-01T00:00:00Z"})
    now = datetime.now(UTC)
    assert failures(audited("x.accounts", published_at=now - timedelta(hours=1)))
    assert failures(audited("x.accounts", published_at=now)) == []


def test_files_are_audited_whole_however_long_ago_they_were_landed(land, audited):
    land("sheets.courses", COURSE | {"length_days": "0"})
    assert failures(audited("sheets.courses", published_at=datetime.now(UTC) + timedelta(hours=1)))


def test_what_the_ledger_has_not_committed_is_not_audited(land, landing, audited):
    land("sheets.courses", COURSE | {"length_days": "0"}, day=date(2026, 1, 1))
    [entry] = (landing.root / "_batches" / "sheets" / "courses").glob("*/*.parquet")
    entry.unlink()
    assert failures(audited("sheets.courses")) == []


@pytest.mark.parametrize(("certified", "is_told"), [(19, False), (18, False), (17, True), (9, False)])
def test_more_than_one_in_twenty_passed_without_the_certificate_that_the_others_have(land, audited, certified, is_told):
    """Two are let pass, and so is a course that gives hardly anybody one."""
    people = [f"FSO-{n}" for n in range(20)]
    land("sheets.courses", COURSE)
    land("sheets.registrations", *(REGISTRATION | {"person_id": person} for person in people))
    for person in people[:certified]:
        land("sheets.certificates", {"certificate_id": person} | REGISTRATION | {"person_id": person}, batch_id=person)
    [verdict] = audited("sheets.registrations", "whoever passed has a certificate")
    assert verdict.is_success is not is_told


def test_a_sheet_that_names_people_is_not_held_against_one_that_numbers_them(land, audited):
    result = {"course_id": "protocol", "phase": "pre"}
    land("sheets.registrations", REGISTRATION, REGISTRATION | {"person_id": "FSO-4712"})
    land("sheets.test_results", *(result | {"person_id": name} for name in ("Aisha Noor", "Bilal Khan")))
    assert failures(audited("sheets.test_results", "everybody is registered")) == []
    land("sheets.test_results", *(result | {"person_id": person} for person in ("FSO-4711", "FSO-4713")))
    [(severity, _)] = failures(audited("sheets.test_results", "everybody is registered"))
    assert severity == "warn"


def test_a_course_of_which_moodle_tells_no_grades_any_more_is_doubted(land, audited):
    for offset in (0, 1):
        night = {"day": DAY + timedelta(days=offset), "observed_at": NIGHT + timedelta(days=offset)}
        land("moodle.enrolments", ENROLMENT, **night)
        land("moodle.grades", *([GRADE] if offset == 0 else []), **night)
    assert [says.split(" were read")[0] for _, says in failures(audited("moodle.enrolments", "of every course"))] == [
        "of every course whose grades"
    ]


def test_a_table_that_was_never_declared_is_an_error(landing, audited):
    shutil.rmtree(landing.root / "sheets" / "courses")
    assert {severity for severity, _ in failures(audited("sheets.courses"))} == {"block", "warn"}


def test_the_real_records_hold_every_expectation_and_no_person_is_named(landing, real_data, progress):
    platform_exports.extract(landing, real_data, SHIPPED_MAPPINGS, progress=progress)
    sheets.extract(landing, real_data, SHIPPED_MAPPINGS, progress=progress)
    verdicts = audit(landed_views(landing.root, LANDED, None), LANDED.values())
    assert failures(verdicts) == []
    assert {v.unexpected_count for v in verdicts if v.observed != "none"} == {173}
    assert "11391" not in repr(verdicts)
