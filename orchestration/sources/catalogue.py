"""Every table whose records come from outside: tried again, compared from night to night, searched for a person."""

from orchestration.contracts import Contract
from orchestration.sources import moodle, platform_exports, registry, sheets, teams, xapi, zoom


def contracts() -> dict[str, Contract]:
    """By name."""
    platforms = [contract for name in registry.PLATFORMS for contract in registry.platform(name).contracts]
    training = (*sheets.CONTRACTS, *xapi.CONTRACTS, *moodle.CONTRACTS, zoom.PARTICIPANTS, teams.PARTICIPANTS)
    every = (*registry.CONTRACTS, *platforms, *platform_exports.CONTRACTS, *training)
    return {contract.name: contract for contract in every}
