"""The one command: `python -m tests.benchmarks [--smoke] [WORKLOAD ...]`."""

from __future__ import annotations

import argparse
import platform

from .images import cnn, t3
from .imports import i1
from .networks import s2, s3
from .scalars import s1, s4
from .tensors import m, s2t, s5, t1a, t1b, t2

WORKLOADS = {
    "S1": s1, "S2": s2, "S3": s3, "S4": s4, "S5": s5, "S2T": s2t,
    "T1A": t1a, "T1B": t1b, "T2": t2, "T3": t3, "M": m, "CNN": cnn, "I1": i1,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--smoke", action="store_true", help="one short round: results, not times")
    options = parser.parse_args()
    unknown = sorted(set(options.workloads) - set(WORKLOADS))
    if unknown:
        parser.error(f"unknown workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    print(f"Python {platform.python_version()} on {platform.machine()}")
    for name in options.workloads or WORKLOADS:
        WORKLOADS[name](options.smoke)


if __name__ == "__main__":  # and not in the processes that are started to be timed
    main()
