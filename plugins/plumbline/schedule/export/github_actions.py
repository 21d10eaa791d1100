"""GitHub Actions: a workflow a schedule.

GitHub reads cron in UTC only. A zone with daylight saving has two distances from it, so each has
crons of its own, and a first step lets only those go on that fit the zone's clock of the day.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

from plumbline.core.cron import shortest_gap
from plumbline.core.errors import ConfigError
from plumbline.history.heartbeat import SCHEDULE_VARIABLE
from plumbline.project.find import STATE_DIR_VARIABLE
from plumbline.project.schedule import Schedule
from plumbline.project.targets import PROJECT_VARIABLE
from plumbline.schedule.export.files import (
    Cloud,
    ExportFile,
    comment,
    maintenance_notes,
    printable,
    run_arguments,
    unit_names,
)
from plumbline.schedule.export.plain import (
    ALL_DAYS,
    ALL_MONTHS,
    ALL_WEEKDAYS,
    PlainTimes,
    plain_times,
    ranges,
    refusal,
    refuse_two_kinds_of_days,
)

# By commit, because the owner of an action can move a tag, and the job can sign in to Google.
_CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
_SETUP_PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"
_GOOGLE_AUTH = "google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093 # v3.0.0"

_OWN_TOKEN = "GITHUB_TOKEN"
"""The workflow's, which has no permission but those that the workflow names."""
_MOST_OFTEN = timedelta(minutes=5)
_SETTING_UP = timedelta(minutes=15)
"""For all steps before the run."""
_DAY = 24 * 60
_GITHUB = "GitHub's cron"


def write_github_actions(
    schedules: Sequence[Schedule],
    cloud: Cloud,
    *,
    installing: Sequence[str],
    folder: str = ".",
    dbt: str | None = None,
    now: datetime,
) -> list[ExportFile]:
    """A workflow for each, for ``.github/workflows``.

    Args:
        cloud: where BigQuery is; what is not said is a variable of the repository.
        installing: the commands that install plumbline, at the root of the repository.
        folder: the project's, below that root.
        dbt: the folder of the dbt project whose manifest monitors read; None: they read none.
        now: from which year on the zone's clock is looked at.

    Raises:
        ConfigError: GitHub can't say a schedule.
    """
    names = unit_names(schedules, cloud.scope)
    return [
        _workflow(
            one, cloud, names[one.name], installing=installing, folder=folder, dbt=dbt, now=now
        )
        for one in schedules
    ]


def utc_crons(schedule: Schedule, now: datetime) -> dict[str, tuple[timedelta, ...]]:
    """Crons in UTC, each with the zone's distances from UTC at which it counts.

    Raises:
        ConfigError: a day in the zone is another day of the month in UTC, or it is too often.
    """
    times = plain_times(schedule, scheduler=_GITHUB)
    refuse_two_kinds_of_days(schedule, times, scheduler=_GITHUB)
    if shortest_gap(schedule.cron) < _MOST_OFTEN:
        raise refusal(
            schedule,
            "GitHub runs a workflow every 5 minutes at most",
            "run it less often, or use `plumbline schedule run`",
        )
    found: dict[str, tuple[timedelta, ...]] = {}
    for offset in _offsets(schedule, now):
        for cron in _shifted(schedule, times, offset):
            found[cron] = (*found.get(cron, ()), offset)
    return found


