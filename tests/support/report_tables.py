"""What every table of a report keeps to."""

from __future__ import annotations

import re

from plumbline.report.page import Page, Table, parts_of

_NUMBER = re.compile(r"-?\d[\d.,]*(?: (?:%|of \d+|→ \d+|d|h|min))*")


def assert_numbers_stand_right(page: Page) -> None:
    """Each column that has only numbers is to the right."""
    for section in page:
        for table in section.blocks:
            if not isinstance(table, Table):
                continue
            for place, title in enumerate(table.header):
                cells = [text for row in table.rows if (text := "".join(parts_of(row[place])))]
                if cells and all(map(_NUMBER.fullmatch, cells)):
                    assert place in table.right, title
