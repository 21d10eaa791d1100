"""A stand-in for the command ``gcloud`` that remembers what it made: a program on PATH.

    gcloud = FakeGcloud(tmp_path)
    monkeypatch.setenv("PATH", gcloud.path, prepend=os.pathsep)
    ... run what calls gcloud ...
    gcloud.resource("storage buckets", "gs://example")["flags"]
    gcloud.changes           # the commands that changed something

It knows commands by their words and the flags that each takes (`COMMANDS`), and refuses all others
as gcloud does; so a misspelt flag fails a test. What a resource looks like in the answer of
``describe`` is in `_VIEWS`. More commands: add lines there.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GLOBAL = ("--project", "--quiet", "--format")
_GRANT = ("--member", "--role")
_RUN = (
    "--region", "--image", "--service-account", "--iap", "--no-iap", "--no-allow-unauthenticated",
    "--allow-unauthenticated", "--invoker-iam-check", "--ingress", "--execution-environment",
    "--port", "--cpu", "--memory", "--min-instances", "--max-instances", "--command", "--args",
    "--set-env-vars", "--clear-volumes", "--add-volume", "--clear-volume-mounts",
    "--add-volume-mount", "--labels", "--update-labels", "--set-secrets", "--timeout",
    "--concurrency", "--no-traffic", "--tag",
)  # fmt: skip
_BUCKET = ("--location", "--uniform-bucket-level-access", "--public-access-prevention")
_WEB = ("--resource-type", "--service", "--region")

COMMANDS: dict[str, tuple[str, ...]] = {
    "iam service-accounts create": ("--display-name",),
    "iam service-accounts describe": (),
    "iap web add-iam-policy-binding": (*_WEB, *_GRANT),
    "iap web get-iam-policy": _WEB,
    "projects describe": (),
    "run deploy": _RUN,
    "run services add-iam-policy-binding": ("--region", *_GRANT),
    "run services delete": ("--region",),
    "run services describe": ("--region",),
    "run services get-iam-policy": ("--region",),
    "run services list": ("--region",),
    "run services remove-iam-policy-binding": ("--region", *_GRANT),
    "run services update": _RUN,
    "services enable": (),
    "services identity create": ("--service",),
    "services list": ("--enabled",),
    "storage buckets add-iam-policy-binding": _GRANT,
    "storage buckets create": _BUCKET,
    "storage buckets delete": (),
    "storage buckets describe": (),
    "storage buckets get-iam-policy": (),
    "storage buckets update": _BUCKET[1:],
}
"""By its words without ``beta``, the flags that a command takes besides the global ones."""

_LOOKS = ("describe", "get-iam-policy", "list")
_NOUNS = {"run deploy": "run services"}


class FakeGcloud:
    """The program, and what it remembers."""

    def __init__(self, folder: Path, *, project_number: str = "123456789") -> None:
        self._state = folder / "gcloud.json"
        self.path = str(folder / "gcloud-bin")
        Path(self.path).mkdir()
        program = Path(self.path) / "gcloud"
        program.write_text(
            f"#!/bin/sh\nexec env FAKE_GCLOUD_STATE='{self._state}' '{sys.executable}' -S '{__file__}' \"$@\"\n"
        )
        program.chmod(0o755)
        self._write({"number": project_number, "resources": {}, "policies": {}, "enabled": []})

    @property
    def calls(self) -> list[list[str]]:
        """Every command as it came."""
        return list(self._read().get("calls", []))

    @property
    def changes(self) -> list[str]:
        """The words of those that changed something, in order."""
        return list(self._read().get("changes", []))

    def resource(self, noun: str, name: str) -> dict[str, Any] | None:
        """What was made: ``flags`` as they were given last."""
        found = self._read()["resources"].get(f"{noun} {name}")
        return None if found is None else dict(found)

    def members(self, noun: str, name: str, role: str) -> list[str]:
        """Who has a role on it."""
        return list(self._read()["policies"].get(f"{noun} {name}", {}).get(role, []))

    def fails(self, command: str, message: str) -> None:
        """From now on a command, by its words, ends in an error; empty: no longer."""
        state = self._read()
        state.setdefault("fails", {})[command] = message
        self._write(state)

    def denies(self, command: str) -> None:
        """A command, by its words, is refused: the role is missing."""
        self.fails(
            command, "PERMISSION_DENIED: Permission denied on resource (or it may not exist)."
        )

    def change(self, noun: str, name: str, **flags: str) -> None:
        """Somebody changes a resource by hand, or made it before."""
        state = self._read()
        made = state["resources"].setdefault(f"{noun} {name}", {"flags": {}})
        made["flags"].update({f"--{key.replace('_', '-')}": value for key, value in flags.items()})
        self._write(state)

    def grant(self, noun: str, name: str, member: str, role: str) -> None:
        """Somebody grants a role by hand."""
        state = self._read()
        state["policies"].setdefault(f"{noun} {name}", {}).setdefault(role, []).append(member)
        self._write(state)

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self._state.read_text()))

    def _write(self, state: dict[str, Any]) -> None:
        self._state.write_text(json.dumps(state))


# The program


class RefusedError(Exception):
    """What it says on standard error; the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def run(arguments: list[str], state: dict[str, Any]) -> Any:
    """Do a command; what it answers."""
    state.setdefault("calls", []).append(arguments)
    positional = [word for word in arguments if not word.startswith("--")]
    flags = _flags([word for word in arguments if word.startswith("--")])
    if positional and positional[0] in ("alpha", "beta"):
        positional = positional[1:]
    command = next(
        (known for known in COMMANDS if positional[: len(known.split())] == known.split()), None
    )
    if command is None:
        raise RefusedError(f"ERROR: (gcloud) Invalid choice: '{' '.join(positional[:3])}'.", 2)
    here = f"ERROR: (gcloud.{command.replace(' ', '.')})"
    unknown = [flag for flag in flags if flag not in (*COMMANDS[command], *GLOBAL)]
    if unknown:
        raise RefusedError(f"{here} unrecognized arguments: {' '.join(unknown)}", 2)
    if message := state.get("fails", {}).get(command):
        raise RefusedError(f"{here} {message}")
    *noun, verb = command.split()
    if verb not in _LOOKS:
        state.setdefault("changes", []).append(command)
    names = positional[len(command.split()) :]
    kind = _NOUNS.get(command, " ".join(noun))
    name = flags.get("--service", "") if kind == "iap web" else (names[0] if names else "")
    return _DO[verb](state, kind, str(name), flags, names, here)


