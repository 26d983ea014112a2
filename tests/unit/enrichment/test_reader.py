"""What the models tell of texts, whoever reads them beside."""

from datetime import datetime

import polars as pl
import pytest

from orchestration.enrichment.reader import Reader, Reading
from orchestration.settings import Settings

POSTS = [
    "Passports are handed out on Monday from 9 to 1.",
    "سفیر نے آج وزیر تجارت سے ملاقات کی۔",
    "Aaj sifarat khana band rahega, maazrat.",
    "تهانينا للشعب الشقيق بمناسبة العيد الوطني",
    "Nos condoléances aux familles des victimes.",
    "今天的足球比赛我们赢了！",
]
HOSTILE = [
    "",
    "🙂",
    "https://a.example https://b.example",
    "Visa " * 2000,
    "Welcome to سفارة \u202eabc\u202c 你好",
    "\x00a\ud7ff",
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Reader:
    return Reader(Settings(data_dir=tmp_path_factory.mktemp("data")))


def test_a_text_reads_the_same_in_whatever_company_it_is_read(reader):
    together = reader.read(POSTS)
    alone = [reading for text in POSTS for reading in reader.read([text])]
    among_others = reader.read([*HOSTILE, *reversed(POSTS)])[len(HOSTILE) :]
    assert together == alone == among_others[::-1]


def test_a_kept_vector_gives_the_same_reading(reader):
    made = reader.read(POSTS)
    assert reader.read(POSTS, [reading.vector for reading in made]) == made


def test_a_text_without_words_is_told_nothing_of_and_any_other_text_has_a_reading(reader):
    readings = reader.read(HOSTILE)
    assert readings[:3] == [Reading()] * 3
    assert all(reading.language and reading.topic_id and reading.tone for reading in readings[3:])
    assert all(0 <= reading.topic_score <= 1 and 0 <= reading.tone_score <= 1 for reading in readings[3:])


def test_urdu_is_told_apart_in_both_of_its_scripts(reader):
    assert [reading.language for reading in reader.read(POSTS)] == ["en", "ur", "ur-Latn", "ar", "fr", "zh"]


def test_a_cross_post_is_found_in_another_language_and_another_announcement_is_not(reader):
    texts = [
        "The embassy is closed on Friday for the holiday.",
        "L'ambassade est fermée vendredi en raison du jour férié.",
        "The embassy is closed on Friday for the holiday!",
        "Our wrestlers won three medals in Tashkent.",
    ]
    readings = reader.read(texts)
    frame = pl.DataFrame(
        {
            "text_hash": ["a", "b", "c", "d"],
            "text": texts,
            "language": [reading.language for reading in readings],
            "vector": [reading.vector for reading in readings],
            "first_posted_at": datetime(2026, 3, 1),
            "last_posted_at": datetime(2026, 3, 1),
        }
    )
    pairs = reader.pairs(frame, frame, 7)
    assert pairs.select("text_hash", "other_text_hash").rows() == [("a", "b"), ("a", "c"), ("b", "c")]
    later = frame.with_columns(
        pl.when(pl.col("text_hash") == "a").then(datetime(2026, 3, 9)).otherwise("first_posted_at").alias(name)
        for name in ("first_posted_at", "last_posted_at")
    )
    assert reader.pairs(later, later, 7).select("text_hash", "other_text_hash").rows() == [("b", "c")]
