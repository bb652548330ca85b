"""Two processes on one Redis: one works, the other takes over; an alert goes off once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest

from plugins.rates.alerts import Alert, Alerts
from sapp_bot.domain.replies import QueuedReply, Send
from sapp_bot.domain.text import Rich
from sapp_bot.errors import AlreadyRunning
from sapp_bot.store import KeyRing, make_key, open_store
from sapp_bot.testing import Actor, ManualClock, Stage
from sapp_bot.testing.stage import ACCOUNT
from tests.plugins.people import jump_to_hour
from tests.plugins.rates.kit import kept


def told(person: Actor, text: str) -> int:
    """Count the messages of the chat that have a text."""
    return sum(text in shown.text.plain for shown in person.chat)


async def test_a_process_that_was_replaced_tells_no_alert(redis_url: str) -> None:
    """What the old one still finds due is refused by Redis; the new one tells it, once."""
    async with Stage(only=["start", "rates"], redis_url=redis_url, service_reads=100) as stage:
        stage.may_fail = True  # the old process ends, as it must
        stage.api.database.rates.pin("EUR", 0.9)
        ann = stage.person("Ann")
        await ann.says("/alert EUR/USD above 1.2")
        stage.api.database.rates.pin("EUR", 0.8)
        ring = stage._key_ring
        async with open_store(redis_url, ring, account=ACCOUNT, clock=stage.clock) as other:
            await other.inbox.claim()
            with suppress(AlreadyRunning, ExceptionGroup):
                await stage.passes(3700)
            assert told(ann, "1 EUR = 1.25 USD") == 0
        await stage.restart()
        await stage.passes(3700)
        assert told(ann, "1 EUR = 1.25 USD") == 1
        await stage.restart()
        await stage.passes(3 * 3600)

        assert told(ann, "1 EUR = 1.25 USD") == 1


@pytest.mark.parametrize("people", [40, pytest.param(600, marks=pytest.mark.long)])
async def test_what_people_do_while_the_timer_works_is_not_lost(
    redis_url: str, people: int
) -> None:
    """While all are told at nine some set, pause and delete alerts: each finds it so afterwards."""
    async with Stage(only=["start", "rates"], redis_url=redis_url, service_reads=100) as stage:
        jump_to_hour(stage, 9)
        crowd = [stage.person(f"P{number}") for number in range(people)]
        await crowd[0].says("/rates")
        store = kept(stage, Alerts)
        daily = Alert(id=1, kind="daily", source="EUR", target="USD", at="09:00")
        other = Alert(id=2, kind="above", source="EUR", target="USD", level=Decimal(5))
        for person in crowd:
            await store.set(person.person.id, Alerts(items=(daily, other), last_id=2))
        busy = crowd[::10] if people > 100 else crowd
        for person in busy:
            await person.says("/alerts")
        stage.clock.skip(1800)
        acts = [
            person.says("/alert EUR/USD above 2")
            if number % 3 == 0
            else person.presses("Pause 2" if number % 3 == 1 else "Delete 2")
            for number, person in enumerate(busy)
        ]
        await asyncio.gather(stage.tick("rates.look"), *acts)
        for number, person in enumerate(busy):
            own = await store.get(person.person.id)
            assert own is not None
            held = [(a.id, a.is_paused) for a in own.items]
            both = [[(1, False), (2, False), (3, False)], [(1, False), (2, True)], [(1, False)]]
            assert held == both[number % 3]
        await stage.passes(120)

        assert all(told(person, "1 EUR = ") == 1 for person in crowd[1:])


async def test_a_timers_claim_is_fenced(redis_url: str) -> None:
    """One span has one process; one that was replaced gets none, and commits nothing."""
    clock, ring = ManualClock(), KeyRing([make_key()])
    said = QueuedReply("every:rates.look:1/0", Send(7, Rich("1 EUR = 1.25 USD")), "rates")
    async with (
        open_store(redis_url, ring, account=9, clock=clock) as first,
        open_store(redis_url, ring, account=9, clock=clock) as second,
    ):
        await first.inbox.claim()
        assert await first.leases.take("rates.look", 1, keep_s=180)
        await second.inbox.claim()
        assert not await second.leases.take("rates.look", 1, keep_s=180)
        with pytest.raises(AlreadyRunning):
            await first.outbox.tell("every:rates.look:1", [said], [])
        with pytest.raises(AlreadyRunning):
            await first.leases.take("rates.look", 2, keep_s=180)
        assert await second.outbox.unsent() == []
        assert await second.leases.take("rates.look", 2, keep_s=180)
        for _ in range(2):  # a repeat, as the first answer may have been lost
            await second.outbox.tell("every:rates.look:2", [said], [])

        assert [queued.id for queued in await second.outbox.unsent()] == [said.id]
