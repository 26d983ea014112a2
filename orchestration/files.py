"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, scratch: Path | None = None) -> Generator[Path]:
    """A file to write what ``path`` is to be, its owner's alone; when the block ends it takes the place of ``path``,
    and the disk has it. A block that raises leaves ``path`` as it was.

    It lies in ``scratch``, on the same file system, or else beside ``path``; a kill leaves it there, as
    ``.<name>.*.tmp``. Raises OSError.
    """
    for folder in (path.parent, scratch or path.parent):
        folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=scratch or path.parent)
    os.close(handle)
    written = Path(name)
    try:
        yield written
        sync(written)
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until the disk has a file's bytes, or the names of what lies in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
