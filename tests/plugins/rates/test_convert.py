"""Conversions agree with the API's own, and are exact where it can only be near."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.rates.money.convert import NoRate, Rates, convert, convert_sum, in_base

RATES = Rates(
    "USD",
    {
        "EUR": Decimal("0.92"),
        "RUB": Decimal("92.10"),
        "JPY": Decimal("151.2345678"),
        "BTC": Decimal("0.0000158"),
        "IDR": Decimal("16250.5"),
        "XXX": Decimal(0),
    },
)
codes = st.sampled_from(["USD", "EUR", "RUB", "JPY", "BTC", "IDR"])


@given(
    amount=st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(10**15), places=4),
    source=codes,
    target=codes,
)
def test_the_api_says_the_same(amount: Decimal, source: str, target: str) -> None:
    """The result is the API's, which computes with floats, within a billionth."""
    floats = {code: float(value) for code, value in RATES.values.items()} | {"USD": 1.0}
    theirs = float(amount) * floats[target] / floats[source]

    assert float(convert(amount, source, target, RATES)) == pytest.approx(theirs, rel=1e-9)


@given(amount=st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10**12), places=2))
def test_money_in_itself_is_itself(amount: Decimal) -> None:
    """Nothing is lost on the way over the base currency."""
    assert convert(amount, "RUB", "RUB", RATES) == amount


def test_several_sums_are_one() -> None:
    """Sums of several currencies are added in the target; a difference may be below zero."""
    terms = ((Decimal(10), "USD"), (Decimal(-5), "EUR"))

    assert convert_sum(terms, "EUR", RATES) == Decimal("4.2")
    assert convert_sum(((Decimal(-5), "EUR"),), "EUR", RATES) == -5


@pytest.mark.parametrize("code", ["GBP", "XXX", "ZZZ", "HUF"])
def test_a_missing_rate_names_its_code(code: str) -> None:
    """A currency without a rate, or with the API's 0, is named."""
    with pytest.raises(NoRate) as caught:
        convert(Decimal(1), "USD", code, RATES)

    assert caught.value.code == code
    assert caught.value.values == {"code": code}


def test_withdrawn_money_has_its_fixed_rate() -> None:
    """A lev is worth 1/1.95583 euro, whatever a source still says."""
    stale = Rates("USD", {**RATES.values, "BGN": Decimal(5)})

    assert convert(Decimal("1.95583"), "BGN", "EUR", stale) == 1
    assert convert(Decimal(1), "EUR", "BGN", RATES) == Decimal("1.95583")


def test_old_money_without_its_successor_has_its_own_rate() -> None:
    """A source that has not heard of a change still serves the old code."""
    assert Rates("USD", {"ANG": Decimal("1.79")}).of("ANG") == Decimal("1.79")


def test_the_successor_has_to_have_a_rate() -> None:
    """Withdrawn money of an unknown successor has no rate."""
    with pytest.raises(NoRate) as caught:
        RATES.of("BYR")

    assert caught.value.code == "BYR"


def test_any_base_will_do() -> None:
    """Rates of another base give the same cross rates."""
    euro = Rates(
        "EUR", {"USD": Decimal(1) / Decimal("0.92"), "RUB": Decimal("92.10") / Decimal("0.92")}
    )

    assert round(convert(Decimal(100), "USD", "RUB", euro), 9) == Decimal("9210.000000000")


def test_a_bare_amount_is_of_the_persons_base() -> None:
    """What has no currency is of the person's own."""
    terms = ((Decimal(5), ""), (Decimal(1), "EUR"))

    assert in_base(terms, "RUB") == ((Decimal(5), "RUB"), (Decimal(1), "EUR"))
