"""A crontab: ``flock`` against overlap, ``timeout`` for the deadline."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import groupby

from plumbline.project.schedule import Schedule
from plumbline.schedule.child import PATIENCE
from plumbline.schedule.export.files import (
    ExportFile,
    Machine,
    Scope,
    comment,
    maintenance_notes,
    printable,
    run_arguments,
    unit_names,
)
from plumbline.schedule.export.plain import plain_cron


def _head(scope: Scope) -> tuple[str, ...]:
    name = scope.name
    begin, end = f"/^# BEGIN {name}$/", f"/^# END {name}$/"
    return (
        f"BEGIN {name}",
        scope.made_by("cron"),
        "Add it to your crontab, in the place of an earlier one of this project and target:",
        f"  {{ crontab -l 2>/dev/null | sed '{begin},{end}d'; cat {name}.crontab; }} | crontab -",
        "",
        "CRON_TZ is read by cronie (Red Hat, Fedora, Arch) and systemd-cron. The cron of Debian",
        "and Ubuntu ignores it and reads every line in the machine's zone: use systemd there.",
        "Missed runs are not caught up. Set the secrets of channels in the crontab, one per line:",
        "SLACK_WEBHOOK_URL=... Don't commit a file that holds one.",
    )


def write_crontab(schedules: Sequence[Schedule], machine: Machine) -> list[ExportFile]:
    """One file with a line a schedule.

    Raises:
        ConfigError: cron can't say a schedule, or a path can't stand in a crontab.
    """
    names = unit_names(schedules, machine.scope)
    parts = [comment(_head(machine.scope))]
    for zone, of_zone in groupby(schedules, key=lambda one: one.timezone.key):
        parts.append(f"\nCRON_TZ={zone}\n")
        parts += [
            f"{comment(maintenance_notes(one))}"
            f"{plain_cron(one, scheduler='cron')} {_command(one, machine, names[one.name])}\n"
            for one in of_zone
        ]
    parts.append(f"# END {machine.scope.name}\n")
    return [ExportFile(f"{machine.scope.name}.crontab", "".join(parts))]


def _command(schedule: Schedule, machine: Machine, name: str) -> str:
    """For `sh`; cron itself would end the line at a `%`."""
    state = shlex.quote(str(machine.state.folder))
    lock = shlex.quote(str(machine.state.path(name, ".lock")))
    run = shlex.join(
        [
            *machine.command,
            *run_arguments(schedule, machine.target),
            *("--project-dir", str(machine.project_dir)),
        ]
    )
    seconds = int(schedule.deadline.total_seconds())
    variables = machine.variables(schedule).items()
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables)
    text = (
        f"mkdir -p {state} && {environment} flock -n {lock} "
        f"timeout --kill-after={int(PATIENCE.total_seconds())} {seconds} {run}"
    )
    return printable(text).replace("%", r"\%")
