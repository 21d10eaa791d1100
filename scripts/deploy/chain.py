"""The chain from end to end: what starts the job, the job, what it logs, and whom it tells.

A suite that is merged and not deployed judges nothing: so the last question is which revision ran.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.gcloud import Gcloud, GcloudError
from deploy.jobs import describe_job, describe_trigger, image_of, read_commit
from deploy.wanted import Job, Wanted

BETWEEN_SECONDS = 5.0
START_SECONDS = 120.0
"""From the trigger's call to an execution that can be seen."""
LOG_SECONDS = 60.0
"""From a line's writing to its being found."""

_TEXT = re.compile(r"\bsuites ([0-9a-f]{12,40}(?:-dirty)?)\b")
_KEYS = ("suite_revision", "revision")
_CODES = {5: "NOT_FOUND", 7: "PERMISSION_DENIED", 13: "INTERNAL", 16: "UNAUTHENTICATED"}


@dataclass(frozen=True)
class Finding:
    """One link of the chain."""

    what: str
    holds: bool
    detail: str
    fix: str = ""


def try_chain(
    job: Job,
    wanted: Wanted,
    gcloud: Gcloud,
    *,
    revision: str | None = None,
    through_scheduler: bool = False,
    alerts: bool = False,
) -> Iterator[Finding]:
    """Run the job once and look at every link; the first that does not hold is the last.

    Args:
        job: which.
        wanted: what is wanted.
        gcloud: how.
        revision: the commit that must run; None: the one that the image's tag names.
        through_scheduler: let Cloud Scheduler start it, which shows that it may.
        alerts: send a sample to every channel from there, too.

    Raises:
        GcloudError: a question was not answered.
    """
    deployed = describe_job(wanted, job.name, gcloud)
    if deployed is None:
        yield Finding("job", False, f"{job.name} is not deployed", "python scripts/deploy apply")
        return
    image = image_of(deployed)
    yield Finding("job", True, f"{job.name}, image {image.rpartition('/')[2]}")
    expected = revision or read_commit(image)
    if expected is None:
        yield Finding(
            "revision",
            False,
            "the image's tag is no commit, so no revision can be expected",
            "name it with --revision, or deploy an image that is tagged with its commit",
        )
        return
    trigger = _trigger(job, wanted, gcloud)
    yield trigger
    if not trigger.holds:
        return
    started = _through_scheduler if through_scheduler else _directly
    execution, finding = started(job, wanted, gcloud)
    yield finding
    if execution is None:
        return
    ended = _ended(execution, job, wanted, gcloud)
    yield ended
    ran = _revision(execution, expected, job, gcloud)
    yield ran
    if alerts and ended.holds:
        yield _alerts(job, wanted, gcloud)


def _trigger(job: Job, wanted: Wanted, gcloud: Gcloud) -> Finding:
    there = describe_trigger(wanted, job.name, gcloud)
    if there is None:
        return Finding("trigger", False, "nothing starts the job", "python scripts/deploy apply")
    state = str(there.get("state", "ENABLED"))
    if state != "ENABLED":
        return Finding(
            "trigger",
            False,
            f"it is {state}: nothing starts the job",
            f"gcloud scheduler jobs resume {job.name} {_location(wanted)}",
        )
    return Finding("trigger", True, f"{there['schedule']}, {there['timeZone']}")


# Starting it


def _directly(job: Job, wanted: Wanted, gcloud: Gcloud) -> tuple[str | None, Finding]:
    execution = _execute(job, wanted, gcloud)
    return execution, Finding("start", True, f"by hand: {execution}")


def _execute(job: Job, wanted: Wanted, gcloud: Gcloud, *flags: str) -> str:
    # Not --wait: it ends in an error where the job does, and then names no execution.
    before = _executions(job, wanted, gcloud)
    gcloud.change(
        "run", "jobs", "execute", job.name, _region(wanted), "--async", *flags,
        role="roles/run.developer on the project",
    )  # fmt: skip
    found = _new(before, job, wanted, gcloud)
    if found is None:
        raise GcloudError(f"{job.name} was started, but has no new execution")
    return found


