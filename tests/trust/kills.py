"""Kill a training at random moments, and let it go on, until it ends: a program.

    python -m tests.trust.kills FOLDER KILLS SEED SECONDS

Each training is a process of its own, forked from this one, which has imported all that it needs:
so that a thousand kills take a minute and not an hour. Prints, as JSON, how many processes were
killed, how many of them while they wrote, and how many trainings ended with the right numbers.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time

from autodiff.training import Checkpoint

from ..training.networks import numbers, setup, train


def digest(parts, history):
    """Return a text of all numbers of a training that has ended."""
    return hashlib.sha256(repr(sorted(numbers(parts, history).items())).encode()).hexdigest()


def training(folder, resume):
    """Train, saving after each update, and leave the digest beside the checkpoint."""
    parts = setup()
    checkpoint = Checkpoint(os.path.join(folder, "run"), every=1, best=True)
    text = digest(parts, train(parts, checkpoint, resume=resume))
    with open(os.path.join(folder, "digest"), "w") as file:
        file.write(text)


def forked(*arguments):
    """Start a training; return the number of its process."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            training(*arguments)
            status = 0
        finally:
            os._exit(status)
    return process


def until_it_ends(folder, rng, longest, counts, most, resume=True):
    """Start and kill a training until it ends by itself; return its digest."""
    kills = 0
    while True:
        process = forked(folder, resume)
        if counts["kills"] < most and kills < 20:  # it might never come any further
            kills += 1
            time.sleep(rng.uniform(0.0, longest))
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            counts["kills"] += 1
            counts["writing"] += any(name.endswith(".part") for name in os.listdir(folder))
        elif status != 0:
            raise SystemExit("a training that went on did not end, as said above")
        else:
            with open(os.path.join(folder, "digest")) as file:
                return file.read()


def main(root, kills, seed, seconds):
    """Kill so many processes, or as many as there is time for; print what came of it."""
    rng, end = random.Random(seed), time.monotonic() + seconds
    parts = setup()
    started = time.monotonic()
    whole = digest(parts, train(parts, Checkpoint(os.path.join(root, "whole"), every=1)))
    longest = time.monotonic() - started
    counts = {"kills": 0, "writing": 0, "trainings": 0, "same": 0, "left": []}
    while counts["kills"] < kills and time.monotonic() < end:
        folder = os.path.join(root, str(counts["trainings"]))
        os.mkdir(folder)
        counts["trainings"] += 1
        # Short at times: it is killed again before it has come any further.
        share = rng.choice([0.1, 0.3, 1.0])
        counts["same"] += until_it_ends(folder, rng, share * longest, counts, kills) == whole
        expected = {"digest", "run.best.safetensors", "run.checkpoint.safetensors"}
        counts["left"] += sorted(set(os.listdir(folder)) - expected)
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
