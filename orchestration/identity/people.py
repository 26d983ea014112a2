"""Who is who: the landing's mentions linked to people, and landed as ``identity.people``.

The table is a function of the landed records and of what was answered in the review file: it is written anew only when
one of them, or a rule, has changed, bears the time of the newest record that it is made from, and replaces the one
before. It holds keys and identifiers of people: restricted, never published.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import polars as pl

from orchestration.contracts import Contract, key, optional, required
from orchestration.identity import mentions
from orchestration.identity.linkage import Answer, Linkage, Method, link
from orchestration.identity.review import UnreadableReview, open_questions, read_answers, write_review
from orchestration.landing import Batch, Landing, Receipt

PEOPLE = Contract(
    "identity",
    "people",
    (
        key("key"),
        required("person_id"),
        required("method", allowed=tuple(method.value for method in Method)),
        optional("score", pl.Float64),
    ),
    "One row per mention of a person: who is meant, by what, and how sure.",
)


@dataclass(frozen=True)
class Outcome:
    """What a night made of the mentions. ``fault`` is why the review file could not be obeyed: the people landed last
    then stand, and nothing was written."""

    people: int
    mentions_by_method: Mapping[str, int]
    open_questions: int
    receipt: Receipt | None = None
    fault: str | None = None


def link_landed(landing: Landing, review: Path, home_pages: Sequence[str] = ()) -> Outcome:
    """Link all mentions of the landing and land who they are; the open questions go to the ``review`` file."""
    landing.declare(PEOPLE)
    rows = mentions.collect(landing.root, home_pages)
    try:
        answers = read_answers(review)
    except UnreadableReview as error:
        return _outcome(landing, 0, fault=str(error))
    batch_id = _fingerprint(rows, answers)
    receipt = None
    if not rows.is_empty() and not (landing.committed(PEOPLE, batch_id) and review.exists()):
        people, linkage = _linked(rows, answers)
        # First, since a landed batch is what tells that its questions are written.
        write_review(review, linkage.doubts)
        receipt = landing.write(
            Batch(
                contract=PEOPLE,
                batch_id=batch_id,
                source_file="identity",
                observed_at=(observed_at := rows.select(pl.max("observed_at")).item().replace(tzinfo=UTC)),
                day=observed_at.date(),
                text=people,
                is_synthetic=rows["is_synthetic"].any(),
            )
        )
    for entry in landing.committed(PEOPLE):
        if entry.stem != f"part-{batch_id}":
            landing.withdraw(PEOPLE, entry)
    return _outcome(landing, len(open_questions(review)), receipt=receipt)


def _linked(rows: pl.DataFrame, answers: Mapping[tuple[str, str], Answer]) -> tuple[pl.DataFrame, Linkage]:
    """Mentions of a number and nothing else are linked by it alone, unless a person answered about them."""
    answered = {key for pair in answers for key in pair}
    is_weighed = (
        pl.col("name").is_not_null()
        | pl.col("email").is_not_null()
        | pl.col("service_number").is_null()
        | pl.col("key").is_in(list(answered))
    )
    weighed, numbered = rows.filter(is_weighed), rows.filter(~is_weighed)
    linkage = link(mentions.as_mentions(weighed), answers)
    schema = {"key": pl.String, "person_id": pl.String, "method": pl.String, "score": pl.Float64}
    found = pl.DataFrame(
        [(name, who.person_id, who.method.value, who.score) for name, who in linkage.people.items()],
        schema=schema,
        orient="row",
    )
    # A number may belong to somebody who is known by another one, because a person said so.
    owners = (
        weighed.join(found, on="key")
        .filter(pl.col("service_number").is_not_null())
        .select("service_number", "person_id")
        .unique("service_number", keep="first", maintain_order=True)
    )
    by_number = numbered.join(owners, on="service_number", how="left").select(
        "key",
        pl.coalesce("person_id", "service_number").alias("person_id"),
        pl.lit(Method.SERVICE_NUMBER.value).alias("method"),
        pl.lit(None, pl.Float64).alias("score"),
    )
    people = pl.concat([found, by_number]).sort("key")
    text = people.with_columns(
        pl.col("score").cast(pl.String),
        pl.lit(None, pl.Int64).alias("source_line"),
        pl.struct(people.columns).struct.json_encode().alias("raw"),
    )
    return text, linkage


def _fingerprint(rows: pl.DataFrame, answers: Mapping[tuple[str, str], Answer]) -> str:
    """Of everything that people are made from: mentions, answers, and the rules of this package."""
    digest = hashlib.sha256(rows.drop("observed_at").write_ndjson().encode())
    digest.update(json.dumps(sorted((*pair, answer.value) for pair, answer in answers.items())).encode())
    for rules in sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".json")):
        digest.update(rules.read_bytes())
    return digest.hexdigest()[:16]


def _outcome(landing: Landing, questions: int, *, receipt: Receipt | None = None, fault: str | None = None) -> Outcome:
    standing = landing.read(PEOPLE, columns=["person_id", "method"])
    return Outcome(
        people=standing["person_id"].n_unique(),
        mentions_by_method=dict(sorted(Counter(standing["method"]).items())),
        open_questions=questions,
        receipt=receipt,
        fault=fault,
    )
