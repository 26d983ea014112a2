"""Training statements from Ralph, a real learning record store, which keeps them in a file.

Statements are written into its file, since only so they can have been stored on a day that is over. Ralph selects by
the time of happening, gives a page's statements in reverse when asked for ascending ones, and reads its file from the
start for every page.
"""

import json
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from orchestration.landing import Landing, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError, xapi
from tests.conftest import left_out
from tests.servers import free_port, wait_for

pytestmark = pytest.mark.ralph

FOLDER = Path(sys.prefix) / "ralph"
USER, PASSWORD = "sifarat", "pass: word and more"
DAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
VERBS = ("registered", "attended", "completed", "passed", "failed", "scored")


class Ralph:
    """Ralph on loopback, always on the same port; killed and started as a test likes."""

    def __init__(self, folder: Path, largest_page: int):
        (folder / "statements").mkdir(parents=True)
        self.file = folder / "statements" / "fs_lrs.jsonl"
        self._log = folder / "log"
        self._environment = {
            "PATH": f"{FOLDER / 'bin'}:/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "RALPH_APP_DIR": str(folder),
            "RALPH_AUTH_FILE": str(folder / "auth.json"),
            "RALPH_RUNSERVER_BACKEND": "fs",
            "RALPH_RUNSERVER_MAX_SEARCH_HITS_COUNT": str(largest_page),
            "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(self.file.parent),
        }
        who = ["-u", USER, "-p", PASSWORD, "-s", "all", "-N", "name", "-M", "mailto:ops@example.org"]
        subprocess.run(
            [FOLDER / "bin" / "ralph", "auth", "--write-to-disk", *who],
            env=self._environment,
            capture_output=True,
            check=True,
        )
        self._port = free_port()
        self.base_url = f"http://127.0.0.1:{self._port}/xAPI"
        self._process: subprocess.Popen | None = None
        self.starts = 0

    def launch(self) -> None:
        self.starts += 1
        with open(self._log, "ab") as output:
            self._process = subprocess.Popen(
                [FOLDER / "bin" / "uvicorn", "ralph.api:app", "--host", "127.0.0.1", "--port", str(self._port)],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start(self) -> None:
        self.launch()
        wait_for(self.base_url, self._process, self._log, seconds=60)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=30)

    def holds(self, statements: list[dict]) -> None:
        self.file.write_text("".join(json.dumps(statement) + "\n" for statement in statements))

    def pages_given(self) -> int:
        return len(re.findall(r"GET /xAPI/statements.* 200", self._log.read_text()))

    def settings(self, **other) -> Settings:
        given = {"lrs_base_url": self.base_url, "lrs_username": USER, "lrs_password": SecretStr(PASSWORD)}
        return Settings().model_copy(update=given | other)


@pytest.fixture(scope="session")
def ralph(tmp_path_factory) -> Iterator[Ralph]:
    """The learning record store that `make ralph` installs."""
    if not (FOLDER / "bin" / "ralph").exists():
        left_out("tests/integration/test_xapi_source.py needs Ralph; to install it: make ralph")
    store = Ralph(tmp_path_factory.mktemp("ralph"), largest_page=10_000)
    store.start()
    yield store
    store.kill()


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path / "landing", is_synthetic=False)


