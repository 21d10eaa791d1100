"""Wrong usage: refused before anything runs, exit 64, one message with its fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.projects import SmallProject
from unit.cli.conftest import Plumbline

CASES: list[tuple[str, str, str]] = [
    # command line; what is wrong; the fix
    ("rnu", "there is no command 'rnu' of 'plumbline'", "did you mean 'run'?"),
    ("zzz", "there is no command 'zzz'", "known: accept, alerts, backtest, calibrate"),
    ("warehouse strat", "there is no command 'strat' of 'plumbline warehouse'", "'start'"),
    ("--bogus", "there is no option '--bogus' of 'plumbline'", "see plumbline --help"),
    ("--debug", "missing command", "see plumbline --help"),
    ("run --fromat json", "there is no option '--fromat' of 'plumbline run'", "'--format'"),
    ("run --formt=json", "there is no option '--formt'", "'--format'"),
    ("run -x", "there is no option '-x'", "see plumbline run --help"),
    ("run --format xml", "'xml' is not one of 'text', 'json', 'markdown'", "plumbline run --help"),
    ("run --fail-on info", "'info' is not one of", "plumbline run --help"),
    ("run --fail-on", "'--fail-on' requires an argument", "plumbline run --help"),
    ("run --as-of", "'--as-of' requires an argument", "plumbline run --help"),
    ("run a b", "unexpected extra argument (b)", "plumbline run --help"),
    ("run --docs=yes", "'--docs' does not take a value", "plumbline run --help"),
    ("compile", "missing argument 'MONITOR'", "known: coverage, volume (see plumbline compile"),
    ("calibrate", "missing argument 'MONITOR'", "known: coverage, volume"),
    ("accept", "missing argument 'MONITOR'", "known: coverage, volume"),
    ("alerts ack", "missing argument 'INCIDENT'", "known: coverage, volume"),
    (
        "alerts mute coverage",
        "a mute needs --for, --owner, --reason",
        'for example --for 2d --owner ml-platform --reason "backfill until Thursday"',
    ),
    ("alerts mute coverage --owner ana", "a mute needs --for, --reason", "for example --for 2d"),
    ("alerts close coverage", "closing an incident needs --by, --reason", "--by ana --reason"),
    ("alerts drop", "missing argument 'MESSAGE'", "see plumbline alerts drop --help"),
    ("deploy check", "missing argument 'SERVICE'", "see plumbline deploy check --help"),
    (
        "schedule export",
        "missing option '--format'",
        "known: cloud-run, cron, github-actions, systemd (see plumbline schedule export --help)",
    ),
    ("run helth_check", "there is no checkpoint 'helth_check'", "did you mean 'health_check'?"),
    ("run coverage", "'coverage' is a monitor, not a checkpoint", "--select coverage"),
    ("run ../../etc/passwd", "there is no checkpoint", "known: health_check"),
    ("run -s covrage", "there is no monitor 'covrage'", "did you mean 'coverage'?"),
    ("run -s volume", "'volume' is not in checkpoint 'health_check'", "health_check_full"),
    ("run --exclude volume", "'volume' is not in checkpoint", "health_check_full"),
    (
        "run --exclude coverage",
        "--exclude leaves no monitor of checkpoint 'health_check'",
        "exclude fewer",
    ),
    (
        "run -s coverage --exclude coverage",
        "--exclude leaves no monitor of checkpoint",
        "exclude fewer",
    ),
    ("run --as-of tomorrow", "'tomorrow' is neither a date nor an instant", "2026-02-02"),
    ("run --as-of 2026-02-30", "there is no date '2026-02-30'", "a date that exists"),
    ("run --as-of 2026-11-24", "later than today, 2026-11-23", "which means now"),
    ("run --as-of 2026-02-02T10:00", "has no time zone", "2026-02-02T10:00:00-05:00"),
    ("compile coverage --as-of nope", "neither a date nor an instant", "2026-02-02"),
    ("run --var days=7", "--var needs selected monitors", "--select"),
    ("run -s coverage --var days", "'days' is not an assignment", "NAME=VALUE"),
    ("run -s coverage --var =7", "'=7' is not an assignment", "NAME=VALUE"),
    ("run -s coverage --var days=", "'' is neither a scalar nor a list", "write a number"),
    ("run -s coverage --var days={a:1}", "neither a scalar nor a list", "write a number"),
    ("run -s coverage --var days=[1", "'[1' is not a valid value", "write a number"),
    ("run -s coverage --var days=!!int", "'!!int' is not a valid value", "write a number"),
    ("run -s coverage --var days=1 --var days=2", "variable 'days' is given twice", "once"),
    ("run -s coverage --var dais=7", "there is no variable 'dais'", "did you mean 'days'?"),
    ("run -s coverage --var as_of=7", "'as_of' is set by plumbline", "--as-of sets the instant"),
    ("run -s coverage --var days=abc", "'days' is 'abc'", "INT64"),
    ("run -s coverage --var days=0", "days", "1"),
    ("run -s coverage --var days=10000", "days", "366"),
    ("run --param least", "'least' is not an assignment", "write --param NAME=VALUE"),
    ("run --param =7", "'=7' is not an assignment", "--param NAME=VALUE"),
    ("run --param least=", "'' is neither a scalar nor a list", "write a number"),
    ("run --param a=1 --param a=2", "parameter 'a' is given twice", "once"),
    (
        "run --param least=7",
        "none of the selected monitors reads parameter 'least'",
        "they read none",
    ),
    (
        "run --dry-run --param least=7",
        "none of the selected monitors reads parameter",
        "they read none",
    ),
    ("compile coverage --var days=0", "days", "1"),
    ("compile coverage --var dais=7", "there is no variable 'dais'", "did you mean 'days'?"),
    ("compile covrage", "there is no monitor 'covrage'", "did you mean 'coverage'?"),
    ("run --target loacl", "there is no target 'loacl'", "did you mean 'local'?"),
    ("run --target bigquery", "target 'bigquery' has no project", "PLUMBLINE_PROJECT"),
    ("warehouse start --target bigquery", "has no project", "PLUMBLINE_PROJECT"),
    ("list --project-dir nowhere", "is not a plumbline project", "great_expectations.yml"),
    ("--project-dir nowhere list", "is not a plumbline project", "great_expectations.yml"),
    ("list --format markdown", "'markdown' is not one of 'text', 'json'", "list --help"),
]


@pytest.mark.parametrize(("line", "what", "fix"), CASES, ids=[case[0] for case in CASES])
def test_it_is_refused_with_what_is_wrong_and_the_fix(
    project: SmallProject, plumbline: Plumbline, line: str, what: str, fix: str
) -> None:
    said = plumbline(*line.split(" "))
    assert said.code == 64
    assert said.out == ""
    errors = [text for text in said.err.splitlines() if text.startswith("error: ")]
    assert len(errors) == 1
    assert what in errors[0]
    assert "\\t" not in said.err
    fixes = [text for text in said.err.splitlines() if text.startswith("  fix: ")]
    assert len(fixes) == 1
    assert fix in fixes[0]
    if "--debug" not in line:
        assert "Traceback" not in said.err
    assert not (project.root / ".plumbline").exists()


def test_outside_a_project_it_says_where_it_looked(
    plumbline: Plumbline, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    said = plumbline("list")
    assert said.code == 64
    assert f"no great_expectations.yml in {tmp_path}" in said.err
    assert "--project-dir" in said.err


def test_a_malformed_checkpoint_is_refused_with_file_and_key(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "checkpoints" / "health_check.json").write_text('{"name": "health_check",}')
    said = plumbline("run")
    assert said.code == 64
    assert "checkpoints/health_check.json: line 1" in said.err


def test_malformed_configuration_is_refused_with_file_and_line(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "great_expectations.yml").write_text("a: [")
    said = plumbline("run")
    assert said.code == 64
    assert "  in: great_expectations.yml: line " in said.err


@pytest.mark.parametrize(
    "arguments",
    [("--project-dir", "{root}", "list"), ("list", "--project-dir", "{root}")],
    ids=["before the command", "after the command"],
)
def test_the_project_may_be_named_before_and_after_the_command(
    project: SmallProject,
    plumbline: Plumbline,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir("/")
    said = plumbline(*(argument.format(root=project.root) for argument in arguments))
    assert said.code == 0
    assert "coverage" in said.out


def test_a_hostile_argument_cannot_write_to_the_terminal(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("run", "\x1b]0;title\x07\nerror: forged")
    assert said.code == 64
    assert "\x1b" not in said.err
    assert "\x07" not in said.err
    assert sum(line.startswith("error: ") for line in said.err.splitlines()) == 1


def test_in_a_project_without_monitors_the_first_one_is_the_fix(
    project: SmallProject, plumbline: Plumbline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare").mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    assert plumbline("init", "--no-example").code == 0
    said = plumbline("run")
    assert said.code == 64
    assert "plumbline new monitor NAME --table DATASET.TABLE" in said.err
    again = plumbline("init").out
    assert "The example is not written: great_expectations.yml was made without it." in again
    assert again.endswith("Next:\n  plumbline new monitor NAME --table DATASET.TABLE\n")
