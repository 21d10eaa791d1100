"""A stand-in for ``gcloud`` and ``bq`` that remembers what it made: programs on PATH.

    gcloud = FakeGcloud(tmp_path)
    gcloud.install(monkeypatch)
    ... run what calls gcloud ...
    gcloud.resource("storage buckets", "gs://example")["flags"]
    gcloud.changes           # the commands that changed something

It knows commands by their words and the flags that each takes (`COMMANDS`), and refuses all others
as gcloud does; so a misspelt flag fails a test. What a resource looks like in the answer of
``describe`` is in `_VIEWS`. More commands: add lines there.

A Cloud Run job that is started runs nothing: it writes the line of a report that names the revision
of its image (`FakeGcloud.push`) to the log, and ends as `FakeGcloud.ends` says. Cloud Scheduler
starts it only if its account may.
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
_TRIGGER = (
    "--location", "--schedule", "--time-zone", "--uri", "--http-method",
    "--oauth-service-account-email", "--oauth-token-scope",
    "--oidc-service-account-email", "--oidc-token-audience", "--max-retry-attempts",
)  # fmt: skip
_BUCKET = ("--location", "--uniform-bucket-level-access", "--public-access-prevention")
_WEB = ("--resource-type", "--service", "--region")

COMMANDS: dict[str, tuple[str, ...]] = {
    "artifacts repositories create": ("--location", "--repository-format", "--immutable-tags"),
    "artifacts repositories describe": ("--location",),
    "auth configure-docker": (),
    "iam service-accounts create": ("--display-name",),
    "iam service-accounts describe": (),
    "iap web add-iam-policy-binding": (*_WEB, *_GRANT),
    "iap web get-iam-policy": _WEB,
    "logging read": ("--freshness", "--limit"),
    "projects add-iam-policy-binding": ("--condition", *_GRANT),
    "projects describe": (),
    "projects get-iam-policy": (),
    "run deploy": _RUN,
    "run jobs add-iam-policy-binding": ("--region", *_GRANT),
    "run jobs describe": ("--region",),
    "run jobs execute": ("--region", "--async", "--args"),
    "run jobs executions describe": ("--region",),
    "run jobs executions list": ("--job", "--region"),
    "run jobs get-iam-policy": ("--region",),
    "run jobs replace": ("--region",),
    "run services add-iam-policy-binding": ("--region", *_GRANT),
    "run services delete": ("--region",),
    "run services describe": ("--region",),
    "run services get-iam-policy": ("--region",),
    "run services list": ("--region",),
    "run services remove-iam-policy-binding": ("--region", *_GRANT),
    "run services update": _RUN,
    "scheduler jobs create http": _TRIGGER,
    "scheduler jobs describe": ("--location",),
    "scheduler jobs run": ("--location",),
    "scheduler jobs update http": (*_TRIGGER, "--clear-auth-token"),
    "secrets add-iam-policy-binding": _GRANT,
    "secrets create": ("--replication-policy",),
    "secrets describe": (),
    "secrets get-iam-policy": (),
    "secrets versions access": ("--secret",),
    "secrets versions add": ("--data-file",),
    "secrets versions list": ("--filter",),
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

BQ: dict[str, tuple[str, ...]] = {
    "mk": ("--dataset",),
    "query": ("--use_legacy_sql",),
    "show": ("--dataset",),
}
"""The same of ``bq``."""
BQ_GLOBAL = ("--project_id", "--headless", "--format", "--location")

_LOOKS = ("access", "describe", "get-iam-policy", "list", "read", "show")
_NOUNS = {"run deploy": "run services"}
_AFTER_VERB = ("http",)
"""Words that come behind the verb."""


class FakeGcloud:
    """The program, and what it remembers."""

    def __init__(self, folder: Path, *, project_number: str = "123456789") -> None:
        self._state = folder / "gcloud.json"
        self.path = str(folder / "gcloud-bin")
        Path(self.path).mkdir()
        for name in ("gcloud", "bq"):
            program = Path(self.path) / name
            program.write_text(
                f"#!/bin/sh\nexec env FAKE_GCLOUD_STATE='{self._state}' FAKE_GCLOUD_AS={name} "
                f"'{sys.executable}' -S '{__file__}' \"$@\"\n"
            )
            program.chmod(0o755)
        self._write({"number": project_number, "resources": {}, "policies": {}, "enabled": []})

    def install(self, monkeypatch: Any, *, as_programs: bool = False) -> None:
        """Put it first on PATH.

        Deploying runs it some sixty times, so it answers in this process where plumbline starts
        it. A shell, or ``as_programs``, starts the programs.
        """
        import shutil  # not above: the programs need to start quickly
        import subprocess

        from plumbline.deploy import gcloud

        monkeypatch.setenv("PATH", self.path, prepend=os.pathsep)
        if as_programs:
            return
        really = gcloud.run_program

        def run(command: Any, **options: Any) -> Any:
            program = Path(self.path) / str(command[0])
            if shutil.which(command[0]) != str(program):
                return really(command, **options)
            code, said, complained = self._run(command, options.get("given") or "")
            return subprocess.CompletedProcess(command, code, said, complained)

        monkeypatch.setattr(gcloud, "run_program", run)

    def _run(self, command: list[str], given: str) -> tuple[int, str, str]:
        import contextlib
        import io

        said, complained = io.StringIO(), io.StringIO()
        stdin, sys.stdin = sys.stdin, io.StringIO(given)
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
                code = main(command[1:], self._state, is_bq=Path(command[0]).name == "bq")
        finally:
            sys.stdin = stdin
        return code, said.getvalue(), complained.getvalue()

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

    def push(self, image: str, revision: str | None) -> None:
        """An image is pushed, in which that revision is baked."""
        self._set("images", {**self._read().get("images", {}), image: revision})

    def ends(self, message: str = "", *, polls: int = 1) -> None:
        """From now on a job that is started fails with that message; empty: ends well.

        Args:
            message: Google's.
            polls: how often it is asked for before it has ended.
        """
        self._set("ends", {"message": message, "polls": polls})

    def hears_late(self, tries: int) -> None:
        """Policies hear of accounts made from now on only after so many tries."""
        self._set("late", tries)

    def secret(self, name: str) -> list[str]:
        """A secret's values, the newest last."""
        return list((self.resource("secrets", name) or {}).get("values", []))

    def access(self, dataset: str) -> list[dict[str, str]]:
        """Who may do what with the dataset ``project:name``, as bq shows it."""
        return list((self.resource("bq", dataset) or {}).get("access", []))

    @property
    def everything(self) -> dict[str, Any]:
        """All that was made and granted."""
        state = self._read()
        return {key: state[key] for key in ("resources", "policies", "enabled")}

    def grant(self, noun: str, name: str, member: str, role: str) -> None:
        """Somebody grants a role by hand."""
        state = self._read()
        state["policies"].setdefault(f"{noun} {name}", {}).setdefault(role, []).append(member)
        self._write(state)

    def _set(self, key: str, value: Any) -> None:
        self._write({**self._read(), key: value})

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
    *noun, verb = [word for word in command.split() if word not in _AFTER_VERB]
    if verb not in _LOOKS:
        state.setdefault("changes", []).append(command)
    names = positional[len(command.split()) :]
    if flags.get("--data-file") == "-":
        flags["--data-file"] = sys.stdin.read()
    kind = _NOUNS.get(command, " ".join(noun))
    name = flags.get("--service", "") if kind == "iap web" else (names[0] if names else "")
    return _DO[verb](state, kind, str(name), flags, names, here)


