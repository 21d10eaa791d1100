"""``lint --fix``: suites and checkpoints in their one form, with the ids that GX wants.

The ids are those that plumbline makes in memory for files without, so a file that is fixed keeps
its history. A file that can't be read whole is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps as plain_dumps
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from plumbline.core.errors import ConfigError
from plumbline.core.ids import stable_id
from plumbline.core.local_file import replace_file
from plumbline.lint.facts import Facts
from plumbline.lint.json_format import dumps, loads, ordered
from plumbline.project.document import Document
from plumbline.project.suites import ExpectationEntry

_SUITE = ("$schema", "name", "id", "meta", "notes", "suite_parameters", "expectations")
_MONITOR = (
    *("model", "observed", "vars", "owner", "impact", "action", "runbook"),
    *("tags", "renamed_from", "depends_on"),
)
_EXPECTATION = ("type", "severity", "kwargs", "description", "notes", "meta", "id")
_CHECKPOINT = ("$schema", "name", "id", "validation_definitions", "actions", "result_format")


def fix_files(facts: Facts, wanted: frozenset[Path] | None) -> list[Path]:
    """Write every suite and checkpoint that is not in its one form; which were written.

    Args:
        wanted: files and folders to which this is limited; None: all.

    Raises:
        ConfigError: a file can't be written.
    """
    written = []
    for document, text in _formatted(facts):
        file = document.file.resolve()
        is_wanted = wanted is None or any(file.is_relative_to(path) for path in wanted)
        if is_wanted and text.encode() != facts.files.content(document.file):
            _write(file, text)
            written.append(document.file)
    return written


def _formatted(facts: Facts) -> Iterator[tuple[Document, str]]:
    for document in facts.documents.suites.values():
        if document.is_readable and not document.faults:
            yield document, dumps(_suite(document, loads(facts.files.plain_text(document.file))))
    for document in facts.documents.checkpoints.values():
        if document.is_readable and not document.faults:
            written = loads(facts.files.plain_text(document.file))
            yield document, dumps(_checkpoint(facts, document, written))


def _suite(document: Document, suite: dict[str, Any]) -> dict[str, Any]:
    name = suite.setdefault("name", document.file.stem)
    if isinstance(name, str) and suite.get("id") is None:
        suite["id"] = str(stable_id("suite", name))
    meta = suite.get("meta")
    if isinstance(meta, dict) and isinstance(meta.get("monitor"), dict):
        meta["monitor"] = ordered(meta["monitor"], _MONITOR)
    expectations = suite.get("expectations")
    if isinstance(expectations, list):
        for index, entry in enumerate(expectations):
            if isinstance(entry, dict):
                expectations[index] = _expectation(document, name, index, entry)
    return ordered(suite, _SUITE)


def _expectation(
    document: Document, suite: object, index: int, entry: dict[str, Any]
) -> dict[str, Any]:
    id_ = entry.get("id") or _expectation_id(document, suite, index)
    return ordered({**entry, "id": id_} if id_ is not None else entry, _EXPECTATION)


def _expectation_id(document: Document, name: object, index: int) -> str | None:
    """The id that the suite's expectation has in memory; None for a malformed one."""
    try:
        entry = ExpectationEntry.model_validate(document.get("expectations", index))
        said = plain_dumps(entry.model_dump(mode="json", exclude={"id"}), sort_keys=True)
    except (ValidationError, ValueError):
        return None
    return str(stable_id("expectation", name, index, said))


def _checkpoint(facts: Facts, document: Document, checkpoint: dict[str, Any]) -> dict[str, Any]:
    name = checkpoint.setdefault("name", document.file.stem)
    if isinstance(name, str) and checkpoint.get("id") is None:
        checkpoint["id"] = str(stable_id("checkpoint", name))
    references = checkpoint.get("validation_definitions")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("id") is None:
            monitor = reference.get("name")
            if isinstance(monitor, str) and monitor in facts.documents.listable:
                definition = facts.documents.definitions.get(monitor)
                id_ = None if definition is None else definition.text("id")
                reference["id"] = id_ or str(stable_id("monitor", monitor))
    return ordered(checkpoint, _CHECKPOINT)


def _write(file: Path, text: str) -> None:
    try:
        replace_file(file, text)
    except OSError as fault:
        raise ConfigError(
            f"the file can't be written: {fault}",
            file=file,
            fix="make it and its folder writable, or leave --fix out",
        ) from fault
