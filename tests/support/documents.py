"""One file of a project, read by itself."""

from __future__ import annotations

from pathlib import Path

from plumbline.project.document import Document
from plumbline.project.files import Files


def read_document(file: Path) -> Document:
    """``file`` as it stands now."""
    return Files().document(file)
