"""Shared by all tests: where the real data lies, and no usage reports."""

import os
from pathlib import Path

import hypothesis
import pytest
import stamina

# A shared machine is slow now and then; that is no property of a parser.
hypothesis.settings.register_profile("sifarat", deadline=None)
hypothesis.settings.load_profile("sifarat")

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


FAULT_TABLE: dict[tuple[str, str], str] = {}
"""What each platform made of each fault, by (fault, platform); test_fault_table.py fills it in."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture see how its test went."""
    report = yield
    setattr(item, f"rep_{report.when}", report)
    return report


def pytest_terminal_summary(terminalreporter):
    if not FAULT_TABLE:
        return
    platforms = sorted({platform for _, platform in FAULT_TABLE})
    terminalreporter.section("platform × fault → what happened")
    for fault in dict.fromkeys(fault for fault, _ in FAULT_TABLE):
        terminalreporter.write_line(fault)
        for platform in platforms:
            terminalreporter.write_line(f"    {platform:<10} {FAULT_TABLE.get((fault, platform), '-')}")
