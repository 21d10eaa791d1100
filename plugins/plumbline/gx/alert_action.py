"""The action that hands outcomes to incidents: ``{"name": "alerts", "type": "plumbline_alerts"}``.

It does not read GX's results: the checkpoint has judged already. A plain GX user who runs a
checkpoint in a notebook gets the same: incidents and messages belong to live runs on real data, so
on the demo data, or with an ``as_of`` of another day, it says that nothing is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from great_expectations.checkpoint.actions import ActionContext, ValidationAction
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.compatibility import pydantic

if TYPE_CHECKING:
    from plumbline.alerts.report import AlertsReport
    from plumbline.run.workspace import RunOutcomes


class AlertAction(ValidationAction):
    """Tell whoever is to be told, by the routes of checkpoints/alerts.yml."""

    type: Literal["plumbline_alerts"] = "plumbline_alerts"

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
        checkpoint: Any = checkpoint_result.checkpoint_config
        found: RunOutcomes | None = checkpoint.last_run
        if found is None or found.live is None:
            return {"alerts": [], "notes": ["Nothing is sent: this is not a live run."]}
        self._report = notify(found.live, found.outcomes)
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
