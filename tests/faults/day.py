"""A day that makes the bot use every kind of its calls to Redis, and what people saw of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sapp_bot.errors import TelegramAway
from sapp_bot.sandbox.faults import Hold
from sapp_bot.testing import Actor, ManualClock, Stage
from tests.plugins.people import PASSWORD, with_client

DAY_S = 150.0
"""Longest that a day may take, in real seconds: a second by itself, a minute on a busy machine."""

MINE = "GET /account/client/using-token"

KINDS = (
    *("accept", "claim", "clear", "commit", "inbox", "members", "note", "out", "probe", "push"),
    *("recent", "screen", "sent", "timers"),
)
"""The scripts that a day runs. `person_state` takes two calls whose answers cross, and `drop` takes
rubbish in Redis: the store's own tests have both."""


@asynccontextmanager
async def time_passing(clock: ManualClock, *, speed: float = 1.0) -> AsyncIterator[None]:
    """Let a stage's time pass by itself, `speed` times as fast as ours."""
    task = asyncio.create_task(_pass(clock, speed))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _pass(clock: ManualClock, speed: float) -> None:
    async with asyncio.timeout(DAY_S):
        while True:
            await asyncio.sleep(0.002)
            await clock.advance(0.002 * speed)


async def whole_day(stage: Stage) -> Actor:
    """Live through a day with one person."""
    ann = await with_client(stage)  # accept, commit, sent
    await ann.says("/login ann@example.com")
    await ann.says("wrong password")  # recent, note
    await ann.says(PASSWORD)  # clear
    await ann.says("/client show")
    await stage.restart()  # as a process that knows its screens from memory asks nothing
    await stage.passes(60)  # screen: the timer finds its message
    await _slow_answer(stage, ann)
    await _crash_while_sending(stage, ann)
    await _crash_while_handling(stage, ann)
    return ann


async def _slow_answer(stage: Stage, ann: Actor) -> None:
    """Ask for what takes three seconds: "still working" is pushed."""
    held = stage.api.faults.add(MINE, Hold())
    asking = asyncio.create_task(ann.says("/client"))
    await held.reached.wait()
    await stage.clock.advance(3)
    held.release()
    await asking


async def _crash_while_sending(stage: Stage, ann: Actor) -> None:
    """Die with a reply in the outbox: the next run sends it."""
    away = stage.room.refusals
    away.extend(TelegramAway("test") for _ in range(10_000))
    asking = asyncio.create_task(ann.says("/help"))
    await _until_logged(stage, "retry.scheduled")
    asking.cancel()
    restarting = asyncio.create_task(stage.restart())  # out, members, timers, claim
    await asyncio.sleep(0)
    away.clear()
    await restarting


async def _crash_while_handling(stage: Stage, ann: Actor) -> None:
    """Die with an update in the inbox: the next run answers it."""
    held = stage.api.faults.add(MINE, Hold())
    asking = asyncio.create_task(ann.says("/client"))
    await held.reached.wait()
    asking.cancel()
    restarting = asyncio.create_task(stage.restart())  # inbox
    held.release()
    await restarting


async def _until_logged(stage: Stage, event: str) -> None:
    async with asyncio.timeout(DAY_S):
        while not any(entry["event"] == event for entry in stage.log):
            await asyncio.sleep(0.002)


def seen(actor: Actor) -> list[str]:
    """Give the chat as it stands, without what differs from day to day: times and keys."""
    return [re.sub(r"\S*\d\S*", "#", shown.text.plain) for shown in actor.chat]
