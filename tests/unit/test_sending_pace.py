"""The pace of sending: bursts at once, then the rates, fair between chats; one pause for all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sapp_bot.domain.replies import Reply
from sapp_bot.errors import ChatPaused
from sapp_bot.host.pacing.sending import SendingPace, SendingRates
from sapp_bot.host.pacing.token_bucket import TokenBucket
from sapp_bot.host.pacing.turns import Turns
from sapp_bot.host.pipeline.outbox_worker import OutboxWorker
from sapp_bot.testing import ChatRoom, ManualClock
from tests.unit.test_outbox_worker import NOW, FakeOutbox, queued, shown, working

PACED = SendingRates(25)


async def turns() -> None:
    """Let the tasks go on until they wait for the clock."""
    for _ in range(60):
        await asyncio.sleep(0)


async def test_a_single_answer_leaves_at_once() -> None:
    """Also five in a row, and one to each of twenty chats."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        for number in range(5):
            delivery.send(queued(number))
        for chat in range(2, 22):
            delivery.send(queued(0, chat=chat))
        await delivery.drain()

    assert clock.now() == NOW
    assert len(outbox.done) == 25


async def test_a_chat_gets_one_a_second_after_its_burst() -> None:
    """The sixth waits a second, and nobody else meanwhile."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        for number in range(8):
            delivery.send(queued(number))
        await turns()
        delivery.send(queued(0, chat=2))
        await turns()
        counts = [(len(shown(room)), len(shown(room, 2)))]
        for _ in range(3):
            await clock.advance(1)
            await turns()
            counts.append((len(shown(room)), len(shown(room, 2))))
        await delivery.drain()

    assert counts == [(5, 1), (6, 1), (7, 1), (8, 1)]


async def test_over_all_chats_there_are_25_a_second() -> None:
    """A hundred chats with one reply each: 25 at once, then 25 in each second."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        for chat in range(100):
            delivery.send(queued(0, chat=chat))
        await turns()
        counts = [len(outbox.done)]
        for _ in range(3):
            for _ in range(100):
                await clock.advance(0.01)
                await turns()
            counts.append(len(outbox.done))

    assert counts == [25, 50, 75, 100]


async def test_chats_take_turns() -> None:
    """A chat with few replies does not wait for the many of others that came before."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    rates = SendingRates(1, chat_per_s=100, chat_burst=100)
    async with working(outbox, room, clock, rates=rates) as delivery:
        for number in range(50):
            delivery.send(queued(number))
        delivery.send(queued(0, chat=2))
        for _ in range(4):
            await turns()
            await clock.advance(1)
        await turns()

    assert shown(room, 2) == ["reply 0"]


async def passed(
    delivery: OutboxWorker, clock: ManualClock, outbox: FakeOutbox, chat: int, most_s: float
) -> float:
    """Ask in a chat and send the reply; return the seconds until it has arrived there."""
    delivery.note_asked(chat)
    delivery.send(queued(0, chat=chat))
    began = clock.now()
    while queued(0, chat=chat).id not in [key for key, _ in outbox.done]:
        await turns()
        await clock.advance(0.02)
        assert clock.now() - began < timedelta(seconds=most_s)
    return (clock.now() - began).total_seconds()


async def test_who_comes_after_a_crowd_does_not_wait_for_it() -> None:
    """A thousand chats wait for 40 s; one reply more, and the next in the same chat, leave now."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        for chat in range(10, 1_010):
            delivery.note_asked(chat)
            delivery.send(queued(0, chat=chat))
        await turns()
        await passed(delivery, clock, outbox, chat=2, most_s=0.2)
        delivery.send(queued(1, chat=2))
        await clock.advance(0.2, turns)
        assert shown(room, 2) == ["reply 0", "reply 1"]


async def waiting_crowd(delivery: OutboxWorker, size: int = 1_000) -> None:
    """Have a crowd ask and be answered, as far as there are turns for it."""
    for chat in range(10, 10 + size):
        delivery.note_asked(chat)
        delivery.send(queued(0, chat=chat))
    await turns()


