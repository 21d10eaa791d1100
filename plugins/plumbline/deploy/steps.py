"""Steps of a deployment: each looks first, and changes only what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from plumbline.deploy.gcloud import Gcloud, NotFoundError

Did = Literal["create", "update", "nothing to do", "missing"]


@dataclass(frozen=True)
class Step:
    """What a step found and did; on a dry run, would do."""

    what: str
    did: Did
    note: str = ""

    def render(self, *, dry_run: bool) -> str:
        did = _WOULD.get(self.did, self.did) if dry_run else self.did
        return f"{did:<14} {self.what}" + (f" ({self.note})" if self.note else "") + "\n"


_WOULD = {"create": "would create", "update": "would update"}


def enable_apis(apis: Sequence[str], gcloud: Gcloud) -> Step:
    """Switch on the services of Google Cloud that are off."""
    found = gcloud.look("services", "list", "--enabled") or ()
    enabled = {str((one.get("config") or {}).get("name")) for one in found}
    missing = [api for api in apis if api not in enabled]
    if missing:
        needs = "roles/serviceusage.serviceUsageAdmin on the project"
        gcloud.change("services", "enable", *missing, role=needs)
    return Step(
        f"the services {', '.join(api.split('.')[0] for api in apis)}",
        "update" if missing else "nothing to do",
    )


def make_account(account: str, shown: str, gcloud: Gcloud) -> Step:
    """Create a service account of the project, where it is missing; ``shown`` says what for.

    Raises:
        NotFoundError: it is missing, and belongs to another project.
    """
    what = f"the service account {account}"
    try:
        gcloud.look("iam", "service-accounts", "describe", account)
    except NotFoundError:
        name, _, domain = account.partition("@")
        if domain != f"{gcloud.project}.iam.gserviceaccount.com":
            raise  # not ours to make
        needs = "roles/iam.serviceAccountAdmin on the project"
        gcloud.change(
            "iam", "service-accounts", "create", name, f"--display-name={shown}", role=needs
        )
        return Step(what, "create")
    return Step(what, "nothing to do")


def policy(gcloud: Gcloud, *words: str) -> set[tuple[str, str]]:
    """The members and their roles; empty if the resource doesn't exist yet."""
    found = gcloud.find(*words) or {}
    return {
        (str(member), str(binding["role"]))
        for binding in found.get("bindings") or ()
        # a role under a condition is not the role
        if not binding.get("condition")
        for member in binding.get("members") or ()
    }


def grant(
    gcloud: Gcloud,
    have: Set[tuple[str, str]],
    member: str,
    role: str,
    where: str,
    command: tuple[str, ...],
    *,
    needs: str,
) -> Step:
    """Give a member, as IAM writes it (``group:docs@example.com``), a role, where it lacks it."""
    what = f"{role} on {where} for {member.removeprefix('serviceAccount:')}"
    if (member, role) in have:
        return Step(what, "nothing to do")
    gcloud.change(*command, f"--member={member}", f"--role={role}", role=needs)
    return Step(what, "create")


def says(found: Any, wanted: Any) -> bool:
    """Whether ``found`` has everything in ``wanted``; Google adds fields of its own.

    A list has the same length: an argument or a variable too many is a difference. Numbers and
    their texts are the same, as Google's JSON writes long numbers as texts.
    """
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and says(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(says(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return str(found) == str(wanted)
