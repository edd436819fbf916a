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


@pytest.mark.slow
@pytest.mark.parametrize("kills", [50 if ALL else 8])
def test_a_training_that_is_killed_again_and_again_ends_with_the_same_numbers(tmp_path, kills):
    counts = killed(tmp_path, kills, seed=3)
    assert counts["kills"] >= min(kills, 8)
    assert counts["same"] == counts["trainings"] > 0
    assert counts["left"] == []
