"""``plumbline deploy``: before, after and between deployments of the services."""

from __future__ import annotations

from plumbline.cli.commands import Example, Group
from plumbline.cli.deploy import check, drift, verify

command = Group(
    name="deploy",
    help=(
        "Find undeployed commits, and check services before and after a deployment.\n\n"
        "deploy/services.yml declares the services."
    ),
    commands=[drift.command, check.command, verify.command],
    examples=(
        Example("plumbline deploy drift", "list services with undeployed commits"),
        Example(
            "plumbline deploy check prediction-worker", "check a service before its deployment"
        ),
        Example(
            "plumbline deploy verify prediction-worker", "verify a service after its deployment"
        ),
    ),
    exit_codes={1: "WARNING", 2: "CRITICAL", 3: "ERROR"},
)
