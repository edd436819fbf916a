"""Interleaved timing: A B C, A B C, … so that the machine's moods fall on all alike."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int, repeats: Mapping[str, int]
) -> dict[str, float]:
    """Return for each contestant the median over rounds of the seconds that one call takes."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                run()
            seconds[name].append((time.perf_counter() - start) / repeats[name])
    return {name: statistics.median(times) for name, times in seconds.items()}


def apart(
    builders: Mapping[str, Callable[[], Callable[[], Any]]], rounds: int, repeats: int = 1
) -> dict[str, float]:
    """Return the same of what the builders build, each in a process of its own.

    What one engine leaves behind, the garbage collector of the others would have to go through. In
    its turn each runs so many times in a row, as a training does; the first of them warms it up.
    """
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for name, build in builders.items():
        pipes[name], theirs = context.Pipe()
        context.Process(target=_serve, args=(build, theirs, repeats), daemon=True).start()
    seconds: dict[str, list[float]] = {name: [] for name in builders}
    for _ in range(rounds + 1):
        for name, pipe in pipes.items():
            pipe.send("run")
            seconds[name].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send("stop")
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}


def _serve(build: Callable[[], Callable[[], Any]], pipe: Connection, repeats: int) -> None:
    run = build()
    result = None
    while pipe.recv() == "run":
        if repeats > 1:
            result = run()
        start = time.perf_counter()
        for _ in range(repeats):
            result = run()  # which frees what the last run returned
        pipe.send((time.perf_counter() - start) / repeats)
    del result


def table(title: str, medians: Mapping[str, float], baseline: str, unit: str = "µs") -> None:
    """Print each median and its ratio to the baseline's."""
    scale = {"ns": 1e9, "µs": 1e6, "ms": 1e3}[unit]
    print(f"\n{title}")
    for name, seconds in medians.items():
        ratio = f"{seconds / medians[baseline]:7.3f} × {baseline}" if baseline in medians else ""
        print(f"  {name:24} {seconds * scale:10.2f} {unit}   {ratio}")
