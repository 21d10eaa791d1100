"""Tests a deployed job from end to end: its trigger, the job, its logs and its alerts.

A merged suite has no effect until it is deployed, so the last step checks which revision ran.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plumbline.deploy.apply.declaration import Declaration, Job
from plumbline.deploy.apply.jobs import describe_job, describe_trigger, image_of, read_commit
from plumbline.deploy.gcloud import Gcloud, GcloudError

BETWEEN_SECONDS = 5.0
START_SECONDS = 120.0
"""From the trigger's call to an execution that can be seen."""
LOG_SECONDS = 60.0
"""From a line's writing to its being found."""

_TEXT = re.compile(r"\bsuites (?:at commit )?([0-9a-f]{12,40}(?:-dirty)?)\b")
_KEYS = ("suite_revision", "revision")
_CODES = {5: "NOT_FOUND", 7: "PERMISSION_DENIED", 13: "INTERNAL", 16: "UNAUTHENTICATED"}


@dataclass(frozen=True)
class Link:
    what: str
    holds: bool
    detail: str
    fix: str = ""

    def render(self) -> str:
        text = f"{'OK  ' if self.holds else 'FAIL'}  {self.what}: {self.detail}\n"
        return text + (f"      fix: {self.fix}\n" if self.fix else "")


def try_chain(
    job: Job,
    declared: Declaration,
    gcloud: Gcloud,
    *,
    revision: str | None = None,
    through_scheduler: bool = False,
    alerts: bool = False,
) -> Iterator[Link]:
    """Run the job once and check every step, up to the first that fails.

    Args:
        revision: the commit that must run; None: the one that the image's tag names.
        through_scheduler: let Cloud Scheduler start it, which shows that it may.
        alerts: send a sample to every channel from there, too.

    Raises:
        GcloudError: a question was not answered.
    """
    deployed = describe_job(declared, job.name, gcloud)
    if deployed is None:
        yield Link("job", False, f"{job.name} is not deployed", "plumbline deploy apply")
        return
    image = image_of(deployed)
    yield Link("job", True, f"{job.name}, image {image.rpartition('/')[2]}")
    expected = revision or read_commit(image)
    if expected is None:
        yield Link(
            "revision",
            False,
            "the image's tag is not a commit, so the expected revision is unknown",
            "pass --revision, or deploy an image that is tagged with its commit",
        )
        return
    trigger = _trigger(job, declared, gcloud)
    yield trigger
    if not trigger.holds:
        return
    started = _through_scheduler if through_scheduler else _directly
    execution, link = started(job, declared, gcloud)
    yield link
    if execution is None:
        return
    ended = _ended(execution, job, declared, gcloud)
    yield ended
    ran = _revision(execution, expected, job, gcloud)
    yield ran
    if alerts and ended.holds:
        yield _alerts(job, declared, gcloud)


def _trigger(job: Job, declared: Declaration, gcloud: Gcloud) -> Link:
    there = describe_trigger(declared, job.name, gcloud)
    if there is None:
        return Link("trigger", False, "nothing starts the job", "plumbline deploy apply")
    state = str(there.get("state", "ENABLED"))
    if state != "ENABLED":
        return Link(
            "trigger",
            False,
            f"it is {state}, so nothing starts the job",
            f"gcloud scheduler jobs resume {job.name} {declared.location_flag}",
        )
    return Link("trigger", True, f"{there['schedule']}, {there['timeZone']}")


# Starting it


def _directly(job: Job, declared: Declaration, gcloud: Gcloud) -> tuple[str | None, Link]:
    execution = _execute(job, declared, gcloud)
    return execution, Link("start", True, f"directly: {execution}")


def _execute(job: Job, declared: Declaration, gcloud: Gcloud, *flags: str) -> str:
    # Not --wait: it ends in an error where the job does, and then names no execution.
    before = _executions(job, declared, gcloud)
    gcloud.change(
        "run", "jobs", "execute", job.name, declared.region_flag, "--async", *flags,
        role="roles/run.developer on the project",
    )  # fmt: skip
    found = _new(before, job, declared, gcloud)
    if found is None:
        raise GcloudError(f"{job.name} was started, but has no new execution")
    return found


def _through_scheduler(job: Job, declared: Declaration, gcloud: Gcloud) -> tuple[str | None, Link]:
    before = _executions(job, declared, gcloud)
    gcloud.change(
        "scheduler", "jobs", "run", job.name, declared.location_flag,
        role="roles/cloudscheduler.admin on the project",
    )  # fmt: skip
    found = _new(before, job, declared, gcloud)
    if found is not None:
        return found, Link("start", True, f"by Cloud Scheduler: {found}")
    there = describe_trigger(declared, job.name, gcloud) or {}
    code = (there.get("status") or {}).get("code")
    said = f": the answer was {_CODES.get(int(code), code)}" if code else ""
    return None, Link(
        "start",
        False,
        f"Cloud Scheduler was asked to start the job, but no execution began{said}",
        f"{declared.starter} needs roles/run.invoker on the job; otherwise try the other `token` "
        "in deploy/deploy.yml",
    )


