"""Nomination lists, tests and certificates as people keep them: titles, merged cells, totals, headers said twice."""

import csv
import io
from datetime import date

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.landing import Landing
from orchestration.settings import SHIPPED_MAPPINGS
from orchestration.sources import SourceError, sheets
from orchestration.sources.tabular import read_csv

MAPPING = """
source: sheets
table: nominations
files: "*{suffix}"
header_row: auto
fill_down: [Course]
leave_out: {{Name: [Total]}}
dates: {{format: "%d/%m/%Y"}}
columns: {{course_id: Course, person_id: Service No, name: Name, nominated_on: Date}}
"""
ROWS = [
    ["Ministry of Foreign Affairs", "", "", ""],
    ["Nominations", "", "", ""],
    ["Course", "Service No", "Name", "Date"],
    ["DD-1", "FO-1", "Ahmed Khan", "03/02/2026"],
    ["", "FO-2", "Saima Butt", "04/02/2026"],
    ["", "", "", ""],
    ["Course", "Service No", "Name", "Date"],
    ["DD-2", "FO-1", "A. Khan", "05/02/2026"],
    ["", "", "Total", "3"],
]
LANDED = [
    ("DD-1", "FO-1", date(2026, 2, 3), 4),
    ("DD-1", "FO-2", date(2026, 2, 4), 5),
    ("DD-2", "FO-1", date(2026, 2, 5), 8),
]


def write(folder, suffix: str, rows: list[list[str]]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "own.mapping.yaml").write_text(MAPPING.format(suffix=suffix))
    if suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        (folder / "list.csv").write_text(text.getvalue())
        return
    with xlsxwriter.Workbook(folder / "list.xlsx") as book:
        page = book.add_worksheet("List")
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        if len(rows) > 4:
            page.merge_range(3, 0, 4, 0, rows[3][0])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_list_as_people_keep_it_lands_record_by_record(tmp_path, progress, suffix):
    write(tmp_path / "inbox", suffix, ROWS)
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    [receipt] = sheets.extract(landing, tmp_path / "inbox", SHIPPED_MAPPINGS, progress=progress)
    assert (receipt.received, receipt.landed, receipt.quarantined) == (3, 3, 0)
    columns = ["course_id", "person_id", "nominated_on", "source_line"]
    assert landing.read(sheets.NOMINATIONS).select(columns).sort("source_line").rows() == LANDED


def test_a_header_that_is_filled_down_twice_is_filled_down(tmp_path):
    (tmp_path / "list.csv").write_text("Course,Name\nDD-1,Ahmed Khan\n,Saima Butt\n")
    tidied = read_csv(tmp_path / "list.csv", name="list.csv").tidied(("Course", "Course"))
    assert tidied.cells["Course"].to_list() == ["DD-1", "DD-1"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_list_without_its_header_fails_with_one_clear_message_and_lands_nothing(tmp_path, progress, suffix):
    rows = [row.copy() for row in ROWS]
    rows[2][1] = rows[6][1] = "Number"
    write(tmp_path / "inbox", suffix, rows)
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    with pytest.raises(SourceError, match=rf"list\{suffix}: no row names all .*row 3 comes nearest.*'Service No'"):
        sheets.extract(landing, tmp_path / "inbox", SHIPPED_MAPPINGS, progress=progress)
    assert landing.read(sheets.NOMINATIONS).is_empty()


def test_a_bad_row_goes_to_quarantine_and_the_others_land(tmp_path, progress):
    rows = [*ROWS[:5], ["", "FO-3", "Bilal", "31/02/2026"]]
    write(tmp_path / "inbox", ".csv", rows)
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    [receipt] = sheets.extract(landing, tmp_path / "inbox", SHIPPED_MAPPINGS, progress=progress)
    assert (receipt.landed, receipt.quarantined) == (2, 1)


WORDS = st.text(alphabet="abcXYZ 19-é", min_size=0, max_size=6)
NOISE = st.sampled_from([["", "", ""], ["Course", "Id", "Note"]])
RECORD = st.tuples(WORDS, WORDS.filter(str.strip), WORDS).map(list)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(WORDS.map(lambda word: [word, ""]), max_size=3),
    records=st.lists(RECORD, max_size=8),
    noise=st.data(),
)
def test_whatever_stands_between_every_record_is_read_once_in_order_with_its_course(tmp_path, titles, records, noise):
    header = ["Course", "Id", "Note"]
    rows, expected, course = [*titles, header], [], None
    for record in records:
        rows += noise.draw(st.lists(NOISE, max_size=2))
        rows.append(record)
        course = record[0] if record[0].strip() else course
        expected.append((course, record[1], record[2]))
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = tmp_path / "any.csv"
    path.write_text(text.getvalue(), newline="")
    sheet = read_csv(path, name="any.csv", header_row="auto", wanted=("Course", "Id")).tidied(["Course"])
    assert sheet.cells.rows() == expected
    assert sheet.misfits.is_empty()
