"""How well the models read posts, per language, on posts that nothing was tuned on; and how fast.

    .venv/bin/python benchmarks/enrichment.py [--speed]

``enrichment_posts.csv`` holds 240 posts written for this evaluation, labelled with language, topic, tone and story:
posts of one story say the same in different languages. What the models were fitted and tuned to is another file,
``orchestration/enrichment/development.csv``, which shares no post with it. ``--speed`` reads 3,000 texts instead, no
two the same, made of the evaluation's posts with a number each.
"""

import argparse
import time
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from orchestration.enrichment.night import DUPLICATE_DAYS
from orchestration.enrichment.reader import Reader, development
from orchestration.settings import Settings

POSTS = Path(__file__).with_name("enrichment_posts.csv")
BARS = {"language": 0.97, "language ur-Latn": 0.85, "topic": 0.85, "tone": 0.75, "pairs": 0.9}
NIGHTS_TEXTS = 3000
console = Console(width=110)


def evaluation_posts() -> pl.DataFrame:
    posts = pl.read_csv(POSTS, infer_schema=False).with_columns(pl.col("story").fill_null(""))
    known = development()["text"].implode()
    if posts.filter(pl.col("text").is_in(known)).height:
        raise SystemExit("a post of the evaluation is in the development split too")
    return posts


def read(reader: Reader, posts: pl.DataFrame) -> pl.DataFrame:
    readings = reader.read(posts["text"].to_list())
    return posts.with_columns(
        read_language=pl.Series([reading.language for reading in readings]),
        read_topic=pl.Series([reading.topic_id for reading in readings]),
        read_tone=pl.Series([reading.tone for reading in readings]),
        vector=pl.Series([reading.vector for reading in readings]),
    )


def pairs_f1(reader: Reader, posts: pl.DataFrame, language: str | None = None) -> float:
    """Over all pairs of posts in different languages; with ``language``, the pairs that have it on one side."""
    day = pl.datetime(2026, 3, 1)
    texts = posts.select(
        text_hash="post_id",
        text="text",
        language="read_language",
        vector="vector",
        first_posted_at=day,
        last_posted_at=day,
    )
    spoken = dict(posts.select("post_id", "language").iter_rows())
    story = dict(posts.select("post_id", "story").iter_rows())

    def counts(left: str, right: str) -> bool:
        return spoken[left] != spoken[right] and (language is None or language in (spoken[left], spoken[right]))

    found = {
        (left, right)
        for left, right in reader.pairs(texts, texts, DUPLICATE_DAYS).select("text_hash", "other_text_hash").iter_rows()
        if counts(left, right)
    }
    wanted = {
        (left, right)
        for left, right in combinations(sorted(spoken), 2)
        if story[left] and story[left] == story[right] and counts(left, right)
    }
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def quality(reader: Reader) -> None:
    posts = read(reader, evaluation_posts())
    table = Table("language", "posts", "language accuracy", "topic macro-F1", "tone macro-F1", "duplicate pairs F1")
    for language in [*sorted(posts["language"].unique()), None]:
        own = posts.filter(language=language) if language else posts
        bar = BARS.get(f"language {language}", BARS["language"])
        figures = (
            ((own["read_language"] == own["language"]).mean(), bar),
            (f1_score(own["topic"], own["read_topic"], average="macro"), BARS["topic"]),
            (f1_score(own["tone"], own["read_tone"], average="macro"), BARS["tone"]),
            (pairs_f1(reader, posts, language), BARS["pairs"]),
        )
        told = (f"{figure:.3f}" + ("" if figure >= least else f" (bar {least})") for figure, least in figures)
        table.add_row(language or "all", str(own.height), *told)
    console.print(table)


def speed(settings: Settings) -> None:
    started = time.perf_counter()
    reader = Reader(settings)
    reader.read(["The first text waits for every part of the models."])
    loaded = time.perf_counter()
    texts = evaluation_posts()["text"].to_list()
    many = [f"{texts[n % len(texts)]} {n}" for n in range(NIGHTS_TEXTS)]
    for start in range(0, NIGHTS_TEXTS, 64):
        reader.read(many[start : start + 64])
    seconds = time.perf_counter() - loaded
    console.print(f"loading {loaded - started:.1f} s; {NIGHTS_TEXTS:,} texts in {seconds:.1f} s (bar 90 s), ", end="")
    console.print(f"{NIGHTS_TEXTS / seconds:.1f} a second")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", action="store_true", help="time a night's 3,000 texts instead")
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        if parser.parse_args().speed:
            speed(settings)
        else:
            quality(Reader(settings))
