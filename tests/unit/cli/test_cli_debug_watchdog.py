"""`plumbline debug`: would somebody elsewhere notice that runs no longer come?"""

from __future__ import annotations

import pytest

from support.projects import SmallProject
from unit.cli.conftest import Plumbline
from unit.cli.test_cli_debug import lines_of

SECRET = "https://hc.example.com/0b1e6f0e"


def schedule(project: SmallProject, more: str) -> None:
    (project.root / "checkpoints" / "schedule.yml").write_text(
        "schedules:\n  - {checkpoint: health_check, cron: 0 6 * * *, timezone: UTC, "
        f"deadline: 10m, notify: [slack-error]{more}}}\n"
    )


@pytest.mark.parametrize(
    ("address", "verdict", "says"),
    [
        (SECRET, "OK", "PING is set"),
        (None, "MISSING", "PING is not set"),
        ("http://hc.example.com/0b1e6f0e", "MISSING", "PING is not an https URL"),
    ],
)
def test_a_ping_that_a_schedule_names_has_an_address(
    project: SmallProject,
    plumbline: Plumbline,
    monkeypatch: pytest.MonkeyPatch,
    address: str | None,
    verdict: str,
    says: str,
) -> None:
    schedule(project, ", ping: PING")
    if address is None:
        monkeypatch.delenv("PING", raising=False)
    else:
        monkeypatch.setenv("PING", address)
    said = plumbline("debug")
    assert lines_of(said.out)["ping of health_check"] == verdict
    assert says in said.out
    assert "0b1e6f0e" not in said.out


def test_a_schedule_that_pings_nobody_is_a_note_that_says_who_watches_then(
    project: SmallProject, plumbline: Plumbline
) -> None:
    schedule(project, "")
    said = plumbline("debug")
    assert lines_of(said.out)["ping of health_check"] == "NOTE"
    assert "only `plumbline schedule check` on another machine finds a missing run" in said.out


def test_a_malformed_schedule_is_missing(project: SmallProject, plumbline: Plumbline) -> None:
    schedule(project, ", pong: PING")
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)["schedules"] == "MISSING"
