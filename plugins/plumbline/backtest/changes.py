"""What changed between two versions of a project, as far as it decides what is alerted.

Files only: no warehouse is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from plumbline.checks.threshold_families import families_of
from plumbline.checks.thresholds import thresholds_of
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.history.cost.runs_per_month import runs_per_month
from plumbline.models import CompiledModel, Compiler
from plumbline.project import Project, Suite, Target
from plumbline.project.suites import ExpectationEntry

Kind = Literal["added", "removed", "thresholds", "measurement", "text", "broken"]
"""``thresholds``: stored numbers can be judged again. ``measurement``: other numbers or other
expectations, so both versions have to be asked. ``text``: nothing that is alerted."""

_SOME_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class MonitorChange:
    """One monitor that is another than before."""

    name: str
    kind: Kind
    what: tuple[str, ...]
    """What changed, in words."""


def monitor_changes(base: Project, head: Project, target: Target) -> tuple[MonitorChange, ...]:
    """The monitors that differ, by name."""
    compilers = Compiler(base, target), Compiler(head, target)
    before, after = set(base.monitor_names()), set(head.monitor_names())
    found = [MonitorChange(name, "removed", ("the suite was removed",)) for name in before - after]
    found += [MonitorChange(name, "added", ("a new suite",)) for name in after - before]
    for name in before & after:
        change = _change(name, base, head, compilers)
        if change is not None:
            found.append(change)
    return tuple(sorted(found, key=lambda one: one.name))


def other_changes(base: Project, head: Project, *, now: datetime) -> Iterator[str]:
    """Checkpoints, schedules, alerts and mutes that differ, in words."""
    names = {*base.checkpoint_names(), *head.checkpoint_names()}
    for name in sorted(names):
        was, is_ = _monitors(base, name), _monitors(head, name)
        if was is None:
            yield f"checkpoint {name} is new: {', '.join(is_ or ())}"
        elif is_ is None:
            yield f"checkpoint {name} was removed"
        elif set(was) != set(is_):
            gone, new = sorted(set(was) - set(is_)), sorted(set(is_) - set(was))
            words = [f"without {', '.join(gone)}"] if gone else []
            words += [f"with {', '.join(new)}"] if new else []
            yield f"checkpoint {name} runs {' and '.join(words)}"
    yield from _schedules(base, head, names, now)
    if base.alerts.policy != head.alerts.policy:
        yield "alerts.yml: reminders or flapping changed; the alerts below use the new settings"
    if base.alerts.routes != head.alerts.routes:
        yield "alerts.yml: routes changed"
    muted = {mute.monitor for mute in head.mutes} - {mute.monitor for mute in base.mutes}
    if muted:
        yield f"mutes.yml: mutes {', '.join(sorted(muted))}"


def _schedules(base: Project, head: Project, names: set[str], now: datetime) -> Iterator[str]:
    for name in sorted(names):
        before = sorted({one.times for one in base.schedules if one.checkpoint == name})
        after = sorted({one.times for one in head.schedules if one.checkpoint == name})
        if before == after:
            continue
        runs = (
            runs_per_month(base.schedules, name, now=now),
            runs_per_month(head.schedules, name, now=now),
        )
        yield (
            f"schedule of {name}: {' and '.join(before) or 'none'} → "
            f"{' and '.join(after) or 'none'}: {runs[0]:.0f} → {runs[1]:.0f} runs per month"
        )


def _change(
    name: str, base: Project, head: Project, compilers: tuple[Compiler, Compiler]
) -> MonitorChange | None:
    try:
        new = head.suite_of(name)
        new_model = _compiled(compilers[1], new)
    except MonitorError as fault:
        return MonitorChange(name, "broken", (f"after: {fault.one_line()}",))
    try:
        old = base.suite_of(name)
        old_model = _compiled(compilers[0], old)
    except MonitorError as fault:
        return MonitorChange(name, "measurement", (f"before: {fault.one_line()}",))
    what = list(_measured_otherwise(old, new, old_model, new_model))
    if what:
        return MonitorChange(name, "measurement", (*what, *_levels(old, new)))
    if _judging(old.entry.expectations) != _judging(new.entry.expectations):
        kind: Kind = "thresholds" if _same_families(old, new) else "measurement"
        return MonitorChange(name, kind, tuple(_levels(old, new)) or ("expectations",))
    if old.monitor.depends_on != new.monitor.depends_on:
        return MonitorChange(name, "thresholds", ("depends_on",))
    if old.raw != new.raw:
        return MonitorChange(name, "text", ("texts, owner or notes",))
    return None


def _compiled(compiler: Compiler, suite: Suite) -> CompiledModel | None:
    if suite.monitor.model is None:
        return None
    return compiler.compile(
        suite.monitor.model, as_of=[_SOME_INSTANT], vars=suite.monitor.vars, where=suite.file.name
    )


def _measured_otherwise(
    old: Suite, new: Suite, old_model: CompiledModel | None, new_model: CompiledModel | None
) -> Iterator[str]:
    if old.monitor.observed != new.monitor.observed:
        yield "observed"
    if _data(old) != _data(new):
        yield "the data that its validation definition names"
    for name in ("table", "rows", "group_by"):
        if getattr(old.monitor, name) != getattr(new.monitor, name):
            yield name
    if old_model is None or new_model is None:
        if old_model is not new_model:
            yield "model"
        return
    if old_model.name != new_model.name:
        yield f"model {old_model.name} → {new_model.name}"
    elif old_model.sql != new_model.sql:
        yield f"SQL of model {new_model.name}"
    was = {one.name: one.value for one in old_model.parameters}
    is_ = {one.name: one.value for one in new_model.parameters}
    for name in sorted(was.keys() & is_.keys()):
        if was[name] != is_[name]:
            yield f"{name} {_shown(was[name])} → {_shown(is_[name])}"
    if old_model.grain != new_model.grain:
        yield f"grain {_shown(old_model.grain)} → {_shown(new_model.grain)}"


def _data(suite: Suite) -> object:
    """What the definition says of the rows; its model and variables are compared by themselves."""
    if suite.definition is None or suite.monitor.model is not None:
        return None
    return suite.definition.entry.model_dump(include={"data", "batch_parameters", "days_back"})


def _judging(entries: Sequence[ExpectationEntry]) -> list[tuple[str, str, Mapping[str, object]]]:
    return [(entry.type, entry.severity, entry.kwargs) for entry in entries]


def _same_families(old: Suite, new: Suite) -> bool:
    """Whether only bounds and severities differ, of what stored numbers can be held against."""
    olds, news = families_of(old)[0], families_of(new)[0]
    keys = [
        {(one.column, one.aggregate, one.group_by, one.metric) for one in found}
        for found in (olds, news)
    ]
    stored = [{m.index for one in found for m in one.members} for found in (olds, news)]
    rest = [
        _judging([e for i, e in enumerate(suite.entry.expectations) if i not in indices])
        for suite, indices in zip((old, new), stored, strict=True)
    ]
    return keys[0] == keys[1] and rest[0] == rest[1]


def _levels(old: Suite, new: Suite) -> Iterator[str]:
    was = {one.subject: one.words for one in thresholds_of(old)}
    is_ = {one.subject: one.words for one in thresholds_of(new)}
    for subject in dict.fromkeys((*was, *is_)):
        before, after = was.get(subject, "none"), is_.get(subject, "none")
        if before != after:
            yield f"{subject}: {before} → {after}"


def _monitors(project: Project, name: str) -> tuple[str, ...] | None:
    if name not in project.checkpoint_names():
        return None
    try:
        return project.checkpoint(name).monitors
    except ConfigError:
        return ()


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
