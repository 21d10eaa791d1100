"""The Cloud Run jobs and what starts them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plumbline.deploy.apply.declaration import Declaration, Job
from plumbline.deploy.gcloud import Gcloud
from plumbline.deploy.steps import Step, grant, policy, says
from plumbline.schedule.export.cloud_run import write_yaml

RUN_ADMIN = "roles/run.admin on the project"


def read_commit(image: str) -> str | None:
    """The commit that an image's tag names; None: it names none."""
    found = re.search(r":([0-9a-f]{40})$", image)
    return found[1] if found else None


def describe_job(declared: Declaration, name: str, gcloud: Gcloud) -> dict[str, Any] | None:
    """The job as it is deployed; None: it is not."""
    return gcloud.find("run", "jobs", "describe", name, declared.region_flag)


def describe_trigger(declared: Declaration, name: str, gcloud: Gcloud) -> dict[str, Any] | None:
    """What starts it, as it is; None: nothing does."""
    return gcloud.find("scheduler", "jobs", "describe", name, declared.location_flag)


def image_of(job: dict[str, Any]) -> str:
    (container,) = job["spec"]["template"]["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def make_jobs(declared: Declaration, gcloud: Gcloud, *, image: str | None) -> Iterator[Step]:
    """Create or update, step by step.

    Args:
        image: which; None: the one that is deployed.

    Raises:
        GcloudError: a step failed; those before it hold.
    """
    for name in [job.name for job in declared.jobs("IMAGE")]:
        there = describe_job(declared, name, gcloud)
        chosen = image or (image_of(there) if there else None)
        if chosen is None:
            yield Step(
                f"the Cloud Run job {name}",
                "missing",
                "there is no image yet: build and push one (plumbline deploy image --help), then "
                "apply --image",
            )
            continue
        jobs = declared.jobs(chosen, commit=read_commit(chosen))
        job = next(one for one in jobs if one.name == name)
        yield _job(job, there, declared, gcloud)
        have = policy(gcloud, "run", "jobs", "get-iam-policy", name, declared.region_flag)
        for role in declared.values.roles.starter.jobs:
            yield grant(
                gcloud, have, f"serviceAccount:{declared.starter}", role, f"job {name}",
                ("run", "jobs", "add-iam-policy-binding", name, declared.region_flag),
                needs=RUN_ADMIN,
            )  # fmt: skip
        yield _trigger(job, declared, gcloud)


def _job(job: Job, there: dict[str, Any] | None, declared: Declaration, gcloud: Gcloud) -> Step:
    what = f"the Cloud Run job {job.name}"
    manifest = dict(job.manifest)
    if there is not None and says(there, manifest):
        return Step(what, "nothing to do")
    image = image_of(manifest)
    note = f"image {image.rpartition('/')[2]}"
    gcloud.change(
        "run", "jobs", "replace", "-", declared.region_flag, given=write_yaml(manifest),
        role=f"{RUN_ADMIN}, roles/iam.serviceAccountUser on {declared.runner} and "
        "roles/artifactregistry.reader on the repository of images",
    )  # fmt: skip
    return Step(what, "create" if there is None else "update", note)


def _trigger(job: Job, declared: Declaration, gcloud: Gcloud) -> Step:
    what = f"the Cloud Scheduler job {job.name} ({job.trigger.cron}, {job.trigger.timezone})"
    there = describe_trigger(declared, job.name, gcloud)
    paused = there is not None and there.get("state") == "PAUSED"
    note = (
        f"it is PAUSED, so nothing starts the job: gcloud scheduler jobs resume {job.name} "
        f"{declared.location_flag}"
        if paused
        else ""
    )
    if there is not None and says(there, job.trigger.resource()):
        return Step(what, "nothing to do", note)
    needs = (
        f"roles/cloudscheduler.admin on the project and roles/iam.serviceAccountUser on "
        f"{declared.starter}"
    )
    verb = "create" if there is None else "update"
    target = (there or {}).get("httpTarget") or {}
    other = "oidcToken" if job.trigger.token == "oauth" else "oauthToken"
    if other in target:  # one of the two: the other one goes first
        gcloud.change(
            "scheduler", "jobs", "update", "http", job.name, declared.location_flag,
            "--clear-auth-token", role=needs,
        )  # fmt: skip
    gcloud.change(
        "scheduler", "jobs", verb, "http", job.name, declared.location_flag, *job.trigger.flags(),
        role=needs,
    )  # fmt: skip
    return Step(what, "create" if there is None else "update", note)
