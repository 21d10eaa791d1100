"""Jinja in dbt's YAML files, rendered as dbt renders it there.

Names of sources and texts under ``vars`` may hold it. As in dbt they know ``var()``, ``env_var()``
and ``target``, and no macro. What can't be rendered is an error: a name that were left out would
send a monitor to another table.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from plumbline.core.errors import MonitorError, PlumblineError, did_you_mean

if TYPE_CHECKING:
    from jinja2 import Environment

SECRET_PREFIX = "DBT_ENV_SECRET"
"""Variables that dbt allows only where connections are configured."""
_SECRET_WORDS = frozenset(
    {"AUTH", "CREDENTIAL", "CREDENTIALS", "KEY", "PASS", "PASSWD", "PASSWORD", "SECRET", "SECRETS"}
    | {"TOKEN", "TOKENS", "WEBHOOK", "WEBHOOKS"}
)
"""In the name of a variable that no table is named by, and that would be shown in SQL."""

_SETTINGS = ("name", "model-paths", "macro-paths", "target-path")
_MARKS = ("{{", "{%", "{#")
_NOT_GIVEN = object()


def has_jinja(value: object) -> bool:
    """Whether ``value`` is a text with something in it that Jinja would replace."""
    return isinstance(value, str) and any(mark in value for mark in _MARKS)


def holds_jinja(value: object) -> bool:
    """Whether there is Jinja in ``value``, or in what it is made of."""
    if isinstance(value, Mapping):
        return any(holds_jinja(inner) for pair in value.items() for inner in pair)
    if isinstance(value, list | tuple):
        return any(holds_jinja(inner) for inner in value)
    return has_jinja(value)


@dataclass(frozen=True)
class Scope:
    """What Jinja in YAML files can name."""

    variables: Mapping[str, Any]
    """``vars`` of ``dbt_project.yml``, as they are written."""
    file: str
    """Where these stand."""
    given: Mapping[str, object] = field(default_factory=dict)
    """Values that count before them: of a suite, or of ``--var``."""
    target: Mapping[str, str] = field(default_factory=dict)
    """The attributes of ``target``."""
    project_name: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True)
class Rendered:
    """What came of a text, and of what."""

    value: Any
    """A text, or the value itself where the text is one expression."""
    variables: frozenset[str] = frozenset()
    uses_environment: bool = False
    uses_target: bool = False
    uses_default: bool = False
    """Whether an environment variable was not set, and its default was taken."""


def render(text: str, scope: Scope, *, file: str, key: str) -> Rendered:
    """``text``, which stands in ``file`` at ``key``, as dbt renders it.

    Raises:
        MonitorError: it is not Jinja, or needs something that is not there.
    """
    return _Rendering(scope).render(text, file, key)


def render_variable(name: str, scope: Scope) -> Any:
    """The value of one variable of ``scope.variables``.

    Raises:
        MonitorError: it can't be rendered.
    """
    return _Rendering(scope).variable(name)


def render_settings(settings: Mapping[str, Any], *, file: str) -> Mapping[str, Any]:
    """``dbt_project.yml`` with its name and folders rendered, which dbt does before all else.

    Raises:
        MonitorError: one of them can't be rendered: it knows the environment, and no variables.
    """
    scope = Scope({}, file)

    def rendered(key: str, value: object) -> object:
        if isinstance(value, list):
            return [rendered(key, inner) for inner in value]
        if isinstance(value, str) and has_jinja(value):
            return render(value, scope, file=file, key=key).value
        return value

    found = {key: rendered(key, settings[key]) for key in _SETTINGS if key in settings}
    return {**settings, **found}


class _Rendering:
    """One call of ``render``, with all that it leads to."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._used: dict[str, None] = {}
        self._open: list[str] = []
        self._uses_environment = self._uses_target = self._uses_default = False

    def render(self, text: str, file: str, key: str) -> Rendered:
        value = self._text(text, file, key)
        return Rendered(
            value,
            frozenset(self._used),
            uses_environment=self._uses_environment,
            uses_target=self._uses_target,
            uses_default=self._uses_default,
        )

    def variable(self, name: str) -> Any:
        """The value of a variable that is declared."""
        value, file, key = self._scope.variables[name], self._scope.file, f"vars.{name}"
        if has_jinja(value):
            if name in self._open:
                circle = " -> ".join((*self._open[self._open.index(name) :], name))
                raise MonitorError(
                    f"variables refer to each other in a cycle: {circle}",
                    file=file,
                    key=key,
                    fix="give one of them a plain value",
                )
            self._open.append(name)
            try:
                return self._text(value, file, key)
            finally:
                self._open.pop()
        if holds_jinja(value):
            raise MonitorError(
                f"variable {name!r} contains Jinja inside a list or mapping, where dbt doesn't "
                "render it",
                file=file,
                key=key,
                fix="write plain values there, or give the whole value as one text with Jinja",
            )
        return value

    def _text(self, text: str, file: str, key: str) -> Any:
        from jinja2 import StrictUndefined
        from jinja2.exceptions import TemplateSyntaxError, UndefinedError

        from plumbline.project.sandbox import bounded

        def refuse(what: str, fix: str) -> NoReturn:
            raise MonitorError(
                f"{text!r} can't be rendered: {what}", file=file, key=key, fix=fix
            ) from None

        names = {
            "var": lambda name, default=_NOT_GIVEN: self._var(name, default, refuse),
            "env_var": lambda name, default=None: self._env_var(name, default, refuse),
            "target": _Target(self._scope.target, self._see_target, refuse),
            "project_name": self._scope.project_name,
        }
        try:
            with bounded():
                value = _environment().from_string(text).render(names)
            if isinstance(value, StrictUndefined):
                str(value)  # raises, and says which name
        except PlumblineError:
            raise
        except TemplateSyntaxError as fault:
            refuse(f"invalid Jinja: {fault.message}", "correct the Jinja")
        except UndefinedError as fault:
            refuse(
                str(fault),
                "only var(), env_var() and target are known here; write the name itself, or run "
                "`dbt compile`: target/manifest.json then names the table",
            )
        except Exception as fault:  # noqa: BLE001 - whatever an expression raises is its own fault
            refuse(str(fault) or type(fault).__name__, "correct the Jinja")
        return value

    def _var(self, name: object, default: object, refuse: Callable[[str, str], NoReturn]) -> Any:
        known = self._scope.variables
        if not isinstance(name, str):
            refuse(f"var() is given {name!r}, not a name", "write var('name')")
        self._used[name] = None
        if name in self._scope.given:
            return self._scope.given[name]
        if name in known and known[name] is not None:
            return self.variable(name)
        if default is _NOT_GIVEN:
            refuse(
                f"variable {name!r} has no value",
                f"declare it under vars in dbt_project.yml; {did_you_mean(name, known)}",
            )
        return default

    def _env_var(
        self, name: object, default: object, refuse: Callable[[str, str], NoReturn]
    ) -> Any:
        if not isinstance(name, str):
            refuse(f"env_var() is given {name!r}, not a name", "write env_var('NAME')")
        if name.startswith(SECRET_PREFIX):
            refuse(
                f"{name} is a secret by its prefix, and dbt allows secrets only in profiles.yml "
                "and packages.yml",
                f"use a variable whose name does not begin with {SECRET_PREFIX}",
            )
        if _SECRET_WORDS.intersection(name.upper().split("_")):
            refuse(
                f"{name} is a secret by its name, and values that are read here are shown in SQL "
                "and messages",
                "use a variable with another name, or write the value itself",
            )
        self._uses_environment = True
        if name in self._scope.environment:
            return self._scope.environment[name]
        if default is None:
            refuse(
                f"the environment variable {name} is not set",
                f"set {name}, or give a default: env_var('{name}', 'default')",
            )
        self._uses_default = True
        return default

    def _see_target(self) -> None:
        self._uses_target = True


