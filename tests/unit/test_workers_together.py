"""What several workers do once between them: locks, folders, and what an operator has said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from sapp_bot.errors import StoreAway
from sapp_bot.roles.worker.followed import FollowedSwitches
from sapp_bot.roles.worker.own_folder import own_folder
from sapp_bot.roles.worker.shared_locks import LEADER, Leadership, TimerTurns
from sapp_bot.testing import ManualClock


@dataclass
class PlayedLocks:
    """Locks in memory that end only when they are given back, or when a test ends them."""

    held: dict[str, str] = field(default_factory=dict)
    is_away: bool = False

    async def acquire(self, name: str, token: str, *, ttl_s: int) -> bool:
        """Take or renew one."""
        assert ttl_s > 0
        if self.is_away:
            raise StoreAway
        return self.held.setdefault(name, token) == token

    async def release(self, name: str, token: str) -> None:
        """Give one back."""
        if self.held.get(name) == token:
            del self.held[name]


async def settle() -> None:
    """Let all go on that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_two_runs_of_a_timer_never_overlap() -> None:
    """Neither in one worker nor in two; other timers do not wait."""
    locks, clock = PlayedLocks(), ManualClock()
    workers = [TimerTurns(locks, clock), TimerTurns(locks, clock)]
    at_work: list[int] = []
    go_on = [asyncio.Event() for _ in range(3)]

    async def run(number: int, timer: str) -> None:
        async with workers[number % 2][timer]:
            at_work.append(number)
            await go_on[number].wait()
            at_work.remove(number)

    runs = [asyncio.create_task(run(number, "rates.look")) for number in range(3)]
    for _ in runs:
        await settle()
        assert len(at_work) == 1
        go_on[at_work[0]].set()
        await settle()
        await clock.advance(1, settle)
    await asyncio.gather(*runs)

    async with workers[0]["rates.look"], workers[1]["other.timer"]:
        assert len(locks.held) == 2


async def test_one_worker_leads_until_it_cannot_say_so_any_more() -> None:
    """Then another one does, and what the first did for all has ended."""
    locks, clock, leading = PlayedLocks(), ManualClock(), []
    leaders = [Leadership(locks, clock), Leadership(locks, clock)]

    async def lead(number: int) -> None:
        leading.append(number)
        try:
            await asyncio.Event().wait()
        finally:
            leading.remove(number)

    async def first() -> None:
        await lead(0)

    async def second() -> None:
        await lead(1)

    running = [
        asyncio.create_task(leader.run(work))
        for leader, work in zip(leaders, (first, second), strict=True)
    ]
    await settle()
    assert leading == [0]

    running[0].cancel()
    await asyncio.wait({running[0]})
    assert leading == []
    assert LEADER not in locks.held
    await clock.advance(4, settle)
    assert leading == [1]
    assert [leader.is_leading for leader in leaders] == [False, True]
    running[1].cancel()
    await asyncio.wait({running[1]})


def test_each_worker_has_a_folder_of_its_own_and_finds_it_again(tmp_path: Path) -> None:
    """The first that nobody has: what it has noted there is for its successor."""
    with own_folder(tmp_path) as first, own_folder(tmp_path) as second:
        assert first != second
    with own_folder(tmp_path) as again:
        assert again == first


@dataclass
class PlayedSwitches:
    """Switches in memory, and what was written."""

    switched_off: frozenset[str] = frozenset()
    written: list[tuple[str, bool]] = field(default_factory=list)

    async def off(self) -> frozenset[str]:
        """Return which plugins are off."""
        return self.switched_off

    async def set_enabled(self, plugin: str, *, on: bool) -> None:
        """Switch one."""
        self.written.append((plugin, on))


async def test_who_follows_a_wish_does_not_wish_it_anew() -> None:
    """It would be newer than what the operator says next."""
    kept = PlayedSwitches(frozenset({"rates"}))
    switches = FollowedSwitches(kept)
    await switches.off()

    await switches.set_enabled("rates", on=False)
    await switches.set_enabled("start", on=True)
    assert kept.written == []

    await switches.set_enabled("rates", on=True)
    await switches.set_enabled("start", on=False)
    assert kept.written == [("rates", True), ("start", False)]
