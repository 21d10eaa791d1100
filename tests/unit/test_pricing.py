"""What BigQuery bills, and what that costs."""

import pytest

from plumbline.core.pricing import (
    LIST_PRICE,
    TIB,
    Price,
    money,
)


def test_a_tebibyte_costs_the_list_price() -> None:
    assert LIST_PRICE.of(TIB) == 6.25
    assert "since 2023-07-05, https://cloud.google.com/bigquery/pricing" in LIST_PRICE.words


def test_a_price_of_ones_own_is_not_called_a_list_price() -> None:
    assert Price(7.5, "EUR", listed_since=None).words == "7.5 EUR per TiB (as configured)"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.0, "0.00 USD"),
        (0.0004, "less than 0.01 USD"),
        (0.03, "0.03 USD"),
        (1234.5, "1,234.50 USD"),
    ],
)
def test_less_than_a_cent_is_not_shown_as_nothing(amount: float, text: str) -> None:
    assert money(amount, "USD") == text
