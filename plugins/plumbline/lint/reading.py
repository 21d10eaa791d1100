"""From a path to a document, by the file's ending."""

from __future__ import annotations

from pathlib import Path

from plumbline.lint.document import Document
from plumbline.lint.rule import Place
from plumbline.lint.rules.files import UNREADABLE


def read_document(file: Path) -> Document:
    """The JSON or YAML in ``file``; what can't be read is a fault of the document."""
    text = read_text(file)
    if isinstance(text, Document):
        return text
    if file.suffix == ".json":
        from plumbline.lint.json_document import read_json

        return read_json(file, text)
    from plumbline.lint.yaml_document import read_yaml

    return read_yaml(file, text)


def read_text(file: Path) -> str | Document:
    """The text of ``file``, or a document with the fault."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        why = "is not UTF-8" if isinstance(fault, UnicodeDecodeError) else f"can't be read: {fault}"
        finding = UNREADABLE.at(Place(file), f"the file {why}", "save it as UTF-8 text")
        return Document(file, faults=(finding,))
