"""GX's suites and results as pages of plumbline's site: GX's words, the site's look.

What an expectation says of itself comes from GX's own renderers, so that built-in ones, ours and a
project's speak as they do everywhere. Their content is drawn here and not by GX's views, whose
pages fetch scripts and styles from elsewhere and hold inline ones. Everything from data is escaped;
what GX renders as a kind that is not known here appears as its text.
Used by `plumbline.gx.site_builder`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from string import Template
from typing import Any

from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.render.renderer.content_block.bullet_list_content_block import (
    ExpectationSuiteBulletListContentBlockRenderer,
)
from great_expectations.render.renderer.content_block.validation_results_table_content_block import (  # noqa: E501
    ValidationResultsTableContentBlockRenderer,
)
from markupsafe import Markup, escape

from plumbline.gx.results import exception_message
from plumbline.run.reports.wording import NOTHING
from plumbline.site.pages.frame import environment, symbol

_LONGEST = 2_000
"""Characters of one text from data."""

_FAILS = {"critical": "CRITICAL", "warning": "WARNING", "info": "FAILED"}
"""What a failed expectation of a severity means; of ``info``, nothing follows."""


def suite_body(suite: ExpectationSuite) -> Markup:
    """Every expectation of a suite, as GX says it."""
    rows = [
        {
            "severity": _severity(expectation.configuration),
            "text": _said(expectation.configuration),
            "notes": expectation.notes,
        }
        for expectation in suite.expectations
    ]
    return _render("gx_suite.html", notes=suite.notes, rows=rows)


def result_body(result: ExpectationSuiteValidationResult) -> Markup:
    """What a suite found in one run: expectation by expectation, those that failed first."""
    rows = sorted((_row(entry) for entry in result.results), key=lambda row: row["passed"])
    meta: Mapping[str, Any] = result.meta or {}
    passed = sum(row["passed"] for row in rows)
    return _render(
        "gx_result.html",
        note=meta.get("note"),
        rows=rows,
        passed=passed,
        facts=list(_facts(meta)),
    )


def _row(entry: ExpectationValidationResult) -> dict[str, Any]:
    config = entry.expectation_config
    assert config is not None
    severity = _severity(config)
    reason = exception_message(entry.exception_info)
    if reason is not None:
        return {
            "passed": False,
            "status": "ERROR",
            "symbol": symbol("ERROR"),
            "severity": severity,
            "text": _said(config),
            "observed": Markup(escape(reason[:_LONGEST])),
        }
    table: Any = ValidationResultsTableContentBlockRenderer.render([entry])
    cells = table.to_json_dict()["table"][0] if table is not None else [None, _said(config), None]
    status = "PASS" if entry.success else _FAILS.get(severity, "FAILED")
    return {
        "passed": bool(entry.success),
        "status": status,
        "symbol": symbol(status if status != "FAILED" else None),
        "severity": severity,
        "text": _html(cells[1]),
        "observed": _html(cells[2]),
    }


def _said(config: Any) -> Markup:
    """An expectation in GX's words; its notes stand beside them, and not in a fold of GX's."""
    config.notes = None
    content: Any = ExpectationSuiteBulletListContentBlockRenderer.render([config])
    if content is None:
        return Markup(escape(config.type))
    return _html(content.to_json_dict()["bullet_list"][0])


def _severity(config: Any) -> str:
    return str(getattr(config.severity, "value", config.severity) or "critical")


def _facts(meta: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    run = meta.get("run_id")
    name = run.get("run_name") if isinstance(run, Mapping) else getattr(run, "run_name", None)
    for label, value in (
        ("Run", name),
        ("Validated", meta.get("validation_time")),
        *((meta.get("batch_parameters") or {}).items()),
        ("Great Expectations", meta.get("great_expectations_version")),
    ):
        if value is not None:
            yield str(label), str(value)


def _render(template: str, **values: Any) -> Markup:
    return Markup(environment().get_template(template).render(**values))


# What GX renders


def _html(content: Any) -> Markup:
    """A piece of rendered content: a text, a number, a list of pieces or a block of some kind."""
    if content is None:
        return Markup(NOTHING)
    if isinstance(content, list):
        return Markup("").join(Markup("<div>{}</div>").format(_html(one)) for one in content)
    if isinstance(content, Mapping):
        kind = str(content.get("content_block_type"))
        drawn = _KINDS.get(kind, _unknown)(content)
        header = content.get("header") if kind != "header" else None
        return (
            Markup("<p><strong>{}</strong></p>{}").format(_html(header), drawn) if header else drawn
        )
    if isinstance(content, float) and math.isfinite(content):
        content = f"{content:g}"
    return Markup(escape(str(content)[:_LONGEST]))


def _string_template(block: Mapping[str, Any]) -> Markup:
    said = block["string_template"]
    if isinstance(said, str):
        return _html(said)
    values = {
        name: Markup("") if _is_markup(name, value) else _value(value)
        for name, value in (said.get("params") or {}).items()
    }
    text = Template(str(escape(said.get("template") or ""))).safe_substitute(values)
    return Markup(text.replace("\n", "<br>"))


def _is_markup(name: str, value: object) -> bool:
    """GX puts its icons among the values, as HTML of its own pages."""
    return name.endswith("icon") and (value == "" or str(value).startswith("<i "))


def _value(value: object) -> Markup:
    return Markup("<code>{}</code>").format(_html(value)) if value is not None else Markup(NOTHING)


def _text(block: Mapping[str, Any]) -> Markup:
    return _html(block.get("text"))


def _markdown(block: Mapping[str, Any]) -> Markup:
    return _html(block.get("markdown"))


def _list(block: Mapping[str, Any]) -> Markup:
    items = block.get("bullet_list") or block.get("value_list") or []
    drawn = Markup("").join(Markup("<li>{}</li>").format(_html(item)) for item in items)
    return Markup("<ul>{}</ul>").format(drawn)


def _table(block: Mapping[str, Any]) -> Markup:
    head = block.get("header_row") or []
    rows = block.get("table") or []
    cells = Markup("").join(Markup('<th scope="col">{}</th>').format(_html(one)) for one in head)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_html(cell)) for cell in row)
        )
        for row in rows
    )
    return Markup('<table class="plain">{}<tbody>{}</tbody></table>').format(
        Markup("<thead><tr>{}</tr></thead>").format(cells) if head else "", body
    )


def _header(block: Mapping[str, Any]) -> Markup:
    parts = [_html(block[name]) for name in ("header", "subheader") if block.get(name)]
    return Markup("<p><strong>{}</strong></p>").format(Markup(" ").join(parts))


def _collapse(block: Mapping[str, Any]) -> Markup:
    link = _html(block.get("collapse_toggle_link") or "")
    return Markup("<details><summary>{}</summary>{}</details>").format(
        link if link.striptags().strip() else "More", _html(block.get("collapse"))
    )


def _graph(_: Mapping[str, Any]) -> Markup:
    return Markup("<p>A chart of GX's, which needs scripts from elsewhere, is left out.</p>")


def _container(block: Mapping[str, Any]) -> Markup:
    return _html(block.get("content_blocks") or block.get("tabs"))


def _unknown(block: Mapping[str, Any]) -> Markup:
    shown = {name: value for name, value in block.items() if name not in ("styling", "header")}
    return Markup("<code>{}</code>").format(json.dumps(shown, default=str)[:_LONGEST])


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Markup]] = {
    "bullet_list": _list,
    "collapse": _collapse,
    "content_block_container": _container,
    "graph": _graph,
    "header": _header,
    "markdown": _markdown,
    "string_template": _string_template,
    "table": _table,
    "tabs": _container,
    "text": _text,
    "value_list": _list,
}
