"""Jinja as dbt offers it, in a sandbox, with errors that name the file and the line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import BaseLoader, Environment, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import UndefinedError

from plumbline.core.errors import MonitorError, PlumblineError, did_you_mean
from plumbline.models.files import Index
from plumbline.models.references import CLOSE, OPEN, Place
from plumbline.project.files import Files
from plumbline.project.sandbox import BoundedEnvironment, IncludeError, LimitError, bounded

_UNDEFINED = re.compile(r"'(\w+)' is undefined")
# What dbt knows and plumbline does not, because a compiled monitor must not depend on it.
_DBT_ONLY = frozenset(
    {"adapter", "env_var", "exceptions", "execute", "graph", "is_incremental", "log", "model"}
    | {"modules", "run_query", "run_started_at", "statement", "target", "this"}
)


LONGEST_SQL = 1024**2
"""Characters: https://cloud.google.com/bigquery/quotas#query_jobs"""

CALCULATED = object()
"""Stands for a setting that only rendering would show."""


class Templates:
    """Loads templates by path and renders them; parsed templates are kept."""

    def __init__(self, macros: Index, files: Files) -> None:
        self._macros = macros
        self._files = files
        self._settings: dict[Path, Mapping[str, object]] = {}
        self._loader = _FileLoader(files)
        self._environment = BoundedEnvironment(loader=self._loader, auto_reload=False)

    def render(self, file: Path, functions: Mapping[str, Callable[..., Any]]) -> str:
        """The text of ``file`` with ``functions`` and every macro of the project known to it.

        Raises:
            MonitorError: whatever is wrong in the template, with file and line.
        """
        return self._render(str(file), file, functions)

    def render_text(
        self, text: str, *, file: Path, functions: Mapping[str, Callable[..., Any]]
    ) -> str:
        """The same of a text that is a value in ``file``; lines are counted within the text.

        Raises:
            MonitorError: as `render`.
        """
        name = f"{file}\n{text}"  # no file is called so
        self._loader.texts[name] = (text, file)
        return self._render(name, file, functions)

    def _render(
        self, template: str, file: Path, functions: Mapping[str, Callable[..., Any]]
    ) -> str:
        namespace: dict[str, Any] = dict(functions)
        for name in self._macros.files:
            namespace[name] = self._macro(name, namespace)
        try:
            with bounded():
                sql = self._environment.get_template(template).render(namespace)
            refuse_length(sql)
            return sql
        except Exception as fault:  # noqa: BLE001 - whatever a template raises is its own fault
            _explain(fault, file, namespace)

    def settings(self, file: Path) -> Mapping[str, object]:
        """What ``config()`` is given in ``file``, which is not rendered.

        Raises:
            MonitorError: Jinja can't read it.
        """
        if file not in self._settings:
            text = self._files.text(file, error=MonitorError, what="the template")
            try:
                tree = self._environment.parse(text, filename=str(file))
            except Exception as fault:  # noqa: BLE001 - as when it is rendered
                _explain(fault, file, {})
            self._settings[file] = _settings(tree)
        return self._settings[file]

    def _macro(self, name: str, namespace: MutableMapping[str, Any]) -> Callable[..., str]:
        def call(*arguments: Any, **named: Any) -> str:
            place = current_place()
            file = self._macros.find(name, file=place.file, key=place.key)
            # As in dbt: a macro sees everything that its caller's project knows, whatever the
            # order of the files, so its module is made when it is called.
            module = self._environment.get_template(str(file)).make_module(dict(namespace))
            text: str = getattr(module, name)(*arguments, **named)
            return text

        return call


