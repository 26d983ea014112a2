"""Zoom and Teams over HTTP, against a server that refuses what they refuse."""

from datetime import UTC, date, datetime

import dagster as dg
import pytest
from pydantic import SecretStr

from orchestration.defs.resources import Feeds
from orchestration.defs.training.meetings import zoom_meetings
from orchestration.landing import Landing, Window
from orchestration.sources import SourceError, teams, zoom
from orchestration.sources.http import TokenRefused
from tests.meetings import TEAMS_MEETING, ZOOM_UUID, MeetingServer

DAY = Window.of_day(date(2026, 3, 2))


@pytest.fixture
def landing(tmp_path, no_waiting) -> Landing:
    return Landing(tmp_path, is_synthetic=False)


def test_a_zoom_meeting_lands_whole_without_who_only_waited(landing):
    with MeetingServer() as server:
        [receipt], told = zoom.extract(landing, server.settings(), DAY, is_synthetic=False)
    assert (receipt.landed, receipt.quarantined, receipt.day, told) == (3, 0, date(2026, 3, 2), [])
    stays = landing.read(zoom.PARTICIPANTS)
    assert set(stays["meeting_key"]) == {ZOOM_UUID}
    assert stays["original_name"].to_list() == [None, "Aisha Noor", None]


def test_a_uuid_with_slashes_is_encoded_twice():
    assert zoom.path_of("/ab//c+d==") == "%252Fab%252F%252Fc%252Bd%253D%253D"
    assert zoom.path_of("ab/c==") == "ab%2Fc%3D%3D"


def test_half_a_surrogate_pair_in_an_id_is_asked_for_and_keyed_as_a_question_mark():
    assert zoom.path_of("\ud800") == "%3F"
    with MeetingServer() as server:
        reader = teams.TeamsReader(server.settings())
        with pytest.raises(SourceError):
            reader.records("host@mofa.example", TEAMS_MEETING, "\ud800")
        reader.close()
        assert server.asked[-1].endswith("/%3F/attendanceRecords")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    half, mark = (teams._batch(TEAMS_MEETING, {"id": told}, [], at, False) for told in ("\ud800", "?"))
    assert half.batch_id == mark.batch_id


def test_a_page_token_that_is_too_old_begins_the_meeting_again(landing):
    with MeetingServer(refused_tokens=2) as server:
        [receipt], told = zoom.extract(landing, server.settings(), DAY, is_synthetic=False)
    assert (receipt.landed, told) == (3, [])


def test_a_meeting_whose_tokens_are_always_refused_lands_nothing_of_itself(landing):
    with MeetingServer(refused_tokens=99) as server:
        receipts, [told] = zoom.extract(landing, server.settings(), DAY, is_synthetic=False)
    assert receipts == []
    assert "next page token is invalid" in told
    assert landing.read(zoom.PARTICIPANTS).is_empty()


def test_a_meeting_without_a_report_is_told_and_is_no_failure(landing):
    with MeetingServer(has_report=False) as server:
        receipts, [told] = zoom.extract(landing, server.settings(), DAY, is_synthetic=False)
    assert receipts == []
    assert "has no report" in told


def test_a_meeting_of_another_day_is_not_read(landing):
    with MeetingServer() as server:
        assert zoom.extract(landing, server.settings(), Window.of_day(date(2026, 3, 3)), is_synthetic=False) == ([], [])
        assert teams.extract(landing, server.settings(), Window.of_day(date(2026, 3, 3)), is_synthetic=False) == (
            [],
            [],
        )


def test_refused_credentials_are_told_without_the_secret(landing):
    with MeetingServer() as server:
        for source, wrong in (
            (zoom, {"zoom_client_secret": SecretStr("wrong-secret")}),
            (teams, {"teams_token": SecretStr("wrong-secret")}),
        ):
            with pytest.raises(TokenRefused) as refused:
                source.extract(landing, server.settings(**wrong), DAY, is_synthetic=False)
            assert "wrong-secret" not in str(refused.value)


@pytest.mark.parametrize("source", [zoom, teams])
def test_a_rate_limit_is_waited_for(landing, source):
    with MeetingServer(limited=1) as server:
        receipts, told = source.extract(landing, server.settings(), DAY, is_synthetic=False)
    assert (sum(receipt.landed for receipt in receipts), told) == (3 if source is zoom else 4, [])


def test_both_reports_of_a_teams_meeting_land_and_a_second_reading_replaces_the_first(landing):
    with MeetingServer() as server:
        for _ in range(2):
            receipts, told = teams.extract(landing, server.settings(), DAY, is_synthetic=False)
    assert ([receipt.landed for receipt in receipts], told) == ([2, 2], [])
    assert landing.read(teams.PARTICIPANTS).height == 4


def test_a_teams_meeting_that_is_refused_costs_only_itself(landing):
    with MeetingServer() as server:
        meetings = f"host@mofa.example/gone,{server.settings().teams_meetings}"
        receipts, [told] = teams.extract(landing, server.settings(teams_meetings=meetings), DAY, is_synthetic=False)
    assert (len(receipts), "'host@mofa.example/gone'" in told) == (2, True)


def test_refused_credentials_warn_and_the_inbox_is_landed_all_the_same(tmp_path, monkeypatch, no_waiting):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "participants.csv").write_text(
        "Name,User Email,Join Time,Leave Time\nAli,,2026-03-02 09:00:00,2026-03-02 10:00:00\n"
    )
    with MeetingServer() as server:
        told = {
            "DATA_DIR": tmp_path / "data",
            "INBOX": tmp_path / "inbox",
            "ZOOM_BASE_URL": server.base_url,
            "ZOOM_OAUTH_URL": f"{server.base_url}/oauth/token",
            "ZOOM_ACCOUNT_ID": "account",
            "ZOOM_CLIENT_ID": "client",
            "ZOOM_CLIENT_SECRET": "wrong-secret",
        }
        for name, value in told.items():
            monkeypatch.setenv(f"SIFARAT_{name}", str(value))
        run = dg.materialize([zoom_meetings], partition_key="2026-03-02", resources={"feeds": Feeds()})
    assert run.success
    [check] = run.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "credentials were refused" in check.description
    assert Landing(tmp_path / "data" / "landing", is_synthetic=False).read(zoom.PARTICIPANTS).height == 1
