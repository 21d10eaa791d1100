"""What each service was found to run, as rows: what the monitor ``deployment_drift`` reads.

Written by ``plumbline deploy drift``, by load jobs, which cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import SERVICE_DEPLOYMENTS

if TYPE_CHECKING:
    from plumbline.deploy.drift import Drift


def append_drifts(dataset: OwnDataset, drifts: Sequence[Drift]) -> None:
    """Append a look at services; the same look again writes nothing more.

    Raises:
        WarehouseError: it could not be written.
    """
    if not drifts:
        return
    now = datetime.now(UTC)
    rows = [_row(drift) | {"recorded_at": now} for drift in drifts]
    first = f"{drifts[0].at:%Y%m%dt%H%M%S%f}"
    append(
        dataset,
        SERVICE_DEPLOYMENTS,
        rows,
        job_id=dataset.job_id("deployments", first, *(drift.service.name for drift in drifts)),
    )


def _row(drift: Drift) -> dict[str, object]:
    behind, deployed = drift.behind, drift.deployed
    return {
        "event_id": f"{drift.service.name}-{drift.at.astimezone(UTC):%Y%m%dt%H%M%S%f}",
        "service": drift.service.name,
        "observed_at": drift.at,
        # A commit that can't be compared is no known deployment: the monitor must say ERROR.
        "deployed_commit": deployed.commit if deployed and behind else None,
        "main_commit": behind.main if behind else None,
        "last_own_commit": behind.last_own if behind else None,
        "commits_behind": behind.commits if behind else None,
        "own_commits_behind": behind.own if behind else None,
        "oldest_at": behind.oldest_at if behind else None,
        "found_by": deployed.found_by if deployed else None,
        "revision": deployed.revision if deployed else None,
        "reason": drift.reason,
    }
