"""Attendance, through the models' own SQL: the measure of any stays, and one session told by four sources."""

from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import Landing, Window
from orchestration.pseudonyms import make_key_once
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import sheets, teams, zoom
from orchestration.sources.meetings import Clock
from tests.dbt import build_models, dbt
from tests.meetings import TEAMS_MEETING, ZOOM_ID, MeetingServer, land_reports
from tests.platforms import every_contract

START, END = 3600, 7200
CLOCK = Clock("Asia/Karachi", is_day_first=False)


@pytest.fixture(scope="module")
def minutes(tmp_path_factory):
    """Measures stays, (second joined, second left), with the SQL that dbt makes of the models' two macros."""
    data = tmp_path_factory.mktemp("macros")
    make_key_once(data / "pseudonym.key")
    inline = "{{ minutes_of_union('(' ~ cut_to_session('stays') ~ ')', ['person']) }}"
    compiled = dbt(data, "--quiet", "compile", "--inline", inline)
    assert compiled.returncode == 0, compiled.stdout[-3000:]
    sql = compiled.stdout
    connection = duckdb.connect()
    zero = datetime(2026, 3, 2)

    def measure(stays: list[tuple[int, int]]) -> float:
        connection.execute(
            "create or replace table stays (person text, joined_at timestamp, left_at timestamp, "
            "starts_at timestamp, ends_at timestamp)"
        )
        for joined, left in stays:
            moments = [zero + timedelta(seconds=second) for second in (joined, left, START, END)]
            connection.execute("insert into stays values ('a', ?, ?, ?, ?)", moments)
        rows = connection.execute(sql).fetchall()
        return rows[0][1] if rows else 0.0

    return measure


def seconds_covered(stays: list[tuple[int, int]]) -> int:
    """Worked out otherwise: every second of the session that lies in some stay."""
    covered = set()
    for joined, left in stays:
        covered.update(range(joined, left))
    return len(covered & set(range(START, END)))


stays = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=12)


