"""Compares the plugin's speed: a conversion beside /help, our parser beside Babel + price-parser.

Run `python -m tests.plugins.rates.compare`. All is processor time of this process, Redis being a
server of its own, and of each kind the median and the least are told: on a machine that works for
others as well the least is the truer one. price-parser is no dependency of anything here; where it
is not installed its figure is left out, with a word.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from statistics import median

from babel.numbers import NumberFormatError, parse_decimal

from plugins.rates.money.amounts import parse
from sapp_bot.testing import Actor, Stage
from tests.plugins.rates.accepted import ACCEPTED
from tests.plugins.rates.measure import say
from tests.redis_server import RedisServer

ROUNDS = 40
"""Messages of each kind, in turns: what else the machine does hits both alike."""
PARSES = 50


MOST_RATIO = 1.15
"""What a conversion may cost, in /help."""


async def measure_messages(redis_url: str) -> None:
    """Compare a conversion with /help in the bot's processor time, the rates being known."""
    costs: dict[str, list[float]] = {"100 usd to eur": [], "1.5k usd": [], "/help": []}
    async with Stage(service_reads=10, redis_url=redis_url) as stage:
        ann = stage.person("Ann")
        for text in costs:
            await ann.says(text)
        gc.disable()
        for _ in range(ROUNDS):
            for text, times in costs.items():
                times.append(await cost_ms(ann, text))
        gc.enable()
    for text, times in costs.items():
        ratio = median(times) / median(costs["/help"])
        least = min(times) / min(costs["/help"])
        say(
            f"{text}: p50 {median(times):.2f} ms of work, {ratio:.2f} x /help; "
            f"least {min(times):.2f} ms, {least:.2f} x (at most {MOST_RATIO})"
        )


async def cost_ms(person: Actor, text: str) -> float:
    """Return the processor time from a message to its answer, in milliseconds."""
    start = time.process_time()
    await person.says(text)
    return (time.process_time() - start) * 1e3


def measure_parsers() -> None:
    """Time the same table with our parser and with Babel + price-parser, in one run."""
    texts = list(ACCEPTED)
    parsers: dict[str, Callable[[str], object]] = {"ours": parse}
    try:
        price = importlib.import_module("price_parser").parse_price
    except ModuleNotFoundError:
        say("price-parser is not installed: pip install price-parser, for its figures")
    else:
        parsers["Babel + price-parser"] = lambda text: parse_with(price, text)
    for name, parser in parsers.items():
        costs = [cost_us(parser, text) for text in texts]
        say(f"{name}: p50 {median(costs):.1f} µs over {len(texts)} texts")


def parse_with(price: Callable[[str], object], text: str) -> object:
    """Read one amount as the two libraries would: price-parser finds it, Babel reads it."""
    found = price(text)
    try:
        return found, parse_decimal(getattr(found, "amount_text", None) or "0", locale="en")
    except NumberFormatError:
        return found


def cost_us(parser: Callable[[str], object], text: str) -> float:
    """Return the least processor time of one call, in microseconds."""
    return (
        min(timeit.repeat(lambda: parser(text), time.process_time, number=PARSES, repeat=3))
        / PARSES
        * 1e6
    )


if __name__ == "__main__":
    measure_parsers()
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder), keeps=False) as redis:
        asyncio.run(measure_messages(redis.url))
