"""Commands of `sifarat` that have modules of their own."""

from orchestration.commands.erase import erase
from orchestration.commands.quarantine import quarantine

COMMANDS = (erase, quarantine)
