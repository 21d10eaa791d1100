"""Hosts the data docs site privately on Google Cloud.

Only two accounts may read the bucket: the one that builds the site and that of the web server. A
Cloud Run service, nginx without root, mounts the site's prefix of the bucket read-only. Cloud Run's
Identity-Aware Proxy in front of it admits the named readers. There is no load balancer, no key and
no domain of its own.

Each step looks first and changes only what differs, so it can be repeated at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.deploy.gcloud import Gcloud
from plumbline.deploy.steps import Step, enable_apis, grant, make_account, policy

APIS = (
    "iam.googleapis.com",
    "iap.googleapis.com",
    "run.googleapis.com",
    "storage.googleapis.com",
)
READ, WRITE = "roles/storage.objectViewer", "roles/storage.objectUser"
INVOKE, ENTER = "roles/run.invoker", "roles/iap.httpsResourceAccessor"
EVERYBODY = ("allUsers", "allAuthenticatedUsers")

_LABEL = "plumbline-hosting"
_IAP = "run.googleapis.com/iap-enabled"
_NO_CHECK = "run.googleapis.com/invoker-iam-disabled"
NGINX_IMAGE = "docker.io/nginxinc/nginx-unprivileged:stable-alpine"

_MOUNT = "/site"
_NGINX_USER = 101
"""Of the image; the files of the mount are made its own."""


@dataclass(frozen=True)
class Hosting:
    project: str
    region: str
    bucket: str
    prefix: str
    service: str
    target: str
    readers: tuple[str, ...]
    """Members as IAM writes them: ``group:docs-readers@example.com``."""
    writer: str | None
    """The member that builds the site; None: that is seen to elsewhere."""
    image: str
    """Of an nginx that needs no root."""

    @property
    def account(self) -> str:
        """The web server's own."""
        return f"{self.service}@{self.project}.iam.gserviceaccount.com"


def make_hosting(hosting: Hosting, gcloud: Gcloud) -> Iterator[Step]:
    """Create or update, step by step.

    Raises:
        GcloudError: a step failed; those before it hold, and it can be run again.
    """
    yield enable_apis(APIS, gcloud)
    yield _bucket(hosting, gcloud)
    yield make_account(hosting.account, "Shows the data docs", gcloud)
    have = policy(gcloud, "storage", "buckets", "get-iam-policy", f"gs://{hosting.bucket}")
    members = [(f"serviceAccount:{hosting.account}", READ)]
    members += [(hosting.writer, WRITE)] if hosting.writer else []
    for member, role in members:
        yield grant(
            gcloud, have, member, role, f"gs://{hosting.bucket}",
            ("storage", "buckets", "add-iam-policy-binding", f"gs://{hosting.bucket}"),
            needs="roles/storage.admin on the bucket",
        )  # fmt: skip
    yield _service(hosting, gcloud)
    yield from _door(hosting, gcloud)


def configuration(hosting: Hosting, gcloud: Gcloud) -> str:
    """What great_expectations.yml says of a site that is hosted so; nothing while it is not."""
    found = gcloud.find("run", "services", "describe", hosting.service, _region(hosting)) or {}
    address = (found.get("status") or {}).get("url")
    if not address:
        return ""
    return (
        "\nIn great_expectations.yml, the store_backend of the site:\n"
        "  class_name: TupleGCSStoreBackend\n"
        "  module_name: plumbline.gx.cloud_storage\n"
        f"  bucket: {hosting.bucket}\n"
        f"  prefix: {hosting.prefix}\n"
        f"  base_public_path: {address}\n"
    )


def nginx_conf(hosting: Hosting) -> str:
    return site_conf(hosting.target, folder=_MOUNT)


def site_conf(target: str, *, folder: str) -> str:
    """The configuration of an nginx that shows the site of ``target`` from ``folder``."""
    text = Path(__file__).with_name("docs_hosting.conf").read_text()
    return text.replace("SITE;", f"{folder};").replace("/TARGET/", f"/{target}/")


def _bucket(hosting: Hosting, gcloud: Gcloud) -> Step:
    name, what = f"gs://{hosting.bucket}", f"the bucket {hosting.bucket}, private"
    private = ("--uniform-bucket-level-access", "--public-access-prevention")
    needs = "roles/storage.admin on the project"
    found = gcloud.find("storage", "buckets", "describe", name)
    if found is None:
        gcloud.change(
            "storage", "buckets", "create", name, f"--location={hosting.region}", *private,
            role=needs,
        )  # fmt: skip
        return Step(what, "create")
    if (
        found.get("uniform_bucket_level_access") is True
        and found.get("public_access_prevention") == "enforced"
    ):
        return Step(what, "nothing to do")
    gcloud.change("storage", "buckets", "update", name, *private, role=needs)
    return Step(what, "update")


