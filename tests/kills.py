"""A process killed by SIGKILL at each step of what it does to files, as a process of its own runs it: see the scripts
of the tests that use it."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

WATCHED = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"}


def kill_at_each_step(folder: Path, act: Callable[[Path], object]) -> None:
    """Copy ``folder/before`` to ``folder/1``, ``2`` and so on, and act on each copy in a process that is killed at as
    many-th event as the copy is called; the last copy is the one on which nothing was left to be killed at."""
    for event in count(1):
        copy = folder / str(event)
        shutil.copytree(folder / "before", copy)
        child = os.fork()
        if not child:
            _kill_at(event, copy)
            act(copy)
            os._exit(0)
        if os.waitpid(child, 0)[1] != signal.SIGKILL:
            return


def copies(folder: Path) -> list[Path]:
    """The copies, in their order."""
    return sorted((copy for copy in folder.iterdir() if copy.name.isdigit()), key=lambda copy: int(copy.name))


def _kill_at(event: int, folder: Path) -> None:
    seen = 0

    def hook(name: str, arguments: tuple) -> None:
        nonlocal seen
        if name in WATCHED and str(folder) in str(arguments):
            seen += 1
            if seen == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
