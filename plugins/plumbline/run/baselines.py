"""What suites that follow history are held against: read once a run, for all that ask for it.

Used by `plumbline.gx.monitor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from plumbline.checks.baseline import Past
from plumbline.checks.thresholds import FOLLOWS_HISTORY
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.core.group_key import GroupKey
from plumbline.project import Suite
from plumbline.run.jobs import MonitorJobs


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
    from plumbline.backtest.labels import covered, project_labels
    from plumbline.history.past import read_pasts

    try:
        labels = project_labels(jobs.project, None) or ()
    except ConfigError as fault:
        raise MonitorError(fault.what, file=fault.file, key=fault.key, fix=fault.fix) from None
    return read_pasts(
        jobs.target,
        {monitor, *_that_follow(jobs)},
        before=jobs.as_of,
        zone=jobs.project.timezone,
        is_known_wrong=lambda name, at: bool(covered(labels, name, at)),
    )


def _that_follow(jobs: MonitorJobs) -> list[str]:
    found = []
    for name in jobs.submitted:
        try:
            if _follows(jobs.project.suite_of(name)):
                found.append(name)
        except MonitorError:
            continue  # its own ERROR
    return found


def _follows(suite: Suite) -> bool:
    return any(entry.type == FOLLOWS_HISTORY for entry in suite.entry.expectations)
