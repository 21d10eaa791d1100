"""Generated files are what the code makes of them.

The pages of detection times and of messages need a warehouse: see tests/scenarios/test_backtest.py. That of anomalies
needs minutes of it: see test_anomalies.py. The matrix needs Google's evaluator: see tests/matrix and tests/oracle.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from generators import cli

NEED_A_SERVER = ("detection-time", "message-volume", "anomalies", "matrix")
HERE = [name for name in cli.GENERATORS if name not in NEED_A_SERVER]


@pytest.mark.parametrize("name", HERE)
def test_no_file_is_stale(name: str) -> None:
    assert list(cli.find_stale(name)) == [], f"run python scripts/generators {name}"


def test_each_generator_has_a_module_and_each_module_is_listed() -> None:
    folder = Path(cli.__file__).parent
    modules = {file.stem for file in folder.glob("*.py")} - {
        "__init__",
        "__main__",
        "cli",
        "markdown",
    }
    assert {name.replace("-", "_") for name in cli.GENERATORS} == modules | {"schemas"}


def test_check_says_what_is_stale_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["lint-docs", "--check"], root=tmp_path) == 1
    assert capsys.readouterr().out == "docs/lint.md is stale: run make generate\n"
    assert list(tmp_path.iterdir()) == []
    assert cli.main(["lint-docs"], root=tmp_path) == 0
    assert capsys.readouterr().out == "wrote docs/lint.md\n"
    assert cli.main(["lint-docs", "--check"], root=tmp_path) == 0


def test_what_is_no_generator_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["lint-doc"])
    assert "there is no generator lint-doc" in capsys.readouterr().err
