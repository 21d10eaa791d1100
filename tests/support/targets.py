"""Targets for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plumbline.project.targets import Limits, Target


def embedded_target(state_dir: Path, *, project: str = "test-project", **changes: Any) -> Target:
    """The embedded warehouse whose state is in ``state_dir``."""
    values: dict[str, Any] = {
        "name": "local",
        "kind": "embedded",
        "project": project,
        "plumbline_project": "small",
        "location": "US",
        "limits": Limits(deadline_seconds=30.0, concurrent_jobs=8),
        "project_dir": state_dir,
        "state_dir": state_dir,
    }
    return Target(**(values | changes))


def foreign_emulator(url: str, **changes: Any) -> Target:
    """A server that BIGQUERY_EMULATOR_HOST names."""
    return embedded_target(Path("unused"), emulator_host=url, **changes)


def bigquery_target(**changes: Any) -> Target:
    """BigQuery itself."""
    return embedded_target(Path("unused"), **({"name": "bigquery", "kind": "bigquery"} | changes))
