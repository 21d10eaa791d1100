"""``plumbline deploy test-chain``: does what is deployed run, and which revision?"""

from __future__ import annotations

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.output import write_result
from plumbline.cli.session import Session


def test_chain(
    name: str | None, revision: str | None, through_scheduler: bool, alerts: bool
) -> int:
    """Run each job once and write each link as it is looked at; the exit code."""
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.deploy.apply.chain import try_chain
    from plumbline.deploy.apply.declaration import read_declaration
    from plumbline.deploy.gcloud import Gcloud

    declared = read_declaration(click.get_current_context().ensure_object(Session).project())
    gcloud = Gcloud(declared.values.project)
    code = EXIT_OK
    for job in declared.choose_jobs(name):
        for link in try_chain(
            job,
            declared,
            gcloud,
            revision=revision,
            through_scheduler=through_scheduler,
            alerts=alerts,
        ):
            write_result(link.render())
            if not link.holds:
                code = EXIT_ERROR
    return code


command = Command(
    name="test-chain",
    callback=test_chain,
    help="Run each deployed job once, and look at every link from its trigger to the revision "
    "that ran.\n\n"
    "The first link that does not hold is the last that is looked at, and comes with its fix.",
    params=[
        click.Option(
            ["--job", "name"], metavar="NAME", help="Only this job; default: each of deploy/."
        ),
        click.Option(
            ["--revision"],
            metavar="COMMIT",
            help="The commit that must run; default: the one of the image's tag.",
        ),
        click.Option(
            ["--through-scheduler"],
            is_flag=True,
            help="Let Cloud Scheduler start the job, as it will; default: start it directly.",
        ),
        click.Option(["--alerts"], is_flag=True, help="Send a sample to every channel from there."),
    ],
    examples=(
        Example("plumbline deploy test-chain --through-scheduler --alerts", "after a deployment"),
    ),
    exit_codes={0: "every link holds", 3: "ERROR: one does not, or could not be looked at"},
)
