"""The queue in front of Telethon's update loop: at once, in order, several letters as one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from sapp_bot.telegram.seam import types
from sapp_bot.telegram.updates_queue import MOST_LETTERS, UpdatesQueue

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def letter(number: int, *, seq: int = 0) -> Any:
    """Return a letter with one update, one user and one chat."""
    update = types.UpdateDeleteMessages([number], pts=number, pts_count=1)
    return types.Updates([update], [types.UserEmpty(number)], [types.ChatEmpty(number)], NOON, seq)


def numbers(found: Any) -> list[int]:
    """Return the numbers of the letters that are in one."""
    users, chats = [user.id for user in found.users], [chat.id for chat in found.chats]
    told = [update.pts for update in found.updates]
    assert users == chats == told
    return told


async def test_what_is_there_is_given_at_once() -> None:
    """Without a task: the future is done when it is returned."""
    queue = UpdatesQueue()
    queue.put_nowait(letter(1))
    found = queue.get()
    assert found.done()
    assert numbers(found.result()) == [1]


async def test_letters_that_came_together_are_given_as_one() -> None:
    """In their order, with the users and chats of all, and so many at most."""
    queue = UpdatesQueue()
    for number in range(MOST_LETTERS + 3):
        queue.put_nowait(letter(number))
    assert numbers(await queue.get()) == [*range(MOST_LETTERS)]
    assert numbers(await queue.get()) == [*range(MOST_LETTERS, MOST_LETTERS + 3)]
    assert queue.empty()


@pytest.mark.parametrize("kind", ["numbered", "own", "short", "too long"])
async def test_what_means_more_than_its_updates_stays_alone(kind: str) -> None:
    """A letter that may show a gap, or was caused by this client itself, is given as it is."""
    other: Any = {
        "numbered": letter(2, seq=7),
        "own": letter(2),
        "short": types.UpdateShort(types.UpdateConfig(), NOON),
        "too long": types.UpdatesTooLong(),
    }[kind]
    if kind == "own":
        other._self_outgoing = True
    queue = UpdatesQueue()
    for each in (letter(1), other, letter(3), letter(4)):
        queue.put_nowait(each)
    assert numbers(await queue.get()) == [1]
    assert await queue.get() is other
    assert numbers(await queue.get()) == [3, 4]


async def test_who_waits_gets_what_comes() -> None:
    """And who gives up takes nothing with them, as Telethon does at each of its deadlines."""
    queue = UpdatesQueue()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 0.01)
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait(letter(1))
    assert numbers(await waiting) == [1]