def _offsets(schedule: Schedule, now: datetime) -> list[timedelta]:
    """The zone's distances from UTC this year and next, the earliest of a year first."""
    days = (datetime(now.year, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(730))
    offsets = (day.astimezone(schedule.timezone).utcoffset() for day in days)
    return list(dict.fromkeys(offset for offset in offsets if offset is not None))


def _shifted(schedule: Schedule, times: PlainTimes, offset: timedelta) -> Iterator[str]:
    """``times`` in UTC; what falls on another day there makes crons of its own."""
    hours: dict[tuple[str, int], set[int]] = {}
    for hour, minute in product(times.hours, times.minutes):
        day, rest = divmod(hour * 60 + minute - round(offset.total_seconds() / 60), _DAY)
        hours.setdefault((_days(schedule, times, day), rest % 60), set()).add(rest // 60)
    minutes: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for (days, minute), found in hours.items():
        minutes.setdefault((days, tuple(sorted(found))), []).append(minute)
    for (days, of_days), together in minutes.items():
        yield f"{_field(tuple(sorted(together)), 60)} {_field(of_days, 24)} {days}"


def _days(schedule: Schedule, times: PlainTimes, shift: int) -> str:
    if shift and (times.days != ALL_DAYS or times.months != ALL_MONTHS):
        raise refusal(
            schedule,
            f"GitHub's cron is in UTC, where that time of {schedule.timezone.key} is on another "
            "day, possibly of another month",
            "choose hours that are the same day in UTC, or use another format",
        )
    weekdays = tuple(sorted((day + shift) % 7 for day in times.weekdays))
    return " ".join(
        "*" if numbers == every else ranges(numbers, "-")
        for numbers, every in (
            (times.days, ALL_DAYS),
            (times.months, ALL_MONTHS),
            (weekdays, ALL_WEEKDAYS),
        )
    )


def _field(numbers: tuple[int, ...], size: int) -> str:
    return "*" if len(numbers) == size else ranges(numbers, "-")


def _workflow(
    schedule: Schedule,
    cloud: Cloud,
    name: str,
    *,
    installing: Sequence[str],
    folder: str,
    dbt: str | None,
    now: datetime,
) -> ExportFile:
    crons = utc_crons(schedule, now)
    offsets = sorted({offset for fitting in crons.values() for offset in fitting})
    needs_guard = any(len(fitting) < len(offsets) for fitting in crons.values())
    zone = schedule.timezone.key
    header = [
        cloud.scope.made_by("github-actions"),
        "Put it into .github/workflows at the root of the repository.",
        "",
        f"{schedule.cron}, {zone}. GitHub reads cron in UTC. When it is busy, it starts a run late",
        "or drops it. It doesn't catch up missed runs.",
    ]
    if needs_guard:
        header += [
            f"{zone} has {len(offsets)} offsets from UTC in a year. Each has its own crons, and",
            "the first step stops those that don't apply today. When the clocks change, a time in",
            "the skipped hour doesn't run, and one in the repeated hour runs twice.",
        ]
    if dbt is not None:
        header += [
            f"Monitors read dbt's manifest: before the run, add a step for the folder {dbt} with",
            "`dbt deps && dbt compile`, and dbt to what is installed.",
        ]
    header += maintenance_notes(schedule)
    account = cloud.service_account or "${{ vars.GCP_SERVICE_ACCOUNT }}"
    project = cloud.project or f"${{{{ vars.{PROJECT_VARIABLE} }}}}"
    only_if = "        if: steps.due.outputs.now == 'yes'\n" if needs_guard else ""
    environment = {
        PROJECT_VARIABLE: project,
        SCHEDULE_VARIABLE: schedule.name,
        STATE_DIR_VARIABLE: "${{ runner.temp }}/plumbline",
        **{one: f"${{{{ secrets.{one} }}}}" for one in cloud.secrets},
    }
    text = "".join(
        (
            comment(header),
            f"name: {_text(f'plumbline {cloud.plumbline_project}: {schedule.name}')}\n",
            "on:\n  schedule:\n",
            *(f"    - cron: {_text(cron)}\n" for cron in crons),
            "  workflow_dispatch:\n",
            "permissions:\n  contents: read\n",
            "concurrency:\n",
            f"  group: {_text(f'{cloud.scope.name}-{schedule.checkpoint}')}\n",
            "  cancel-in-progress: false\n",
            "jobs:\n  run:\n    runs-on: ubuntu-latest\n",
            f"    timeout-minutes: {_minutes(schedule.deadline + _SETTING_UP)}\n",
            "    permissions:\n      contents: read\n",
            "      id-token: write # to authenticate to Google without a key\n",
            "      issues: write # for a channel that writes issues\n"
            if _OWN_TOKEN in cloud.secrets
            else "",
            "    steps:\n",
            _guard(crons, zone) if needs_guard else "",
            f"      - uses: {_CHECKOUT}\n{only_if}",
            "        with:\n          persist-credentials: false\n",
            f"      - uses: {_SETUP_PYTHON}\n{only_if}",
            '        with:\n          python-version: "3.12"\n',
            f"      - name: Install plumbline\n{only_if}        run: |\n",
            *(f"          {_shell_line(line)}\n" for line in installing),
            f"      - uses: {_GOOGLE_AUTH}\n{only_if}        with:\n",
            "          workload_identity_provider: ",
            '"${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}"\n',
            f"          service_account: {_text(account)}\n",
            f"      - name: Run {_plain(schedule.checkpoint)}\n{only_if}",
            f"        timeout-minutes: {_minutes(schedule.deadline)}\n",
            "        env:\n",
            *(f"          {key}: {_text(value)}\n" for key, value in environment.items()),
            f"        run: {_text(_command(schedule, cloud, folder))}\n",
        )
    )
    return ExportFile(f"{name}.yml", text)


def _guard(crons: dict[str, tuple[timedelta, ...]], zone: str) -> str:
    patterns = " | ".join(
        f'"{cron}/{_offset(offset)}"' for cron, fitting in crons.items() for offset in fitting
    )
    return f"""\
      - name: Does this cron apply today in {zone}?
        id: due
        env:
          CRON: ${{{{ github.event.schedule }}}}
        run: |
          case "$CRON/$(TZ={zone} date +%z)" in
            {patterns} | /*)  # the last one: started by hand
              echo "now=yes" >> "$GITHUB_OUTPUT" ;;
            *)
              echo "$CRON doesn't apply today" ;;
          esac
"""


def _offset(offset: timedelta) -> str:
    """``-0700``, as `date` says it."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"


def _minutes(time: timedelta) -> int:
    return math.ceil(time.total_seconds() / 60)


def _command(schedule: Schedule, cloud: Cloud, folder: str) -> str:
    words = ["plumbline", *(_plain(word) for word in run_arguments(schedule, cloud.target))]
    if folder != ".":
        words += ["--project-dir", _shell_line(shlex.quote(folder))]
    return " ".join(words)


def _shell_line(text: str) -> str:
    """A line for the shell, which GitHub gives to it as it is.

    Raises:
        ConfigError: it would read an expression in it.
    """
    if "${{" in printable(text):
        raise ConfigError(
            f"{text!r} has characters that a workflow can't hold", fix="rename the folder"
        )
    return text


def _plain(word: str) -> str:
    """A word that neither YAML nor the shell nor GitHub reads as something else."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|--[a-z-]+", word):
        raise ConfigError(
            f"{word!r} has characters that a workflow can't hold",
            fix="rename it to letters, digits, dots, dashes and underscores",
        )
    return word


def _text(text: str) -> str:
    """In quotes, as YAML reads JSON's."""
    return json.dumps(text)
