"""The reading of statements from stores that misbehave, played on loopback."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from orchestration.landing import Landing
from orchestration.settings import Settings
from orchestration.sources import SourceError, xapi

DAY = date(2026, 3, 2)
SECRET = "MARKED5ECRET"
pytestmark = pytest.mark.usefixtures("no_waiting")


class Store:
    """Gives ``answers``, the last one for ever, each as (status, headers, body); keeps what it was asked."""

    def __init__(self):
        self.answers: list[tuple[int, dict, object]] = []
        self.asked: list[tuple[str, dict]] = []
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                store.asked.append((self.path, dict(self.headers)))
                status, headers, body = store.answers.pop(0) if len(store.answers) > 1 else store.answers[0]
                text = body if isinstance(body, str) else json.dumps(body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_port}/data/xAPI/"


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    thread = threading.Thread(target=store.server.serve_forever)
    thread.start()
    yield store
    store.server.shutdown()
    thread.join()
    store.server.server_close()


def settings(base_url: str) -> Settings:
    given = {"lrs_base_url": base_url, "lrs_username": "user", "lrs_password": SecretStr(SECRET)}
    return Settings().model_copy(update=given)


def read(store: Store, tmp_path) -> list:
    landing = Landing(tmp_path, is_synthetic=False)
    with xapi.connect(settings(store.base_url)) as lrs:
        return list(xapi.extract(lrs, landing, DAY, is_synthetic=False, progress=lambda *_: None))


def page(number: int, more: object = None) -> dict:
    statement = {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "stored": "2026-03-02T10:00:00Z",
    }
    return {"statements": [statement]} | ({"more": more} if more is not None else {})


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ("/data/xAPI/more/2?a=b%20c", "/data/xAPI/more/2?a=b%20c"),
        ("http://evil.example.org/data/more?x=1", "/data/more?x=1"),
        ("//evil.example.org/data/more?x=1", "/data/more?x=1"),
        ("http://a/http://evil.example.org/more", "/http%3A//evil.example.org/more"),
        ("?page=2", "/data/xAPI/statements?page=2"),
        ("/data/\x00more?سفارت", "/data/%00more?%D8%B3%D9%81%D8%A7%D8%B1%D8%AA"),
    ],
)
def test_the_next_page_is_asked_for_on_the_same_host_whatever_its_address_says(store, tmp_path, more, asked):
    store.answers = [(200, {}, page(1, more)), (200, {}, page(2, ""))]
    [receipt] = read(store, tmp_path)
    assert receipt.landed == 2
    path, headers = store.asked[1]
    assert path.removesuffix("?") == asked
    assert (headers["X-Experience-API-Version"], headers["Authorization"][:6]) == ("1.0.3", "Basic ")


def test_the_day_is_asked_for_with_both_its_ends(store, tmp_path):
    store.answers = [(200, {}, {"statements": []})]
    read(store, tmp_path)
    [(path, _)] = store.asked
    assert path == (
        "/data/xAPI/statements?since=2026-03-01T23%3A59%3A59.999Z&until=2026-03-03T00%3A00%3A00.000Z"
        "&limit=1000&ascending=true"
    )


def test_pages_that_go_round_in_a_circle_are_told(store, tmp_path):
    store.answers = [(200, {}, page(1, "/data/xAPI/more/1"))]
    with pytest.raises(SourceError, match="never ends"):
        read(store, tmp_path)


def test_one_page_given_under_ever_new_addresses_is_told(store, tmp_path):
    store.answers = [(200, {}, page(1, f"/data/xAPI/more/{n}")) for n in range(20)]
    with pytest.raises(SourceError, match="never ends"):
        read(store, tmp_path)


def test_a_store_that_does_not_know_all_of_the_day_yet_is_told(store, tmp_path):
    name = "X-Experience-API-Consistent-Through"
    store.answers = [(200, {name: "2026-03-02T23:59:00Z"}, page(1))]
    with pytest.raises(SourceError, match="only through 2026-03-02T23:59:00Z"):
        read(store, tmp_path)
    store.answers = [(200, {name: "2026-03-03T00:00:00Z"}, page(1))]
    assert read(store, tmp_path)[0].landed == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, {}, "<html>Welcome</html>"), "the answer is no JSON"),
        ((200, {}, {"hello": "world"}), "came without statements"),
        ((200, {}, page(1, {"next": 2})), "gives no address as `more`"),
        ((200, {}, page(1, "http://[::1")), "gives no address as `more`"),
        ((200, {}, page(1, "/" + "a" * 70_000)), "no server would take"),
        ((403, {}, {"detail": "forbidden"}), "403"),
    ],
)
def test_what_is_no_answer_of_a_record_store_is_told(store, tmp_path, answer, told):
    store.answers = [answer]
    with pytest.raises(SourceError, match=told):
        read(store, tmp_path)


def test_a_gateway_that_repeats_what_it_was_sent_does_not_give_the_password_away(store, tmp_path):
    store.answers = [(400, {}, {"detail": f"{SECRET} and dXNlcjpNQVJLRUQ1RUNSRVQ= are wrong"})]
    with pytest.raises(SourceError, match=r"\*\*\* and \*\*\* are wrong"):
        read(store, tmp_path)


@pytest.mark.parametrize(
    "address",
    ["lrs.example.org/xAPI", "ftp://lrs.example.org", f"https://user:{SECRET}@lrs.example.org", "http://[::1"],
)
def test_an_address_that_cannot_be_used_is_told_without_being_repeated(address):
    with pytest.raises(SourceError, match="SIFARAT_LRS_BASE_URL") as error:
        xapi.connect(settings(address))
    assert SECRET not in str(error.value)


def test_a_user_without_a_password_is_told():
    with pytest.raises(SourceError, match="go together"):
        xapi.connect(Settings().model_copy(update={"lrs_base_url": "http://localhost/xAPI", "lrs_username": "user"}))


def test_without_an_address_nothing_is_read():
    assert xapi.connect(Settings()) is None
