"""``plumbline deploy render``: the declarations of deploy/ as files."""

from __future__ import annotations

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import flag
from plumbline.cli.output import write_result
from plumbline.cli.session import current_session


def render(check: bool) -> int:
    """Write the manifests in deploy/.

    Generates *.job.yaml and *.scheduler.yaml from deploy/deploy.yml and checkpoints/schedule.yml,
    so that you can review changes before you apply them.
    """
    from plumbline.deploy.apply import manifests
    from plumbline.deploy.apply.declaration import read_declaration

    project = current_session().project()
    declared = read_declaration(project)
    if check:
        manifests.check(declared)
        write_result("the files of deploy/ are up to date\n")
        return 0
    for did, path in manifests.write(declared):
        write_result(f"{did}: {path.relative_to(project.root)}\n")
    return 0


command = Command(
    name="render",
    callback=render,
    params=[flag("--check", "Write nothing; exit with 64 if a file is out of date.")],
    examples=(
        Example(
            "plumbline deploy render",
            "update the manifests after a change of deploy/deploy.yml or the schedule",
        ),
        Example("plumbline deploy render --check", "check the manifests in CI"),
    ),
)
