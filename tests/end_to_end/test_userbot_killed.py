"""A userbot that is killed takes none of its own words for the owner's.

In Saved Messages both have the same author, and what a process that died has sent comes back to
the next one with all else that is caught up on.
"""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.faults import Drop, Hold
from tests.end_to_end.modes import IN_USER_MODE
from tests.end_to_end.world import World

pytestmark = IN_USER_MODE


def chat(world: World) -> list[str]:
    """List what stands in Saved Messages."""
    return [m.message for m in world.telegram.world.mail.box(world.account.id).messages.values()]


async def test_killed_between_sending_and_noting(world: World) -> None:
    """The question that was sent and not noted is asked once, and is not its own answer."""
    olga = await world.owner()
    fault = world.telegram.faults.add(world.by_bot("messages.sendMessage"), Hold(when="after"))
    await olga.say("/login")
    await fault.held.wait()
    await world.bot.kill()
    fault.release()
    await world.start()
    await world.calm()
    assert len(chat(world)) == 2
    await olga.say("olga@example.org")
    await olga.sees("And the password?")
    assert len(chat(world)) == 4


@pytest.mark.long
async def test_killed_with_a_message_at_hand(world: World) -> None:
    """Who wrote can be answered by the next process before it has caught up with anything."""
    ann = await world.person("Ann")
    handled = world.redis.faults.add("EVALSHA:commit", Hold())
    await ann.say("/help about")
    await handled.held.wait()
    await world.bot.kill()
    handled.release()
    missed = world.telegram.faults.add(world.by_bot("updates.getDifference"), Hold())
    await world.start()
    await ann.sees("/about")
    assert missed.held.is_set()
    missed.release()


@pytest.mark.long
async def test_killed_after_a_long_talk(world: World) -> None:
    """Replies from before the last saved state come back as well, and nothing answers them."""
    olga = await world.owner()
    for said, seen in [
        ("/help about", "/about"),
        ("/help help", "or more about one command"),
        ("/login", "e-mail address"),
        ("/back", "first question"),
    ]:
        await olga.say(said)
        await olga.sees(seen)
    await world.calm()
    before = chat(world)
    await world.restart()
    await world.calm()
    assert chat(world) == before


@pytest.mark.long
async def test_a_reply_whose_answer_was_lost(world: World) -> None:
    """A live bot that never hears of its message's arrival does not take it for an answer."""
    olga = await world.owner()
    world.telegram.faults.add(world.by_bot("messages.sendMessage"), Drop(when="after"))
    await olga.say("/login")
    await olga.sees("e-mail address")
    await world.calm()
    assert len(chat(world)) == 2


async def test_numbers_survive_a_kill(world: World) -> None:
    """What a number means is stored: the next process knows it."""
    olga = await world.owner()
    await olga.say("/start")
    await olga.sees("1 Register")
    await world.calm()
    await world.restart()
    await olga.say("1")
    await olga.sees("Which e-mail address")
