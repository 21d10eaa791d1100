"""What all benchmarks use: places, exit codes, how they report progress."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = str(ROOT / "scripts")
"""The PYTHONPATH of processes that import what lies here, and nothing of plumbline."""
PYTHON: Sequence[str] = (sys.executable,)
"""How each process that is measured begins; ``-m MODULE`` or ``-P SCRIPT`` follows."""
MISSED, NOT_MEASURED, USAGE = 1, 3, 64
"""Exit codes: something is worse than it may be; it could not be measured; wrong usage."""


class BenchmarkError(Exception):
    """It can't be measured or compared: a command failed, or two do not find the same."""


def say(text: str) -> None:
    """A line of progress, on standard error."""
    click.echo(text, err=True)


def python(*arguments: str) -> tuple[str, ...]:
    """A command line of Python, to be measured."""
    return (*PYTHON, *arguments)


def python_path() -> str:
    """PYTHONPATH of processes that import this repository's package, and what lies here."""
    ours = (str(ROOT / "plugins"), SCRIPTS)
    return os.pathsep.join((*ours, os.environ.get("PYTHONPATH", "")))


PAGE = ROOT / "docs" / "benchmarks.md"
END = "<!-- until here -->"


def write_page(tables: str, *, by: str, page: Path = PAGE) -> None:
    """Put what was measured into ``page``, between the marks of a benchmark.

    Args:
        tables: Markdown.
        by: the benchmark's name.
    """
    mark = f"<!-- measured by python scripts/bench {by} --save -->"
    before, begin, rest = page.read_text(encoding="utf-8").partition(mark)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise BenchmarkError(f"{page.name} has lost its marks: {mark} and {END}")
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    said = f"Measured on {date.today():%Y-%m-%d}: {machine}."  # noqa: DTZ011 - for people
    page.write_text(f"{before}{begin}\n\n{said}\n\n{tables}\n\n{end}{after}", encoding="utf-8")
