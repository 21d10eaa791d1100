"""dbt pastes values into the text where plumbline sends parameters: both must mean the same.

A few lines of Jinja stand in for dbt here: `var()` gives the value, `ref()` the model's text. So
the idioms of the models are held to (a text in quotes, a list bare), which plumbline alone would not
notice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import pytest

from definitions.cases import PROJECT, Interview, in_order
from definitions.evaluator import Evaluator
from definitions.monitors import MONITORS
from definitions.tables import (
    World,
    completion,
    features,
    game,
    grade,
    play,
    prediction,
    world,
)
from plumbline.models import CompiledModel, Compiler
from support.targets import bigquery_target

# What dbt_project.yml gives for as_of, so that dbt and plumbline look at the same instant.
AS_OF = [datetime(2026, 2, 3, 5, tzinfo=UTC)]

ANY_DAY: World = world(
    *(game(f"002250000{n}", f"2026-02-0{n}", 3 if n < 3 else 1) for n in range(1, 5)),
    game("0022500009", "2026-02-01", 1),
    features("2026-02-02", [20.5, 0, 0]),
    [prediction(system, "2026-02-01") for system in ("catboost_v9", "catboost_v8", "a")],
    prediction("catboost_v9", "2026-02-02"),
    prediction("catboost_v9", "2026-02-02"),
    grade("catboost_v8", "2026-02-01"),
    completion("player_game_summary", "2026-02-01"),
    play(22500001, "2026-02-01"),
)


def pasted(model: str, project: str) -> str:
    """``model`` as dbt would render it, near enough to be run."""
    macros = "".join(file.read_text() for file in sorted((PROJECT.root / "macros").glob("*.sql")))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)

    def render(file: Path) -> str:
        # In one template, because these macros see no functions but those of their own template.
        functions: dict[str, Any] = {
            "var": PROJECT.vars.__getitem__,
            "source": lambda source, table: f"`{project}`.`{source}`.`{table}`",
            "ref": lambda name: f"({render(PROJECT.root / 'models' / 'staging' / f'{name}.sql')})",
        }
        return environment.from_string(macros + file.read_text()).render(functions)

    return render(PROJECT.root / "models" / "monitors" / f"{model}.sql").strip()


@pytest.mark.oracle
@pytest.mark.parametrize("name", MONITORS)
def test_pasted_values_and_parameters_give_the_same_rows(name: str, evaluator: Interview) -> None:
    witness = evaluator.witness
    assert isinstance(witness, Evaluator)
    model = Compiler(PROJECT, bigquery_target(project=witness.project)).compile(
        name, as_of=AS_OF, vars={}, where="the test"
    )
    as_dbt = CompiledModel(
        name=name,
        sql=pasted(name, witness.project),
        parameters=(),
        sources=model.sources,
        variables=(),
        grain=model.grain,
    )
    assert "@" not in as_dbt.sql
    rows = in_order(witness.ask(model, ANY_DAY))
    assert rows
    assert in_order(witness.ask(as_dbt, ANY_DAY)) == rows
