"""The system's clock keeps its timers, which share timers of the event loop."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sapp_bot.clock import SystemClock

told: ContextVar[str] = ContextVar("told", default="nobody")


async def test_timers_end_in_their_order_whatever_their_length() -> None:
    """Those of one length in the order they began, a shorter one before them."""
    clock, rung, over = SystemClock(), list[str](), asyncio.Event()
    clock.call_later(0.02, lambda: rung.append("first"))
    clock.call_later(0.02, lambda: rung.append("second"))
    clock.call_later(0.01, lambda: rung.append("short"))
    clock.call_later(0.03, over.set)
    await over.wait()

    assert rung == ["short", "first", "second"]


def test_a_clock_can_be_ahead_of_the_machine() -> None:
    """By as much as it was told, which the command line does for the sandbox's `:clock`."""
    ahead = SystemClock(timedelta(hours=2)).now() - datetime.now(UTC)

    assert timedelta(hours=1, minutes=59) < ahead <= timedelta(hours=2)


async def test_a_cancelled_timer_does_not_ring() -> None:
    """Neither one that comes first nor one behind it; to cancel twice is no error."""
    clock, rung, over = SystemClock(), list[str](), asyncio.Event()
    timers = [clock.call_later(0.01, partial(rung.append, name)) for name in "abcd"]
    for timer in (timers[0], timers[2], timers[2]):
        timer.cancel()
    clock.call_later(0.01, over.set)
    await over.wait()

    assert rung == ["b", "d"]
    timers[1].cancel()  # it has rung


async def test_a_timer_that_began_later_rings_later() -> None:
    """They share a timer of the loop, not the moment."""
    loop, clock, rung, over = (
        asyncio.get_running_loop(),
        SystemClock(),
        list[float](),
        asyncio.Event(),
    )
    began = loop.time()
    clock.call_later(0.02, lambda: rung.append(loop.time()))
    await clock.sleep(0.01)
    clock.call_later(0.02, over.set)
    await over.wait()

    assert rung[0] - began >= 0.02
    assert loop.time() - began >= 0.03


async def test_a_call_runs_in_the_context_it_was_scheduled_in() -> None:
    """As with `loop.call_later`: what a plugin schedules stays the plugin's."""
    clock, heard, over = SystemClock(), list[str](), asyncio.Event()
    for name in ("ann", "bob"):
        told.set(name)
        clock.call_later(0.01, lambda: heard.append(told.get()))
    told.set("nobody")
    clock.call_later(0.01, over.set)
    await over.wait()

    assert heard == ["ann", "bob"]


async def test_a_call_that_fails_stops_no_other() -> None:
    """The loop hears of it."""
    loop, clock, failed, over = (
        asyncio.get_running_loop(),
        SystemClock(),
        list[Any](),
        asyncio.Event(),
    )
    loop.set_exception_handler(lambda _, context: failed.append(context["exception"]))
    clock.call_later(0.01, lambda: 1 // 0)
    clock.call_later(0.01, over.set)
    await over.wait()

    assert [type(error) for error in failed] == [ZeroDivisionError]


async def test_nothing_is_kept_of_timers_that_are_over() -> None:
    """Odd lengths, as of delayed buttons, do not add up."""
    clock, over = SystemClock(), asyncio.Event()
    for n in range(50):
        clock.call_later(0.001 + n / 100_000, lambda: None)
    clock.call_later(0.02, over.set)
    await over.wait()
    await asyncio.sleep(0)

    assert not clock._queues
