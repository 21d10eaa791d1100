"""The rows behind a monitor's failing groups: what its suite's ``drilldown`` is compiled to.

A drilldown is a template like a model's. Beside ``source()``, ``ref()``, ``var()`` and the
project's macros it has ``failing()``, a condition that is true of rows of the failing groups:

    where {{ failing('system_id') }} and {{ failing(game_date='p.game_date') }}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.group_key import GroupKey, KeyValue
from plumbline.core.sql_literals import literal
from plumbline.models.compilation import Compilation
from plumbline.models.compiled import CompiledModel
from plumbline.models.templates import current_place
from plumbline.models.workspace import Workspace

KEY = "meta.monitor.drilldown"
MOST_GROUPS = 100
"""Failing groups that a condition names: the first ones."""

_OF_PYTHON = {bool: "BOOL", int: "INT64", float: "FLOAT64"}


@dataclass(frozen=True)
class FailingGroups:
    """The failing groups of a run, as conditions of SQL."""

    keys: Sequence[GroupKey] = ()
    """Worst first."""
    columns: Collection[str] = ()
    """Those that name the monitor's groups."""
    types: Mapping[str, str] = field(default_factory=dict)
    """BigQuery's, by column; where one is not known, it is that of the value."""
    personal: Collection[str] = frozenset()
    """Columns whose values are pseudonyms here, so that no row has them."""

    def failing(self, *columns: str, **expressions: str) -> str:
        """``system_id in ('a', 'b')``: true of rows of the failing groups.

        Where no failing group has the columns, or a value is masked, it is true of every row.

        Args:
            columns: of the groups, which the queried table calls the same.
            expressions: by column of the groups, what stands for it in the query.

        Raises:
            MonitorError: there is no such column.
        """
        asked = {**{name: name for name in map(str, columns)}, **expressions}
        place = current_place()
        for name in asked:
            if name not in self.columns:
                raise MonitorError(
                    f"failing({name!r}) names a column that the monitor's groups don't have",
                    file=place.file,
                    key=place.key,
                    fix=did_you_mean(name, self.columns)
                    if self.columns
                    else "remove it: the monitor has no groups",
                )
        if not asked:
            raise MonitorError(
                "failing() needs a column of the monitor's groups",
                file=place.file,
                key=place.key,
                fix=f"name one of {', '.join(sorted(self.columns))}",
            )
        return self.condition(asked)

    def condition(self, asked: Mapping[str, str]) -> str:
        """The condition on ``asked``: SQL by column of the groups."""
        masked = sorted(set(asked).intersection(self.personal))
        if masked:
            return f"true /* every group: values of {', '.join(masked)} are masked */"
        found = [key.as_dict() for key in self.keys]
        values = dict.fromkeys(
            tuple(key[name] for name in asked) for key in found if set(asked) <= set(key)
        )
        if not values:
            return "true"
        shown = list(values)[:MOST_GROUPS]
        note = "" if len(shown) == len(values) else f" /* {len(shown)} of {len(values)} groups */"
        (column, sql), *others = asked.items()
        if not others:
            return self._one_of(column, sql, [one for (one,) in shown]) + note
        alternatives = [
            " and ".join(
                self._one_of(name, asked[name], [value])
                for name, value in zip(asked, row, strict=True)
            )
            for row in shown
        ]
        return "(" + " or ".join(f"({one})" for one in alternatives) + f"){note}"

    def _one_of(self, column: str, sql: str, values: Sequence[KeyValue]) -> str:
        there = [literal(self._type(column, one), one) for one in values if one is not None]
        parts = [f"{sql} in ({', '.join(there)})"] if len(there) > 1 else []
        parts += [f"{sql} = {there[0]}"] if len(there) == 1 else []
        parts += [f"{sql} is null"] if None in values else []
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def _type(self, column: str, value: KeyValue) -> str:
        return self.types.get(column) or _OF_PYTHON.get(type(value), "STRING")


def compile_drilldown(
    workspace: Workspace,
    monitor: str,
    text: str,
    groups: FailingGroups,
    *,
    as_of: datetime,
    vars: Mapping[str, object],  # noqa: A002 - the word of dbt and of the suites
    file: Path,
) -> CompiledModel:
    """See `plumbline.models.compiler.Compiler.drilldown`; lint compiles with a workspace of its
    own."""
    compilation = Compilation(workspace, as_of=[as_of], given=vars, where=str(file))
    try:
        return compilation.compile_text(
            f"drilldown of {monitor}", text, file=file, functions={"failing": groups.failing}
        )
    except MonitorError as fault:
        if str(fault.file) != str(file):
            raise
        # Lines are counted within the value.
        key = f"{KEY}, {fault.key}" if fault.key else KEY
        raise MonitorError(fault.what, file=file, key=key, fix=fault.fix) from fault
