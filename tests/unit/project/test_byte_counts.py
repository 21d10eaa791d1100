"""Bytes as people write them."""

import pytest

from plumbline.project.byte_counts import parse_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0 B", 0),
        ("512 B", 512),
        ("500 MB", 500 * 1024**2),
        ("500MB", 500 * 1024**2),
        ("500 MiB", 500 * 1024**2),
        ("1.5 GB", 1536 * 1024**2),
        ("1 TB", 1024**4),
    ],
)
def test_a_unit_is_binary_as_in_bigquerys_price_list(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "500", "500 mb", "MB", "-1 MB", "5 00 MB", "1e3 MB", "1 PB"])
def test_anything_else_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="such as '500 MB'"):
        parse_bytes(text)