def statement(number: int = 0, verb: str = "completed", stored: datetime = MORNING, **rest) -> dict:
    moment = stored.isoformat().replace("+00:00", "Z")
    return {
        "id": str(uuid.UUID(int=number + 1)),
        "actor": {"account": {"name": f"FSO-{number % 700}", "homePage": "https://lms.example.org"}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en-US": verb}},
        "object": {
            "id": f"https://lms.example.org/course/{number % 40}",
            "definition": {"name": {"en": f"Course {number % 40}"}},
        },
        "timestamp": moment,
        "stored": moment,
    } | rest


def read(settings: Settings, landing: Landing, day: date = DAY) -> list:
    with xapi.connect(settings) as lrs:
        return list(xapi.extract(lrs, landing, day, is_synthetic=False, progress=lambda *_: None))


def landed(landing: Landing) -> list[str]:
    return sorted(landing.read(xapi.STATEMENTS)["id"])


def content(landing: Landing) -> dict[str, list]:
    """Files and what is in them, but for when it was asked for."""
    frame = landing.read(xapi.STATEMENTS).drop("observed_at")
    parts = sorted(str(p.relative_to(landing.root)) for p in landing.root.rglob("*.parquet"))
    return {"parts": parts, "rows": frame.sort("batch_id", "id").rows()}


def test_statements_of_several_verbs_land_typed(ralph, landing):
    scored = statement(
        1,
        "scored",
        id="0A0B0C0D-1111-2222-3333-44445555AAAA",
        timestamp="2026-03-02T13:30:00.123+05:00",
        actor={"mbox": "mailto:ayesha@example.org", "name": "Ayesha", "objectType": "Agent"},
        result={
            "score": {"scaled": 0.85, "raw": 17, "min": 0, "max": 20},
            "success": True,
            "completion": False,
            "duration": "PT1H30M",
        },
        context={
            "registration": str(uuid.UUID(int=9)),
            "platform": "Moodle",
            "contextActivities": {"parent": [{"id": "https://lms.example.org/course/1"}]},
        },
    )
    target = {"objectType": "StatementRef", "id": str(uuid.UUID(int=3)).upper()}
    ralph.holds(
        [scored, statement(4, "voided", object=target), *(statement(n, verb) for n, verb in enumerate(VERBS, 5))]
    )
    [receipt] = read(ralph.settings(), landing)
    assert (receipt.received, receipt.landed, receipt.quarantined) == (8, 8, 0)
    rows = {row["id"]: row for row in landing.read(xapi.STATEMENTS).to_dicts()}
    assert {row["verb"] for row in rows.values()} == {*VERBS, "voided"}
    assert {row["date"] for row in rows.values()} == {DAY}
    row = rows[scored["id"].lower()]
    expected = {
        "stored": datetime(2026, 3, 2, 9),
        "timestamp": datetime(2026, 3, 2, 8, 30, 0, 123000),
        "verb_id": "http://adlnet.gov/expapi/verbs/scored",
        "actor_mbox": "mailto:ayesha@example.org",
        "actor_name": "Ayesha",
        "actor_account_name": None,
        "object_id": "https://lms.example.org/course/1",
        "object_name": "Course 1",
        "object_type": None,
        "result_score_scaled": 0.85,
        "result_score_raw": 17.0,
        "result_score_min": 0.0,
        "result_score_max": 20.0,
        "result_success": True,
        "result_completion": False,
        "result_duration": "PT1H30M",
        "context_registration": str(uuid.UUID(int=9)),
        "context_platform": "Moodle",
        "context_parent_id": "https://lms.example.org/course/1",
        "statement_ref_id": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert rows[str(uuid.UUID(int=5))]["statement_ref_id"] == str(uuid.UUID(int=3))


def test_days_that_follow_neither_lose_nor_repeat_a_statement(ralph, landing):
    midnight, tick = datetime(2026, 3, 2, tzinfo=UTC), timedelta(microseconds=1)
    at = [midnight - tick, midnight, midnight + tick, *(midnight + timedelta(days=1) + n * tick for n in (-1, 0, 1))]
    ralph.holds([statement(n, stored=moment) for n, moment in enumerate(at)])
    for day in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)):
        read(ralph.settings(), landing, day)
    found = landing.read(xapi.STATEMENTS).sort("stored")
    assert found["id"].to_list() == [str(uuid.UUID(int=n + 1)) for n in range(6)]
    assert [str(day)[-2:] for day in found["date"]] == ["01", "02", "02", "02", "03", "03"]


def test_a_statement_that_came_late_is_found_where_the_store_selects_by_when_it_happened(ralph, landing):
    late = statement(1, timestamp="2026-02-27T10:00:00Z")
    ahead = statement(2, stored=datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), timestamp="2026-03-03T00:00:01Z")
    ralph.holds([late, ahead, statement(3)])
    read(ralph.settings(), landing)
    assert len(landed(landing)) == 1
    read(ralph.settings(lrs_late_days=7), landing)
    assert len(landed(landing)) == 3


def test_pages_are_followed_to_the_end_and_a_second_run_changes_nothing(ralph, landing, monkeypatch):
    monkeypatch.setattr(xapi, "STATEMENTS_PER_BATCH", 10)
    ralph.holds([statement(n, stored=MORNING + timedelta(seconds=n)) for n in range(35)])
    before = ralph.pages_given()
    receipts = read(ralph.settings(lrs_page_size=7), landing)
    assert ralph.pages_given() - before == 6
    assert [receipt.landed for receipt in receipts] == [10, 10, 10, 5]
    assert landed(landing) == [str(uuid.UUID(int=n + 1)) for n in range(35)]
    first = content(landing)
    read(ralph.settings(lrs_page_size=1000), landing)
    assert landed(landing) == [str(uuid.UUID(int=n + 1)) for n in range(35)]
    read(ralph.settings(lrs_page_size=7), landing)
    assert content(landing) == first


def test_a_rerun_replaces_what_an_interrupted_one_left(ralph, landing, monkeypatch):
    """The interrupted reading cut smaller batches, so it left more of them than the whole one writes."""
    ralph.holds([statement(n) for n in range(30)])
    monkeypatch.setattr(xapi, "STATEMENTS_PER_BATCH", 3)
    with xapi.connect(ralph.settings(lrs_page_size=5)) as lrs:
        reading = xapi.extract(lrs, landing, DAY, is_synthetic=False, progress=lambda *_: None)
        for _ in range(7):
            next(reading)
        reading.close()
    assert len(landed(landing)) == 21
    monkeypatch.setattr(xapi, "STATEMENTS_PER_BATCH", 10)
    assert len(read(ralph.settings(lrs_page_size=5), landing)) == 3
    assert landed(landing) == [str(uuid.UUID(int=n + 1)) for n in range(30)]
    assert len(landing.committed(xapi.STATEMENTS)) == 3


