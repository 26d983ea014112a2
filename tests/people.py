"""A small ministry whose officers every source spells its own way, as files of an inbox."""

from pathlib import Path

MAPPING = """\
source: sheets
table: courses
files: "courses.csv"
columns: {course_id: Course, name: Name, starts_on: Starts}
---
source: sheets
table: staff
files: "staff*.csv"
columns: {person_id: Number, service_number: Number, name: Name, email: Email, mission_id: Mission, posted_on: Since}
---
source: sheets
table: nominations
files: "nominations.csv"
columns: {course_id: Course, person_id: Who, name: Name, email: Email, mission_id: Mission, nominated_on: Day}
---
source: sheets
table: registrations
files: "registrations.csv"
columns: {course_id: Course, person_id: Who, mission_id: Mission, outcome: Outcome}
---
source: sheets
table: sessions
files: "sessions.csv"
times: {format: "%Y-%m-%d %H:%M", zone: UTC}
columns: {session_id: Session, course_id: Course, title: Title, starts_at: From, ends_at: To}
---
source: sheets
table: sign_ins
files: "signed.csv"
times: {format: "%Y-%m-%d %H:%M", zone: UTC}
columns: {session_id: Session, person: Name, service_number: Number, mission_id: Mission, minutes: Minutes}
---
source: sheets
table: test_results
files: "tests.csv"
columns: {course_id: Course, person_id: Who, name: Name, phase: Phase, score: Score, max_score: Of, taken_on: Day}
---
source: sheets
table: assessments
files: "assessments.csv"
columns: {assessment_id: Assessment, course_id: Course, max_score: Of}
---
source: sheets
table: assessment_results
files: "results.csv"
columns: {assessment_id: Assessment, person_id: Who, score: Score}
---
source: sheets
table: certificates
files: "certificates.csv"
columns: {certificate_id: Certificate, person_id: Who, course_id: Course, name: Name, email: Email, issued_on: Day}
"""
FILES = {
    "people.mapping.yaml": MAPPING,
    "courses.csv": "Course,Name,Starts\nW1,Writing for social media,2026-03-02\n",
    "staff.csv": """\
Number,Name,Email,Mission,Since
FSO-71001,Quintavia Zebrowska,quintavia@zz-mofa.example,tokyo,2025-09-01
FSO-71002,Bartholemy Okonkwu,bartholemy@zz-mofa.example,paris,2025-09-01
""",
    "nominations.csv": """\
Course,Who,Name,Email,Mission,Day
W1,quintavia@zz-mofa.example,ZEBROWSKA Quintavia,quintavia@zz-mofa.example,paris,2026-02-01
W1,FSO-71001,Quintavia Zebrowska,,paris,2026-02-02
W1,fso 71002,B. Okonkwu,,paris,many
""",
    "registrations.csv": "Course,Who,Mission,Outcome\nW1,FSO-71001,paris,Pass\nW1,FSO-71002,paris,Fail\n",
    "sessions.csv": """\
Session,Course,Title,From,To
W1-1,W1,Writing for social media,2026-03-02 09:00,2026-03-02 10:00
""",
    "signed.csv": """\
Session,Name,Number,Mission,Minutes
W1-1,Miss Zebrowska,FSO-71001,,50
W1-1,Okonkwu,FSO-71002,,minus
""",
    "tests.csv": """\
Course,Who,Name,Phase,Score,Of,Day
W1,FSO-71001,Q. Zebrowska,pre,10,20,2026-03-01
W1,FSO-71002,Bartholemy Okonkwu,after,10,20,2026-03-01
""",
    "assessments.csv": "Assessment,Course,Of\nE1,W1,20\n",
    "results.csv": "Assessment,Who,Score\nE1,quintavia@zz-mofa.example,18\nE1,FSO-71002,Bartholemy\n",
    "certificates.csv": """\
Certificate,Who,Course,Name,Email,Day
C-1,Quintavia Zebrowska,W1,Quintavia Zebrowska,quintavia@zz-mofa.example,2026-03-04
C-2,Bartholemy Okonkwu,W1,Bartholemy Okonkwu,,Okonkwu
""",
    "zoom.csv": """\
Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,
831 2345 6789,Writing for social media,2026-03-02 09:00:00,2026-03-02 10:00:00,host@zz-mofa.example,60,2,

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
Quinta (Quintavia Zebrowska),quintavia@zz-mofa.example,2026-03-02 09:00:00,2026-03-02 09:20:00,20,No,Y,No
Bartholemy Okonkwu,bartholemy@zz-mofa.example,2026-03-02 09:99:00,2026-03-02 09:20:00,20,No,Y,No
""",
    "teams.csv": """\
1. Summary
Meeting title\tWriting for social media
Attended participants\t1
Start time\t3/2/26, 9:00:00 AM
End time\t3/2/26, 10:00:00 AM
Meeting duration\t1h

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Zebrowska, Q.\t3/2/26, 9:30:00 AM\t3/2/26, 10:00:00 AM\t30m\tQUINTAVIA@zz-mofa.example\tq\tAttendee

3. In-Meeting activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Zebrowska, Q.\t3/2/26, 9:30:00 AM\t3/2/26, 10:00:00 AM\t30m\tQUINTAVIA@zz-mofa.example\tAttendee
""",
}
MARKS = ("quintavia", "zebrowska", "bartholemy", "okonkwu", "71001", "71002", "zz-mofa")
"""In lower case: whoever reads one of them knows who is meant."""


def write_inbox(folder: Path, **changed: str) -> Path:
    """The files; ``changed`` gives another content, by the name before the suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        content = changed.get(name.split(".")[0], content)
        encoding = "utf-16" if name == "teams.csv" else "utf-8"
        (folder / name).write_bytes(content.encode(encoding))
    return folder
