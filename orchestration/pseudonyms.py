"""The key behind officers' pseudonyms: a file that only its owner reads, made once and then kept.

dbt's macro ``pseudonym`` hashes with it. Whoever loses the key gets other pseudonyms in the next build; whoever
gives it away gives the officers away.
"""

import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def make_key_once(path: Path) -> None:
    """Write a new random key to ``path`` unless a key is there already. Raises OSError when it cannot be written."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Whole or not at all: with half a key officers would get other pseudonyms. Never over another one.
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)


def read_key(path: Path) -> str:
    """The key as the database reads it, the end of its line included. Nothing where there is no file."""
    return path.read_text().strip(" ") if path.exists() else ""


def pseudonym(key: str, person_id: str) -> str:
    """What dbt's macro of this name gives."""
    inner = hashlib.sha256((key + person_id).encode()).hexdigest()
    return "officer-" + hashlib.sha256((key + inner).encode()).hexdigest()[:20]
