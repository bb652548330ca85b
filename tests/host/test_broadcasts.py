"""News go to each person once, over crashes and flood waits, and never before an answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest

from sapp_bot.domain.ports import StorageWrite, StoredValue
from sapp_bot.domain.replies import Reply
from sapp_bot.domain.text import Rich, bold
from sapp_bot.errors import ChatPaused, StoreAway, TelegramAway, Undeliverable, UserError
from sapp_bot.host.operators.broadcasts import UNDER_WAY, Broadcasts
from sapp_bot.i18n import core_languages
from sapp_bot.testing import ManualClock

PEOPLE = [(person, "ru" if person % 3 == 0 else "") for person in range(1, 41)]
TEXTS = {"": bold("Hello"), "ru": Rich("Привет")}


class QuickClock(ManualClock):
    """A clock whose sleepers wake at once, at the time they asked for."""

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        await self.advance(seconds)


class Storage:
    """Plugin storage in memory; `refusals` are raised by the next writes."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str | int], StoredValue] = {}
        self.refusals: list[Exception] = []

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Return a value."""
        return self.values.get((collection, key))

    async def others(self, collection: str, key: str | int) -> int:
        """Count."""
        return sum(place[0] == collection and place[1] != key for place in self.values)

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Make all changes, after a moment in which a process can die."""
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        for write in writes:
            assert write.kept is not None
            self.values[write.collection, write.key] = write.kept

    async def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Iterate over the values."""
        for place, kept in list(self.values.items()):
            if place[0] == collection:
                yield kept


class Killed(Exception):
    """The end of a process."""


class Telegram:
    """Telegram: drops what comes under a known random id, and refuses as it is told to."""

    def __init__(self) -> None:
        self.arrived: dict[int, Counter[str]] = {}
        self.calls: list[int] = []
        self.times: list[float] = []
        self.refusals: dict[int, list[Exception]] = {}
        self.dies_at = -1
        self._seen: set[int] = set()
        self.clock = QuickClock()

    async def deliver(
        self, reply: Reply, random_id: int, _content: bytes | None = None
    ) -> int | None:
        """Take a copy."""
        self.calls.append(reply.chat_id)
        self.times.append(self.clock.now().timestamp())
        if (waiting := self.refusals.get(reply.chat_id)) and (error := waiting.pop(0)):
            raise error
        if random_id not in self._seen:
            self._seen.add(random_id)
            text = getattr(reply, "text", Rich()).plain.split("\n")[0]
            self.arrived.setdefault(reply.chat_id, Counter())[text] += 1
        if len(self.calls) == self.dies_at:
            raise Killed  # after it arrived, before that is known here
        await asyncio.sleep(0)
        return 1


class World:
    """What outlives a process."""

    def __init__(self) -> None:
        self.storage, self.telegram = Storage(), Telegram()
        self.is_answering = False

    def process(self) -> Broadcasts:
        """Start over."""
        telegram = self.telegram
        return Broadcasts(
            self.storage,
            telegram,  # type: ignore[arg-type]  # it only delivers
            telegram.clock,
            core_languages(),
            lambda: self.is_answering,
        )

    async def works(self, news: Broadcasts) -> None:
        """Let a process work until nothing is left to do, or it dies."""
        working = asyncio.create_task(news.run())
        for _ in range(10_000):
            await asyncio.sleep(0)
            if working.done() or (news.status is not None and news.status.state != "sending"):
                break
        working.cancel()
        with suppress(asyncio.CancelledError, ExceptionGroup):
            await working


async def begun(world: World) -> Broadcasts:
    """Begin a broadcast."""
    news = world.process()
    await news.begin("p:1", 7, TEXTS, PEOPLE)
    return news


def copies(world: World) -> list[int]:
    """Return how many copies each person got."""
    return [sum(world.telegram.arrived.get(person, Counter()).values()) for person, _ in PEOPLE]


async def test_everybody_gets_one_copy_in_their_language() -> None:
    """The Russian text to those who speak it, the other one to all others."""
    world = World()
    news = await begun(world)
    await world.works(news)

    assert copies(world) == [1] * len(PEOPLE)
    assert world.telegram.arrived[3] == Counter({"Привет": 1})
    assert world.telegram.arrived[4] == Counter({"Hello": 1})
    assert news.status is not None
    assert (news.status.state, news.status.sent, news.status.left) == ("done", 40, 0)


@pytest.mark.parametrize("dies_at", range(1, 41, 3))
async def test_a_crash_neither_repeats_nor_leaves_out(dies_at: int) -> None:
    """Wherever the process dies, the next one goes on; the counts come out right, too."""
    world = World()
    world.telegram.dies_at = dies_at
    news = await begun(world)
    await world.works(news)
    assert sum(copies(world)) < len(PEOPLE) or dies_at > len(PEOPLE) - UNDER_WAY
    news = world.process()
    await world.works(news)

    assert copies(world) == [1] * len(PEOPLE)
    assert news.status is not None
    assert (news.status.state, news.status.sent) == ("done", 40)


async def test_a_flood_wait_holds_up_all_copies_once() -> None:
    """One pause for all, then the refused one goes again; nobody is asked meanwhile."""
    world = World()
    world.telegram.refusals[10] = [ChatPaused(30)]
    await world.works(await begun(world))

    times = world.telegram.times
    gaps = [after - before for before, after in pairwise(times)]
    assert copies(world) == [1] * len(PEOPLE)
    assert max(gaps) >= 29
    assert len([gap for gap in gaps if gap > 1]) == 1


async def test_it_keeps_to_the_rate() -> None:
    """25 copies in a second, from the first one on."""
    world = World()
    await world.works(await begun(world))

    times = world.telegram.times
    within = [sum(at <= other < at + 1 for other in times) for at in times]
    assert max(within) <= 26  # the ends of a second both count


async def test_those_who_left_are_counted_and_those_who_refuse_a_form_get_plain_text() -> None:
    """Who blocked the bot is skipped; a refused formatting is left out."""
    world = World()
    world.telegram.refusals = {
        2: [Undeliverable("blocked")],
        4: [Undeliverable("entities", for_its_form=True)],
        5: [Undeliverable("x", for_its_form=True), Undeliverable("x", for_its_form=True)],
        6: [TelegramAway("away"), TelegramAway("away")],
    }
    news = await begun(world)
    await world.works(news)

    status = news.status
    assert status is not None
    assert (status.sent, status.unreachable, status.refused) == (38, 1, 1)
    assert [n for n, got in enumerate(copies(world), 1) if not got] == [2, 5]


async def test_a_cancelled_one_stays_so() -> None:
    """Nothing more is sent, not by the next process either, and the next one can begin."""
    world = World()
    news = await begun(world)
    with pytest.raises(UserError) as refused:
        await news.begin("p:2", 7, TEXTS, PEOPLE)
    assert "being sent" in str(refused.value.reply)
    status = await news.cancel()
    assert status is not None
    assert status.state == "cancelled"
    again = world.process()
    await world.works(again)

    assert copies(world) == [0] * len(PEOPLE)
    await again.begin("p:3", 7, TEXTS, PEOPLE)


async def test_a_press_that_is_handled_again_begins_nothing_new() -> None:
    """The same name is the same broadcast, while it is sent and afterwards."""
    world = World()
    news = await begun(world)
    await news.begin("p:1", 7, TEXTS, PEOPLE)
    await world.works(news)
    await news.begin("p:1", 7, TEXTS, PEOPLE)
    await world.works(news)

    assert copies(world) == [1] * len(PEOPLE)


async def test_answers_go_first_and_cannot_stop_it() -> None:
    """While answers are sent a copy waits, a second at most."""
    world = World()
    world.is_answering = True
    await world.works(await begun(world))

    times = world.telegram.times
    assert times[-1] - times[0] == pytest.approx(len(PEOPLE) - 1, rel=0.1)


async def test_a_store_that_is_away_is_waited_for() -> None:
    """What came of a copy is kept before it is over; nothing is begun that could not be kept."""
    world = World()
    news = world.process()
    world.storage.refusals = [StoreAway()]
    with pytest.raises(StoreAway):
        await news.begin("p:1", 7, TEXTS, PEOPLE)
    await news.begin("p:1", 7, TEXTS, PEOPLE)
    world.storage.refusals = [StoreAway(), StoreAway()]
    await world.works(news)

    assert copies(world) == [1] * len(PEOPLE)
