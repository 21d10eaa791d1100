"""The action that brings the data docs up to date: ``{"name": "docs", "type": "plumbline_docs"}``.

GX's own (``update_data_docs``) builds once for each validation result, and runs before all others;
this one builds once a run, after the alerts, so that the pages show what was notified. GX's own
action works too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from great_expectations.checkpoint.actions import ActionContext, ValidationAction
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.compatibility import pydantic

from plumbline.core.errors import PlumblineError

if TYPE_CHECKING:
    from plumbline.run.workspace import RunOutcomes
    from plumbline.site.build import Built


class DocsAction(ValidationAction):
    """Build plumbline's sites of the context with the results of the run."""

    type: Literal["plumbline_docs"] = "plumbline_docs"
    site_names: list[str] = []  # noqa: RUF012 - pydantic copies it

    _built: list[Built] = pydantic.PrivateAttr(default_factory=list)

    @property
    def built(self) -> list[Built]:
        """What the last run built."""
        return list(self._built)

    def run(
        self,
        checkpoint_result: CheckpointResult,
        action_context: ActionContext | None = None,
    ) -> dict[str, Any]:
        """Build; the address of each site's overview.

        Raises:
            PlumblineError: a site could not be written, and is as it was; or it was, but for the
                pages of a monitor that could not be drawn.
        """
        # Not above: whoever imports it first imports GX, which imports this module.
        from plumbline.gx.site_builder import open_sites

        self._built = []
        results: Any = checkpoint_result.run_results
        checkpoint: Any = checkpoint_result.checkpoint_config
        run: RunOutcomes | None = checkpoint.last_run
        found = {}
        for site in open_sites(self._data_context):
            if self.site_names and site.config.name not in self.site_names:
                continue
            if run is not None:
                run.progress("building the data docs")
            target = None if run is None else run.target
            built = site.bring_up_to_date(results, results=results, target=target)
            self._built.append(built)
            found[site.config.name] = built.address
        faults = {name: why for built in self._built for name, why in built.faults.items()}
        if faults:
            named = "; ".join(f"{name}: {why}" for name, why in sorted(faults.items()))
            raise PlumblineError(f"some pages could not be built; the others were built. {named}")
        return found
