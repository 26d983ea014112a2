"""Hostile inputs for every parser of what comes from outside, and what became of each: benchmarks/fuzz.py gives ten
thousand to each parser, tests/integration/test_hostile_input.py a few to each of them."""

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import yaml
from hypothesis import strategies as st

from dashboard.access import AccessError, read_roles
from orchestration.contracts import FINDINGS_SCHEMA, Contract, Field, Formats
from orchestration.enrichment import EnrichmentError
from orchestration.enrichment.topics import descriptions
from orchestration.identity.review import COLUMNS, UnreadableReview, read_answers
from orchestration.landing import Window
from orchestration.sources import SourceError, moodle, platform_exports, registry, sheets, teams, xapi, zoom
from orchestration.sources.http import Api
from orchestration.sources.mappings import MappedFile, Mapping, mapped_files
from orchestration.sources.meetings import Clock, text_of
from orchestration.sources.platform import as_json

REFUSALS = (SourceError, UnreadableReview, AccessError, EnrichmentError)
LANDED, QUARANTINED, REFUSED, OTHER = "landed", "quarantined", "refused", "other"
ISO = Formats()
NOW = datetime(2026, 3, 3, tzinfo=UTC)

TOKENS = (
    "\x00", "\x1b[2J", "\r", "\n", "\r\n", '"', '""', '"a\n', ",", ";", "\t", "\ufeff", "\u202e", "\ufffd", "'", "\\",
    "=HYPERLINK(\"http://127.0.0.1/\")", "@SUM(1+1)", "+1", "-1", "<b>", "{{", "${x}", "%s", "../../etc/passwd",
    "NaN", "inf", "-0", "1e309", "9" * 30, "0x10", "１２", "1,000", "2026-02-30", "0000-00-00", "99999-01-01",
    "2026-03-29 02:30", "24:00", "true", "null", "🤝", "کھلا", "a" * 5000, "\ud800", "\x85", "\u2028", "#REF!", "1_000",
)  # fmt: skip
PATTERNS = ("(a+)+$", "(", "[", "(?<=a)b", "a{999999}", "\\", "(.*", "(?P<x>a)", "é(.)", "(.+)")


@dataclass(frozen=True)
class Parser:
    """``inputs`` are made up; ``outcome`` says what became of one, with a folder of its own to put files into. Some
    take ``records`` at a time, and say how many of them became what."""

    inputs: st.SearchStrategy
    outcome: Callable[[Any, Path], str | Mapping_[str, int]]
    records: int = 1

    def outcomes(self, given: Any, folder: Path) -> Mapping_[str, int]:
        told = self.outcome(given, folder)
        return {told: 1} if isinstance(told, str) else told


class Unaccounted(Exception):
    """A record is neither accepted nor rejected nor a repetition, or a refusal does not name what it refuses."""


def judged(contract: Contract, text: pl.DataFrame, formats: Formats = ISO, misfits: pl.DataFrame | None = None) -> str:
    """What became of a file: quarantined is one of which a record was."""
    told = counted(contract, text, formats, misfits)
    return next((kind for kind in (QUARANTINED, LANDED) if told[kind]), OTHER)


def counted(
    contract: Contract, text: pl.DataFrame, formats: Formats = ISO, misfits: pl.DataFrame | None = None
) -> dict[str, int]:
    """Parse the text as a landing would, and write what it gives as Parquet does, in memory; what became of how many
    records. Repetitions count with what they repeat."""
    parsed = contract.parse(text, formats)
    misfits = pl.DataFrame(schema=FINDINGS_SCHEMA) if misfits is None else misfits
    rejected = pl.concat([parsed.rejected, misfits])
    for frame in (parsed.accepted, rejected, parsed.warned):
        frame.write_parquet(io.BytesIO())
    quarantined = parsed.rejected["record_number"].n_unique()
    if text.height != parsed.accepted.height + parsed.repeated + quarantined:
        raise Unaccounted(f"{text.height} records, {parsed.accepted.height} accepted, {quarantined} rejected")
    if rejected.filter(pl.col("reason").is_null() | pl.col("field").is_null()).height:
        raise Unaccounted("a rejection without its field or reason")
    landed = parsed.accepted.height + parsed.repeated
    return {LANDED: landed, QUARANTINED: quarantined + misfits["record_number"].n_unique()}


