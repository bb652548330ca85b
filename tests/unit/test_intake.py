"""One person's burst: what waits is bounded, told once, and nobody else waits for it."""

from __future__ import annotations

from sapp_bot.domain.ports import Accepted
from sapp_bot.domain.updates import Due, Message, Person
from sapp_bot.host.pacing.intake import MOST_WAITING, IntakeLimits
from sapp_bot.testing import ManualClock
from tests.unit.inbox_kit import NOW, FakeInbox, Handled, SlowInbox, message, press, turns, working


async def test_nobody_waits_for_another_persons_burst() -> None:
    """While a thousand messages of one person wait, another's is stored and handled at once."""
    clock, handled = ManualClock(NOW), Handled()
    inbox = SlowInbox(clock=clock)
    async with working(inbox, handled, clock) as queues:
        for number in range(1_000):
            queues.receive(message(number))
        await clock.advance(2)
        uninvolved = message(1, person=2)
        queues.receive(uninvolved)
        await turns()
        await clock.advance(1)
        await turns()

        assert uninvolved.key in inbox.committed
        assert len(inbox.accepted) <= 4


async def test_what_waits_in_memory_is_bounded_and_told_once() -> None:
    """The 101st message that waits is turned away with one notice, and never reaches the store."""
    clock, handled = ManualClock(NOW), Handled()
    inbox = SlowInbox(clock=clock)
    async with working(inbox, handled, clock) as queues:
        for number in range(1_000):
            queues.receive(message(number))
        await turns()
        assert handled.notices == [f"full {message(MOST_WAITING).key}"]
        while queues.is_pending:
            await clock.advance(1)
            await turns()

    assert inbox.accepted == [message(number).key for number in range(MOST_WAITING)]
    assert len(handled.notices) == 1


async def test_long_texts_are_bounded_by_their_bytes() -> None:
    """Texts of 100 KB fill the memory of a person before they are fifty."""
    inbox, handled = FakeInbox(), Handled()
    async with working(inbox, handled) as queues:
        for number in range(4):
            queues.receive(Message(Person(1), 1, number, "x" * 100_000, NOW))
        await queues.idle()

    assert inbox.accepted == [message(number).key for number in range(2)]
    assert handled.notices == [f"full {message(2).key}"]


async def test_a_press_is_not_turned_away_for_text() -> None:
    """Presses and timers have room when text has none, and keep their place in the order."""
    inbox, handled, clock = FakeInbox(), Handled(), ManualClock(NOW)
    due = Due(Person(1), 1, None, "client", b"", NOW, "t")
    async with working(inbox, handled, clock) as queues:
        for number in range(MOST_WAITING + 10):
            queues.receive(message(number))
        queues.receive(press(1))
        queues.receive(due)
        await queues.idle()

    assert inbox.committed == [
        *(message(n).key for n in range(MOST_WAITING)),
        press(1).key,
        due.key,
    ]


async def test_a_person_has_so_many_messages_a_minute() -> None:
    """What is more is turned away before it is stored; a calm minute later all is well again."""
    inbox, handled, clock = FakeInbox(), Handled(), ManualClock(NOW)
    async with working(inbox, handled, clock, IntakeLimits(per_minute=10)) as queues:
        for number in range(12):
            queues.receive(message(number))
            await queues.idle()
        queues.receive(press(1))
        queues.receive(message(1, person=2))
        await queues.idle()
        await clock.advance(60)
        for number in range(20, 31):
            queues.receive(message(number))
            await queues.idle()
        await turns()

    others = [press(1).key, message(1, person=2).key]
    first, second = ([message(n).key for n in numbers] for numbers in (range(10), range(20, 30)))
    assert inbox.accepted == [*first, *others, *second]
    assert handled.notices == [f"full {message(10).key}", f"full {message(30).key}"]


async def test_a_burst_is_told_once_by_memory_and_store() -> None:
    """Who was asked to slow down by one of the two is not asked again by the other."""
    clock, handled = ManualClock(NOW), Handled()
    inbox = SlowInbox(clock=clock, answers=[Accepted(True, full=True)])
    async with working(inbox, handled, clock) as queues:
        for number in range(MOST_WAITING + 10):
            queues.receive(message(number))
        await clock.advance(2)
        await turns()

    assert handled.notices == [f"full {message(MOST_WAITING).key}"]
