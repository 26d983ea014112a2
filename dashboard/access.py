"""Who may see what: sign-in, roles, and the scope that every query is held to.

The roles file is a CSV with the columns ``email``, ``role`` and ``scope``:

    officer         sees one mission: scope is its mission_id
    region          sees the missions of one region: scope is the region's name
    headquarters    sees everything: scope is empty

It is read again whenever it changed, so that a role given or taken needs no restart.
"""

import csv
import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

COLUMNS = ("email", "role", "scope")


class AccessError(Exception):
    """The dashboard cannot know who may see what; the message says what to mend."""


class Role(StrEnum):
    OFFICER = "officer"
    REGION = "region"
    HEADQUARTERS = "headquarters"


@dataclass(frozen=True)
class Scope:
    """What one person may see: ``of`` is a mission_id for an officer, a region's name for a region."""

    role: Role
    of: str | None = None

    @property
    def sees_everything(self) -> bool:
        return self.role is Role.HEADQUARTERS


EVERYTHING = Scope(Role.HEADQUARTERS)


def check_exposure(address: str | None, *, has_sign_in: bool) -> None:
    """Raises AccessError when others than this machine could open the dashboard without signing in."""
    if not has_sign_in and not _is_loopback(address):
        raise AccessError(
            f"Without sign-in the dashboard is served on this machine alone, not on {address or 'every address'}. "
            "Set SIFARAT_DASHBOARD_SIGN_IN_FILE and SIFARAT_DASHBOARD_ROLES_FILE (docs/dashboard.md), "
            "or serve it on 127.0.0.1."
        )


def _is_loopback(address: str | None) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address or "0.0.0.0").is_loopback
    except ValueError:
        return False


def read_roles(path: Path | None) -> dict[str, Scope]:
    """Scope by e-mail address in lower case. Raises AccessError naming file, line and field, or that no file is set."""
    if path is None:
        raise AccessError("Sign-in needs roles: set SIFARAT_DASHBOARD_ROLES_FILE (docs/dashboard.md)")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames is None or not set(COLUMNS) <= set(reader.fieldnames):
                raise AccessError(
                    f"{path}: expected the columns {', '.join(COLUMNS)}, got {', '.join(reader.fieldnames or ['none'])}"
                )
            roles: dict[str, Scope] = {}
            for row in reader:
                email, scope = _role(row, f"{path}, line {reader.line_num}")
                if email in roles:
                    raise AccessError(f"{path}, line {reader.line_num}: email {email} stands twice; keep one role")
                roles[email] = scope
            return roles
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AccessError(f"The roles file {path} cannot be read: {error}") from error


def _role(row: dict[str, str | None], place: str) -> tuple[str, Scope]:
    email, role, of = ((row[column] or "").strip() for column in COLUMNS)
    if "@" not in email:
        raise AccessError(f"{place}: email {email!r} is no e-mail address")
    if role not in list(Role):
        raise AccessError(f"{place}: role {role!r} is none of {', '.join(Role)}")
    if (role == Role.HEADQUARTERS) == bool(of):
        raise AccessError(
            f"{place}: scope {of!r}: an officer has a mission_id, a region its name, headquarters nothing"
        )
    return email.lower(), Scope(Role(role), of or None)


def scope_of(user: dict, roles: dict[str, Scope]) -> Scope | None:
    """Scope of a signed-in user by the claims of the identity provider; None where no role is given to the address.

    An address that the provider says is not verified could be anybody's, and has no role.
    """
    if user.get("email_verified") is False:
        return None
    return roles.get(str(user.get("email") or "").lower())