def _flags(words: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in words:
        flag, equals, value = word.partition("=")
        found[flag] = value if equals else True
    return found


def _key(kind: str, name: str) -> str:
    return f"{kind} {name}"


def _found(state: dict[str, Any], kind: str, name: str, here: str) -> dict[str, Any]:
    # a login has a policy as soon as its service is there
    key = _key("run services" if kind == "iap web" else kind, name)
    if key not in state["resources"]:
        raise RefusedError(f"{here} {_MISSING.get(kind, 'NOT_FOUND: {} not found').format(name)}")
    made: dict[str, Any] = state["resources"][key]
    return made


def _describe(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    if kind == "projects":
        return {"projectId": name, "projectNumber": state["number"]}
    return _VIEWS[kind](name, _found(state, kind, name, here)["flags"])


def _create(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    if kind == "services identity":
        state["resources"][_key(kind, flags["--service"])] = {"flags": {}}
        return {"email": f"service-{state['number']}@gcp-sa-iap.iam.gserviceaccount.com"}
    if kind == "iam service-accounts":
        name = f"{name}@{flags['--project']}.iam.gserviceaccount.com"
    if _key(kind, name) in state["resources"]:
        raise RefusedError(f"{here} ALREADY_EXISTS: {name} already exists")
    state["resources"][_key(kind, name)] = {"flags": _own(flags)}
    return {}


def _update(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    _found(state, kind, name, here)["flags"].update(_own(flags))
    return {}


def _deploy(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    made = state["resources"].setdefault(_key(kind, name), {"flags": {}})
    made["flags"].update(_own(flags))
    made["revisions"] = made.get("revisions", 0) + 1
    return {}


def _delete(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    _found(state, kind, name, here)
    del state["resources"][_key(kind, name)]
    return {}


def _list(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    if kind == "services":
        return [{"config": {"name": api}, "state": "ENABLED"} for api in state["enabled"]]
    start = f"{kind} "
    return [
        _VIEWS[kind](key.removeprefix(start), made["flags"])
        for key, made in state["resources"].items()
        if key.startswith(start)
    ]


def _enable(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    state["enabled"] = sorted({*state["enabled"], *names})
    return {}


def _get_policy(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    _found(state, kind, name, here)
    policy = state["policies"].get(_key(kind, name), {})
    bindings = [{"role": role, "members": members} for role, members in policy.items()]
    return {"bindings": bindings, "etag": "BwX"} if bindings else {"etag": "BwX"}


def _add_binding(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    _found(state, kind, name, here)
    member = flags["--member"]
    account = member.removeprefix("serviceAccount:")
    ours = account.endswith(f"@{flags.get('--project')}.iam.gserviceaccount.com")
    if (
        account != member
        and ours
        and _key("iam service-accounts", account) not in state["resources"]
    ):
        raise RefusedError(f"{here} INVALID_ARGUMENT: Service account {account} does not exist.")
    members = state["policies"].setdefault(_key(kind, name), {}).setdefault(flags["--role"], [])
    if member not in members:
        members.append(member)
    return {}


def _remove_binding(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    members = state["policies"].get(_key(kind, name), {}).get(flags["--role"], [])
    if flags["--member"] not in members:
        raise RefusedError(f"{here} Policy binding with the specified member and role not found!")
    members.remove(flags["--member"])
    return {}


def _own(flags: dict[str, Any]) -> dict[str, Any]:
    return {flag: value for flag, value in flags.items() if flag not in GLOBAL}


def _bucket_view(name: str, flags: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name.removeprefix("gs://"),
        "location": str(flags.get("--location", "US")).upper(),
        "uniform_bucket_level_access": bool(flags.get("--uniform-bucket-level-access")),
        "public_access_prevention": "enforced"
        if flags.get("--public-access-prevention")
        else "inherited",
    }


def _service_view(name: str, flags: dict[str, Any]) -> dict[str, Any]:
    labels = dict(pair.split("=", 1) for pair in str(flags.get("--labels", "")).split(",") if pair)
    on = "true" if flags.get("--iap") is True else "false"
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {"run.googleapis.com/iap-enabled": on},
        },
        "status": {"url": f"https://{name}-abc123-ew.a.run.app"},
    }


_VIEWS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "iam service-accounts": lambda name, flags: {"email": name},
    "run services": _service_view,
    "storage buckets": _bucket_view,
}
_MISSING = {
    "run services": "Cannot find service [{}]",
    "storage buckets": "{} not found: 404.",
    "iam service-accounts": "NOT_FOUND: Unknown service account {}",
}
_DO: dict[str, Callable[..., Any]] = {
    "add-iam-policy-binding": _add_binding,
    "create": _create,
    "delete": _delete,
    "deploy": _deploy,
    "describe": _describe,
    "enable": _enable,
    "get-iam-policy": _get_policy,
    "list": _list,
    "remove-iam-policy-binding": _remove_binding,
    "update": _update,
}


def main() -> int:
    file = Path(os.environ["FAKE_GCLOUD_STATE"])
    state = json.loads(file.read_text())
    try:
        answer = run(sys.argv[1:], state)
    except RefusedError as fault:
        sys.stderr.write(re.sub(r"\s*$", "\n", str(fault)))
        return fault.code
    finally:
        file.write_text(json.dumps(state))
    if "--format=json" in sys.argv:
        sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