def _through_scheduler(job: Job, wanted: Wanted, gcloud: Gcloud) -> tuple[str | None, Finding]:
    before = _executions(job, wanted, gcloud)
    gcloud.change(
        "scheduler", "jobs", "run", job.name, _location(wanted),
        role="roles/cloudscheduler.admin on the project",
    )  # fmt: skip
    found = _new(before, job, wanted, gcloud)
    if found is not None:
        return found, Finding("start", True, f"by Cloud Scheduler: {found}")
    there = describe_trigger(wanted, job.name, gcloud) or {}
    code = (there.get("status") or {}).get("code")
    said = f": it was answered {_CODES.get(int(code), code)}" if code else ""
    return None, Finding(
        "start",
        False,
        f"Cloud Scheduler was told to start the job, and nothing began{said}",
        f"{wanted.starter} needs roles/run.invoker on the job; else try the other `token` in "
        "deploy/deploy.yml",
    )


def _executions(job: Job, wanted: Wanted, gcloud: Gcloud) -> set[str]:
    found = gcloud.look(
        "run", "jobs", "executions", "list", f"--job={job.name}", _region(wanted)
    )  # fmt: skip
    return {str(one["metadata"]["name"]) for one in found or ()}


def _new(before: set[str], job: Job, wanted: Wanted, gcloud: Gcloud) -> str | None:
    for _ in _polls(gcloud, START_SECONDS):
        if new := _executions(job, wanted, gcloud) - before:
            return max(new)
    return None


# How it ended


def _ended(execution: str, job: Job, wanted: Wanted, gcloud: Gcloud) -> Finding:
    for _ in _polls(gcloud, job.seconds + START_SECONDS):
        found = gcloud.look("run", "jobs", "executions", "describe", execution, _region(wanted))
        status = found.get("status") or {}
        if status.get("completionTime"):
            break
    else:
        return Finding(
            "run",
            False,
            f"it has not ended within {job.seconds + START_SECONDS:.0f} s",
            f"gcloud run jobs executions describe {execution} {_region(wanted)}",
        )
    completed: dict[str, Any] = next(
        (one for one in status.get("conditions") or () if one.get("type") == "Completed"), {}
    )
    if completed.get("status") == "True":
        tries = int(status.get("retriedCount") or 0)
        return Finding("run", True, "ended well" + (f", tried again {tries}x" if tries else ""))
    return Finding(
        "run",
        False,
        f"failed: {completed.get('message') or 'Google does not say why'}",
        "look at its log; exit code 3 is a check that could not be made, 64 the configuration",
    )


def _revision(execution: str, expected: str, job: Job, gcloud: Gcloud) -> Finding:
    question = (
        'resource.type="cloud_run_job" AND '
        f'resource.labels.job_name="{job.name}" AND '
        f'labels."run.googleapis.com/execution_name"="{execution}"'
    )
    said: set[str] = set()
    for _ in _polls(gcloud, LOG_SECONDS):
        entries = gcloud.look(
            "logging", "read", question, "--freshness=1d", "--limit=1000",
            role="roles/logging.viewer on the project",
        )  # fmt: skip
        said = {one for entry in entries or () for one in revisions_in(entry)}
        if said:
            break
    if not said:
        return Finding(
            "revision",
            False,
            "the run's log names none",
            "was the image built with --build-arg PLUMBLINE_REVISION=...?",
        )
    if all(is_revision(one, expected) for one in said):
        return Finding("revision", True, min(said))
    return Finding(
        "revision",
        False,
        f"{', '.join(sorted(said))} ran, {expected[:12]} was expected",
        "deploy the image of that commit: python scripts/deploy apply --image ...",
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


def _alerts(job: Job, wanted: Wanted, gcloud: Gcloud) -> Finding:
    execution = _execute(job, wanted, gcloud, f"--args=alerts,test,--target,{wanted.values.target}")
    ended = _ended(execution, job, wanted, gcloud)
    if ended.holds:
        return Finding("alerts", True, f"a sample was sent to every channel: {execution}")
    return Finding(
        "alerts",
        False,
        f"{execution}: {ended.detail}",
        "its log names the channel; python scripts/deploy secrets puts a webhook",
    )


def _polls(gcloud: Gcloud, seconds: float) -> Iterator[None]:
    for number in range(math.ceil(seconds / BETWEEN_SECONDS)):
        if number:
            gcloud.sleep(BETWEEN_SECONDS)
        yield


def _region(wanted: Wanted) -> str:
    return f"--region={wanted.values.region}"


def _location(wanted: Wanted) -> str:
    return f"--location={wanted.values.region}"
