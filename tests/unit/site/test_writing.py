"""Pages into a folder: all or nothing, only what changed, and nothing left over."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.site import writing
from plumbline.site.pages import Pages
from plumbline.site.writing import FolderSite, MissingPagesError
from plumbline.warehouse.locks import exclusive
from support.written_sites import write_site


def pages(kept: frozenset[str] = frozenset(), layout: str = "1", **files: str) -> Pages:
    names = {name.replace("__", "/") + ".html": text.encode() for name, text in files.items()}
    return Pages(files=names, kept=kept, layout=layout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "docs"


def held(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*.html"))
    }


def test_the_first_build_writes_everything(folder: Path) -> None:
    written = write_site(folder, pages(index="a", monitors__x="b"))
    assert held(folder) == {"index.html": "a", "monitors/x.html": "b"}
    assert written.written == ("index.html", "monitors/x.html", "site.json")


def test_the_same_pages_again_write_nothing(folder: Path) -> None:
    write_site(folder, pages(index="a"))
    before = folder.resolve()
    written = write_site(folder, pages(index="a"))
    assert (written.written, written.removed, written.unchanged) == ((), (), 2)
    assert folder.resolve() == before


def test_only_what_changed_is_written_and_the_rest_is_the_same_file(folder: Path) -> None:
    write_site(folder, pages(index="a", monitors__x="b"))
    same = (folder / "monitors" / "x.html").stat().st_ino
    written = write_site(folder, pages(index="A", monitors__x="b"))
    assert written.written == ("index.html",)
    assert held(folder) == {"index.html": "A", "monitors/x.html": "b"}
    assert (folder / "monitors" / "x.html").stat().st_ino == same


def test_a_page_that_is_no_longer_part_of_the_site_goes(folder: Path) -> None:
    write_site(folder, pages(index="a", monitors__old="b"))
    written = write_site(folder, pages(index="a"))
    assert written.removed == ("monitors/old.html",)
    assert held(folder) == {"index.html": "a"}


def test_kept_pages_stay_without_being_drawn(folder: Path) -> None:
    write_site(folder, pages(index="a", old="b"))
    kept = pages(kept=frozenset({"old.html"}), index="A")
    assert FolderSite(folder).has("old.html")
    write_site(folder, kept)
    assert held(folder) == {"index.html": "A", "old.html": "b"}


def test_kept_pages_that_are_not_there_are_asked_for_and_nothing_is_written(folder: Path) -> None:
    write_site(folder, pages(index="a"))
    kept = pages(kept=frozenset({"old.html"}), index="A")
    assert not FolderSite(folder).has("old.html")
    with pytest.raises(MissingPagesError) as caught:
        write_site(folder, kept)
    assert caught.value.paths == {"old.html"}
    assert held(folder) == {"index.html": "a"}


def test_a_site_says_what_its_pages_were_drawn_with(folder: Path) -> None:
    assert FolderSite(folder).layout() is None
    write_site(folder, pages(index="a"))
    assert FolderSite(folder).layout() == "1"
    write_site(folder, pages(index="a", layout="2"))
    assert FolderSite(folder).layout() == "2"


class DiedError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize(
    ("where", "step"),
    [
        (Path, "write_bytes"),
        (os, "link"),
        (os, "fsync"),
        (Path, "rename"),
        (Path, "symlink_to"),
        (Path, "replace"),
    ],
)
def test_a_build_that_dies_at_any_step_leaves_the_old_site_whole_and_the_next_one_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: object, step: str
) -> None:
    write_site(folder, pages(index="a", x="b"))
    before = held(folder)

    def die(*_: object, **__: object) -> None:
        raise DiedError

    with monkeypatch.context() as broken:
        broken.setattr(where, step, die)
        with pytest.raises(DiedError):
            write_site(folder, pages(index="A", x="b"))
    assert held(folder) == before
    write_site(folder, pages(index="A", x="b"))
    assert held(folder) == {"index.html": "A", "x.html": "b"}
    versions = folder.with_name("docs.versions")
    assert [entry.name for entry in versions.iterdir() if entry.name.startswith((".b", ".l"))] == [
        ".lock"
    ]


def test_the_version_before_the_last_is_kept_and_older_ones_go(folder: Path) -> None:
    for text in "abcd":
        write_site(folder, pages(index=text))
    names = sorted(entry.name for entry in folder.with_name("docs.versions").iterdir())
    assert names == [".lock", "000003", "000004"]


def test_where_the_disk_knows_no_hard_links_files_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    write_site(folder, pages(index="a", x="b"))
    monkeypatch.setattr(os, "link", refuse)
    write_site(folder, pages(index="A", x="b"))
    assert held(folder) == {"index.html": "A", "x.html": "b"}


def test_a_folder_that_somebody_else_filled_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="did not write"):
        write_site(folder, pages(index="a"))
    assert (folder / "mine.txt").read_text() == "mine"


def test_an_empty_folder_is_taken(folder: Path) -> None:
    folder.mkdir(parents=True)
    write_site(folder, pages(index="a"))
    assert held(folder) == {"index.html": "a"}


def test_a_link_whose_version_is_gone_is_built_anew(folder: Path) -> None:
    write_site(folder, pages(index="a"))
    (folder / "index.html").unlink()
    write_site(folder, pages(index="a"))
    assert held(folder) == {"index.html": "a"}


@pytest.mark.parametrize("torn", ["[", "[]", "{}", ""])
def test_a_manifest_that_cannot_be_read_says_nothing(folder: Path, torn: str) -> None:
    write_site(folder, pages(index="a"))
    (folder / "site.json").write_text(torn)
    assert FolderSite(folder).layout() is None


def test_a_site_is_read_where_somebody_removed_the_link_to_it(folder: Path) -> None:
    write_site(folder, pages(index="a"))
    folder.unlink()
    site = FolderSite(folder)
    assert (site.read("index.html"), site.has("index.html"), site.layout()) == (b"a", True, "1")
    assert (site.read("other.html"), site.has("other.html")) == (None, False)
    write_site(folder, pages(kept=frozenset({"index.html"})))
    assert held(folder) == {"index.html": "a"}


def test_another_build_is_waited_for_and_then_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = folder.with_name("docs.versions")
    versions.mkdir(parents=True)
    monkeypatch.setattr(writing, "_LOCK_SECONDS", 0.0)
    with (
        exclusive(versions / ".lock", seconds=1),
        pytest.raises(PlumblineError, match="another build"),
    ):
        write_site(folder, pages(index="a"))


def test_the_link_is_relative_so_that_both_can_be_moved(folder: Path) -> None:
    write_site(folder, pages(index="a"))
    assert not folder.readlink().is_absolute()
    moved = folder.parent.rename(folder.parent.with_name("moved"))
    assert held(moved / "docs") == {"index.html": "a"}


def test_the_size_of_the_site_does_not_change_what_an_unrelated_page_costs(folder: Path) -> None:
    kept = frozenset(f"old{index}.html" for index in range(200))
    first = pages(index="a")
    write_site(folder, replace(first, files={**first.files, **dict.fromkeys(kept, b"old")}))
    assert write_site(folder, pages(kept=kept, index="b")).written == ("index.html",)
