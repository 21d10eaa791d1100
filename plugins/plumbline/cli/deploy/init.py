"""``plumbline deploy init``: the files of a deployment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import option, target_option
from plumbline.cli.output import write_result
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError, require

if TYPE_CHECKING:
    from plumbline.project import Project
    from plumbline.scaffold.deployment import Platform


def init(
    platform: Platform,
    google_project: str | None,
    region: str | None,
    target: str | None,
    requirements: Path | None,
) -> int:
    """Write the files that deploy the project.

    For Cloud Run: a Dockerfile, deploy/deploy.yml and the manifests of its jobs. For Docker: a
    Dockerfile and compose.yaml. For both, a GitHub workflow that checks from outside that every
    run happened. The image installs the plumbline that is installed here. Existing files are not
    changed.
    """
    from plumbline.core.installation import read_installation
    from plumbline.deploy.apply import manifests
    from plumbline.deploy.apply.declaration import read_declaration
    from plumbline.scaffold.deployment import Wanted, write_deployment

    session = current_session()
    project = session.project()
    project.scheduled()
    name = _bigquery_target(project, target)
    if platform == "cloud-run":
        google_project = google_project or _google_project(project, name)
        google_project, region = require(
            "Cloud Run",
            {"--project": (google_project, "my-project"), "--region": (region, "us-west2")},
        )
    wanted = Wanted(platform, name, google_project, region, requirements)
    done = write_deployment(project, wanted, read_installation())
    for path in done.written:
        write_result(f"wrote {os.path.relpath(path)}\n")
    for path in done.kept:
        write_result(f"kept  {os.path.relpath(path)} (exists)\n")
    if platform == "cloud-run":
        for did, path in manifests.write(read_declaration(session.project())):
            write_result(f"{did}: {os.path.relpath(path)}\n")
        write_result("\nNext: commit the files, then\n  plumbline deploy apply --dry-run\n")
    else:
        write_result("\nNext: commit the files, then see the first lines of compose.yaml\n")
    return 0


def _bigquery_target(project: Project, target: str | None) -> str:
    """The given one, else the only one on BigQuery.

    Raises:
        ConfigError: there is none of that name on BigQuery, or several and none was given.
    """
    names = [name for name, kind in project.target_kinds().items() if kind == "bigquery"]
    if target in names:
        return target
    if target is None and len(names) == 1:
        return names[0]
    if target is not None:
        what = f"there is no target {target!r} on BigQuery"
    else:
        what = "several targets are on BigQuery" if names else "no target is on BigQuery"
    raise ConfigError(what, key="--target", fix=project.targets_of("bigquery"))


def _google_project(project: Project, target: str) -> str | None:
    """The target's own, or the environment's; None: neither is known."""
    try:
        return project.target(target).project
    except ConfigError:
        return None


command = Command(
    name="init",
    callback=init,
    params=[
        click.Option(
            ["--platform"],
            type=click.Choice(["cloud-run", "docker"]),
            default="cloud-run",
            show_default=True,
            help="Where the checkpoints are to run.",
        ),
        option(
            "--project",
            "PROJECT",
            "Google Cloud project, for Cloud Run; default: the target's.",
            name="google_project",
        ),
        option("--region", "REGION", "Region, for Cloud Run."),
        target_option(),
        click.Option(
            ["--requirements"],
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="File in the project that locks plumbline and all it needs, with hashes; default: "
            "the plumbline and the package versions that are installed here.",
        ),
    ],
    examples=(
        Example(
            "plumbline deploy init --project my-project --region us-west2",
            "write a Dockerfile, deploy/deploy.yml and the manifests for Cloud Run",
        ),
        Example("plumbline deploy init --platform docker", "write a Dockerfile and compose.yaml"),
    ),
)