def refused(error: Exception, *places: str) -> str:
    """A message names the file, on lines that a person can read."""
    if places and not any(place in str(error) for place in places):
        raise Unaccounted(f"a refusal that does not name {places[0]}: {error}")
    if len(str(error)) > 20_000:
        raise Unaccounted(f"a refusal of {len(str(error)):,} characters")
    return REFUSED


# Texts ------------------------------------------------------------------------------------------------------------

words = st.one_of(st.sampled_from(TOKENS), st.text(max_size=12))
# Drawn by a seed: Hypothesis likes the ends of a range, and a file whose header is broken is refused at once.
positions = st.integers(0, 2**32).map(lambda seed: Random(seed).random())


def mutated(bases: Iterable[str]) -> st.SearchStrategy[bytes]:
    """One of the texts with a few hostile words put in, parts taken out or repeated; or altogether random bytes."""
    edits = st.lists(st.tuples(positions, positions, words, st.sampled_from(("put", "cut", "twice"))), max_size=4)
    encodings = st.sampled_from((*["utf-8"] * 9, "utf-16", "cp1252", "utf-8-sig"))
    return st.one_of(
        *[st.builds(_edited, st.sampled_from(list(bases)), edits, encodings)] * 9,
        st.binary(max_size=200),
        st.builds(_flipped, st.sampled_from(list(bases)), st.lists(st.tuples(positions, st.integers(0, 255)))),
    )


def _edited(text: str, edits: list, encoding: str) -> bytes:
    for start, end, word, how in edits:
        at, until = sorted((int(start * len(text)), int(end * len(text))))
        until = min(until, at + 40)
        between = {"put": text[at:until] + word, "cut": "", "twice": text[at:until] * 2}
        text = text[:at] + between[how] + text[until:]
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


def _flipped(text: str, flips: list) -> bytes:
    content = bytearray(text.encode())
    for place, byte in flips:
        content[int(place * (len(content) - 1))] = byte
    return bytes(content)


# Files with a mapping ---------------------------------------------------------------------------------------------

POSTS = (
    "Post ID,Page name,Publish time,Title,Reactions,Comments\n"
    '1,oslo,02/03/2026 09:00,Hello,5,2\n2,oslo,03/03/2026 10:30,"two\nlines",0,\n3,oslo,29/03/2026 02:30,=1+1,-4,x\n'
)
POSTS_MAPPING = Mapping.model_validate(
    {
        "source": "platform_exports",
        "table": "posts",
        "files": "*",
        "constants": {"platform": "facebook"},
        "times": {"format": "%d/%m/%Y %H:%M", "zone": "Europe/Oslo"},
        "columns": {
            "post_id": "Post ID",
            "account_handle": "Page name",
            "posted_at": "Publish time",
            "text": "Title",
            "reactions": "Reactions",
            "comments": {"from": "Comments", "pattern": "([0-9]+)"},
        },
    }
)
SHEETS = {
    contract.table: Mapping.model_validate(
        {
            "source": "sheets",
            "table": contract.table,
            "files": "*",
            "header_row": "auto",
            "columns": {field.name: field.name for field in contract.fields},
        }
    )
    for contract in sheets.CONTRACTS
}
FILLED = {"String": "A-1", "Date": "2026-03-02", "Int64": "3", "Float64": "2.5", "Boolean": "yes"}


def sheet_of(contract: Contract) -> str:
    """A sheet with a title above it and two records."""
    names = [field.name for field in contract.fields]
    cells = [(field.allowed or (FILLED.get(str(field.dtype), "2026-03-02T09:00:00Z"),))[0] for field in contract.fields]
    return "\n".join(["Training 2026", ",".join(names), ",".join(cells), ",".join(["B", *cells[1:]]), ""])


def landed_file(path: Path, mapping: Mapping, contract: Contract) -> str:
    file = MappedFile(path=path, name=path.name, mapping=mapping, contract=contract, content="0" * 16)
    try:
        batch = file.batch()
    except SourceError as error:
        return refused(error, path.name)
    if contract == platform_exports.POSTS:
        batch = platform_exports._with_doubts(batch)
    return judged(contract, batch.text, batch.formats, batch.misfits)


