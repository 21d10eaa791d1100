"""Runs every rule on a project.

It needs no warehouse, no secrets and no network, and imports GX only for a project's own
expectations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.registry import CHECKS
from plumbline.lint.rule import Finding, Severity
from plumbline.project.project import Project


@dataclass(frozen=True)
class LintReport:
    root: Path
    findings: tuple[Finding, ...]
    """File by file, from top to bottom."""
    fixed: tuple[Path, ...] = ()
    """Files that ``--fix`` has written."""

    @property
    def errors(self) -> int:
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def lint(
    project: Project,
    *,
    names: Sequence[str] = (),
    fix: bool = False,
    analyze: bool = False,
    history: Path | None = None,
    plugins: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> LintReport:
    """Every finding in ``project``.

    Args:
        names: monitors, files and folders to which findings are limited; none: everything.
        fix: first write suites and checkpoints in their one form.
        analyze: also ask Google's analyzer, which takes half a minute.
        history: a file of outcomes, to hold thresholds against.
        plugins: import the project's plugins where a type is not known otherwise. Without them,
            the arguments of what they define are not checked.
        progress: told what is being checked, and how much of all.

    Raises:
        ConfigError: a name that is not a monitor, file or folder; a file that can't be
            written; no analyzer; a history that can't be read.
    """
    context = LintContext.of(project, plugins_are_trusted=plugins)
    wanted = choose_files(context.facts, names)
    fixed: list[Path] = []
    if fix:
        from plumbline.lint.fix import fix_files

        fixed = fix_files(context.facts, wanted)
        project = Project(project.root)  # as it stands now
        context = LintContext.of(project, plugins_are_trusted=plugins)
    found: list[Finding] = []
    for number, check in enumerate(CHECKS, 1):
        subject = check.__module__.rpartition(".")[2]
        progress(f"checking {subject} ({number} of {len(CHECKS)} groups of rules)")
        found += check(context)
    if analyze:
        progress("asking Google's analyzer")
        from plumbline.lint.rules.analyzer import check as ask_analyzer

        found += ask_analyzer(context)
    if history is not None:
        from plumbline.history.reader import by_monitor, read_file
        from plumbline.lint.rules.history import check as ask_history
        from plumbline.project.labels import project_labels

        labels = project_labels(project, None) or ()
        found += ask_history(
            context, by_monitor(read_file(history, project.renamed_monitors())), labels
        )
    chosen = {
        (finding.place.file, finding.place.line, finding.what): finding
        for finding in reversed(found)
        if wanted is None or _is_in(finding.place.file, wanted)
    }
    ordered = sorted(chosen.values(), key=lambda finding: finding.order)
    return LintReport(project.root, tuple(ordered), tuple(fixed))


def choose_files(facts: Facts, names: Sequence[str]) -> frozenset[Path] | None:
    """The files and folders that ``names`` stand for; None where all are meant.

    Raises:
        ConfigError: a name that is not a monitor, file or folder.
    """
    if not names:
        return None
    found: set[Path] = set()
    for name in names:
        if name in facts.documents.listable:
            found |= _files_of(facts, name)
            continue
        candidates = [Path(name).absolute(), facts.root / name]
        there = [candidate.resolve() for candidate in candidates if _exists(candidate)]
        # below the project's folder a name is the project's, wherever the command is run
        there.sort(key=lambda path: not path.is_relative_to(facts.root.resolve()))
        if not there:
            raise ConfigError(
                f"{name!r} is not a monitor, file or folder",
                key="NAME",
                fix=did_you_mean(name, facts.documents.listable),
            )
        found.add(there[0])
    return frozenset(found)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _files_of(facts: Facts, monitor: str) -> set[Path]:
    """A monitor's definition and suite, its model and its runbook."""
    suite = facts.suite_of(monitor)
    documents = [facts.suites.get(monitor), facts.documents.definitions.get(monitor), suite]
    found = {document.file.resolve() for document in documents if document is not None}
    model = None if suite is None else facts.model_of(suite)
    if model is not None:
        found |= {file.resolve() for file in facts.models.files[model]}
    runbook = None if suite is None else facts.runbook_of(suite)
    if runbook is not None:
        found.add(runbook.resolve())
    return found


def _is_in(file: Path, wanted: frozenset[Path]) -> bool:
    resolved = file.resolve()
    return any(resolved == path or resolved.is_relative_to(path) for path in wanted)
