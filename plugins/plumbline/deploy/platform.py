"""Where a target's services run, and where their source is.

By default Google's address and the process's environment. For the demo season, `make demo-platform`
starts both on this machine, and describes them in a file of the state folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from plumbline.project import Target

CLOUD_RUN = "https://run.googleapis.com"

DEMO_FOLDER = "demo-platform"
DEMO_FILE = "platform.json"
"""In `DEMO_FOLDER` of the state folder: ``{"cloud_run": URL, "environment": {NAME: VALUE}}``."""

_DEMO_PROGRAM = Path("scripts/demo_platform")


@dataclass(frozen=True)
class Platform:
    google_project: str | None = None
    """Of services whose entries name none."""
    cloud_run: str = CLOUD_RUN
    """The address of Cloud Run's API, for services whose entries name none."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """Says where repositories are."""
    demo: Literal["started", "stopped"] | None = None
    """Whether it is the demo platform, and whether that was started."""

    @property
    def fix(self) -> str:
        """What to do if Cloud Run does not answer."""
        return "run `make demo-platform`" if self.demo else "try again later"


def find_platform(target: Target) -> Platform:
    """The platform of ``target``; the environment overrides what the demo platform sets."""
    google_project = os.environ.get("PLUMBLINE_PROJECT") or target.project
    if not target.is_demo or not (target.project_dir / _DEMO_PROGRAM).is_dir():
        return Platform(google_project)
    try:
        found = json.loads((target.state_dir / DEMO_FOLDER / DEMO_FILE).read_text())
        cloud_run, environment = str(found["cloud_run"]), dict(found["environment"])
    except (OSError, ValueError, KeyError, TypeError):
        return Platform(google_project, demo="stopped")
    return Platform(google_project, cloud_run, environment | os.environ, "started")