def run_bq(arguments: list[str], state: dict[str, Any]) -> Any:
    """The same, of ``bq``: flags ahead of the command are global, and errors begin otherwise."""
    state.setdefault("calls", []).append(["bq", *arguments])
    at = next((n for n, word in enumerate(arguments) if not word.startswith("--")), None)
    command = "" if at is None else arguments[at]
    if at is None or command not in BQ:
        raise RefusedError(f"Command '{command}' unknown")
    unknown = [flag for flag in _flags(arguments[:at]) if flag not in BQ_GLOBAL]
    rest = arguments[at + 1 :]
    unknown += [
        flag for flag in _flags([w for w in rest if w.startswith("--")]) if flag not in BQ[command]
    ]
    if unknown:
        raise RefusedError(f"FATAL Flags parsing error: Unknown command line flag {unknown[0]!r}")
    here = f"BigQuery error in {command} operation:"
    if message := state.get("fails", {}).get(f"bq {command}"):
        raise RefusedError(f"{here} {message}")
    if command not in _LOOKS:
        state.setdefault("changes", []).append(f"bq {command}")
    (name,) = [word for word in rest if not word.startswith("--")]
    return _DO_BQ[command](state, name, here)


def _bq_show(state: Any, name: str, here: str) -> Any:
    if _key("bq", name) not in state["resources"]:
        raise RefusedError(f"{here} Not found: Dataset {name}", 2)
    return {"id": name, "access": state["resources"][_key("bq", name)].get("access", [])}


