"""Files that people export from Zoom and Teams: what is landed of them, and what is said of broken ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.landing import Landing
from orchestration.sources import SourceError, teams, zoom
from orchestration.sources.meetings import Clock, Reading
from tests.meetings import land_reports

CLOCK = Clock("Asia/Karachi")
ZOOM_HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room\n"
ZOOM_ROW = "Ali (Ali Khan),ali@mofa.example,04/12/2021 02:03:11 PM,04/12/2021 03:05:11 PM,62,Yes,No\n"
NEWER_ZOOM = (
    "Topic,ID,Host,Duration (minutes),Start time,End time,Participants\n"
    "Writing,831 2345 6789,host,62,2021-04-12 14:00:00,2021-04-12 15:10:00,1\n\n"
    "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,Recording disclaimer response,"
    "In waiting room\nAli,,2021-04-12 14:03:11,2021-04-12 15:05:11,62,No,OK,No\n"
)
TEAMS = (
    "1. Zusammenfassung\nBesprechungstitel\tSchreiben\nTeilnehmer\t1\nStartzeit\t12.04.21, 14:00:00\n"
    "Endzeit\t12.04.21, 15:00:00\n\n2. Teilnehmer\nName\tErster\tLetzter\tDauer\tE-Mail\tID\tRolle\n"
    "Ali\t12.04.21, 14:03:11\t12.04.21, 15:05:14\t1 Std. 2 Min. 3 Sek.\ta@x\ta@x\tPresenter\n\n"
    "3. Aktivitäten\nName\tBeitritt\tVerlassen\tDauer\tE-Mail\tRolle\n"
    "Ali\t12.04.21, 14:03:11\t12.04.21, 15:05:14\t1 Std. 2 Min. 3 Sek.\ta@x\tPresenter\n"
)
OLD_TEAMS = (
    "Full Name\tUser Action\tTimestamp\nAli\tJoined before\t4/13/2021, 2:03:11\u202fPM\nBo\tJoined\t"
    "4/13/2021, 2:10:00 PM\nAli\tLeft\t4/13/2021, 2:20:00 PM\nAli\tJoined\t4/13/2021, 2:30:00 PM\n"
)


def utf16(text: str) -> bytes:
    return text.encode("utf-16")


def test_a_zoom_report_without_its_block_is_known_by_its_columns_and_its_name(tmp_path):
    reading = zoom.read_file((ZOOM_HEADER + ZOOM_ROW).encode(), "participants_83123456789.csv", CLOCK)
    [row] = reading.rows
    assert (row["meeting_id"], row["name"], row["original_name"]) == ("83123456789", "Ali (Ali Khan)", "Ali Khan")
    # Karachi is five hours ahead of UTC, and Zoom writes the month first.
    assert (row["joined_at"], row["left_at"]) == ("2021-04-12T09:03:11Z", "2021-04-12T10:05:11Z")
    assert (row["duration_seconds"], row["role"], reading.lines) == ("3720", "guest", [2])
    assert "month was taken to come first" in reading.doubt


def test_the_newer_zoom_report_tells_its_meeting():
    [row] = zoom.read_file(b"\xef\xbb\xbf" + NEWER_ZOOM.encode(), "x.csv", CLOCK).rows
    assert (row["meeting_key"], row["topic"]) == ("83123456789@2021-04-12T09:00:00Z", "Writing")
    assert (row["email"], row["joined_at"]) == (None, "2021-04-12T09:03:11Z")


def test_a_teams_report_in_german_is_read_by_its_sections_numbers():
    reading = teams.read_file(utf16(TEAMS), "x.csv", CLOCK)
    [row] = reading.rows
    assert (row["topic"], row["meeting_started_at"], row["joined_at"], row["left_at"]) == (
        "Schreiben",
        "2021-04-12T09:00:00Z",
        "2021-04-12T09:03:11Z",
        "2021-04-12T10:05:14Z",
    )
    assert (row["duration_seconds"], row["email"], row["role"], reading.doubt) == ("3723", "a@x", "Presenter", None)


def test_the_old_teams_list_pairs_each_coming_with_the_next_going():
    rows = teams.read_file(utf16(OLD_TEAMS), "x.csv", CLOCK).rows
    assert [(row["name"], row["joined_at"][11:16], (row["left_at"] or "")[11:16]) for row in rows] == [
        ("Ali", "09:03", "09:20"),
        ("Bo", "09:10", ""),
        ("Ali", "09:30", ""),
    ]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1h 2m 3s", "3723"), ("1 h 2 min", "3720"), ("62 min", "3720"), ("1 Std. 2 Min.", "3720"), ("3 xyz", None)],
)
def test_durations_are_read_in_the_units_of_several_languages(written, seconds):
    assert teams.seconds_of(written) == seconds


@pytest.mark.parametrize(
    ("source", "content", "message"),
    [
        (zoom, b"Name (Original Name),User Email,Total Duration (Minutes),Guest\nA,,5,No\n", "Show unique users"),
        (zoom, ZOOM_HEADER.encode(), "names nobody"),
        (zoom, (ZOOM_HEADER + '"Ali,x\n').encode(), "cannot be split into cells"),
        (
            zoom,
            (ZOOM_HEADER + ZOOM_ROW.replace("04/12", "14/12").replace("14/12/2021 03", "12/14/2021 03")).encode(),
            "only be read day first",
        ),
        (teams, utf16(TEAMS.split("3. Akt")[0]), "section 3.*is missing"),
        (
            teams,
            utf16(TEAMS.split("Ali\t12.04.21, 14:03:11\t12.04.21, 15:05:14\t1 Std. 2 Min. 3 Sek.\ta@x\tPresenter")[0]),
            "names nobody",
        ),
        (teams, utf16(OLD_TEAMS.replace("Left", "Vanished")), "line 4: not a name, Joined or Left"),
        (teams, utf16(OLD_TEAMS.replace("Ali\tJoined before", "Ali\tLeft")), "line 2: 'Ali' left without"),
    ],
)
def test_a_broken_report_is_refused_with_its_name_and_fault(source, content, message):
    with pytest.raises(SourceError, match=rf"bad\.csv.*{message}"):
        source.read_file(content, "bad.csv", CLOCK)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"\x00\x01", b"1. One\n", b"\xfe\xff"])
def test_a_file_of_another_kind_is_none_of_theirs(content):
    assert zoom.read_file(content, "x.csv", CLOCK) is None
    assert teams.read_file(content, "x.csv", CLOCK) is None


PIECES = st.sampled_from(
    [ZOOM_HEADER, ZOOM_ROW, NEWER_ZOOM, TEAMS, OLD_TEAMS, "3. A\n", "1. A\n", "\t", '"', ",", "\n", "99/99/9999 1:00"]
)
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=8)
    .map("".join)
    .map(lambda t: t.encode("utf-8", "replace")),
    st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=8)
    .map("".join)
    .map(lambda t: t.encode("utf-16", "replace")),
)


@given(content=CONTENTS)
def test_any_bytes_are_read_refused_or_passed_over(content):
    for source in (zoom, teams):
        try:
            reading = source.read_file(content, "any.csv", CLOCK)
        except SourceError as error:
            says = str(error)
        else:
            says = "any.csv"
            assert reading is None or (isinstance(reading, Reading) and len(reading.rows) == len(reading.lines))
        assert "any.csv" in says


def land(tmp_path, source, progress):
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    return landing, land_reports(landing, tmp_path / "inbox", source, progress, CLOCK)


def test_a_file_is_landed_once_and_a_bad_time_quarantines_its_stay(tmp_path, progress):
    (tmp_path / "inbox").mkdir()
    bad = ZOOM_ROW.replace("04/12/2021 02:03:11 PM", "04/12/2021 25:03:11 PM")
    (tmp_path / "inbox" / "a.csv").write_text(ZOOM_HEADER + ZOOM_ROW + ZOOM_ROW + bad)
    _, [receipt] = land(tmp_path, zoom, progress)
    assert (receipt.landed, receipt.quarantined, receipt.warned) == (2, 1, 1)
    (tmp_path / "inbox" / "copy.csv").write_text(ZOOM_HEADER + ZOOM_ROW + ZOOM_ROW + bad)
    assert land(tmp_path, zoom, progress)[1] == []


def test_a_broken_file_keeps_no_other_from_landing(tmp_path, progress):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a_broken.csv").write_text(ZOOM_HEADER)
    (tmp_path / "inbox" / "b_good.csv").write_text(ZOOM_HEADER + ZOOM_ROW)
    with pytest.raises(SourceError, match=r"a_broken\.csv"):
        land(tmp_path, zoom, progress)
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    assert landing.read(zoom.PARTICIPANTS)["source_file"].to_list() == ["b_good.csv"]
