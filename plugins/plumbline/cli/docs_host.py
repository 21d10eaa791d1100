"""``plumbline docs host``: the data docs site behind Google's login."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.deploy.steps import dry_run_option, write_steps
from plumbline.cli.output import write_result
from plumbline.deploy.docs_hosting import NGINX_IMAGE

SERVICE = "plumbline-docs"


def _matching(pattern: str, hint: str) -> Callable[..., Any]:
    """Refuses values that Google would not take as they are, or that would let everybody in."""

    def check(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None and not re.fullmatch(pattern, one):
                raise click.BadParameter(f"{one!r} is not {hint}", context, parameter)
        return value

    return check


_MEMBER = _matching(
    r"(user|group|domain|serviceAccount):[^\s:,]+",
    "a member; write group:docs-readers@example.com, user:..., serviceAccount:... or "
    "domain:example.com",
)
_BUCKET = _matching(
    r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", "the name of a bucket (write it without gs://)"
)
_SERVICE = _matching(
    r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "the name of a service (6 to 30 of a-z, 0-9 and -)"
)
_PREFIX = _matching(r"([\w.-]+(/[\w.-]+)*)?", "a prefix (such as docs, or team/docs)")
_WORD = _matching(r"[\w.:-]+", "a name")


def _option(
    flag: str, check: Callable[..., Any] | None, text: str, *name: str, default: str | None = None
) -> click.Option:
    """An option that takes one value; it is required where there is no default."""
    return click.Option(
        [flag, *name],
        callback=check,
        default=default,
        required=default is None,
        show_default=True,
        help=text,
    )


def host(
    google_project: str,
    region: str,
    bucket: str,
    prefix: str,
    readers: tuple[str, ...],
    writer: str | None,
    target: str,
    service: str,
    image: str,
    dry_run: bool,
) -> int:
    """Host the data docs site privately, for readers of your organisation.

    Creates a private bucket and a web server on Cloud Run behind Google's login (Identity-Aware
    Proxy), and prints the site's store_backend for great_expectations.yml. Each step changes only
    what differs, so you can repeat the command at any time. It runs gcloud.
    """
    from plumbline.deploy.docs_hosting import Hosting, configuration, make_hosting
    from plumbline.deploy.gcloud import Gcloud

    hosting = Hosting(
        google_project, region, bucket, prefix, service, target, readers, writer, image
    )
    gcloud = Gcloud(google_project, dry_run=dry_run)
    write_steps(make_hosting(hosting, gcloud), dry_run=dry_run)
    if dry_run:
        write_result(f"\n{gcloud.commands()}\n")
    write_result(configuration(hosting, gcloud))
    return 0


command = Command(
    name="host",
    callback=host,
    params=[
        _option("--project", _WORD, "Google Cloud project, in an organisation.", "google_project"),
        _option("--region", _WORD, "Region of the bucket and the web server."),
        _option("--bucket", _BUCKET, "Bucket; created if it doesn't exist."),
        _option("--prefix", _PREFIX, "Prefix of the site in the bucket.", default="docs"),
        click.Option(
            ["--reader", "readers"],
            required=True,
            multiple=True,
            callback=_MEMBER,
            help="Reader, such as group:data@example.com; repeatable.",
        ),
        click.Option(["--writer"], callback=_MEMBER, help="Account that builds the site."),
        _option("--target", _WORD, "Target whose site is served at /.", default="bigquery"),
        _option("--service", _SERVICE, "Name of the web server on Cloud Run.", default=SERVICE),
        _option("--image", None, "An nginx image that runs without root.", default=NGINX_IMAGE),
        dry_run_option(),
    ],
    examples=(
        Example(
            "plumbline docs host --project example-data --region europe-west1 "
            "--bucket example-data-docs --reader group:data@example.com "
            "--writer serviceAccount:plumbline@example-data.iam.gserviceaccount.com --dry-run",
            "show what would be created, and the commands",
        ),
    ),
    exit_codes={3: "ERROR: a step failed; earlier steps are done"},
)
