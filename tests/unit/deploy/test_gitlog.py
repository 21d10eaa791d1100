"""How far a deployed commit is behind the service's own paths, in repositories whose histories hurt."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.deploy.gitlog import Behind, GitError, Repository
from plumbline.project.services import Service, ServiceEntry
from support.repositories import History, git, written_at_once

OWN = ["data_processors/precompute", "shared"]


def behind(folder: Path, deployed: str, paths: list[str] | None = None, **how: str) -> Behind:
    chosen = paths or OWN
    specs = [f":(top,literal){path}" for path in chosen]
    return Repository(folder).behind(
        deployed, branch=how.get("branch", "main"), paths=chosen, pathspecs=specs
    )


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A first commit with everything in it."""
    made = History(tmp_path / "platform")
    made.commit("data_processors/precompute/a.py", "shared/b.py", "docs/c.md", "predictions/d.py")
    return made


def test_phase_4_of_february_was_598_behind_of_which_77_its_own(tmp_path: Path) -> None:
    began = datetime(2026, 1, 27, 15, tzinfo=UTC)
    deployed = written_at_once(
        tmp_path / "platform",
        {
            "docs/handoff.md": 369,
            "data_processors/precompute/a.py": 50,
            "shared/b.py": 27,
            "predictions/d.py": 152,
        },
        begin=began,
        end=datetime(2026, 2, 2, 20, tzinfo=UTC),
    )
    found = behind(tmp_path / "platform", deployed)
    assert (found.commits, found.own) == (598, 77)
    docs = behind(tmp_path / "platform", deployed, ["docs"])
    assert docs.own == 369
    assert found.oldest_at is not None
    assert timedelta() <= found.oldest_at - began < timedelta(hours=6)
    assert len(found.what) == 50
    assert found.what[0].at > found.what[-1].at


def test_documentation_is_no_drift(history: History) -> None:
    deployed = history.commit("shared/b.py")
    for _ in range(3):
        history.commit("docs/c.md")
    found = behind(history.folder, deployed)
    assert (found.commits, found.own, found.oldest_at) == (3, 0, None)
    assert found.last_own == deployed


def test_the_newest_commit_is_0_behind(history: History) -> None:
    deployed = history.commit("shared/b.py")
    found = behind(history.folder, deployed[:8])
    assert (found.main, found.commits, found.own) == (deployed, 0, 0)


def test_what_does_not_count_is_left_out(history: History) -> None:
    deployed = history.commit("shared/b.py")
    history.commit("shared/README.md")
    specs = [":(top,literal)shared", ":(top,exclude,glob)**/*.md"]
    found = Repository(history.folder).behind(
        deployed, branch="main", paths=["shared"], pathspecs=specs
    )
    assert (found.commits, found.own) == (1, 0)


def test_a_merged_change_is_as_old_as_its_merge(history: History) -> None:
    deployed = history.commit("docs/c.md")
    history.fork("feature")
    history.commit("shared/new.py", on="feature")
    history.commit("docs/c.md", on="main", after=timedelta(days=10))
    history.merge("feature")
    found = behind(history.folder, deployed)
    assert (found.commits, found.own) == (3, 1)
    assert found.oldest_at == history.now


def test_a_side_branch_that_ends_as_the_trunk_does_is_counted_whole(history: History) -> None:
    deployed = history.commit("docs/c.md")
    history.fork("feature")
    first = history.commit("shared/b.py", on="feature")
    history.revert(first)
    history.commit("shared/other.py", on="main")
    history.merge("feature")
    assert behind(history.folder, deployed).own == 3


def test_a_merge_that_holds_something_of_its_own_counts(history: History) -> None:
    deployed = history.commit("docs/c.md")
    history.fork("feature")
    history.commit("docs/other.md", on="feature")
    history.commit("docs/third.md", on="main")
    git(history.folder, "merge", "--quiet", "--no-ff", "--no-commit", "feature")
    (history.folder / "shared/by_hand.py").write_text("solved\n")
    git(history.folder, "add", "--all")
    git(history.folder, "commit", "--quiet", "--message", "merge by hand")
    assert [one.subject for one in behind(history.folder, deployed).what] == ["merge by hand"]


def test_a_change_and_its_revert_leave_nothing_to_deploy(history: History) -> None:
    deployed = history.commit("docs/c.md")
    history.revert(history.commit("shared/b.py"))
    found = behind(history.folder, deployed)
    assert (found.commits, found.own, found.cancelled, found.oldest_at) == (2, 0, 2, None)