class _FileLoader(BaseLoader):
    """Templates by path, of files of the index, and texts that are values in files: templates
    themselves can't name any."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.texts: dict[str, tuple[str, Path]] = {}

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - Jinja's signature
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template in self.texts:
            text, file = self.texts[template]
        else:
            file = Path(template)
            text = self._files.text(file, error=MonitorError, what="the template")
        refuse_length(text)
        if OPEN in text or CLOSE in text:
            raise MonitorError(
                "the file contains a character of Unicode's private use area (U+E000, U+E001)",
                file=file,
                fix="remove it",
            )
        return text, str(file), None


def syntax_fault(fault: TemplateSyntaxError) -> tuple[str, str]:
    """What is wrong with a template that Jinja can't parse, and the fix."""
    if isinstance(fault, IncludeError):
        return str(fault.message), "write a macro in the project's macros folder, and call it"
    return f"Jinja can't parse the template: {fault.message}", "fix the template there"


def refuse_length(text: str) -> None:
    """Refuse a template or its SQL where BigQuery would.

    Raises:
        LimitError: it is longer than a query may be.
    """
    if len(text) > LONGEST_SQL:
        raise LimitError(f"it is longer than {LONGEST_SQL:,} characters, the maximum of a query")


def _settings(tree: nodes.Template) -> dict[str, object]:
    found: dict[str, object] = {}
    maybe = {
        id(inner)
        for branch in tree.find_all((nodes.If, nodes.For))
        for inner in calls_of(branch, "config")
    }
    for call in calls_of(tree, "config"):
        pairs: list[tuple[str, nodes.Expr]] = [(word.key, word.value) for word in call.kwargs]
        for argument in call.args:
            for pair in argument.items if isinstance(argument, nodes.Dict) else ():
                if isinstance(pair.key, nodes.Const):
                    pairs.append((str(pair.key.value), pair.value))
        for key, value in pairs:
            is_plain = isinstance(value, nodes.Const) and id(call) not in maybe
            found[key] = value.value if is_plain else CALCULATED  # type: ignore[attr-defined]
    return found


def calls_of(tree: nodes.Node, function: str) -> Iterator[nodes.Call]:
    """The calls of ``function``, which is not one of a package's."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == function:
            yield call


def current_place() -> Place:
    """The line of the template that is being rendered: who called ``ref``, ``var``, a macro."""
    frame = sys._getframe(1)  # the only way to know it without parsing the template twice
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            return Place(str(template.filename), template.get_corresponding_lineno(frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    raise RuntimeError("no template is being rendered")


def _explain(fault: Exception, file: Path, namespace: Mapping[str, Any]) -> NoReturn:
    if isinstance(fault, PlumblineError):
        raise fault
    if isinstance(fault, TemplateSyntaxError):
        what, fix = syntax_fault(fault)
        raise MonitorError(
            what, file=fault.filename or file, key=f"line {fault.lineno}", fix=fix
        ) from None
    place = _place_of(fault) or Place(str(file), 1)
    if isinstance(fault, RecursionError):
        raise MonitorError(
            "the template is nested too deeply, or macros call each other without end",
            file=place.file,
            key=place.key,
            fix="use fewer levels",
        ) from None
    undefined = _UNDEFINED.search(str(fault)) if isinstance(fault, UndefinedError) else None
    if undefined:
        name = undefined.group(1)
        known = [word for word in namespace if not word.startswith("_")]
        raise MonitorError(
            f"the template uses {name!r}, which is not a macro or function",
            file=place.file,
            key=place.key,
            fix=f"{name} exists only in dbt; use a variable of the project"
            if name in _DBT_ONLY
            else did_you_mean(name, known),
        ) from None
    raise MonitorError(
        f"the template fails: {str(fault) or type(fault).__name__}",
        file=place.file,
        key=place.key,
        fix="simplify the template, or write it in SQL"
        if isinstance(fault, LimitError)
        else "fix the template there",
    ) from fault


def _place_of(fault: Exception) -> Place | None:
    """The innermost template line of a traceback, which Jinja has rewritten to template lines."""
    place, step = None, fault.__traceback__
    while step is not None:
        if "__jinja_exception__" in step.tb_frame.f_globals:
            place = Place(step.tb_frame.f_code.co_filename, step.tb_lineno)
        step = step.tb_next
    return place