@given(stays=stays, data=st.data())
@settings(max_examples=60)
def test_minutes_are_the_union_of_the_stays_however_they_are_told(minutes, stays, data):
    expected = seconds_covered(stays) / 60
    assert minutes(stays) == pytest.approx(expected, abs=1e-9)
    assert minutes(data.draw(st.permutations(stays))) == pytest.approx(expected, abs=1e-9)
    assert minutes(stays + stays) == pytest.approx(expected, abs=1e-9)
    halves = [(joined, (joined + left) // 2) for joined, left in stays if joined < left]
    halves += [((joined + left) // 2, left) for joined, left in stays if joined < left]
    assert not halves or minutes(halves) == pytest.approx(expected, abs=1e-9)


ZOOM_CSV = """\
Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,
831 2345 6789,Writing for social media,03/02/2026 01:55:00 PM,03/02/2026 03:05:00 PM,host@mofa.example,70,4,

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
Aisha,aisha@mofa.example,03/02/2026 01:55:00 PM,03/02/2026 02:20:00 PM,25,No,Y,No
Aisha (Aisha Noor),aisha@mofa.example,03/02/2026 02:30:00 PM,03/02/2026 03:05:00 PM,35,No,Y,No
Bilal,bilal@mofa.example,03/02/2026 02:00:00 PM,03/02/2026 02:30:00 PM,30,No,Y,No
Waiting,waiting@mofa.example,03/02/2026 02:00:00 PM,03/02/2026 03:00:00 PM,60,No,Y,Yes
"""
TEAMS_FILE = """\
1. Summary
Meeting title\tWriting for social media
Attended participants\t2
Start time\t3/2/26, 1:55:00 PM
End time\t3/2/26, 3:05:00 PM
Meeting duration\t1h 10m

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Aisha Noor\t3/2/26, 1:55:00 PM\t3/2/26, 3:05:00 PM\t1h\taisha@mofa.example\taisha@mofa.example\tPresenter
Bilal\t3/2/26, 2:00:00 PM\t3/2/26, 2:30:00 PM\t30m\tbilal@mofa.example\tbilal@mofa.example\tAttendee

3. In-Meeting activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Aisha Noor\t3/2/26, 1:55:00 PM\t3/2/26, 2:20:00 PM\t25m\tAISHA@mofa.example\tPresenter
Aisha Noor\t3/2/26, 2:30:00 PM\t3/2/26, 3:05:00 PM\t35m\taisha@mofa.example\tPresenter
Bilal\t3/2/26, 2:00:00 PM\t3/2/26, 2:30:00 PM\t30m\tbilal@mofa.example\tAttendee
"""
SIGN_INS = """\
Session,Name,Email,Mission,Signed,Left,Minutes
W1-1,Aisha N.,aisha@mofa.example,paris,,,50
W1-1,Bilal,bilal@mofa.example,,2026-03-02 14:00,2026-03-02 14:30,
"""
SESSIONS = f"""\
Session,Course,Title,From,To,Zoom,Teams,Bar
W1-1,W1,Writing for social media,2026-03-02 14:00,2026-03-02 15:00,{ZOOM_ID},{TEAMS_MEETING},
W1-2,W1,Writing for social media,2026-03-03 14:00,2026-03-03 15:00,{ZOOM_ID},{TEAMS_MEETING},0.5
"""
MAPPING = """\
source: sheets
table: sessions
files: "sessions.csv"
times: {format: "%Y-%m-%d %H:%M", zone: Asia/Karachi}
columns:
  session_id: Session
  course_id: Course
  title: Title
  starts_at: From
  ends_at: To
  zoom_meeting_id: Zoom
  teams_meeting_id: Teams
  present_share: Bar
---
source: sheets
table: sign_ins
files: "signed.csv"
times: {format: "%Y-%m-%d %H:%M", zone: Asia/Karachi}
columns:
  session_id: Session
  person: Name
  email: Email
  mission_id: Mission
  signed_at: Signed
  left_at: Left
  minutes: Minutes
"""
TOLD_BY = ("zoom api", "zoom file", "teams api", "teams file", "sheet")


@pytest.fixture
def told(tmp_path, progress, no_waiting):
    """Lands the session as told by some sources, builds the marts, and gives fct_attendance without pseudonyms."""

    def attendance(*sources: str) -> list[tuple]:
        data = tmp_path / "-".join(sources).replace(" ", "_")
        inbox = data / "inbox"
        inbox.mkdir(parents=True)
        make_key_once(data / "pseudonym.key")
        (inbox / "all.mapping.yaml").write_text(MAPPING)
        (inbox / "sessions.csv").write_text(SESSIONS)
        if "sheet" in sources:
            (inbox / "signed.csv").write_text(SIGN_INS)
        if "zoom file" in sources:
            (inbox / "participants.csv").write_text(ZOOM_CSV)
        if "teams file" in sources:
            (inbox / "report.csv").write_bytes(TEAMS_FILE.encode("utf-16"))
        landing = Landing(data / "landing", is_synthetic=False)
        for contract in every_contract():
            landing.declare(contract)
        sheets.extract(landing, inbox, SHIPPED_MAPPINGS, progress=progress)
        for source in (zoom, teams):
            land_reports(landing, inbox, source, progress, CLOCK)
        window = Window.of_day(date(2026, 3, 2))
        with MeetingServer() as server:
            for source in (zoom, teams):
                if f"{source.__name__.rsplit('.')[-1]} api" in sources:
                    _, untold = source.extract(landing, server.settings(), window, is_synthetic=False)
                    assert untold == []
        build_models(data, "fct_attendance")
        with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(
                """
                select session_id, person_id, minutes_present, session_minutes, is_present, sources
                from marts.fct_attendance
                inner join restricted.int_officers using (officer_id)
                order by all
                """
            ).fetchall()

    return attendance


def test_a_session_told_by_all_four_sources_is_attended_once(told):
    assert told(*TOLD_BY) == [
        # Aisha: 14:00 to 14:20 and 14:30 to 15:00 of the hour; what lies before and after does not count.
        ("W1-1", "aisha@mofa.example", 50.0, 60.0, True, "sheets, teams, zoom"),
        ("W1-1", "bilal@mofa.example", 30.0, 60.0, False, "sheets, teams, zoom"),
    ]


@pytest.mark.parametrize("source", TOLD_BY)
def test_a_session_told_by_one_source_is_attended_as_by_all(told, source):
    assert [row[:5] for row in told(source)] == [
        ("W1-1", "aisha@mofa.example", 50.0, 60.0, True),
        ("W1-1", "bilal@mofa.example", 30.0, 60.0, False),
    ]
