"""What reading a shared table once would save."""

import pytest

from plumbline.core.pricing import MB, TIB, Price
from plumbline.history.cost.sharing import describe_sharing, saved_per_month, shared_tables


@pytest.mark.parametrize(
    ("reads", "shared"),
    [
        pytest.param({}, [], id="no model"),
        pytest.param({"a": ["d.x"], "b": ["d.y"]}, [], id="no table in common"),
        pytest.param({"a": ["d.x", "d.x"]}, [], id="one model that names a table twice"),
        pytest.param({"a": ["d.x"], "b": ["d.x"]}, [("d.x", 10 * MB)], id="two read one"),
        pytest.param(
            {"a": ["d.x", "d.y"], "b": ["d.y"], "c": ["d.y", "d.x"]},
            [("d.y", 20 * MB), ("d.x", 10 * MB)],
            id="the one that saves most comes first",
        ),
    ],
)
def test_each_reader_but_one_is_saved_its_minimum(
    reads: dict[str, list[str]], shared: list[tuple[str, int]]
) -> None:
    assert [(one.table, one.least_saved) for one in shared_tables(reads)] == shared


def test_it_is_said_on_one_line_with_how_many_read_each() -> None:
    assert describe_sharing({"a": ["d.x"], "b": ["d.x"], "c": ["d.z"]}) == (
        "several models read d.x (2); reading each table once would save at least 10.0 MiB per run"
    )
    assert describe_sharing({"a": ["d.x"]}) is None


def test_a_month_of_it_has_a_price() -> None:
    shared = shared_tables({"a": ["d.x"], "b": ["d.x"]})
    runs = TIB / (10 * MB)
    assert saved_per_month(shared, runs, Price(6.25)) == (TIB, "6.25 USD")
    assert saved_per_month(shared, 0, Price()) is None
