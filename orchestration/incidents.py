"""What somebody must be told of: a night that failed, a publication that grew old. One message for each, by Apprise.

An incident goes on while its key is the same, however many nights it spoils; what was told of it, and to whom, lies in
``incidents.json`` of the data folder. When it is over its entry goes, and the next of its kind is told again.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from orchestration.files import replacing
from orchestration.publication import Publications
from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg
    from dagster._utils.error import SerializableErrorInfo

COMMAND = ".venv/bin/sifarat"
HELP = {
    "AuditFailed": f"`{COMMAND} status` lists what the audit blocks; its Data Docs show the rows.",
    "DbtError": "Mend the model or the data that its test names, then run the night again: `make nightly`.",
    "LandingError": f"`{COMMAND} verify` names damaged files; the next night fetches them again.",
    "SourceError": f"`{COMMAND} doctor` asks each source for one account and tells which credential or file is wrong.",
    "TooManyRejects": f"`{COMMAND} quarantine list` shows what was rejected, and why.",
}
OTHERWISE = f"`{COMMAND} doctor` looks at disk, credentials, versions and the last run."
SAYABLE = {*HELP, "OSError", "PublicationError", "SuiteError"}
"""Errors whose words are ours or the system's. Those of others may quote records, and messages leave the ministry."""
LONGEST_CAUSE = 1500
"""Letters of a cause that a message holds: Slack and Teams refuse long ones."""


class NotTold(Exception):
    """A message did not reach one of the addresses; which, the message says, without its secrets."""


@dataclass(frozen=True)
class Incident:
    """``key`` is the same while it is the same trouble; ``help`` is the command that gets further."""

    key: str
    title: str
    cause: str
    help: str

    @property
    def words(self) -> str:
        cause = self.cause if len(self.cause) <= LONGEST_CAUSE else f"{self.cause[:LONGEST_CAUSE]} …"
        return f"{cause}\n\nWhat to do: {self.help}"


def standing(settings: Settings, instance: "dg.DagsterInstance", now: datetime) -> list[Incident]:
    """What is wrong at this moment (UTC): the last night that ended, and the publication's age."""
    found = [failed_night(settings, instance), old_publication(settings, now)]
    return [incident for incident in found if incident]


