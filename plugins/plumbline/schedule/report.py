"""What the watchdog says: as text for people and logs, as JSON for machines."""

from __future__ import annotations

import json

from plumbline.core.safe_text import one_line
from plumbline.core.status import exit_code, run_status
from plumbline.core.text import moment, rfc3339
from plumbline.report.wording import SYMBOLS, alert
from plumbline.schedule.watchdog_check import CheckReport

SCHEMA_VERSION = 1


def render_text(report: CheckReport) -> str:
    """A line for each that is watched, and below it what is wrong and the fix."""
    lines = [f"schedule check \u00b7 target {one_line(report.target)} \u00b7 {moment(report.now)}"]
    lines += [one_line(note) for note in report.notes]
    lines.append("")
    for one in report.watched:
        lines.append(f"{SYMBOLS[one.status]} {one.status:<8}  {one_line(one.name)}")
        for finding in one.findings:
            lines += [f"  {finding.kind}: {one_line(finding.what)}", f"    do  {finding.fix}"]
    if report.alerts is not None and report.alerts.lines:
        lines += ["", "Alerts", *(f"  {one_line(alert(line))}" for line in report.alerts.lines)]
    return "\n".join(lines) + "\n"


def render_json(report: CheckReport) -> str:
    """One JSON object."""
    alerts = report.alerts.lines if report.alerts else ()
    said = {
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
            for line in alerts
        ],
        "notes": list(report.notes),
    }
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"
