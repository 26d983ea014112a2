"""Commands of `sifarat` that have modules of their own."""

from orchestration.commands.erase import erase

COMMANDS = (erase,)
