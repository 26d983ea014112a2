"""The short drill: each named step once, then more kills while there is time for them, then one ordinary night.
`make drill` is the long one."""

import subprocess
import sys

import pytest

DRILL = """
import sys, time
from pathlib import Path
from tests.drills.drill import STEPS, Drill, report

begun = time.monotonic()
drill = Drill(Path(sys.argv[1]), seed=7)
drill.prepare()
# Kills of the landing take seconds, the others most of a night.
done = drill.round(*STEPS, further=15 * STEPS[:2], until=begun + 150)
print(report([drill]), *done.places, *done.faults, sep="\\n")
sys.exit(1 if done.faults else 0)
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_after_kills_at_every_step_an_ordinary_night_publishes_what_undisturbed_nights_publish(tmp_path):
    # In a process of its own: nights are forked off it, and pytest has threads by now.
    drill = subprocess.run([sys.executable, "-c", DRILL, tmp_path], capture_output=True, text=True, timeout=1800)
    assert drill.returncode == 0, drill.stdout[-4000:] + drill.stderr[-2000:]