def _executions(job: Job, declared: Declaration, gcloud: Gcloud) -> set[str]:
    found = gcloud.look(
        "run", "jobs", "executions", "list", f"--job={job.name}", declared.region_flag
    )  # fmt: skip
    return {str(one["metadata"]["name"]) for one in found or ()}


def _new(before: set[str], job: Job, declared: Declaration, gcloud: Gcloud) -> str | None:
    for _ in _polls(gcloud, START_SECONDS):
        if new := _executions(job, declared, gcloud) - before:
            return max(new)
    return None


# How it ended


def _ended(execution: str, job: Job, declared: Declaration, gcloud: Gcloud) -> Link:
    for _ in _polls(gcloud, job.seconds + START_SECONDS):
        found = gcloud.look(
            "run", "jobs", "executions", "describe", execution, declared.region_flag
        )
        status = found.get("status") or {}
        if status.get("completionTime"):
            break
    else:
        return Link(
            "run",
            False,
            f"it didn't end within {job.seconds + START_SECONDS:.0f} s",
            f"gcloud run jobs executions describe {execution} {declared.region_flag}",
        )
    completed: dict[str, Any] = next(
        (one for one in status.get("conditions") or () if one.get("type") == "Completed"), {}
    )
    if completed.get("status") == "True":
        tries = int(status.get("retriedCount") or 0)
        return Link("run", True, "succeeded" + (f", tried again {tries}x" if tries else ""))
    return Link(
        "run",
        False,
        f"failed: {completed.get('message') or 'Google gives no reason'}",
        "read its log; exit code 3 means that a check could not run, 64 wrong configuration",
    )


def _revision(execution: str, expected: str, job: Job, gcloud: Gcloud) -> Link:
    question = (
        'resource.type="cloud_run_job" AND '
        f'resource.labels.job_name="{job.name}" AND '
        f'labels."run.googleapis.com/execution_name"="{execution}"'
    )
    ran: set[str] = set()
    for _ in _polls(gcloud, LOG_SECONDS):
        entries = gcloud.look(
            "logging", "read", question, "--freshness=1d", "--limit=1000",
            role="roles/logging.viewer on the project",
        )  # fmt: skip
        ran = {one for entry in entries or () for one in revisions_in(entry)}
        if ran:
            break
    if not ran:
        return Link(
            "revision",
            False,
            "the run's log names no revision",
            "build the image with --build-arg PLUMBLINE_REVISION=...; in a maintenance window of "
            "its schedule, a run checks nothing: try again after it",
        )
    if all(is_revision(one, expected) for one in ran):
        return Link("revision", True, min(ran))
    return Link(
        "revision",
        False,
        f"{', '.join(sorted(ran))} ran, {expected[:12]} was expected",
        "deploy the image of that commit: plumbline deploy apply --image ...",
    )


def is_revision(ran: str, expected: str) -> bool:
    """Whether they are the same, each as long as it is written; a dirty tree is not its commit."""
    (one, _, dirty), (other, _, wanted) = ran.partition("-"), expected.partition("-")
    return dirty == wanted and (one.startswith(other) or other.startswith(one))


def revisions_in(entry: dict[str, Any]) -> Iterator[str]:
    """The revisions that an entry of the log names: a report's line of text, or a key of JSON."""
    if text := entry.get("textPayload"):
        yield from _TEXT.findall(str(text))
    payload = entry.get("jsonPayload") or {}
    yield from (str(payload[key]) for key in _KEYS if payload.get(key))
    if message := payload.get("message"):
        yield from _TEXT.findall(str(message))


def _alerts(job: Job, declared: Declaration, gcloud: Gcloud) -> Link:
    execution = _execute(
        job, declared, gcloud, "--args=alerts,test,--target," + declared.values.target
    )
    ended = _ended(execution, job, declared, gcloud)
    if ended.holds:
        return Link("alerts", True, f"a sample was sent to every channel: {execution}")
    return Link(
        "alerts",
        False,
        f"{execution}: {ended.detail}",
        "its log names the channel; set a webhook with plumbline deploy secrets",
    )


def _polls(gcloud: Gcloud, seconds: float) -> Iterator[None]:
    for number in range(math.ceil(seconds / BETWEEN_SECONDS)):
        if number:
            gcloud.sleep(BETWEEN_SECONDS)
        yield
