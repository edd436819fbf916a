"""Training killed at random moments, with SIGKILL: it goes on to the same numbers, to the bit.

Adds to tests/training/test_resume.py what really happens: processes that are killed between any two
instructions, also while a checkpoint is being written, the best weights beside it, again and again.
Every day a few of them; AUTODIFF_TESTS=all kills fifty. A thousand: see `kills.py` beside.
"""

import json
import os
import subprocess
import sys

import pytest

from ..long import ALL
from ..training.networks import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def killed(folder, kills, seed):
    """Run the program that kills, and return its counts."""
    command = [sys.executable, "-m", "tests.trust.kills", str(folder), str(kills), str(seed), "40"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


HOLDS_THE_LOCK = """
import os, signal
from autodiff.training import Callback
from tests.training.networks import setup, train

class Kill(Callback):
    def on_step_end(self, run):
        bar = run.callbacks[-1].bar
        bar.get_lock().acquire()
        os.kill(os.getpid(), signal.SIGKILL)

train(setup(), epochs=1)
process = os.fork()
if process == 0:
    train(setup(), Kill(), epochs=1)
assert os.WTERMSIG(os.waitpid(process, 0)[1]) == signal.SIGKILL
train(setup(), epochs=1)
print("ended")
"""


def test_a_process_killed_while_it_has_the_lock_of_the_bar_hangs_no_other():
    run = subprocess.run(
        [sys.executable, "-c", HOLDS_THE_LOCK],
        capture_output=True, text=True, cwd=ROOT, timeout=30, check=False,
    )  # fmt: skip
    assert run.stdout == "ended\n", run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kills", [50 if ALL else 8])
def test_a_training_that_is_killed_again_and_again_ends_with_the_same_numbers(tmp_path, kills):
    counts = killed(tmp_path, kills, seed=3)
    assert counts["kills"] >= min(kills, 8)
    assert counts["same"] == counts["trainings"] > 0
    assert counts["left"] == []
