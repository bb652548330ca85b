"""The way of an update through the process, with a store and a handler that are played."""

from __future__ import annotations

import asyncio

from sapp_bot.domain.ports import Accepted, UnfinishedUpdate
from sapp_bot.domain.state import PersonState, Profile
from sapp_bot.domain.updates import Due, Person
from sapp_bot.errors import AlreadyRunning, StoreAway
from sapp_bot.host.pipeline.inbox_worker import InboxWorker
from sapp_bot.testing import ManualClock
from tests.unit.inbox_kit import NOW, FakeInbox, Handled, SlowInbox, message, turns, working


async def test_a_persons_updates_are_handled_in_the_order_of_arrival() -> None:
    """Ten messages sent at once are handled and committed one after the other."""
    inbox, handled = FakeInbox(), Handled()
    async with working(inbox, handled) as queues:
        for number in range(10):
            queues.receive(message(number))
        await queues.idle()

    assert inbox.committed == [message(n).key for n in range(10)]
    assert [key for key, _ in handled.seen] == inbox.committed


async def test_persons_do_not_wait_for_each_other() -> None:
    """One person's slow command leaves another's quick one alone."""
    slow, quick = message(1, person=1), message(2, person=2)
    inbox, handled = FakeInbox(), Handled(gates={slow.key: asyncio.Event()})
    async with working(inbox, handled) as queues:
        queues.receive(slow)
        queues.receive(quick)
        while quick.key not in inbox.committed:
            await asyncio.sleep(0)

        assert slow.key not in inbox.committed
        handled.gates[slow.key].set()
        await queues.idle()


async def test_what_was_left_is_handled_again_and_says_so() -> None:
    """Only the oldest update of a person may have been begun before the process died."""
    left = [
        UnfinishedUpdate(message(1), PersonState()),
        UnfinishedUpdate(message(2), PersonState()),
    ]
    inbox, handled = FakeInbox(left=left), Handled()
    async with working(inbox, handled) as queues:
        await queues.idle()

    assert handled.seen == [(message(1).key, True), (message(2).key, False)]


async def test_a_duplicate_is_not_handled() -> None:
    """An update that the store has seen before ends there."""
    inbox, handled = FakeInbox(answers=[Accepted(fresh=False)]), Handled()
    async with working(inbox, handled) as queues:
        queues.receive(message(1))
        await queues.idle()

    assert handled.seen == []


async def test_a_store_that_is_away_delays_but_loses_nothing() -> None:
    """What cannot be stored or committed is tried again, in order, and handled once."""
    refusals: list[Exception] = [StoreAway(), StoreAway()]
    inbox, handled, clock = FakeInbox(refusals=refusals), Handled(), ManualClock(NOW)
    async with working(inbox, handled, clock) as queues:
        queues.receive(message(1))
        queues.receive(message(2))
        while len(inbox.committed) < 2:
            await clock.advance(1)

    assert inbox.committed == [message(1).key, message(2).key]
    assert [key for key, _ in handled.seen] == inbox.committed


async def test_people_are_told_once_that_the_store_is_away() -> None:
    """After three seconds without a store a chat gets one notice, not one per message."""
    refusals: list[Exception] = [StoreAway() for _ in range(20)]
    inbox, handled, clock = FakeInbox(refusals=refusals), Handled(), ManualClock(NOW)
    async with working(inbox, handled, clock) as queues:
        queues.receive(message(1))
        queues.receive(message(2))
        while len(inbox.committed) < 2:
            await clock.advance(1)

    assert handled.notices == [f"away {message(1).key}"]


async def test_words_that_get_no_apology_take_none_from_others() -> None:
    """In user mode a note is passed over; a command in the same outage is told all the same."""
    clock, note, command = ManualClock(NOW), message(1), message(2)
    refusals: list[Exception] = [StoreAway() for _ in range(20)]
    inbox, handled = FakeInbox(refusals=refusals), Handled(unspoken_to={note.key})
    async with working(inbox, handled, clock) as queues:
        queues.receive(note)
        queues.receive(command)
        while len(inbox.committed) < 2:
            await clock.advance(1)

    assert handled.notices == [f"away {command.key}"]


