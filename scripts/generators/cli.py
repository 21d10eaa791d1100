"""The command line: ``python scripts/generators``, or ``make generate``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GENERATORS = {
    "schemas": "schemas/*.json, and the catalogue of expectations",
    "matrix": "tests/matrix/verdicts.json: asks Google's evaluator about what has changed",
    "expectations-docs": "docs/expectations.md, from the matrix",
    "lint-docs": "docs/lint.md, from the rules",
    "commands-docs": "docs/commands: every command, from the command line",
    "files-docs": "docs/files: every key of every file, from the schemas",
    "architecture": "docs/architecture.md: the drawing, from the imports",
    "manifests": "deploy/*.yaml, from deploy/deploy.yml and the schedule",
    "detection-time": "docs/detection-time.md, from a backtest on the embedded warehouse: a minute",
    "message-volume": "docs/message-volume.md, from five backtests: five minutes; only if named",
    "anomalies": "docs/anomalies.md, from four backtests: ten minutes; only if named",
}
"""In an order in which each finds what it reads. A module of that name has `make_files`."""

ONLY_IF_NAMED = ("message-volume", "anomalies")


def make_files(name: str) -> Mapping[Path, str]:
    """The files of one generator, below the repository's root, and the text of each."""
    files: Mapping[Path, str] = import_module(f"generators.{name.replace('-', '_')}").make_files()
    return files


def find_stale(name: str, root: Path = ROOT) -> dict[Path, str]:
    """Those of its files that differ from what is in the repository."""
    return {
        file: text
        for file, text in make_files(name).items()
        if not (root / file).is_file() or (root / file).read_text(encoding="utf-8") != text
    }


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the files, or with ``--check`` only say which differ; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python scripts/generators",
        description=__doc__,
        epilog="\n".join(["generators:", *(f"  {n:<18} {t}" for n, t in GENERATORS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these; default: all but the last two"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if one is stale")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(GENERATORS):
        parser.error(f"there is no generator {', '.join(sorted(unknown))}")
    stale_ones = 0
    usual = [name for name in GENERATORS if name not in ONLY_IF_NAMED]
    for name in asked.names or usual:
        for file, text in find_stale(name, root).items():
            stale_ones += 1
            if asked.check:
                print(f"{file} is stale: run make generate")
            else:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text, encoding="utf-8")
                print(f"wrote {file}")
    return 1 if asked.check and stale_ones else 0
