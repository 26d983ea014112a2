"""Commands of `sifarat` that have modules of their own."""

from orchestration.commands.doctor import doctor
from orchestration.commands.erase import erase
from orchestration.commands.quarantine import quarantine

COMMANDS = (doctor, erase, quarantine)