async def test_each_chat_is_told_though_others_wait_before_it() -> None:
    """Who writes while another's message is being stored is told three seconds later, too."""
    refusals: list[Exception] = [StoreAway() for _ in range(20)]
    inbox, handled, clock = FakeInbox(refusals=refusals), Handled(), ManualClock(NOW)
    async with working(inbox, handled, clock) as queues:
        queues.receive(message(1))
        await clock.advance(1)
        queues.receive(message(2, person=2))
        await clock.advance(2.5)
        assert handled.notices == [f"away {message(1).key}"]
        while len(inbox.committed) < 2:
            await clock.advance(1)

    assert handled.notices == [f"away {message(1).key}", f"away {message(2, person=2).key}"]


async def test_a_crowd_is_no_outage() -> None:
    """Whoever waits long behind others hears nothing, as long as the store answers those."""
    handled, clock = Handled(), ManualClock(NOW)
    inbox = SlowInbox(clock=clock)
    async with working(inbox, handled, clock) as queues:
        for number in range(10):
            queues.receive(message(number))
        while len(inbox.committed) < 10:
            for _ in range(10):  # an update is stored, handled and committed within these turns
                await asyncio.sleep(0)
            await clock.advance(1)
        assert handled.notices == []
        queues.receive(message(10))
        inbox.refusals.extend(StoreAway() for _ in range(20))
        while len(inbox.committed) < 11:
            await clock.advance(1)

    assert handled.notices == [f"away {message(10).key}"]


async def test_a_person_whose_answer_cannot_be_committed_is_told() -> None:
    """Redis may go away between a message and its answer; the next outage is told again."""
    inbox, handled, clock = FakeInbox(), Handled(), ManualClock(NOW)
    gates = handled.gates = {message(n).key: asyncio.Event() for n in (1, 2)}
    async with working(inbox, handled, clock) as queues:
        for number in (1, 2):
            queues.receive(message(number))
            while len(handled.seen) < number:
                await asyncio.sleep(0)
            inbox.refusals.extend(StoreAway() for _ in range(10))
            gates[message(number).key].set()
            while len(inbox.committed) < number:
                await clock.advance(1)

    assert handled.notices == [f"away {message(1).key}", f"away {message(2).key}"]


async def test_nobody_is_told_of_a_timer_that_waits() -> None:
    """A key that is to be hidden is no message of the person's."""
    due = Due(Person(1), 1, None, "client", b"", NOW, "t")
    refusals: list[Exception] = [StoreAway() for _ in range(20)]
    inbox, handled, clock = FakeInbox(refusals=refusals), Handled(), ManualClock(NOW)
    async with working(inbox, handled, clock) as queues:
        queues.receive(due)
        while not inbox.committed:
            await clock.advance(1)

    assert handled.notices == []


async def test_a_full_queue_is_told_once() -> None:
    """The first message too many gets a notice, the next ones none."""
    answers = [Accepted(False, full=True), Accepted(False, full=True, told=True)]
    inbox, handled = FakeInbox(answers=answers), Handled()
    async with working(inbox, handled) as queues:
        queues.receive(message(1))
        queues.receive(message(2))
        await queues.idle()
        await asyncio.sleep(0)

    assert handled.notices == [f"full {message(1).key}"]


async def test_updates_count_as_pending_until_they_are_stored() -> None:
    """Telegram's state may be saved only when nothing waits to be stored."""
    inbox, handled = FakeInbox(refusals=[StoreAway()]), Handled()
    clock = ManualClock(NOW)
    async with working(inbox, handled, clock) as queues:
        queues.receive(message(1))
        assert queues.is_pending
        await clock.advance(0.1)
        assert queues.is_pending
        while queues.is_pending:
            await clock.advance(1)

        assert inbox.accepted == [message(1).key]


async def test_draining_ends_what_is_under_way_and_begins_nothing_new() -> None:
    """After the signal to stop, new messages are stored for the next process."""
    first, second = message(1), message(2, person=2)
    inbox, handled = FakeInbox(), Handled(gates={first.key: asyncio.Event()})
    async with working(inbox, handled) as queues:
        queues.receive(first)
        while not handled.seen:
            await asyncio.sleep(0)
        draining = asyncio.create_task(queues.drain())
        await asyncio.sleep(0)
        queues.receive(second)
        handled.gates[first.key].set()
        await draining
        while queues.is_pending:
            await asyncio.sleep(0)

    assert inbox.accepted == [first.key, second.key]
    assert [key for key, _ in handled.seen] == [first.key]


