"""Training statements from a learning record store (LRS): who did what in which course, in xAPI 1.0.3.

Source: the xAPI specification 1.0.3, parts 2 (data) and 3 (communication). Times are UTC. A day's statements are
those that were *stored* in it: when they happened may be long before. Actors are personal data: they stay in the
landing and in the warehouse's restricted schema. Raises SourceError for what retries cannot cure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import polars as pl

from orchestration.contracts import TIMESTAMP, Contract, key, optional, required
from orchestration.landing import Batch, Landing, Progress, Receipt, Window
from orchestration.settings import Settings
from orchestration.sources import SourceError
from orchestration.sources.http import Answer, Api, Dialect, TokenRefused, address_of
from orchestration.sources.platform import Pages, as_json, at, utc

STATEMENTS = Contract(
    "xapi",
    "statements",
    (
        # Names with an underscore at a payload's top are ours (``payload_of``): xAPI writes in camel case.
        key("id", paths=("$.statement_id",), pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        required("stored", TIMESTAMP),
        optional("timestamp", TIMESTAMP),
        required("verb_id", paths=("$.verb.id",)),
        optional("verb", paths=("$.verb_word",)),
        optional("actor_mbox", paths=("$.actor.mbox",)),
        optional("actor_mbox_sha1sum", paths=("$.actor.mbox_sha1sum",)),
        optional("actor_account_name", paths=("$.actor.account.name",)),
        optional("actor_account_home_page", paths=("$.actor.account.homePage",)),
        optional("actor_openid", paths=("$.actor.openid",)),
        optional("actor_name", paths=("$.actor.name",)),
        optional("object_id", paths=("$.object.id",)),
        optional("object_name"),
        optional("object_type", paths=("$.object.objectType",)),
        optional("result_score_scaled", pl.Float64, paths=("$.result.score.scaled",)),
        optional("result_score_raw", pl.Float64, paths=("$.result.score.raw",)),
        optional("result_score_min", pl.Float64, paths=("$.result.score.min",)),
        optional("result_score_max", pl.Float64, paths=("$.result.score.max",)),
        optional("result_success", pl.Boolean, paths=("$.result.success",)),
        optional("result_completion", pl.Boolean, paths=("$.result.completion",)),
        optional("result_duration", paths=("$.result.duration",)),
        optional("context_registration", paths=("$.context.registration",)),
        optional("context_platform", paths=("$.context.platform",)),
        # Before 1.0 a single parent stood there without a list, and stores give what they were given.
        optional(
            "context_parent_id",
            paths=("$.context.contextActivities.parent[0].id", "$.context.contextActivities.parent.id"),
        ),
        optional("statement_ref_id"),
    ),
    "One row per statement and UTC day on which the learning record store stored it.",
)
CONTRACTS = (STATEMENTS,)

VERSION = "1.0.3"
STATEMENTS_PER_BATCH = 10_000
MOST_PAGES = 1_000_000
ATTEMPTS = 10
"""Nobody runs two stores, as platforms run many: a restart, about a minute, is waited for."""
LONGEST_ADDRESS = 16_000
CLOCK_STEP = timedelta(milliseconds=1)
"""The coarsest that xAPI allows a store's clock to be."""


@dataclass(frozen=True)
class Page:
    """What one answer brought; ``statements`` may be anything that JSON can write."""

    statements: list[Any]
    observed_at: datetime


class Lrs:
    """A learning record store below ``base_url``.

    ``late_days`` are asked for on either side of a window, for stores that hold ``since`` and ``until`` against
    the time a statement happened instead of the time it was stored.
    """

    def __init__(self, api: Api, path: str, *, page_size: int, late_days: int):
        self._api, self._path = api, path
        self._page_size, self._late = page_size, timedelta(days=late_days)

    def __enter__(self) -> "Lrs":
        return self

    def __exit__(self, *_) -> None:
        self._api.close()

    def pages(self, window: Window) -> Iterator[Page]:
        """At least all statements stored in the window, in the store's order. ``since`` excludes its instant and
        ``until`` includes it, so both reach over the window and the caller looks at ``stored``.

        Raises SourceError when the store does not yet know all of the window, or its pages never end.
        """
        query = {
            "since": _instant(window.start_at - CLOCK_STEP - self._late),
            "until": _instant(window.end_at + self._late),
            "limit": self._page_size,
            "ascending": "true",
        }
        answer = self._ask(self._path, query)
        self._is_consistent(answer, window)
        watched = Pages("xapi", f"{window.start}", MOST_PAGES)
        while True:
            statements = answer.body.get("statements")
            if not isinstance(statements, list):
                raise SourceError(f"xapi: {self._path} came without statements: is SIFARAT_LRS_BASE_URL an LRS's?")
            yield Page(statements, answer.observed_at)
            more = answer.body.get("more")
            if not more:
                return
            if not isinstance(more, str):
                raise SourceError(f"xapi: {self._path} gives no address as `more`, but {str(more)[:100]}")
            # A page that ends as an earlier one did is that page again.
            ends = {str(at(statement, "$.id")) for statement in statements[-1:]}
            path, query = _on_this_host(watched.turn(ends, more), self._path)
            answer = self._ask(path, query)

    def _ask(self, path: str, query: dict | str) -> Answer:
        try:
            return self._api.get(path, query)
        except TokenRefused as error:
            raise SourceError(
                f"{error}; the user of SIFARAT_LRS_USERNAME and SIFARAT_LRS_PASSWORD may not read statements there"
            ) from None

    def _is_consistent(self, answer: Answer, window: Window) -> None:
        told = answer.headers.get("x-experience-api-consistent-through")
        through = utc(told)
        if through is not None and through < window.end_at:
            raise SourceError(
                f"xapi: the store knows its statements only through {told}, before the end of "
                f"{window.days[-1]}: read that day again later"
            )


