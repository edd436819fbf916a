"""Run random programs: `python -m tests.differential 100000 [seed] [kind …]`.

Prints the failures, each with the seed that reproduces it alone, and a line of figures for each
kind. Program n of a run from a seed is that of seed + n: `python -m tests.differential 1 4321`.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from . import KINDS, run


def main(argv):
    """Run so many programs of each kind; return 1 if any failed."""
    count = int(argv[0]) if argv else 1000
    start = int(argv[1]) if len(argv) > 1 else 0
    failed = 0
    for kind in argv[2:] or KINDS:
        began, rows, undecided, failures = time.perf_counter(), Counter(), 0, 0
        done = 0
        for seed in range(start, start + count):
            try:
                outcome = run(kind, seed, rows)
            except KeyboardInterrupt:  # Ctrl-C ends one kind; what was found so far is told
                break
            done += 1
            if outcome == "undecided":
                undecided += 1
            elif outcome:
                failures += 1
                print(f"{kind} seed {seed}: {outcome}", flush=True)
        seldom, times = min(rows.items(), key=lambda item: item[1], default=("", 0))
        print(
            f"{kind}: {done} programs from seed {start}, {failures} failed, {undecided} undecided,"
            f" {rows.total()} steps of {len(rows)} words, {seldom} the least ({times} times),"
            f" {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        failed += failures
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
