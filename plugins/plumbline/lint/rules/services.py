"""Rules for services: their paths exist, and so does what they name.

Paths are checked in the service's repository if it is on this machine, as the project's own always
is.
"""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import ConfigError
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import value_findings
from plumbline.project.document import Document, KeyPath
from plumbline.project.runbooks import find_runbook
from plumbline.project.services import (
    Service,
    find_service_faults,
    path_fault,
    valid_services,
)

RULES = Rules()

PATH_MISSING = RULES.error(
    "service-path-missing",
    "The path doesn't exist in the repository, so no commit would count and the drift "
    "would always be 0.",
    wrong="paths: [predictions/wroker]",
    right="paths: [predictions/worker]",
)
UNKNOWN_CHECKPOINT = RULES.error(
    "service-unknown-checkpoint",
    "verify names a checkpoint that doesn't exist.",
    wrong="verify: post_deploy_wroker",
    right="verify: post_deploy_worker",
)
UNKNOWN_MONITOR = RULES.error(
    "service-unknown-monitor",
    "monitors names a monitor that doesn't exist, so its incidents would never be shown.",
    wrong="monitors: [coverge]",
    right="monitors: [coverage]",
)
RUNBOOK_MISSING = RULES.error(
    "service-runbook-missing",
    "The service's runbook doesn't exist, so links in alerts are broken.",
    wrong="runbook: docs/runbooks/wroker.md",
    right="runbook: docs/runbooks/worker.md",
)
NO_RUNBOOK = RULES.warning(
    "service-without-runbook",
    "The service has no runbook, so the alert does not say what to do.",
    wrong="{name: worker, paths: [...], ...} without runbook",
    right="runbook: docs/runbooks/worker.md",
)
NOT_WATCHED = RULES.error(
    "service-not-watched",
    "The variable services differs from the file, so a service would not be monitored.",
    wrong="services: [worker] in dbt_project.yml, while deploy/services.yml also has coordinator",
    right="services: [worker, coordinator]",
)

VARIABLE = "services"


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    services = facts.documents.services
    if services is None or not services.is_readable:
        return
    yield from value_findings(services, find_service_faults(services))
    for path, _ in services.entries("services"):
        yield from _named(facts, services, path)
    yield from _variable(facts, services)
    for path, service in valid_services(services):
        yield from _missing(facts, services, path, service)


def _missing(
    facts: Facts, services: Document, path: KeyPath, service: Service
) -> Iterator[Finding]:
    try:
        folder = service.repository(facts.root)
    except ConfigError:  # it is not on this machine; a drift there is then an ERROR
        return
    for number, own in enumerate(service.entry.paths):
        if path_fault(own) is None and not (folder / own).exists():
            yield PATH_MISSING.at(
                services.place(*path, "paths", number),
                f"{own!r} is not in the repository",
                "name a folder or file that the service is built from",
            )


def _named(facts: Facts, services: Document, path: KeyPath) -> Iterator[Finding]:
    verify = services.text(*path, "verify")
    if verify is not None and verify not in facts.documents.checkpoints:
        yield UNKNOWN_CHECKPOINT.unknown(
            services.place(*path, "verify"),
            "there is no checkpoint",
            verify,
            facts.documents.checkpoints,
        )
    for at, name in services.texts(*path, "monitors"):
        if name not in facts.documents.monitors:
            yield UNKNOWN_MONITOR.unknown(
                services.place(*at), "there is no monitor", name, facts.documents.monitors
            )
    runbook = services.text(*path, "runbook")
    if runbook is None:
        if services.get(*path, "runbook") is None:
            yield NO_RUNBOOK.at(
                services.place(*path),
                "the service has no runbook",
                "write one and add `runbook: docs/runbooks/"
                f"{services.text(*path, 'name') or 'NAME'}.md`",
            )
    elif "://" not in runbook and find_runbook(facts.root, runbook) is None:
        yield RUNBOOK_MISSING.at(
            services.place(*path, "runbook"),
            f"there is no runbook {runbook!r}",
            "add the file, or name another file of the project or a URL",
        )


def _variable(facts: Facts, services: Document) -> Iterator[Finding]:
    """The variable gives the names to the model of deployment_drift, if the project has it."""
    if facts.documents.dbt is None or VARIABLE not in facts.variables:
        return
    listed = facts.variables[VARIABLE]
    if not isinstance(listed, list):
        return  # said of its type
    names = {services.text(*path, "name") for path, _ in services.entries("services")} - {None}
    watched = {str(name) for name in listed}
    if names != watched:
        apart = sorted(map(str, names ^ watched))
        yield NOT_WATCHED.at(
            facts.place_of_variable(VARIABLE),
            f"the variable {VARIABLE} and deploy/services.yml differ in {', '.join(apart)}",
            "name the same services in both",
        )
