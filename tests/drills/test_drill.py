"""The short drill: twenty kills in a row, then one ordinary night. `make drill` is the long one."""

import subprocess
import sys

import pytest

DRILL = """
import sys
from pathlib import Path
from tests.drills.drill import Drill

LATER = ("mid-dbt", "mid-audit", "mid-publish", "anywhere")
drill = Drill(Path(sys.argv[1]), seed=7)
drill.prepare()
done = drill.round(*8 * ["mid-file"], *8 * ["after landing before commit"], *LATER)
print(drill.report())
print(*done.places, *done.faults, sep="\\n")
sys.exit(1 if done.faults else 0)
"""


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_after_twenty_kills_an_ordinary_night_publishes_what_undisturbed_nights_publish(tmp_path):
    # In a process of its own: nights are forked off it, and pytest has threads by now.
    drill = subprocess.run([sys.executable, "-c", DRILL, tmp_path], capture_output=True, text=True, timeout=1200)
    assert drill.returncode == 0, drill.stdout[-4000:] + drill.stderr[-2000:]
