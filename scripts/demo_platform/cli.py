"""The command line: ``python scripts/demo_platform start``."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo_platform import cloud_run
from demo_platform.process import DemoPlatformError, Server
from demo_platform.repository import CLONE, commit_before, make_repository
from demo_platform.story import DEPLOYMENTS, JOB, NOW, make_commits
from plumbline.deploy.platform import DEMO_FILE, DEMO_FOLDER
from plumbline.project.find import find_state_dir

ROOT = Path(__file__).resolve().parents[2]
USAGE = 64


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    folder = find_state_dir(ROOT) / DEMO_FOLDER
    try:
        if options.command == "stop":
            print("stopped" if Server(folder).stop() else "it was not running")
            (folder / DEMO_FILE).unlink(missing_ok=True)
        elif options.command == "deploy":
            print(deploy(folder, options.service))
        else:
            print(start(folder, options.port))
    except DemoPlatformError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return USAGE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python scripts/demo_platform",
        description="The platform of the demo season: a git repository with the services' source, "
        "and a stand-in for Cloud Run on this machine.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    begin = commands.add_parser("start", help="write the repository anew and start the stand-in")
    begin.add_argument("--port", type=int, default=0, help="of the stand-in; default: any")
    deploy_one = commands.add_parser("deploy", help="let a service run the newest commit")
    deploy_one.add_argument("service")
    commands.add_parser("stop", help="stop the stand-in")
    return parser


def start(folder: Path, port: int = 0) -> str:
    """Write the repository and what is deployed, and start the stand-in; what it says.

    Raises:
        DemoPlatformError: git is missing, or the port is in use.
    """
    if shutil.which("git") is None:
        raise DemoPlatformError("git is not installed\n  fix: install git")
    try:
        clone = make_repository(folder, make_commits())
        _write(folder / "deployments.json", _deployments(clone))
    except subprocess.CalledProcessError as fault:
        raise DemoPlatformError(f"git failed: {fault}\n  fix: use git 2.28 or newer") from None
    server = Server(folder)
    url = f"http://{cloud_run.HOST}:{server.start(port)}"
    environment = {"NBA_PLATFORM_REPOSITORY": str(clone)}
    _write(folder / DEMO_FILE, {"cloud_run": url, "environment": environment})
    return f"repository: {clone}\nstand-in for Cloud Run: {url}"


def deploy(folder: Path, service: str) -> str:
    """Let a service run the newest commit of the branch; what it says.

    Raises:
        DemoPlatformError: there is no such service, or the platform was not started.
    """
    state = Server(folder).state
    try:
        deployed = json.loads(state.read_text())
    except OSError:
        raise DemoPlatformError(
            "the demo platform has not been started\n  fix: make demo-platform"
        ) from None
    revisions = deployed["services"].get(service)
    if revisions is None:
        raise DemoPlatformError(
            f"there is no service {service!r}\n  fix: one of {', '.join(deployed['services'])}"
        )
    number = int(revisions[0]["revision"].removeprefix(f"{service}-").partition("-")[0]) + 1
    name = f"{service}-{number:05d}-new"
    commit = commit_before(folder / CLONE, NOW)
    created = _rfc3339(NOW - timedelta(minutes=30))
    revisions.insert(0, {"revision": name, "commit": commit, "created": created})
    _write(state, deployed)
    return f"{name} runs {commit[:12]}"


def _deployments(clone: Path) -> dict[str, Any]:
    services: dict[str, list[dict[str, str]]] = {}
    for one in DEPLOYMENTS:
        revision = {
            "revision": one.revision,
            "commit": commit_before(clone, one.at),
            "created": _rfc3339(one.at),
        }
        services.setdefault(one.service, []).insert(0, revision)
    return {"services": services, "jobs": {JOB: str(ROOT)}}


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(file: Path, content: object) -> None:
    """Whole or not at all: the stand-in reads it at any time."""
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(content, indent=1) + "\n")
    draft.replace(file)
