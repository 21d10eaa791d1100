"""A checkpoint's file with one monitor more. Used by ``plumbline new``."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError
from plumbline.project.checkpoints import ACTIONS

if TYPE_CHECKING:
    from plumbline.project import Project


def with_monitor(
    project: Project, checkpoint: str, monitor: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The text of a checkpoint with a monitor at its end, by path: as a new file, or as a changed
    one. Neither, where the checkpoint lists the monitor."""
    from plumbline.lint.json_format import dumps

    name = f"checkpoints/{checkpoint}.json"
    file = project.checkpoints_dir / f"{checkpoint}.json"
    entry = {"name": monitor}
    if not file.is_file():
        content = {"name": checkpoint, "validation_definitions": [entry], "actions": [*ACTIONS]}
        return {name: dumps(content)}, {}
    document = project.files.document(file)
    content = dict(document.mapping_or_raise(error=ConfigError, what="the checkpoint"))
    listed = content.get("validation_definitions", [])
    if any(isinstance(one, dict) and one.get("name") == monitor for one in listed):
        return {}, {}
    content["validation_definitions"] = [*listed, entry]
    text = project.files.plain_text(file)
    # A small diff: the new line goes in as its neighbours stand, where they stand on one line each.
    last = re.search(r'(?P<indent>[ \t]*)\{"name": "[^"]+"\}(?=\s*\])', text)
    if last is not None:
        line = f"{last[0]},\n{last['indent']}{json.dumps(entry)}"
        changed = text[: last.start()] + line + text[last.end() :]
        if json.loads(changed) == content:
            return {}, {name: changed}
    return {}, {name: dumps(content)}