class _Target:
    """``target``: its attributes, or an error that says which are there."""

    def __init__(
        self,
        values: Mapping[str, str],
        see: Callable[[], None],
        refuse: Callable[[str, str], NoReturn],
    ) -> None:
        self._values = values
        self._see = see
        self._refuse = refuse

    def get(self, name: str, default: object = None) -> object:
        """As dbt's ``target``, which is a mapping."""
        self._see()
        return self._values.get(name, default)

    def __getitem__(self, name: str) -> str:
        self._see()
        if name not in self._values:
            self._missing(name)
        return self._values[name]

    def _missing(self, name: str) -> NoReturn:
        if name in ("schema", "dataset"):
            self._refuse(
                f"target {self._values.get('name', '')!r} has no dataset of its own, so "
                f"target.{name} is not known",
                "write `dataset: NAME` for the target in great_expectations.yml, or run "
                "`dbt compile`: target/manifest.json then names the table",
            )
        self._refuse(
            f"target.{name} is not known here", did_you_mean(name, (*self._values, "dataset"))
        )

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]


@cache
def _environment() -> Environment:
    # Imported when there is something to render: most projects' files hold plain names.
    from jinja2.nativetypes import NativeCodeGenerator

    from plumbline.project.sandbox import BoundedEnvironment

    class Native(BoundedEnvironment):
        """As dbt's for YAML: one expression alone keeps its type, more become a text."""

        code_generator_class = NativeCodeGenerator
        concat = staticmethod(_concat)

    environment = Native()
    environment.filters |= {
        "as_text": str,
        "as_native": _native,
        "as_bool": lambda value: _typed(value, bool),
        "as_number": lambda value: _typed(value, int, float),
    }
    return environment


def _concat(values: Iterable[Any]) -> Any:
    found = list(values)
    return found[0] if len(found) == 1 else "".join(map(str, found))


def _native(value: object) -> object:
    try:
        return ast.literal_eval(str(value))
    except (ValueError, SyntaxError):
        return value


def _typed(value: object, *types: type) -> object:
    found = _native(value)
    # bool is an int to Python, and neither is meant for the other
    if not isinstance(found, types) or (bool not in types and isinstance(found, bool)):
        raise ValueError(f"{value!r} is not {' or '.join(kind.__name__ for kind in types)}")
    return found
