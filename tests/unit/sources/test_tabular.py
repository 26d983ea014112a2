import csv
import io
import zipfile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import Contract, key, optional
from orchestration.sources import SourceError
from orchestration.sources.tabular import Column, read_csv, read_xlsx

PEOPLE = Contract("test", "people", (key("id"), optional("name"), optional("city")))


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "people.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path, **options):
    return read_csv(path, name=path.name, **options)


def test_each_record_knows_the_line_it_began_on(write):
    sheet = read(write('id,name\n1,"two\nlines"\n2,plain\n\n3,last\n'))
    assert sheet.cells.rows() == [("1", "two\nlines"), ("2", "plain"), ("3", "last")]
    assert sheet.lines.to_list() == [2, 4, 6]


def test_a_bare_carriage_return_in_a_quoted_cell_ends_no_line(write):
    sheet = read(write('id,name\n1,"a\rb"\n2,c\n'))
    assert sheet.cells["name"].to_list() == ["a\rb", "c"]
    assert sheet.lines.to_list() == [2, 3]


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_the_cells(write):
    sheet = read(write(b"\xef\xbb\xbfid,name\r\n1,a\r\n"))
    assert (sheet.cells.columns, sheet.cells.rows()) == (["id", "name"], [("1", "a")])


def test_a_line_with_more_or_fewer_cells_than_the_header_is_a_misfit_and_the_others_are_read(write):
    sheet = read(write("id,name\n1,a\n2,b,c\n3\n4,d\n"))
    assert sheet.cells["id"].to_list() == ["1", "4"]
    assert sheet.misfits.select("source_line", "reason", "raw").rows() == [
        (3, "has 3 cells where the header has 2", '["2", "b", "c"]'),
        (4, "has 1 cells where the header has 2", '["3"]'),
    ]


def test_a_line_that_cannot_be_split_is_a_misfit_with_its_text(write):
    sheet = read(write('id,name\n1,"a"b\n2,c\n'))
    assert sheet.cells.rows() == [("2", "c")]
    [(line, raw)] = sheet.misfits.select("source_line", "raw").rows()
    assert (line, raw) == (2, '"1,\\"a\\"b"')


def test_a_quote_that_is_never_closed_fails_the_file_and_names_the_line(write):
    with pytest.raises(SourceError, match=r"people\.csv, line 3: a quoted cell begins here and is never closed"):
        read(write('id,name\n1,a\n2,"b\n3,c\n'))


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "the file is empty"), ("id,id\n1,2\n", "names 'id' more than once")],
)
def test_a_file_without_a_usable_header_is_refused_with_its_name(write, content, message):
    with pytest.raises(SourceError, match=rf"people\.csv: .*{message}"):
        read(write(content))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.csv: cannot be read: No such file"):
        read(tmp_path / "gone.csv")


def test_bytes_that_are_not_in_the_encoding_stay_visible_and_warn_with_their_line(write):
    sheet = read(write(b'id,name\n1,caf\xe9\n2,"x\n\x9d\x9d"\n3,plain\n'), encoding="utf-8")
    assert sheet.cells["name"].to_list() == ["caf\\xe9", "x\n\\x9d\\x9d", "plain"]
    assert sheet.warnings.select("record_number", "source_line", "value", "reason").rows() == [
        (1, 2, "0xe9", "line 2 holds bytes that are not utf-8"),
        (2, 3, "0x9d", "line 4 holds bytes that are not utf-8"),
    ]


def test_an_unknown_encoding_is_told_as_such(write):
    with pytest.raises(SourceError, match="'klingon' is no encoding"):
        read(write(b"id\n\xff\n"), encoding="klingon")


def test_a_missing_column_names_the_file_the_column_and_what_is_there(write):
    sheet = read(write("id,name\n1,a\n"))
    with pytest.raises(
        SourceError, match=r"people\.csv: column 'Town' is missing, and test\.people\.city .*'id', 'name'"
    ):
        sheet.select({"id": Column(("id",)), "city": Column(("Town",))}, PEOPLE)


