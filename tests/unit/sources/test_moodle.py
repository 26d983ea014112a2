"""Moodle's payloads, whatever stands in them, and settings that cannot be used."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from orchestration.settings import Settings
from orchestration.sources import SourceError, moodle

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "roles", "shortname", "completionstatus", "completions", "gradeitems", "enddate"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(min_value=1, max_value=moodle.LAST_SECOND))
def test_a_time_of_moodle_is_that_second_in_utc(seconds):
    read = datetime.strptime(moodle.instant(seconds), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert read.timestamp() == seconds
    assert moodle.instant(str(seconds)) == moodle.instant(seconds)


def test_a_time_of_moodle_by_hand():
    assert moodle.instant(1_767_225_600) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("nothing", [0, "0", "", None])
def test_no_time_is_none(nothing):
    assert moodle.instant(nothing) is None


@given(JSON.filter(lambda value: not isinstance(value, int | type(None)) and value not in ("", "0", 0)))
def test_what_is_no_time_rejects_its_record(value):
    told = moodle.instant(value)
    is_number = isinstance(value, str) and value.isascii() and value.isdecimal() and int(value) <= moodle.LAST_SECOND
    if not is_number:
        payload = json.dumps({"id": 2, "shortname": "s", "fullname": "f", "utc_times": {"startdate": told}})
        parsed = moodle.COURSES.parse(moodle.COURSES.from_payloads([payload]))
        assert parsed.rejected["reason"].to_list() == ["not a possible time"]


@given(JSON)
def test_every_payload_is_landed_or_rejected(value):
    payloads = {
        moodle.COURSES: [moodle.course_payload(value)],
        moodle.ENROLMENTS: [moodle.user_payload("2", value, "idnumber")],
        moodle.COMPLETIONS: [moodle.completion_payload("2", "7", value)],
        moodle.GRADES: list(moodle.grade_payloads("2", value if isinstance(value, list) else [value])),
    }
    for contract, rows in payloads.items():
        parsed = contract.parse(contract.from_payloads(rows))
        assert parsed.accepted.height + parsed.rejected["record_number"].n_unique() + parsed.repeated == len(rows)


def test_a_criterion_met_without_a_time_tells_none_and_one_that_is_no_time_rejects_the_record():
    def landed(*times):
        criteria = [{"complete": True, "timecompleted": time} for time in times]
        status = {"completionstatus": {"completed": True, "aggregation": 1, "completions": criteria}}
        row = moodle.COMPLETIONS.from_payloads([moodle.completion_payload("2", "7", status)])
        return moodle.COMPLETIONS.parse(row)

    [row] = landed(None, 1_767_225_600, 0, 1_767_225_660).accepted.to_dicts()
    assert (row["criteria"], row["criteria_complete"]) == (4, 4)
    assert row["first_criterion"] == datetime(2026, 1, 1)
    assert row["last_criterion"] == datetime(2026, 1, 1, 0, 1)
    assert landed(None).accepted["last_criterion"].to_list() == [None]
    assert set(landed(1_767_225_600, "soon").rejected["reason"]) == {"not a possible time"}


@pytest.mark.parametrize(
    "given",
    [
        {"moodle_base_url": "https://moodle.example.org"},
        {"moodle_token": SecretStr("MARKED5ECRET")},
        {"moodle_base_url": "moodle.example.org", "moodle_token": SecretStr("MARKED5ECRET")},
        {"moodle_base_url": "https://u:MARKED5ECRET@example.org", "moodle_token": SecretStr("MARKED5ECRET")},
        {"moodle_base_url": "https://example.org/?wstoken=MARKED5ECRET", "moodle_token": SecretStr("MARKED5ECRET")},
    ],
)
def test_settings_that_cannot_be_used_are_told_without_the_secret(given):
    with pytest.raises(SourceError, match="SIFARAT_MOODLE_BASE_URL") as error:
        moodle.connect(Settings().model_copy(update=given))
    assert "MARKED5ECRET" not in str(error.value)


def test_without_a_site_nothing_is_read():
    assert moodle.connect(Settings()) is None
