"""GX's suites and results as pages of plumbline's site: GX's words, the site's look.

What an expectation says of itself comes from GX's own renderers, so that built-in ones, ours and a
project's speak as they do everywhere. Their content is drawn here and not by GX's views, whose
pages fetch scripts and styles from elsewhere and hold inline ones. Everything from data is escaped;
what GX renders as a kind that is not known here appears as its text, and what GX can't render as
its type and arguments: one expectation never costs the page, nor a page the site. No page names a
place on the machine that it was made on.
Used by `plumbline.gx.site_builder`.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
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

from plumbline.core.text import NOTHING, plain
from plumbline.evaluate.suite_results import why_unjudged
from plumbline.site.pages.frame import environment, symbol

_LONGEST = 2_000
"""Characters of one text from data; what is longer ends in dots."""
_MOST_OPEN = 30
"""Rows of a table, or items of a list, that stand open; longer ones are in a fold."""

_RENDERERS = logging.getLogger("great_expectations.render")
_TRACEBACK = "Traceback (most recent call last)"
_SEPARATORS = r"\s'\"`,;:()<>|"
_LOCAL = re.compile(
    rf"(?<![\w./:~-])(?:file://)?(?:/[^/{_SEPARATORS}]+)*/([^/{_SEPARATORS}]+)/([^/{_SEPARATORS}]+)"
    rf"|(?<!\w)[A-Za-z]:\\(?:[^\\{_SEPARATORS}]+\\)*([^\\{_SEPARATORS}]+)"
)
"""An absolute path of two parts or more, of POSIX or Windows; not what follows a host."""

_FAILS = {"critical": "CRITICAL", "warning": "WARNING", "info": "FAILED"}
"""What a failed expectation of a severity means; of ``info``, nothing follows."""
_ORDER = ("CRITICAL", "ERROR", "WARNING", "FAILED", "PASS")


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
    """What a suite found in one run: expectation by expectation, the worst first."""
    rows = sorted(
        (_row(entry) for entry in result.results), key=lambda row: _ORDER.index(row["status"])
    )
    meta: Mapping[str, Any] = result.meta or {}
    passed = sum(row["passed"] for row in rows)
    note = meta.get("note")
    return _render(
        "gx_result.html",
        note=_reason(str(note)) if note else None,
        rows=rows,
        passed=passed,
        facts=list(_facts(meta)),
    )


def _row(entry: ExpectationValidationResult) -> dict[str, Any]:
    config = entry.expectation_config
    severity = _severity(config)
    reason = why_unjudged(entry)
    if reason is not None:  # also of what GX counts as a success, as a run does
        status, text, observed = "ERROR", _said(config), _html(_reason(reason))
    else:
        status = "PASS" if entry.success else _FAILS.get(severity, "FAILED")
        text, observed = _found(entry)
    return {
        "passed": status == "PASS",
        "status": status,
        "symbol": symbol(status if status != "FAILED" else None),
        "severity": severity,
        "text": text,
        "observed": observed,
    }


def _found(entry: ExpectationValidationResult) -> tuple[Markup, Markup]:
    """What GX says of an expectation, and of what it observed."""
    with _complaints() as complaints:
        try:
            table: Any = ValidationResultsTableContentBlockRenderer.render([entry])
            _, text, observed, *more = table.to_json_dict()["table"][0]
        except Exception:  # noqa: BLE001 - renderers may be a project's own, or be gone
            found = (entry.result or {}).get("observed_value")
            drawn = _as_json(found) if isinstance(found, list | Mapping) else _html(found)
            return _said(entry.expectation_config), drawn
    found = (entry.result or {}).get("observed_value")
    if isinstance(found, list) and observed == str(found):
        observed = ", ".join(map(str, found)) or None
    said = _html(text) + Markup("").join(Markup("<div>{}</div>").format(_html(m)) for m in more)
    if complaints:
        said += Markup('<p class="quiet">GX could not render the whole result.</p>')
    return said, _html(observed)


def _said(config: Any) -> Markup:
    """An expectation in GX's words; its notes stand beside them, and not in a fold of GX's."""
    if config is None:
        return Markup("The result does not name its expectation.")
    without_notes = copy.copy(config)
    without_notes.notes = None
    with _complaints():
        try:
            content: Any = ExpectationSuiteBulletListContentBlockRenderer.render([without_notes])
            blocks = [b for b in content.to_json_dict()["bullet_list"] if not _is_rule(b)]
            return _html(blocks[0] if len(blocks) == 1 else blocks)
        except Exception:  # noqa: BLE001 - renderers may be a project's own, or be gone
            return Markup("<code>{}</code> {}").format(config.type, _as_json(config.kwargs))


class _Catcher(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.caught: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.caught.append(record)


@contextmanager
def _complaints() -> Iterator[list[logging.LogRecord]]:
    """What GX logs of renderers that raise: tracebacks, which are not meant for a terminal."""
    catcher = _Catcher(logging.ERROR)
    propagated, _RENDERERS.propagate = _RENDERERS.propagate, False
    _RENDERERS.addHandler(catcher)
    try:
        yield catcher.caught
    finally:
        _RENDERERS.removeHandler(catcher)
        _RENDERERS.propagate = propagated


def _severity(config: Any) -> str:
    severity = getattr(config, "severity", None)
    return str(getattr(severity, "value", severity) or "critical")


def _reason(said: str) -> str:
    """In one line, without a traceback and without the folders of a machine."""
    line = " ".join(said.split(_TRACEBACK, maxsplit=1)[0].split())
    return _without_folders(line) or "it raised an exception"


def _without_folders(text: str) -> str:
    """``/home/me/project/x.sql`` as ``x.sql``: nobody else has that folder."""
    return _LOCAL.sub(lambda match: match[2] or match[3], text)


def _facts(meta: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    run = meta.get("run_id")
    name = run.get("run_name") if isinstance(run, Mapping) else getattr(run, "run_name", None)
    for label, value in (
        ("Run", name),
        ("Validated", meta.get("validation_time")),
        *(
            ("Data as of" if name == "as_of" else name, value)
            for name, value in (meta.get("batch_parameters") or {}).items()
        ),
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
        try:
            drawn = _KINDS.get(kind, _unknown)(content)
        except Exception:  # noqa: BLE001 - a known kind of another shape: its text is shown
            drawn = _unknown(content)
        header = content.get("header") if kind != "header" else None
        return (
            Markup("<p><strong>{}</strong></p>{}").format(_html(header), drawn) if header else drawn
        )
    if isinstance(content, float) and math.isfinite(content):
        content = plain(content)
    return Markup(escape(_cut(str(content))))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _folded(drawn: Markup, count: int, what: str) -> Markup:
    if count <= _MOST_OPEN:
        return drawn
    return Markup("<details><summary>{} {}</summary>{}</details>").format(count, what, drawn)


def _string_template(block: Mapping[str, Any]) -> Markup:
    said = block["string_template"]
    if isinstance(said, str):
        return _html(said)
    values = {
        name: Markup("") if _is_markup(name, value) else _value(value)
        for name, value in (said.get("params") or {}).items()
    }
    text = Template(str(escape(said.get("template") or ""))).safe_substitute(values)
    return Markup(text.strip().replace("\n", "<br>"))


def _is_rule(block: Any) -> bool:
    """GX ends each expectation of a list with a line across the page."""
    said = block.get("string_template") if isinstance(block, Mapping) else None
    return isinstance(said, Mapping) and said.get("tag") == "hr"


def _is_markup(name: str, value: object) -> bool:
    """GX puts its icons among the values, as HTML of its own pages."""
    return name.endswith("icon") and (value == "" or str(value).startswith("<i "))


def _value(value: object) -> Markup:
    return Markup("<code>{}</code>").format(_html(value)) if value is not None else Markup(NOTHING)


def _text(block: Mapping[str, Any]) -> Markup:
    return _html(block["text"])


def _markdown(block: Mapping[str, Any]) -> Markup:
    return _html(block["markdown"])


def _list(block: Mapping[str, Any]) -> Markup:
    items = block[block["content_block_type"]]
    drawn = Markup("").join(Markup("<li>{}</li>").format(_html(item)) for item in items)
    return _folded(Markup("<ul>{}</ul>").format(drawn), len(items), "values")


def _table(block: Mapping[str, Any]) -> Markup:
    head = block.get("header_row") or []
    rows = block["table"]
    if not all(isinstance(row, list) for row in rows):
        return _unknown(block)
    cells = Markup("").join(Markup('<th scope="col">{}</th>').format(_html(one)) for one in head)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_html(cell)) for cell in row)
        )
        for row in rows
    )
    drawn = Markup('<table class="plain">{}<tbody>{}</tbody></table>').format(
        Markup("<thead><tr>{}</tr></thead>").format(cells) if head else "", body
    )
    return _folded(drawn, len(rows), "rows")


def _header(block: Mapping[str, Any]) -> Markup:
    parts = [_html(block[name]) for name in ("header", "subheader") if block.get(name)]
    return Markup("<p><strong>{}</strong></p>").format(Markup(" ").join(parts))


def _collapse(block: Mapping[str, Any]) -> Markup:
    link = _html(block.get("collapse_toggle_link") or "")
    return Markup("<details><summary>{}</summary>{}</details>").format(
        link if link.striptags().strip() else "More", _html(block["collapse"])
    )


def _graph(_: Mapping[str, Any]) -> Markup:
    return Markup("<p>A chart of GX is left out, because it loads scripts from the network.</p>")


def _container(block: Mapping[str, Any]) -> Markup:
    return _html(block["content_blocks"])


def _tabs(block: Mapping[str, Any]) -> Markup:
    return Markup("").join(
        Markup("<p><strong>{}</strong></p>{}").format(
            _html(tab["tab_name"]), _html(tab["tab_content"])
        )
        for tab in block["tabs"]
    )


def _unknown(block: Mapping[str, Any]) -> Markup:
    shown = {name: value for name, value in block.items() if name not in ("styling", "header")}
    return _as_json(shown)


def _as_json(value: object) -> Markup:
    return Markup("<code>{}</code>").format(
        _cut(json.dumps(value, default=str, ensure_ascii=False))
    )


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Markup]] = {
    "bullet_list": _list,
    "collapse": _collapse,
    "content_block_container": _container,
    "graph": _graph,
    "header": _header,
    "markdown": _markdown,
    "string_template": _string_template,
    "table": _table,
    "tabs": _tabs,
    "text": _text,
    "value_list": _list,
}
