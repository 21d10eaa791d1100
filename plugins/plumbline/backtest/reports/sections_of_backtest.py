"""A backtest as sections: what was found when, what was noise, what was seen how."""

from __future__ import annotations

from plumbline.backtest.findings import Finding
from plumbline.backtest.replay import PastIncident
from plumbline.backtest.report import Backtest
from plumbline.backtest.reports.sections import Section, length, moment
from plumbline.core.status import Status

_MOST_FALSE = 50
_COUNTED = (Status.PASS, Status.WARNING, Status.CRITICAL, Status.ERROR, Status.SKIPPED)


def backtest_sections(backtest: Backtest) -> list[Section]:
    """All sections, most telling first."""
    sections = [_head(backtest)]
    if backtest.labelled:
        sections += [_incidents(backtest), _false_alarms(backtest)]
    else:
        sections.append(_all_incidents(backtest))
    sections += [_monitors(backtest), _tables(backtest)]
    if backtest.notes:
        sections.append(Section("What to know", after=tuple(f"- {n}" for n in backtest.notes)))
    return [one for one in sections if one.rows or one.lines or one.after]


def verdict(backtest: Backtest) -> str:
    """The last line: how good the suites were."""
    score = backtest.score
    parts = []
    if backtest.labelled:
        judged = score.count("found") + score.count("missed")
        parts.append(f"{score.count('found')} of {judged} incidents found")
        parts.append(_many(len(score.false_alarms), "false alarm"))
        if score.precision is not None:
            parts.append(f"precision {100 * score.precision:.0f} %")
    else:
        parts.append(_many(len(backtest.replay.incidents), "incident"))
    parts.append(f"{_many(score.alerts, 'alert')}, {score.alerts_per_week:.1f} a week")
    parts.append(_many(backtest.jobs, "job"))
    parts.append(f"{backtest.seconds:.1f} s")
    return " · ".join(parts)


def _head(backtest: Backtest) -> Section:
    span, zone = backtest.span, backtest.zone
    revision = f"suites {backtest.revision}" if backtest.revision else "not in git"
    return Section(
        f"Backtest of {backtest.checkpoint}",
        lines=(
            f"{moment(span.first, zone)} to {moment(span.last, zone)} {zone.key}, {span.how}: "
            f"{len(span.instants)} runs · target {backtest.target} · {revision}",
            verdict(backtest),
        ),
    )


def _incidents(backtest: Backtest) -> Section:
    return Section(
        "Incidents",
        header=(
            "incident",
            "began",
            "due",
            "found",
            "by",
            "delay",
            "told",
            "alerts",
            "resolved in",
        ),
        rows=tuple(_incident(backtest, finding) for finding in backtest.score.findings),
    )


def _incident(backtest: Backtest, finding: Finding) -> tuple[str, ...]:
    label, zone = finding.label, backtest.zone
    start = (label.id, moment(label.began, zone), moment(label.due, zone))
    if finding.first is None:
        return (*start, finding.result, finding.reason, "", "", "", "")
    by = ", ".join(
        f"{seen.monitor} {seen.status}"
        + ("" if seen.at == finding.first.at else f" after {length(seen.at - finding.first.at)}")
        for seen in finding.sightings
    )
    return (
        *start,
        moment(finding.first.at, zone),
        by,
        length(finding.delay),
        moment(finding.told_at, zone) or "nobody",
        str(finding.alerts),
        length(finding.time_to_resolve) or "open at the end",
    )


def _false_alarms(backtest: Backtest) -> Section:
    score = backtest.score
    false = score.false_alarms[:_MOST_FALSE]
    rows = [_past(backtest, one, "false alarm") for one in false]
    rows += [_past(backtest, one, "could not be checked") for one in score.unchecked[:_MOST_FALSE]]
    more = len(score.false_alarms) + len(score.unchecked) - len(rows)
    return Section(
        "Alerts that no labelled incident explains",
        lines=() if rows else ("none",),
        header=_PAST,
        rows=tuple(rows),
        after=(f"and {more} more",) if more else (),
    )


def _all_incidents(backtest: Backtest) -> Section:
    found = backtest.replay.incidents
    return Section(
        "Incidents as the range would have seen them",
        lines=() if found else ("none",),
        header=_PAST,
        rows=tuple(_past(backtest, one, one.kind) for one in found[:_MOST_FALSE]),
        after=(f"and {len(found) - _MOST_FALSE} more",) if len(found) > _MOST_FALSE else (),
    )


_PAST = ("monitor", "what", "opened", "worst", "alerts", "ended in", "summary")


def _past(backtest: Backtest, one: PastIncident, what: str) -> tuple[str, ...]:
    ended = None if one.closed_at is None else one.closed_at - one.opened_at
    return (
        one.monitor,
        what,
        moment(one.opened_at, backtest.zone),
        str(one.worst),
        str(one.told),
        length(ended) or "open at the end",
        one.summary,
    )


def _monitors(backtest: Backtest) -> Section:
    return Section(
        "Monitors",
        header=("monitor", *map(str, _COUNTED), "incidents", "alerts", "false alarms"),
        rows=tuple(
            (
                one.name,
                *(str(one.counts.get(status, 0)) for status in _COUNTED),
                str(one.incidents),
                str(one.alerts),
                str(one.false_alarms) if backtest.labelled else "",
            )
            for one in backtest.monitors
        ),
    )


def _tables(backtest: Backtest) -> Section:
    return Section(
        "Tables, and how they were seen",
        after=tuple(f"- {table.describe()}" for table in backtest.tables),
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
