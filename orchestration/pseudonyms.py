"""The key behind officers' pseudonyms: a file that only its owner reads, made once and then kept.

dbt's macro ``pseudonym`` hashes with it. Whoever loses the key gets other pseudonyms in the next build; whoever
gives it away gives the officers away.
"""

import os
import secrets
from pathlib import Path


def make_key_once(path: Path) -> None:
    """Write a new random key to ``path`` unless a key is there already. Raises OSError when it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
