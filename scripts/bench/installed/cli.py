"""``python scripts/bench installed``: what each set of locked packages takes on the disk.

Each is installed as in production, into an empty folder, without bytecode. Needs a package index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

import click

from bench.shared import ROOT, BenchmarkError, say, write_page

PAGE = ROOT / "docs" / "install.md"
SETS = {"runtime": "without extras: production", "local": "with `local`: the embedded BigQuery"}
"""By lock file: what it is for."""
LARGEST = 10

Sizes = Mapping[str, int]
"""Bytes, by package."""


@click.command(help="Measure what each set of locked packages takes on the disk.")
@click.option("--save", is_flag=True, help="Write the tables into docs/install.md.")
def command(save: bool) -> None:
    """Print the tables, or save them."""
    tables = as_tables({name: measure(name) for name in SETS})
    if save:
        write_page(tables, by="installed", page=PAGE)
    else:
        click.echo(tables)


def measure(name: str) -> Sizes:
    """Install ``requirements/NAME.txt`` and weigh each package.

    Raises:
        BenchmarkError: it can't be installed.
    """
    say(f"installing requirements/{name}.txt")
    with tempfile.TemporaryDirectory(prefix="plumbline-installed-") as folder:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
                *("--no-compile", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
                *("--target", folder, "-r", str(ROOT / "requirements" / f"{name}.txt")),
            ],
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"requirements/{name}.txt can't be installed")
        return {one.name: _size(one) for one in distributions(path=[folder])}


def _size(package: Distribution) -> int:
    files = (Path(str(file.locate())) for file in package.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())


def as_tables(sets: Mapping[str, Sizes]) -> str:
    """How large each set is, and its largest packages, as Markdown."""
    lines = ["| installed | packages | MB |", "|---|---|---|"]
    lines += [
        f"| {SETS[name]} | {len(sizes)} | {_megabytes(sum(sizes.values()))} |"
        for name, sizes in sets.items()
    ]
    for name, sizes in sets.items():
        largest = sorted(sizes.items(), key=lambda one: (-one[1], one[0]))[:LARGEST]
        listed = ", ".join(f"{package} {_megabytes(size)}" for package, size in largest)
        lines += ["", f"The largest {SETS[name].partition(':')[0]}, in MB: {listed}."]
    return "\n".join(lines)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}"
