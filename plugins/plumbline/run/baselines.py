"""What suites that follow history are held against: read once a run, for all that ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from plumbline.checks.baseline import WHOLE, EarlierRuns, Past
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.core.expectation_types import FOLLOWS_HISTORY
from plumbline.core.group_key import GroupKey
from plumbline.core.instants import in_utc
from plumbline.project import Suite
from plumbline.run.jobs import MonitorJobs

DAYS = 400
"""How far back is looked: a year of a run a week, with room."""


def past_of(suite: Suite, jobs: MonitorJobs) -> Past | None:
    """The past of a monitor; None where its suite does not compare with it.

    A run with other vars measures something else, which has no past.

    Raises:
        MonitorError: the labelled incidents are malformed, or the history can't be read.
    """
    if not _follows(suite):
        return None
    if jobs.pasts is None and jobs.vars:
        return Past(as_of=jobs.as_of, zone=jobs.project.timezone)
    known = jobs.pasts
    # In a notebook monitors are run one by one, so one may come that nobody had sent before.
    if known is None or (isinstance(known, Mapping) and suite.monitor_name not in known):
        try:
            known = _read(jobs, suite.monitor_name)
        except MonitorError as fault:
            known = fault  # of every monitor that asks: it is not tried again
        jobs.pasts = known
    if isinstance(known, MonitorError):
        raise known
    mask = jobs.mask(suite)
    rows = jobs.data(suite.monitor_name).result.rows
    return replace(
        known[suite.monitor_name],
        named=lambda key: GroupKey.of(mask.row(key.as_dict())),
        unjudged=[row for row in rows if row.get("verdict", "judge") != "judge"],
    )


def _read(jobs: MonitorJobs, monitor: str) -> dict[str, Past]:
    """The past of all monitors that ask for one, in one query; empty where there is no history."""
    from plumbline.history.reader import open_history
    from plumbline.project.labels import covered, project_labels

    try:
        labels = project_labels(jobs.project, None) or ()
    except ConfigError as fault:
        raise MonitorError(fault.what, file=fault.file, key=fault.key, fix=fault.fix) from None
    names = {monitor, *_that_follow(jobs)}
    runs = {name: EarlierRuns(jobs.project.timezone) for name in names}
    with open_history(jobs.target) as history:
        past = history.past(
            names, since=in_utc(jobs.as_of) - timedelta(days=DAYS), before=jobs.as_of
        )
    for one in past:
        runs[one.monitor].add(
            one.as_of,
            WHOLE if one.group is None else one.group,
            one.observed,
            one.status,
            is_known_wrong=any(
                one.group is None or label.concerns(GroupKey.of_text(one.group))
                for label in covered(labels, one.monitor, one.as_of)
            ),
            metrics=one.metrics,
        )
    return {name: found.before(jobs.as_of) for name, found in runs.items()}


def _that_follow(jobs: MonitorJobs) -> Iterator[str]:
    for name in jobs.submitted:
        try:
            if _follows(jobs.project.suite_of(name)):
                yield name
        except MonitorError:
            continue  # its own ERROR


def _follows(suite: Suite) -> bool:
    return any(entry.type == FOLLOWS_HISTORY for entry in suite.entry.expectations)
