"""How fast the dashboard is over the big ministry: each page from asking to interactive, and a filter change.

A load is a new page of a headless Chromium with its cache warm, as of one who comes back; it is interactive when the
page's title stands and the server has run the page to its end. The filter changed is the region, each in its turn;
the first time its queries run, later they come from the dashboard's cache. Next to them stands the page's SQL alone,
without that cache. Exit status 1 when a page misses its bar: loads 2 s, filters 1 s, at the 95th percentile.

    .venv/bin/python benchmarks/big_ministry.py FOLDER
    .venv/bin/python benchmarks/dashboard_loads.py FOLDER [--loads 50] [--only training]
"""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import click
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboard.access import EVERYTHING
from dashboard.filters import DEFAULT_DAYS, Filters
from dashboard.language import phrases
from dashboard.publication import Published, identity_of, open_published
from dashboard.views import accounts, content, data, missions, today, training
from orchestration.dbt import project_vars
from orchestration.publication import Publications
from tests.servers import Running, free_port

OTHER_PARTS = [phrases("en")[part] for part in training.PARTS[1:]]
PAGES = {
    "today": ("", today),
    "missions": ("missions", missions),
    "content": ("content", content),
    "accounts": ("accounts", accounts),
    "training": ("training", training),
    **{f"training, {part}": (f"training?part={quote(part)}", training) for part in OTHER_PARTS},
    "data": ("data", data),
}
"""By name: address, and the module with its selects."""
LOAD_BAR, FILTER_BAR = 2.0, 1.0
PATIENCE = 120_000
SILENCE_MS = 400
READY = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def sql_alone(published: Published, module, region: str | None) -> float:
    """Seconds that the selects of a page's module take together, asked one after another, without the cache."""
    assert published.days, "the publication has no day with data"
    _, last_day = published.days
    given = Filters(last_day - timedelta(days=DEFAULT_DAYS - 1), last_day, region).parameters
    given |= {"smallest_group": project_vars()["smallest_group"]}
    selects = [
        text
        for name, text in vars(module).items()
        if name.isupper() and isinstance(text, str) and text.lstrip().startswith(("select", "with"))
    ]

    def ask() -> None:
        for select in selects:
            used = {name: value for name, value in given.items() if f"${name}" in select}
            # What asks for a chosen mission is not run by these loads.
            if "= $mission\n" not in select:
                published.query(EVERYTHING, select, used)

    return timed(ask)


def load(page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("h1", timeout=PATIENCE)
    page.wait_for_selector(READY, timeout=PATIENCE)


def choose_region(page, heard: list[float], region: str) -> float:
    """Seconds from the click on the option to the last message of the run that it starts. ``heard`` grows by the time
    of each message from the server."""
    page.get_by_label("Region", exact=True).fill(region)
    option = page.get_by_role("option", name=region, exact=True)
    option.wait_for()
    heard.clear()
    began = time.monotonic()
    option.click()
    while not heard or time.monotonic() - heard[-1] < SILENCE_MS / 1000:
        page.wait_for_timeout(20)
        assert time.monotonic() - began < PATIENCE / 1000, "no answer to a chosen region"
    page.wait_for_selector(READY, timeout=PATIENCE)
    return heard[-1] - began


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--loads", default=50, show_default=True)
@click.option("--only", type=click.Choice(list(PAGES)), multiple=True, help="These pages; may be given again.")
def main(folder: Path, loads: int, only: tuple[str, ...]) -> None:
    """Print the 95th percentile of each page's loads and filter changes over FOLDER's publication."""
    from playwright.sync_api import sync_playwright

    published = open_published(identity_of(Publications(folder / "published")))
    asked = published.query(EVERYTHING, "select distinct region from dim_mission order by region", {})
    regions = asked["region"].drop_nulls().to_list()
    table = Table(
        Column("page", no_wrap=True),
        "load p50",
        "load p95",
        "filter p95",
        "its SQL alone p95",
        title=f"Seconds, {loads} loads",
    )
    too_slow = False
    with served(folder) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        heard: list[float] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda _: heard.append(time.monotonic())))
        for name in track(only or PAGES, "pages", console=Console(stderr=True)):
            path, module = PAGES[name]
            load(page, f"{server.base_url}/{path}")
            loaded, filtered, asked = [], [], []
            for number in range(loads):
                loaded.append(timed(lambda path=path: load(page, f"{server.base_url}/{path}")))
                region = regions[number % len(regions)]
                filtered.append(choose_region(page, heard, region))
                asked.append(sql_alone(published, module, region))
            figures = (statistics.median(loaded), p95(loaded), p95(filtered), p95(asked))
            table.add_row(name, *(f"{seconds:.2f}" for seconds in figures))
            too_slow |= p95(loaded) > LOAD_BAR or p95(filtered) > FILTER_BAR
        browser.close()
    Console().print(table)
    Console().print(f"Load average of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sys.exit(too_slow)


def served(folder: Path) -> Running:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIFARAT_")}
    port = free_port()
    return Running(
        [Path(sys.executable).parent / "sifarat", "dashboard", "--port", port],
        f"http://127.0.0.1:{port}",
        folder / "dashboard.log",
        environment | {"SIFARAT_DATA_DIR": str(folder.resolve())},
    )


if __name__ == "__main__":
    main()
