"""A spoiled night reaches a mail server and webhooks on loopback, once; so does a publication that grew old."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from orchestration.incidents import Incident, NotTold, _sayable, old_publication, tell
from orchestration.publication import Publications
from orchestration.settings import Settings
from tests.servers import free_port

SIFARAT = Path(sys.executable).parent / "sifarat"
A_DAY = timedelta(days=1)
NOW = datetime(2026, 3, 5, 7, tzinfo=UTC)
BROKEN = Incident("night:warehouse:DbtError", "Sifarat: a night failed", "A model is wrong.", "Mend it.")


class Mailbox:
    def __init__(self):
        self.letters = []

    async def handle_DATA(self, _server, _session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[str, list]]:
    """The address of a mail server, for Apprise, and the letters that reached it."""
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    url = f"mailto://127.0.0.1:{server.port}?from=night@sifarat.example&to=duty@ministry.example&mode=insecure"
    yield url, mailbox.letters
    server.stop()


@contextmanager
def webhook(certificate: Path | None = None) -> Iterator[tuple[str, list]]:
    """Host and port of a webhook, and what was posted to it."""
    posted: list[tuple[str, dict]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", posted
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook() -> Iterator[tuple[str, list]]:
    with webhook() as served:
        yield served


def own_certificate(path: Path) -> Path:
    """A key and a certificate that it has signed itself, for localhost, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), today, today + A_DAY)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + built.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


def settings(folder: Path, *urls: str) -> Settings:
    return Settings(data_dir=folder, notify_urls=SecretStr(" ".join(urls)))


@pytest.mark.timeout(300)
def test_a_spoiled_night_is_told_of_once_with_its_cause_and_what_to_do(tmp_path, mail, hook):
    (mail_url, letters), (host, posted) = mail, hook
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "posts.csv").write_text("id,page\n1,Embassy\n")
    (inbox / "posts.mapping.yaml").write_text(
        "source: platform_exports\ntable: posts\nfiles: posts.csv\nencoding: utf-8\n"
        "constants: {platform: facebook}\ncolumns: {post_id: id, account_handle: page, text: Message}\n"
    )
    environment = os.environ | {
        "SIFARAT_DATA_DIR": str(tmp_path / "data"),
        "SIFARAT_NOTIFY_URLS": f"{mail_url} json://{host}/night",
    }
    for _ in range(2):
        night = subprocess.run(
            [SIFARAT, "nightly", "--from", "2026-03-02", "--to", "2026-03-02", "--inbox", inbox],
            env=environment,
            capture_output=True,
            text=True,
            timeout=140,
        )
        assert night.returncode == 1, night.stderr[-2000:]

    [letter] = letters
    assert letter["to"] == "duty@ministry.example"
    assert letter["subject"] == "Sifarat: the night of 2026-03-02 failed at landing exported posts"
    words = " ".join(letter.get_body(("plain",)).get_content().split())
    assert words.startswith(f"{inbox}/posts.mapping.yaml, document 1: platform_exports.posts needs posted_at;")
    assert "Nothing new was published." in words
    assert "What to do: `.venv/bin/sifarat doctor`" in words
    [(path, payload)] = posted
    assert (path, payload["title"]) == ("/night", letter["subject"])
    assert "Told of it" not in night.stderr


DBT_SAYS = """orchestration.dbt.DbtError: dbt build failed.
Runtime Error in model dim_officer (models/marts/core/dim_officer.sql)
  Conversion Error: Could not convert string 'amina@ministry.example' to INT32
Failure in test grain_dim_mission_mission_id (models/marts/core/_core__models.yml)
  Got 2 results, configured to fail if != 0"""


@pytest.mark.parametrize(
    ("kind", "message", "told"),
    [
        (
            "DbtError",
            DBT_SAYS,
            "dbt build failed.\n"
            "Runtime Error in model dim_officer (models/marts/core/dim_officer.sql)\n"
            "Failure in test grain_dim_mission_mission_id (models/marts/core/_core__models.yml)\n"
            "Got 2 results, configured to fail if != 0\n"
            "The run's log has all of dbt's words.",
        ),
        (
            "ComputeError",
            "polars.exceptions.ComputeError: could not parse `amina@ministry.example`",
            "ComputeError: its words may quote records, so they stand in the run's log alone.",
        ),
        ("OSError", "OSError: [Errno 28] No space left on device", "[Errno 28] No space left on device"),
    ],
)
def test_what_an_error_quotes_of_records_is_not_sent(kind, message, told):
    assert _sayable(kind, message) == told


def test_slack_and_teams_get_the_format_that_they_take(tmp_path, hook, monkeypatch):
    from apprise.plugins.slack import NotifySlack

    host, posted = hook
    # Slack's own webhooks have one address, which is not to be asked here.
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{host}/services")
    slack = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    with webhook(own_certificate(tmp_path / "own.pem")) as (teams_host, posted_to_teams):
        teams = f"workflows://{teams_host}/workflow/signature?verify=no"
        assert tell(settings(tmp_path, slack, teams), [BROKEN], NOW) == [BROKEN]

    [(_, message)] = posted
    assert message["attachments"][0]["title"] == BROKEN.title
    assert "Mend it." in message["attachments"][0]["text"]
    [(path, card)] = posted_to_teams
    assert path.startswith("/workflows/workflow/triggers/manual/paths/invoke")
    assert card["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert "A model is wrong" in json.dumps(card)


def test_an_address_that_was_not_reached_is_tried_again_and_the_others_are_not_told_twice(tmp_path, mail, hook):
    (mail_url, letters), (host, posted) = mail, hook
    dead = f"json://user:hunter2@127.0.0.1:{free_port()}"
    with pytest.raises(NotTold, match=r"the 2\. address of SIFARAT_NOTIFY_URLS \(json\)") as error:
        tell(settings(tmp_path, mail_url, dead), [BROKEN], NOW)
    assert "hunter2" not in str(error.value)
    assert "hunter2" not in (tmp_path / "incidents.json").read_text()

    for told in ([BROKEN], []):
        assert tell(settings(tmp_path, mail_url, f"json://{host}"), [BROKEN], NOW) == told
    assert (len(letters), len(posted)) == (1, 1)


def test_where_it_cannot_be_kept_who_was_told_nobody_is_told_again_and_again(tmp_path, hook):
    host, posted = hook
    no_folder = tmp_path / "data"
    no_folder.write_text("")
    with pytest.raises(NotTold, match=r"cannot be kept in .*incidents\.json: File exists. Nobody is told"):
        tell(settings(no_folder, f"json://{host}"), [BROKEN], NOW)
    assert posted == []


def test_what_was_over_is_told_of_again_when_it_comes_back(tmp_path, hook):
    host, posted = hook
    told_to = settings(tmp_path, f"json://{host}")
    for incidents in ([BROKEN], [], [BROKEN], [BROKEN]):
        tell(told_to, incidents, NOW)
    assert len(posted) == 2


def test_a_publication_is_old_after_the_hours_that_were_set(tmp_path):
    published = Publications(tmp_path / "published")
    (tmp_path / "published").mkdir()
    assert old_publication(settings(tmp_path), NOW) is None

    path = tmp_path / "published" / "marts-20260304T050000000000-run.duckdb"
    path.write_bytes(b"")
    (tmp_path / "published" / "current.duckdb").hardlink_to(path)
    published_at = published.open_one().published_at
    assert old_publication(settings(tmp_path), published_at + timedelta(hours=26)) is None
    old = old_publication(settings(tmp_path), published_at + timedelta(hours=27))
    assert "27 hours ago; 26 are expected at most" in old.cause
