"""What keeps a monitor from being compiled is its own ERROR, with its own fix."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError, MonitorError
from plumbline.run.compiling import MonitorCompiler
from support.projects import make_project
from support.targets import bigquery_target


def test_without_credentials_to_ask_for_columns_their_fix_is_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_project(tmp_path, bigquery_target())
    expectation = {"type": "expect_column_to_exist", "kwargs": {"column": "id"}}
    suite = {
        "name": "orders",
        "meta": {"monitor": {"table": "shop.orders"}},
        "expectations": [expectation],
    }
    (tmp_path / "expectations" / "orders.json").write_text(json.dumps(suite))

    def refuse(*_: object) -> None:
        raise ConfigError("there are no credentials", fix="log in")

    monkeypatch.setattr(MonitorCompiler, "metadata", refuse)
    compiler = MonitorCompiler(made.project, bigquery_target())
    with pytest.raises(MonitorError) as raised:
        compiler.compile(
            made.project.suite_of("orders"),
            as_of=[datetime(2026, 2, 2, tzinfo=UTC)],
            vars={},
            where="here",
        )
    assert (raised.value.what, raised.value.fix) == ("there are no credentials", "log in")
    assert str(raised.value.file).endswith("orders.json")