def test_a_statement_met_on_two_pages_is_landed_once(ralph, landing, monkeypatch):
    monkeypatch.setattr(xapi, "STATEMENTS_PER_BATCH", 4)
    ralph.holds([statement(n % 9) for n in range(12)])
    read(ralph.settings(lrs_page_size=100), landing)
    assert landed(landing) == [str(uuid.UUID(int=n + 1)) for n in range(9)]


def test_a_day_without_statements_is_known_to_have_been_read(ralph, landing):
    ralph.holds([])
    [receipt] = read(ralph.settings(), landing)
    assert receipt.received == 0
    assert len(landing.committed(xapi.STATEMENTS)) == 1


def test_a_malformed_statement_goes_to_quarantine_with_field_and_reason(ralph, landing):
    wrong = [
        statement(1, id="no-uuid"),
        statement(2, verb=None) | {"verb": {}},
        statement(3, result={"score": {"scaled": "good"}}),
        statement(4) | {"stored": "yesterday"},
    ]
    ralph.holds([statement(0), *wrong])
    [receipt] = read(ralph.settings(), landing)
    assert (receipt.landed, receipt.quarantined) == (1, 4)
    findings = pl.read_parquet(landing.root / "_quarantine" / "xapi" / "statements" / f"date={DAY}" / "*.parquet")
    assert sorted(findings.select("field", "reason").rows()) == [
        ("id", f"does not look like {xapi.STATEMENTS.fields[0].pattern}"),
        ("result_score_scaled", "not a number"),
        ("stored", "not a possible time"),
        ("verb_id", "required, but empty or missing"),
    ]


@pytest.mark.usefixtures("no_waiting")
def test_a_wrong_password_is_told_and_not_printed(ralph, landing):
    with pytest.raises(SourceError, match=r"401.*SIFARAT_LRS_USERNAME and SIFARAT_LRS_PASSWORD") as error:
        read(ralph.settings(lrs_password=SecretStr("wrong-one")), landing)
    assert "wrong-one" not in str(error.value)


@pytest.mark.usefixtures("no_waiting")
def test_a_server_that_is_no_record_store_is_told(ralph, landing):
    with pytest.raises(SourceError, match="404"):
        read(ralph.settings(lrs_base_url=ralph.base_url.removesuffix("xAPI") + "blog"), landing)


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_hundred_thousand_statements_are_read_though_the_store_is_killed_midway(ralph, landing, tmp_path):
    total = 100_000
    ralph.holds([statement(n, VERBS[n % 6], MORNING + timedelta(milliseconds=n * 100)) for n in range(total)])
    began, receipts = time.monotonic(), []

    def kill_and_launch() -> None:
        ralph.kill()
        ralph.launch()

    # By then the next page is asked for and not answered: Ralph reads more than half of its file for it.
    fall = threading.Timer(0.3, kill_and_launch)
    # Other tests retry at once for the rest of the session; here the real pauses have to last.
    with stamina.set_testing(False), xapi.connect(ralph.settings(lrs_page_size=10_000)) as lrs:
        for receipt in xapi.extract(lrs, landing, DAY, is_synthetic=False, progress=lambda *_: None):
            receipts.append(receipt)
            if len(receipts) == 5:
                fall.start()
    fall.join()
    print(f"{total:,} statements in {time.monotonic() - began:.1f} s")
    assert ralph.starts == 2
    assert sum(receipt.landed for receipt in receipts) == total
    assert landed(landing) == [str(uuid.UUID(int=n + 1)) for n in range(total)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["id", "stored", "timestamp", "verb", "actor", "object", "result", "context", "statement_id", "name", "score"]
NEARLY = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5)


@settings(max_examples=150)
@given(
    st.lists(
        JSON
        | NEARLY
        | st.builds(lambda part: statement() | part, NEARLY)
        | st.builds(lambda part: statement(object={"definition": part}, verb={"id": part.get("id")}), NEARLY),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_a_statement_is_it_lands_or_is_quarantined(statements):
    window = Window.of_day(DAY)
    payloads = [xapi.payload_of(item) for item in statements if xapi._is_stored_in(window, item)]
    parsed = xapi.STATEMENTS.parse(xapi.STATEMENTS.from_payloads(payloads))
    quarantined = parsed.rejected["record_number"].n_unique()
    assert parsed.accepted.height + quarantined + parsed.repeated == len(payloads)
