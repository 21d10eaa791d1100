"""Stores secrets in Secret Manager; a version is added only if the value changed.

A value comes from the environment or standard input, and goes to ``gcloud`` on standard input. It
appears in no argument and no output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.deploy.apply.declaration import Declaration
from plumbline.deploy.apply.prerequisites import make_secret
from plumbline.deploy.gcloud import Gcloud, GcloudError, NotFoundError
from plumbline.deploy.steps import Step

_ADDRESSES = ("webhook", "url")
"""The keys of a channel whose variables hold a URL."""


def find_values(declared: Declaration, environment: Mapping[str, str]) -> dict[str, str]:
    """The values in the environment, by variable.

    Raises:
        ConfigError: none is set.
    """
    known = declared.values.secrets
    values = {name: environment[name] for name in known if environment.get(name)}
    if not values:
        raise ConfigError(
            "no value was given",
            key="environment",
            fix=f"set one of {', '.join(known) or 'the secrets of deploy/deploy.yml'}, or "
            "give one with --stdin VARIABLE",
        )
    return values


def check_variable(declared: Declaration, variable: str) -> None:
    """Reject a variable without a declared secret.

    Raises:
        ConfigError: with what is near.
    """
    known = declared.values.secrets
    if variable not in known:
        raise ConfigError(
            f"there is no secret for {variable}",
            file=declared.folder / "deploy.yml",
            key="secrets",
            fix=did_you_mean(variable, known),
        )


def check_values(declared: Declaration, values: Mapping[str, str]) -> None:
    """Reject malformed values, without showing them.

    Raises:
        ConfigError: with the variable and what it should be.
    """
    channels = declared.project.alerts.channels.values()
    addresses = {
        variable for one in channels for use, variable in one.variables.items() if use in _ADDRESSES
    }
    for variable, value in values.items():
        if not value.strip():
            raise ConfigError("it is empty", key=variable, fix="give its value, or leave it out")
        if re.search(r"\s", value.strip()):
            raise ConfigError(
                "it contains spaces or line breaks", key=variable, fix="give only the value"
            )
        if value.startswith("sm://"):
            raise ConfigError(
                "it is a reference to a secret, not the secret",
                key=variable,
                fix="give the value itself",
            )
        if variable in addresses and not value.startswith("https://"):
            raise ConfigError(
                "it is not an https:// URL",
                key=variable,
                fix="copy the webhook's whole URL",
            )


def put_secrets(declared: Declaration, gcloud: Gcloud, values: Mapping[str, str]) -> Iterator[Step]:
    """Store each given value in the secret that ``deploy/deploy.yml`` declares.

    Raises:
        ConfigError: a value can't be one.
        GcloudError: a step failed; those before it hold.
    """
    check_values(declared, values)
    for variable, name in declared.values.secrets.items():
        what = f"the secret {name}, for {variable}"
        value = values.get(variable, "").strip()
        made = make_secret(name, gcloud)
        if not value:
            keeps = "not given; its value is unchanged"
            did = "missing" if made.note else made.did
            yield Step(what, did, "not given, and it has no value" if made.note else keeps)
            continue
        if made.did != "create" and _holds(name, gcloud) == value:
            yield Step(what, "nothing to do")
            continue
        gcloud.change(
            "secrets", "versions", "add", name, "--data-file=-", given=value,
            role=f"roles/secretmanager.secretVersionAdder on the secret {name}",
        )  # fmt: skip
        yield Step(what, "create" if made.note else "update", "a version was added")


def _holds(name: str, gcloud: Gcloud) -> str | None:
    """The value of its newest version; None if there is no readable one."""
    try:
        return gcloud.read(
            "secrets", "versions", "access", "latest", f"--secret={name}",
            role=f"roles/secretmanager.secretAccessor on the secret {name}, to see whether its "
            "value is another",
        ).strip()  # fmt: skip
    except NotFoundError:
        return None
    except GcloudError as fault:
        if "FAILED_PRECONDITION" in fault.what:  # it was disabled or destroyed
            return None
        raise
