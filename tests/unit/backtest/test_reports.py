"""How the reports tell times and tables; nothing from data breaks out of a page."""

from __future__ import annotations

from plumbline.report.page import Items, Section, Table
from plumbline.report.writers import as_markdown, as_text

HOSTILE = Section(
    "a | b",
    (
        "<img> @ann",
        Table(("x", "y"), (("1 | 2", "\x1b[31mred"),)),
        Items(("[l](u)",)),
    ),
)


def test_in_markdown_data_can_not_break_a_table_or_call_a_person() -> None:
    page = as_markdown([HOSTILE])
    assert "| 1 &#124; 2 | \\\\x1b\\[31mred |".replace("\\\\x", "&#92;x") in page
    assert "&lt;img" in page
    assert "@ann" not in page
    assert "- \\[l\\](u)" in page


def test_in_text_columns_are_aligned_and_no_control_character_is_left() -> None:
    text = as_text([HOSTILE])
    assert "\x1b" not in text
    first, second = text.splitlines()[2:4]
    assert first.index("y") == second.index("\\x1b")


def test_items_are_one_list() -> None:
    page = as_markdown([Section("t", (Items(("a", "b")), "end"))])
    assert "- a\n- b\n\nend\n" in page