def failed_night(settings: Settings, instance: "dg.DagsterInstance") -> Incident | None:
    """The newest night that ended, if it failed: its first failed step, with the cause."""
    import dagster as dg

    from orchestration.defs.terminal import STEP_WORDS

    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    nights = instance.get_runs(dg.RunsFilter(job_name="nightly", statuses=ended), limit=1)
    if not nights or nights[0].status == dg.DagsterRunStatus.SUCCESS:
        return None
    [night] = nights
    failures = instance.all_logs(night.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    publication = Publications(settings.published_dir).open_one()
    stands = f"The publication of {publication.published_at:%Y-%m-%d %H:%M} UTC still stands." if publication else ""
    link = f"{settings.dashboard_dagster_url.rstrip('/')}/runs/{night.run_id}"
    if not failures:
        return Incident("night", "Sifarat: a night ended early", f"Its process was ended. {stands} {link}", OTHERWISE)
    event = failures[0].get_dagster_event()
    step = STEP_WORDS.get(event.step_key or "", event.step_key or "")
    error = root_cause(event.step_failure_data.error)
    kind = (error.cls_name if error else None) or ""
    words = _sayable(kind, error.message) if error else "The log has no cause."
    return Incident(
        f"night:{event.step_key}:{kind}",
        f"Sifarat: the night of {_days(night.tags)} failed at {step}",
        f"{words}\n\nNothing new was published. {stands}\n{link}",
        HELP.get(kind, OTHERWISE),
    )


def old_publication(settings: Settings, now: datetime) -> Incident | None:
    """The publication, where it is older than nights make it; None before the first."""
    publication = Publications(settings.published_dir).open_one()
    if publication is None:
        return None
    age = now - publication.published_at
    if age <= timedelta(hours=settings.stale_after_hours):
        return None
    return Incident(
        "stale",
        "Sifarat: the published marts are old",
        f"They were published at {publication.published_at:%Y-%m-%d %H:%M} UTC, {age / timedelta(hours=1):.0f} hours "
        f"ago; {settings.stale_after_hours:g} are expected at most.",
        "See that Dagster's daemon runs (`make ui`), and what became of its last night there.",
    )


def tell(settings: Settings, incidents: Sequence[Incident], now: datetime) -> list[Incident]:
    """Send a message of each incident to each address that was not told of it yet. Returns what was told of.

    Raises NotTold when an address could not be reached: it is tried again the next time.
    """
    urls = settings.notify_urls.get_secret_value().split() if settings.notify_urls else []
    if not urls:
        return []
    path = settings.data_dir / "incidents.json"
    try:
        with FileLock(path.with_suffix(".lock")):
            told, unreached = _tell_each(path, urls, incidents, now)
    except OSError as error:
        raise NotTold(f"What was told cannot be kept in {path}: {error.strerror}. Nobody is told.") from error
    if unreached:
        raise NotTold(f"Not reached: {', '.join(unreached)}. It is tried again each minute.")
    return told


def _tell_each(
    path: Path, urls: Sequence[str], incidents: Sequence[Incident], now: datetime
) -> tuple[list[Incident], list[str]]:
    """What was told of, and the addresses that were not reached."""
    before = json.loads(path.read_text()) if path.exists() else {}
    first = {"since": now.isoformat()}
    kept = {incident.key: first | {"told": []} | before.get(incident.key, {}) for incident in incidents}
    addresses = {hashlib.sha256(url.encode()).hexdigest()[:16]: url for url in urls}
    if kept == before and all(addresses.keys() <= set(entry["told"]) for entry in kept.values()):
        return [], []
    # Before anything is sent: where this cannot be kept, the message would be sent each minute.
    _keep(path, kept)
    told, unreached = [], []
    for incident in incidents:
        for place, (address, url) in enumerate(addresses.items(), start=1):
            if address in kept[incident.key]["told"]:
                continue
            if _send(url, incident):
                kept[incident.key]["told"].append(address)
                _keep(path, kept)
                told.append(incident)
            else:
                unreached.append(f"the {place}. address of SIFARAT_NOTIFY_URLS ({url.split(':')[0]})")
    return list(dict.fromkeys(told)), list(dict.fromkeys(unreached))


def _keep(path: Path, kept: dict[str, dict]) -> None:
    with replacing(path) as written:
        written.write_text(json.dumps(kept, indent=1))


def root_cause(error: "SerializableErrorInfo | None") -> "SerializableErrorInfo | None":
    """The error that all others came of: Dagster wraps it."""
    while error and error.cause:
        error = error.cause
    return error


def _sayable(kind: str, message: str) -> str:
    """An error's words, without the class that Dagster puts before them. Of dbt's those that name models and tests:
    the database's own may quote records."""
    words = message.strip().split(f"{kind}: ", 1)[-1]
    if kind not in SAYABLE:
        return f"{kind}: its words may quote records, so they stand in the run's log alone."
    if kind == "DbtError":
        named = [line.strip() for line in words.splitlines() if _NAMES.match(line.strip())]
        return "\n".join([*named, "The run's log has all of dbt's words."])
    return words


_NAMES = re.compile(r"dbt |Failure in |\w+ Error in |Got \d+ results?")


def _send(url: str, incident: Incident) -> bool:
    import apprise

    channel = apprise.Apprise()
    if not channel.add(url):
        return False
    return bool(
        channel.notify(
            title=incident.title, body=incident.words, notify_type=apprise.NotifyType.FAILURE, body_format="text"
        )
    )


def _days(tags: Mapping[str, str]) -> str:
    first = tags.get("dagster/asset_partition_range_start")
    return f"{first} to {tags['dagster/asset_partition_range_end']}" if first else tags.get("dagster/partition", "?")
