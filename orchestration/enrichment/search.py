"""Posts by what they say, in any language, over the vectors that the nights kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.enrichment import EnrichmentError
from orchestration.enrichment.models import identity
from orchestration.enrichment.night import EMBEDDINGS
from orchestration.enrichment.reader import Reader, vectors_version
from orchestration.enrichment.words import words
from orchestration.landing import committed_parts
from orchestration.settings import Settings


@dataclass(frozen=True)
class Hit:
    """A post; ``score`` is the cosine of its vector and the question's, at most 1."""

    score: float
    posted_at: datetime
    mission: str
    platform: str
    language: str | None
    text: str
    url: str | None


def search(
    question: str, settings: Settings, publication: Path, limit: int = 10, *, missions: Sequence[str] | None = None
) -> list[Hit]:
    """The published posts nearest to ``question``, nearest first; of posts with one text the newest.

    Given ``missions``, those of these alone.

    Raises EnrichmentError when the question has no words, or no post was read by the model of the settings yet.
    """
    plain = words(question)
    if plain is None:
        raise EnrichmentError(f"{question!r} has no words to search by")
    model, version, reader = identity(settings).model, vectors_version(settings), Reader(settings)
    parts = [str(part) for part in committed_parts(settings.landing_dir, EMBEDDINGS)]
    [(language, _)] = reader.languages.detect([plain])
    asked = reader.embed([plain], [language])[0].tolist()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{str(publication).replace(chr(39), chr(39) * 2)}' as published (read_only)")
        found = (
            []
            if not parts
            else connection.execute(
                f"""
            with vectors as (

                select text_hash, any_value(vector) as vector
                from read_parquet(?)
                where model = ? and version = ?
                group by text_hash

            )

            select
                array_cosine_similarity(
                    string_split(vectors.vector, ',')::float[]::float[{len(asked)}], ?::float[{len(asked)}]
                ) as score,
                max(posts.posted_at) as posted_at,
                max_by(missions.name, posts.posted_at) as mission,
                max_by(posts.platform, posts.posted_at) as platform,
                any_value(readings.language) as language,
                any_value(posts.text) as text,
                max_by(posts.url, posts.posted_at) as url
            from vectors
            inner join published.marts.fct_post_reading as readings on vectors.text_hash = readings.text_hash
            inner join published.marts.fct_post as posts on readings.post_id = posts.post_id
            inner join published.marts.dim_mission as missions on posts.mission_id = missions.mission_id
            where
                posts.deleted_at is null
                and (?::varchar[] is null or list_contains(?::varchar[], posts.mission_id))
            group by vectors.text_hash, score
            order by score desc, posted_at desc
            limit ?
            """,
                [parts, model, version, asked, missions, missions, limit],
            ).fetchall()
        )
    if not found:
        of_missions = "" if missions is None else " of these missions"
        raise EnrichmentError(
            f"No post{of_missions} was read by {model} {version} yet. The next nightly run reads the newest first, for "
            "SIFARAT_ENRICHMENT_SECONDS."
        )
    return [Hit(*row) for row in found]
