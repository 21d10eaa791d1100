"""Records drift in plumbline's dataset, for the monitor ``deployment_drift``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from plumbline.core.errors import PlumblineError
from plumbline.deploy.drift import Drift, DriftReport
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import SERVICE_DEPLOYMENTS
from plumbline.project import Target
from plumbline.warehouse.ready import ensure_ready


def record_drift(
    report: DriftReport, target: Target, progress: Callable[[str], None]
) -> DriftReport:
    """Append one row per service; return the report, with a failure if that failed.

    The same report again writes nothing more.
    """
    try:
        with closing(OwnDataset(ensure_ready(target, progress))) as dataset:
            _append(dataset, report)
    except PlumblineError as fault:
        return report.with_failure(
            f"Not recorded, so the monitor deployment_drift doesn't see it: {fault.one_line()}"
        )
    return report


def _append(dataset: OwnDataset, report: DriftReport) -> None:
    now = datetime.now(UTC)
    target = dataset.target
    scope = {"project": target.plumbline_project, "target": target.name}
    names = (drift.service.name for drift in report.drifts)
    append(
        dataset,
        SERVICE_DEPLOYMENTS,
        [_row(drift, target) | scope | {"recorded_at": now} for drift in report.drifts],
        job_id=dataset.job_id(
            "deployments", *scope.values(), f"{report.at:%Y%m%dt%H%M%S%f}", *names
        ),
    )


def _row(drift: Drift, target: Target) -> dict[str, object]:
    deployed = drift.deployed
    at = f"{drift.at.astimezone(UTC):%Y%m%dt%H%M%S%f}"
    return {
        "event_id": f"{target.scope}/{drift.service.name}-{at}",
        "service": drift.service.name,
        "observed_at": drift.at,
        # A commit that can't be compared counts as unknown, so that the monitor is ERROR.
        "deployed_commit": deployed.commit if deployed and drift.is_known else None,
        **drift.facts,
        "reason": drift.reason,
    }
