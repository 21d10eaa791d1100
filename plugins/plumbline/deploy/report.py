"""What ``plumbline deploy`` says: as text, as JSON; drift as Markdown for a summary, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plumbline.core.safe_text import one_line
from plumbline.core.status import (
    EXIT_CRITICAL,
    EXIT_ERROR,
    EXIT_OK,
    EXIT_WARNING,
    Status,
    run_status,
)
from plumbline.core.text import moment, rfc3339
from plumbline.deploy.drift import Drift, DriftReport, worst_first
from plumbline.deploy.wording import missing_commits, summary
from plumbline.report.wording import SYMBOLS

if TYPE_CHECKING:
    from plumbline.deploy.check import CheckReport, CheckResult
    from plumbline.deploy.verify import Look, Verified

SCHEMA_VERSION = 1


def render_text(report: DriftReport) -> str:
    """A line a service, worst first; below a drifted one what it does not run."""
    lines = [f"deploy drift \u00b7 {moment(report.at)}"]
    lines += [one_line(note) for note in report.failures]
    lines.append("")
    for drift in worst_first(report):
        status = drift.status(report.limits)
        lines.append(f"{SYMBOLS[status]} {status:<8}  {drift.service.name}: {summary(drift)}")
        if drift.deployed is not None:
            lines.append(f"    runs  {_runs(drift)}")
        lines += [f"    miss  {one_line(text)}" for text in missing_commits(drift)]
        if drift.fix:
            lines.append(f"    do    {one_line(drift.fix)}")
        elif drift.is_drifted and drift.service.entry.runbook:
            lines.append(f"    do    deploy it; {one_line(drift.service.entry.runbook)}")
    return "\n".join(lines) + "\n"


def render_markdown(report: DriftReport) -> str:
    """A table, and what is not deployed: for the summary of a workflow."""
    lines = [
        f"# Deployment drift, {moment(report.at)}",
        "",
        "| service | status | found |",
        "|---|---|---|",
    ]
    for drift in worst_first(report):
        status = drift.status(report.limits)
        found = _cell(summary(drift))
        lines.append(f"| {drift.service.name} | {SYMBOLS[status]} {status} | {found} |")
    for drift in worst_first(report):
        if drift.is_drifted:
            lines += ["", f"## {drift.service.name}", ""]
            lines += [f"- {_cell(text)}" for text in missing_commits(drift)]
    return "\n".join([*lines, *("\n" + note for note in report.failures)]) + "\n"


def render_json(report: DriftReport) -> str:
    """One JSON object."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "at": rfc3339(report.at),
        "status": str(run_status(report.statuses)),
        "exit_code": report.exit_code,
        "services": [_service(drift, report) for drift in report.drifts],
        "notes": list(report.failures),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def checked_text(found: CheckResult) -> str:
    """A line a check, with its fix and details below."""
    lines = [f"{SYMBOLS[found.status]} {found.status:<8}  {found.name}: {one_line(found.what)}"]
    lines += [f"    {one_line(detail)}" for detail in found.details]
    if found.fix and found.status is not Status.PASS:
        lines.append(f"    do  {one_line(found.fix)}")
    return "\n".join(lines) + "\n"


_ADVICE = {
    EXIT_OK: "all checks passed",
    EXIT_WARNING: "decide: there are warnings",
    EXIT_CRITICAL: "don't deploy: fix what is CRITICAL first",
    EXIT_ERROR: "not everything could be looked at",
}


def checks_ending(report: CheckReport) -> str:
    """The last line, below one a check."""
    code = report.exit_code
    return (
        f"\n{report.service} \u00b7 {run_status(report.statuses)}: {_ADVICE[code]} \u00b7 "
        f"exit {code}\n"
    )


def checks_json(report: CheckReport) -> str:
    """One JSON object."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "service": report.service,
        "at": rfc3339(report.at),
        "status": str(run_status(report.statuses)),
        "exit_code": report.exit_code,
        "checks": [
            {
                "name": one.name,
                "status": str(one.status),
                "what": one.what,
                "mend": one.fix,
                "details": list(one.details),
            }
            for one in report.results
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def look_text(look: Look) -> str:
    """What was found after the deployment, each beside what it was before."""
    lines = [
        f"{look.service.name}, deployed {moment(look.since)}, looked at {moment(look.at)}",
    ]
    for line in look.lines:
        lines.append(
            f"{SYMBOLS[line.status]} {line.status:<8}  {line.name}: {one_line(line.summary)}"
        )
        if line.compared == "new":
            lines.append("    before  not known")
        elif line.before is not None and line.compared != "same":
            lines.append(f"    before  {line.before} ({one_line(line.before_summary)})")
        elif line.before is not None and line.status.is_failing:
            lines.append(f"    before  {line.before} too ({one_line(line.before_summary)})")
        if line.status.is_failing:
            if line.action:
                lines.append(f"    do      {one_line(line.action)}")
            if line.runbook:
                lines.append(f"    runbook {one_line(line.runbook)}")
    return "\n".join(lines) + "\n"


_ENDINGS = {
    "calm": "calm: nothing is wrong",
    "worse": "worse: something is wrong that was not before",
    "not calm": "not calm: what is wrong was so before",
}


def verified_ending(found: Verified, code: int) -> str:
    """The last line, below the looks."""
    return f"{found.last.service.name} is {_ENDINGS[found.ending]} \u00b7 exit {code}\n"


def verified_json(found: Verified, code: int) -> str:
    """One JSON object: the last look, and how it ended."""
    look = found.last
    document = {
        "schema_version": SCHEMA_VERSION,
        "service": look.service.name,
        "since": rfc3339(look.since),
        "at": rfc3339(look.at),
        "ending": found.ending,
        "looks": len(found.looks),
        "status": str(run_status(look.statuses)),
        "exit_code": code,
        "found": [
            {
                "name": line.name,
                "status": str(line.status),
                "summary": line.summary,
                "before": None if line.before is None else str(line.before),
                "before_summary": line.before_summary,
                "compared": line.compared,
                "action": line.action,
                "runbook": line.runbook,
            }
            for line in look.lines
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _runs(drift: Drift) -> str:
    known = drift.deployed
    assert known is not None
    text = f"{known.commit[:12]} ({known.found_by}"
    if known.revision:
        text += f", revision {known.revision}"
    if known.at is not None:
        text += f", since {moment(known.at)}"
    return f"{text})"


def _service(drift: Drift, report: DriftReport) -> dict[str, object]:
    behind, deployed = drift.behind, drift.deployed
    return {
        "name": drift.service.name,
        "status": str(drift.status(report.limits)),
        "deployed_commit": deployed.commit if deployed else None,
        "found_by": deployed.found_by if deployed else None,
        "revision": deployed.revision if deployed else None,
        "main_commit": behind.main if behind else None,
        "last_own_commit": behind.last_own if behind else None,
        "commits_behind": behind.commits if behind else None,
        "own_commits_behind": behind.own if behind else None,
        "oldest_at": rfc3339(behind.oldest_at) if behind and behind.oldest_at else None,
        "commits": [
            {"sha": one.sha, "at": rfc3339(one.at), "author": one.author, "subject": one.subject}
            for one in (behind.what if behind else ())
        ],
        "reason": drift.reason,
        "owner": drift.service.entry.owner,
        "runbook": drift.service.entry.runbook,
    }


def _cell(text: str) -> str:
    """Text of commits in Markdown: no table cell ends early, no mention wakes anybody."""
    flat = one_line(text).replace("\\", "\\\\").replace("|", "\\|")
    return flat.replace("`", "'").replace("<", "&lt;").replace("@", "@\u200b")
