"""The commands `make sbom`, `make audit` and `make dist` run."""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from pathlib import Path

from supply_chain.audit import PYPI, look_up, report
from supply_chain.dist import build
from supply_chain.lock_file import read_lock
from supply_chain.sbom import bill

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    code: int = options.run(options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="What the package depends on, and what is published."
    )
    commands = parser.add_subparsers(required=True)
    sbom = commands.add_parser("sbom", help="write the bill of materials of a lock file")
    sbom.add_argument("lock", type=Path)
    sbom.add_argument(
        "--here", action="store_true", help="only the packages for this Python and platform"
    )
    sbom.set_defaults(run=_sbom)
    audit = commands.add_parser("audit", help="look lock files up in PyPI's vulnerabilities")
    audit.add_argument("locks", type=Path, nargs="+")
    audit.add_argument("--url", default=PYPI)
    audit.set_defaults(run=_audit)
    dist = commands.add_parser("dist", help="build the wheel and the source distribution")
    dist.add_argument("output", type=Path)
    dist.set_defaults(run=_dist)
    return parser


def _dist(options: argparse.Namespace) -> int:
    for file in build(_ROOT, options.output):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file}")
    return 0


def _sbom(options: argparse.Namespace) -> int:
    pins = read_lock(options.lock.read_text())
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    wanted = [pin for pin in pins if pin.is_for_this_python or not options.here]
    print(json.dumps(bill(project, wanted), indent=1))
    return 0


def _audit(options: argparse.Namespace) -> int:
    pins = [pin for lock in options.locks for pin in read_lock(lock.read_text())]
    text, code = report(look_up(((pin.name, pin.version) for pin in pins), url=options.url))
    print(text)
    return code
