"""``plumbline alerts``: manages incidents and notifications."""

from __future__ import annotations

import getpass
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.completion import complete_monitors
from plumbline.cli.options import check_monitor, flag, format_option, option, target_option
from plumbline.cli.output import write_report, write_text
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError, did_you_mean, require
from plumbline.core.instants import in_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.alerts.incidents.model import Incident
    from plumbline.alerts.report import AlertsReport
    from plumbline.alerts.service import AlertService
    from plumbline.alerts.state import AlertState, Pending
    from plumbline.project import Project


def list_incidents(target: str | None, show_all: bool, form: str) -> int:
    """List open incidents, mutes, and undelivered messages."""
    from plumbline.report import alerts as views

    project, alert_service = _alerting(target)
    state = alert_service.store.load()
    view = views.overview(state, project.mutes, _now(project), with_closed=show_all)
    write_report(form, view, page=views.overview_page, data=views.overview_dict)
    return 0


def show(incident: str, target: str | None, form: str) -> int:
    """Show an incident: what fails, and its timeline.

    INCIDENT is the id from a message, the beginning of the id, or the monitor's name. If no
    incident of the monitor is open, its newest one is shown, with how and when it ended.
    """
    from plumbline.alerts.editing import NoIncidentError, find_incident, last_ended
    from plumbline.alerts.store import EVER
    from plumbline.report import alerts as views

    project, alert_service = _alerting(target)
    state = alert_service.store.load()
    events: list[dict[str, Any]] = []
    try:
        found: Incident | None = find_incident(state, incident)
    except NoIncidentError:
        found = last_ended(state, incident)
        if found is None:  # one that ended long ago is kept in the history only
            events = alert_service.store.events_of(incident, since=EVER)
            if not events:
                raise
    if found is None:
        last = str(events[-1]["incident_id"])
        view = views.IncidentDetails(last, None, events, (), _now(project))
    else:
        view = views.IncidentDetails(
            found.id,
            found,
            alert_service.store.events_of(found.id, since=found.opened_at),
            tuple(
                pending
                for pending in state.outbox
                if any(item.incident == found.id for item in pending.message.items)
            ),
            _now(project),
        )
    write_report(form, view, page=views.incident_page, data=views.incident_dict)
    return 0


def ack(
    incident: str,
    by: str | None,
    note: str,
    groups: tuple[str, ...],
    lasting: str | None,
    target: str | None,
) -> int:
    """Acknowledge an incident: stop reminders until its status changes.

    The acknowledgement covers the groups that fail now. A group that fails later is notified.
    """
    from plumbline.alerts.editing import acknowledged, find_incident
    from plumbline.project.alerts import read_duration
    from plumbline.report import alerts as views

    project, alert_service = _alerting(target)
    who, now = by or _user(), _now()
    until = None if lasting is None else now + read_duration(lasting, key="--for")
    state = _edit(
        alert_service,
        lambda state: acknowledged(
            state, incident, by=who, at=now, note=note, until=until, groups=groups
        ),
    )
    found = find_incident(state, incident)
    write_text(views.acknowledged(found, _now(project)) + "\n")
    return 0


def close(incident: str, by: str | None, reason: str | None, target: str | None) -> int:
    """Close an incident by hand, and notify whoever was notified of it.

    If the monitor still fails, the next run opens a new incident.
    """
    from plumbline.core.run import Run, new_run_id
    from plumbline.core.safe_text import one_line

    by, reason = require(
        "closing an incident",
        {"--by": (by, "ana"), "--reason": (reason, '"the feed was retired"')},
    )
    project, alert_service = _alerting(target)
    chosen = project.target(target)
    run = Run(new_run_id(_now()), "", chosen.name, _now(project), project.revision)
    with show_progress() as progress:
        alert_service.progress = progress.step
        closed, report = alert_service.close(incident, by=by, reason=reason, run=run)
    write_text(f"{closed.id} is closed by {one_line(by)}: {one_line(reason)}\n")
    return _write_report(report)


