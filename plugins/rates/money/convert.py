"""Money in other money: cross rates, sums of several currencies, fixed rates of withdrawn ones."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from .currencies import currency_table
from .faults import RatesError
from .tokens import CONTEXT

Terms = tuple[tuple[Decimal, str], ...]
"""Sums of money, each with its code, as `amounts.Conversion` has them."""


class NoRate(RatesError):
    """There is no rate for a currency, now or at that time; `code` is the currency's."""

    reply = "There is no rate for {code}."

    def __init__(self, code: str) -> None:
        super().__init__(code=code)
        self.code = code


class Rates(NamedTuple):
    """How much of each currency one unit of `base` is; as exact as they came, never floats."""

    base: str
    values: Mapping[str, Decimal]

    def of(self, code: str) -> Decimal:
        """Return how much of `code` one unit of the base is.

        Withdrawn money has the rate fixed by law, whatever a source still says about it.

        Raises:
            NoRate: the currency is not among the rates, or its rate is 0 (what the API answers for
                a currency that it does not know).

        """
        replacement = currency_table().replacement(code) if code in currency_table() else None
        if replacement is not None and self._has(replacement.code):
            return CONTEXT.multiply(self._value(replacement.code), replacement.per_unit)
        if not self._has(code):
            raise NoRate(code)
        return self._value(code)

    def _has(self, code: str) -> bool:
        value = self._value(code)
        return value.is_finite() and value > 0

    def _value(self, code: str) -> Decimal:
        return self.values.get(code, Decimal(int(code == self.base)))


def convert(amount: Decimal, source: str, target: str, rates: Rates) -> Decimal:
    """Return an amount of `source` in `target`.

    Raises:
        NoRate: one of them has no rate.

    """
    product = CONTEXT.multiply(amount, rates.of(target))
    return CONTEXT.divide(product, rates.of(source))


def convert_sum(terms: Iterable[tuple[Decimal, str]], target: str, rates: Rates) -> Decimal:
    """Return several sums of money as one, in `target`. It can be below zero.

    Raises:
        NoRate: a currency has no rate.

    """
    total = Decimal(0)
    for amount, source in terms:
        total = CONTEXT.add(total, convert(amount, source, target, rates))
    return total


def in_base(terms: Terms, base: str) -> Terms:
    """Return the terms with a person's own base currency where none was written."""
    return tuple((amount, code or base) for amount, code in terms)
