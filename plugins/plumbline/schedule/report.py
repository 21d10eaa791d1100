"""What ``plumbline schedule check`` says."""

from __future__ import annotations

from plumbline.core.status import exit_code, run_status
from plumbline.core.text import moment, rfc3339
from plumbline.report.page import Items, Result, Results, Section, fix_facts
from plumbline.report.wording import alerts
from plumbline.schedule.watchdog_check import CheckReport

SCHEMA_VERSION = 1


def check_page(report: CheckReport) -> list[Section]:
    """A line for each that is watched, and below it what is wrong and the fix."""
    results = Results.of_names(
        (
            one.name,
            Result(
                one.status,
                "",
                tuple(
                    fact
                    for finding in one.findings
                    for fact in ((str(finding.kind), finding.what), *fix_facts(finding.fix))
                ),
            ),
        )
        for one in report.watched
    )
    head = f"schedule check · target {report.target} · {moment(report.now)}"
    sections = [Section(head, report.notes), Section("", (results,))]
    if report.alerts is not None and report.alerts.lines:
        told = tuple(alerts(report.alerts.lines))
        sections.append(Section("Alerts", (Items(told),)))
    return sections


def check_dict(report: CheckReport) -> dict[str, object]:
    lines = report.alerts.lines if report.alerts else ()
    return {
        "schema_version": SCHEMA_VERSION,
        "target": report.target,
        "now": rfc3339(report.now),
        "status": str(run_status(report.statuses)),
        "exit_code": exit_code(report.statuses, "warning"),
        "watched": [
            {
                "name": one.name,
                "status": str(one.status),
                "findings": [
                    {
                        "kind": str(finding.kind),
                        "status": str(finding.status),
                        "what": finding.what,
                        "mend": finding.fix,
                        "since": rfc3339(finding.since),
                    }
                    for finding in one.findings
                ],
            }
            for one in report.watched
        ],
        "alerts": [
            {
                "incident": line.incident,
                "event": str(line.event),
                "channel": line.channel,
                "delivered": line.delivered,
            }
            for line in lines
        ],
        "notes": list(report.notes),
    }
