"""Small change: cents, kopecks, pence; what it is a part of, and how many make one unit."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple


class Coin(NamedTuple):
    """What a word for small change stands for."""

    codes: tuple[str, ...]
    """The money that has it, the likeliest first."""
    parts: Decimal = Decimal(100)
    """How many make one unit."""


_FORMS = ("", "а", "у", "ом", "е", "ы", "ов", "ам", "ами", "ах")
"""Endings of «цент», in all cases of both numbers."""

_CENT = Coin(("USD", "EUR", "CAD", "AUD", "NZD", "SGD", "HKD", "ZAR"))
_KOPECK = Coin(("RUB", "BYN", "UAH"))
_PENNY = Coin(("GBP",))
_ORE = Coin(("SEK", "NOK", "DKK"))


def _russian(stem: str, coin: Coin) -> Iterator[tuple[str, Coin]]:
    yield from ((stem + ending, coin) for ending in _FORMS)


COINS: Mapping[str, Coin] = {
    **dict.fromkeys(("cent", "cents", "¢"), _CENT),
    **dict(_russian("цент", _CENT)),
    **dict.fromkeys(("eurocent", "eurocents"), Coin(("EUR",))),
    **dict(_russian("евроцент", Coin(("EUR",)))),
    **dict.fromkeys(("kopeck", "kopecks", "kopek", "kopeks", "коп", "копеек"), _KOPECK),
    **{f"копейк{ending}": _KOPECK for ending in ("а", "и", "у", "ой", "е", "ам", "ами", "ах")},
    **dict.fromkeys(("penny", "pennies", "pence", "пенни"), _PENNY),
    **dict(_russian("пенс", _PENNY)),
    **dict.fromkeys(("grosz", "groszy", "грошей"), Coin(("PLN",))),
    **dict.fromkeys(("paisa", "paise", "пайс"), Coin(("INR", "PKR"))),
    **dict.fromkeys(("tiyin", "тиын", "тиына", "тиынов"), Coin(("KZT",))),
    **dict.fromkeys(("centime", "centimes", "rappen"), Coin(("CHF",))),
    **dict(_russian("сантим", Coin(("CHF",)))),
    **dict.fromkeys(("öre", "øre", "эре"), _ORE),
    **dict.fromkeys(("satoshi", "satoshis", "sats", "сатоши"), Coin(("BTC",), Decimal(10) ** 8)),
}
"""All words for it in normal form (small letters, `е` for `ё`); none of them is a currency's."""
