"""Nights of reading on a real landing: what is read once, what waits, and what becomes of faults."""

import json
import multiprocessing
import os
import re
import signal
import threading
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import polars as pl
import pytest

from orchestration.enrichment import EnrichmentError
from orchestration.enrichment import night as nights
from orchestration.enrichment.models import Identity, embedder, read
from orchestration.enrichment.night import DUPLICATES, EMBEDDINGS, POST_SCHEMA, TEXTS, committed, read_new_texts
from orchestration.landing import Landing
from orchestration.settings import Settings

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 1, 9)


def posts(*texts: str) -> pl.DataFrame:
    """The last of them is the newest."""
    rows = [(f"hash of {text}", text, AT + timedelta(hours=n), AT + timedelta(hours=n)) for n, text in enumerate(texts)]
    return pl.DataFrame(rows, schema=POST_SCHEMA, orient="row")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def night(settings, progress):
    def night(texts: pl.DataFrame, version: str = "1", day: date = DAY, **changed):
        told = settings.model_copy(update=changed)
        landing = Landing(settings.landing_dir, is_synthetic=True)
        return read_new_texts(landing, texts, told, day, version, progress), landing

    return night


def test_each_text_is_read_once_and_a_new_version_reads_it_anew_beside_the_old(night):
    both = posts("The visa section is closed on Monday.", "🙂")
    first, _ = night(both)
    again, _ = night(both)
    newer, landing = night(both, version="2", day=DAY + timedelta(days=1))
    assert [(done.read, done.left, done.told) for done in (first, again, newer)] == [(2, 0, []), (0, 0, []), (2, 0, [])]
    texts = committed(landing, TEXTS, ("text_hash", "version", "topic_id")).sort("text_hash", "version")
    assert texts["version"].to_list() == ["1", "2", "1", "2"]
    assert texts.filter(text_hash="hash of 🙂")["topic_id"].to_list() == [None, None]
    # The vector is the model's and outlives the version of the reading.
    assert committed(landing, EMBEDDINGS, ("vector",))["vector"].n_unique() == 1


def test_a_pair_is_found_when_its_second_text_comes_a_night_later(night):
    first = "Mobile consular team in Lyon on Saturday: passports and identity cards."
    second = "El equipo consular móvil estará el sábado en Lyon: pasaportes y documentos de identidad."
    night(posts(first))
    _, landing = night(posts(first, second), day=DAY + timedelta(days=1))
    pairs = committed(landing, DUPLICATES, ("text_hash", "other_text_hash"))
    assert [sorted(row) for row in pairs.rows()] == [sorted((f"hash of {first}", f"hash of {second}"))]


def test_what_the_nights_time_does_not_suffice_for_waits(night):
    texts = posts(*(f"Notice number {n} of the consular section" for n in range(130)))
    first, landing = night(texts, enrichment_seconds=0.001)
    assert (first.read, first.left, first.told) == (64, 66, [])
    rest, landing = night(texts)
    assert first.read + rest.read == 130
    assert rest.left == 0
    assert committed(landing, TEXTS, ("text_hash",)).height == 130


def test_models_that_fail_cost_the_night_only_its_readings(night):
    failed, landing = night(posts("A text"), languages="xx,yy")
    assert (failed.read, failed.left) == (0, 1)
    assert "SIFARAT_LANGUAGES is xx, yy" in failed.told[0]
    assert committed(landing, TEXTS, ("text_hash",)).is_empty()


