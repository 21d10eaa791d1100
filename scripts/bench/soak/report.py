"""The result of a soak as text, and as the page docs/soak.md."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.soak.growth import Verdict
from bench.soak.sample import Sample

EVERY = 20
"""Runs that a row of the table stands for."""

HEADER = ("runs", "s a run", "CPU s a run", "memory MiB", "files", "sockets", "threads", "disk MiB")


@dataclass(frozen=True)
class Machine:
    """What it ran on."""

    cores: int
    memory_gib: float
    system: str
    python: str


@dataclass(frozen=True)
class Soak:
    """What was run, and what came of it."""

    checkpoint: str
    monitors: int
    messages: int
    """Requests that the receiver of alerts took."""
    samples: tuple[Sample, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def grows(self) -> bool:
        """Whether anything does that must not."""
        return any(verdict.grows for verdict in self.verdicts)


def row_of(samples: Sequence[Sample]) -> tuple[str, ...]:
    """A row of the table: the mean time of the runs in it, the rest as it was after the last."""
    last = samples[-1]
    return (
        str(last.run),
        f"{statistics.fmean(sample.wall for sample in samples):.2f}",
        f"{statistics.fmean(sample.cpu for sample in samples):.2f}",
        f"{last.rss:.1f}",
        str(last.files),
        str(last.sockets),
        str(last.threads),
        f"{last.disk:.1f}",
    )


def rows_of(samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    """All rows; the last may stand for fewer runs."""
    return [row_of(samples[first : first + EVERY]) for first in range(0, len(samples), EVERY)]


def as_line(row: Sequence[str]) -> str:
    """One row, for a terminal."""
    return "".join(cell.rjust(13) for cell in row)


def conclusion(soak: Soak) -> list[str]:
    """A line for each thing that was watched."""
    return [
        f"{verdict.what} {'GROW' if verdict.grows else 'do not grow'}: {verdict.text}"
        if verdict.what != "memory"
        else f"memory {'GROWS' if verdict.grows else 'does not grow'}: {verdict.text}"
        for verdict in soak.verdicts
    ]


def as_markdown(soak: Soak, *, machine: Machine, day: date) -> str:
    """The page."""
    table = [
        "| " + " | ".join(HEADER) + " |",
        "|" + "---:|" * len(HEADER),
        *("| " + " | ".join(row) + " |" for row in rows_of(soak.samples)),
    ]
    lines = [
        "# Soak: many runs in one process",
        "",
        "```sh",
        "make soak",
        "```",
        "",
        f"This runs the checkpoint `{soak.checkpoint}` ({soak.monitors} monitors when this was "
        "measured) "
        f"{len(soak.samples)} times **in one process**. Each run is complete: jobs on the "
        "embedded warehouse, suites, incidents, messages to a receiver on this machine, history "
        "and data docs. `as_of` moves through the demo season and its incidents, first by a day "
        "per run, then by six hours, as in the schedule. The first half of the runs fills the "
        "caches and the site (the worst run of each of sixty days, and one archive per month). The "
        "second half is measured, from the kernel's statistics of the process after each run. "
        "`plumbline schedule run` starts a process for each run, so a leak can't accumulate there. "
        "It could in a notebook, or in a service that calls plumbline.",
        "",
        f"Result of {day.isoformat()}, on {machine.system}, {machine.cores} cores, "
        f"{machine.memory_gib:.0f} GiB, Python {machine.python}; "
        f"the receiver got {soak.messages} requests:",
        "",
        *table,
        "",
        *(f"- {line}." for line in conclusion(soak)),
        "",
        "Memory, files, sockets and threads are those of this process, without the embedded "
        f"warehouse. Times are means of {EVERY} runs. Memory growth is the slope of a line fitted "
        "to the second half. Files, sockets and threads must not peak higher in the last quarter "
        "than in the third quarter.",
        "",
        "The disk column is the local state without the warehouse: GX's stored results and the "
        "site. It grows with each run, as expected: results are kept until `stores.results` is "
        "cleaned, and the site's pages for its `retention_days`.",
        "",
    ]
    return "\n".join(lines)


def this_machine() -> Machine:
    """The one this runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_gib=memory / 1024**3,
        system=f"{platform.system()} {platform.machine()}",
        python=".".join(map(str, sys.version_info[:3])),
    )


def write_page(file: Path, soak: Soak, *, day: date) -> None:
    """Write the page."""
    file.write_text(as_markdown(soak, machine=this_machine(), day=day), encoding="utf-8")
