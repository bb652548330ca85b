"""Schedules with zombies: processes that stand still, are replaced, and go on as if nothing was.

As `schedules.py`, but what kills there, stops here in half of all cases: another process begins
the next term, and the old one goes on seconds later, in the middle of whatever it was doing. It has
what the keeper of the ledger has among several workers: a store whose writes ask for the term, and
the question before reads are set, Stars returned and words said (`roles/worker/ledger_terms.py`).

These are exact without the fence, too, by the ledger's own design; what the fence holds off, which
no schedule here has met, is shown one by one in `tests/mutants`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from sapp_bot.errors import KeeperReplaced, SappBotError
from sapp_bot.ledger.books.repository import Books
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.roles.worker.ledger_terms import CheckedApi, CheckedListener, CheckedStars
from tests.ledger.memory_store import MemoryStore
from tests.ledger.processes import Life, Tether
from tests.ledger.schedules import Listener, World
from tests.ledger.seeded_loop import LoopClock, played
from tests.ledger.subjects import SIGNER, SMALLEST_PACK

STOOD_S = 20.0
"""How long a process stands still at most, in seconds."""

FENCED = frozenset({"add", "add_all", "put", "remove", "keep", "lock", "note", "change_epoch"})
"""Calls that write: the epoch is their first argument."""


class TermEpoch(str):
    """An epoch as the keeper of a term names it."""

    __slots__ = ("term",)
    term: int


class TermStore(MemoryStore):
    """A store that knows which term stands, and refuses the writes of the others."""

    term = 0

    async def change_epoch(self, before: str, after: str) -> str:
        """Replace the epoch."""
        self._fence(before)
        return await super().change_epoch(before, after)

    async def _pass(self, epoch: str | None = None) -> None:
        await super()._pass(epoch)
        self._fence(epoch)

    def _fence(self, epoch: str | None) -> None:
        if isinstance(epoch, TermEpoch) and epoch.term != self.term:
            raise KeeperReplaced("another term stands")


class KeptStore:
    """The store as the keeper of one term has it: `store.roles.kept_ledger.KeptLedger`."""

    def __init__(self, store: TermStore, term: int) -> None:
        self._store = store
        self._term = term

    def __getattr__(self, name: str) -> Any:
        """Return a call, which names the term if it writes."""
        call = getattr(self._store, name)
        if name not in FENCED:
            return call

        async def write(epoch: str, *args: Any) -> Any:
            named = TermEpoch(epoch)
            named.term = self._term
            return await call(named, *args)

        return write

    async def check(self) -> None:
        """See that the term stands."""
        await self._store.epoch()
        if self._store.term != self._term:
            raise KeeperReplaced("another term stands")


class StandingTether(Tether):
    """An object outside, which a process does not reach while it stands still."""

    def __init__(self, target: Any, life: Life, moves: asyncio.Event) -> None:
        super().__init__(target, life)
        self._moves = moves

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return a call whose begin and end wait until the process moves."""
        call = super().__getattr__(name)

        async def reach(*args: Any, **named: Any) -> Any:
            await self._moves.wait()
            try:
                return await call(*args, **named)
            finally:
                await self._moves.wait()

        return reach


class HauntedWorld(World):
    """One schedule; `zombies` counts the processes that went on after they were replaced.

    `spoil` returns in the API's place what a wrong design would make of it.
    """

    def __init__(self, seed: int, spoil: Callable[[Any], Any] = lambda api: api) -> None:
        super().__init__(seed)
        self._spoiled = spoil
        self.store: TermStore = TermStore(self.weather)
        self.zombies = 0
        self._moves: dict[Life, asyncio.Event] = {}

    def _restart(self) -> Life:
        self.store.term += 1
        life, moves = Life(), asyncio.Event()
        moves.set()
        self._moves[life] = moves

        def bound(target: Any) -> Any:
            return StandingTether(target, life, moves)

        store: Any = bound(KeptStore(self.store, self.store.term))
        life.subject = Ledger(
            store=store,
            api=CheckedApi(self._spoiled(bound(self.api)), store.check),
            stars=CheckedStars(bound(self.stars), store.check),
            listener=CheckedListener(bound(Listener(self)), store.check),
            signer=SIGNER,
            clock=LoopClock(),
            smallest_pack=SMALLEST_PACK,
            is_shared=True,
        )
        life.start(self._keep(life))
        self._lives.append(life)
        return life

    async def _keep(self, life: Life) -> None:
        """Keep the ledger for a term; after it, have looked at what was cut off."""
        try:
            await life.subject.run()
        except KeeperReplaced:
            books = Books(self.store, LoopClock())
            with suppress(SappBotError):
                books.believe(await self.store.epoch())
                for client in life.subject.cut_off:
                    await books.mark_dirty(client)
            life.kill()

    async def _kill(self, at_s: float) -> None:
        if self.random.random() < 0.5:
            await super()._kill(at_s)
            return
        await asyncio.sleep(at_s)
        if life := self.alive():
            self.zombies += 1
            self._moves[life].clear()
            await self.weather.wait(5.0)
            self._restart()
            await self.weather.wait(STOOD_S)
            self._moves[life].set()


def explore_haunted(seed: int, spoil: Callable[[Any], Any] = lambda api: api) -> HauntedWorld:
    """Play the schedule of a seed; the world tells what was wrong."""
    return played(HauntedWorld(seed, spoil), seed)
