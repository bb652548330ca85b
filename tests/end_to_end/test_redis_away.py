"""Redis refuses callers for 10 s, or stands still for 7: the bot as a process loses nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw
from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World

PASSWORD = "correct horse battery"
AWAY = "on our side is away"
FIRST_ANSWER_S = 8.0
REFUSED_S = 10.0
FROZEN_S = 7.0
BACK_S = 5.0
"""How soon after Redis is back everything is answered."""


async def refused(world: World) -> None:
    """Refuse callers for a while."""
    await world.redis.refuse()
    await later(REFUSED_S)
    await world.redis.accept()


async def frozen(world: World) -> None:
    """Stand still for a while."""
    world.redis.freeze()
    await later(FROZEN_S)
    world.redis.thaw()


async def later(seconds: float) -> None:
    """Wait until an outage is over; it is real, so there is no event for it."""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
    except TimeoutError:
        return


Outage = Callable[[World], Coroutine[Any, Any, None]]


@pytest.mark.parametrize(
    "plans",
    [
        pytest.param([(refused, "bot"), (frozen, "bot"), (frozen, "user")], id="suite"),
        pytest.param([(refused, "user")], id="rest", marks=pytest.mark.long),
    ],
)
async def test_an_outage_loses_nothing(
    tmp_path: Path, redis_url: str, plans: list[tuple[Outage, Mode]]
) -> None:
    """People are told within 8 s, and answered once, in order, as soon as Redis is back.

    In user mode only a command is told of it: both persons send one. Outages take long and little
    work, so they are sat out at the same time.
    """
    outages = []
    for number, (plan, mode) in enumerate(plans):
        folder = tmp_path / str(number)
        folder.mkdir()
        outages.append(outage(World(folder, f"{redis_url.removesuffix('0')}{number}", mode), plan))
    await asyncio.gather(*outages)


async def outage(world: World, plan: Outage) -> None:
    """Have one person in a form and another without, and take Redis away."""
    async with world:
        ann, bob = await in_a_form(world), await world.person("Bob")
        ending = asyncio.create_task(plan(world))
        began = time.monotonic()
        form, commands = ("shop", "*", "yes", "/client"), ("/about", "/me", "/nosuch")
        for person, texts in ((ann, form), (bob, commands)):
            for text in texts:
                await person.say(text)
        await ann.sees(AWAY, FIRST_ANSWER_S)
        await bob.sees(AWAY, FIRST_ANSWER_S)
        assert time.monotonic() - began < FIRST_ANSWER_S
        await ending
        await bob.sees("I don't know /nosuch", BACK_S)
        await ann.sees("10 reads left", BACK_S)
        await world.calm()
        check(world, ann, bob)


async def in_a_form(world: World) -> SimulatedUser:
    """Bring somebody in who is asked for the name of a client."""
    world.api.database.add_user("ann@example.com", PASSWORD)
    ann = await world.person("Ann")
    for text, answer in (
        ("/login ann@example.com", "And the password?"),
        (PASSWORD, "You are logged in as"),
        ("/add_client", "What shall the client be called?"),
    ):
        await ann.say(text)
        await ann.sees(answer)
    await world.calm()
    return ann


def check(world: World, ann: SimulatedUser, bob: SimulatedUser) -> None:
    """See each answered once, in order, nothing done twice, and plain words only."""
    assert begin_as(
        said(bob),
        "I have your message. Something on our side is away just now;",
        "The SAPP Finance API in Telegram",
        "Please /login first",
        "I don't know /nosuch.",
    )
    assert begin_as(
        said(ann)[-6:],
        "I have your message. Something on our side is away just now;",
        "From which websites may its key be used?",
        "Name of the client: shop",
        "Your client is ready.",
        "Client “shop”: 10 reads left of 10",
        "Client “shop”: 10 reads left of 10",
    )
    assert world.api.counts["POST /account/register"] == 1
    assert world.api.counts["POST /auth/login"] == 1


def said(person: SimulatedUser) -> list[str]:
    """List the bot's messages as they came."""
    return [event.text for event in person.events if isinstance(event, Saw)]


def begin_as(texts: list[str], *beginnings: str) -> bool:
    """Tell whether there are as many texts as beginnings, each with its own."""
    pairs = zip(texts, beginnings, strict=True)
    return all(text.startswith(beginning) for text, beginning in pairs)
