from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.sandbox.officers import SPELLINGS, TRADITIONS, WAYS, officers
from orchestration.sandbox.series import Edition, held, sessions_by_api, workshops

SEED = 2021


@pytest.fixture(scope="module")
def editions() -> list[Edition]:
    """The workshops of the first two years: eight of a quarter each."""
    return list(held(SEED, until=7))


def test_the_first_two_years_have_twelve_sessions_and_then_the_series_goes_on():
    sessions = [session for workshop in workshops(datetime(2026, 12, 1, tzinfo=UTC)) for session in workshop.sessions]
    assert len([s for s in sessions if s.starts_at.date() < date(2023, 4, 1)]) == 12
    assert [session.number for session in sessions] == list(range(35))
    assert len({session.session_id for session in sessions}) == 35


def test_there_are_150_officers_with_names_and_addresses_of_their_own_from_all_90_missions(editions):
    staff = officers(SEED)
    assert (
        len({o.name for o in staff}) == len({o.email for o in staff}) == len({o.service_number for o in staff}) == 150
    )
    assert all(officer.email.endswith("@mofa.example") for officer in staff)
    for edition in editions:
        assert len(edition.missions) == 150
        assert len(set(edition.missions)) == 90


def test_the_same_seed_gives_the_same_series_and_another_seed_another():
    def told(seed: int) -> list:
        [edition] = held(seed, until=0)
        return [edition.nominations, *(edition.stays(session) for session in edition.workshop.sessions)]

    assert told(SEED) == told(SEED)
    assert told(SEED) != told(SEED + 1)


def test_another_spelling_is_never_a_listed_name():
    listed = {word for t in TRADITIONS for names in (t.women, t.men, t.families, t.before) for word in names}
    assert set(SPELLINGS) <= listed
    assert not listed & {spelling for spellings in SPELLINGS.values() for spelling in spellings}


def test_sources_write_names_otherwise_than_the_staff_list_in_about_four_of_ten_records(editions):
    stays = [stay for edition in editions for session in edition.workshop.sessions for stay in edition.stays(session)]
    share = sum(stay.name != stay.officer.name for stay in stays) / len(stays)
    # Half the weight is on the name as listed, and not every name has another spelling.
    assert 0.35 < share < 0.5
    names: dict[str, set[str]] = {}
    for stay in stays:
        names.setdefault(stay.officer.service_number, set()).add(stay.name)
    assert sum(len(written) > 1 for written in names.values()) > 100
    assert sum(WAYS.values()) == 100


def test_absence_is_as_it_is_in_life(editions):
    registered = absent = short = rejoined = 0
    for edition in editions:
        for session in edition.workshop.sessions:
            stays = edition.stays(session)
            there = {stay.officer for stay in stays}
            registered += len(edition.enrolments)
            absent += sum(enrolment.officer not in there for enrolment in edition.enrolments)
            by_officer = Counter((stay.officer, stay.told_by) for stay in stays)
            rejoined += sum(n > 1 for n in by_officer.values())
            short += sum(
                stay.left_at is not None and stay.left_at - stay.joined_at < timedelta(minutes=135)
                for stay in stays
                if by_officer[stay.officer, stay.told_by] == 1
            )
    assert 0.08 < absent / registered < 0.25
    assert 0.03 < short / registered < 0.25
    assert 0.05 < rejoined / registered < 0.3


def test_some_are_nominated_and_never_come_and_some_come_without_being_nominated(editions):
    for edition in editions[1:]:
        nominated = {nomination.email for nomination in edition.nominations if nomination.email}
        there = {s.officer.email for session in edition.workshop.sessions for s in edition.stays(session)}
        enrolled = {enrolment.officer.email for enrolment in edition.enrolments}
        assert nominated - there
        assert there - enrolled


def test_one_session_in_four_is_told_by_two_sources_of_which_some_officers_stand_in_both(editions):
    hybrid = [
        (edition, session) for edition in editions for session in edition.workshop.sessions if len(session.told_by) == 2
    ]
    assert len(hybrid) == 3
    for edition, session in hybrid:
        tellers: dict[str, set[str]] = {}
        for stay in edition.stays(session):
            tellers.setdefault(stay.officer.service_number, set()).add(stay.told_by)
        assert {"zoom", "sheet"} in tellers.values()


def test_only_sessions_since_2026_are_told_over_an_api():
    assert sessions_by_api("zoom", date(2021, 1, 1), date(2026, 1, 1)) == []
    assert sessions_by_api("teams", date(2021, 1, 1), date(2026, 1, 1)) == []
    # The second Mondays of April and July 2026 are the 13th.
    assert [s.session_id for s in sessions_by_api("teams", date(2026, 4, 13), date(2026, 4, 14))] == ["SYN-2026-Q2-D1"]
    assert [s.session_id for s in sessions_by_api("zoom", date(2026, 1, 1), date(2026, 10, 1))] == [
        "SYN-2026-Q2-D3",
        "SYN-2026-Q3-D2",
    ]
