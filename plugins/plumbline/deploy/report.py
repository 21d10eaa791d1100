"""The reports of ``plumbline deploy``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from plumbline.core.status import (
    EXIT_CRITICAL,
    EXIT_ERROR,
    EXIT_OK,
    EXIT_WARNING,
    Status,
    run_status,
)
from plumbline.core.text import local_moment, moment, rfc3339
from plumbline.deploy.drift import Drift, DriftReport, worst_first
from plumbline.deploy.wording import missing_commits, summary
from plumbline.report.page import (
    Line,
    Result,
    Results,
    Section,
    Strong,
    Verdict,
    action,
    fix_facts,
    runbook,
)

if TYPE_CHECKING:
    from plumbline.deploy.check import CheckReport, CheckResult
    from plumbline.deploy.verify import Line as LookedAt
    from plumbline.deploy.verify import Look, Verified

SCHEMA_VERSION = 1


def drift_page(report: DriftReport) -> list[Section]:
    """A line a service, worst first; below a drifted one what it does not run."""
    results = Results.of_names(
        (
            drift.service.name,
            Result(
                drift.status(report.limits), summary(drift), tuple(_drift_facts(drift, report.at))
            ),
        )
        for drift in worst_first(report)
    )
    head = f"Deployment drift · {moment(report.at)}"
    return [Section(head, report.failures), Section("", (results,))]


def drift_dict(report: DriftReport) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "at": rfc3339(report.at),
        "status": str(run_status(report.statuses)),
        "exit_code": report.exit_code,
        "services": [_service(drift, report) for drift in report.drifts],
        "notes": list(report.failures),
    }


def result_page(result: CheckResult, earlier: Sequence[CheckResult] = ()) -> list[Section]:
    """A check, with its details and its fix; if an ``earlier`` one could not be made for the same
    reason, a reference to it."""
    same = next((one for one in earlier if replace(one, name=result.name) == result), None)
    if same is not None and result.status is Status.ERROR:
        what = f"{result.name}: not checked, see {same.name}"
        return [Section("", (Results((Result(result.status, what),)),))]
    facts = [("", detail) for detail in result.details]
    fix = () if result.status is Status.PASS else fix_facts(result.fix)
    shown = Result(result.status, f"{result.name}: {result.what}", (*facts, *fix))
    return [Section("", (Results((shown,)),))]


_ADVICE = {
    EXIT_OK: "all checks passed",
    EXIT_WARNING: "decide yourself: there are warnings",
    EXIT_CRITICAL: "don't deploy: fix what is CRITICAL first",
    EXIT_ERROR: "some checks could not run",
}


def checks_ending(report: CheckReport) -> list[Section]:
    """The last line, below one a check."""
    status, code = run_status(report.statuses), report.exit_code
    line = f"{report.service} · {status}: {_ADVICE[code]} · exit {code}"
    return [Section("", ("", Verdict(line, status)))]


def checks_dict(report: CheckReport) -> dict[str, object]:
    return {
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


def look_page(look: Look) -> list[Section]:
    """What was found after the deployment, each beside what it was before."""
    head = f"{look.service.name}, deployed {moment(look.since)}, checked {moment(look.at)}"
    results = tuple(
        Result(one.status, f"{one.name}: {_said_once(one.summary)}", tuple(_look_facts(one)))
        for one in look.lines
    )
    return [Section(head), Section("", (Results(results),))]


def _said_once(summary: str) -> str:
    """A summary whose failures don't end with the number that it begins with."""
    observed, *failures = summary.split("; ")
    again = f": observed {observed}", f": {observed}"
    said = (one.removesuffix(again[0]).removesuffix(again[1]) for one in failures)
    return "; ".join([observed, *said])


def _look_facts(line: LookedAt) -> Iterator[tuple[str, Line]]:
    before = _said_once(line.before_summary)
    if line.compared == "new":
        yield "before", "not known"
    elif line.before is not None and line.compared != "same":
        yield "before", f"{line.before} ({before})"
    elif line.before is not None and line.status.is_failing:
        yield "before", f"{line.before} too ({before})"
    if line.status is Status.ERROR:
        yield from fix_facts(line.action)
    elif line.status.is_failing and line.action:
        yield "do", action(line.action)
    if line.status.is_failing and line.runbook:
        yield "runbook", runbook(line.runbook)


_ENDINGS = {
    "calm": "calm: nothing is failing",
    "worse": "worse: something fails that did not fail before",
    "not calm": "not calm: everything that fails now also failed before",
}


def verified_ending(found: Verified, code: int) -> list[Section]:
    """The last line, below the looks."""
    line = f"{found.last.service.name} is {_ENDINGS[found.ending]} · exit {code}"
    return [Section("", ("", Strong(line)))]


def verified_dict(found: Verified, code: int) -> dict[str, object]:
    """For machines: the last look, and how it ended."""
    look = found.last
    return {
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


def _drift_facts(drift: Drift, now: datetime) -> Iterator[tuple[str, Line]]:
    if drift.deployed is not None:
        yield "runs", _runs(drift, now.tzinfo)
    for place, commit in enumerate(missing_commits(drift)):
        yield ("" if place else "missing"), commit
    yield from fix_facts("deploy it" if drift.is_drifted else drift.fix)
    if drift.is_drifted and drift.service.entry.runbook:
        yield "runbook", runbook(drift.service.entry.runbook)


def _runs(drift: Drift, zone: tzinfo | None) -> str:
    known = drift.deployed
    assert known is not None
    text = f"{known.commit[:12]} ({known.found_by}"
    if known.revision:
        text += f", revision {known.revision}"
    if known.at is not None:
        text += f", since {local_moment(known.at.astimezone(zone))}"
    return f"{text})"


def _service(drift: Drift, report: DriftReport) -> dict[str, object]:
    behind, deployed = drift.behind, drift.deployed
    return {
        "name": drift.service.name,
        "status": str(drift.status(report.limits)),
        "deployed_commit": deployed.commit if deployed else None,
        **drift.facts,
        "oldest_at": rfc3339(behind.oldest_at) if behind and behind.oldest_at else None,
        "commits": [
            {"sha": one.sha, "at": rfc3339(one.at), "author": one.author, "subject": one.subject}
            for one in (behind.what if behind else ())
        ],
        "reason": drift.reason,
        "owner": drift.service.entry.owner,
        "runbook": drift.service.entry.runbook,
    }
