"""Selectors: names of monitors, an owner, a tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.run.selection import choose_monitors
from support.projects import SmallMonitor, SmallProject, make_project
from support.targets import embedded_target

MONITORS = {
    "orders": {"owner": "ana", "tags": ["finance"]},
    "payments": {"owner": "ana", "tags": ["finance", "daily"]},
    "late": {"owner": "bo", "tags": ["daily"]},
    "bare": {},
}


@pytest.fixture
def shop(tmp_path: Path) -> SmallProject:
    small = make_project(tmp_path / "project", embedded_target(tmp_path / "state"))
    for name, meta in MONITORS.items():
        small.add(name, SmallMonitor("select 1 as x", meta=meta))
    small.checkpoint(*MONITORS, name="all")
    return small


def chosen(small: SmallProject, select: str = "", exclude: str = "") -> str:
    project = small.project
    found = choose_monitors(
        project,
        [project.checkpoint("all")],
        select=tuple(select.split()),
        exclude=tuple(exclude.split()),
    )
    return " ".join(found["all"])


@pytest.mark.parametrize(
    ("select", "exclude", "expected"),
    [
        ("", "", "orders payments late bare"),
        ("late", "", "late"),
        ("owner:ana", "", "orders payments"),
        ("tag:daily", "", "payments late"),
        ("owner:bo tag:finance", "", "orders payments late"),
        ("owner:ana", "tag:daily", "orders"),
        ("", "owner:ana late", "bare"),
    ],
)
def test_selectors_name_monitors(
    shop: SmallProject, select: str, exclude: str, expected: str
) -> None:
    assert chosen(shop, select, exclude) == expected


@pytest.mark.parametrize(
    ("select", "what", "fix"),
    [
        (
            "owner:anna",
            "no monitor of checkpoint 'all' has the owner 'anna'",
            "did you mean 'ana'?",
        ),
        (
            "tag:dialy",
            "no monitor of checkpoint 'all' has the tag 'dialy'",
            "did you mean 'daily'?",
        ),
        ("tag:", "no monitor of checkpoint 'all' has the tag ''", "known: daily, finance"),
        ("team:ana", "there is no monitor 'team:ana'", ""),
    ],
)
def test_a_selector_that_fits_nothing_is_refused(
    shop: SmallProject, select: str, what: str, fix: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(shop, select)
    assert (caught.value.what, caught.value.key) == (what, "--select")
    assert fix in str(caught.value.fix)


def test_where_no_monitor_has_a_tag_the_fix_says_where_to_set_one(shop: SmallProject) -> None:
    shop.checkpoint("bare", name="all")
    with pytest.raises(ConfigError) as caught:
        chosen(shop, "tag:daily")
    assert caught.value.fix == "set meta.monitor.tags in a suite"


def test_a_monitor_with_invalid_files_is_selected_and_never_excluded_by_its_owner_or_tag(
    shop: SmallProject,
) -> None:
    (shop.root / "expectations" / "bare.json").write_text("{")
    assert chosen(shop, "tag:finance") == "orders payments bare"
    assert chosen(shop, "", "owner:ana") == "late bare"
