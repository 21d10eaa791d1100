"""Checkpoints of GX, with their actions, as checkpoints and ``checkpoints/alerts.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from plumbline.core.errors import did_you_mean
from plumbline.core.text import count
from plumbline.lint.json_format import dumps
from plumbline.scaffold.import_gx.alerts import Alerts
from plumbline.scaffold.import_gx.gx_project import IN_FILES, Checkpoint, GxProject, variables_in
from plumbline.scaffold.import_gx.names import unique_names
from plumbline.scaffold.import_gx.report import Converted, Report

ALERTS_FILE = "checkpoints/alerts.yml"
_NOTE = """\
# Channels and routes of notifications, from the actions of GX's checkpoints. Test them with
# `plumbline alerts test`. Secrets are in environment variables; here are only their names.
"""

Monitors = Mapping[str, str]
"""By validation definition, the monitor that it became."""


def convert_checkpoints(gx: GxProject, monitors: Monitors, report: Report) -> dict[str, str]:
    """The files of all checkpoints; without any, of one over all monitors."""
    checkpoints, files = list(gx.checkpoints), dict[str, str]()
    named = variables_in([one.actions for one in checkpoints])
    alerts = Alerts(gx.variables, report, secrets=dict.fromkeys(named))
    if not checkpoints and monitors:
        checkpoints = [Checkpoint("health_check", tuple(monitors), ())]
    names = unique_names([one.name for one in checkpoints], "checkpoint", report)
    for checkpoint in checkpoints:
        if checkpoint.name in names:
            _report_unknown(gx, checkpoint, monitors, report)
            files |= _checkpoint(checkpoint, names[checkpoint.name], monitors, alerts)
    listed = {one for checkpoint in checkpoints for one in checkpoint.definitions}
    for definition, monitor in monitors.items():
        if definition not in listed:
            report.ask(f"list {monitor} in a checkpoint; no checkpoint of GX lists it")
    if alerts.channels:
        content = {"channels": alerts.channels, "routes": alerts.routes}
        files[ALERTS_FILE] = _NOTE + yaml.safe_dump(content, sort_keys=False)
        channels = count(len(alerts.channels), "channels")
        report.converted.append(Converted("actions that notify", ALERTS_FILE, channels))
    _report_sites(gx, report)
    return files


def _checkpoint(
    checkpoint: Checkpoint, name: str, monitors: Monitors, alerts: Alerts
) -> dict[str, str]:
    what, file = f"checkpoint {checkpoint.name!r}", f"checkpoints/{name}.json"
    made = [monitors[one] for one in checkpoint.definitions if one in monitors]
    if not made:
        alerts.report.leave(what, "none of its validation definitions was converted", "see above")
        return {}
    content: dict[str, Any] = {
        "name": name,
        "validation_definitions": [{"name": one} for one in dict.fromkeys(made)],
        "actions": alerts.actions(checkpoint, name),
    }
    if checkpoint.result_format not in (None, "SUMMARY"):
        content["result_format"] = checkpoint.result_format
    alerts.report.converted.append(Converted(what, file, count(len(made), "monitors")))
    return {file: dumps(content)}


def _report_unknown(
    gx: GxProject, checkpoint: Checkpoint, monitors: Monitors, report: Report
) -> None:
    known = {*monitors, *(one.name for one in gx.definitions)}
    for listed in checkpoint.definitions:
        if listed not in known:
            report.leave(
                f"checkpoint {checkpoint.name!r}: {listed!r}",
                "there is no such validation definition",
                did_you_mean(listed, known),
            )


def _report_sites(gx: GxProject, report: Report) -> None:
    for name in gx.configuration.mapping("data_docs_sites"):
        path = ("data_docs_sites", name, "store_backend", "class_name")
        class_name = gx.configuration.text(*path)
        if class_name not in (None, IN_FILES):
            report.ask(
                f"data docs site {name!r} is in a {class_name}: to host plumbline's site "
                "in a bucket, run plumbline docs host --help"
            )