def csv_file(content: bytes, folder: Path) -> str:
    path = folder / "posts.csv"
    path.write_bytes(content)
    return landed_file(path, POSTS_MAPPING, platform_exports.POSTS)


def training_sheet(given: tuple[str, bytes], folder: Path) -> str:
    table, content = given
    path = folder / "sheet.csv"
    path.write_bytes(content)
    return landed_file(path, SHEETS[table], next(c for c in sheets.CONTRACTS if c.table == table))


# Workbooks --------------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(sheet_xml: str, **parts: str) -> bytes:
    """An XLSX of one sheet, whose XML is given; ``parts`` replace others, by their names without folder and ending."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="One" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet_xml,
    }
    for name, content in parts.items():
        files[next(path for path in files if path.rsplit("/", 1)[-1].split(".")[0] == name)] = content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content.encode("utf-8", "surrogatepass"))
    return buffer.getvalue()


def sheet_xml(rows: Iterable[Iterable[str]], head: str = "") -> str:
    told = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for place, cell in enumerate(row)
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    return f'<?xml version="1.0"?>{head}<worksheet xmlns="{MAIN}"><sheetData>{told}</sheetData></worksheet>'


def _rows() -> list[list[str]]:
    return [line.split(",") for line in POSTS.replace('"two\nlines"', "two").splitlines()]


XML_TOKENS = (
    "&", "<", "]]>", "<![CDATA[", "&amp;", "&#0;", "&lol;", "<!--", 't="n"', 't="d"', 't="e"', 't="b"', 't="s"',
    "<v>1e400</v>", "<v>99999999</v>", "<f>1+1</f>", 's="7"', "XFD1048576", "A0", "ZZZZ1", "A4294967296",
    '<row r="-1">',    '<mergeCell ref="A1:XFD1048576"/>', '<dimension ref="A1:XFD1048576"/>', "</row>", "</worksheet>",
)  # fmt: skip


def _workbook(edits: list, cuts: list, part: str) -> bytes:
    xml = sheet_xml(_rows())
    for place, word in edits:
        at = int(place * len(xml))
        xml = xml[:at] + word + xml[at:]
    content = bytearray(workbook(xml, **({part: "<" + part} if part else {})))
    for place, byte in cuts:
        content[int(place * (len(content) - 1))] = byte
    return bytes(content)


workbooks = st.builds(
    _workbook,
    st.lists(st.tuples(positions, st.one_of(st.sampled_from(XML_TOKENS), words)), max_size=3),
    st.one_of(st.just([]), st.lists(st.tuples(positions, st.integers(0, 255)), max_size=3)),
    st.one_of(*[st.just("")] * 9, st.sampled_from(("workbook", "[Content_Types]", "sheet1"))),
)


def xlsx_file(content: bytes, folder: Path) -> str:
    path = folder / "posts.xlsx"
    path.write_bytes(content)
    return landed_file(path, POSTS_MAPPING, platform_exports.POSTS)


# Mapping files ----------------------------------------------------------------------------------------------------

MAPPING_TEXT = yaml.safe_dump(POSTS_MAPPING.model_dump(by_alias=True, exclude_defaults=True), sort_keys=False)
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n" + "".join(
    f"{chr(100 + n)}: &{chr(100 + n)} [{','.join(['*' + chr(99 + n)] * 8)}]\n" for n in range(6)
)
YAML_TOKENS = (
    "&a", "*a", "!!python/object/apply:os.system ['true']", "!!binary x", "2026-13-45", "0o9", "? ", "- ", "---\n", "{",
    "[" * 2000, "<<: *a", "|", ">", "%", "!", "'", "1e400", "9" * 5000, "\t", "../../*", "/etc/*", "**/**/**", "\x07",
    "null", "~", "utf-16", "base64", "idna", "undefined", "utf-8\x00", "Mars/Olympus", "%Q", "%", "%d", "%+", "%Z", "",
    *PATTERNS,
)  # fmt: skip


def _setting(path: tuple[str, ...], value: Any) -> bytes:
    document = yaml.safe_load(MAPPING_TEXT)
    place = document
    for name in path[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            return MAPPING_TEXT.encode()
    place[path[-1]] = value
    return yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass")


SETTINGS = (
    ("files",), ("encoding",), ("delimiter",), ("sheet",), ("header_row",), ("fill_down",), ("leave_out", "Title"),
    ("null_values",), ("times", "format"), ("times", "zone"), ("dates", "format"), ("constants", "platform"),
    ("constants", "text"), ("from_path", "text"), ("columns", "url"), ("columns", "text", "pattern"),
    ("recognised_by",),    ("columns", "post_id"), ("table",), ("source",),
)  # fmt: skip
values = st.one_of(
    st.sampled_from(YAML_TOKENS),
    words,
    st.lists(st.sampled_from(("Title", "Comments", "x")), max_size=3),
    st.integers(),
    st.fixed_dictionaries(
        {"from": st.sampled_from(("Title", ["Title", "Post ID"], [])), "pattern": st.sampled_from(PATTERNS)}
    ),
    st.fixed_dictionaries({"from": st.just("Post ID"), "x_time": st.booleans(), "first": st.booleans()}),
)  # fmt: skip
mappings = st.one_of(
    st.builds(_setting, st.sampled_from(SETTINGS), values),
    st.builds(_setting, st.sampled_from(SETTINGS), values),
    mutated([MAPPING_TEXT, BOMB, MAPPING_TEXT + BOMB]),
    st.builds(
        lambda place, token: _edited(MAPPING_TEXT, [(place, place, token, "put")], "utf-8"),
        positions,
        st.sampled_from(YAML_TOKENS),
    ),
)


def mapping_file(content: bytes, folder: Path) -> str:
    inbox, shipped = folder / "inbox", folder / "shipped"
    for made in (inbox, shipped):
        made.mkdir(exist_ok=True)
    (inbox / "own.mapping.yaml").write_bytes(content)
    (inbox / "posts.csv").write_text(POSTS)
    outcomes = {OTHER}
    try:
        for file in mapped_files(inbox, shipped, (platform_exports.POSTS,)):
            batch = file.batch()
            outcomes.add(judged(batch.contract, batch.text, batch.formats, batch.misfits))
    except SourceError as error:
        return refused(error, "own.mapping.yaml", "posts.csv")
    return next(kind for kind in (QUARANTINED, LANDED, OTHER) if kind in outcomes)


# Payloads of APIs -------------------------------------------------------------------------------------------------

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(TOKENS),
    st.text(max_size=10),
    st.sampled_from(("2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000+0000", "12345", "UC" + "x" * 22, 10**40)),
)


def payloads(names: Iterable[str]) -> st.SearchStrategy:
    keys = st.one_of(*[st.sampled_from(sorted(names))] * 4, st.sampled_from(TOKENS), st.text(max_size=6))

    def wider(inner: st.SearchStrategy) -> st.SearchStrategy:
        return st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=5))

    return st.recursive(leaves, wider, max_leaves=8)


def names_of(contracts: Iterable[Contract]) -> set[str]:
    """All names that stand in the JSON paths of the contracts."""
    paths = [path for contract in contracts for field in contract.fields for path in field.json_paths]
    return {part for path in paths for part in path.replace("[0]", "").split(".") if part != "$"}


@cache
def contracts_of(name: str) -> tuple[Contract, ...]:
    return registry.platform(name).contracts


def filled(contract: Contract) -> dict:
    """A payload that keeps the contract, each field at its first place."""
    payload: dict = {}
    for field in contract.fields:
        put(payload, field, (field.allowed or (USUAL.get(field.dtype, "12345"),))[0])
    return payload


USUAL = {
    pl.Datetime("us"): "2026-03-02T09:00:00Z",
    pl.Date: "2026-03-02",
    pl.Boolean: True,
    pl.Float64: 2.5,
    pl.Int64: 3,
}


def put(payload: dict, field: Field, value: Any) -> None:
    *places, last = field.json_paths[0].removeprefix("$.").replace("[0]", "").split(".")
    for place in places:
        payload = payload.setdefault(place, {})
        if not isinstance(payload, dict):
            return
    payload[last] = value


def _overwritten(contract: Contract, overwritten: dict[int, Any]) -> dict:
    payload = filled(contract)
    for place, value in overwritten.items():
        put(payload, contract.fields[place], value)
    return payload


def records_of(contract: Contract) -> st.SearchStrategy:
    """Payloads that keep the contract but for a few fields, or that are nothing of the kind."""
    places = st.dictionaries(st.integers(0, len(contract.fields) - 1), leaves, max_size=3)
    nearly = st.builds(_overwritten, st.just(contract), places)
    return st.one_of(nearly, nearly, nearly, payloads(names_of([contract])))


def platform_payloads(name: str) -> Parser:
    contracts = contracts_of(name)

    def given(contract: Contract) -> st.SearchStrategy:
        return st.tuples(st.just(contract.table), lists(records_of(contract)))

    def outcome(given: tuple[str, list], folder: Path) -> dict[str, int]:
        table, bodies = given
        contract = next(one for one in contracts if one.table == table)
        return counted(contract, contract.from_payloads([as_json(body) for body in bodies]))

    return Parser(st.one_of(*map(given, contracts)), outcome, RECORDS)


RECORDS = 10


def lists(one: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(one, min_size=RECORDS, max_size=RECORDS)


def xapi_statements(given: list, folder: Path) -> dict[str, int]:
    return counted(xapi.STATEMENTS, xapi.STATEMENTS.from_payloads([xapi.payload_of(one) for one in given]))


def moodle_payloads(given: tuple[Contract, list], folder: Path) -> dict[str, int]:
    contract, bodies = given
    texts = {
        moodle.COURSES: lambda: map(moodle.course_payload, bodies),
        moodle.ENROLMENTS: lambda: (moodle.user_payload("7", one, "idnumber") for one in bodies),
        moodle.COMPLETIONS: lambda: (moodle.completion_payload("7", "3", one) for one in bodies),
        moodle.GRADES: lambda: moodle.grade_payloads("7", bodies),
    }
    return counted(contract, contract.from_payloads(list(texts[contract]())))


def zoom_payloads(given: tuple[dict, list[dict]], folder: Path) -> dict[str, int]:
    meeting, stays = given
    batch = zoom._batch(meeting, stays, NOW, False)
    return counted(batch.contract, batch.text)


def teams_payloads(given: tuple[dict, list[dict]], folder: Path) -> dict[str, int]:
    report, records = given
    batch = teams._batch("19:meeting", report, [(record, NOW) for record in records], NOW, False)
    return counted(batch.contract, batch.text)


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    content = b""
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_) -> None:
        pass


@cache
def _api() -> Api:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    return Api("x", address, timeout_seconds=5, patience_seconds=1, attempts=1, internal_hosts=("127.0.0.1",))


def http_answer(given: tuple[int, bytes], folder: Path) -> str:
    """A real answer over loopback, read by the client that asks all platforms."""
    _Answers.status, _Answers.content = given
    try:
        answer = _api().get("2/users", {})
    except SourceError as error:
        return refused(error, "2/users")
    return judged(xapi.STATEMENTS, xapi.STATEMENTS.from_payloads([as_json(answer.body)]))


# Other files ------------------------------------------------------------------------------------------------------

ZOOM = (
    "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\n"
    "810 0000 0000,Writing,03/02/2026 09:00:00 AM,03/02/2026 10:00:00 AM,h@mofa.example,60,2\n\n"
    "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
    "A (B),a@mofa.example,03/02/2026 09:00:00 AM,03/02/2026 10:00:00 AM,60,Yes\n"
    "C,,03/02/2026 09:05:00 AM,,55,No\n"
)
TEAMS = (
    "1. Summary\nMeeting title\tWriting\nAttended participants\t2\nStart time\t3/2/26, 9:00:00 AM\n"
    "End time\t3/2/26, 10:00:00 AM\n\n2. Participants\nName\tFirst Join\tLast Leave\tDuration\tEmail\tRole\n"
    "A\t3/2/26, 9:00:01 AM\t3/2/26, 10:00:00 AM\t59m 59s\ta@mofa.example\tPresenter\n\n3. In-Meeting activities\n"
    "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n"
    "A\t3/2/26, 9:00:01 AM\t3/2/26, 10:00:00 AM\t59m 59s\ta@mofa.example\tPresenter\n"
)
TEAMS_OLD = "Full Name\tUser Action\tTimestamp\nA\tJoined\t3/2/2026, 9:00:01 AM\nA\tLeft\t3/2/2026, 10:00:00 AM\n"
REVIEW = ",".join(COLUMNS) + "\nsheets:a,zoom:b,name,4.2,same\nsheets:a,zoom:c,name,3.1,\nx,y,mail,2.0,different\n"
ROLES = "email,role,scope\na@mofa.example,officer,oslo\nb@mofa.example,region,Europe\nc@mofa.example,headquarters,\n"
TOPICS = 'topic_id,name,description\ntrade,Trade,"Exports | imports"\nother,Other,Anything else\n'
REGISTER = {
    "missions": "mission_id,name,kind,city,country_code,country,region,time_zone,latitude,longitude\n"
    "oslo,Embassy in Oslo,embassy,Oslo,NO,Norway,Europe,Europe/Oslo,59.9,10.7\n",
    "accounts": "platform,handle,native_id,mission_id,display_name,registered_from,registered_until,language,"
    "is_official,owner,second_owner\nx,oslo,1,oslo,Oslo,2021-01-01,,en,yes,a@mofa.example,\n",
}


def meeting_export(read: Callable, contract: Contract) -> Callable[[bytes, Path], str]:
    def outcome(content: bytes, folder: Path) -> str:
        try:
            reading = read(content, "report.csv", Clock("Asia/Karachi"))
        except SourceError as error:
            return refused(error, "report.csv")
        if reading is None:
            return OTHER
        raw = [json.dumps({"line": line, **row}) for line, row in zip(reading.lines, reading.rows, strict=True)]
        return judged(contract, text_of(contract, reading.rows, raw, reading.lines))

    return outcome


def user_file(name: str, read: Callable[[Path], Any]) -> Callable[[bytes, Path], str]:
    def outcome(content: bytes, folder: Path) -> str:
        path = folder / name
        path.write_bytes(content)
        try:
            return LANDED if read(path) else OTHER
        except REFUSALS as error:
            return refused(error, name)

    return outcome


def register(given: tuple[str, bytes], folder: Path) -> str:
    table, content = given
    for other, usual in REGISTER.items():
        (folder / f"{other}.csv").write_bytes(content if other == table else usual.encode())
    try:
        batches = list(registry.extract(folder, Window.of_day(date(2026, 3, 2)), is_synthetic=False))
    except SourceError as error:
        return refused(error, f"{table}.csv")
    outcomes = {judged(b.contract, b.text, b.formats, b.misfits) for b in batches}
    return next(kind for kind in (QUARANTINED, LANDED, OTHER) if kind in outcomes)


# Contracts --------------------------------------------------------------------------------------------------------

FORMATS = (
    Formats(), Formats("%d/%m/%Y %H:%M", "Asia/Karachi"), Formats("%m/%d/%y %I:%M %p", "America/New_York", "%d.%m.%Y"),
)  # fmt: skip


def contract_rows(given: tuple[Contract, list[list[str | None]], Formats], folder: Path) -> dict[str, int]:
    contract, rows, formats = given
    columns = {
        field.name: pl.Series([row[place % len(row)] for row in rows], dtype=pl.String)
        for place, field in enumerate(contract.fields)
    }
    text = pl.DataFrame(columns).with_columns(
        pl.Series("source_line", range(len(rows)), dtype=pl.Int64),
        pl.Series("raw", [str(number % 2) for number in range(len(rows))], dtype=pl.String),
    )
    return counted(contract, text, formats)


cells = st.one_of(
    st.none(),
    st.sampled_from([token for token in TOKENS if token != "\ud800"]),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(("2026-03-02", "2026-03-02T09:00:00Z", "02/03/2026 09:00", "5", "2.5", "yes", "facebook", "pre")),
)
CONTRACTS = (platform_exports.POSTS, *sheets.CONTRACTS, *registry.CONTRACTS, zoom.PARTICIPANTS, xapi.STATEMENTS)

ZOOM_NAMES = {
    "id",
    "topic",
    "start_time",
    "end_time",
    "status",
    "name",
    "user_email",
    "join_time",
    "leave_time",
    "duration",
}
TEAMS_NAMES = {"id", "identity", "displayName", "emailAddress", "attendanceIntervals", "joinDateTime", "leaveDateTime"}


def dictionaries(names: Iterable[str], **always: st.SearchStrategy) -> st.SearchStrategy:
    anything = payloads(names)
    return st.fixed_dictionaries(always, optional=dict.fromkeys(sorted(set(names) - set(always)), anything))


MOODLE = (moodle.COURSES, moodle.ENROLMENTS, moodle.COMPLETIONS, moodle.GRADES)
MOODLE_NAMES = {"gradeitems", "roles", "shortname", "customfields", "value", "completionstatus", "completions"}
XAPI_NAMES = ("id", "stored", "verb", "actor", "object", "result", "context")
bodies = payloads(names_of([xapi.STATEMENTS]))
statements = st.one_of(records_of(xapi.STATEMENTS), dictionaries(XAPI_NAMES))


def moodle_bodies(contract: Contract) -> st.SearchStrategy:
    names = names_of([contract]) | MOODLE_NAMES
    return st.tuples(st.just(contract), lists(st.one_of(records_of(contract), dictionaries(names))))


answers = st.one_of(
    st.builds(lambda body: json.dumps(body).encode("utf-8", "surrogatepass"), bodies),
    mutated(['{"id": "1", "verb": {"id": "x"}}', '{"errors": [{"message": "no"}], "detail": []}']),
    st.builds(lambda number, mark: (mark * number).encode(), st.integers(1, 100_000), st.sampled_from(("[", '{"a":'))),
    st.builds(lambda number: b"[" * number + b"]" * number, st.integers(1, 2_000)),
    st.builds(lambda number: b'{"a":' * number + b"1" + b"}" * number, st.integers(1, 2_000)),
)
PARSERS: dict[str, Parser] = {
    "csv": Parser(mutated([POSTS]), csv_file),
    "xlsx": Parser(workbooks, xlsx_file),
    "training sheets": Parser(
        st.sampled_from(sheets.CONTRACTS).flatmap(lambda c: st.tuples(st.just(c.table), mutated([sheet_of(c)]))),
        training_sheet,
    ),
    "mappings": Parser(mappings, mapping_file),
    "register": Parser(
        st.sampled_from(sorted(REGISTER)).flatmap(lambda t: st.tuples(st.just(t), mutated([REGISTER[t]]))), register
    ),
    "contracts": Parser(
        st.tuples(st.sampled_from(CONTRACTS), lists(st.lists(cells, min_size=1, max_size=8)), st.sampled_from(FORMATS)),
        contract_rows,
        RECORDS,
    ),
    "http answers": Parser(st.tuples(st.sampled_from((200, 200, 200, 400, 403, 404, 429, 500)), answers), http_answer),
    **{name: platform_payloads(name) for name in registry.PLATFORMS},
    "xapi": Parser(lists(statements), xapi_statements, RECORDS),
    "moodle": Parser(st.one_of(*map(moodle_bodies, MOODLE)), moodle_payloads, RECORDS),
    "zoom api": Parser(
        st.tuples(dictionaries(ZOOM_NAMES, uuid=st.text(max_size=8)), lists(dictionaries(ZOOM_NAMES))),
        zoom_payloads,
        RECORDS,
    ),
    "teams api": Parser(
        st.tuples(
            dictionaries(["meetingStartDateTime", "meetingEndDateTime"], id=leaves.filter(bool)),
            lists(dictionaries(TEAMS_NAMES)),
        ),
        teams_payloads,
        RECORDS,
    ),
    "zoom exports": Parser(
        mutated([ZOOM, ZOOM[ZOOM.index("Name (") :]]), meeting_export(zoom.read_file, zoom.PARTICIPANTS)
    ),
    "teams exports": Parser(mutated([TEAMS, TEAMS_OLD]), meeting_export(teams.read_file, teams.PARTICIPANTS)),
    "review file": Parser(mutated([REVIEW]), user_file("review.csv", read_answers)),
    "roles file": Parser(mutated([ROLES]), user_file("roles.csv", read_roles)),
    "topics seed": Parser(mutated([TOPICS]), user_file("topics.csv", descriptions)),
}