async def test_sending_is_behind_while_more_chats_wait_than_get_one_in_a_second() -> None:
    """Fifty wait: for one second it is; without a limit there is no waiting that would tell."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        assert not delivery.is_behind
        await waiting_crowd(delivery, 80)
        assert delivery.is_behind
        for _ in range(20):
            await clock.advance(0.1, turns)
        assert not delivery.is_behind
    async with working(outbox, room, clock, rates=SendingRates(0)) as delivery:
        for chat in range(100):
            delivery.send(queued(0, chat=chat))
        assert not delivery.is_behind
        await delivery.drain()


async def test_newcomers_behind_a_crowd_do_not_wait_at_all() -> None:
    """Ten in a second have their turns in advance; the crowd waits for so much longer."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        await waiting_crowd(delivery)
        await clock.advance(1, turns)
        before = len(outbox.done)
        for chat in range(2_000, 2_010):
            delivery.note_asked(chat)
            delivery.send(queued(0, chat=chat))
            await turns()
            assert shown(room, chat) == ["reply 0"]
            for _ in range(10):
                await clock.advance(0.01, turns)
        assert len(outbox.done) - before == 25


async def test_more_newcomers_than_that_wait_for_each_other_alone() -> None:
    """Behind a crowd of 40 s twenty at once wait: the last one hardly, as nobody came after."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        await waiting_crowd(delivery)
        for chat in range(2_000, 2_020):
            delivery.note_asked(chat)
            delivery.send(queued(0, chat=chat))
        await turns()
        assert not shown(room, 2_019)
        await clock.advance(0.09, turns)
        assert shown(room, 2_019) == ["reply 0"]


async def test_turns_in_advance_come_to_no_more_than_all_turns() -> None:
    """Two newcomers with each turn, for four seconds: 25 a second, and the bursts of both."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        await waiting_crowd(delivery, 100)
        for chat in range(2_000, 2_200):
            delivery.note_asked(chat)
            delivery.send(queued(0, chat=chat))
            await turns()
            await clock.advance(0.02, turns)

    assert 25 + 100 <= len(outbox.done) <= 25 + 5 + 100
    assert sum(len(shown(room, chat)) for chat in range(10, 110)) >= 25 + 50 - 5


async def test_those_who_come_after_hold_up_nobody_for_ever() -> None:
    """However many come: who has waited longest gets every second turn."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=SendingRates(1)) as delivery:
        delivery.send(queued(0, chat=1))  # the burst
        for chat in range(2, 12):
            delivery.send(queued(0, chat=chat))
        await turns()
        for chat in range(100, 122):  # one comes with each turn
            delivery.note_asked(chat)
            delivery.send(queued(0, chat=chat))
            await turns()
            await clock.advance(1, turns)
        await turns()

    assert all(shown(room, chat) for chat in range(1, 12))


async def test_a_busy_chat_comes_before_nobody() -> None:
    """Only who has had few turns of late may be the next although others came before."""
    clock, order = ManualClock(NOW), []
    taken = Turns(TokenBucket.full(1, 1, NOW), clock)
    await taken.take(asked=1)

    async def take(name: str, *, asked: int | None) -> None:
        await taken.take(asked=asked)
        order.append(name)

    all_asked = {"busy": None, "calm": 2, "busy, last": None}
    tasks = [asyncio.create_task(take(name, asked=asked)) for name, asked in all_asked.items()]
    await turns()
    await clock.advance(3, turns)
    await asyncio.gather(*tasks)

    assert order == ["calm", "busy", "busy, last"]


async def test_the_newest_is_who_asked_last_not_whose_answer_was_ready_last() -> None:
    """A crowd's answers are made in any order; who asked after it is the next in any case."""
    outbox, room, clock = FakeOutbox(), ChatRoom(), ManualClock(NOW)
    async with working(outbox, room, clock, rates=SendingRates(1)) as delivery:
        for chat in (1, *range(10, 20), 2):
            delivery.note_asked(chat)
        delivery.send(queued(0, chat=1))  # the burst
        delivery.send(queued(0, chat=2))
        for chat in range(10, 20):
            delivery.send(queued(0, chat=chat))
        await turns()
        await clock.advance(1, turns)
        assert shown(room, 2) == ["reply 0"]


