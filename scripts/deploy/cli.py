"""The command line: ``python scripts/deploy``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from deploy import manifests
from deploy.base import make_base
from deploy.chain import try_chain
from deploy.gcloud import Gcloud, GcloudError
from deploy.jobs import make_jobs
from deploy.secrets import put_secrets
from deploy.steps import Step
from deploy.wanted import read_wanted
from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.revision import read_revision

FAILED, USAGE = 1, 64
ROOT = Path(__file__).parents[2]

_CODES = f"Exit codes: 0 it is as it should be; {FAILED} a step failed; {USAGE} wrong usage."
_WOULD = {"create": "would create", "update": "would update"}

root_option = click.option(
    "--project-dir",
    "root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=ROOT,
    help="The project with a deploy/deploy.yml; default: this one.",
)
trial_option = click.option(
    "--dry-run", is_flag=True, help="Look, and show the commands that would be run."
)


@click.group(
    epilog="Example: python scripts/deploy apply --dry-run",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def command() -> None:
    """Put plumbline to work on Google Cloud.

    What is wanted stands in deploy/deploy.yml. Each command may be run again at any time.
    """


@command.command(epilog=_CODES)
@root_option
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is stale.")
def render(root: Path, check: bool) -> int:
    """Write the declarations of deploy/ anew."""
    wanted = read_wanted(root)
    if check:
        manifests.check(wanted)
        return 0
    for did, path in manifests.write(wanted):
        print(f"{did}: {path.relative_to(root)}")
    return 0


@command.command(epilog=_CODES)
@root_option
def image(root: Path) -> int:
    """Say what the image of this commit is called."""
    print(f"{read_wanted(root).image}:{_commit(root)}")
    return 0


@command.command(epilog=_CODES)
@root_option
@click.option("--image", help="The one to run; default: the one that is deployed.")
@trial_option
def apply(root: Path, image: str | None, dry_run: bool) -> int:
    """Make Google Cloud as deploy/ says: only what differs is changed."""
    wanted = read_wanted(root)
    manifests.check(wanted)
    gcloud = Gcloud(wanted.values.project, is_trial=dry_run)
    _show(make_base(wanted, gcloud), is_trial=dry_run)
    steps = list(_show(make_jobs(wanted, gcloud, image=image), is_trial=dry_run))
    for variable in wanted.variables:
        if variable not in wanted.values.secrets:
            print(
                f"{variable}: in no secret, so its channel is not configured (deploy/deploy.yml, "
                "secrets)",
                file=sys.stderr,
            )
    _show_commands(gcloud)
    return FAILED if any(step.did == "missing" for step in steps) else 0


@command.command(epilog=_CODES)
@root_option
@click.option(
    "--stdin",
    "variable",
    metavar="VARIABLE",
    help="Read this one's value from standard input, and no other.",
)
@trial_option
def secrets(root: Path, variable: str | None, dry_run: bool) -> int:
    """Put the values of channels' variables into Secret Manager.

    They are read from the environment, never from the command line.
    """
    wanted = read_wanted(root)
    known = wanted.values.secrets
    if variable is None:
        values = {name: os.environ[name] for name in known if os.environ.get(name)}
        if not values:
            raise ConfigError(
                "no value is given",
                key="environment",
                fix=f"set one of {', '.join(known) or 'the secrets of deploy/deploy.yml'}, or "
                "give one with --stdin VARIABLE",
            )
    elif variable not in known:
        raise ConfigError(
            f"there is no secret for {variable}",
            file=wanted.folder / "deploy.yml",
            key="secrets",
            fix=did_you_mean(variable, known),
        )
    elif sys.stdin.isatty():
        values = {variable: click.prompt(variable, hide_input=True, err=True)}
    else:
        values = {variable: sys.stdin.read()}
    gcloud = Gcloud(wanted.values.project, is_trial=dry_run)
    _show(put_secrets(wanted, gcloud, values), is_trial=dry_run)
    _show_commands(gcloud)
    return 0


@command.command(name="test-chain", epilog=_CODES)
@root_option
@click.option("--job", "name", help="Only this one; default: each.")
@click.option("--revision", help="The commit that must run; default: the one of the image's tag.")
@click.option("--through-scheduler", is_flag=True, help="Let Cloud Scheduler start it, as it will.")
@click.option("--alerts", is_flag=True, help="Send a sample to every channel from there.")
def test_chain(
    root: Path, name: str | None, revision: str | None, through_scheduler: bool, alerts: bool
) -> int:
    """Run the job once, and look at each link from its trigger to its revision."""
    wanted = read_wanted(root)
    jobs = {job.name: job for job in wanted.jobs("IMAGE")}
    if name is not None and name not in jobs:
        raise ConfigError(f"there is no job {name!r}", key="--job", fix=did_you_mean(name, jobs))
    gcloud = Gcloud(wanted.values.project)
    holds = True
    for job in [jobs[name]] if name else jobs.values():
        for finding in try_chain(
            job,
            wanted,
            gcloud,
            revision=revision,
            through_scheduler=through_scheduler,
            alerts=alerts,
        ):
            holds = holds and finding.holds
            print(f"{'OK  ' if finding.holds else 'FAIL'}  {finding.what}: {finding.detail}")
            if finding.fix:
                print(f"      fix: {finding.fix}")
            sys.stdout.flush()
    return 0 if holds else FAILED


def _commit(root: Path) -> str:
    found = read_revision(root)
    if found is None:
        raise ConfigError(
            f"{root} is not in git", fix="deploy from a clone, so that a run can say its revision"
        )
    if found.dirty:
        raise ConfigError(
            "the tree differs from its commit",
            fix="commit first (git status): a run must not say a revision that it is not",
        )
    return found.commit


def _show(steps: Iterable[Step], *, is_trial: bool) -> list[Step]:
    shown = []
    for step in steps:
        did = _WOULD.get(step.did, step.did) if is_trial else step.did
        print(f"{did:<14} {step.what}" + (f" ({step.note})" if step.note else ""))
        sys.stdout.flush()
        shown.append(step)
    return shown


def _show_commands(gcloud: Gcloud) -> None:
    if gcloud.is_trial:
        print("", *(gcloud.changes or ["nothing would be run"]), sep="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code."""
    try:
        return int(command.main(arguments, prog_name="deploy", standalone_mode=False) or 0)
    except click.ClickException as fault:
        fault.show()
        return USAGE
    except click.Abort:
        return 130
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        return USAGE
    except GcloudError as fault:
        print(fault.what + (f"\n  fix: {fault.fix}" if fault.fix else ""), file=sys.stderr)
        return FAILED