def _bq_mk(state: Any, name: str, here: str) -> Any:
    if _key("bq", name) in state["resources"]:
        raise RefusedError(f"{here} Dataset '{name}' already exists.")
    state["resources"][_key("bq", name)] = {"flags": {}}
    return {}


def _bq_query(state: Any, sql: str, here: str) -> Any:
    found = re.fullmatch(
        r"GRANT `(roles/[\w.]+)` ON SCHEMA `([\w-]+)`\.`(\w+)` TO 'serviceAccount:(\S+)'", sql
    )
    if found is None:
        raise RefusedError(f"{here} Syntax error: {sql}")
    role, project, dataset, account = found.groups()
    _bq_show(state, f"{project}:{dataset}", here)
    _hear(state, account, project, here)
    old_names = {"dataViewer": "READER", "dataEditor": "WRITER", "dataOwner": "OWNER"}
    shown = old_names.get(role.rpartition(".")[2], role)
    made = state["resources"][_key("bq", f"{project}:{dataset}")]
    made.setdefault("access", []).append({"role": shown, "userByEmail": account})
    return []


_DO_BQ: dict[str, Callable[..., Any]] = {"mk": _bq_mk, "query": _bq_query, "show": _bq_show}


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
    if kind == "run jobs executions":
        return _execution(state, name, here)
    found = _found(state, kind, name, here)
    if kind == "run jobs":
        return _job_view(found["manifest"])
    if kind == "scheduler jobs":
        return _trigger_view(name, found["flags"], found.get("code"))
    return _VIEWS[kind](name, found["flags"])


