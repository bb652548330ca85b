"""Every reader of typed text answers the longest one that Telegram carries, whatever is in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest

from plugins.rates.alerts import read_level
from plugins.rates.conversion import read_question
from plugins.rates.money.naming import LONGEST, NamingTooLong, one_currency, read_naming
from plugins.rates.money.search import find
from plugins.rates.money.wishes import asked_wish, read_wish
from plugins.rates.tastes import find_zone
from plugins.rates.times.dates import begins_period, parse_day, parse_period
from plugins.rates.times.hours import find_time, parse_time
from sapp_bot.services import UserError

LONGEST_MESSAGE = 4096
"""UTF-16 units. Source: Telegram's limit."""

MOST_S = 0.2
"""Of the processor. Each takes 13 ms at most; what is quadratic or worse took some seconds."""

TODAY = date(2026, 3, 15)
READERS: dict[str, Callable[[str], object]] = {
    "currencies": lambda text: read_naming(text, begins_period),
    "one currency": one_currency,
    "sum": read_question,
    "search": find,
    "asked alert": lambda text: asked_wish(f"tell me when {text}", find_time),
    "alert": lambda text: read_wish(text, find_time),
    "rate of an alert": lambda text: read_level("above", text),
    "time": parse_time,
    "day": lambda text: parse_day(text, TODAY),
    "period": lambda text: parse_period(text, TODAY),
    "zone": find_zone,
}
REPEATED = (
    *("usd ", "usd\n", "usd", "новозеландский доллар ", "he,", "ab'", "$", "🇺🇸", "з ", " в ", "-"),
    *(" ", "(", "((1+", "1 111 ", "1,111", "one ", "eur/", "not ", "doesn’t ", "every ", "“"),
    *("half past ", "9 pm ", "from ", "a week ago ", "republic of ", "please ", "tell me ", "? "),
)


@pytest.mark.parametrize("reader", READERS)
def test_the_longest_text_holds_nobody_up(reader: str) -> None:
    """Other people's messages wait meanwhile; what is refused is refused in words."""
    read = READERS[reader]
    with suppress(UserError):
        read("1 usd")  # the tables are made once
    for part in REPEATED:
        for before in ("", "how much is "):
            text = f"{before}{part * LONGEST_MESSAGE}"[:LONGEST_MESSAGE]
            began = time.process_time()
            with suppress(UserError):
                read(text)
            assert time.process_time() - began < MOST_S, (before, part)


def test_too_many_currencies_are_refused_and_not_cut_off() -> None:
    """Nobody is shown a part of what they asked for as if it were all."""
    assert read_naming("usd " * (LONGEST // 4)).codes == ("USD",)
    with pytest.raises(NamingTooLong):
        read_naming("usd " * (LONGEST // 4) + "eur")