async def test_a_crowd_whose_answers_would_wait_is_handled_before_a_stop() -> None:
    """What waits because sending is behind is not left to the next process."""
    updates = [message(1, person=number) for number in range(1, 41)]
    handled = Handled(gates={update.key: asyncio.Event() for update in updates})
    async with working(FakeInbox(), handled, is_sending_behind=True) as queues:
        for update in updates:
            queues.receive(update)
        await turns()
        assert len(handled.seen) < len(updates)
        draining = asyncio.create_task(queues.drain())
        for gate in handled.gates.values():
            gate.set()
        await draining

    assert len(handled.seen) == len(updates)


async def test_a_fenced_process_stops() -> None:
    """When another process has taken the account over, the queues end with that error."""
    inbox, handled, clock = FakeInbox(refusals=[AlreadyRunning()]), Handled(), ManualClock(NOW)
    queues = InboxWorker(
        inbox,
        clock,
        handled,
        handle=handled.handle,
        give_up=handled.give_up,
        unstorable=handled.unstorable,
        on_commit=handled.left.append,
    )
    queues.receive(message(1))
    ended = await asyncio.gather(queues.run(), return_exceptions=True)

    assert isinstance(ended[0], BaseExceptionGroup | AlreadyRunning)


async def test_crossed_answers_of_the_store_do_not_hide_a_person() -> None:
    """An update accepted behind one that ended meanwhile is handled with the newest state."""
    inbox, handled = FakeInbox(answers=[Accepted(True, person_state=None)]), Handled()
    async with working(inbox, handled) as queues:
        queues.receive(message(1, person=7))
        await queues.idle()

    assert handled.standings == [PersonState(profile=Profile(language="of 7"))]


async def test_what_was_in_work_comes_after_the_others_of_the_start() -> None:
    """Updates that may have ended the process are handled last, one at a time."""
    plain, first, second = (message(1, person=n) for n in (3, 1, 2))
    left = [
        UnfinishedUpdate(update, PersonState(), update is not plain)
        for update in (first, second, plain)
    ]
    inbox = FakeInbox(left=left)
    handled = Handled(gates={update.key: asyncio.Event() for update in (plain, first)})
    async with working(inbox, handled) as queues:
        await turns()
        assert handled.seen == [(plain.key, True)]
        handled.gates[plain.key].set()
        await turns()
        assert handled.seen == [(plain.key, True), (first.key, True)]
        handled.gates[first.key].set()
        await queues.idle()

    assert inbox.committed == [plain.key, first.key, second.key]


async def test_a_slow_suspect_does_not_hold_up_the_next_for_long() -> None:
    """After five seconds the next one is handled too, and new messages are all the time."""
    slow, next_one, new = (message(1, person=n) for n in (1, 2, 3))
    inbox = FakeInbox(
        left=[UnfinishedUpdate(update, PersonState(), begun=True) for update in (slow, next_one)]
    )
    handled, clock = Handled(gates={slow.key: asyncio.Event()}), ManualClock(NOW)
    async with working(inbox, handled, clock) as queues:
        queues.receive(new)
        await turns()
        assert inbox.committed == [new.key]
        await clock.advance(5)
        await turns()
        assert inbox.committed == [new.key, next_one.key]
        handled.gates[slow.key].set()
        await queues.idle()


async def test_the_third_start_with_an_update_gives_it_up() -> None:
    """It is ended unhandled; the person's next one is handled as ever."""
    poison, after = message(1), message(2)
    left = [
        UnfinishedUpdate(poison, PersonState(), begun=True),
        UnfinishedUpdate(after, PersonState()),
    ]
    inbox, handled = FakeInbox(left=left, starts={poison.key: 2}), Handled()
    async with working(inbox, handled) as queues:
        await queues.idle()

    assert handled.given_up == [poison.key]
    assert handled.seen == [(after.key, False)]
    assert inbox.committed == [poison.key, after.key]


async def test_what_cannot_be_stored_is_replaced_once() -> None:
    """The queue goes on: one person's odd reply must not end the process for all."""
    handled = Handled()
    inbox = FakeInbox(unstorable=[TypeError("object cannot be stored")])
    async with working(inbox, handled) as queues:
        queues.receive(message(1))
        queues.receive(message(2))
        await queues.idle()

    assert handled.notices == [f"unstorable {message(1).key}: object cannot be stored"]
    assert inbox.committed == [message(1).key, message(2).key]
