"""Files of local state: each project and each target has its own, also in a shared folder.

``PLUMBLINE_STATE_DIR`` may name one folder for several projects.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StateFiles:
    """Where one project's state of one target is on this machine."""

    folder: Path
    project: str
    """The plumbline project (`plumbline.project.identity`)."""
    target: str

    def path(self, name: str, suffix: str = ".json") -> Path:
        """The file of that name."""
        scope = (self.project, self.target)
        digest = hashlib.sha256("\n".join(scope).encode()).hexdigest()[:8]
        readable = re.sub(r"[^A-Za-z0-9_]+", "_", "-".join(scope).replace("-", "_"))[:60]
        return self.folder / f"{name}-{readable}-{digest}{suffix}"

    def older(self, name: str) -> Path:
        """The file of that name in versions that had one for all projects and targets."""
        return self.folder / f"{name}.json"
