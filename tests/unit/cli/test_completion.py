"""What the shell offers on TAB: names of the project at hand, at once, never a message."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.processes import PLUMBLINE, environment
from support.projects import SmallProject
from unit.cli.conftest import Plumbline, Said

Complete = Callable[..., list[str]]
HEAVY = {"great_expectations", "google.cloud", "google.auth", "pandas", "rich"}


@pytest.fixture
def complete(plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What bash is told for a line whose last word is half typed."""

    def ask(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_PLUMBLINE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        said = plumbline()
        assert (said.code, said.err) == (0, "")
        return [item.removeprefix("plain,") for item in said.out.split()]

    return ask


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (
            "plumbline ",
            [
                *("run", "record", "list", "lint", "compile", "accept"),
                *("backtest", "calibrate", "impact"),
                *(
                    "alerts",
                    "schedule",
                    "deploy",
                    "docs",
                    "debug",
                    "smoke",
                    "warehouse",
                    "new",
                    "import",
                    "upgrade",
                    "init",
                ),
            ],
        ),
        ("plumbline l", ["list", "lint"]),
        ("plumbline warehouse st", ["start", "stop", "status"]),
        ("plumbline schedule ", ["show", "run", "check", "export"]),
        ("plumbline schedule export --format c", ["cron", "cloud-run"]),
        ("plumbline schedule run --target b", ["bigquery"]),
        ("plumbline run ", ["health_check", "health_check_full"]),
        ("plumbline run health_check_", ["health_check_full"]),
        ("plumbline run -s ", ["coverage"]),
        ("plumbline run --select ", ["coverage"]),
        ("plumbline run --exclude ", ["coverage"]),
        ("plumbline run --dry-run -s ", ["coverage"]),
        ("plumbline run health_check_full -s ", ["coverage", "volume"]),
        ("plumbline run -s v", []),
        ("plumbline run health_check_full -s v", ["volume"]),
        ("plumbline run health_check_full -s coverage -s ", ["volume"]),
        ("plumbline run no_such_checkpoint -s ", ["coverage"]),
        ("plumbline compile ", ["coverage", "volume"]),
        ("plumbline compile v", ["volume"]),
        ("plumbline calibrate v", ["volume"]),
        ("plumbline backtest -s ", ["coverage", "volume"]),
        ("plumbline backtest --checkpoint health_check_full -s v", ["volume"]),
        ("plumbline lint v", ["volume"]),
        ("plumbline run --target ", ["local", "bigquery"]),
        ("plumbline warehouse seed --target b", ["bigquery"]),
        ("plumbline run --format ", ["text", "json", "markdown"]),
        ("plumbline list --format j", ["json"]),
        ("plumbline run --fail-on c", ["critical"]),
        ("plumbline run --dr", ["--dry-run"]),
        ("plumbline run --no-", ["--no-alerts", "--no-docs"]),
        ("plumbline --deb", ["--debug"]),
        ("plumbline run --project-dir ", ["dir,"]),
        ("plumbline run health_check ", []),
        ("plumbline run --as-of ", []),
    ],
)
def test_it_offers_what_fits(
    project: SmallProject, complete: Complete, line: str, offered: list[str]
) -> None:
    assert complete(line) == offered


def test_every_command_that_there_is_can_be_completed(
    plumbline: Plumbline, complete: Complete
) -> None:
    listed = plumbline("--help").out.split("Commands:")[1].split("Examples:")[0]
    assert complete("plumbline ") == [line.split()[0] for line in listed.strip().splitlines()]


@pytest.mark.parametrize(
    "line",
    [
        "plumbline --project-dir {root} run -s ",
        "plumbline run --project-dir {root} -s ",
        "plumbline run --project-dir ~/project -s ",
    ],
)
def test_the_project_that_is_named_gives_the_names(
    project: SmallProject,
    complete: Complete,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    line: str,
) -> None:
    monkeypatch.setenv("HOME", str(project.root.parent))
    monkeypatch.chdir(tmp_path)
    assert complete(line.format(root=project.root)) == ["coverage"]


@pytest.mark.parametrize(
    "line",
    [
        "plumbline run -s ",
        "plumbline run ",
        "plumbline compile ",
        "plumbline run --target ",
        "plumbline run --project-dir no/such/folder -s ",
        "plumbline run --project-dir ~nobody_of_this_name -s ",
    ],
)
def test_without_a_project_it_offers_nothing_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complete: Complete, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert complete(line) == []


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("plumbline run -s o", ["owner:shop-data"]),
        ("plumbline run -s owner:", ["owner:shop-data"]),
        ("plumbline run health_check_full -s owner:", ["owner:ml", "owner:shop-data"]),
        ("plumbline run health_check_full --exclude owner:m", ["owner:ml"]),
        ("plumbline backtest -s tag:", ["tag:daily", "tag:money"]),
        ("plumbline backtest -s tag:d", ["tag:daily"]),
        ("plumbline run -s tag:none", []),
        ("plumbline run -s table:", []),
        ("plumbline run -s ", ["coverage"]),
        ("plumbline list -s owner:", ["owner:ml", "owner:shop-data"]),
        # As bash splits them: what it replaces is the part behind the colon.
        ("plumbline run health_check_full -s owner :", ["ml", "shop-data"]),
        ("plumbline run health_check_full -s owner : s", ["shop-data"]),
        ("plumbline run health_check_full -s owner : ml -s ", ["coverage", "volume"]),
        ("plumbline run health_check_full --exclude tag : m", ["money"]),
    ],
)
def test_owners_and_tags_are_selected_too(
    project: SmallProject, complete: Complete, line: str, offered: list[str]
) -> None:
    entries = {
        "coverage": {"owner": "shop-data", "tags": ["daily", "two words"]},
        "volume": {"owner": "ml", "tags": ["money"]},
    }
    for name, entry in entries.items():
        file = project.root / "expectations" / f"{name}.json"
        suite = json.loads(file.read_text())
        suite["meta"]["monitor"] |= entry
        file.write_text(json.dumps(suite))
    assert complete(line) == offered


