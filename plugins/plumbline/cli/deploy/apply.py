"""``plumbline deploy apply``: applies deploy/ to Google Cloud."""

from __future__ import annotations

from plumbline.cli.commands import Command, Example
from plumbline.cli.deploy.steps import dry_run_option, write_steps
from plumbline.cli.options import flag, option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError


def apply(image: str | None, build: bool, dry_run: bool) -> int:
    """Apply deploy/ to Google Cloud.

    Enables APIs and creates accounts, roles, secrets, plumbline's dataset, and the Cloud Run job of
    each schedule with its trigger. Each step changes only what differs, so you can repeat the
    command at any time. It adds roles but never removes them. It runs gcloud and bq, and with
    --build docker.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.deploy.apply import manifests
    from plumbline.deploy.apply.declaration import read_declaration
    from plumbline.deploy.apply.image import build_image, name_image
    from plumbline.deploy.apply.jobs import make_jobs
    from plumbline.deploy.apply.prerequisites import make_prerequisites
    from plumbline.deploy.gcloud import Gcloud

    declared = read_declaration(current_session().project())
    manifests.check(declared)
    if build:
        if image is not None:
            raise ConfigError(
                "--build is for the current commit's image, not for another one",
                key="--build",
                fix="give --build or --image",
            )
        image = name_image(declared)
    gcloud = Gcloud(declared.values.project, dry_run=dry_run)
    write_steps(make_prerequisites(declared, gcloud), dry_run=dry_run)
    if build and image is not None:
        write_steps([build_image(declared, gcloud, image)], dry_run=dry_run)
    steps = write_steps(make_jobs(declared, gcloud, image=image), dry_run=dry_run)
    for variable in declared.variables_without_secret:
        write_message(
            f"{variable} is in no secret, so its channel is not configured (deploy/deploy.yml, "
            "secrets)"
        )
    if dry_run:
        write_result(f"\n{gcloud.commands()}\n")
    return EXIT_ERROR if any(step.did == "missing" for step in steps) else EXIT_OK


command = Command(
    name="apply",
    callback=apply,
    params=[
        option("--image", "IMAGE", "Image to run; default: the deployed one."),
        flag("--build", "Build and push the current commit's image with docker, and run it."),
        dry_run_option(),
    ],
    examples=(
        Example("plumbline deploy apply --dry-run", "show what would change, and the commands"),
        Example("plumbline deploy apply --build", "build and deploy the current commit"),
        Example(
            'plumbline deploy apply --image "$(plumbline deploy image)"',
            "deploy the current commit's image, which was built before",
        ),
    ),
    exit_codes={
        0: "Google Cloud matches deploy/",
        3: "ERROR: a step failed, or there is no image yet; earlier steps are done",
    },
)