def mute(
    monitor: str,
    until: str | None,
    lasting: str | None,
    owner: str | None,
    reason: str | None,
    target: str | None,
) -> int:
    """Mute a monitor's notifications until a given time. The monitor still runs.

    To keep a mute under version control, add it to checkpoints/mutes.yml instead.
    """
    from plumbline.alerts.editing import muted
    from plumbline.core.mute import Mute

    _, owner, reason = require(
        "a mute",
        {
            "--for": (lasting or until, "2d"),
            "--owner": (owner, "ml-platform"),
            "--reason": (reason, '"backfill until Thursday"'),
        },
    )
    project, alert_service = _alerting(target)
    if not project.has_monitor(monitor):
        check_monitor(project, monitor, recorded=alert_service.store.load().known.monitors)
    now = _now()
    end = _until(project, until, lasting, now)
    made = Mute(
        monitor=monitor, owner=owner, reason=reason, until=end, source="command", created_at=now
    )
    _edit(alert_service, lambda state: muted(state, made, now))
    write_text(made.describe() + "\n")
    return 0


def unmute(monitor: str, target: str | None) -> int:
    """Unmute a monitor. If it still fails, the next run sends a notification."""
    from plumbline.alerts.editing import unmuted

    _, alert_service = _alerting(target)
    _edit(alert_service, lambda state: unmuted(state, monitor))
    write_text(f"{monitor} is no longer muted. If it still fails, the next run notifies.\n")
    return 0


def test(channels: tuple[str, ...], only_print: bool, target: str | None) -> int:
    """Send a sample of each severity to its route and show the responses.

    The samples are marked as samples and don't change incidents.
    """
    from plumbline.alerts.channels.wording import plain_text
    from plumbline.alerts.factory import open_project_channels
    from plumbline.alerts.sample import routed_samples, send_samples
    from plumbline.core.safe_text import one_line
    from plumbline.core.status import EXIT_ERROR, EXIT_OK

    session = current_session()
    project = session.project()
    chosen = project.target(target)
    for name in channels:
        if name not in project.alerts.channels:
            raise ConfigError(
                f"there is no channel {name!r}",
                key="--channel",
                fix=did_you_mean(name, project.alerts.channels),
            )
    if only_print:
        for message in routed_samples(
            project.alerts, target=chosen.name, now=session.clock(), only=channels
        ):
            write_text(f"To {message.channel}:\n{plain_text(message, limit=4000)}\n\n")
        return EXIT_OK
    opened = open_project_channels(project)
    with show_progress() as progress:
        results = send_samples(
            project.alerts,
            opened,
            target=chosen.name,
            now=session.clock(),
            only=channels,
            progress=progress.step,
        )
    for result in results:
        word = "OK    " if result.is_delivered else "FAILED"
        write_text(f"{word}  {result.status:<8}  {result.channel}: {one_line(result.detail)}\n")
    return EXIT_OK if all(result.is_delivered for result in results) else EXIT_ERROR


def drop(message: str, by: str | None, reason: str, target: str | None) -> int:
    """Drop waiting messages that can't be delivered. Who dropped them and why is stored.

    MESSAGE is an id that `plumbline alerts list` shows, or a channel's name for all messages that
    wait for it.
    """
    from plumbline.alerts.editing import dropped
    from plumbline.core.safe_text import one_line
    from plumbline.core.text import count
    from plumbline.report.alerts import waiting_line

    project, alert_service = _alerting(target)
    who, now = by or _user(), _now()
    gone: list[Pending] = []

    def without(state: AlertState) -> AlertState:
        left = dropped(state, message, by=who, reason=reason, at=now)
        gone[:] = [one for one in state.outbox if one not in left.outbox]
        return left

    _edit(alert_service, without)
    write_text(f"{count(len(gone), 'messages')} dropped by {one_line(who)}, never delivered:\n")
    for one in gone:
        write_text(f"- {one_line(waiting_line(one, _now(project)))}\n")
    return 0


