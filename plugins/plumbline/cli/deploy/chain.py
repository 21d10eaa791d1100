"""``plumbline deploy test-chain``: tests a deployed job and its revision."""

from __future__ import annotations

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import flag, option
from plumbline.cli.output import write_text
from plumbline.cli.session import current_session


def test_chain(
    name: str | None, revision: str | None, through_scheduler: bool, alerts: bool
) -> int:
    """Run each deployed job once and check every step.

    Checks the steps from the trigger to the revision that ran. Stops at the first failed step and
    shows its fix.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.deploy.apply.chain import try_chain
    from plumbline.deploy.apply.declaration import read_declaration
    from plumbline.deploy.gcloud import Gcloud

    declared = read_declaration(current_session().project())
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
            write_text(link.render())
            if not link.holds:
                code = EXIT_ERROR
    return code


command = Command(
    name="test-chain",
    callback=test_chain,
    params=[
        option("--job", "NAME", "Test only this job; default: all jobs in deploy/.", name="name"),
        option("--revision", "COMMIT", "Commit that must run; default: the image's tag."),
        flag(
            "--through-scheduler",
            "Start the job through Cloud Scheduler; default: start it directly.",
        ),
        flag("--alerts", "Send a sample to every channel from the job."),
    ],
    examples=(
        Example(
            "plumbline deploy test-chain --through-scheduler --alerts",
            "test the chain after a deployment",
        ),
    ),
    exit_codes={0: "every step works", 3: "ERROR: a step failed or could not be checked"},
)
