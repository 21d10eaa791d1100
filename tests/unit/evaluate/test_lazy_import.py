"""Modules that are loaded when touched: the real ones, later."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from plumbline.evaluate.lazy_import import SELDOM_NEEDED, loaded_when_touched
from support.processes import result_of
from support.warm_python import warm_python

pytestmark = pytest.mark.slow

MODULES = ("heavy", "heavy.part", "heavy.other")


@pytest.fixture
def loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A package ``heavy`` with two parts; the names of those that have run, in order."""
    (tmp_path / "heavy").mkdir()
    for name in MODULES:
        file = tmp_path / (name.replace(".", "/") + ("/__init__.py" if name == "heavy" else ".py"))
        file.write_text(f"import builtins\nbuiltins.loads.append({name!r})\nVALUE = {name!r}\n")
    ran: list[str] = []
    monkeypatch.setattr("builtins.loads", ran, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    yield ran
    for name in MODULES:
        sys.modules.pop(name, None)


def test_a_lazy_module_runs_at_the_first_touch_and_only_once(loads: list[str]) -> None:
    with loaded_when_touched(["heavy"]):
        heavy = import_module("heavy")
    assert loads == []
    assert heavy.VALUE == "heavy"
    assert heavy.VALUE == "heavy"
    assert loads == ["heavy"]


def test_a_part_of_a_package_can_be_lazy_while_the_package_is_not(loads: list[str]) -> None:
    with loaded_when_touched(["heavy.part"]):
        exec("from heavy import part", names := {})
    assert loads == ["heavy"]
    assert names["part"].VALUE == "heavy.part"
    assert loads == ["heavy", "heavy.part"]


def test_a_part_of_a_lazy_package_loads_the_package_first(loads: list[str]) -> None:
    with loaded_when_touched(["heavy"]):
        import_module("heavy")
        other = import_module("heavy.other")
    assert other.VALUE == "heavy.other"
    assert loads == ["heavy", "heavy.other"]


def test_other_modules_are_loaded_at_once(loads: list[str]) -> None:
    with loaded_when_touched(["heavy.part"]):
        import_module("heavy.other")
    assert loads == ["heavy", "heavy.other"]


def test_after_the_block_imports_are_as_ever(loads: list[str]) -> None:
    with loaded_when_touched(["heavy"]):
        pass
    import_module("heavy")
    assert loads == ["heavy"]


def test_a_module_that_is_there_already_stays_as_it_is(loads: list[str]) -> None:
    before = import_module("heavy")
    with loaded_when_touched(["heavy"]):
        assert import_module("heavy") is before
    assert type(before) is ModuleType


def test_what_is_not_installed_fails_as_ever() -> None:
    with loaded_when_touched(["no_such_module_here"]), pytest.raises(ModuleNotFoundError):
        import_module("no_such_module_here")


def test_a_block_that_ends_while_another_thread_looks_for_a_module_hides_nothing(
    loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = ExitStack()
    block.enter_context(loaded_when_touched(["heavy.part"]))

    class EndsTheBlock:
        """A finder that is asked just when the block ends."""

        def find_spec(self, *_: object) -> None:
            block.close()

    finders = list(sys.meta_path)
    finders.insert(finders.index(PathFinder), EndsTheBlock())
    monkeypatch.setattr(sys, "meta_path", finders)
    import_module("heavy")
    assert loads == ["heavy"]


REAL = """
import json, sys, threading
lazily = json.loads(sys.argv[1])
if lazily:
    from plumbline.evaluate.lazy_import import loaded_when_touched
    # as in a run: a query thread imports Google's client at the same time
    other = threading.Thread(target=lambda: __import__("google.cloud.bigquery"))
    other.start()
    with loaded_when_touched():
        import great_expectations as gx
    other.join()
else:
    import great_expectations as gx
parts = ("altair.vegalite", "scipy.stats._stats_py", "jsonschema.validators", "mistune.core",
         "alembic.runtime.environment")
loaded = [name for name in parts if name in sys.modules]
import pandas as pd
frame = pd.DataFrame({"value": [1.0, 2.0, 2.0, 3.0, 5.0, 8.0]})
context = gx.get_context(mode="ephemeral")
batch = (
    context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    .add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
)
partition = {"values": [1.0, 2.0, 3.0, 5.0, 8.0], "weights": [0.3, 0.3, 0.2, 0.1, 0.1]}
found = batch.validate(gx.expectations.ExpectColumnKLDivergenceToBeLessThan(
    column="value", partition_object=partition, threshold=0.05))
found.render()
assert not found.exception_info.get("raised_exception"), found.exception_info
result = {"success": found.success, "result": found.result,
          "rendered": [part.to_json_dict() for part in found.rendered_content]}
print("RESULT " + json.dumps({"loaded": loaded, "result": result}, default=str, sort_keys=True))
"""


@pytest.fixture(scope="module")
def lazy() -> dict[str, Any]:
    """A process of its own that imports GX lazily, and then needs scipy.stats and altair."""
    return result_of(REAL, True)


def test_great_expectations_imports_without_what_is_seldom_needed(lazy: dict[str, Any]) -> None:
    assert len(SELDOM_NEEDED) == 6, "each has a part in REAL that tells whether it was loaded"
    assert lazy["loaded"] == []


def test_an_expectation_that_needs_scipy_and_altair_finds_the_same(lazy: dict[str, Any]) -> None:
    plain = result_of(REAL, False, python=warm_python())  # which has imported GX as it is
    assert len(plain["loaded"]) == 5
    assert plain["result"]["result"]["observed_value"] is not None
    assert lazy["result"] == plain["result"]
