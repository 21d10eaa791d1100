"""The colours of words are legible on white and on black terminals."""

from __future__ import annotations

import pytest

from plumbline.core.colours import NUMBERS, coloured
from plumbline.report.terminal import STYLES

LEVELS = (0, 95, 135, 175, 215, 255)
BLACK, WHITE = 0.0, 1.0


def luminance(number: int) -> float:
    """Of a color of xterm's cube (16 to 231), as WCAG defines it."""
    red, green, blue = (LEVELS[(number - 16) // size % 6] / 255 for size in (36, 6, 1))

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


@pytest.mark.parametrize("number", NUMBERS.values())
@pytest.mark.parametrize("background", [BLACK, WHITE])
def test_a_colour_has_contrast_on_white_and_on_black(number: int, background: float) -> None:
    lower, upper = sorted((luminance(number), background))
    assert (upper + 0.05) / (lower + 0.05) >= 3.7


def test_statuses_use_no_other_colours() -> None:
    words = {style.removeprefix("bold ") for style in STYLES.values()}
    assert words == {"dim", *(f"color({number})" for number in NUMBERS.values())}


def test_a_word_is_followed_by_a_reset() -> None:
    assert coloured("error:", "red", bold=True) == "\x1b[1;38;5;160merror:\x1b[0m"
    assert coloured("OK", "green") == "\x1b[38;5;28mOK\x1b[0m"