def _service(hosting: Hosting, gcloud: Gcloud) -> Step:
    what = f"the service {hosting.service}, behind a login"
    wanted = _declared(hosting)
    mark = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:16]
    found = gcloud.find("run", "services", "describe", hosting.service, _region(hosting))
    if found is not None and _is_as_declared(found, mark):
        return Step(what, "nothing to do")
    gcloud.change(
        "run", "deploy", hosting.service, _region(hosting), *wanted, f"--labels={_LABEL}={mark}",
        role="roles/run.admin on the project and roles/iam.serviceAccountUser on "
        f"{hosting.account}",
    )  # fmt: skip
    return Step(what, "create" if found is None else "update")


def _declared(hosting: Hosting) -> list[str]:
    options = [
        # styles lie below their layout's name and pages are whole, so only an object that was
        # replaced matters: without this the mount would go on looking for what is gone
        "metadata-cache-ttl-secs=0",
        "implicit-dirs",
        f"uid={_NGINX_USER}",
        f"gid={_NGINX_USER}",
    ]
    options += [f"only-dir={hosting.prefix}"] if hosting.prefix else []
    start = (
        'printf %s "$NGINX_CONF" > /tmp/nginx.conf; '
        "exec nginx -e /dev/stderr -c /tmp/nginx.conf -g 'daemon off;'"
    )
    return [
        f"--image={hosting.image}",
        f"--service-account={hosting.account}",
        # from the first revision on: there is no moment without a login
        "--iap",
        "--no-allow-unauthenticated",
        "--invoker-iam-check",
        "--ingress=all",
        "--execution-environment=gen2",
        "--port=8080",
        "--cpu=1",
        "--memory=512Mi",
        "--min-instances=0",
        "--max-instances=2",
        "--command=sh",
        f"--args=^|^-c|{start}",
        f"--set-env-vars=^@@^NGINX_CONF={nginx_conf(hosting)}",
        "--clear-volumes",
        f"--add-volume=name=site,type=cloud-storage,bucket={hosting.bucket},readonly=true,"
        f"mount-options={';'.join(options)}",
        "--clear-volume-mounts",
        f"--add-volume-mount=volume=site,mount-path={_MOUNT}",
    ]


def _is_as_declared(found: Mapping[str, Any], mark: str) -> bool:
    about = found.get("metadata") or {}
    annotations = about.get("annotations") or {}
    return (
        (about.get("labels") or {}).get(_LABEL) == mark
        # what somebody may have switched off by hand
        and annotations.get(_IAP) == "true"
        and annotations.get(_NO_CHECK) != "true"
    )


def _door(hosting: Hosting, gcloud: Gcloud) -> Iterator[Step]:
    """The login lets in who is named, and the service only the login."""
    service = ("run", "services")
    have = policy(gcloud, *service, "get-iam-policy", hosting.service, _region(hosting))
    number = gcloud.look("projects", "describe", hosting.project)["projectNumber"]
    proxy = f"serviceAccount:service-{number}@gcp-sa-iap.iam.gserviceaccount.com"
    if (proxy, INVOKE) not in have:
        gcloud.change(
            "beta", "services", "identity", "create", "--service=iap.googleapis.com",
            role="roles/serviceusage.serviceUsageAdmin on the project",
        )  # fmt: skip
    yield grant(
        gcloud, have, proxy, INVOKE, hosting.service,
        (*service, "add-iam-policy-binding", hosting.service, _region(hosting)),
        needs="roles/run.admin on the project",
    )  # fmt: skip
    for member in EVERYBODY:
        if (member, INVOKE) in have:
            gcloud.change(
                *service, "remove-iam-policy-binding", hosting.service, _region(hosting),
                f"--member={member}", f"--role={INVOKE}", role="roles/run.admin on the project",
            )  # fmt: skip
            yield Step(f"{member} no longer has {INVOKE} on {hosting.service}", "update")
    web = ("--resource-type=cloud-run", f"--service={hosting.service}", _region(hosting))
    have = policy(gcloud, "iap", "web", "get-iam-policy", *web)
    for reader in hosting.readers:
        yield grant(
            gcloud, have, reader, ENTER, hosting.service,
            ("iap", "web", "add-iam-policy-binding", *web),
            needs="roles/iap.admin on the project",
        )  # fmt: skip


def _region(hosting: Hosting) -> str:
    return f"--region={hosting.region}"
