"""The series over Zoom, Graph and xAPI: read by the sources that read the real ones, from the sandbox on loopback."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from orchestration.landing import Landing, Window
from orchestration.sandbox.series import edition, sessions_by_api, workshop_on
from orchestration.sandbox.server import Sandbox
from orchestration.settings import Settings
from orchestration.sources import moodle, teams, xapi, zoom
from tests.platforms import SEED

# The second Monday of April 2026 is the 13th: a Teams session that day, one in the hall and on Zoom on the 15th.
TEAMS_DAY, ZOOM_DAY = date(2026, 4, 13), date(2026, 4, 15)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(SEED) as sandbox:
        yield sandbox


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path, is_synthetic=True)


def settings(sandbox: Sandbox, system: str, day: date) -> Settings:
    night = datetime.combine(day + timedelta(days=1), time(1, tzinfo=UTC))
    return Settings(**sandbox.settings(system, night))


@pytest.mark.parametrize(("source", "day"), [(zoom, ZOOM_DAY), (teams, TEAMS_DAY)])
def test_every_stay_of_a_meeting_is_landed_as_it_was_and_as_synthetic(sandbox, landing, source, day):
    system = source.PARTICIPANTS.source
    window = Window.of_day(day)
    _, told = source.extract(landing, settings(sandbox, system, day), window, is_synthetic=True)
    [session] = sessions_by_api(system, day, day + timedelta(days=1))
    true = [stay for stay in edition(SEED, workshop_on(day).number).stays(session) if stay.told_by == system]
    landed = landing.read(source.PARTICIPANTS)
    assert told == []
    assert landed["is_synthetic"].all()
    assert sorted(landed.select("name", "joined_at", "left_at").rows()) == sorted(
        (stay.name, stay.joined_at.replace(tzinfo=None), stay.left_at.replace(tzinfo=None)) for stay in true
    )


@pytest.mark.parametrize(("source", "system"), [(zoom, "zoom"), (teams, "teams")])
def test_a_night_without_a_session_brings_nothing_and_asks_next_to_nothing(sandbox, landing, source, system):
    before = sum(sandbox.requests.values())
    day = date(2026, 3, 2)
    read = source.extract(landing, settings(sandbox, system, day), Window.of_day(day), is_synthetic=True)
    assert read == ([], [])
    assert sum(sandbox.requests.values()) - before <= 2


def test_the_stores_statements_of_a_day_are_landed_page_by_page_each_once(sandbox, landing):
    told = settings(sandbox, "xapi", ZOOM_DAY).model_copy(update={"lrs_page_size": 20})
    with xapi.connect(told) as lrs:
        list(xapi.extract(lrs, landing, ZOOM_DAY, is_synthetic=True, progress=lambda *_: None))
    held = edition(SEED, workshop_on(ZOOM_DAY).number)
    marked = sum(enrolment.post_test_score is not None for enrolment in held.enrolments)
    passed = sum(enrolment.has_passed for enrolment in held.enrolments)
    [_, session] = held.workshop.sessions
    there = len({stay.officer for stay in held.stays(session)})
    statements = landing.read(xapi.STATEMENTS)
    assert dict(statements["verb"].value_counts().iter_rows()) == {
        "scored": marked,
        "completed": passed,
        "attended": there,
    }
    assert statements["id"].n_unique() == statements.height
    assert statements["is_synthetic"].all()


def test_a_day_without_a_workshop_has_no_statement(sandbox, landing):
    with xapi.connect(settings(sandbox, "xapi", date(2026, 3, 2))) as lrs:
        [receipt] = xapi.extract(lrs, landing, date(2026, 3, 2), is_synthetic=True, progress=lambda *_: None)
    assert receipt.landed == 0


def test_moodle_tells_the_open_workshop_its_people_and_their_homework(sandbox, landing, progress):
    """The second Monday of 2026 is 12 January; eight weeks after the 14th the course ends, on 11 March."""
    day = date(2026, 3, 2)
    with moodle.connect(told := settings(sandbox, "moodle", day)) as site:
        _, untold = moodle.extract(site, landing, told, Window.of_day(day), is_synthetic=True, progress=progress)
    enrolled = edition(SEED, workshop_on(date(2026, 1, 12)).number).enrolments
    assert untold == []
    assert landing.read(moodle.COURSES)["idnumber"].to_list() == ["SYN-2026-Q1"]
    names = {f"{one.officer.given} {one.officer.family}" for one in enrolled}
    assert set(landing.read(moodle.ENROLMENTS)["fullname"]) == names | {"Series Trainer (synthetic)"}
    # The trainer is not tracked; everybody else has two pieces of homework.
    assert landing.read(moodle.COMPLETIONS).height == len(enrolled)
    assert landing.read(moodle.GRADES).height == 2 * len(enrolled)


def test_moodle_has_no_course_before_its_people_are_enrolled(sandbox, landing, progress):
    """Two weeks before 12 January are 29 December."""
    for day, courses in ((date(2025, 12, 20), 0), (date(2025, 12, 29), 1)):
        with moodle.connect(told := settings(sandbox, "moodle", day)) as site:
            moodle.extract(site, landing, told, Window.of_day(day), is_synthetic=True, progress=progress)
        assert landing.read(moodle.COURSES).height == courses
