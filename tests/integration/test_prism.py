"""Our requests before Prism, which plays X and a Mastodon server from their own API descriptions.

Prism refuses with a 4xx what a description does not allow. What it answers is made up from the description too, so
only whether it takes the requests is looked at.
"""

import logging
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from orchestration.landing import Landing, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError, mastodon, x
from orchestration.sources.platform import Profile, Reader, Registered
from tests.conftest import left_out
from tests.platforms import DAY, NIGHT
from tests.servers import free_port

pytestmark = [pytest.mark.prism, pytest.mark.usefixtures("no_waiting")]

FOLDER = Path(sys.prefix) / "prism"
TOKEN = SecretStr("any-token-at-all")
SERVER = "social.example.org"
X_ID, X_POST, MASTODON_ID = "960018171123676211", "2028000000000000000", "109135021603870184"


@pytest.fixture(scope="session")
def prism() -> Path:
    """The program that `make prism` installs."""
    program = FOLDER / "node_modules" / ".bin" / "prism"
    if not program.exists():
        left_out("tests/integration/test_prism.py needs Prism; to install it: make prism")
    return program


@pytest.fixture(scope="session")
def peer(prism, specs, tmp_path_factory) -> Iterator[Callable[[str], str]]:
    """Where a platform is played on loopback, from when it is first asked for until the tests are over."""
    running: dict[str, tuple[subprocess.Popen, str]] = {}

    def base_url(platform: str) -> str:
        if platform not in running:
            port = free_port()
            description = specs / platform / "openapi.json"
            log = tmp_path_factory.mktemp("prism") / "log"
            with open(log, "wb") as output:
                process = subprocess.Popen(
                    [prism, "mock", "-h", "127.0.0.1", "-p", str(port), description],
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            running[platform] = process, f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 120
            while b"listening on" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
        return running[platform][1]

    yield base_url
    for process, _ in running.values():
        process.terminate()
        process.wait(timeout=30)


def asked(caplog, reader: Reader, accounts: list[Registered], profile: Profile, landing: Landing) -> dict[str, set]:
    """What the reader asked for in a night, and the statuses it was answered with.

    Made-up answers may make no sense to it, which is no matter here.
    """
    caplog.set_level(logging.INFO, "httpx")
    window = Window.of_day(DAY)
    start = window.end_at - timedelta(days=28)
    reader.prepare(accounts, landing, window, start)
    for account in accounts:
        with suppress(SourceError):
            list(reader.look_up([account]))
    with suppress(SourceError):
        reader.read(profile, start, window.end_at)
    with suppress(SourceError, NotImplementedError):
        reader.read_again([X_POST])
    reader.close()
    statuses = defaultdict(set)
    for record in caplog.records:
        if record.name == "httpx":
            statuses[record.args[1].raw_path.decode()].add(record.args[3])
    return statuses


def test_x_takes_every_request_of_ours(peer, caplog, tmp_path):
    reader = x.connect(Settings(x_base_url=peer("x"), x_bearer_token=TOKEN, x_private_metrics=True))
    accounts = [Registered("SynthHQ", X_ID), Registered("SynthDhaka")]
    statuses = asked(caplog, reader, accounts, Profile(X_ID, {}, NIGHT), Landing(tmp_path, is_synthetic=True))
    assert set().union(*statuses.values()) == {200}, statuses
    paths = {path.split("?")[0] for path in statuses}
    assert paths == {"/2/users", "/2/users/by", f"/2/users/{X_ID}/tweets", "/2/tweets"}
    # The made-up page names a next one, so a request with its token was taken too.
    assert any("pagination_token=" in path for path in statuses)


def test_mastodon_takes_every_request_of_ours(peer, caplog, tmp_path):
    # A real server answers without a token; the description asks for one on two of the three paths.
    reader = mastodon.connect(
        Settings(mastodon_base_url=peer("mastodon"), mastodon_token=TOKEN, mastodon_token_server=SERVER)
    )
    accounts = [Registered(f"name@{SERVER}"), Registered(f"name@{SERVER}", MASTODON_ID)]
    profile = Profile(MASTODON_ID, {"handle": f"name@{SERVER}", "server": SERVER}, NIGHT)
    statuses = asked(caplog, reader, accounts, profile, Landing(tmp_path, is_synthetic=True))
    assert set().union(*statuses.values()) == {200}, statuses
    own = f"/api/v1/accounts/{MASTODON_ID}"
    assert {path.split("?")[0] for path in statuses} == {"/api/v1/accounts/lookup", own, f"{own}/statuses"}


@pytest.mark.parametrize(
    ("platform", "wrong"),
    [
        ("x", "/2/users/960018171123676211/tweets?max_results=4"),
        ("x", "/2/users/960018171123676211/tweets?max_results=101"),
        ("x", "/2/users/by?usernames=no-such-name-of-x"),
        ("x", "/2/users?ids=1&user.fields=a_field_of_yesterday"),
        ("mastodon", "/api/v1/accounts/1/statuses?limit=many"),
        ("mastodon", "/api/v1/accounts/lookup"),
    ],
)
def test_a_wrong_request_is_refused(peer, platform, wrong):
    """Else that ours are taken would prove nothing."""
    answer = httpx.get(peer(platform) + wrong, headers={"Authorization": f"Bearer {TOKEN.get_secret_value()}"})
    assert answer.status_code in (400, 422), answer.text


def test_a_request_without_a_token_is_refused_by_x(peer):
    answer = httpx.get(peer("x") + "/2/users?ids=1")
    assert answer.status_code == 401