async def test_of_those_who_wait_who_asked_last_has_every_second_turn() -> None:
    """Whose answer was ready last is not the newest, and who waits longest is not forgotten."""
    clock, order = ManualClock(NOW), []
    taken = Turns(TokenBucket.full(1, 1, NOW), clock)
    for newcomer in (5, 6):  # the second one's is a turn in advance
        await taken.take(asked=newcomer)

    async def take(asked: int) -> None:
        await taken.take(asked=asked)
        order.append(asked)

    tasks = [asyncio.create_task(take(asked)) for asked in (2, 1, 4, 3)]
    await turns()
    for _ in range(5):
        await clock.advance(1, turns)
    await asyncio.gather(*tasks)

    assert order == [2, 4, 1, 3]


async def test_those_who_gave_up_are_passed_over() -> None:
    """However many there were: the next turns are for who still waits."""
    clock = ManualClock(NOW)
    taken = Turns(TokenBucket.full(1, 1, NOW), clock)
    await taken.take(asked=0)
    old = asyncio.create_task(taken.take(asked=None))
    others = {asyncio.create_task(taken.take(asked=number)) for number in range(1, 2_500)}
    await asyncio.sleep(0)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    last = asyncio.create_task(taken.take(asked=9_999))
    await asyncio.sleep(0)
    await clock.advance(3, turns)
    assert old.done()
    assert last.done()


async def test_a_reply_that_is_given_up_takes_no_turn() -> None:
    """Its task ends while it waits; the next ones leave at the same time as without it."""
    clock = ManualClock(NOW)
    pace = SendingPace(SendingRates(1), clock)
    await pace.pass_one(1)
    given_up, next_one = (asyncio.create_task(pace.pass_one(chat)) for chat in (2, 3))
    await turns()
    given_up.cancel()
    await clock.advance(1, turns)
    await turns()

    assert given_up.cancelled()
    assert next_one.done()


class StrictRoom(ChatRoom):
    """A Telegram that asks some chats to wait, once."""

    def __init__(self, **waits_s: float) -> None:
        super().__init__()
        self.waits_s = {int(name.removeprefix("chat")): wait_s for name, wait_s in waits_s.items()}

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Ask to wait, or show."""
        wait_s = self.waits_s.pop(reply.chat_id, None)
        if wait_s is not None:
            raise ChatPaused(wait_s)
        return await super().deliver(reply, random_id, content)


async def test_a_chat_that_must_wait_waits_alone() -> None:
    """One chat's pause says nothing of the others."""
    outbox, room, clock = FakeOutbox(), StrictRoom(chat1=5), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        for chat in (1, 2):
            delivery.send(queued(0, chat=chat))
        await turns()

        assert [key for key, _ in outbox.done] == [queued(0, chat=2).id]


async def test_two_chats_that_must_wait_hold_up_all() -> None:
    """Telegram then means the account: nothing leaves before the longer pause is over."""
    outbox, room, clock = FakeOutbox(), StrictRoom(chat1=5, chat2=8), ManualClock(NOW)
    async with working(outbox, room, clock, rates=PACED) as delivery:
        for chat in (1, 2):
            delivery.send(queued(0, chat=chat))
        await turns()
        delivery.send(queued(0, chat=3))
        await clock.advance(7.9)
        await turns()
        assert outbox.done == []
        await clock.advance(0.2)
        await delivery.drain()

    assert len(outbox.done) == 3


async def test_chats_without_a_burst_are_forgotten() -> None:
    """What is known of the pace does not grow with every chat that ever got a message."""
    clock = ManualClock(NOW)
    pace = SendingPace(PACED, clock)
    for chat in range(3_000):
        await pace.pass_one(chat)
        await clock.advance(0.1)

    assert len(pace._chats) <= 1_001
