"""Templates with ``[[ ]]`` and ``[% %]``, because the files that they make contain ``{{ }}``."""

from __future__ import annotations

from importlib import resources
from typing import Any

TEMPLATES = "plumbline.scaffold"


def render(template: str, **values: Any) -> str:
    """The text of ``templates/TEMPLATE``."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    text = (resources.files(TEMPLATES) / "templates" / template).read_text(encoding="utf-8")
    return environment.from_string(text).render(**values)