def test_columns_are_joined_cut_by_pattern_filled_by_constants_and_emptied_by_null_values(write):
    sheet = read(write("module,year,url,name\nA,2013,http://x/status/77,?\n"))
    text = sheet.select(
        {"id": Column(("module", "year")), "name": Column(("name",))}, PEOPLE, {"city": "Lahore"}, ("", "?")
    )
    assert text.select("id", "name", "city", "source_line").rows() == [("A-2013", None, "Lahore", 2)]
    cut = sheet.select({"id": Column(("url",), pattern=r"/status/(\d+)$")}, PEOPLE)
    assert cut["id"].to_list() == ["77"]
    assert cut["raw"].to_list() == ['{"module":"A","year":"2013","url":"http://x/status/77","name":"?"}']


def test_a_workbook_is_read_as_text_with_its_row_numbers(tmp_path):
    path = tmp_path / "people.xlsx"
    pl.DataFrame({"id": [9007199254740993, None, 3], "name": ["a", None, "c"]}).cast({"id": pl.String}).write_excel(
        path, worksheet="People"
    )
    sheet = read_xlsx(path, name=path.name, sheet="People")
    assert sheet.cells.rows() == [("9007199254740993", "a"), ("3", "c")]
    assert sheet.lines.to_list() == [2, 4]
    with pytest.raises(SourceError, match=r"people\.xlsx, sheet 'Others': cannot be read"):
        read_xlsx(path, name=path.name, sheet="Others")


def test_a_file_that_is_no_workbook_is_refused_with_its_name(write):
    path = write("not a zip", "people.xlsx")
    with pytest.raises(SourceError, match=r"people\.xlsx: cannot be read as an Excel workbook"):
        read_xlsx(path, name=path.name)


@pytest.mark.parametrize("header", ["a" * 50_000, ",".join(f"a{number}" for number in range(1_900))])
def test_a_missing_column_is_told_briefly_whatever_the_header_is(write, header):
    with pytest.raises(SourceError, match="column 'id' is missing") as refused:
        read(write(f"{header}\n1\n")).select({"id": Column(("id",))}, PEOPLE)
    assert len(str(refused.value)) < 2_000


def test_a_workbook_whose_directory_lies_before_its_beginning_is_refused(write):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    content = bytearray(packed.getvalue())
    # Where the directory begins, by the record at the end: further than the file is long.
    content[-6:-2] = (1 << 20).to_bytes(4, "little")
    path = write(bytes(content), "people.xlsx")
    with pytest.raises(SourceError, match=r"people\.xlsx: cannot be read as an Excel workbook"):
        read_xlsx(path, name=path.name)


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(rows=st.lists(st.tuples(cells, cells).filter(lambda row: any(row)), max_size=8))
def test_every_cell_of_a_well_formed_file_comes_back_as_it_was(tmp_path_factory, rows):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("id", "name"), *rows])
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    path.write_bytes(buffer.getvalue().encode())
    sheet = read(path)
    assert sheet.cells.rows() == rows
    content = buffer.getvalue().split("\n")
    assert all(content[line - 1].startswith('"') for line in sheet.lines)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_the_file_is_read_or_refused_by_name(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    path.write_bytes(content)
    try:
        sheet = read(path)
    except SourceError as refusal:
        told = str(refusal)
    else:
        told = path.name if sheet.cells.height == sheet.lines.len() else "records without their lines"
    assert told.startswith("any.csv")


def test_the_header_may_stand_on_a_later_row(tmp_path):
    path = tmp_path / "later.csv"
    path.write_text("a remark\nid,text\n1,one\n")
    sheet = read_csv(path, name=path.name, header_row=2)
    assert (sheet.cells.rows(), sheet.lines.to_list()) == ([("1", "one")], [3])
    with pytest.raises(SourceError, match=r"later\.csv: the file is empty; row 5 must name the columns"):
        read_csv(path, name=path.name, header_row=5)


def test_a_file_whose_first_row_is_blank_is_refused(tmp_path):
    path = tmp_path / "blank.csv"
    path.write_text("\nid,text\n")
    with pytest.raises(SourceError, match=r"blank\.csv: row 1 is empty; it must name the columns"):
        read_csv(path, name=path.name)
