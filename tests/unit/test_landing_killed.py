"""A process killed at any step of landing or withdrawing a batch leaves the batch as it was, or as it was to be."""

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.contracts import Contract, count, key
from orchestration.landing import Batch, Landing, recover
from tests.kills import copies

POSTS = Contract("x", "posts", (key("id"), count("likes")))
KEPT, REJECTED = '{"id":"1","likes":5}', '{"likes":1}'

LANDS_UNTIL_KILLED = """
import sys
from pathlib import Path
from orchestration.landing import Landing
from tests.kills import kill_at_each_step
from tests.unit.test_landing_killed import POSTS, batch

def act(root):
    landing = Landing(root, is_synthetic=False)
    if what == "withdraw":
        landing.withdraw(POSTS, landing.committed(POSTS)[0])
    else:
        landing.write(batch(*what.split("|")))

folder, what = Path(sys.argv[1]), sys.argv[2]
kill_at_each_step(folder, act)
"""


def batch(*payloads: str) -> Batch:
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    return Batch(POSTS, "one", "posts.csv", noon, date(2026, 1, 2), POSTS.from_payloads(payloads), is_synthetic=False)


def state(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("landed", "then"),
    [
        pytest.param([], f"{KEPT}|{REJECTED}", id="landed-first"),
        pytest.param([KEPT], f'{{"id":"2","likes":6}}|{REJECTED}', id="landed-anew-with-rejects"),
        pytest.param([KEPT, REJECTED], '{"id":"1","likes":6}', id="landed-anew-without-rejects"),
        pytest.param([KEPT, REJECTED], "withdraw", id="withdrawn"),
    ],
)
def test_a_kill_at_any_step_leaves_the_old_batch_or_the_new_one(tmp_path, landed, then):
    before = tmp_path / "before"
    landing = Landing(before, is_synthetic=False)
    landing.declare(POSTS)
    if landed:
        landing.write(batch(*landed))
    after = tmp_path / "after"
    shutil.copytree(before, after)
    landing = Landing(after, is_synthetic=False)
    if then == "withdraw":
        landing.withdraw(POSTS, landing.committed(POSTS)[0])
    else:
        landing.write(batch(*then.split("|")))
    old, new = state(before), state(after)

    subprocess.run([sys.executable, "-c", LANDS_UNTIL_KILLED, tmp_path, then], check=True, timeout=120)

    killed = copies(tmp_path)
    assert len(killed) > 8
    found = []
    for root in killed:
        recover(root)
        assert state(root) in (old, new), root.name
        found.append(state(root) == new)
    assert (found[0], found[-1]) == (False, True)
    assert found == sorted(found)
