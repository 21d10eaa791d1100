"""What was measured: as a table, as JSON, as a page; and whether the targets are met. Pure."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from bench.health_check.measure import FLOOR, GX, PLUMBLINE, Measured, Measurement
from bench.health_check.parts import Part, Target

SCHEMA_VERSION = 3
MIB = 1024**2


def targets_of(found: Measurement, *, at_most: float) -> list[Target]:
    """Ratios of medians of wall time, and counts; never seconds, which are a machine's."""
    floor, ours = found.quick[FLOOR], found.quick[PLUMBLINE]
    asked = found.asked
    targets = [
        Target("floor", "wall time, times the floor", ours.wall / floor.wall, at_most),
        Target("jobs", "jobs", asked[PLUMBLINE].jobs, len(found.figures)),
        Target("scans", "scans of tables", asked[PLUMBLINE].scans, asked[FLOOR].scans),
    ]
    if GX in found.quick:
        ratio = ours.wall / found.quick[GX].wall
        targets.insert(1, Target("gx", "wall time, times plain GX", ratio, 0.55))
    if found.slow:
        ratio = found.slow[PLUMBLINE].wall / found.slow[FLOOR].wall
        about = f"wall time with {found.latency:g} s more a job, times the floor"
        targets.append(Target("latency", about, ratio, 0.5))
    for line, light in found.light.items():
        targets.append(Target(line, f"{line}, times the floor", light.wall / floor.wall, 1.0))
    return targets


def part_of(found: Measurement, *, at_most: float) -> Part:
    """The health check's part, beside the others."""
    return Part(targets=tuple(targets_of(found, at_most=at_most)))


def as_text(found: Measurement, parts: Sequence[Part]) -> str:
    """For a terminal."""
    head = ("whole processes; medians", "wall s", "CPU s", "MiB", "jobs", "scans")
    lines = [f"{head[0]:42}" + "".join(f"{word:>8}" for word in head[1:])]
    for row in _rows(found, parts):
        lines.append(f"{row[0]:42}" + "".join(f"{cell:>8}" for cell in row[1:6]))
    lines.append("")
    for target in _targets(parts):
        verdict = "at most" if target.is_met else "MORE than"
        lines.append(f"{target.about:72}{target.value:8.2f}   ({verdict} {target.at_most:g})")
    figures = ", ".join(f"{name} {figure:g}" for name, figure in _rounded(found).items())
    return "\n".join([*lines, "", f"all find: {figures}"])


def as_document(found: Measurement, parts: Sequence[Part]) -> dict[str, Any]:
    """For machines, and to be compared with later."""
    return {
        "schema_version": SCHEMA_VERSION,
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "figures": _rounded(found),
        "contenders": {
            name: _measured(measured)
            | {
                "jobs": found.asked[name].jobs,
                "scans": found.asked[name].scans,
                "least_bytes_billed": found.asked[name].least_bytes,
            }
            for name, measured in found.quick.items()
        },
        "latency": {
            "seconds_a_job": found.latency,
            "contenders": {name: _measured(measured) for name, measured in found.slow.items()},
        },
        "light": {line: _measured(measured) for line, measured in found.light.items()},
        "parts": {
            name: _measured(measured) for part in parts for name, measured in part.measured.items()
        },
        "profile": {name: round(share, 4) for part in parts for name, share in part.profile},
        "counts": {name: count for part in parts for name, count in part.counts.items()},
        "targets": {
            target.key: {
                "about": target.about,
                "value": round(target.value, 3),
                "at_most": target.at_most,
                "is_met": target.is_met,
            }
            for target in _targets(parts)
        },
    }


def as_json(found: Measurement, parts: Sequence[Part]) -> str:
    """The document as text."""
    return json.dumps(as_document(found, parts), indent=2)


def as_markdown(found: Measurement, parts: Sequence[Part]) -> str:
    """The tables of docs/benchmarks.md."""
    lines = [
        "| whole processes; medians | wall s | CPU s | peak MiB | jobs | scans | least billed |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *("| " + " | ".join(row) + " |" for row in _rows(found, parts)),
        "",
        "| target | measured | at most | |",
        "|---|--:|--:|---|",
        *(
            f"| {target.about} | {target.value:.2f} | {target.at_most:g} | "
            f"{'met' if target.is_met else '**missed**'} |"
            for target in _targets(parts)
        ),
        *_profile(parts),
    ]
    return "\n".join(lines)


def compare(now: Mapping[str, Any], before: Mapping[str, Any], tolerance: float) -> list[str]:
    """What got worse than ``before`` by more than ``tolerance`` (a share), a line each."""
    worse = []
    for key, target in before["targets"].items():
        found = now["targets"].get(key)
        if found is None:
            worse.append(f"{target['about']}: not measured now")
        elif found["value"] > target["value"] * (1 + tolerance):
            worse.append(f"{target['about']}: {found['value']:g}, was {target['value']:g}")
    return worse


def _profile(parts: Sequence[Part]) -> list[str]:
    shares = [line for part in parts for line in part.profile]
    if not shares:
        return []
    return [
        "",
        "| where the largest checkpoint's time goes, under a profiler | share |",
        "|---|--:|",
        *(f"| `{name}` | {share:.1%} |" for name, share in shares),
    ]


def _targets(parts: Sequence[Part]) -> list[Target]:
    return [target for part in parts for target in part.targets]


def _rows(found: Measurement, parts: Sequence[Part]) -> list[tuple[str, ...]]:
    rows = []
    for name, one in found.quick.items():
        asked = found.asked[name]
        counts = (str(asked.jobs), str(asked.scans), f"{asked.least_bytes / MIB:.0f} MiB")
        rows.append((name, *_cells(one), *counts))
    for name, one in found.slow.items():
        label = f"{name}, {found.latency:g} s more a job"
        rows.append((label, *_cells(one), "", "", ""))
    others = [found.light, *(part.measured for part in parts)]
    rows += [(line, *_cells(one), "", "", "") for each in others for line, one in each.items()]
    return rows


def _cells(measured: Measured) -> tuple[str, ...]:
    return f"{measured.wall:.2f}", f"{measured.cpu:.2f}", f"{measured.peak:.0f}"


def _measured(measured: Measured) -> dict[str, Any]:
    return {
        "wall": round(measured.wall, 3),
        "cpu": round(measured.cpu, 3),
        "peak_mib": round(measured.peak, 1),
        "seconds": [round(one.wall, 3) for one in measured.processes],
    }


def _rounded(found: Measurement) -> dict[str, float]:
    return {name: round(figure, 1) for name, figure in found.figures.items()}
