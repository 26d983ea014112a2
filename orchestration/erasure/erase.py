"""One person's erasure, step by step: an interrupted one is done again from its beginning, by the same command.

The suppression list comes first, so that no night lands the person again whatever happens next, and the landing last,
batch by batch, since it is from there that the person's names are known.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestration.erasure import ErasureError, landed, person, traces
from orchestration.erasure.person import Person
from orchestration.erasure.suppression import PERSONAL, Suppression, load
from orchestration.identity.people import PEOPLE
from orchestration.identity.review import UnreadableReview, forget
from orchestration.landing import Landing, kind_held
from orchestration.settings import Settings

WAREHOUSE = ("warehouse.duckdb", "warehouse.duckdb.wal", "warehouse.duckdb.tmp", "warehouse.built_by")


@dataclass(frozen=True)
class Plan:
    """What would go. ``records`` counts the person's records by table, and those in quarantine and warnings."""

    settings: Settings
    person: Person
    suppression: Suppression
    records: Counter
    publications: list[Path]
    files: list[Path]

    @property
    def is_empty(self) -> bool:
        return not (+self.records or self.publications or self.files)


@dataclass(frozen=True)
class Outcome:
    """What went; ``left`` is where the person is still told of, with the number of rows or files."""

    records: Counter
    questions: int
    is_unpublished: bool
    left: dict[str, int]


def plan(settings: Settings, who: str) -> Plan:
    """Find what is known of the person; nothing is removed. Raises ErasureError where it is not clear who is meant, or
    nobody is."""
    root = settings.landing_dir
    if kind_held(root) is None:
        raise ErasureError(f"{root} holds no landing yet, so there is nobody to erase.")
    known = load(settings)
    if not known.key:
        # The hashes under no key could be made by anybody, and no pseudonym would be the published one.
        raise ErasureError(
            f"{settings.pseudonym_key} is missing. Put the key back first: the pseudonyms are made with it."
        )
    landing = Landing.standing(root)
    try:
        meant = person.find(settings, landing, who)
    except UnreadableReview as error:
        raise ErasureError(str(error)) from None
    is_found = meant is not None
    meant = meant or person.named(who.strip())
    if is_found:
        meant = replace(meant, identifiers=meant.identifiers | landed.spelled_in_quarantine(root, meant))
    if not meant.identifiers:
        raise ErasureError("That is neither a pseudonym, an e-mail, a number nor a whole name of anybody landed.")
    suppression = known.with_identifiers(meant.identifiers)
    records = Counter()
    for found in landed.found_in(root, suppression, meant):
        records[found.contract.name] += found.records
        records["quarantine"] += found.quarantined
        records["warnings"] += found.warned
    made = Plan(
        settings=settings,
        person=meant,
        suppression=suppression,
        records=records,
        publications=traces.publications_telling(settings.published_dir, meant.words),
        files=list(traces.in_files(_other_files(settings), meant.pattern)),
    )
    if made.is_empty and not is_found and suppression.hashes != known.hashes:
        raise ErasureError("Nobody landed is called so, and no file says it: there is nothing to erase.")
    return made


def carry_out(made: Plan, tell: Callable[[str], None]) -> Outcome:
    """Erase, then search for what is left. May be called again after it was interrupted."""
    settings, meant = made.settings, made.person
    tell("the list of whom not to land")
    made.suppression.write(datetime.now(UTC).date())
    tell("publications and the warehouse")
    is_unpublished = traces.remove_publications(settings.published_dir, made.publications)
    for name in WAREHOUSE:
        path = settings.data_dir / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    tell("logs, histories and the review file")
    for path in made.files:
        traces.blot(path, meant.pattern)
    questions = forget(settings.review, meant.mentions, meant.pattern)
    tell("the landing")
    root = settings.landing_dir
    records = landed.remove(root, landed.found_in(root, made.suppression, meant))
    # What is damaged cannot be searched, and is landed no more.
    for source in (*PERSONAL, PEOPLE.source):
        for folder in ("", "_batches", "_quarantine"):
            shutil.rmtree(root / "_damaged" / folder / source, ignore_errors=True)
    tell("searching for what is left")
    return Outcome(records, questions, is_unpublished, _left(settings, meant))


def _left(settings: Settings, meant: Person) -> dict[str, int]:
    left = {f"landing/{table}": rows for table, rows in traces.in_landing(settings.landing_dir, meant.words).items()}
    others = [*_other_files(settings), *(path for path in (settings.review,) if path.exists())]
    left |= {str(path): 1 for path in traces.in_files(others, meant.pattern)}
    return left | {str(path): 1 for path in traces.publications_telling(settings.published_dir, meant.words)}


def _other_files(settings: Settings) -> list[Path]:
    """Files of the data folder but for those that have steps of their own, and those that others put there."""
    data = settings.data_dir
    apart = [
        settings.landing_dir,
        settings.published_dir,
        settings.review,
        settings.pseudonym_key,
        data / "sandbox-inbox",
    ]
    apart += [data / name for name in WAREHOUSE] + [data / "suppressed.csv"]
    apart += [folder for folder in (settings.inbox, settings.registry_dir) if folder is not None]
    return sorted(
        path for path in data.rglob("*") if path.is_file() and not any(path.is_relative_to(folder) for folder in apart)
    )
