"""A night's reading: the texts that nobody has read yet, newest first, within the time that the night gives them.

The models run in a process of their own. If it fails, crashes or hangs, what it read before is landed and the rest
waits for the next night: a run never fails for want of AI.
"""

import hashlib
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, key, optional, required
from orchestration.dbt import project_vars
from orchestration.enrichment import EnrichmentError
from orchestration.enrichment.models import identity
from orchestration.enrichment.reader import vectors_version
from orchestration.landing import Batch, Landing, Progress, Receipt, committed_parts
from orchestration.settings import Settings

_READ_BY = (key("model"), key("version"))
TEXTS = Contract(
    "enrichment",
    "texts",
    (
        key("text_hash"),
        *_READ_BY,
        optional("language"),
        optional("language_confidence", pl.Float64, minimum=0),
        optional("topic_id"),
        optional("topic_score", pl.Float64, minimum=0),
        optional("tone", allowed=("positive", "neutral", "negative")),
        optional("tone_score", pl.Float64, minimum=0),
    ),
    "Language, topic and tone of each text, by its hash, as one version of the models read them.",
)
EMBEDDINGS = Contract(
    "enrichment",
    "embeddings",
    (key("text_hash"), *_READ_BY, required("vector")),
    "The vector of each text that has words, by its hash: whole numbers from -127 to 127, commas between.",
)
DUPLICATES = Contract(
    "enrichment",
    "duplicates",
    (key("text_hash"), key("other_text_hash"), *_READ_BY, required("similarity", pl.Float64)),
    "Pairs of texts that say the same, in one language or two; the smaller hash first.",
)
CONTRACTS = (TEXTS, EMBEDDINGS, DUPLICATES)

POSTS_TEXTS = "intermediate.int_post_texts"
TEXTS_AT_ONCE = 64
PATIENCE_SECONDS = 120.0
"""How long the models may take to load, or to read one batch, before they are stopped."""
TEXTS_PER_LANDING = 1024
DUPLICATE_DAYS = project_vars()["duplicate_days"]
"""Posts further apart are no cross-posts: a yearly greeting is not last year's again."""

POST_SCHEMA = {
    "text_hash": pl.String,
    "text": pl.String,
    "first_posted_at": TIMESTAMP,
    "last_posted_at": TIMESTAMP,
}


@dataclass
class Night:
    """What came of it. ``told`` says in words what went wrong, or why texts were left for later."""

    receipts: list[Receipt] = field(default_factory=list)
    read: int = 0
    left: int = 0
    told: list[str] = field(default_factory=list)