def _create(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    if kind == "services identity":
        state["resources"][_key(kind, flags["--service"])] = {"flags": {}}
        return {"email": f"service-{state['number']}@gcp-sa-iap.iam.gserviceaccount.com"}
    if kind == "iam service-accounts":
        name = f"{name}@{flags['--project']}.iam.gserviceaccount.com"
        state.setdefault("unheard", {})[name] = state.get("late", 0)
    if _key(kind, name) in state["resources"]:
        raise RefusedError(f"{here} ALREADY_EXISTS: {name} already exists")
    state["resources"][_key(kind, name)] = {"flags": _own(flags)}
    return {}


def _update(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    made = _found(state, kind, name, here)["flags"]
    given = _own(flags)
    if given.pop("--clear-auth-token", False):
        for flag in [flag for flag in made if flag.startswith(_TOKENS)]:
            del made[flag]
    made.update(given)
    if len({flag[: len("--oidc")] for flag in made if flag.startswith(_TOKENS)}) > 1:
        raise RefusedError(f"{here} INVALID_ARGUMENT: a job shows one token")
    return {}


_TOKENS = ("--oauth-", "--oidc-")


def _replace(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    import site

    site.main()  # started without it, for speed; only this needs a library
    import yaml

    manifest = yaml.safe_load(sys.stdin.read() if name == "-" else Path(name).read_text())
    task = manifest["spec"]["template"]["spec"]["template"]["spec"]
    image = task["containers"][0]["image"]
    if image not in state.get("images", {}):
        raise RefusedError(f"{here} Image '{image}' not found.")
    account = task["serviceAccountName"]
    if _key("iam service-accounts", account) not in state["resources"]:
        raise RefusedError(f"{here} Service account {account} was not found.")
    made = state["resources"].setdefault(_key(kind, manifest["metadata"]["name"]), {"flags": {}})
    made["manifest"] = manifest
    return {}


def _execute(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    _found(state, kind, name, here)
    _begin(state, name, flags.get("--args"))
    return {}


def _start(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    found = _found(state, kind, name, here)
    given = found["flags"]
    account = next(value for flag, value in given.items() if flag.endswith("account-email"))
    job = str(given["--uri"]).rpartition("/jobs/")[2].removesuffix(":run")
    may = state["policies"].get(_key("run jobs", job), {}).get("roles/run.invoker", [])
    if f"serviceAccount:{account}" in may:
        found["code"] = None
        _begin(state, job, None)
    else:  # the command itself ends well: the call comes after it
        found["code"] = 7
    return {}


def _begin(state: Any, job: str, arguments: str | None) -> None:
    runs = state.setdefault("executions", [])
    ends = state.get("ends", {"message": "", "polls": 1})
    runs.append({"name": f"{job}-{len(runs):05x}", "job": job, "args": arguments, **ends})
    if arguments is not None:
        return
    manifest = state["resources"][_key("run jobs", job)]["manifest"]
    task = manifest["spec"]["template"]["spec"]["template"]["spec"]
    revision = state["images"][task["containers"][0]["image"]]
    commit, dash, dirty = (revision or "").partition("-")
    suites = f"suites at commit {commit[:12]}{dash}{dirty}" if revision else "suites not in git"
    line = f"health_check · target bigquery · 2026-02-02 18:00 (America/New_York) · {suites}"
    state.setdefault("log", []).append({"execution": runs[-1]["name"], "textPayload": line})


def _execution(state: Any, name: str, here: str) -> Any:
    found = next((one for one in state.get("executions", []) if one["name"] == name), None)
    if found is None:
        raise RefusedError(f"{here} Cannot find execution [{name}].")
    found["polls"] -= 1
    if found["polls"] >= 0:
        return {"metadata": {"name": name}, "status": {"runningCount": 1}}
    completed = {"type": "Completed", "status": "True"}
    counts = {"succeededCount": 1}
    if found["message"]:
        completed = {"type": "Completed", "status": "False", "message": found["message"]}
        counts = {"failedCount": 1, "retriedCount": 1}
    ended = {"completionTime": "2026-02-02T23:00:31.000Z", "conditions": [completed]}
    return {"metadata": {"name": name}, "status": {**ended, **counts}}


def _access(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    secret = flags["--secret"]
    values = _found(state, "secrets", secret, here).get("values")
    if not values:
        raise RefusedError(f"{here} NOT_FOUND: Secret [{secret}] not found or has no versions.")
    return Raw(values[-1])


def _add(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    _found(state, "secrets", name, here).setdefault("values", []).append(flags["--data-file"])
    return {}


def _read_log(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    named = re.search(r'execution_name"="([^"]+)"', name)
    return [
        {"textPayload": entry["textPayload"]}
        for entry in state.get("log", [])
        if named and entry["execution"] == named[1]
    ]


class Raw(str):
    """An answer that is written to the letter."""

    __slots__ = ()


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
    if kind == "run jobs executions":
        runs = state.get("executions", [])
        return [{"metadata": {"name": run["name"]}} for run in runs if run["job"] == flags["--job"]]
    if kind == "secrets versions":
        values = _found(state, "secrets", name, here).get("values", [])
        return [{"name": str(number), "state": "ENABLED"} for number in range(len(values), 0, -1)]
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
    if kind != "projects":
        _found(state, kind, name, here)
    policy = state["policies"].get(_key(kind, name), {})
    bindings = [{"role": role, "members": members} for role, members in policy.items()]
    return {"bindings": bindings, "etag": "BwX"} if bindings else {"etag": "BwX"}


def _add_binding(state: Any, kind: str, name: str, flags: Any, names: Any, here: str) -> Any:
    if kind != "projects":
        _found(state, kind, name, here)
    member = flags["--member"]
    if member.startswith("serviceAccount:"):
        _hear(state, member.removeprefix("serviceAccount:"), flags.get("--project"), here)
    members = state["policies"].setdefault(_key(kind, name), {}).setdefault(flags["--role"], [])
    if member not in members:
        members.append(member)
    return {}


def _hear(state: Any, account: str, project: str, here: str) -> None:
    """Refuse an account of the project that is not there, or was made a moment ago."""
    if not account.endswith(f"@{project}.iam.gserviceaccount.com"):
        return
    unheard = state.get("unheard", {})
    is_late = unheard.get(account, 0) > 0
    if is_late:
        unheard[account] -= 1
    if is_late or _key("iam service-accounts", account) not in state["resources"]:
        raise RefusedError(f"{here} INVALID_ARGUMENT: Service account {account} does not exist.")


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


def _job_view(manifest: dict[str, Any]) -> dict[str, Any]:
    """With what Google adds, and long numbers as texts."""
    shown: dict[str, Any] = json.loads(json.dumps(manifest))
    about = shown["metadata"]
    about["namespace"], about["generation"] = "123456789", 1
    about.setdefault("labels", {})["cloud.googleapis.com/location"] = "us-west2"
    task = shown["spec"]["template"]["spec"]["template"]["spec"]
    task["timeoutSeconds"] = str(task["timeoutSeconds"])
    shown["status"] = {"observedGeneration": 1}
    return shown


def _trigger_view(name: str, flags: dict[str, Any], code: int | None) -> dict[str, Any]:
    target: dict[str, Any] = {"uri": flags["--uri"], "httpMethod": flags["--http-method"]}
    for kind, part in (("oauth", "--oauth-token-scope"), ("oidc", "--oidc-token-audience")):
        if account := flags.get(f"--{kind}-service-account-email"):
            shown = part.rpartition("-")[2]
            target[f"{kind}Token"] = {"serviceAccountEmail": account, shown: flags.get(part)}
    return {
        "name": f"projects/p/locations/l/jobs/{name}",
        "schedule": flags["--schedule"],
        "timeZone": flags["--time-zone"],
        "httpTarget": target,
        "retryConfig": {"retryCount": int(flags["--max-retry-attempts"]), "maxDoublings": 5},
        "state": flags.get("--state", "ENABLED"),
        "status": {"code": code} if code else {},
    }


_VIEWS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "artifacts repositories": lambda name, flags: {"name": name, "format": "DOCKER"},
    "iam service-accounts": lambda name, flags: {"email": name},
    "run services": _service_view,
    "secrets": lambda name, flags: {"name": name},
    "storage buckets": _bucket_view,
}
_MISSING = {
    "artifacts repositories": "NOT_FOUND: Requested entity was not found.",
    "run jobs": "Cannot find job [{}].",
    "scheduler jobs": "NOT_FOUND: Job not found.",
    "secrets": "NOT_FOUND: Secret [{}] not found.",
    "run services": "Cannot find service [{}]",
    "storage buckets": "{} not found: 404.",
    "iam service-accounts": "NOT_FOUND: Unknown service account {}",
}
_DO: dict[str, Callable[..., Any]] = {
    "access": _access,
    "add": _add,
    "add-iam-policy-binding": _add_binding,
    "configure-docker": lambda *_: {},
    "create": _create,
    "delete": _delete,
    "deploy": _deploy,
    "describe": _describe,
    "enable": _enable,
    "execute": _execute,
    "get-iam-policy": _get_policy,
    "list": _list,
    "read": _read_log,
    "remove-iam-policy-binding": _remove_binding,
    "replace": _replace,
    "run": _start,
    "update": _update,
}


def main(arguments: list[str], file: Path, *, is_bq: bool) -> int:
    state = json.loads(file.read_text())
    try:
        answer = (run_bq if is_bq else run)(arguments, state)
    except RefusedError as fault:
        # bq says its errors on standard output
        (sys.stdout if is_bq else sys.stderr).write(re.sub(r"\s*$", "\n", str(fault)))
        return fault.code
    finally:
        file.write_text(json.dumps(state))
    if isinstance(answer, Raw):
        sys.stdout.write(answer)
    elif "--format=json" in arguments:
        sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    is_bq = os.environ.get("FAKE_GCLOUD_AS") == "bq"
    sys.exit(main(sys.argv[1:], Path(os.environ["FAKE_GCLOUD_STATE"]), is_bq=is_bq))
