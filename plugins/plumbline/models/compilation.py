"""One compilation: what ``ref``, ``source`` and ``var`` do while a model's template is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.instants import find_zone, no_zone
from plumbline.core.parameter import Parameter
from plumbline.models.binding import BoundSql, Use, bind
from plumbline.models.compiled import CompiledModel
from plumbline.models.dbt_sql import dbt_sql
from plumbline.models.references import Place, Reference
from plumbline.models.refs import Ref, resolve_ref
from plumbline.models.sources import find_source
from plumbline.models.templates import LONGEST_SQL, current_place
from plumbline.models.variables import NAME, VariableError, check_bounds, parameter, typed_like
from plumbline.models.workspace import Workspace
from plumbline.project.documents import DBT_FILE
from plumbline.project.jinja import holds_jinja, render_variable
from plumbline.project.sandbox import bounded

# plumbline sets these itself; dbt_project.yml holds defaults only so that dbt can compile too.
BUILT_IN = ("as_of", "first_date", "last_date", "plumbline_project", "plumbline_target")


@dataclass(frozen=True)
class _Piece:
    """One rendered model, before it is put together with those that it refers to."""

    sql: BoundSql
    refs: Mapping[str, Place]
    """The models that are inlined in it."""


@dataclass
class Compilation:
    """The state of one ``Compiler.compile`` call."""

    workspace: Workspace
    as_of: Sequence[datetime]
    given: Mapping[str, object]
    where: str
    uses: list[Use] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    naming: dict[str, None] = field(default_factory=dict)
    """The variables that names of sources are made of."""
    pieces: dict[str, _Piece] = field(default_factory=dict)

    def compile(self, model: str) -> CompiledModel:
        file = self.workspace.models.find(model, file=self.where)
        with self._bounded(file):
            whole = self._put_together(model, file)
            self._check_values(model)
            return whole

    def compile_text(
        self, name: str, text: str, *, file: Path, functions: Mapping[str, Callable[..., str]]
    ) -> CompiledModel:
        """``text``, a value in ``file``, as one SELECT.

        Args:
            name: unlike that of any model.
            functions: what it may call beside those of a model.
        """
        with self._bounded(file):
            self.pieces[name] = self._rendered(
                lambda known: self.workspace.templates.render_text(
                    text, file=file, functions={**known, **functions}
                ),
                file,
            )
            return self._put_together(name, file)

    @contextmanager
    def _bounded(self, file: Path) -> Iterator[None]:
        try:
            with bounded():  # for all pieces together
                yield
        except RecursionError:
            raise MonitorError(
                "models and macros refer to each other too deeply",
                file=file,
                fix="use fewer levels of ref() and macros",
            ) from None

    def _put_together(self, model: str, file: Path) -> CompiledModel:
        main = self._piece(model)
        ctes: dict[str, None] = {}
        self._collect(model, (model,), ctes)
        properties = self.workspace.properties.models.get(model)
        bound = [*(self.pieces[name].sql for name in ctes), main.sql]
        names = dict.fromkeys(name for sql in bound for name in sql.names)
        inlined = {name: self.pieces[name].sql.text for name in ctes}
        whole = "".join((*_functions(bound), _assemble(main.sql, inlined)))
        if len(whole) > LONGEST_SQL:
            raise MonitorError(
                f"the SQL, with the models and macros in it, has more than {LONGEST_SQL:,} "
                "characters, the maximum of a query",
                file=file,
                fix="make it shorter",
            )
        return CompiledModel(
            name=model,
            sql=whole,
            parameters=tuple(self.parameters[name] for name in names),
            sources=tuple(self.sources),
            variables=tuple(dict.fromkeys((*self.parameters, *self.naming))),
            grain=properties.grain if properties else (),
            personal=properties.personal if properties else frozenset(),
            file=file,
        )

    # Models

    def _piece(self, model: str) -> _Piece:
        if model in self.pieces:
            return self.pieces[model]
        file = self.workspace.models.find(model, file=self.where)
        properties = self.workspace.properties.models.get(model)
        if properties is not None and properties.is_compiled_by_dbt:
            made = dbt_sql(model, file, self.workspace)
            self.sources |= dict.fromkeys(made.sources)
            piece = _Piece(bind(made.text, self.uses.__getitem__, file=str(file)), {})
            self.pieces[model] = piece
            return piece
        piece = self._rendered(lambda known: self.workspace.templates.render(file, known), file)
        self.pieces[model] = piece
        return piece

    def _rendered(
        self, render: Callable[[Mapping[str, Callable[..., Any]]], str], file: Path
    ) -> _Piece:
        refs: dict[str, Place] = {}

        def ref(*names: str, **options: object) -> str:
            """``ref('model')``, ``ref('package', 'model')``, ``ref('model', v=2)``."""
            version = options.get("v", options.get("version"))
            found = Ref(
                name=str(names[-1]) if names else "",
                package=str(names[0]) if len(names) > 1 else None,
                version=None if version is None else str(version),
                place=current_place(),
            )
            relation = resolve_ref(found, self.workspace)
            if relation is None:
                refs.setdefault(found.name, found.place)
                return f"__dbt__cte__{found.name}"
            self.sources[relation.key] = None
            return str(relation)

        def configure(*_: object, **__: object) -> str:
            return ""

        rendered = render(
            {"ref": ref, "source": self._source, "var": self._var, "config": configure}
        )
        return _Piece(bind(rendered, self.uses.__getitem__, file=str(file)), refs)

    def _collect(self, model: str, path: tuple[str, ...], ordered: dict[str, None]) -> None:
        """Every model that ``model`` stands on, each after those that it stands on itself."""
        for name, place in self._piece(model).refs.items():
            if name in path:
                circle = " -> ".join((*path[path.index(name) :], name))
                raise MonitorError(
                    f"models refer to each other in a cycle: {circle}",
                    file=place.file,
                    key=place.key,
                    fix="remove one of these ref() calls",
                )
            if name not in ordered:
                self._collect(name, (*path, name), ordered)
                ordered[name] = None

    # What templates call

    def _source(self, source: str, table: str) -> str:
        found = find_source(
            source, table, workspace=self.workspace, given=self.given, place=current_place()
        )
        self.sources[found.relation.key] = None
        self.naming |= dict.fromkeys(sorted(found.variables))
        return str(found.relation)

    def _var(self, name: str, default: object = None) -> Reference:
        place = current_place()
        if name not in self.parameters:
            self.parameters[name] = self._parameter(name, default, place)
        self.uses.append(Use(name, self.parameters[name].value, place))
        return Reference(len(self.uses) - 1, name, place)

    # Values

    def _parameter(self, name: str, default: object, place: Place) -> Parameter:
        if name in BUILT_IN:
            return self._built_in(name)
        if not NAME.fullmatch(name):
            raise MonitorError(
                f"{name!r} is not a valid variable name",
                file=place.file,
                key=place.key,
                fix="use letters, digits and _",
            )
        declared = self.workspace.project.vars
        usual = self._default(name) if name in declared else default
        given = self.given.get(name)
        if holds_jinja(given):
            raise VariableError(
                f"variable {name!r} contains Jinja, which is rendered only in {DBT_FILE}",
                var=name,
                file=self.where,
                fix=f"write the value itself, or {{{{ ... }}}} under vars in {DBT_FILE}",
            )
        if usual is None and given is None:
            raise MonitorError(
                f"variable {name!r} has no value",
                file=place.file,
                key=place.key,
                fix=f"declare it under vars in {DBT_FILE}; {did_you_mean(name, declared)}",
            )
        if usual is None:
            return parameter(name, given, file=self.where)
        fallback = parameter(name, usual, file=self.workspace.dbt_file)
        if name not in self.given:
            return fallback
        return typed_like(parameter(name, given, file=self.where), fallback, file=self.where)

    def _default(self, name: str) -> Any:
        try:
            return render_variable(name, self.workspace.scope())
        except MonitorError as fault:
            raise VariableError(
                fault.what,
                var=name,
                file=fault.file,
                key=fault.key,
                fix=fault.fix or "write the value itself",
            ) from fault

    def _built_in(self, name: str) -> Parameter:
        instants = tuple(dict.fromkeys(instant.astimezone(UTC) for instant in self.as_of))
        if name == "as_of":
            return Parameter(name, "ARRAY<TIMESTAMP>", instants)
        if name == "plumbline_project":
            return Parameter(name, "STRING", self.workspace.target_project)
        if name == "plumbline_target":
            return Parameter(name, "STRING", self.workspace.target_name)
        chosen = min(instants) if name == "first_date" else max(instants)
        return Parameter(name, "DATE", chosen.astimezone(self._zone).date())

    @property
    def _zone(self) -> ZoneInfo:
        name = self.given.get("timezone")
        if name is None:
            return self.workspace.project.timezone
        zone = find_zone(str(name))
        if zone is None:
            what, fix = no_zone(name)
            raise VariableError(what, var="timezone", file=self.where, fix=fix)
        return zone

    def _check_values(self, model: str) -> None:
        """What is given must exist (declared, or used by this model) and be in bounds."""
        names = (*self.workspace.project.vars, *self.parameters, *self.naming)
        known = [name for name in names if name not in BUILT_IN]
        for name in self.given:
            if name in BUILT_IN:
                raise VariableError(
                    f"variable {name!r} is set by plumbline",
                    var=name,
                    file=self.where,
                    fix="remove it; --as-of sets the instant",
                )
            if name not in known:
                raise VariableError(
                    f"there is no variable {name!r}",
                    var=name,
                    file=self.where,
                    fix=did_you_mean(name, known),
                )
        properties = self.workspace.properties.models.get(model)
        for name, bounds in (properties.bounds if properties else {}).items():
            if name in self.parameters:
                check_bounds(
                    self.parameters[name],
                    bounds,
                    file=self.where if name in self.given else self.workspace.dbt_file,
                    declared_in=properties.file if properties else None,
                )


def _functions(bound: Sequence[BoundSql]) -> list[str]:
    """The temporary functions of all pieces, each once: they can't stand within a CTE."""
    return [
        f"{text.rstrip()}\n\n" for text in dict.fromkeys(sql.functions for sql in bound) if text
    ]


def _assemble(main: BoundSql, ctes: Mapping[str, str]) -> str:
    """``main`` with ``ctes`` before its own, as dbt injects them."""
    if not ctes:
        return main.text
    injected = ",\n\n".join(f"__dbt__cte__{name} as (\n{text}\n)" for name, text in ctes.items())
    if main.with_end is None:
        return f"with {injected}\n\n{main.text}"
    return f"{main.text[: main.with_end]} {injected},\n\n{main.text[main.with_end :].lstrip()}"
