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

from orchestration.enrichment.models import written
from orchestration.enrichment.night import DUPLICATE_DAYS, TEXTS_AT_ONCE
from orchestration.enrichment.reader import Reader, development
from orchestration.enrichment.words import words
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
    """What a night does with its texts, batch by batch, and what each part of it takes."""
    clock = Clock()
    reader = Reader(settings)
    reader.read(["The first text waits for every part of the models."])
    clock.tell("loading the models")
    texts = evaluation_posts()["text"].to_list()
    day = pl.datetime(2026, 3, 1)
    many = pl.DataFrame({"text": [f"{texts[n % len(texts)]} {n}" for n in range(NIGHTS_TEXTS)]}).with_columns(
        text_hash=pl.int_range(pl.len()).cast(pl.String), first_posted_at=day, last_posted_at=day
    )
    known = []
    for batch in many.iter_slices(TEXTS_AT_ONCE):
        plain = [words(text) or "" for text in batch["text"]]
        languages = [language for language, _ in reader.languages.detect(plain)]
        clock.tell("languages")
        vectors = written(reader.embed(plain, languages))
        clock.tell("vectors")
        reader.read(batch["text"].to_list(), vectors)
        clock.tell("topics, tones, and languages again")
        known.append(batch.with_columns(vector=pl.Series(vectors), language=pl.Series(languages)))
        reader.pairs(known[-1], pl.concat(known), DUPLICATE_DAYS)
        clock.tell("duplicates")
    clock.show(f"{NIGHTS_TEXTS:,} texts (bar 90 s on 2 idle cores)")


class Clock:
    """Seconds by the clock on the wall, and of the processors, since the part before."""

    def __init__(self):
        self._parts: dict[str, list[float]] = {}
        self._last = self._now()

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def tell(self, part: str) -> None:
        now = self._now()
        sums = self._parts.setdefault(part, [0.0, 0.0])
        self._parts[part] = [held + new - old for held, new, old in zip(sums, now, self._last, strict=True)]
        self._last = now

    def show(self, title: str) -> None:
        table = Table("part", "wall s", "processor s", title=title)
        for part, sums in self._parts.items():
            table.add_row(part, *(f"{seconds:.1f}" for seconds in sums))
        table.add_row("all", *(f"{sum(column):.1f}" for column in zip(*self._parts.values(), strict=True)))
        console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", action="store_true", help="time a night's 3,000 texts instead")
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        if parser.parse_args().speed:
            speed(settings)
        else:
            quality(Reader(settings))
