"""``plumbline import``: takes over what another tool checks."""

from __future__ import annotations

from plumbline.cli.commands import Example, Group
from plumbline.cli.imports import dbt, gx

command = Group(
    name="import",
    help="Take over the checks of another tool.",
    commands=[dbt.command, gx.command],
    examples=(
        Example("plumbline import dbt --dry-run", "show what the tests of a dbt project become"),
    ),
)