def connect(settings: Settings) -> Lrs | None:
    """The store of the settings, or None where none is set. Raises SourceError for an address or credentials that
    cannot be used."""
    if settings.lrs_base_url is None:
        return None
    address = address_of(settings.lrs_base_url)
    if address is None:
        raise SourceError(
            "xapi: SIFARAT_LRS_BASE_URL is no address such as https://lrs.example.org/xAPI; user and password belong "
            "into SIFARAT_LRS_USERNAME and SIFARAT_LRS_PASSWORD"
        )
    user, password = settings.lrs_username, settings.lrs_password
    if (user is None) != (password is None):
        raise SourceError("xapi: SIFARAT_LRS_USERNAME and SIFARAT_LRS_PASSWORD go together; one of them is not set")
    api = Api(
        "xapi",
        f"{address.scheme}://{address.netloc}",
        **settings.asking,
        basic=None if user is None or password is None else (user, password),
        headers={"X-Experience-API-Version": VERSION},
        dialect=Dialect(is_token_refused=lambda response: response.status_code in (401, 403)),
        attempts=ATTEMPTS,
    )
    path = f"{address.path.strip('/')}/statements".lstrip("/")
    return Lrs(api, path, page_size=settings.lrs_page_size, late_days=settings.lrs_late_days)


def extract(lrs: Lrs, landing: Landing, day: date, *, is_synthetic: bool, progress: Progress) -> Iterator[Receipt]:
    """Land the statements stored on ``day`` (UTC), in batches as they come.

    A statement met again on a later page lands once. What an interrupted reading left is overwritten batch by
    batch, and what a whole one did not write anew is withdrawn at its end: a day read twice is landed once. Raises
    SourceError in the middle; the batches before it stay until the day is read again.
    """
    window = Window.of_day(day)
    seen: set[str] = set()
    waiting: list[str] = []
    written: set[str] = set()
    observed_at = datetime.now(UTC)

    def land() -> Receipt:
        batch_id = f"{day:%Y%m%d}-{len(written) + 1:04d}"
        portion = waiting[:STATEMENTS_PER_BATCH]
        del waiting[:STATEMENTS_PER_BATCH]
        receipt = landing.write(
            Batch(
                contract=STATEMENTS,
                batch_id=batch_id,
                source_file="xapi api",
                observed_at=observed_at,
                day=day,
                text=STATEMENTS.from_payloads(portion),
                is_synthetic=is_synthetic,
            )
        )
        written.add(batch_id)
        return receipt

    for page in lrs.pages(window):
        observed_at = page.observed_at
        for statement in page.statements:
            if not _is_stored_in(window, statement):
                continue
            name = _statement_id(statement)
            if name is None or name not in seen:
                waiting.append(payload_of(statement))
            if name is not None:
                seen.add(name)
        progress(f"xapi: statements stored on {day} read", len(seen))
        while len(waiting) >= STATEMENTS_PER_BATCH:
            yield land()
    # A day without a statement has a batch too: it was read.
    if waiting or not written:
        yield land()
    for entry in landing.committed(STATEMENTS, f"{day:%Y%m%d}-*"):
        if entry.stem.removeprefix("part-") not in written:
            landing.withdraw(STATEMENTS, entry)


def payload_of(statement: Any) -> str:
    """The statement as it is landed: as received, with what stands at no fixed place in it beside. What is no
    object is landed as it is, and so reaches quarantine."""
    if not isinstance(statement, dict):
        return as_json(statement)
    names, verb = at(statement, "$.object.definition.name"), _word(at(statement, "$.verb.id"))
    target = at(statement, "$.object.id")
    beside = {
        "statement_id": _statement_id(statement),
        "verb_word": verb,
        "object_name": next((name for name in names.values() if name), None) if isinstance(names, dict) else None,
        "statement_ref_id": target.lower() if verb == "voided" and isinstance(target, str) else None,
    }
    return as_json(statement | beside)


def _statement_id(statement: Any) -> str | None:
    """A UUID means the same in either case."""
    given = at(statement, "$.id")
    return given.lower() if isinstance(given, str) else None


def _word(verb_id: Any) -> str | None:
    """``completed`` of http://adlnet.gov/expapi/verbs/completed."""
    parts = re.findall(r"[^/#:?]+", verb_id) if isinstance(verb_id, str) else []
    return parts[-1].lower() if parts else None


def _is_stored_in(window: Window, statement: Any) -> bool:
    """One that does not tell when it was stored is taken in, and so reaches quarantine."""
    stored = utc(at(statement, "$.stored"))
    return stored is None or window.start_at <= stored < window.end_at


def _on_this_host(more: str, asked: str) -> tuple[str, str]:
    """Path and query of the next page. An address may name any host: the credentials go to ours alone."""
    try:
        address = urlsplit(more)
        # With a colon left in it a path could pass for an address of its own.
        path = quote(address.path, safe="/%~!$&'()*+,;=@").lstrip("/")
        query = quote(address.query, safe="/%~!$&'()*+,;=@:?")
    except ValueError:
        raise SourceError(f"xapi: {asked} gives no address as `more`, but {more[:100]!r}") from None
    if len(path) + len(query) > LONGEST_ADDRESS:
        raise SourceError(f"xapi: {asked} gives a `more` of {len(more):,} characters, which no server would take")
    return path or asked, query


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
