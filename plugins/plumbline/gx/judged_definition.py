"""What the two kinds of monitors have in common as validation definitions of GX."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from great_expectations.compatibility import pydantic
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.freshness_diagnostics import (
    ValidationDefinitionFreshnessDiagnostics,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition

from plumbline.core.outcome import Outcome
from plumbline.project import Suite
from plumbline.site.records import RunStamp


class JudgedDefinition(ValidationDefinition):
    """A validation definition whose run gives an outcome."""

    _outcome: Outcome | None = pydantic.PrivateAttr(None)
    _run_stamp: RunStamp | None = pydantic.PrivateAttr(None)

    @property
    @abstractmethod
    def suite_file(self) -> Suite | None:
        """The suite as its file said when this was made; None: it could not be read."""

    @property
    def outcome(self) -> Outcome | None:
        """What the last run of this object found; None before the first."""
        return self._outcome

    def is_fresh(self) -> ValidationDefinitionFreshnessDiagnostics:
        """Always: it was made from its files a moment ago."""
        return ValidationDefinitionFreshnessDiagnostics(errors=[])

    def _add_run(
        self,
        result: ExpectationSuiteValidationResult,
        checkpoint_id: str | None,
        run_id: RunIdentifier,
        batch_parameters: Mapping[str, Any],
    ) -> None:
        """Which run it was, as GX writes it into ``result.meta``."""
        result.meta.update(
            {
                "validation_id": self.id,
                "checkpoint_id": checkpoint_id,
                "run_id": run_id,
                "validation_time": run_id.run_time,
                "batch_parameters": dict(batch_parameters) or None,
            }
        )
