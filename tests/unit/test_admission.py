"""How much work is under way at once: a few dozen, and more while the processor has time."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.host.pacing.admission import LOOK_EVERY_S, STUCK_S, Admission


class Processor:
    """The time that passes, and the time that the thread was on the processor, in seconds."""

    def __init__(self) -> None:
        self.wall_s = self.busy_s = 0.0

    def works(self, seconds: float) -> None:
        """Let the thread be on the processor for a while."""
        self.wall_s += seconds
        self.busy_s += seconds

    def rests(self, seconds: float) -> None:
        """Let the thread wait for a while."""
        self.wall_s += seconds


class Crowd:
    """Works that begin when they are let in, and end when the test says so."""

    def __init__(self, most: int, few: int = 1) -> None:
        self.processor = Processor()
        self.is_sending_behind = False
        self.admission = Admission(
            most,
            few,
            is_sending_behind=lambda: self.is_sending_behind,
            wall_s=lambda: self.processor.wall_s,
            busy_s=lambda: self.processor.busy_s,
        )
        self.begun: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def comes(self, *names: str, is_calm: bool = True) -> None:
        """Let works come, one after the other."""
        for name in names:
            self.tasks[name] = asyncio.create_task(self._work(name, is_calm=is_calm))
            await asyncio.sleep(0)

    async def ends(self, count: int = 1) -> None:
        """Let some of those under way end."""
        for _ in range(count):
            self.admission.leave()
            await asyncio.sleep(0)

    async def looked(self) -> None:
        """Let the admission look at the processor, as its timer does."""
        self.admission.look()
        await asyncio.sleep(0)

    async def _work(self, name: str, *, is_calm: bool) -> None:
        if not self.admission.enter():
            await self.admission.wait(is_calm=is_calm)
        self.begun.append(name)


@pytest.fixture
async def crowd() -> Crowd:
    """Return two works under way, on a processor that was never idle."""
    crowd = Crowd(2)
    await crowd.comes("first", "second")
    crowd.processor.works(LOOK_EVERY_S)
    return crowd


async def test_the_first_ones_begin_at_once(crowd: Crowd) -> None:
    """As many as there are places."""
    assert crowd.begun == ["first", "second"]


async def test_on_a_busy_processor_one_begins_when_one_ends(crowd: Crowd) -> None:
    """Not before, and not two."""
    await crowd.comes("third", "fourth")
    await crowd.looked()
    assert crowd.begun == ["first", "second"]
    await crowd.ends()
    assert len(crowd.begun) == 3
    await crowd.ends()
    assert len(crowd.begun) == 4


async def test_places_go_by_turns_to_the_newest_and_to_the_oldest(crowd: Crowd) -> None:
    """Who comes after a crowd does not wait for it, and the crowd is worked on."""
    await crowd.comes(*"abcdef")
    await crowd.ends(6)
    assert crowd.begun[2:] == ["f", "a", "e", "b", "d", "c"]


async def test_who_has_more_under_way_comes_before_nobody(crowd: Crowd) -> None:
    """Of somebody who writes much the newest message is no reason to hurry."""
    await crowd.comes(*"abc")
    await crowd.comes("much", is_calm=False)
    await crowd.ends(4)
    assert crowd.begun[2:] == ["c", "a", "b", "much"]


async def test_on_an_idle_processor_all_begin(crowd: Crowd) -> None:
    """What is under way waits for the API, and holds up nobody."""
    await crowd.comes("third", "fourth", "fifth")
    crowd.processor.rests(LOOK_EVERY_S)
    await crowd.looked()
    assert len(crowd.begun) == 4
    crowd.processor.rests(2 * LOOK_EVERY_S)
    await crowd.looked()
    assert len(crowd.begun) == 5


async def test_after_an_idle_while_nobody_has_to_wait_at_all(crowd: Crowd) -> None:
    """It is seen at the moment when somebody comes."""
    crowd.processor.rests(LOOK_EVERY_S)
    await crowd.comes("third")
    assert crowd.begun == ["first", "second", "third"]


async def test_while_sending_is_behind_works_begin_one_by_one(crowd: Crowd) -> None:
    """One with each look, however idle the processor is, and none because another has ended."""
    crowd.is_sending_behind = True
    await crowd.comes("third", "fourth", "fifth")
    await crowd.ends(2)
    assert crowd.begun == ["first", "second"]
    for count in (3, 4, 5):
        crowd.processor.rests(LOOK_EVERY_S)
        await crowd.looked()
        assert len(crowd.begun) == count


async def test_who_comes_while_sending_is_behind_waits_for_few(crowd: Crowd) -> None:
    """Those who wait do not stand before them."""
    crowd.is_sending_behind = True
    await crowd.comes("third", "fourth")
    await crowd.ends(2)
    await crowd.comes("newcomer")
    assert crowd.begun[2:] == ["newcomer"]
    await crowd.comes("next one")
    assert crowd.begun[2:] == ["newcomer"]


async def test_when_sending_has_caught_up_all_places_are_taken(crowd: Crowd) -> None:
    """At the next look."""
    crowd.is_sending_behind = True
    await crowd.comes("third", "fourth")
    await crowd.ends(2)
    crowd.is_sending_behind = False
    await crowd.looked()
    assert len(crowd.begun) == 4


async def test_works_that_end_never_do_not_hold_up_the_rest(crowd: Crowd) -> None:
    """They wait for others, while something else keeps the processor busy."""
    await crowd.comes("third")
    crowd.processor.works(STUCK_S)
    await crowd.looked()
    assert crowd.begun == ["first", "second", "third"]


async def test_who_gives_up_takes_no_place(crowd: Crowd) -> None:
    """Waiting, or let in a moment ago: the next one begins."""
    await crowd.comes("third", "fourth", "fifth")
    crowd.tasks["fifth"].cancel()
    await asyncio.sleep(0)
    crowd.admission.leave()
    crowd.tasks["fourth"].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert crowd.begun == ["first", "second", "third"]


async def test_who_gives_up_at_that_very_moment_takes_no_place_either(crowd: Crowd) -> None:
    """A task that was cancelled and did not run since still stands among those who wait."""
    await crowd.comes("third", "fourth")
    crowd.tasks["fourth"].cancel()
    await crowd.ends()
    assert crowd.begun == ["first", "second", "third"]
    await crowd.comes("fifth")
    await crowd.ends()
    assert crowd.begun[-1] == "fifth"


async def test_it_looks_again_by_itself() -> None:
    """In real time, as long as anybody waits."""
    admission = Admission(1, busy_s=lambda: 0.0)
    assert admission.enter()
    admission.enter()
    await asyncio.wait_for(admission.wait(is_calm=True), 5)