def test_the_same_posts_in_other_batches_give_the_same_rows(tmp_path, progress, monkeypatch):
    texts = posts(
        "Aaj sifarat khana band rahega, maazrat.",
        "The embassy is closed today, we are sorry.",
        "L'ambassade est fermée aujourd'hui, nous en sommes désolés.",
        "🙂",
        "Welcome to سفارة \u202eabc\u202c 你好",
        "Visa " * 2000,
        "Our wrestlers won three medals in Tashkent.",
    )
    landed = []
    for size in (2, 64):
        monkeypatch.setattr(nights, "TEXTS_AT_ONCE", size)
        landing = Landing(tmp_path / str(size), is_synthetic=True)
        read_new_texts(landing, texts, Settings(data_dir=tmp_path, enrichment_seconds=600), DAY, "1", progress)
        landed.append(
            [
                committed(landing, contract, [field.name for field in contract.fields]).sort(pl.all()).rows()
                for contract in (TEXTS, EMBEDDINGS, DUPLICATES)
            ]
        )
    assert [len(rows) for rows in landed[0][:2]] == [7, 6]
    assert landed[0][2]
    assert landed[0] == landed[1]


@pytest.mark.parametrize(
    ("sent", "told"),
    [(signal.SIGKILL, "ended without a word|Broken pipe|reset"), (signal.SIGSTOP, "no answer within 2 s")],
)
def test_models_that_die_or_hang_on_the_way_keep_what_they_read_and_the_next_night_reads_the_rest(
    settings, night, progress, monkeypatch, sent, told
):
    monkeypatch.setattr(nights, "TEXTS_AT_ONCE", 2)
    texts = posts(*(f"Notice number {n} of the consular section" for n in range(6)))

    def strike(*_):
        monkeypatch.setattr(nights, "PATIENCE_SECONDS", 2.0)
        [process] = [child for child in multiprocessing.active_children() if child.name == "enrichment"]
        os.kill(process.pid, sent)

    landing = Landing(settings.landing_dir, is_synthetic=True)
    patient = settings.model_copy(update={"enrichment_seconds": 600})
    struck = read_new_texts(landing, texts, patient, DAY, "1", strike)
    assert (struck.read, struck.left, len(struck.told)) == (2, 4, 1)
    assert re.search(told, struck.told[0])
    assert not multiprocessing.active_children()

    monkeypatch.setattr(nights, "PATIENCE_SECONDS", 120.0)
    rest, landing = night(texts, day=DAY + timedelta(days=1), enrichment_seconds=600)
    assert (rest.read, rest.left, rest.told) == (4, 0, [])
    assert sorted(committed(landing, TEXTS, ("text_hash",))["text_hash"]) == sorted(texts["text_hash"])
    assert committed(landing, EMBEDDINGS, ("text_hash",))["text_hash"].is_unique().all()


class Service(BaseHTTPRequestHandler):
    """Speaks as OpenAI's embeddings do: a vector of the text's length and of its first letter."""

    asked: ClassVar[list] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers.get("Authorization"), body["model"]))
        status = 401 if self.headers.get("Authorization") == "Bearer wrong" else 200
        data = [
            {"index": n, "embedding": [float(len(text)), float(ord(text[0]))]} for n, text in enumerate(body["input"])
        ]
        answer = json.dumps({"data": data[::-1]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    Service.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def hosted(base_url: str, key: str) -> Settings:
    return Settings(embeddings_base_url=base_url, embeddings_model="m", embeddings_version="3", embeddings_api_key=key)


def test_an_openai_compatible_service_takes_the_models_place(service):
    model = embedder(hosted(service, "k"))
    assert model.identity == Identity("m", "3")
    # (3, 97) and (200, 98) scaled to a largest part of 127, in the order asked and not as answered.
    assert model.embed(["abc", "b" * 200]).tolist() == [[4, 127], [127, 62]]
    assert Service.asked == [("/v1/embeddings", "Bearer k", "m")]


def test_a_refused_key_is_told_without_being_shown(service):
    with pytest.raises(EnrichmentError, match="answered 401") as told:
        embedder(hosted(service, "wrong")).embed(["abc"])
    assert "wrong" not in str(told.value)


def test_a_hosted_models_key_does_not_make_the_ministry_a_real_one():
    assert hosted("http://127.0.0.1:9/v1", "k").is_sandbox


def test_vectors_are_read_back_as_written():
    assert read(["1,-127,0", "4,5,6"]).tolist() == [[1, -127, 0], [4, 5, 6]]
