"""What a check of `plumbline debug` looks like on terminals."""

from __future__ import annotations

import pytest

from plumbline.doctor.diagnosis import Diagnosis, Level

DETAIL = "8: " + ", ".join(f"post_deploy_nba-phase{number}-processors" for number in range(8))
FOUND = Diagnosis("checkpoints", Level.MISSING, DETAIL, fix=f"remove one of {DETAIL}")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_lines_fit_the_terminal_and_end_between_words(width: int) -> None:
    text = FOUND.render(has_colour=False, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert text.split() == FOUND.render(has_colour=False).split()


def test_a_pipe_gets_a_line_each() -> None:
    assert len(FOUND.render(has_colour=False).splitlines()) == 2


def test_colour_changes_no_fold() -> None:
    plain = FOUND.render(has_colour=False, width=60)
    coloured = FOUND.render(has_colour=True, width=60)
    assert coloured.endswith(plain.removeprefix("MISSING"))
