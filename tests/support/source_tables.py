"""The tables that ``models/sources.yml`` declares, under the names that stand there."""

from __future__ import annotations

from pathlib import Path

from plumbline.warehouse.tables import SourceTable, read_makeable_tables
from support.documents import read_document


def read_source_tables(file: Path) -> tuple[SourceTable, ...]:
    """Those of ``file`` that a statement can make."""
    document = read_document(file)
    places = {
        (source["name"], table["name"]): (
            source.get("schema") or source["name"],
            table.get("identifier") or table["name"],
        )
        for at, source in document.entries("sources")
        for _, table in document.entries(*at, "tables")
    }
    return read_makeable_tables(document, places)