def post_texts(warehouse: Path) -> pl.DataFrame:
    """Every text that a post has or had, as dbt's staging cleans it. Raises EnrichmentError without that view."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            rows = connection.execute(f"select {', '.join(POST_SCHEMA)} from {POSTS_TEXTS}").fetchall()
            return pl.DataFrame(rows, schema=POST_SCHEMA, orient="row")
    except duckdb.Error as error:
        raise EnrichmentError(f"{warehouse}: the posts' texts cannot be read ({error})") from None


def read_new_texts(
    landing: Landing, posts: pl.DataFrame, settings: Settings, day: date, version: str, progress: Progress
) -> Night:
    """Read and land what is due of ``posts`` (as ``post_texts`` gives them), within ``enrichment_seconds``.

    Texts never read come first, newest post first; then those that only an older version has read.
    """
    for contract in CONTRACTS:
        landing.declare(contract)
    ends = time.monotonic() + settings.enrichment_seconds
    night, model = Night(), identity(settings)
    done = committed(landing, TEXTS, ("text_hash", "model", "version", "language"))
    current = done.filter(model=model.model, version=version)
    due = (
        posts.join(current, on="text_hash", how="anti")
        .with_columns(is_read=pl.col("text_hash").is_in(done["text_hash"].implode()))
        .sort("is_read", "last_posted_at", "text_hash", descending=[False, True, False])
    )
    night.left = due.height
    if due.is_empty() or not settings.enrichment_seconds:
        return night
    vectors = committed(landing, EMBEDDINGS, ("text_hash", "model", "version", "vector")).filter(
        model=model.model, version=vectors_version(settings)
    )
    vectors = vectors.select("text_hash", "vector").unique("text_hash", keep="first", maintain_order=True)
    known = posts.join(current.select("text_hash", "language"), on="text_hash").join(vectors, on="text_hash")
    due = due.join(vectors, on="text_hash", how="left", maintain_order="left")

    held: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    try:
        for texts, pairs in _read(due, known, settings, ends, progress):
            held.append((texts, pairs))
            if sum(part.height for part, _ in held) >= TEXTS_PER_LANDING:
                _land(landing, night, held, settings, day, version)
    except (EnrichmentError, OSError, EOFError) as error:
        night.told.append(str(error) or "the process of the models ended without a word")
    finally:
        _land(landing, night, held, settings, day, version)
    night.left -= night.read
    return night


def committed(landing: Landing, contract: Contract, columns: Sequence[str]) -> pl.DataFrame:
    """Those records of the table whose batch the ledger has."""
    parts = committed_parts(landing.root, contract)
    empty = pl.DataFrame(schema={name: contract.schema[name] for name in columns})
    return pl.concat([empty, *(pl.read_parquet(part, columns=list(columns)) for part in parts)])


def _read(
    due: pl.DataFrame, known: pl.DataFrame, settings: Settings, ends: float, progress: Progress
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Readings and pairs of one batch, as the other process gives them, and of more while another ends in time."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, settings), name="enrichment", daemon=True)
    process.start()
    theirs.close()
    try:
        _ask(ours, known)
        took = 0.0
        for start in range(0, due.height, TEXTS_AT_ONCE):
            began = time.monotonic()
            if start and began + took >= ends:
                return
            answer = _ask(ours, due.slice(start, TEXTS_AT_ONCE))
            took = time.monotonic() - began
            yield answer
            progress("texts read", min(start + TEXTS_AT_ONCE, due.height), due.height)
    finally:
        ours.close()
        process.kill()
        process.join()


def _ask(connection: Connection, frame: pl.DataFrame):
    connection.send(frame)
    if not connection.poll(PATIENCE_SECONDS):
        raise EnrichmentError(
            f"the models gave no answer within {PATIENCE_SECONDS:,.0f} s and were stopped; the next night begins where "
            "this one ended, and SIFARAT_ENRICHMENT_SECONDS=0 goes without them"
        )
    answer = connection.recv()
    if isinstance(answer, str):
        raise EnrichmentError(answer)
    return answer


def _serve(connection: Connection, settings: Settings) -> None:
    """The other process: told what is known, then a batch at a time; answers when it has loaded, then with frames, or
    with what went wrong."""
    from orchestration.enrichment.reader import Reader

    try:
        known, reader = connection.recv(), Reader(settings)
        reader.read(["The first text waits for every model."])
        connection.send(None)
        while True:
            batch = connection.recv()
            readings = reader.read(batch["text"].to_list(), batch["vector"].to_list())
            texts = batch.drop("vector").with_columns(pl.DataFrame(readings, schema=_READING_SCHEMA))
            new = texts.filter(pl.col("vector").is_not_null())
            known = pl.concat([known, new.select(known.columns)])
            connection.send((texts, reader.pairs(new, known, DUPLICATE_DAYS)))
    except EOFError:
        return
    except Exception as error:  # Whatever it is, the run goes on and tells it.
        connection.send(f"{type(error).__name__}: {error}" if not isinstance(error, EnrichmentError) else str(error))


_READING_SCHEMA = {
    "language": pl.String,
    "language_confidence": pl.Float64,
    "topic_id": pl.String,
    "topic_score": pl.Float64,
    "tone": pl.String,
    "tone_score": pl.Float64,
    "vector": pl.String,
}


def _land(landing: Landing, night: Night, held: list, settings: Settings, day: date, version: str) -> None:
    """Land what is held and let go of it. The texts go last: they tell that the others are there."""
    if not held:
        return
    texts, pairs = (pl.concat(frames) for frames in zip(*held, strict=True))
    held.clear()
    model = identity(settings)
    vectors = texts.filter(pl.col("vector").is_not_null())
    digest = hashlib.sha256("".join([model.model, version, *texts["text_hash"].sort()]).encode()).hexdigest()[:20]
    for contract, frame, its_version in (
        (EMBEDDINGS, vectors, vectors_version(settings)),
        (DUPLICATES, pairs, version),
        (TEXTS, texts, version),
    ):
        named = frame.with_columns(model=pl.lit(model.model), version=pl.lit(its_version))
        text = named.select(pl.col(f.name).cast(pl.String) for f in contract.fields).with_columns(
            source_line=pl.lit(None, pl.Int64), raw=pl.lit(None, pl.String)
        )
        batch = Batch(
            contract=contract,
            batch_id=digest,
            source_file=model.model,
            observed_at=datetime.now(UTC),
            day=day,
            text=text,
            is_synthetic=settings.is_sandbox,
        )
        night.receipts.append(landing.write(batch))
    night.read += texts.height
