"""The weekly brief in a hosted model's words, where the settings name one: an OpenAI-compatible chat endpoint.

The model gets the template's text and nothing else. What it writes is taken only if every number in it is one of the
brief's, as they stand there; otherwise the template's text is published. Only the newest week is asked for.
"""

import hashlib
import re
from collections.abc import Iterable, Set
from typing import Any

import polars as pl

from orchestration.hosted import Hosted, HostedError
from orchestration.settings import Settings

CHAT = "chat/completions"
NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*%?")
WRITTEN = {"template_hash": pl.String, "text": pl.String, "model": pl.String, "refused": pl.String}
"""One row per text asked for: ``text`` and ``model`` of one that is taken, or in ``refused`` why it is not."""
ASK = (
    "Write this weekly brief of a ministry's social media anew, in plain English of at most 120 words. Use only the "
    "numbers that stand in it, written as they stand there, and state nothing that it does not state. Answer with the "
    "text alone."
)


class BriefError(Exception):
    """The hosted model could not be asked, or its answer is no text."""


def numbers_in(text: str, *names: str | None) -> list[str]:
    """Every number of a text as it is written; digits in ``names`` are none."""
    for name in names:
        if name:
            text = text.replace(name, "")
    return NUMBER.findall(text)


def strange_numbers(text: str, shown: Iterable[str], *names: str | None) -> list[str]:
    """Numbers of the text that are none of ``shown``."""
    known = set(shown)
    return [number for number in numbers_in(text, *names) if number not in known]


def hosted_briefs(briefs: list[dict[str, Any]], held: Set[str], settings: Settings) -> pl.DataFrame:
    """The newest week's briefs, those of ``held`` template hashes left out, in the hosted model's words.

    ``briefs`` say ``region``, ``week_start_date``, ``template_text``, ``best_mission`` and the numbers ``shown``. An
    endpoint that does not answer is asked no further: the templates stand, and the next night asks again.
    """
    rows: list[dict[str, Any]] = []
    if settings.brief_base_url and briefs:
        newest = max(brief["week_start_date"] for brief in briefs)
        for brief in sorted(briefs, key=lambda brief: brief["region"]):
            template_hash = hashlib.md5(brief["template_text"].encode(), usedforsecurity=False).hexdigest()
            if brief["week_start_date"] != newest or template_hash in held:
                continue
            try:
                text = _ask(settings.brief_base_url, brief["template_text"], settings)
            except BriefError as error:
                print(f"weekly brief: {error}; the template's text stands")
                break
            strange = strange_numbers(text, brief["shown"], brief["best_mission"], brief["region"])
            refused = f"numbers that the marts do not hold: {', '.join(strange)}" if strange else None
            taken = {"text": text, "model": settings.brief_model} if not strange else {}
            rows.append({"template_hash": template_hash, "refused": refused, "text": None, "model": None} | taken)
    return pl.DataFrame(rows, schema=WRITTEN)


def _ask(base_url: str, template_text: str, settings: Settings) -> str:
    hosted = Hosted(
        base_url,
        settings.brief_api_key,
        settings.request_timeout_seconds,
        settings.internal_host_names,
    )
    address = hosted.address(CHAT)
    body = {
        "model": settings.brief_model,
        "temperature": 0,
        "messages": [{"role": "system", "content": ASK}, {"role": "user", "content": template_text}],
    }
    try:
        text = hosted.ask(CHAT, body)["choices"][0]["message"]["content"]
    except HostedError as error:
        raise BriefError(str(error)) from None
    except (KeyError, IndexError, TypeError, ValueError):
        raise BriefError(f"{address} gave no text as OpenAI's chat API does") from None
    if not isinstance(text, str) or not text.strip():
        raise BriefError(f"{address} gave an empty text")
    return " ".join(text.split())
