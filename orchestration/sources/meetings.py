"""What Zoom and Teams have in common: the landed record of a stay in a meeting, and the files people export.

A row is one stay: whoever leaves and comes back has two. Times are UTC; a file's times were written by a clock of
``SIFARAT_MEETINGS_ZONE``. A file is known by its content and landed once, whole: one that cannot be read lands
nothing. A stay whose times cannot be read goes to quarantine.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from orchestration.contracts import FINDINGS_SCHEMA, TIMESTAMP, Contract, count, key, optional, required
from orchestration.landing import Batch, Landing, Progress, Receipt
from orchestration.sources import SourceError
from orchestration.sources.mappings import unmapped_files
from orchestration.sources.tabular import WORKBOOKS, content_of

Row = Mapping[str, str | None]


@dataclass(frozen=True)
class Clock:
    """How a file's times are to be read. ``is_day_first`` is what the settings say of 12/4; None when nothing."""

    zone: str
    is_day_first: bool | None = None

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.zone}|{self.is_day_first}".encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Reading:
    """One meeting's stays as text, each with its line in the file; ``doubt`` is what a reader should know of it."""

    rows: Sequence[Row]
    lines: list[int] = field(default_factory=list)
    doubt: str | None = None


Reader = Callable[[bytes, str, Clock], Reading | None]
"""Reads a file's content, called by a name in messages; None for a file of another kind. Raises SourceError."""


def participants(source: str) -> Contract:
    """The contract of a source's stays. Its table is personal data and stays in the restricted schema."""
    return Contract(
        source,
        "participants",
        (
            key("meeting_key"),
            optional("meeting_id"),
            optional("topic"),
            optional("meeting_started_at", TIMESTAMP),
            optional("meeting_ended_at", TIMESTAMP),
            key("participant_key"),
            optional("name"),
            optional("original_name"),
            optional("email"),
            required("joined_at", TIMESTAMP),
            optional("left_at", TIMESTAMP),
            count("duration_seconds"),
            optional("role"),
        ),
        "One row per stay of a participant in a meeting; whoever joins again has another. left_at is NULL for "
        "who was still there when the report was made.",
    )


def text_of(contract: Contract, rows: Sequence[Row], raw: Sequence[str], lines: Sequence[int] = ()) -> pl.DataFrame:
    """The rows as the frame of text that a contract parses."""
    columns = {f.name: pl.Series([_sound(row.get(f.name)) for row in rows], dtype=pl.String) for f in contract.fields}
    numbers = list(lines) or [None] * len(rows)
    return pl.DataFrame(columns).with_columns(
        pl.Series("source_line", numbers, dtype=pl.Int64), pl.Series("raw", list(raw), dtype=pl.String)
    )


def land_files(
    landing: Landing,
    inbox: Path,
    shipped: Path,
    contract: Contract,
    read: Reader,
    clock: Clock,
    *,
    is_synthetic: bool,
    progress: Progress,
) -> list[Receipt]:
    """Land the inbox's files that ``read`` knows and that no mapping reads, each once.

    A file that cannot be read keeps no other from being landed; then SourceError names each such file and its fault.
    """
    receipts, faults = [], []
    names = [name for name in unmapped_files(inbox, shipped) if Path(name).suffix.lower() not in WORKBOOKS]
    for done, name in enumerate(names, start=1):
        try:
            content = content_of(inbox / name, name)
            reading = read(content, name, clock)
        except SourceError as error:
            faults.append(str(error))
            continue
        if reading is not None:
            receipts += _land(landing, contract, inbox / name, name, content, reading, clock, is_synthetic)
        progress(f"{contract.source}: {name}, files", done, len(names))
    if faults:
        raise SourceError("\n".join(faults))
    return receipts


def _land(
    landing: Landing,
    contract: Contract,
    path: Path,
    name: str,
    content: bytes,
    reading: Reading,
    clock: Clock,
    is_synthetic: bool,
) -> list[Receipt]:
    digest = hashlib.sha256(content).hexdigest()[:16]
    batch_id = f"{digest}-{clock.fingerprint}"
    if landing.committed(contract, batch_id):
        _withdraw_earlier(landing, contract, digest, batch_id)
        return []
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    observed_at = min(saved_at, datetime.now(UTC)).replace(microsecond=0)
    # The line is a part of the record: two people of one name may do the same.
    raw = [json.dumps({"line": line, **row}, ensure_ascii=False) for line, row in _numbered(reading)]
    batch = Batch(
        contract=contract,
        batch_id=batch_id,
        source_file=name,
        observed_at=observed_at,
        day=observed_at.date(),
        text=text_of(contract, reading.rows, raw, reading.lines),
        is_synthetic=is_synthetic,
    )
    if reading.doubt and reading.rows:
        doubt = (1, reading.lines[0], "joined_at", reading.rows[0]["joined_at"], reading.doubt, raw[0])
        batch = replace(batch, warnings=pl.DataFrame([doubt], schema=FINDINGS_SCHEMA, orient="row"))
    receipt = landing.write(batch)
    _withdraw_earlier(landing, contract, digest, batch_id)
    return [receipt]


