"""A step looks first and changes only what differs: what steps have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deploy.gcloud import Gcloud, MissingError

Did = Literal["create", "update", "nothing to do", "missing"]


@dataclass(frozen=True)
class Step:
    """What a step found and did; on a trial, would do."""

    what: str
    did: Did
    note: str = ""


def policy(gcloud: Gcloud, *words: str) -> set[tuple[str, str]]:
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


def grant(
    gcloud: Gcloud,
    have: Iterable[tuple[str, str]],
    account: str,
    role: str,
    where: str,
    command: tuple[str, ...],
    *,
    needs: str,
) -> Step:
    """Give an account a role, where it has it not."""
    what, member = f"{role} on {where} for {account}", f"serviceAccount:{account}"
    if (member, role) in set(have):
        return Step(what, "nothing to do")
    gcloud.change(*command, f"--member={member}", f"--role={role}", role=needs)
    return Step(what, "create")


def says(found: Any, wanted: Any) -> bool:
    """Whether what was found has all that is wanted; more than that is Google's own.

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
