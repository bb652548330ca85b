"""The line to Telegram breaks under a running bot: what is said in the gap is answered soon."""

from __future__ import annotations

import asyncio

from sapp_bot.sandbox.client.seen import Saw
from sapp_bot.sandbox.faults import Drop, When
from tests.end_to_end.modes import IN_BOTH_MODES
from tests.end_to_end.world import World

SOON_S = 5.0
"""How soon after the line is back everything must be answered."""

PERSONS = 3
EACH = 4


async def gap(world: World, kind: str) -> None:
    """Break the bot's line; only "cut" can be used again at once."""
    network, bot = world.telegram.network, world.account.id
    if kind == "half_open":
        # What is said now is pushed into the void; only then the connection is reset.
        assert network.half_open(bot)
    elif kind == "refused":
        network.refuse(bot)
    else:
        assert network.cut(bot)


async def back(world: World, kind: str) -> None:
    """Mend the line."""
    network, bot = world.telegram.network, world.account.id
    if kind == "half_open":
        assert network.cut(bot)
    elif kind == "refused":
        tried = network.accepted
        await world.until(lambda: network.accepted > tried)
        network.allow(bot)


NUMBERS = {"bot": "", "user": "\n\n1 Help · 2 ‹ Home\nSend the number of your choice."}
"""What stands under an answer with buttons, by mode."""


@IN_BOTH_MODES
async def test_said_in_the_gap(world: World) -> None:
    """What was said while the line was broken is answered within 5 s, once, in order."""
    people = [await world.person(f"P{number}") for number in range(PERSONS)]
    for person in people:
        await person.say("/help")
        await person.sees("/register")
    for kind in ("cut", "half_open", "refused"):
        for person in people:
            person.events.clear()
        await gap(world, kind)
        for number in range(EACH):
            await asyncio.gather(*(person.say(f"/{kind}_{number}") for person in people))
        await back(world, kind)

        expected = [f"I don't know /{kind}_{n}. /help shows what I can do." for n in range(EACH)]
        await asyncio.gather(*(person.sees(expected[-1], SOON_S) for person in people))
        await world.calm()
        for person in people:
            seen = [e.text for e in person.events if isinstance(e, Saw)]
            assert seen == [text + NUMBERS[world.mode] for text in expected]


async def test_reply_cut_off(world: World) -> None:
    """A reply whose answer is lost with the line goes out again, and is seen once."""
    ann = await world.person("Ann")
    send = world.by_bot("messages.sendMessage")
    whens: tuple[When, ...] = ("before", "after")
    for when in whens:
        fault = world.telegram.faults.add(send, Drop(when))
        ann.events.clear()
        await ann.say(f"/lost_{when}")
        await fault.reached.wait()
        await ann.sees("I don't know", SOON_S)
        await ann.say("/next")
        await ann.sees("I don't know /next", SOON_S)
        await world.calm()
        assert len([event for event in ann.events if isinstance(event, Saw)]) == 2
