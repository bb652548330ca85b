"""A Redis that loses a call of each kind, refuses for 10 s, freezes for 7 s: nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.sandbox.faults import Drop, When
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.testing import Stage
from tests.faults.day import KINDS, seen, time_passing, whole_day
from tests.redis_server import RedisServer

CALLS = (*(f"EVALSHA:{kind}" for kind in KINDS), "SCRIPT LOAD")


async def lived(proxy: RedisProxy) -> tuple[list[str], dict[str, int]]:
    """Live through a day on an empty Redis; gives what the person saw, and the calls of the API."""
    stage = Stage(redis_url=proxy.url)
    async with time_passing(stage.clock), stage:
        ann = await whole_day(stage)
        return seen(ann), dict(stage.api.counts)


async def test_a_day_takes_every_kind_of_call(redis_proxy: RedisProxy) -> None:
    """What the next test loses, this day uses."""
    await lived(redis_proxy)

    assert [call for call in CALLS if not redis_proxy.counts[call]] == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_lost_calls_and_replies_change_nothing(
    redis_proxy: RedisProxy, redis_server: RedisServer, when: When
) -> None:
    """With one call or reply of each kind lost, people see the same, and the API no call more."""
    expected = await lived(redis_proxy)
    redis_server.flush()
    faults = [redis_proxy.faults.add(call, Drop(when)) for call in CALLS]
    found = await lived(redis_proxy)

    assert [fault.call for fault in faults if not fault.reached.is_set()] == []
    assert found == expected


async def test_a_long_outage_is_told_once_and_lived_through(
    redis_proxy: RedisProxy, redis_server: RedisServer
) -> None:
    """Away for a minute: one notice per chat, then all answers, in order."""
    del redis_server
    stage = Stage(redis_url=redis_proxy.url)
    async with time_passing(stage.clock, speed=20), stage:
        ann = stage.person("Ann")
        await redis_proxy.refuse()
        asked = [asyncio.create_task(ann.says(text)) for text in ("/about", "/nosuch", "/docs")]
        while not ann.sees("on our side is away"):
            await asyncio.sleep(0)
        await stage.clock.advance(60)
        await redis_proxy.accept()
        await asyncio.gather(*asked)

    said = [shown.text.plain for shown in ann.chat if shown.by_bot]
    assert [text.partition(",")[0] for text in said] == [
        (
            "I have your message. Something on our side is away just now; I will answer as soon as"
            " it is back."
        ),
        "The SAPP Finance API in Telegram",
        "I don't know /nosuch. /help shows what I can do.",
        (
            "This bot has no link to the documentation. How a program calls the API stands on your "
            "client's card: /client"
        ),
    ]
