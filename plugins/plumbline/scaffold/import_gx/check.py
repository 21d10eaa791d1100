"""What lint finds wrong in converted files: it decides what of a suite can be imported."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from plumbline.lint.linter import lint
from plumbline.lint.rule import Finding, Severity
from plumbline.lint.rules.expectations import UNKNOWN_TYPE
from plumbline.project import Project
from plumbline.scaffold.project import project_files
from plumbline.scaffold.writing import write_new

_INDEX = re.compile(r"expectations\[(\d+)\]")


def find_faults(files: Mapping[str, str], plugins: Path) -> list[tuple[str, Finding]]:
    """The errors that lint finds in a new project of ``files``, each with the path of its file.

    Args:
        files: the converted files.
        plugins: the folder with the project's own expectations, which need not be there.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "project"
        write_new(root, {**project_files("staged", example=False), **files})
        if plugins.is_dir():
            shutil.copytree(plugins, root / "plugins")
        findings = lint(Project(root)).findings
    return [
        (finding.place.file.relative_to(root).as_posix(), finding)
        for finding in findings
        if finding.severity is Severity.ERROR
    ]


def index_of(finding: Finding) -> int | None:
    """The expectation that it is about; None: about the whole suite, or its model."""
    found = _INDEX.match(finding.place.key or "")
    return None if found is None else int(found[1])


def fix_of(finding: Finding) -> str:
    """What to do in GX, or before the next import."""
    if finding.rule is UNKNOWN_TYPE:
        custom = "copy the class of a custom expectation to plugins/ and import again"
        return f"{finding.fix}; or {custom}"
    return finding.fix
