"""Work of a test is waited for while it moves, however slowly; what stands still is given up."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.testing.clock import ManualClock
from sapp_bot.testing.stillness import ended_or_still


async def test_work_is_waited_for_to_its_end() -> None:
    """It may await others meanwhile."""
    work = asyncio.create_task(asyncio.sleep(0))

    async def waits() -> None:
        await work

    assert await ended_or_still(waits())
    assert work.done()


async def test_work_that_waits_for_the_clock_of_the_test_is_given_up() -> None:
    """The clock stands still, and so does the work: it is cancelled, and the timer left alone."""
    waiting = ManualClock().sleep(60)

    assert not await ended_or_still(waiting)


async def test_work_that_moves_is_waited_for_longer_than_work_that_stands_still() -> None:
    """All steps together take longer than the one look after which still work is given up."""

    async def much() -> None:
        for _ in range(20):
            sum(range(300_000))
            await asyncio.sleep(0)

    assert await ended_or_still(much(), still_looks=1)


async def test_an_error_of_the_work_is_raised() -> None:
    """As if it had been awaited."""

    async def fails() -> None:
        raise LookupError("as planned")

    with pytest.raises(LookupError, match="as planned"):
        await ended_or_still(fails())
