"""What git knows of a monitor's files: commits, and what they changed in thresholds and settings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.site import suite_changes
from plumbline.site.suite_changes import Changes, parse_log, read_changes
from support.projects import SmallMonitor, SmallProject, between, make_project
from support.repositories import git
from support.targets import embedded_target

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
COVERAGE = SmallMonitor("-- one\n-- two\nselect 92.0 as pct\n")


def commit(small: SmallProject, subject: str, *, author: str = "Ana Lyst") -> None:
    git(small.root, "add", "-A")
    git(small.root, "commit", "-q", "-m", subject, "--author", f"{author} <a@example.com>")


def changes(
    small: SmallProject, since: datetime = LONG_AGO, known: Changes | None = None, at: str = ""
) -> Changes:
    revision = small.project.revision
    return read_changes(
        small.project,
        small.target,
        commit=revision.commit if revision else "",
        since=since,
        known=known or {},
        known_at=at,
    )


@pytest.fixture
def small(tmp_path: Path) -> SmallProject:
    """A project below the root of its repository, with one commit."""
    git(tmp_path, "init", "-q")
    made = make_project(tmp_path / "quality", embedded_target(tmp_path / "state"))
    made.add("coverage", COVERAGE)
    made.add("other", "select 92.0 as pct")
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "coverage.json").write_text("{}")  # another project's
    commit(made, "Two monitors")
    return made


def test_a_commit_says_who_changed_which_threshold_when(small: SmallProject) -> None:
    stricter = [
        between("warning", column="pct", aggregate="mean", min_value=85),
        between("critical", column="pct", aggregate="mean", min_value=50),
    ]
    small.add("coverage", replace(COVERAGE, expectations=stricter, meta={"vars": {"days": 3}}))
    commit(small, "Warn earlier \x1f, as\tagreed", author="Bo | Ro")
    newest, first = changes(small)["coverage"]
    assert (newest.author, newest.subject, newest.parts) == (
        "Bo | Ro",
        "Warn earlier \\x1f, as\\tagreed",
        ("suite",),
    )
    assert newest.details == (
        "mean of pct: warning < 80 %, critical < 50 % → warning < 85 %, critical < 50 %",
        "vars.days: none → 3",
    )
    assert git(small.root, "rev-parse", "HEAD").startswith(newest.commit)
    assert datetime.now(UTC) - newest.at < timedelta(minutes=5)
    assert (first.subject, first.parts, first.details) == (
        "Two monitors",
        ("model", "suite"),
        ("added",),
    )
    assert [one.subject for one in changes(small)["other"]] == ["Two monitors"]


def test_a_models_commit_counts_for_the_monitors_over_it(small: SmallProject) -> None:
    (small.root / "models" / "monitors" / "coverage.sql").write_text("-- two\nselect 1.0 as pct\n")
    (small.root / "README.md").write_text("of no monitor")
    commit(small, "Count less")
    newest, *_ = changes(small)["coverage"]
    assert (newest.subject, newest.parts, newest.details) == ("Count less", ("model",), ())
    assert len(changes(small)["other"]) == 1


def test_a_suite_that_was_broken_for_a_while_has_its_commits(small: SmallProject) -> None:
    suite = small.root / "expectations" / "coverage.json"
    text = suite.read_text()
    for content, subject in (("{", "Break it"), (text, "Mend it")):
        suite.write_text(content)
        commit(small, subject)
    assert [one.details for one in changes(small)["coverage"]] == [(), (), ("added",)]


def test_names_of_persons_are_masked_in_what_changed(small: SmallProject) -> None:
    def with_override(bound: int) -> SmallMonitor:
        bounds = {"LeBron James": {"min_value": bound}}
        check = between(column="pct", min_value=50, group_by=["player"], overrides=bounds)
        meta = {"vars": {"left_out": f"Ja Morant {bound}"}}
        return SmallMonitor("select 'a' as player, 92.0 as pct", [check], None, meta)

    (small.root / "models" / "schema.yml").write_text(
        "models:\n  - name: coverage\n    columns:\n"
        "      - {name: player, config: {meta: {personal: true}}}\n"
    )
    for bound in (20, 30):
        small.add("coverage", with_override(bound))
        commit(small, f"Bound {bound}")
    newest, *_ = changes(small)["coverage"]
    said = json.dumps(newest.details)
    assert "20" in said
    assert "masked-" in said
    assert "vars.left_out" in newest.details
    assert "LeBron" not in said
    assert "Morant" not in said


def test_git_is_asked_once_for_all_and_what_is_older_is_left_out(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = suite_changes.read_git

    def counted(folder: Path, *arguments: str, **more: float) -> str:
        asked.append(next(one for one in arguments if one in ("log", "rev-parse")))
        return ask(folder, *arguments, **more)

    monkeypatch.setattr(suite_changes, "read_git", counted)
    assert changes(small, since=datetime.now(UTC) + timedelta(days=1)) == {}
    assert asked == ["rev-parse", "log"]


def test_what_is_known_is_not_read_again_unless_the_history_was_rewritten(
    small: SmallProject,
) -> None:
    known, at = changes(small), git(small.root, "rev-parse", "HEAD")
    made_up = {"coverage": (replace(known["coverage"][0], subject="As it was kept"),)}
    (small.root / "models" / "monitors" / "coverage.sql").write_text("select 1.0 as pct\n")
    commit(small, "Count less")

    def subjects(found: Changes) -> list[str]:
        return [one.subject for one in found["coverage"]]

    assert subjects(changes(small, known=made_up, at=at)) == ["Count less", "As it was kept"]
    assert changes(small, since=datetime.now(UTC) + timedelta(days=1), known=made_up, at=at) == {
        "coverage": ()
    }
    assert subjects(changes(small, known=made_up, at="0" * 40)) == ["Count less", "Two monitors"]


def test_a_commit_since_the_project_was_read_is_for_the_next_build(small: SmallProject) -> None:
    project, before = small.project, git(small.root, "rev-parse", "HEAD")
    (small.root / "models" / "monitors" / "coverage.sql").write_text("select 91.0 as pct\n")
    commit(small, "Another model")
    read = read_changes(project, small.target, commit=before, since=LONG_AGO, known={}, known_at="")
    assert [one.subject for one in read["coverage"]] == ["Two monitors"]
    later = changes(small, known=read, at=before)
    assert [one.subject for one in later["coverage"]] == ["Another model", "Two monitors"]


def test_outside_of_git_and_in_a_shallow_clone_nothing_is_known(
    small: SmallProject, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path}", str(tmp_path / "shallow"))
    shallow = replace(small, root=tmp_path / "shallow" / "quality")
    assert changes(shallow) == {}
    (tmp_path / ".git").rename(tmp_path / "no-git")
    assert changes(small) == {}


def test_what_is_no_log_is_no_commit() -> None:
    assert list(parse_log("")) == []
    assert list(parse_log("\x1enonsense\n\x1eabc\x1fx\x1fy\x1fz\n")) == []
