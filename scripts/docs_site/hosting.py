"""What the private hosting is made of, and the steps that make it so.

A bucket that nobody may read but two accounts: the one that builds the site and that of the web
server. A Cloud Run service, nginx without root, mounts the site's prefix of the bucket, read-only.
Cloud Run's own Identity-Aware Proxy stands before it and lets in who is named. No load balancer,
no key, no address of its own.

Each step looks first and changes only what differs, so the script may be run again at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deploy.gcloud import Gcloud, MissingError

IMAGE = "docker.io/nginxinc/nginx-unprivileged:stable-alpine"
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
_MOUNT = "/site"
_NGINX_USER = 101
"""Of the image; the files of the mount are made its own."""

Did = Literal["made", "changed", "as it should be"]


@dataclass(frozen=True)
class Hosting:
    """What is wanted."""

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
    image: str = IMAGE

    @property
    def account(self) -> str:
        """The web server's own."""
        return f"{self.service}@{self.project}.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Step:
    """What a step found or did."""

    what: str
    did: Did


def make(hosting: Hosting, gcloud: Gcloud) -> Iterator[Step]:
    """Make it so, step by step.

    Raises:
        GcloudError: a step failed; those before it hold, and the script can be run again.
    """
    yield _apis(gcloud)
    yield _bucket(hosting, gcloud)
    yield _account(hosting, gcloud)
    policy = _policy(gcloud, "storage", "buckets", "get-iam-policy", f"gs://{hosting.bucket}")
    members = [(f"serviceAccount:{hosting.account}", READ)]
    members += [(hosting.writer, WRITE)] if hosting.writer else []
    for member, role in members:
        yield _grant(
            policy, member, role, f"on gs://{hosting.bucket}", gcloud,
            ("storage", "buckets", "add-iam-policy-binding", f"gs://{hosting.bucket}"),
            needs="roles/storage.admin on the bucket",
        )  # fmt: skip
    yield _service(hosting, gcloud)
    yield from _door(hosting, gcloud)


def address(hosting: Hosting, gcloud: Gcloud) -> str | None:
    """Where the site is shown; None: nowhere yet."""
    try:
        found = gcloud.look("run", "services", "describe", hosting.service, _region(hosting))
    except MissingError:
        return None
    url = (found.get("status") or {}).get("url")
    return str(url) if url else None


def nginx_conf(hosting: Hosting) -> str:
    """The web server's configuration."""
    text = (Path(__file__).parent / "nginx.conf").read_text()
    return text.replace("SITE;", f"{_MOUNT};").replace("/TARGET/", f"/{hosting.target}/")


def _apis(gcloud: Gcloud) -> Step:
    found = gcloud.look("services", "list", "--enabled")
    enabled = {str(entry["config"]["name"]) for entry in found or ()}
    missing = [api for api in APIS if api not in enabled]
    if missing:
        needs = "roles/serviceusage.serviceUsageAdmin on the project"
        gcloud.change("services", "enable", *missing, role=needs)
    return Step(f"the services {', '.join(APIS)}", "changed" if missing else "as it should be")


def _bucket(hosting: Hosting, gcloud: Gcloud) -> Step:
    name, what = f"gs://{hosting.bucket}", f"the bucket {hosting.bucket}, private"
    private = ("--uniform-bucket-level-access", "--public-access-prevention")
    needs = "roles/storage.admin on the project"
    try:
        found = gcloud.look("storage", "buckets", "describe", name)
    except MissingError:
        gcloud.change(
            "storage", "buckets", "create", name, f"--location={hosting.region}", *private,
            role=needs,
        )  # fmt: skip
        return Step(what, "made")
    if (
        found.get("uniform_bucket_level_access") is True
        and found.get("public_access_prevention") == "enforced"
    ):
        return Step(what, "as it should be")
    gcloud.change("storage", "buckets", "update", name, *private, role=needs)
    return Step(what, "changed")


def _account(hosting: Hosting, gcloud: Gcloud) -> Step:
    what = f"the web server's account {hosting.account}"
    try:
        gcloud.look("iam", "service-accounts", "describe", hosting.account)
    except MissingError:
        gcloud.change(
            "iam", "service-accounts", "create", hosting.service,
            "--display-name=Shows the data docs", role="roles/iam.serviceAccountAdmin",
        )  # fmt: skip
        return Step(what, "made")
    return Step(what, "as it should be")


def _service(hosting: Hosting, gcloud: Gcloud) -> Step:
    what = f"the service {hosting.service}, behind a login"
    wanted = _declared(hosting)
    mark = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:16]
    try:
        found = gcloud.look("run", "services", "describe", hosting.service, _region(hosting))
    except MissingError:
        found = None
    if found is not None and _is_as_declared(found, mark):
        return Step(what, "as it should be")
    gcloud.change(
        "run", "deploy", hosting.service, _region(hosting), *wanted, f"--labels={_LABEL}={mark}",
        role="roles/run.admin on the project and roles/iam.serviceAccountUser on "
        f"{hosting.account}",
    )  # fmt: skip
    return Step(what, "made" if found is None else "changed")


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
    where = f"to {hosting.service}"
    service = ("run", "services")
    policy = _policy(gcloud, *service, "get-iam-policy", hosting.service, _region(hosting))
    number = gcloud.look("projects", "describe", hosting.project)["projectNumber"]
    proxy = f"serviceAccount:service-{number}@gcp-sa-iap.iam.gserviceaccount.com"
    if (proxy, INVOKE) not in policy:
        gcloud.change(
            "beta", "services", "identity", "create", "--service=iap.googleapis.com",
            role="roles/serviceusage.serviceUsageAdmin on the project",
        )  # fmt: skip
    yield _grant(
        policy, proxy, INVOKE, where, gcloud,
        (*service, "add-iam-policy-binding", hosting.service, _region(hosting)),
        needs="roles/run.admin on the project",
    )  # fmt: skip
    for member in EVERYBODY:
        if (member, INVOKE) in policy:
            gcloud.change(
                *service, "remove-iam-policy-binding", hosting.service, _region(hosting),
                f"--member={member}", f"--role={INVOKE}", role="roles/run.admin on the project",
            )  # fmt: skip
            yield Step(f"{member} no longer has {INVOKE} {where}", "changed")
    web = ("--resource-type=cloud-run", f"--service={hosting.service}", _region(hosting))
    policy = _policy(gcloud, "iap", "web", "get-iam-policy", *web)
    for reader in hosting.readers:
        yield _grant(
            policy, reader, ENTER, where, gcloud, ("iap", "web", "add-iam-policy-binding", *web),
            needs="roles/iap.admin on the project",
        )  # fmt: skip


def _policy(gcloud: Gcloud, *words: str) -> set[tuple[str, str]]:
    """Who has which role; nobody any, where the thing is still to be made."""
    try:
        found = gcloud.look(*words)
    except MissingError:
        return set()
    return {
        (str(member), str(binding["role"]))
        for binding in (found or {}).get("bindings") or ()
        # a role under a condition is not the role
        if not binding.get("condition")
        for member in binding.get("members") or ()
    }


def _grant(
    policy: Iterable[tuple[str, str]],
    member: str,
    role: str,
    where: str,
    gcloud: Gcloud,
    command: tuple[str, ...],
    *,
    needs: str,
) -> Step:
    what = f"{role} {where} for {member}"
    if (member, role) in policy:
        return Step(what, "as it should be")
    gcloud.change(*command, f"--member={member}", f"--role={role}", role=needs)
    return Step(what, "made")


def _region(hosting: Hosting) -> str:
    return f"--region={hosting.region}"
