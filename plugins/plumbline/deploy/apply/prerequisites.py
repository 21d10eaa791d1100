"""Creates what a job needs: APIs, accounts, the image repository, secrets, datasets and roles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from plumbline.deploy.apply.declaration import Declaration
from plumbline.deploy.gcloud import Gcloud, NotFoundError
from plumbline.deploy.steps import Step, enable_apis, grant, make_account, policy

APIS = (
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)

_LEGACY = {
    "READER": "roles/bigquery.dataViewer",
    "WRITER": "roles/bigquery.dataEditor",
    "OWNER": "roles/bigquery.dataOwner",
}
"""BigQuery shows these roles of a dataset by their old names."""

_MAKE_SECRETS = "roles/secretmanager.admin on the project"


def make_prerequisites(declared: Declaration, gcloud: Gcloud) -> Iterator[Step]:
    """Create or update, step by step.

    Raises:
        GcloudError: a step failed; those before it hold.
    """
    yield enable_apis(APIS, gcloud)
    yield make_account(declared.runner, "Runs plumbline", gcloud)
    yield make_account(declared.starter, "Starts plumbline", gcloud)
    yield _repository(declared, gcloud)
    for name in declared.values.secrets.values():
        yield make_secret(name, gcloud)
    yield _own_dataset(declared, gcloud)
    yield from _roles(declared, gcloud)


def _repository(declared: Declaration, gcloud: Gcloud) -> Step:
    name, location = declared.values.repository, declared.location_flag
    what = f"the repository {name} of images"
    if gcloud.find("artifacts", "repositories", "describe", name, location) is not None:
        return Step(what, "nothing to do")
    # a tag is a commit: what it holds is never another
    gcloud.change(
        "artifacts", "repositories", "create", name, location,
        "--repository-format=docker", "--immutable-tags",
        role="roles/artifactregistry.admin on the project",
    )  # fmt: skip
    return Step(what, "create")


def make_secret(name: str, gcloud: Gcloud) -> Step:
    """The secret, and in the note whether it is empty."""
    what, empty = f"the secret {name}", "it has no value yet: plumbline deploy secrets"
    if gcloud.find("secrets", "describe", name) is None:
        gcloud.change(
            "secrets", "create", name, "--replication-policy=automatic", role=_MAKE_SECRETS
        )
        return Step(what, "create", empty)
    versions = gcloud.look("secrets", "versions", "list", name, "--filter=state=ENABLED")
    return Step(what, "nothing to do", "" if versions else empty)


def _own_dataset(declared: Declaration, gcloud: Gcloud) -> Step:
    name = f"{declared.target.project}:{declared.own_dataset}"
    what = f"the dataset {name}"
    if gcloud.bq_find("show", "--dataset", name) is not None:
        return Step(what, "nothing to do")
    gcloud.bq_change(
        f"--location={declared.target.location}", "mk", "--dataset", name,
        role="roles/bigquery.user on the project",
    )  # fmt: skip
    return Step(what, "create")


def _roles(declared: Declaration, gcloud: Gcloud) -> Iterator[Step]:
    runner, roles = declared.runner, declared.values.roles.runner
    member = f"serviceAccount:{runner}"
    project = declared.target.project
    have = policy(gcloud, "projects", "get-iam-policy", project)
    for role in roles.project:
        yield grant(
            gcloud, have, member, role, f"project {project}",
            # none: else gcloud asks, where some role of the project has a condition
            ("projects", "add-iam-policy-binding", project, "--condition=None"),
            needs="roles/resourcemanager.projectIamAdmin on the project",
        )  # fmt: skip
    for dataset, role in product(declared.monitored_datasets, roles.monitored_datasets):
        yield _dataset_role(project, dataset, role, runner, gcloud)
    for role in roles.own_dataset:
        yield _dataset_role(project, declared.own_dataset, role, runner, gcloud)
    for name in declared.values.secrets.values():
        have = policy(gcloud, "secrets", "get-iam-policy", name)
        for role in roles.secrets:
            yield grant(
                gcloud, have, member, role, f"secret {name}",
                ("secrets", "add-iam-policy-binding", name), needs=_MAKE_SECRETS,
            )  # fmt: skip
    for bucket in declared.docs_buckets:
        have = policy(gcloud, "storage", "buckets", "get-iam-policy", f"gs://{bucket}")
        for role in roles.docs_bucket:
            yield grant(
                gcloud, have, member, role, f"gs://{bucket}",
                ("storage", "buckets", "add-iam-policy-binding", f"gs://{bucket}"),
                needs="roles/storage.admin on the bucket",
            )  # fmt: skip


def _dataset_role(project: str, dataset: str, role: str, account: str, gcloud: Gcloud) -> Step:
    """Grant a role on a dataset with SQL, because gcloud can't."""
    what = f"{role} on dataset {dataset} for {account}"
    try:
        found = gcloud.bq_look("show", "--dataset", f"{project}:{dataset}")
    except NotFoundError:
        if not gcloud.dry_run:
            raise
        found = {}  # it would have been made by now
    have = {
        (
            str(one.get("userByEmail", "")).lower(),
            _LEGACY.get(str(one.get("role")), one.get("role")),
        )
        for one in found.get("access") or ()
    }
    if (account.lower(), role) in have:
        return Step(what, "nothing to do")
    gcloud.bq_change(
        "query", "--use_legacy_sql=false",
        f"GRANT `{role}` ON SCHEMA `{project}`.`{dataset}` TO 'serviceAccount:{account}'",
        role=f"roles/bigquery.dataOwner on the dataset {dataset}, and roles/bigquery.jobUser",
    )  # fmt: skip
    return Step(what, "create")
