"""Shared by all tests: where the real data lies, and no usage reports."""

import os
from pathlib import Path

import hypothesis
import pytest
import stamina

# A shared machine is slow now and then; that is no property of a parser.
hypothesis.settings.register_profile("sifarat", deadline=None)
hypothesis.settings.load_profile("sifarat")

# Platforms' servers are played on loopback.
os.environ["SIFARAT_INTERNAL_HOSTS"] = "127.0.0.1,localhost"
os.environ.update(DO_NOT_TRACK="1", DAGSTER_DISABLE_TELEMETRY="1", GX_ANALYTICS_ENABLED="false")


def left_out(reason: str) -> None:
    """Skip a test for want of a program that is not installed; where all tests must run (in CI), fail it."""
    if os.environ.get("SIFARAT_TEST_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real data that ``../shared/real`` holds, beside the repository."""
    return SHARED / "real"


@pytest.fixture(scope="session")
def specs() -> Path:
    """The platforms' own API descriptions."""
    return SHARED / "specs"


@pytest.fixture
def progress():
    """Keeps what a source says of its progress."""
    told = []

    def keep(what: str, done: int, total: int | None = None) -> None:
        told.append((what, done, total))

    keep.told = told
    return keep


@pytest.fixture(scope="session")
def no_waiting():
    """Retries happen at once; how long the client would have waited is proved where it matters."""
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Where tests run in two processes, a file's tests stay together, and so do files that share a long set-up."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


def pytest_terminal_summary(terminalreporter):
    """The cells that test_fault_table.py recorded: platform × fault → what happened."""
    cells = {
        tuple(cell[:2]): cell[2]
        for report in terminalreporter.stats.get("passed", [])
        for name, cell in report.user_properties
        if name == "fault table"
    }
    if not cells:
        return
    platforms = sorted({platform for _, platform in cells})
    terminalreporter.section("platform × fault → what happened")
    for fault in dict.fromkeys(fault for fault, _ in cells):
        terminalreporter.write_line(fault)
        for platform in platforms:
            terminalreporter.write_line(f"    {platform:<10} {cells.get((fault, platform), '-')}")