@pytest.mark.parametrize(
    ("file", "text", "line", "offered"),
    [
        ("checkpoints/health_check.json", "{", "plumbline run -s ", ["coverage", "volume"]),
        ("expectations/coverage.json", "{", "plumbline compile ", ["coverage", "volume"]),
        ("great_expectations.yml", "a: [", "plumbline run --target ", []),
        ("great_expectations.yml", "fluent_datasources: 3", "plumbline run --target ", []),
    ],
)
def test_a_malformed_file_hides_no_more_than_it_must(
    project: SmallProject, complete: Complete, file: str, text: str, line: str, offered: list[str]
) -> None:
    (project.root / file).write_text(text)
    assert complete(line) == offered


@pytest.mark.parametrize("line", ['plumbline run "', "plumbline run -s -s ", "plumbline 'x"])
def test_a_line_that_is_no_command_is_no_fault(
    project: SmallProject, complete: Complete, line: str
) -> None:
    complete(line)


def test_zsh_and_fish_also_show_what_each_command_does(
    plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMP_WORDS", "plumbline comp")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv("_PLUMBLINE_COMPLETE", "zsh_complete")
    assert plumbline().out == "plain\ncompile\nPrint a monitor's SQL as it is sent to BigQuery.\n"
    monkeypatch.setenv("COMP_CWORD", "comp")
    monkeypatch.setenv("_PLUMBLINE_COMPLETE", "fish_complete")
    assert plumbline().out == "plain,compile\tPrint a monitor's SQL as it is sent to BigQuery.\n"


def source(plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch, shell: str) -> Said:
    """The script that a user evaluates."""
    monkeypatch.setenv("_PLUMBLINE_COMPLETE", f"{shell}_source")
    return plumbline()


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o nosort -F _plumbline_completion plumbline"),
        ("zsh", "compdef _plumbline_completion plumbline"),
        ("fish", "complete --no-files --command plumbline"),
    ],
)
def test_there_is_a_script_for_the_shell(
    plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    said = source(plumbline, monkeypatch, shell)
    assert said.code == 0
    assert line in said.out
    assert f"_PLUMBLINE_COMPLETE={shell}_complete" in said.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_its_script(
    plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = source(plumbline, monkeypatch, shell).out
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_a_shell_without_completion_is_told_which_there_are(
    plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = source(plumbline, monkeypatch, "tcsh")
    assert (said.code, said.out) == (64, "")
    assert "bash_source, zsh_source, fish_source" in said.err


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_real_bash_completes_run_select(project: SmallProject, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "plumbline"
    words = " ".join(json.dumps(str(word)) for word in PLUMBLINE)
    script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    script.chmod(0o755)
    asked = (
        'eval "$(_PLUMBLINE_COMPLETE=bash_source plumbline)"\n'
        'COMP_WORDS=(plumbline run health_check_full -s ""); COMP_CWORD=4\n'
        "_plumbline_completion plumbline\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
        "complete -p plumbline\n"
    )
    path = f"{folder}:/usr/bin:/bin"
    said = subprocess.run(
        ["bash", "--norc", "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        cwd=project.root,
        env={**environment(), "PATH": path},
    )
    *offered, registered = said.stdout.splitlines()
    assert offered == ["coverage", "volume"]
    assert registered.endswith("plumbline")
    assert said.stderr == ""


@pytest.mark.parametrize(
    "line", ["plumbline ", "plumbline run -s ", "plumbline run ", "plumbline run --target "]
)
def test_nothing_heavy_is_imported_to_complete(project: SmallProject, line: str) -> None:
    script = (
        "import sys\n"
        "from plumbline.cli.main import invoke\n"
        "invoke([])\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=project.root,
        env=environment() | asking(line),
    )
    assert finished.stdout
    assert finished.stderr.splitlines()[-1] == "[]"


def test_completing_a_monitor_takes_little_more_than_starting_at_all(
    project: SmallProject,
) -> None:
    completing, starting = [], []
    for _ in range(4):
        began = spent()
        said = typed([*PLUMBLINE], project, environment() | asking("plumbline run -s "))
        completing.append(spent() - began)
        assert said == "plain,coverage\n"
        began = spent()
        typed([*PLUMBLINE, "--help"], project, environment())
        starting.append(spent() - began)
    assert min(completing) < 3.5 * min(starting), f"{completing} s beside {starting} s"


def spent() -> float:
    """CPU seconds of the processes that have ended: a busy machine changes little of them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def typed(command: list[str], project: SmallProject, env: dict[str, str]) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=project.root, env=env
    ).stdout


def asking(line: str) -> dict[str, str]:
    """What bash's script sets."""
    return {
        "_PLUMBLINE_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
