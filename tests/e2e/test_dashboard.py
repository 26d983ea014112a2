"""The dashboard in a browser, over what a synthetic night published: every page in both languages and at both widths,
what its filters choose against SQL on the same publication, hostile texts, a new publication, and sign-in.

Screenshots go to the folder that SIFARAT_SCREENSHOTS names, else to pytest's own.
"""

import csv
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.language import LANGUAGES, phrases
from orchestration.publication import Publications
from tests.conftest import left_out
from tests.e2e.conftest import SIFARAT, State
from tests.servers import Running, free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("synthetic_state")]

INSTALLED = Path(sys.prefix) / "browser"
PROVIDER = Path(__file__).parent.parent / "oidc_provider.mjs"
PATHS = {"today": "", "missions": "missions", "content": "content", "accounts": "accounts"} | {
    "training": "training",
    "data": "data",
}
TABS = ("training_now", "training_refreshers", "training_workshops", "training_effect")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
STREAMLIT_LOOKS_FOR_ITS_SERVER = re.compile(r"/(?:\w+)/_stcore/(?:health|host-config)$")
"""Opened below /, Streamlit's page asks there for its server first; the browser logs the 404 that sends it to /."""

OFFICER, STRANGER, PASSWORD = "officer.oslo@example.org", "stranger@example.org", "a password of the tests"
HOSTILE = "=HYPERLINK(\"http://127.0.0.1:1/\") <script>document.title='taken'</script> <b>bold</b> **loud** $x^2$"


def serve(state: State, port: int, log: Path) -> Running:
    command = [SIFARAT, "dashboard", "--port", port]
    return Running(command, f"http://127.0.0.1:{port}", log, state.environment)


