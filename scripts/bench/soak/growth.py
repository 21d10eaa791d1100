"""Whether what was sampled grows. Pure.

The first half of the runs fills caches and is not judged. Memory is a line fitted to the second
half; what is counted in whole pieces (files, sockets, threads) must not have a higher peak in the
last quarter of the runs than in the one before.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.soak.sample import Sample

MEMORY_PER_100_RUNS = 2.0
"""MiB that resident memory may grow in a hundred runs: allocators breathe, leaks go on."""

FEWEST_RUNS = 40
"""A quarter of fewer says nothing."""

_COUNTED: tuple[tuple[str, Callable[[Sample], int]], ...] = (
    ("open files", lambda sample: sample.files),
    ("sockets", lambda sample: sample.sockets),
    ("threads", lambda sample: sample.threads),
)


@dataclass(frozen=True)
class Verdict:
    """One thing that was watched."""

    what: str
    text: str
    grows: bool


def judge(samples: Sequence[Sample]) -> tuple[Verdict, ...]:
    """Memory, open files, sockets and threads.

    Raises:
        ValueError: fewer than `FEWEST_RUNS`.
    """
    if len(samples) < FEWEST_RUNS:
        raise ValueError(f"{len(samples)} runs are too few to see growth: {FEWEST_RUNS} at least")
    half = samples[len(samples) // 2 :]
    middle = len(half) // 2
    slope = 100 * slope_of([(sample.run, sample.rss) for sample in half])
    found = [
        Verdict(
            "memory",
            f"{slope:+.2f} MiB in 100 runs over the second half (at most "
            f"{MEMORY_PER_100_RUNS:+.2f})",
            slope > MEMORY_PER_100_RUNS,
        )
    ]
    for what, count in _COUNTED:
        before, after = max(map(count, half[:middle])), max(map(count, half[middle:]))
        found.append(
            Verdict(
                what,
                f"at most {before} in the third quarter of the runs, {after} in the last",
                after > before,
            )
        )
    return tuple(found)


def slope_of(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line with the least squares."""
    return statistics.linear_regression(*zip(*points, strict=True)).slope
