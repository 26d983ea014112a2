"""The names of metrics, which platforms retire: kept as data by platform, and left out once they are refused.

``metric_names/<platform>.toml`` lists the API versions with their last days and the metrics of each request. Some
platforms refuse a whole request for one name they no longer know; then the culprit is found by halving the list,
told as a finding, and the rest is landed.
"""

import threading
import tomllib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from orchestration.sources import SourceError
from orchestration.sources.http import Refusal
from orchestration.sources.platform import Concern, Finding

NAMES_DIR = Path(__file__).parent / "metric_names"
NOTICE = timedelta(days=14)
"""What ends within this time is told before it fails."""

T = TypeVar("T")


@cache
def known(platform: str) -> dict:
    """The platform's file: ``api_versions`` (version to its last day, where one is announced) and ``requests``
    (request to the names it asks for)."""
    with open(NAMES_DIR / f"{platform}.toml", "rb") as file:
        return tomllib.load(file)


def version_findings(platform: str, version: str, today: date) -> list[Finding]:
    """A warning when the pinned API version ends within 14 days, has ended, or is none that we know."""
    versions = known(platform)["api_versions"]
    if version not in versions:
        told = f"{platform}: API version {version} is none of {', '.join(versions)}, which Sifarat was tested with"
        return [Finding(Concern.CREDENTIAL, version, told)]
    ends = versions[version]
    # A version whose end is not announced yet has no date: an empty string, since TOML knows no null.
    if not isinstance(ends, date) or today + NOTICE < ends:
        return []
    newest = list(versions)[-1]
    told = f"{platform}: API version {version} ends on {ends}; pin a newer one, up to {newest}, in the settings"
    return [Finding(Concern.CREDENTIAL, version, told)]


def expiry_findings(platform: str, expires: date | None, today: date) -> list[Finding]:
    """A warning when the token ends within 14 days or has ended; none where nobody told its last day."""
    if expires is None or today + NOTICE < expires:
        return []
    told = f"{platform}: the token's last day is {expires}; get a new one and set it, and its last day, in the settings"
    return [Finding(Concern.CREDENTIAL, "token", told)]


class AskedFor:
    """The metrics of one request, less those that the platform refused. Shared by the threads that ask."""

    def __init__(self, platform: str, request: str, is_invalid: Callable[[Refusal], bool]):
        """``is_invalid`` tells a refusal of a name from others."""
        self._platform = platform
        self._is_invalid = is_invalid
        self._names = tuple(known(platform)["requests"][request])
        self._search = threading.Lock()
        self.findings: list[Finding] = []

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def ask(self, request: Callable[[Sequence[str]], T]) -> T:
        """What ``request`` gives for the names that are left, which may be none at all.

        Raises what ``request`` raises when that is not for a name.
        """
        while True:
            names = self._names
            try:
                return request(names)
            except Refusal as refusal:
                if not names or not self._is_invalid(refusal):
                    raise
                with self._search:
                    if names == self._names:
                        self._leave_out(self._culprits(names, request), refusal)

    def _leave_out(self, culprits: list[str], refusal: Refusal) -> None:
        if not culprits:
            # Each half is good by itself: what was refused is no name of ours.
            raise SourceError(f"{refusal}; asked for by halves it was not refused, so no metric is to blame") from None
        self._names = tuple(name for name in self._names if name not in culprits)
        self.findings += [
            Finding(
                Concern.METRIC,
                name,
                f"{self._platform}: the metric {name} is refused ({refusal}); it was left out and the rest is landed. "
                f"If it is retired, take it out of metric_names/{self._platform}.toml",
            )
            for name in culprits
        ]

    def _culprits(self, names: Sequence[str], request: Callable[[Sequence[str]], T]) -> list[str]:
        """The names of a refused list that are refused by themselves."""
        if len(names) == 1:
            return list(names)
        halves = names[: len(names) // 2], names[len(names) // 2 :]
        return [
            culprit for half in halves if self._is_refused(half, request) for culprit in self._culprits(half, request)
        ]

    def _is_refused(self, names: Sequence[str], request: Callable[[Sequence[str]], T]) -> bool:
        try:
            request(names)
        except Refusal as refusal:
            if self._is_invalid(refusal):
                return True
            raise
        return False