def flush(force: bool, target: str | None) -> int:
    """Deliver waiting messages, in order."""

    _, alert_service = _alerting(target)
    with show_progress() as progress:
        alert_service.progress = progress.step
        report = alert_service.flush(force=force)
    code = _write_report(report)
    if not report.lines and not report.waiting:
        write_text("No messages are waiting.\n")
    return code


def _edit(service: AlertService, change: Callable[[AlertState], AlertState]) -> AlertState:
    """Make and commit a change by hand; the state after it."""
    from plumbline.alerts.editing import edit

    with show_progress() as progress:
        return edit(service.store, change, now=_now(), progress=progress.step)


def _write_report(report: AlertsReport) -> int:
    """Write what was sent; the exit code."""
    from plumbline.core.safe_text import one_line
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.report.wording import alerts

    for line in (*alerts(report.lines), *report.notes):
        write_text(one_line(line) + "\n")
    return EXIT_ERROR if report.waiting else EXIT_OK


def _alerting(target: str | None) -> tuple[Project, AlertService]:
    from plumbline.alerts.factory import make_alert_service
    from plumbline.warehouse.ready import ensure_ready

    session = current_session()
    project = session.project()
    with show_progress() as progress:
        chosen = ensure_ready(project.target(target), progress.long_step)
    return project, make_alert_service(project, chosen, clock=session.clock)


def _now(project: Project | None = None) -> datetime:
    now = current_session().clock()
    return now if project is None else now.astimezone(project.timezone)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER", "somebody")


def _until(project: Project, until: str | None, lasting: str | None, now: datetime) -> datetime:
    from plumbline.project.alerts import read_duration
    from plumbline.project.mutes import read_until

    if until is not None and lasting is not None:
        raise ConfigError(
            "--for and --until are both given",
            key="--for",
            fix="give one of them: --for 2d, or --until 2026-02-10",
        )
    if lasting is not None:
        return (now + read_duration(lasting, key="--for")).astimezone(project.timezone)
    end = read_until(str(until), zone=project.timezone, key="--until")
    if in_utc(end) <= in_utc(now):
        raise ConfigError(f"{until} has passed", key="--until", fix="give a later end")
    return end


_ERROR = {3: "ERROR: the state of alerts is unreachable"}


def _incident() -> click.Argument:
    # A monitor's name does; ids are in the warehouse, for which a key press doesn't wait.
    return click.Argument(["incident"], metavar="INCIDENT", shell_complete=complete_monitors)


def _monitor() -> click.Argument:
    return click.Argument(["monitor"], metavar="MONITOR", shell_complete=complete_monitors)


