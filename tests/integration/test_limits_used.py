"""450 accounts on six platforms against each platform's own rate limit: as fast as it allows, and no faster.

Time is scaled: a window of a platform lasts ``SECONDS`` here, and allows as many requests as the real one. YouTube's
is a day, which no night waits for: there the quota is used up, and no more is asked.
"""

import csv
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest
import stamina

from orchestration.landing import Landing, Window
from orchestration.sandbox.ministry import REGISTRY_DIR
from orchestration.sandbox.server import AS_OF_FORMAT, Sandbox
from orchestration.settings import Settings
from orchestration.sources import registry
from orchestration.sources.platform import Registered, extract
from tests.platforms import DAY, NIGHT, SEED

PLATFORMS = ("x", "facebook", "instagram", "youtube", "bluesky", "mastodon")
ACCOUNTS_EACH = 75
SECONDS = {"x": 30, "facebook": 30, "instagram": 30, "mastodon": 30, "bluesky": 120, "youtube": 86_400}
"""Long enough that what a window allows is far below what a busy machine can do: Bluesky allows ten times the rest."""
ROUTE = {"x": "/2/users/{id}/tweets"}
"""X limits each route; this is the one that a night makes most requests of."""
LIMITED_STATUS = {"x": 429, "facebook": 400, "instagram": 400, "youtube": 403, "bluesky": 429, "mastodon": 429}


@pytest.fixture(scope="module")
def register(tmp_path_factory) -> Path:
    """75 accounts on each platform, made of those that the synthetic ministry has."""
    folder = tmp_path_factory.mktemp("register")
    shutil.copy(REGISTRY_DIR / "missions.csv", folder)
    with open(REGISTRY_DIR / "accounts.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(folder / "accounts.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for platform in PLATFORMS:
            own = [row for row in rows if row["platform"] == platform]
            for number in range(ACCOUNTS_EACH):
                copy, row = number // len(own), own[number % len(own)]
                writer.writerow(
                    row | {"handle": handle(row["handle"], copy), "native_id": other(row["native_id"], copy)}
                )
    return folder


def handle(told: str, copy: int) -> str:
    """Another handle of the same form: names are short on X and end in a server on Mastodon and Bluesky."""
    if not copy:
        return told
    name, dot, rest = told.partition("@" if "@" in told else ".")
    return f"{name[:12]}{copy}{dot}{rest}"


def other(native_id: str, copy: int) -> str:
    """Another id of the same form."""
    return (
        native_id[:-2] + "abcdefgh"[copy] * 2
        if copy and not native_id.isdecimal()
        else (str(int(native_id) + copy * 1000) if copy else native_id)
    )


def saturate(name: str, sandbox: Sandbox, register: Path, root: Path) -> None:
    """Read one night over and over, until a window of the limit is over, or the day's quota is used up."""
    platform = registry.platform(name)
    window = Window.of_day(DAY)
    settings = sandbox.settings(name, NIGHT) | {
        "meta_usage_window_seconds": SECONDS[name],
        "rate_limit_patience_seconds": 150,
        # Analytics have a quota of their own, which the sandbox does not keep apart.
        "youtube_analytics_token": None,
    }
    kept = pl.read_csv(register / "accounts.csv", infer_schema=False).filter(platform=name)
    accounts = [Registered(*row) for row in kept.select("handle", "native_id").iter_rows()]
    assert len(accounts) == ACCOUNTS_EACH
    reader = platform.connect(Settings().model_copy(update=settings))
    for round_number in count():
        landing = Landing(root / name / str(round_number), is_synthetic=True)
        batches = extract(
            platform,
            reader,
            accounts,
            landing,
            window,
            trailing_days=1,
            is_synthetic=True,
            progress=lambda *_: None,
        )
        tables = {batch.contract.table: batch.text.height for batch in batches}
        if name == "youtube" and sandbox.requests[name, 200] >= 10_000:
            break
        assert tables["timelines"] == ACCOUNTS_EACH, f"{name}: {tables}"
        if sandbox.windows[name, ROUTE.get(name, "")]:
            break
    reader.close()


def measure(names: tuple[str, ...], register: Path, root: Path) -> dict[str, tuple[float, int]]:
    """Of each platform, the share of the allowed requests that was made, and how many were refused."""
    told = {}

    def run(name: str) -> None:
        hurry = Sandbox(SEED).platform(name).limit.seconds / SECONDS[name]
        with stamina.set_testing(False), Sandbox(SEED, registry_dir=register, hurry=hurry) as sandbox:
            saturate(name, sandbox, register, root)
            told[name] = _share_used(name, sandbox), sandbox.requests[name, LIMITED_STATUS[name]]

    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(run, names))
    return told


@pytest.mark.alone
@pytest.mark.timeout(420)
def test_extraction_uses_what_the_limits_allow_and_is_never_refused(register, tmp_path, capsys):
    # Processes of their own, since the sandbox and its reader share one interpreter, and some limits are high.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        groups = [("x", "facebook", "instagram", "mastodon"), ("bluesky",), ("youtube",)]
        measured = [processes.submit(measure, group, register, tmp_path) for group in groups]
        told = {name: figures for future in measured for name, figures in future.result().items()}
    with capsys.disabled():
        shares = ", ".join(f"{name} {share:.1%} ({refused} refused)" for name, (share, refused) in told.items())
        print(f"\nof the requests that each limit allows, made: {shares}")
    assert told.keys() == set(PLATFORMS)
    assert min(share for share, _ in told.values()) >= 0.95
    assert max(refused for _, refused in told.values()) <= 1


def _share_used(name: str, sandbox: Sandbox) -> float:
    """Requests made in the first window, of those that were allowed from its beginning to that of the next: a window
    that is opened late counts as not used."""
    limit = sandbox.platform(name).limit.requests
    route = name, ROUTE.get(name, "")
    if not sandbox.windows[route]:
        return sandbox.requests[name, 200] / limit
    began, requests = sandbox.windows[route][0]
    following, _ = sandbox.open_windows[*route, f"{NIGHT:{AS_OF_FORMAT}}"]
    return requests / (limit * (following - began) / SECONDS[name])
