"""What a run makes of one monitor: its outcome, and the result that Great Expectations stores."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)

from plumbline.checks import judge
from plumbline.checks.judge import Evidence
from plumbline.core.errors import MonitorError
from plumbline.core.masking import Mask, explain_masked
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.evaluate.evaluation import Evaluation
from plumbline.evaluate.masking import mask_arguments
from plumbline.evaluate.suite_results import failed_result, unjudged_result
from plumbline.project import Suite
from plumbline.project.local_paths import without_local_paths


@dataclass(frozen=True)
class MonitorResult:
    """A monitor that was judged, or could not be."""

    outcome: Outcome
    built: ExpectationSuite
    """As Great Expectations has it."""
    suite: Suite | None
    """As it may be shown: names of persons in it are masked; None: it can't be read."""
    evidence: Evidence
    root: Path
    """The project's folder."""
    mask: Mask = field(default_factory=Mask)
    evaluation: Evaluation | None = None
    """None: the suite was not evaluated."""

    @classmethod
    def error(
        cls,
        name: str,
        reason: str,
        *,
        fix: str | None = None,
        built: ExpectationSuite,
        suite: Suite | None,
        evidence: Evidence,
        root: Path,
        mask: Mask | None = None,
    ) -> MonitorResult:
        """The monitor's ERROR for ``reason``, in which no path of this machine is left.

        Args:
            fix: the end of ``reason``, where that says what to do.
        """
        reason = without_local_paths(reason, root)
        outcome = judge.fault(name, reason, suite=suite, evidence=evidence)
        if fix:
            outcome = replace(outcome, fix=without_local_paths(fix, root))
        return cls(outcome, built, suite, evidence, root, mask or Mask())

    def failed(self, reason: str) -> MonitorResult:
        """The same monitor's ERROR for ``reason``, whatever was found."""
        return MonitorResult.error(
            self.outcome.monitor,
            explain_masked(MonitorError(reason), self.mask),
            built=self.built,
            suite=self.suite,
            evidence=self.evidence,
            root=self.root,
            mask=self.mask,
        )

    def at_page(self, address: str | None) -> MonitorResult:
        """The same with the address of the monitor's page; None: it has none."""
        return (
            self
            if address is None
            else replace(self, outcome=replace(self.outcome, docs_url=address))
        )

    @cached_property
    def result(self) -> ExpectationSuiteValidationResult:
        """As Great Expectations stores it."""
        if self.evaluation is not None and self.evaluation.result is not None:
            return self.evaluation.result
        reason = str(self.outcome.reason)
        if self.outcome.status is Status.SKIPPED:
            return unjudged_result(self.built, success=True, results=[], note=reason)
        result = failed_result(self.built, reason)
        mask_arguments(result, self.mask)
        return result