command = Group(
    name="alerts",
    help=(
        "Manage incidents and notifications.\n\n"
        "checkpoints/alerts.yml configures channels and routes. The state is stored in "
        "plumbline's dataset in the warehouse."
    ),
    commands=[
        Command(
            name="list",
            callback=list_incidents,
            params=[
                flag("--all", "Include incidents that ended recently.", name="show_all"),
                target_option(),
                format_option("text", "json"),
            ],
            examples=(
                Example("plumbline alerts list", "list open incidents"),
                Example("plumbline alerts list --format json", "print JSON"),
            ),
            exit_codes=_ERROR,
        ),
        Command(
            name="show",
            callback=show,
            params=[_incident(), target_option(), format_option("text", "json")],
            examples=(
                Example(
                    "plumbline alerts show line_coverage", "show the monitor's newest incident"
                ),
            ),
            exit_codes=_ERROR,
        ),
        Command(
            name="ack",
            callback=ack,
            params=[
                _incident(),
                option("--by", "NAME", "Who acknowledges; default: you."),
                option("--note", "TEXT", "What is being done about it.", default=""),
                option(
                    "--group",
                    "COLUMN=VALUE",
                    "Cover only this failing group; repeatable.",
                    name="groups",
                    multiple=True,
                ),
                option("--for", "DURATION", "Expire after: 30m, 8h or 2d.", name="lasting"),
                target_option(),
            ],
            examples=(
                Example("plumbline alerts ack line_coverage", "acknowledge as yourself"),
                Example(
                    'plumbline alerts ack line_coverage --by ana --note "backfill runs"',
                    "acknowledge for somebody else, with a note",
                ),
                Example(
                    "plumbline alerts ack grading_completeness --group system_id=moving_average"
                    " --for 8h",
                    "acknowledge one group for eight hours",
                ),
            ),
            exit_codes=_ERROR,
        ),
        Command(
            name="close",
            callback=close,
            params=[
                _incident(),
                option("--by", "NAME", "Who closes it; required."),
                option("--reason", "TEXT", "Reason; required."),
                target_option(),
            ],
            examples=(
                Example(
                    'plumbline alerts close line_coverage --by ana --reason "feed retired"',
                    "close the monitor's open incident",
                ),
            ),
            exit_codes={
                0: "the incident is closed, and the messages are delivered",
                3: "a message is still waiting, or the state is unreachable",
            },
        ),
        Command(
            name="mute",
            callback=mute,
            params=[
                _monitor(),
                option("--for", "DURATION", "Duration: 30m, 12h or 2d.", name="lasting"),
                option("--until", "DATE|INSTANT", "End of the mute, instead of --for."),
                option("--owner", "NAME", "Who is responsible; required."),
                option("--reason", "TEXT", "Reason; required."),
                target_option(),
            ],
            examples=(
                Example(
                    'plumbline alerts mute bdb_coverage --for 2d --owner ana --reason "feed down"',
                    "mute for two days",
                ),
            ),
            exit_codes=_ERROR,
        ),
        Command(
            name="unmute",
            callback=unmute,
            params=[_monitor(), target_option()],
            examples=(Example("plumbline alerts unmute bdb_coverage", "end the mute early"),),
            exit_codes=_ERROR,
        ),
        Command(
            name="test",
            callback=test,
            params=[
                option(
                    "--channel",
                    "NAME",
                    "Test only this channel; repeatable.",
                    name="channels",
                    multiple=True,
                ),
                flag("--print", "Print the samples instead of sending them.", name="only_print"),
                target_option(),
            ],
            examples=(
                Example("plumbline alerts test", "test every route"),
                Example("plumbline alerts test --print", "show what would be sent"),
                Example("plumbline alerts test --channel slack-error", "test one channel"),
            ),
            exit_codes={
                0: "all samples were delivered",
                3: ("a sample was not delivered, or a channel is not configured"),
            },
        ),
        Command(
            name="flush",
            callback=flush,
            params=[
                flag(
                    "--force",
                    "Ignore the waiting time that a channel asked for, and send messages that it "
                    "still rejects to the fallback.",
                ),
                target_option(),
            ],
            examples=(
                Example("plumbline alerts flush", "retry after an outage of Slack"),
                Example("plumbline alerts flush --force", "use the fallback at once"),
            ),
            exit_codes={
                0: "no messages are waiting",
                3: "a message is still waiting, or the state is unreachable",
            },
        ),
        Command(
            name="drop",
            callback=drop,
            params=[
                click.Argument(["message"], metavar="MESSAGE"),
                option("--by", "NAME", "Who drops it; default: you."),
                option("--reason", "TEXT", "Reason.", required=True),
                target_option(),
            ],
            examples=(
                Example(
                    'plumbline alerts drop slack-error --reason "the channel was deleted"',
                    "drop what waits for a channel",
                ),
            ),
            exit_codes=_ERROR,
        ),
    ],
    examples=(
        Example("plumbline alerts list", "list open incidents"),
        Example("plumbline alerts test", "send a sample to every route"),
    ),
)