@dataclass
class Window:
    """One page of the browser, and what went wrong in it."""

    page: Page
    base_url: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message) -> None:
        if message.type == "error" and not STREAMLIT_LOOKS_FOR_ITS_SERVER.search(message.location.get("url", "")):
            self.faults.append(f"console: {message.text} {message.location}")

    def _asked(self, request) -> None:
        where = urlsplit(request.url)
        if where.scheme not in ("data", "blob") and where.hostname != "127.0.0.1":
            self.faults.append(f"left the machine: {request.url}")

    def open(self, name: str, language: str = "en", **filters: str) -> None:
        query = urlencode({"lang": LANGUAGES[language], **filters})
        self.page.goto(f"{self.base_url}/{PATHS[name]}?{query}")
        expect(self.page.locator("h1")).to_have_text(phrases(language)[name], timeout=60_000)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector(READY, timeout=60_000)
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector(READY, timeout=60_000)
        assert self.page.get_by_test_id("stException").count() == 0, self.page.inner_text("body")[-2000:]

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).fill(option)
        self.page.get_by_role("option", name=option, exact=True).click()
        self.settle()

    def download(self, key: str) -> list[list[str]]:
        """Rows of the CSV that stands below the table ``key``."""
        chart = self.page.locator(f".st-key-chart-{key}")
        if chart.locator("summary").count():
            chart.locator("summary").click()
        with self.page.expect_download() as download:
            self.page.locator(f".st-key-csv-{key} button").click()
        return list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))

    def title(self, key: str) -> str:
        return self.page.locator(f".st-key-chart-{key} h3").first.inner_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None or not (INSTALLED / "node_modules" / "axe-core").exists():
        left_out("tests/e2e/test_dashboard.py needs Chromium, an OpenID provider and axe; to install: make browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def published(synthetic_state, browser, tmp_path_factory) -> State:
    """The synthetic ministry's publication once more, with a hostile post among Oslo's best and in quarantine."""
    state = State(tmp_path_factory.mktemp("dashboard") / "data")
    publications = Publications(state.current.parent)
    state.current.parent.mkdir(parents=True)
    copy = state.current.parent / "marts-planted.duckdb"
    shutil.copy(synthetic_state.current, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update quality.publication set run_id = 'planted'")
        connection.execute(
            "update marts.fct_post set text = ?, engagements = 999999 where post_id = "
            "(select post_id from marts.fct_post where mission_id = 'oslo' and deleted_at is null "
            "order by engagements desc nulls last, post_id limit 1)",
            [HOSTILE],
        )
        connection.execute(
            "insert into quality.quarantined_records by name select 'platform_exports' as source, "
            "'posts' as table_name, date '2026-03-03' as observed_date, 'posts.csv' as source_file, "
            "7 as source_line, 1 as record_number, 'text' as field, ? as value, ? as reason, "
            "timestamp '2026-03-03 12:00' as observed_at, 'planted' as batch_id, true as is_synthetic",
            [HOSTILE, "@SUM(1+1)"],
        )
        connection.execute(
            "insert into marts.alerts by name select 'planted' as alert_id, date '2026-03-03' as alert_date, "
            "date '2026-03-01' as from_date, 'silence' as kind, 'high' as severity, 'oslo' as mission_id, "
            "(select min(account_id) from marts.dim_account where mission_id = 'oslo' and platform = 'x') "
            "as account_id, 'x' as platform, 'posts' as metric, 0 as observed, 1234.6 as expected, 2 as strength, "
            "'as SQL says it' as sentence, true as is_synthetic"
        )
    os.link(copy, state.current)
    assert publications.open_one().run_id == "planted"
    return state


@pytest.fixture(scope="session")
def dashboard(published, tmp_path_factory) -> Iterator[Running]:
    with serve(published, free_port(), tmp_path_factory.mktemp("dashboard") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def context(browser):
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context


@pytest.fixture
def window(context, dashboard) -> Iterator[Window]:
    page = context.new_page()
    window = Window(page, dashboard.base_url)
    yield window
    page.close()
    assert window.faults == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_without_a_fault(window, language, width, tmp_path):
    folder = Path(os.environ.get("SIFARAT_SCREENSHOTS", tmp_path))
    axe = (INSTALLED / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    serious = []
    parts = [(name, name, {}) for name in PATHS if name != "training"]
    parts += [(tab, "training", {"part": phrases(language)[tab]}) for tab in TABS]
    for name, path, chosen in parts:
        window.page.set_viewport_size({"width": width, "height": 900})
        window.open(path, language, **chosen)
        expect(window.page.get_by_text(phrases(language)["synthetic"])).to_be_visible()
        too_wide = window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{name} is {too_wide} pixels too wide"
        height = window.page.locator('[data-testid="stMain"]').evaluate("main => main.scrollHeight")
        window.page.set_viewport_size({"width": width, "height": min(height + 20, 12_000)})
        window.settle()
        window.page.screenshot(path=folder / f"{name}-{language}-{width}.png")
        window.page.evaluate(axe)
        found = window.page.evaluate("axe.run().then(found => found.violations)")
        serious += [
            (name, fault["id"], fault["nodes"][0]["target"], fault["nodes"][0]["html"][:200])
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
    assert serious == []


def test_a_region_chosen_is_what_sql_tells_of_it(window, published):
    window.open("training")
    window.choose("Region", "Europe")
    [(trained, missions)] = published.query(
        "select count(*) filter (has_trained_focal_person), count(*) from marts.mission_training_coverage "
        "where region = 'Europe'"
    )
    assert window.title("coverage") == phrases("en")["coverage_title"].format(
        trained=trained, missions=missions, nobody=missions - trained
    )
    assert "region=Europe" in window.page.url


def test_only_the_open_tab_is_asked_for_and_a_link_opens_it(window, published):
    window.open("training")
    assert window.page.locator(".st-key-chart-effect").count() == 0
    window.page.get_by_role("tab", name=phrases("en")["training_effect"]).click()
    window.settle()
    told = window.page.locator(".st-key-chart-effect").inner_text()
    for label, sentence in published.query("select outcome_label, sentence from marts.training_effect"):
        assert f"{label}: {sentence}" in told
    assert window.page.locator(".st-key-chart-coverage").count() == 0
    window.page.reload()
    window.settle()
    assert window.page.locator(".st-key-chart-effect").count() == 1
    [(workshops,)] = published.query("select count(*) from marts.training_funnel")
    window.open("training", part=phrases("en")["training_workshops"])
    assert len(window.download("funnel")) == 1 + workshops


def test_what_the_data_says_is_told_in_urdu(window, published):
    [(handle,)] = published.query(
        "select handle from marts.dim_account where is_current and mission_id = 'oslo' and platform = 'x'"
    )
    window.open("today", "ur", mission="Embassy in Oslo (synthetic)")
    told = f"2026-03-01 سے 2026-03-03 تک @{handle} (X) نے کچھ پوسٹ نہیں کیا، جبکہ تقریباً 1,235 پوسٹس متوقع تھیں۔"
    assert told in re.sub("[\u2068\u2069]", "", window.page.locator(".st-key-alert-0").inner_text())
    window.open("training", "ur", part=phrases("ur")["training_effect"])
    assert "نہیں بتایا جا سکتا" in window.page.locator(".st-key-chart-effect").inner_text()
    assert "Cannot tell" not in window.page.inner_text("body")


def test_a_platform_and_a_mission_chosen_are_what_sql_tells_of_them(window, published):
    window.open("accounts")
    window.choose("Platform", "YouTube")
    to_fix = "select count(what_to_fix), count(*) from marts.asset_scores where "
    [(accounts, of_all)] = published.query(to_fix + "platform = 'youtube'")
    assert window.title("what-to-fix") == phrases("en")["fix_title"].format(accounts=accounts, all=of_all)
    window.open("accounts")
    window.choose("Mission", "Embassy in Oslo (synthetic)")
    [(accounts, of_all)] = published.query(to_fix + "mission_id = 'oslo'")
    assert window.title("what-to-fix") == phrases("en")["fix_title"].format(accounts=accounts, all=of_all)
    window.page.reload()
    window.settle()
    assert window.title("what-to-fix") == phrases("en")["fix_title"].format(accounts=accounts, all=of_all)


def test_a_period_chosen_is_what_sql_tells_of_it(window, published):
    window.open("data")
    start = window.page.get_by_role("group", name="Period (UTC days) start date").get_by_role("spinbutton")
    # From 27 days before the last day to that day: the day first, so that the start is never after the end.
    start.nth(2).press("ArrowDown")
    start.nth(1).press("ArrowUp")
    window.page.locator("h1").click()
    [(received, tables)] = published.query(
        "select sum(received), count(distinct (source, table_name)) from quality.reconciliation "
        "where observed_date = (select max(activity_date) from marts.fct_account_daily)"
    )
    told = phrases("en")["records_title"].format(received=f"{received:,}", tables=tables, wrong=0)
    expect(window.page.locator(".st-key-chart-records h3")).to_have_text(told, timeout=20_000)


def test_a_hostile_post_is_shown_and_exported_as_text(window):
    window.open("missions", mission="Embassy in Oslo (synthetic)")
    expect(window.page.get_by_text(HOSTILE, exact=True)).to_be_visible()
    assert window.page.title() != "taken"
    window.open("data")
    header, *rows = window.download("quarantine")
    planted = next(row for row in rows if row[header.index("source_line")] == "7")
    assert planted[header.index("value")] == "'" + HOSTILE
    assert planted[header.index("reason")] == "'@SUM(1+1)"


def test_an_open_page_shows_a_new_publication_on_its_next_load(window, published, synthetic_state, tmp_path):
    window.open("accounts")
    [(before,)] = published.query("select count(*) from marts.unregistered_lookalikes")
    assert before > 0
    told = phrases("en")["lookalikes_title"]
    assert window.title("lookalikes") == told.format(handles=before)
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(synthetic_state.data_dir / "warehouse.duckdb", warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.unregistered_lookalikes")
    publications = Publications(published.current.parent)
    publications.publish(warehouse, "the-next-night", is_synthetic=True)
    try:
        window.choose("Region", "Europe")
        assert window.page.locator("h1").inner_text() == "Accounts"
        window.open("accounts")
        assert window.title("lookalikes") == told.format(handles=0)
    finally:
        publications.roll_back("planted")


@pytest.fixture(scope="module")
def guarded(published, tmp_path_factory) -> Iterator[Running]:
    """The dashboard with sign-in: an officer of Oslo has a role, a stranger none."""
    folder = tmp_path_factory.mktemp("sign-in")
    port, provider_port = free_port(), free_port()
    here, issuer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{provider_port}"
    (folder / "provider.json").write_text(
        json.dumps(
            {
                "port": provider_port,
                "clientId": "sifarat",
                "clientSecret": "secret of the tests",
                "redirectUri": f"{here}/oauth2callback",
                "users": {OFFICER: PASSWORD, STRANGER: PASSWORD},
            }
        )
    )
    (folder / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{here}/oauth2callback"\ncookie_secret = "cookies of the tests, long enough"\n'
        'client_id = "sifarat"\nclient_secret = "secret of the tests"\n'
        'client_kwargs = { prompt = "login" }\n'
        f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
    )
    (folder / "roles.csv").write_text(f"email,role,scope\n{OFFICER},officer,oslo\n")
    state = State(
        published.data_dir,
        {
            "SIFARAT_DASHBOARD_SIGN_IN_FILE": str(folder / "secrets.toml"),
            "SIFARAT_DASHBOARD_ROLES_FILE": str(folder / "roles.csv"),
        },
    )
    provider = Running(["node", PROVIDER, INSTALLED, folder / "provider.json"], issuer, folder / "provider.log")
    with provider, serve(state, port, folder / "log") as running:
        yield running


def sign_in(browser: Browser, guarded: Running, email: str) -> Window:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    window = Window(page, guarded.base_url)
    page.goto(guarded.base_url)
    page.get_by_role("button", name=phrases("en")["sign_in"]).click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{guarded.base_url}/**", timeout=60_000)
    return window


def test_an_officer_cannot_get_another_missions_numbers(browser, guarded, published):
    window = sign_in(browser, guarded, OFFICER)
    try:
        window.open("accounts")
        [(accounts, of_all)] = published.query(
            "select count(what_to_fix), count(*) from marts.asset_scores where mission_id = 'oslo'"
        )
        own = phrases("en")["fix_title"].format(accounts=accounts, all=of_all)
        assert window.title("what-to-fix") == own

        window.page.get_by_label("Mission", exact=True).click()
        assert window.page.get_by_role("option").all_inner_texts() == ["Embassy in Oslo (synthetic)"]

        window.open("accounts", mission="Embassy in Tokyo (synthetic)", region="East Asia & Pacific")
        assert window.title("what-to-fix") == own

        header, *rows = window.download("standards")
        told = {row[header.index("rule")]: int(row[header.index("accounts")]) for row in rows}
        assert set(told.values()) == {of_all}
        window.open("missions", mission="tokyo")
        header, *rows = window.download("ranking")
        assert {row[header.index("mission_name")] for row in rows} == {"Embassy in Oslo (synthetic)"}

        for name in PATHS:
            window.open(name, mission="Embassy in Tokyo (synthetic)")
            assert "Tokyo" not in window.page.inner_text("body")
        assert window.faults == []
    finally:
        window.page.context.close()


def test_a_signed_in_stranger_sees_no_number(browser, guarded):
    window = sign_in(browser, guarded, STRANGER)
    try:
        expect(window.page.get_by_text(phrases("en")["no_role"])).to_be_visible(timeout=60_000)
        assert window.page.locator("h1, h3").count() == 0
    finally:
        window.page.context.close()


def test_without_signing_in_nothing_is_shown(browser, guarded):
    page = browser.new_context().new_page()
    try:
        page.goto(f"{guarded.base_url}/accounts")
        expect(page.get_by_role("button", name=phrases("en")["sign_in"])).to_be_visible(timeout=60_000)
        assert page.locator("h3").count() == 0
    finally:
        page.context.close()
