"""What the project costs, against others, in one run.

    python -m tests.benchmarks            all of it (some minutes)
    python -m tests.benchmarks S1 I1      two of them
    python -m tests.benchmarks --smoke    one short round each: do the contestants agree?

Each workload first checks that all contestants compute the same gradients. Then it times them in
interleaved rounds and prints medians and ratios. Ratios are what to read: on a shared machine even
they move by 15 % between runs. Nothing here passes or fails by a time.

Peers are optional: `pip install ".[bench]"` brings them; one that is missing is named and left out.
"""
