"""Hostile input: a few made-up inputs for each parser, as benchmarks/fuzz.py gives ten thousand; and the attacks that
have a name, each refused with what is wrong, without the memory or the time that it was made to take."""

import itertools
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from benchmarks.fuzz import in_a_process as fuzzed
from dashboard.charts import csv_of
from orchestration.contracts import Contract, key, optional
from orchestration.landing import Landing
from orchestration.sources import SourceError, platform_exports, sheets, zoom
from orchestration.sources.mappings import land_inbox, mapped_files, unmapped_files
from orchestration.sources.tabular import LARGEST_FILE, read_csv, read_xlsx
from tests.hostile import MAPPING_TEXT, PARSERS, POSTS, sheet_xml, workbook
from tests.meetings import land_reports

SHORT = 30
MEMORY = 600 << 20
"""Bytes that an attack may make a process take, beside what the libraries take."""

in_a_process = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from orchestration.sources import SourceError
from orchestration.sources.tabular import read_csv, read_xlsx
read = read_xlsx if sys.argv[1].endswith(".xlsx") else read_csv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read(Path(sys.argv[1]), name="given")
except SourceError as error:
    print(error)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert (after - before) * 1024 < {MEMORY}, f"took {{(after - before) / 1024:.0f}} MB"
"""


def refused(path: Path) -> str:
    """What a process of its own says of the file; fails where it took more memory or time than it may."""
    command = [sys.executable, "-c", in_a_process, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("name", PARSERS)
def test_each_made_up_input_is_landed_quarantined_or_refused(name, tmp_path):
    # In a process of its own: it limits its memory, and an input that holds it ends it.
    told = fuzzed(name, SHORT, 2, tmp_path)
    assert told["crashed"] == 0, told["first"]
    assert told["inputs"] >= SHORT


def test_a_zip_bomb_is_refused_by_what_it_unpacks_to_whatever_it_says_of_itself(tmp_path):
    path = tmp_path / "bomb.xlsx"
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        for _ in range(2 * LARGEST_FILE // (1 << 20)):
            part.write(b" " * (1 << 20))
    assert path.stat().st_size < 2 << 20
    assert refused(path).startswith("given, xl/worksheets/sheet1.xml: unpacks to more than 256 MB")
    # The sizes that the archive tells are made small, in its directory as in the part's own head.
    content = path.read_bytes()
    size = (2 * LARGEST_FILE).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (100).to_bytes(4, "little")))
    assert path.read_bytes() != content
    assert refused(path).startswith("given")


def test_a_bomb_of_xml_entities_is_not_expanded(tmp_path):
    names = [f"l{number}" for number in range(10)]
    entities = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in itertools.pairwise(names)
    )
    path = tmp_path / "lol.xlsx"
    xml = sheet_xml([["Post ID"], ["LOL"]], f"<!DOCTYPE x [{entities}]>").replace("LOL", "&l9;")
    path.write_bytes(workbook(xml))
    told = refused(path)
    assert told == "" or told.startswith("given: cannot be read as an Excel workbook")


def test_an_entity_that_names_a_file_of_this_machine_does_not_bring_it(tmp_path):
    path = tmp_path / "file.xlsx"
    head = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    path.write_bytes(workbook(sheet_xml([["Post ID"], ["LOL"]], head).replace("LOL", "&secret;")))
    try:
        cells = str(read_xlsx(path, name="file.xlsx").cells.rows())
    except SourceError:
        cells = ""
    assert "root:" not in cells


def test_a_cell_far_out_is_refused_before_the_rectangle_up_to_it_is_made(tmp_path):
    path = tmp_path / "far.xlsx"
    xml = sheet_xml([["Post ID"], ["1"]]).replace('r="A2"', 'r="XFD1048576"').replace('<row r="2"', '<row r="1048576"')
    path.write_bytes(workbook(xml))
    told = refused(path)
    assert told.startswith("given, xl/worksheets/sheet1.xml:")
    assert "a cell in row 1,048,576 and column 16,384; keep only the cells that hold records" in told


def test_a_column_that_excel_does_not_have_is_refused_and_not_made(tmp_path):
    path = tmp_path / "column.xlsx"
    path.write_bytes(workbook(sheet_xml([["Post ID"], ["1"]]).replace('r="A2"', 'r="Fnull2"')))
    assert "a cell in row 2 and column 3,002,440" in refused(path)


def test_a_line_of_a_gigabyte_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "line.csv"
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    assert refused(path).startswith("given: has 1,074 MB, and at most 256 MB are read; split it")


@pytest.fixture
def inbox(tmp_path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "own.mapping.yaml").write_text(MAPPING_TEXT)
    return folder


@pytest.fixture
def land(tmp_path, inbox, progress):
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    landing = Landing(tmp_path / "landing", is_synthetic=False)

    def land() -> pl.DataFrame:
        land_inbox(landing, inbox, shipped, (platform_exports.POSTS,), progress=progress)
        return landing.read(platform_exports.POSTS)

    return land


def test_a_file_too_large_is_named_and_nothing_of_it_is_read(inbox, land, tmp_path, progress):
    with open(inbox / "huge.csv", "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(SourceError, match=r"huge\.csv: has 1,074 MB"):
        land()
    (inbox / "own.mapping.yaml").unlink()
    landing = Landing(tmp_path / "landing", is_synthetic=False)
    with pytest.raises(SourceError, match=r"huge\.csv: has 1,074 MB"):
        land_reports(landing, inbox, zoom, progress)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("files: '*'", "files: '../*'", "leads out of the inbox"),
        ("files: '*'", "files: /etc/*", "no glob relative to the inbox"),
        ("zone: Europe/Oslo", "zone: Mars/Olympus", "no zone of the IANA database"),
        ("'%d/%m/%Y %H:%M'", "'%d/%m/%Y %H'", "no way to write times"),
        ("([0-9]+)", "(", "no regular expression"),
        ("constants:", "header_row: 2026-13-45\nconstants:", "no readable YAML"),
        ("platform: facebook", "platform: !!python/object/apply:os.getcwd []", "no readable YAML"),
        ("platform: facebook", "platform: " + "[" * 3000, "no readable YAML"),
        ("platform: facebook", 'platform: "\\ud800"', "no readable YAML"),
    ],
)
def test_a_hostile_mapping_is_refused_with_its_place_and_what_is_wrong(inbox, tmp_path, old, new, message):
    assert old in MAPPING_TEXT
    (inbox / "own.mapping.yaml").write_text(MAPPING_TEXT.replace(old, new))
    (inbox / "posts.csv").write_text(POSTS)
    with pytest.raises(SourceError, match=message) as told:
        mapped_files(inbox, tmp_path / "none", (platform_exports.POSTS,))
    assert "own.mapping.yaml" in str(told.value)


def test_aliases_of_yaml_that_stand_for_billions_are_refused(inbox, tmp_path):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    (inbox / "own.mapping.yaml").write_text("\n".join(lines))
    with pytest.raises(SourceError, match=r"own\.mapping\.yaml: .*aliases written out"):
        mapped_files(inbox, tmp_path / "none", (platform_exports.POSTS,))


def test_a_pattern_that_would_try_for_ever_does_not(inbox, land):
    (inbox / "own.mapping.yaml").write_text(
        MAPPING_TEXT.replace("([0-9]+)", "((a+)+)$") + "from_path: {text: '((a+)+)$'}\n"
    )
    (inbox / ("a" * 60 + "b.csv")).write_text(POSTS)
    with pytest.raises(SourceError, match="its path is not as the mapping expects"):
        land()


def test_links_out_of_the_inbox_and_names_with_dots_lead_nowhere(inbox, land, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(POSTS)
    (inbox / "link.csv").symlink_to(outside / "secret.csv")
    (inbox / "folder").symlink_to(outside, target_is_directory=True)
    (inbox / "..secret..csv").write_text(POSTS.replace("Hello", "from a name with dots"))
    (inbox / "new\nline;$(touch x)`.csv").write_text(POSTS.replace("Hello", "from a name with a line feed"))
    texts = land()["text"].to_list()
    assert "Hello" not in texts
    assert "from a name with dots" in texts
    assert unmapped_files(inbox, tmp_path / "none") == []
    assert sorted(path.name for path in outside.iterdir()) == ["secret.csv"]
    assert not Path("x").exists()


def test_nul_bytes_and_control_characters_are_kept_as_text(inbox, land):
    (inbox / "posts.csv").write_bytes(POSTS.replace("Hello", "a\x00b\x1b[2Jc\x07").encode())
    assert "a\x00b\x1b[2Jc\x07" in land()["text"].to_list()


def test_a_formula_lands_as_text_and_is_no_formula_in_an_export(inbox, land):
    (inbox / "posts.csv").write_text(POSTS.replace("Hello", '"=HYPERLINK(""http://127.0.0.1/"")"'))
    landed = land()
    formula = '=HYPERLINK("http://127.0.0.1/")'
    assert formula in landed["text"].to_list()
    exported = csv_of(landed.select("text")).decode("utf-8-sig").splitlines()
    assert '"\'=HYPERLINK(""http://127.0.0.1/"")"' in exported
    assert not [line for line in exported if line.lstrip('"').startswith("=")]


def test_a_header_of_very_many_columns_is_refused_at_once(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{number}" for number in range(200_000)) + "\n")
    with pytest.raises(SourceError, match=r"wide\.csv: the header has 200,000 columns; at most 2,000 are read"):
        read_csv(path, name="wide.csv")


def test_very_many_lines_that_cannot_be_split_take_no_time_that_grows_with_their_square(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("a,b\n" + '1,"x"y\n' * 50_000)
    assert read_csv(path, name="broken.csv").misfits.height == 50_000


def test_a_training_sheet_of_another_encoding_is_refused_by_name(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("Name,Mission\nA,oslo\n", encoding="utf-16")
    with pytest.raises(SourceError, match=r"staff\.csv"):
        _read(path)


def _read(path: Path) -> pl.DataFrame:
    sheet = read_csv(path, name=path.name)
    return sheet.select(sheet.own_columns(sheets.STAFF), sheets.STAFF)


def test_json_with_control_characters_and_halves_of_characters_keeps_or_loses_the_record_but_not_the_others():
    contract = Contract("x", "posts", (key("id"), optional("text")))
    raw = ['{"id": "1", "text": "a\\u0000b\\u202e"}', '{"id": "2", "text": "\\ud800"}', "{", '{"id": "3", "text": NaN}']
    parsed = contract.parse(contract.from_payloads(raw))
    assert parsed.accepted.height + parsed.rejected["record_number"].n_unique() + parsed.repeated == 4
    assert "a\x00b\u202e" in parsed.accepted["text"].to_list()


def test_an_unreadable_file_of_the_inbox_is_named(inbox, land):
    path = inbox / "posts.csv"
    os.mkfifo(path)
    (inbox / "own.mapping.yaml").write_text(MAPPING_TEXT)
    assert land().is_empty()
