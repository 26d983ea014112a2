"""No client asks what only this machine can reach, unless the settings name it; over real sockets."""

import ipaddress
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import httpx
import pytest
from pydantic import SecretStr

from orchestration import addresses
from orchestration.hosted import Hosted, HostedError
from orchestration.settings import Settings
from orchestration.sources import SourceError, mastodon, zoom
from orchestration.sources.http import Api, Refusal, Unreachable
from orchestration.sources.platform import Registered

INNER = [
    "http://169.254.169.254",
    "http://10.0.0.8",
    "http://192.168.1.1",
    "http://172.16.0.1",
    "http://127.0.0.1",
    "http://localhost",
    "http://0.0.0.0",
    "http://2130706433",
    "http://[::1]",
    "http://[::ffff:169.254.169.254]",
    "http://[fd00::1]",
    "http://[64:ff9b::a00:8]",
    "http://[fe80::1]",
    "http://100.64.0.1",
]


class Server(BaseHTTPRequestHandler):
    asked: ClassVar[list[tuple[str, str]]] = []
    moved_to: ClassVar[str] = ""

    def do_GET(self) -> None:
        Server.asked.append((self.headers["Host"], self.path))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", self.moved_to)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"secret": "of the inside"}')

    do_POST = do_GET

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def inside() -> Iterator[str]:
    """A server on loopback: what must not be asked."""
    Server.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(base_url: str, *internal_hosts: str, path: str = "2/users") -> dict:
    asking = {"timeout_seconds": 5, "patience_seconds": 1, "internal_hosts": frozenset(internal_hosts)}
    with Api("x", base_url, bearer=SecretStr("token"), **asking) as api:
        return api.get(path, {}).body


@pytest.mark.parametrize("base_url", INNER)
def test_an_internal_address_is_refused_with_the_setting_that_allows_it(base_url):
    with pytest.raises(Unreachable, match=r"is no address of the internet.*SIFARAT_INTERNAL_HOSTS"):
        ask(base_url)


def test_nothing_is_sent_to_an_internal_address_that_no_setting_names(inside):
    with pytest.raises(Unreachable, match=re.escape("127.0.0.1 is at 127.0.0.1")):
        ask(f"http://{inside}", "10.0.0.8")
    assert Server.asked == []


def test_an_internal_host_that_the_settings_name_is_asked(inside):
    assert ask(f"http://{inside}", "127.0.0.1") == {"secret": "of the inside"}
    # The name goes to the server as it was written, whatever address it was connected by.
    port = inside.partition(":")[2]
    assert ask(f"http://localhost:{port}", "localhost") == {"secret": "of the inside"}
    assert [host for host, _ in Server.asked] == [inside, f"localhost:{port}"]


def test_a_name_that_points_inside_is_refused_and_connected_to_as_it_was_looked_at(inside, monkeypatch):
    port = int(inside.partition(":")[2])
    pointed_at = iter(["10.0.0.8", "127.0.0.1"])

    def names(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(pointed_at), port))]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    with pytest.raises(Unreachable, match=re.escape("harmless.example is at 10.0.0.8")):
        ask(f"http://harmless.example:{port}")
    with pytest.raises(Unreachable, match=re.escape("harmless.example is at 127.0.0.1")):
        ask(f"http://harmless.example:{port}")
    assert Server.asked == []


def test_a_redirect_is_not_followed(inside):
    Server.moved_to = f"http://{inside}/latest/meta-data"
    with pytest.raises(Refusal, match="moved answered 302"):
        ask(f"http://{inside}", "127.0.0.1", path="moved")
    assert [path for _, path in Server.asked] == ["/moved"]


def test_a_mastodon_server_of_the_register_is_held_to_it_too(inside):
    settings = Settings(internal_hosts="", mastodon_base_url="http://{server}")
    reader = mastodon.connect(settings)
    try:
        with pytest.raises(SourceError, match="is no address of the internet"):
            list(reader.look_up([Registered("oslo@localhost")]))
    finally:
        reader.close()
    assert Server.asked == []


def test_zooms_token_and_a_hosted_model_are_held_to_it_too(inside):
    settings = Settings(
        internal_hosts="",
        zoom_oauth_url=f"http://{inside}/oauth/token",
        zoom_account_id="a",
        zoom_client_id="b",
        zoom_client_secret=SecretStr("c"),
    )
    with pytest.raises(Unreachable, match=re.escape("SIFARAT_ZOOM_OAUTH_URL: 127.0.0.1 is at 127.0.0.1")):
        zoom.access_token(settings)
    with pytest.raises(HostedError, match=re.escape("was not asked: 127.0.0.1 is at 127.0.0.1")):
        Hosted(f"http://{inside}/v1", None, 5, ()).ask("embeddings", {})
    assert Server.asked == []
    assert Hosted(f"http://{inside}/v1", None, 5, ("127.0.0.1",)).ask("embeddings", {}) == {"secret": "of the inside"}


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "8.8.8.8"])
def test_addresses_of_the_internet_are_asked(address):
    assert ipaddress.ip_address(address).is_global
    request = httpx.Request("GET", httpx.URL("https://x.example").copy_with(host=address))
    assert addresses._reachable(request, ()) == [address]
