"""``plumbline deploy``: before, after and between deployments of the services."""

from __future__ import annotations

from plumbline.cli.commands import Example, Group
from plumbline.cli.deploy import check, drift, verify

command = Group(
    name="deploy",
    help=(
        "Before, after and between deployments: is what is merged what runs, and is it well?\n\n"
        "The services stand in deploy/services.yml."
    ),
    commands=[drift.command, check.command, verify.command],
    examples=(
        Example("plumbline deploy drift", "what is merged and does not run"),
        Example("plumbline deploy check prediction-worker", "before"),
        Example("plumbline deploy verify prediction-worker", "after"),
    ),
    exit_codes={1: "WARNING", 2: "CRITICAL", 3: "ERROR"},
)