def _withdraw_earlier(landing: Landing, contract: Contract, digest: str, batch_id: str) -> None:
    """The same bytes, read by another clock. A run that was killed before it came so far left them to this one."""
    for entry in landing.committed(contract, f"{digest}-*"):
        if entry.stem != f"part-{batch_id}":
            landing.withdraw(contract, entry)


def _numbered(reading: Reading) -> Iterable[tuple[int, Row]]:
    return zip(reading.lines, reading.rows, strict=True)


def meeting_key(topic: str | None, started_at: str | None) -> str:
    """The key of a meeting that a file does not name otherwise: the same for each file about it."""
    return hashlib.sha256(f"{topic or ''}|{started_at or ''}".encode()).hexdigest()[:16]


def batch_id_of(key: str) -> str:
    """Of what an API tells of the meeting of this key. Halves of surrogate pairs, which JSON can hold, have no
    bytes."""
    return f"api-{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:16]}"


def decoded(content: bytes) -> str | None:
    """A file's text: UTF-16 where its first bytes say so, else UTF-8; None where it is neither."""
    codec = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


_TIME = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[./-])(?P<second>\d{1,2})[./-](?P<third>\d{1,4})[,T\s]+"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<seconds>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?\s*(?P<offset>Z|UTC|[+-]\d{2}:?\d{2})?"
)


class Times:
    """Reads one file's times. Which of 12/4 is the day is told by the file's own dates, else by the settings, else by
    the way it is written; ``doubt`` says so in the last case. Raises SourceError when its dates contradict."""

    def __init__(self, name: str, texts: Iterable[str | None], clock: Clock, *, is_day_first: bool | None = None):
        self._zone = ZoneInfo(clock.zone)
        self.doubt: str | None = None
        dates = [match for text in texts if (match := _TIME.fullmatch((text or "").strip()))]
        dates = [match for match in dates if len(match["first"]) < 3]
        is_first_over = any(int(match["first"]) > 12 for match in dates)
        is_second_over = any(int(match["second"]) > 12 for match in dates)
        if is_first_over and is_second_over:
            raise SourceError(
                f"{name}: some dates can only be read day first and others only month first; export the file again"
            )
        if is_first_over or is_second_over:
            self._is_day_first = is_first_over
        elif clock.is_day_first is not None:
            self._is_day_first = clock.is_day_first
        elif all(match["mark"] == "." for match in dates):
            self._is_day_first = True
        else:
            by_clock = not any(match["half"] for match in dates)
            self._is_day_first = by_clock if is_day_first is None else is_day_first
            if any(match["first"] != match["second"] for match in dates):
                which = "day" if self._is_day_first else "month"
                self.doubt = f"the {which} was taken to come first; set SIFARAT_MEETINGS_DAY_FIRST if it does not"

    def utc(self, text: str | None) -> str | None:
        """The instant as ISO 8601 in UTC; None for nothing, and the text itself where it is no possible time, so that
        its record is rejected for it."""
        text = (text or "").strip()
        match = _TIME.fullmatch(text)
        if match is None:
            return text or None
        try:
            return self._instant(match).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError):
            return text

    def _instant(self, match: re.Match) -> datetime:
        first, second, third = int(match["first"]), int(match["second"]), int(match["third"])
        if len(match["first"]) == 4:
            year, month, day = first, second, third
        else:
            day, month = (first, second) if self._is_day_first else (second, first)
            year = third + 2000 if third < 100 else third
        hour = int(match["hour"])
        if match["half"]:
            if not 1 <= hour <= 12:
                raise ValueError("no hour of a half day")
            hour = hour % 12 + (12 if match["half"][0] in "Pp" else 0)
        wall = datetime(year, month, day, hour, int(match["minute"]), int(match["seconds"] or 0))
        offset = match["offset"]
        if offset:
            return datetime.fromisoformat(f"{wall.isoformat()}{'+00:00' if offset in ('Z', 'UTC') else offset}")
        local = wall.replace(tzinfo=self._zone)
        if local.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != wall:
            raise ValueError("an hour that a clock change skipped")
        return local


def is_time(text: str | None) -> bool:
    """Whether it is written like a time, possible or not."""
    return _TIME.fullmatch((text or "").strip()) is not None


def told_text(value: Any) -> str | None:
    """A value of a payload as text; None for nothing."""
    return None if value in (None, "") else str(value)


def listed(text: str) -> list[str]:
    """The parts of a setting that has commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _sound(text: str | None) -> str | None:
    """Without halves of surrogate pairs, which are no characters; the record's raw text keeps them."""
    return text if text is None else text.encode("utf-8", "replace").decode()
