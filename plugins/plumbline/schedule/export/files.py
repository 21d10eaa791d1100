"""What is written, and where it will run: shared by all formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from plumbline.core.errors import ConfigError
from plumbline.history.heartbeat import SCHEDULE_VARIABLE
from plumbline.project.documents import SCHEDULE_FILE
from plumbline.project.find import STATE_DIR_VARIABLE
from plumbline.project.schedule import Schedule
from plumbline.project.state_files import StateFiles

_MADE_BY = "Made by `plumbline schedule export"
_LONGEST = 63
"""Of a name in Google Cloud."""


@dataclass(frozen=True)
class ExportFile:
    name: str
    text: str

    @property
    def made_by(self) -> str:
        """Its line that says for which project it was made."""
        return next(line for line in self.text.splitlines() if line.startswith(f"# {_MADE_BY}"))


@dataclass(frozen=True)
class Scope:
    """Whose schedules they are; files, jobs and units of two scopes have different names."""

    project: str
    """The plumbline project."""
    target: str

    @property
    def name(self) -> str:
        """``plumbline-shop-prod``, with which all names begin.

        Raises:
            ConfigError: nothing of the project's or the target's name can stand in one.
        """
        words = [_word(self.project), _word(self.target)]
        if not all(words):
            raise ConfigError(
                f"project {self.project!r} and target {self.target!r} can't form the name of a job",
                fix="use letters from a to z or digits in both names",
            )
        return "-".join(("plumbline", *words))

    def made_by(self, form: str) -> str:
        """The line of a file that says who made it, and for which project and target."""
        return (
            f"{_MADE_BY} --format {form}` from checkpoints/schedule.yml of "
            f"{printable(self.project)}, target {printable(self.target)}."
        )


@dataclass(frozen=True)
class Machine:
    """Where cron or systemd runs the checkpoints: this machine, as it is now."""

    command: tuple[str, ...]
    """How plumbline is called, by absolute path."""
    project_dir: Path
    state: StateFiles
    environment: Mapping[str, str] = field(default_factory=dict)
    """What a run needs of the present environment, which it doesn't have there."""

    @property
    def scope(self) -> Scope:
        """Whose schedules they are."""
        return Scope(self.state.project, self.target)

    @property
    def target(self) -> str:
        return self.state.target

    def variables(self, schedule: Schedule) -> dict[str, str]:
        """The environment of a run of ``schedule``."""
        return {
            STATE_DIR_VARIABLE: str(self.state.folder),
            SCHEDULE_VARIABLE: schedule.name,
            **self.environment,
        }


@dataclass(frozen=True)
class Cloud:
    """Where Google Cloud or GitHub runs them; None: not said."""

    target: str
    plumbline_project: str = ""
    """Whose schedules they are; not needed for names that are given."""
    project: str | None = None
    """Google's."""
    region: str | None = None
    image: str | None = None
    service_account: str | None = None
    state_dir: str | None = None
    """Of local state, in the container; None: as the image has it."""
    secrets: tuple[str, ...] = ()
    """Environment variables that channels read."""
    secret_names: Mapping[str, str] = field(default_factory=dict)
    """What some of them are called in Secret Manager; the others as the variable."""
    starter: str | None = None
    """The account that starts a run; None: the one as whom it runs."""
    token: Literal["oauth", "oidc"] = "oauth"
    """What the starter shows to Google."""
    retries: int = 1
    """How often a run that ended in an ERROR is tried again at once."""
    cpu: str = "1000m"
    memory: str = "1Gi"
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """Whose schedules they are."""
        return Scope(self.plumbline_project, self.target)


def run_arguments(schedule: Schedule, target: str) -> tuple[str, ...]:
    """plumbline's options: the exit code is for faults, as findings go to people by alerts."""
    return ("run", schedule.checkpoint, "--fail-on", "error", "--target", target)


def unit_names(schedules: Sequence[Schedule], scope: Scope | None = None) -> dict[str, str]:
    """By schedule: a name that systemd, Google Cloud and GitHub all take.

    Args:
        schedules: of one project.
        scope: whose they are, where others' are beside them.

    Raises:
        ConfigError: two schedules would have the same one, or one is too long.
    """
    names: dict[str, str] = {}
    for schedule in schedules:
        word = _word(schedule.name)
        name = f"{'plumbline' if scope is None else scope.name}-{word}"
        if not word or len(name) > _LONGEST or name in names.values():
            raise ConfigError(
                f"the job of schedule {schedule.name!r} would be called {name!r}, like another one"
                if name in names.values()
                else f"the name of schedule {schedule.name!r} can't be the name of a job",
                file=SCHEDULE_FILE,
                key="name",
                fix="give it a name of its own, of letters and digits; with those of the project "
                f"and the target at most {_LONGEST} in all",
            )
        names[schedule.name] = name
    return names


def _word(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def maintenance_notes(schedule: Schedule) -> tuple[str, ...]:
    """What happens in its maintenance windows, which no other scheduler knows."""
    if not schedule.maintenance:
        return ()
    return (
        f"Maintenance of {printable(schedule.name)}:",
        *(f"  {window.describe()}" for window in schedule.maintenance),
        "The scheduler starts the run in it anyway; `plumbline run` reads the windows in",
        "checkpoints/schedule.yml, checks nothing and ends with exit code 0.",
    )


def printable(text: str) -> str:
    """``text``, which is to stand on one line of a file.

    Raises:
        ConfigError: it has control characters.
    """
    if not text.isprintable():
        raise ConfigError(f"{text!r} has control characters", fix="rename it without them")
    return text


def comment(lines: Iterable[str]) -> str:
    """Each line behind a ``#``."""
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)
