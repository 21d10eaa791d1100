"""The action that hands outcomes to incidents: ``{"name": "alerts", "type": "plumbline_alerts"}``.

It does not read GX's results: the checkpoint has judged already. A plain GX user who runs a
checkpoint in a notebook gets the same: incidents and messages belong to live runs on real data, so
on the demo data, or with an ``as_of`` of another day, it says that nothing is sent.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from great_expectations.checkpoint.actions import ActionContext, ValidationAction
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.compatibility import pydantic

if TYPE_CHECKING:
    from plumbline.alerts.factory import LiveRun
    from plumbline.alerts.report import AlertsReport

logger = logging.getLogger(__name__)


class AlertAction(ValidationAction):
    """Tell whoever is to be told, by the routes of checkpoints/alerts.yml."""

    type: Literal["plumbline_alerts"] = "plumbline_alerts"

    _live: LiveRun | None = pydantic.PrivateAttr(None)
    _report: AlertsReport | None = pydantic.PrivateAttr(None)

    @property
    def report(self) -> AlertsReport | None:
        """What the last run told whom; None before the first, or where nothing may be sent."""
        return self._report

    def run(
        self,
        checkpoint_result: CheckpointResult,
        action_context: ActionContext | None = None,
    ) -> dict[str, Any]:
        """Decide and notify; the lines and notes of the report."""
        from plumbline.alerts.factory import notify

        self._report = None
        live = self._live or self._from_notebook(checkpoint_result)
        if live is None:
            return {"alerts": [], "notes": ["Nothing is sent: this run is not a live one."]}
        checkpoint: Any = checkpoint_result.checkpoint_config
        self._report = notify(live, checkpoint.outcomes)
        return {
            "alerts": [
                {
                    "incident": line.incident,
                    "event": str(line.event),
                    "channel": line.channel,
                    "delivered": line.delivered,
                }
                for line in self._report.lines
            ],
            "notes": list(self._report.notes),
        }

    def _from_notebook(self, checkpoint_result: CheckpointResult) -> LiveRun | None:
        """The run that GX itself started; None where it may touch no incident."""
        from plumbline.alerts.factory import LiveRun
        from plumbline.core.run import new_run_id
        from plumbline.gx.project_context import project_of

        checkpoint: Any = checkpoint_result.checkpoint_config
        options = [
            result.meta.get("batch_parameters") or {}
            for result in checkpoint_result.run_results.values()
        ]
        # ``as_of``, or the batch of a day of GX's own data assets
        asked_for_a_day = any(
            value for option in options for name, value in option.items() if name != "vars"
        )
        context: Any = self._data_context
        if context is None or asked_for_a_day or not checkpoint.outcomes:
            return None
        if checkpoint.is_judged_otherwise:
            return None
        project = project_of(context)
        target = project.target()
        if target.is_demo:
            return None
        now = datetime.now(UTC)
        return LiveRun(
            project=project,
            target=target,
            run_id=checkpoint.run_stamp.run_id if checkpoint.run_stamp else new_run_id(now),
            checkpoint=checkpoint.name,
            as_of=checkpoint.outcomes[0].as_of,
            now=now,
            is_kept=not any(option.get("vars") for option in options),
        )
