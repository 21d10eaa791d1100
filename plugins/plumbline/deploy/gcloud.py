"""Runs ``gcloud``, ``bq`` and ``docker``; returns their output, or raises their error in a line."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plumbline.core.errors import PlumblineError
from plumbline.core.status import EXIT_ERROR
from plumbline.net.programs import run_program

SECONDS = 600.0
"""For one command."""
DOCKER_SECONDS = 3600.0
"""For one of docker: it downloads and uploads an image."""

_MISSING = re.compile(
    r"NOT_FOUND|not found|cannot find|could not be found|does not exist|unknown service account",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"PERMISSION_DENIED|permission[^.]*denied|does not have [\w. ]*(permission|access)|"
    r"access denied|HTTPError 403|\b403\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"service account \S+ does not exist", re.IGNORECASE)
"""IAM knows a new account some seconds after its creation."""
_TRIES, _BETWEEN_SECONDS = 7, 10.0

_LOOKING = (
    "your account (gcloud auth list) needs roles/viewer and roles/iam.securityReviewer on the "
    "project"
)


class GcloudError(PlumblineError):
    """A command failed; has its message and a fix."""

    exit_code = EXIT_ERROR


class NotFoundError(GcloudError):
    """The resource doesn't exist."""


@dataclass
class Gcloud:
    """Runs them for one project.

    Args:
        dry_run: whether to run only what changes nothing, and to note the rest.
    """

    project: str
    dry_run: bool = False
    changes: list[str] = field(default_factory=list)
    """Commands that change something, as one would type them."""

    def look(self, *words: str, role: str = "") -> Any:
        """What a command that changes nothing answers, as JSON.

        Args:
            role: what the account needs, if more than read access.

        Raises:
            NotFoundError: the resource doesn't exist.
            GcloudError: anything else.
        """
        return _json(self._looked(self._command([*words, "--format=json"]), role), words)

    def find(self, *words: str) -> Any | None:
        """As `look`; None: the resource doesn't exist."""
        try:
            return self.look(*words) or {}
        except NotFoundError:
            return None

    def read(self, *words: str, role: str) -> str:
        """What a command that changes nothing writes, to the letter."""
        return self._looked(self._command(words), role)

    def bq_look(self, *words: str) -> Any:
        """The same as `look`, of ``bq``."""
        return _json(self._looked(self._bq_command(words), ""), words)

    def bq_find(self, *words: str) -> Any | None:
        """The same as `find`, of ``bq``."""
        try:
            return self.bq_look(*words) or {}
        except NotFoundError:
            return None

    def change(self, *words: str, role: str, given: str | None = None) -> str:
        """Run a command that changes something; on a dry run, note it.

        Args:
            given: for its standard input; it is noted nowhere.

        Raises:
            GcloudError: with the role, where that is what is missing.
        """
        return self._changed(self._command(words), role, given)

    def bq_change(self, *words: str, role: str) -> str:
        """The same as `change`, of ``bq``."""
        return self._changed(self._bq_command(words), role, None)

    def has_image(self, image: str) -> bool:
        """Whether docker finds ``image`` in its registry."""
        try:
            _run(["docker", "manifest", "inspect", image])
        except GcloudError as fault:
            if fault.fix is not None:  # there is no docker
                raise
            return False
        return True

    def docker_change(self, *words: str, role: str) -> str:
        """The same as `change`, of ``docker``."""
        return self._changed(["docker", *words], role, None)

    def commands(self) -> str:
        """What a dry run would have run, a line each."""
        return "\n".join(self.changes or ["nothing would be run"])

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        time.sleep(seconds)

    def _command(self, words: Sequence[str]) -> list[str]:
        return ["gcloud", *words, f"--project={self.project}", "--quiet"]

    def _bq_command(self, words: Sequence[str]) -> list[str]:
        # before the command, and headless: bq would prompt on its first start
        return ["bq", f"--project_id={self.project}", "--headless", "--format=json", *words]

    def _looked(self, command: list[str], role: str) -> str:
        try:
            return _run(command)
        except NotFoundError:
            raise
        except GcloudError as fault:
            fault.fix = fault.fix or (f"your account needs {role}" if role else _LOOKING)
            raise

    def _changed(self, command: list[str], role: str, given: str | None) -> str:
        self.changes.append(shlex.join(command))
        if self.dry_run:
            return ""
        for last in (*[False] * (_TRIES - 1), True):
            try:
                return _run(command, given)
            except GcloudError as fault:
                if _NOT_YET.search(fault.what) and not last:
                    self.sleep(_BETWEEN_SECONDS)
                    continue
                fault.fix = fault.fix or f"your account needs {role}"
                raise
        raise AssertionError


def _json(answer: str, words: Sequence[str]) -> Any:
    try:
        return json.loads(answer or "null")
    except ValueError:
        raise GcloudError(f"{' '.join(words[:3])}: the answer is not JSON") from None


def _run(command: list[str], given: str | None = None) -> str:
    words = [word for word in command if not word.startswith("-")]
    shown = " ".join(words[:6])
    seconds = DOCKER_SECONDS if command[0] == "docker" else SECONDS
    try:
        done = run_program(command, seconds=seconds, given=given)
    except FileNotFoundError:
        raise GcloudError(
            f"there is no command {command[0]}",
            fix="install Docker: docs.docker.com/engine/install"
            if command[0] == "docker"
            else "install the Google Cloud CLI, which has gcloud and bq: cloud.google.com/sdk",
        ) from None
    except subprocess.TimeoutExpired:
        # Not "from": the fault holds what was given.
        raise GcloudError(f"{shown}: no answer within {seconds:g} s") from None
    if done.returncode == 0:
        return done.stdout
    # bq says its errors on standard output
    text = done.stderr if command[0] == "gcloud" else f"{done.stderr}\n{done.stdout}"
    what = f"{shown}: {_error_line(text)}"
    if "SERVICE_DISABLED" in text:  # nothing was ever made there
        raise NotFoundError(what)
    # "or it may not exist" comes with a permission that is denied
    if _DENIED.search(text):
        raise GcloudError(what)
    if _MISSING.search(text):
        raise NotFoundError(what)
    fix = "run `gcloud auth login`" if "gcloud auth login" in text else None
    raise GcloudError(what, fix=fix)


def _error_line(text: str) -> str:
    """The line with the error, without the command's own prefix."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = ("ERROR", "BigQuery error", "Error in", "FATAL")
    found = next((line for line in lines if line.startswith(errors)), lines[-1] if lines else "")
    said = re.sub(r"^ERROR: (\(gcloud[\w.-]*\) )?|^BigQuery error in [\w ]+: ?", "", found)
    return said or "it failed without a message"
