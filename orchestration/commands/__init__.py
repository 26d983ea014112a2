"""Commands of `sifarat` that have modules of their own."""

from orchestration.commands.backup import backup, restore
from orchestration.commands.doctor import doctor
from orchestration.commands.erase import erase
from orchestration.commands.quarantine import quarantine

COMMANDS = (backup, doctor, erase, quarantine, restore)