def test_after_a_revert_of_one_of_two_changes_both_count(history: History) -> None:
    deployed = history.commit("docs/c.md")
    first = history.commit("shared/b.py")
    history.commit("shared/new.py")
    history.revert(first)
    assert behind(history.folder, deployed).own == 3


def test_what_was_renamed_since_is_followed(history: History) -> None:
    history.commit("old/worker/a.py", "old/worker/b.py")
    deployed = history.commit("docs/c.md")
    history.commit("old/worker/a.py")
    history.rename("old/worker", "new_worker")
    found = behind(history.folder, deployed, ["new_worker"])
    assert [one.subject for one in found.what] == [
        "rename old/worker to new_worker",
        "change old/worker/a.py",
    ]


def test_a_removed_file_of_its_own_is_a_change(history: History) -> None:
    deployed = history.commit("shared/gone.py")
    history.remove("shared/gone.py")
    assert behind(history.folder, deployed).own == 1


def test_a_service_may_be_built_from_the_whole_repository(history: History) -> None:
    deployed = history.commit("shared/b.py")
    history.commit("docs/c.md")
    whole = Service(
        ServiceEntry.model_validate(
            {"name": "w", "paths": ["."], "owner": "o", "deployed": {"command": ["true"]}}
        ),
        "services[0]",
        Path("s.yml"),
    )
    found = Repository(history.folder).behind(
        deployed, branch="main", paths=whole.entry.paths, pathspecs=whole.pathspecs
    )
    assert (found.commits, found.own) == (1, 1)


def test_the_remote_branch_counts_where_it_is_named(history: History, tmp_path: Path) -> None:
    clone = history.clone(tmp_path / "clone")
    deployed = git(clone, "rev-parse", "HEAD")
    history.commit("shared/b.py")
    git(clone, "fetch", "--quiet")
    assert behind(clone, deployed, branch="main").own == 0
    assert behind(clone, deployed, branch="origin/main").own == 1


# What can't be known is an error, never 0 and never a drift


def test_a_shallow_clone_is_refused_even_where_it_holds_the_commit(
    history: History, tmp_path: Path
) -> None:
    deployed = history.commit("shared/b.py")
    history.commit("shared/b.py")
    clone = history.clone(tmp_path / "clone", "--depth=2")
    git(clone, "cat-file", "-e", deployed)
    with pytest.raises(GitError, match="shallow") as caught:
        behind(clone, deployed)
    assert "--unshallow" in str(caught.value.fix)


def test_a_commit_that_is_not_there_is_refused(history: History) -> None:
    with pytest.raises(GitError, match="the deployed commit 'deadbeef' is not in the repository"):
        behind(history.folder, "deadbeef")


def test_a_commit_that_a_rewritten_branch_left_behind_is_refused(history: History) -> None:
    deployed = history.commit("shared/b.py")
    git(history.folder, "reset", "--quiet", "--hard", "HEAD~1")
    history.commit("shared/other.py")
    with pytest.raises(GitError, match="not in the history of main"):
        behind(history.folder, deployed)


def test_a_commit_of_an_unmerged_branch_is_refused(history: History) -> None:
    history.fork("feature")
    deployed = history.commit("shared/b.py", on="feature")
    with pytest.raises(GitError, match="not in the history of main"):
        behind(history.folder, deployed)


def test_a_branch_that_is_not_there_is_refused(history: History) -> None:
    head = history.commit("shared/b.py")
    with pytest.raises(GitError, match="the branch 'origin/main' is not in the repository"):
        behind(history.folder, head, branch="origin/main")


def test_a_path_that_was_never_there_is_refused(history: History) -> None:
    head = history.commit("shared/b.py")
    with pytest.raises(GitError, match="'predictions/nowhere' is not in the repository"):
        behind(history.folder, head, ["shared", "predictions/nowhere"])


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        behind(tmp_path, "deadbeef")


def test_a_machine_without_git_is_told(
    history: History, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "PATH" in os.environ
    with pytest.raises(GitError, match="git is not installed"):
        Repository(history.folder).must_be_whole()


def test_a_name_that_looks_like_an_option_is_none(history: History) -> None:
    with pytest.raises(GitError, match="is not in the repository"):
        behind(history.folder, "--all")
