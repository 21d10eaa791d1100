"""``plumbline deploy``: deployments of your services, and of plumbline itself."""

from __future__ import annotations

from plumbline.cli.commands import Example, Group
from plumbline.cli.deploy import (
    apply,
    chain,
    check,
    drift,
    image,
    init,
    render,
    secrets,
    verify,
)

command = Group(
    name="deploy",
    help=(
        "Check deployments of your services, and deploy plumbline itself.\n\n"
        "drift, check and verify find undeployed commits of the services in "
        "deploy/services.yml, and check a service before and after its deployment.\n\n"
        "init writes what a deployment of plumbline itself needs, for Cloud Run or Docker. "
        "render, image, apply, secrets and test-chain deploy it to Google Cloud as "
        "declared in deploy/deploy.yml."
    ),
    commands=[
        drift.command,
        check.command,
        verify.command,
        init.command,
        render.command,
        image.command,
        apply.command,
        secrets.command,
        chain.command,
    ],
    examples=(
        Example("plumbline deploy drift", "list services with undeployed commits"),
        Example(
            "plumbline deploy check prediction-worker", "check a service before its deployment"
        ),
        Example(
            "plumbline deploy verify prediction-worker", "verify a service after its deployment"
        ),
        Example("plumbline deploy apply --dry-run", "show what would change on Google Cloud"),
    ),
    exit_codes={1: "WARNING", 2: "CRITICAL", 3: "ERROR"},
)
