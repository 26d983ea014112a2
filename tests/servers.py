"""Programs that tests start on loopback: each on a free port, waited for until it answers, stopped by its process."""

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: Path, seconds: float = 120) -> None:
    """Until the process answers at ``url``, whatever it says. Fails with its log when it ends or the time is over."""
    # No library's retries: tests that do without waiting switch those off for the whole process.
    deadline = time.monotonic() + seconds
    while True:
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


@dataclass
class Running:
    """A program on loopback that answers at ``base_url``."""

    command: list
    base_url: str
    log: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def __enter__(self) -> "Running":
        with open(self.log, "wb") as output:
            self._process = subprocess.Popen(
                list(map(str, self.command)), env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )
        wait_for(self.base_url, self._process, self.log)
        return self

    def __exit__(self, *_) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
