"""Training records from spreadsheets: courses, nominations, registrations, tests and certificates.

CSV and XLSX files in the inbox, each with a mapping (``orchestration/mappings/`` or the inbox's own). Days
are calendar days as the file writes them, without a zone. ``person_id`` is personal data: it stays in the
landing and in the warehouse's restricted schema.
"""

from pathlib import Path

import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Landing, Progress, Receipt
from orchestration.sources.mappings import land_inbox

COURSES = Contract(
    "sheets",
    "courses",
    (key("course_id"), optional("name"), optional("starts_on", pl.Date), count("length_days")),
    "One row per course, as one run of it.",
)
REGISTRATIONS = Contract(
    "sheets",
    "registrations",
    (
        key("course_id"),
        key("person_id"),
        optional("mission_id"),
        optional("gender"),
        optional("outcome"),
    ),
    "One row per course and person registered for it, with the outcome as the trainers wrote it.",
)
ASSESSMENTS = Contract(
    "sheets",
    "assessments",
    (
        key("assessment_id"),
        required("course_id"),
        optional("kind"),
        optional("weight", pl.Float64, minimum=0),
        optional("due_day", pl.Int64),
        optional("max_score", pl.Float64, minimum=0),
    ),
    "One row per assessment of a course; due_day counts days from the course's start.",
)
ASSESSMENT_RESULTS = Contract(
    "sheets",
    "assessment_results",
    (
        key("assessment_id"),
        key("person_id"),
        optional("submitted_day", pl.Int64),
        optional("submitted_on", pl.Date),
        optional("is_banked", pl.Boolean),
        optional("score", pl.Float64, minimum=0),
    ),
    "One row per assessment and person who handed something in; score is NULL where none was given.",
)
NOMINATIONS = Contract(
    "sheets",
    "nominations",
    (
        key("course_id"),
        key("person_id"),
        optional("service_number"),
        optional("name"),
        optional("email"),
        optional("mission_id"),
        optional("nominated_on", pl.Date),
    ),
    "One row per course and person nominated for it; person_id is a service number, an e-mail or a name as written.",
)
TEST_RESULTS = Contract(
    "sheets",
    "test_results",
    (
        key("course_id"),
        key("person_id"),
        key("phase", allowed=("pre", "post")),
        optional("name"),
        optional("score", pl.Float64, minimum=0),
        optional("max_score", pl.Float64, minimum=0),
        optional("taken_on", pl.Date),
    ),
    "One row per course, person and phase: the test before it or after it; score is NULL where none was given.",
)
CERTIFICATES = Contract(
    "sheets",
    "certificates",
    (
        key("certificate_id"),
        required("person_id"),
        optional("course_id"),
        optional("name"),
        optional("email"),
        optional("issued_on", pl.Date),
        optional("expires_on", pl.Date),
    ),
    "One row per certificate given to a person; expires_on is its last day, NULL where it does not end.",
)
SESSIONS = Contract(
    "sheets",
    "sessions",
    (
        key("session_id"),
        required("course_id"),
        optional("title"),
        required("starts_at", TIMESTAMP),
        required("ends_at", TIMESTAMP),
        optional("zoom_meeting_id"),
        optional("teams_meeting_id"),
        optional("present_share", pl.Float64, minimum=0),
    ),
    "One row per session of a course, with the meetings it was held in; present_share is its own bar, 0 to 1.",
)
SIGN_INS = Contract(
    "sheets",
    "sign_ins",
    (
        key("session_id"),
        key("person"),
        optional("service_number"),
        optional("email"),
        optional("mission_id"),
        optional("signed_at", TIMESTAMP),
        optional("left_at", TIMESTAMP),
        optional("minutes", pl.Float64, minimum=0),
    ),
    "One row per session and person who signed, the name as written; minutes is the time that the sheet tells.",
)
STAFF = Contract(
    "sheets",
    "staff",
    (
        key("person_id"),
        optional("service_number"),
        optional("name"),
        optional("email"),
        required("mission_id"),
        optional("posted_on", pl.Date),
        optional("grade"),
        optional("gender"),
    ),
    "One row per person of the ministry's staff list, with the mission served at and since when; a newer list keeps "
    "the older ones.",
)
CONTRACTS = (
    COURSES,
    REGISTRATIONS,
    ASSESSMENTS,
    ASSESSMENT_RESULTS,
    NOMINATIONS,
    TEST_RESULTS,
    CERTIFICATES,
    SESSIONS,
    SIGN_INS,
    STAFF,
)


def extract(landing: Landing, inbox: Path, shipped: Path, *, progress: Progress) -> list[Receipt]:
    """Land the inbox's training sheets. Raises SourceError naming the file and the column or line."""
    return land_inbox(landing, inbox, shipped, CONTRACTS, progress=progress)
