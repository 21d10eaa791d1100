"""Prepares a target for a run: starts the embedded BigQuery and loads its seed's data.

Used by ``plumbline run`` and everything else that queries, and by ``plumbline warehouse``.
Nothing happens to BigQuery, nor to a server that BIGQUERY_EMULATOR_HOST names: that one is used as
it is found.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError
from plumbline.warehouse.client import open_client
from plumbline.warehouse.embedded import EmbeddedWarehouse, Progress, silent
from plumbline.warehouse.seed import SeedPlan, load, making

if TYPE_CHECKING:
    from plumbline.project.targets import Target


def ensure_ready(target: Target, progress: Progress = silent) -> Target:
    """The target, ready to be queried.

    A warm one costs a few milliseconds. Two commands at once share the work: the second waits for
    the first.

    Raises:
        ConfigError: the `local` extra is not installed, the state folder cannot be written, or
            the seed of the project is malformed.
        WarehouseError: the embedded warehouse does not start, or cannot be filled.
    """
    if target.kind != "embedded" or target.emulator_host:
        return target
    warehouse = EmbeddedWarehouse.of(target)
    plan = SeedPlan.of(target, warehouse)
    if (plan is None or plan.is_done()) and warehouse.running() is not None:
        return target
    _prepare(target, warehouse, plan, progress, again=False)
    return target


def seed_again(target: Target, progress: Progress = silent) -> None:
    """Fill the embedded warehouse again, whatever it holds: ``plumbline warehouse seed``.

    Raises:
        ConfigError: the target is not a seeded embedded warehouse of plumbline's own.
        WarehouseError: as `ensure_ready`.
    """
    if target.kind != "embedded":
        raise ConfigError(
            f"target {target.name!r} is BigQuery; plumbline doesn't load data there",
            fix="--target local",
        )
    if target.emulator_host:
        raise ConfigError(
            "BIGQUERY_EMULATOR_HOST names your own server; plumbline doesn't load data there",
            key="BIGQUERY_EMULATOR_HOST",
            fix="unset the variable to use the embedded warehouse",
        )
    warehouse = EmbeddedWarehouse.of(target)
    plan = SeedPlan.of(target, warehouse)
    if plan is None:
        raise ConfigError(
            f"target {target.name!r} has no seed",
            file=target.project_dir / "great_expectations.yml",
            key=f"fluent_datasources.*.targets.{target.name}.seed",
            fix="name a seed command there",
        )
    _prepare(target, warehouse, plan, progress, again=True)


def _prepare(
    target: Target,
    warehouse: EmbeddedWarehouse,
    plan: SeedPlan | None,
    progress: Progress,
    *,
    again: bool,
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(warehouse.exclusively(progress))
        # Asked again under the lock: another command may just have done it.
        must_fill = plan is not None and (again or not plan.is_done())
        made = None
        if plan is not None and must_fill:
            progress(
                f"the {plan.seed.name} changed since the last load; generating it again"
                if plan.was_done() and not again
                else f"generating the {plan.seed.name}"
            )
            made = stack.enter_context(making(plan))
        warehouse.start_held(progress)
        if plan is not None and made is not None:
            load(plan, made, open_client(target), progress)
