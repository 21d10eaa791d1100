"""The command line: ``python scripts/docs_site``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import click

from deploy.gcloud import Gcloud, GcloudError
from docs_site.hosting import IMAGE, Hosting, address, make

FAILED, USAGE = 1, 64

_KINDS = ("user", "group", "domain", "serviceAccount")


class Member(click.ParamType):
    """Somebody, as IAM writes it; never everybody."""

    name = "member"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``kind:name``, or an error that says what is allowed."""
        kind, _, name = value.partition(":")
        if kind not in _KINDS or not re.fullmatch(r"[^\s:,]+", name):
            self.fail(
                f"{value!r} is nobody; write group:docs-readers@example.com, user:..., "
                "serviceAccount:... or domain:example.com",
                param,
                ctx,
            )
        return value


class Name(click.ParamType):
    """A name that Google takes as it is."""

    name = "name"

    def __init__(self, pattern: str, hint: str) -> None:
        self._pattern, self._hint = re.compile(pattern), hint

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, or what it must be."""
        if not self._pattern.fullmatch(value):
            self.fail(f"{value!r} is no {self._hint}", param, ctx)
        return value


_BUCKET = Name(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", "name of a bucket (write it without gs://)")
_SERVICE = Name(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "name of a service (6 to 30 of a-z, 0-9 and -)")
_PREFIX = Name(r"([\w.-]+(/[\w.-]+)*)?", "prefix (such as docs, or team/docs)")
_WORD = Name(r"[\w.:-]+", "name")


@click.command(
    epilog="Example: python scripts/docs_site --project example-data --region europe-west1 "
    "--bucket example-data-docs --reader group:data@example.com "
    "--writer serviceAccount:plumbline@example-data.iam.gserviceaccount.com --dry-run"
    f"\n\nExit codes: 0 it is as it should be; {FAILED} a step failed; {USAGE} wrong usage."
)
@click.option(
    "--project", required=True, type=_WORD, help="Google Cloud project, in an organisation."
)
@click.option("--region", required=True, type=_WORD, help="Of the bucket and the service.")
@click.option("--bucket", required=True, type=_BUCKET, help="Made where missing.")
@click.option("--prefix", default="docs", show_default=True, type=_PREFIX, help="Of the site.")
@click.option(
    "--reader",
    "readers",
    required=True,
    multiple=True,
    type=Member(),
    help="Who may look; repeatable.",
)
@click.option("--writer", type=Member(), help="The account that builds the site.")
@click.option("--target", default="bigquery", show_default=True, type=_WORD, help="Shown at /.")
@click.option("--service", default="plumbline-docs", show_default=True, type=_SERVICE)
@click.option("--image", default=IMAGE, show_default=True, help="An nginx that needs no root.")
@click.option("--dry-run", is_flag=True, help="Look, and show the commands that would be run.")
def command(
    project: str,
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
    """Show the data docs site to a company, and to nobody else.

    Makes a private bucket and a web server behind Google's login; what is there already stays. It
    may be run again at any time.
    """
    hosting = Hosting(project, region, bucket, prefix, service, target, readers, writer, image)
    gcloud = Gcloud(project, is_trial=dry_run)
    try:
        for step in make(hosting, gcloud):
            print(f"{step.what}: {_would(step.did) if dry_run else step.did}")
        shown = address(hosting, gcloud)
    except GcloudError as fault:
        print(f"{fault.what}" + (f"\n  fix: {fault.fix}" if fault.fix else ""), file=sys.stderr)
        return FAILED
    if dry_run:
        print("", *(gcloud.changes or ["nothing would be run"]), sep="\n")
    if shown:
        print(
            "",
            "In great_expectations.yml, the store_backend of the site:",
            "  class_name: TupleGCSStoreBackend",
            "  module_name: plumbline.gx.cloud_storage",
            f"  bucket: {bucket}",
            f"  prefix: {prefix}",
            f"  base_public_path: {shown}",
            sep="\n",
        )
    return 0


def _would(did: str) -> str:
    return {"made": "would be made", "changed": "would be changed"}.get(did, did)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code."""
    try:
        return int(command.main(arguments, prog_name="docs_site", standalone_mode=False) or 0)
    except click.ClickException as fault:
        fault.show()
        return USAGE
