"""What editors and ``plumbline lint`` know of a project's files, from the code itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.schemas.alerts import make_alerts_schema, make_mutes_schema
from generators.schemas.catalogue import make_catalogue
from generators.schemas.checkpoint import make_checkpoint_schema
from generators.schemas.incidents import make_incidents_schema
from generators.schemas.schedule import make_schedule_schema
from generators.schemas.services import make_services_schema
from generators.schemas.suite import make_suite_schema


def make_files() -> Mapping[Path, str]:
    """Each file, below the repository's root, and its text."""
    catalogue = make_catalogue()
    return {
        Path("plugins/plumbline/evaluate/expectations/catalogue.json"): _lines(catalogue, depth=3),
        Path("schemas/suite.schema.json"): _lines(make_suite_schema(catalogue)),
        Path("schemas/checkpoint.schema.json"): _lines(make_checkpoint_schema()),
        Path("schemas/schedule.schema.json"): _lines(make_schedule_schema()),
        Path("schemas/alerts.schema.json"): _lines(make_alerts_schema()),
        Path("schemas/mutes.schema.json"): _lines(make_mutes_schema()),
        Path("schemas/services.schema.json"): _lines(make_services_schema()),
        Path("schemas/incidents.schema.json"): _lines(make_incidents_schema()),
    }


def _lines(value: Any, *, depth: int = 99, indent: str = "") -> str:
    """``value`` as JSON: what is short or deeper than ``depth`` on one line, else a line an entry.

    So a diff shows what changed, and a reader sees the shape.
    """
    end = "" if indent else "\n"
    line = json.dumps(value, ensure_ascii=False)
    is_short = len(line) + len(indent) <= 90
    if not isinstance(value, dict | list) or depth == 0 or is_short:
        return line + end
    inner = indent + "  "
    if isinstance(value, dict):
        brackets = "{}"
        entries = [
            f"{json.dumps(key)}: {_lines(entry, depth=depth - 1, indent=inner)}"
            for key, entry in value.items()
        ]
    else:
        brackets = "[]"
        entries = [_lines(entry, depth=depth - 1, indent=inner) for entry in value]
    if not entries:
        return brackets + end
    body = ",\n".join(inner + entry for entry in entries)
    return f"{brackets[0]}\n{body}\n{indent}{brackets[1]}{end}"
