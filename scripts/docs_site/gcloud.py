"""The command ``gcloud``: what it answers, or what went wrong, in one line."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SECONDS = 600.0
"""For one command: a first deployment pulls an image."""

_MISSING = re.compile(
    r"NOT_FOUND|not found|cannot find|could not be found|does not exist|unknown service account",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"PERMISSION_DENIED|permission[^.]*denied|does not have [\w. ]*(permission|access)|"
    r"HTTPError 403|\b403\b",
    re.IGNORECASE,
)


class GcloudError(Exception):
    """What went wrong and what to do."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class MissingError(GcloudError):
    """There is no such thing."""


@dataclass
class Gcloud:
    """Runs it for one project.

    Args:
        project: given to every command.
        is_trial: whether to run only what looks, and to show the rest.
    """

    project: str
    is_trial: bool = False
    changes: list[str] = field(default_factory=list)
    """Commands that change something, as one would type them."""

    def look(self, *words: str) -> Any:
        """What a command that changes nothing answers, as JSON.

        Raises:
            MissingError: there is no such thing.
            GcloudError: anything else.
        """
        try:
            answer = self._run([*words, "--format=json"])
        except MissingError:
            raise
        except GcloudError as fault:
            fault.mend = fault.mend or (
                "whoever runs this (gcloud auth list) needs roles/viewer and "
                "roles/iam.securityReviewer on the project to look"
            )
            raise
        try:
            return json.loads(answer or "null")
        except ValueError:
            raise GcloudError(f"gcloud {' '.join(words[:3])} answers no JSON") from None

    def change(self, *words: str, role: str) -> None:
        """Run a command that changes something; on a trial, note it.

        Args:
            words: the command.
            role: what whoever runs it needs.

        Raises:
            GcloudError: with the role, where that is what is missing.
        """
        command = [*words, f"--project={self.project}", "--quiet"]
        self.changes.append(shlex.join(["gcloud", *command]))
        if self.is_trial:
            return
        try:
            self._run(list(words))
        except GcloudError as fault:
            if not fault.mend:
                fault.mend = f"it needs {role}"
            raise

    def _run(self, words: Sequence[str]) -> str:
        command = ["gcloud", *words, f"--project={self.project}", "--quiet"]
        shown = "gcloud " + " ".join(word for word in words if not word.startswith("-"))
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except FileNotFoundError:
            raise GcloudError(
                "there is no command gcloud", "install the Google Cloud CLI: cloud.google.com/sdk"
            ) from None
        except subprocess.TimeoutExpired:
            raise GcloudError(f"{shown}: no answer within {SECONDS:g} s") from None
        if done.returncode == 0:
            return done.stdout
        said = _said(done.stderr)
        if "SERVICE_DISABLED" in done.stderr:  # nothing was ever made there
            raise MissingError(f"{shown}: {said}")
        # "or it may not exist" comes with a permission that is denied
        if _DENIED.search(done.stderr):
            raise GcloudError(f"{shown}: {said}")
        if _MISSING.search(done.stderr):
            raise MissingError(f"{shown}: {said}")
        mend = "gcloud auth login" if "gcloud auth login" in done.stderr else ""
        raise GcloudError(f"{shown}: {said}", mend and f"run `{mend}`")


def _said(text: str) -> str:
    """The line that says it, without gcloud's own prefix."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "")
    return re.sub(r"^ERROR: (\(gcloud[\w.-]*\) )?", "", found) or "it failed without a word"
