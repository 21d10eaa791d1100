"""The declarations as files: written from what is declared, and found out when they are stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError
from plumbline.deploy.apply.declaration import Declaration, Job
from plumbline.schedule.export.cloud_run import write_yaml
from plumbline.schedule.export.files import comment

IMAGE = "IMAGE"
"""Stands in the files for the image, which each commit has of its own."""

_HEAD = (
    "Made by `plumbline deploy render` from deploy/deploy.yml and checkpoints/schedule.yml:",
    "change those. `plumbline deploy apply --image ...` brings it to Google Cloud.",
)


def render(declared: Declaration) -> dict[Path, str]:
    """Each file's text, by its path."""
    files = {}
    for job in declared.jobs(IMAGE):
        files[declared.folder / f"{job.name}.job.yaml"] = _file(
            (
                "The Cloud Run job. IMAGE is the one built from the commit that is deployed.",
                "A run that ends in an ERROR (--fail-on error) is tried again at once, each try",
                "with its whole time; findings are told by alerts and end well.",
            ),
            job.manifest,
        )
        files[declared.folder / f"{job.name}.scheduler.yaml"] = _file(
            ("The Cloud Scheduler job that starts it, as Google's API has it.",), scheduler(job)
        )
    return files


def scheduler(job: Job) -> dict[str, Any]:
    """What starts the job, with its name."""
    return {"name": job.name, **job.trigger.resource()}


def check(declared: Declaration) -> None:
    """Refuse files that say something else than what they are made from.

    Raises:
        ConfigError: a file is stale, missing, or of a job that is no longer declared.
    """
    files = render(declared)
    for path in _there(declared.folder):
        if path not in files:
            raise ConfigError(
                "it is of no schedule", file=path, fix="remove it: plumbline deploy render"
            )
    for path, text in files.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise ConfigError(
                "it is not what deploy/deploy.yml and checkpoints/schedule.yml say",
                file=path,
                fix="run `plumbline deploy render`, look at the change and commit it",
            )


def write(declared: Declaration) -> list[tuple[str, Path]]:
    """Write what differs: what was done with each file."""
    files = render(declared)
    done = []
    for path in _there(declared.folder):
        if path not in files:
            path.unlink()
            done.append(("removed", path))
    for path, text in files.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            done.append(("nothing to do", path))
        else:
            path.write_text(text, encoding="utf-8")
            done.append(("written", path))
    return done


def _there(folder: Path) -> Iterator[Path]:
    for pattern in ("*.job.yaml", "*.scheduler.yaml"):
        yield from sorted(folder.glob(pattern))


def _file(about: tuple[str, ...], content: Mapping[str, Any]) -> str:
    return comment((*_HEAD, *about)) + write_yaml(dict(content))
