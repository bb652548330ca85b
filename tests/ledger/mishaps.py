"""What befalls a ledger beside payments: operators' acts, a Redis that loses all, another's hand.

One kind in a schedule, so that what must come out is known. An operator looks after it at the end,
by what the ledger tells and not by what it holds: whoever is held for a number that nobody can
explain is fixed, who is told to lack reads gets them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sapp_bot.errors import SappBotError
from sapp_bot.ledger.books.book import Book
from sapp_bot.ledger.errors import NotForSale, NothingToAdopt
from sapp_bot.ledger.values import HoldReason, LedgerMode
from sapp_bot.store.ledger.backup import BadBackup, restore, write_backup
from tests.ledger.seeded_loop import LoopClock

if TYPE_CHECKING:
    from tests.ledger.schedules import World

T = TypeVar("T")

Act = Callable[[Any], Awaitable[T]]
"""What an operator does with a process's ledger."""

ACCOUNT = 123

BY_HAND = (700_000, 600_000, 700_000)
"""Numbers that somebody sets at the API, one after the other: one of them twice."""

TRIES = 1000

LATE = 6
"""Number of a payment that comes after all others."""


class _Unconfirmed(Exception):
    """An operator heard neither a yes nor a no."""


class Mishaps:
    """Plays one kind of mishap.

    Attributes:
        kind: Which one: "", "grants", "hand", "restore", "older" or "adopt".
        given: By client, reads given beside payments that must be there at the end.
        most: By client, reads that were ever given, or set.
        taken: By client, reads that operators took.
        unsure: By client, reads that an operator may have given: Redis was lost meanwhile.
    """

    def __init__(self, world: World, *, quiet: bool = False) -> None:
        self.world = world
        self.given: dict[int, int] = {}
        self.most: dict[int, int] = {}
        self.taken: dict[int, int] = {}
        self.unsure: dict[int, int] = {}
        self._backup: list[str] = []
        self._losses = 0
        self._changes: dict[int, set[int]] = {}
        if quiet:
            self.kind = ""
            return
        draw = world.random.random()
        kinds = (("restore", 0.1), ("older", 0.15), ("adopt", 0.25), ("hand", 0.33))
        named = next((kind for kind, below in kinds if draw < below), "")
        self.kind = named or ("grants" if draw < 0.6 else "")

    def plan(self) -> list[Awaitable[None]]:
        """Return what happens while it storms."""
        draw = self.world.random
        match self.kind:
            case "restore" | "older" | "adopt":
                loses_at_s = draw.uniform(10, 45)
                gift = self._give(draw.uniform(1, 45), draw.choice((3, 5000)), "g")
                keeps_at_s = draw.uniform(0, loses_at_s)
                return [gift, self._keep_backup(keeps_at_s), self._lose(loses_at_s)]
            case "hand":
                return [self._meddle(draw.uniform(5, 30))]
            case "grants":
                if draw.random() < 0.5:
                    return [self._take_refund_and_sell(draw.uniform(10, 20))]
                sizes = [draw.choice((3, -4, -600, 400)) for _ in range(draw.randrange(1, 4))]
                return [self._give(draw.uniform(1, 60), n, f"g{at}") for at, n in enumerate(sizes)]
            case _:
                return []

    @property
    def may_forget_gifts(self) -> bool:
        """Whether gifts can be lost with Redis."""
        return self.kind in {"restore", "older", "adopt"}

    def changes(self, client: int) -> set[int]:
        """Return by how much operators may have changed what a client has beside payments."""
        return {0} | self._changes.get(client, set())

    def _may_change(self, client: int, reads: int) -> None:
        before = self.changes(client)
        self._changes[client] = before | {change + reads for change in before}

    async def _until_done(self, act: Act[T]) -> T | None:
        """Have an operator repeat an act until it is confirmed or refused; None if refused.

        Who hears meanwhile that Redis has lost all repeats nothing, and who has tried too often
        gives up: it may have been done.

        Raises:
            _Unconfirmed: nobody can say whether it was.

        """
        lost = self._losses
        for _ in range(TRIES):
            if self._losses > lost:
                break
            life = self.world.alive()
            if life is not None:
                try:
                    return cast("T", await life.finish(act(life.subject)))
                except (NotForSale, NothingToAdopt):
                    return None
                except (SappBotError, RuntimeError, asyncio.CancelledError):
                    pass
            await asyncio.sleep(1)
        raise _Unconfirmed

    async def _give(self, at_s: float, reads: int, key: str) -> None:
        await asyncio.sleep(at_s)
        self.most[1] = self.most.get(1, 0) + max(0, reads)
        self._may_change(1, reads)
        try:
            done = await self._until_done(lambda one: one.operator.gift(1, reads, key=key))
        except _Unconfirmed:
            self.unsure[1] = self.unsure.get(1, 0) + reads
            return
        if done is not None:
            self.given[1] = self.given.get(1, 0) + reads
            self.taken[1] = self.taken.get(1, 0) + max(0, -reads)
            self.world.took(1)

    async def _take_refund_and_sell(self, at_s: float) -> None:
        """Take most reads, return the Stars of all that was paid, and have a person pay again."""
        await self._give(at_s, -600, "t")
        for charge in self.world.paid_for(1):
            await self.world.refund(0, charge)
        await self.world.pay(20, LATE, 1)

    # Redis

    async def _keep_backup(self, at_s: float) -> None:
        await asyncio.sleep(at_s)
        for _ in range(TRIES):
            lines = write_backup(cast("Any", self.world.store), ACCOUNT, LoopClock().now())
            try:
                self._backup = [line async for line in lines]
            except SappBotError:
                await asyncio.sleep(0.1)
            else:
                return

    async def _lose(self, at_s: float) -> None:
        await asyncio.sleep(at_s)
        world = self.world
        while not self._backup:
            await asyncio.sleep(1)  # the store was away when it was taken
        if self.kind != "older":
            self._losses += 1
            world.store.wipe()
            await world.weather.wait(20.0)
        if self.kind != "adopt":
            await self._restore()
            return
        while not world.store.stands.endswith(" whole"):
            await asyncio.sleep(1)
            life = world.alive()
            if life is not None and life.subject.mode is LedgerMode.LOST:
                with suppress(_Unconfirmed):
                    await self._until_done(lambda one: one.operator.adopt())

    async def _restore(self) -> None:
        for _ in range(TRIES):
            try:
                await restore(cast("Any", self.world.store), ACCOUNT, self._backup)
            except BadBackup:
                return  # nobody had paid: the bot has begun another ledger by itself
            except SappBotError:
                await asyncio.sleep(0.1)
            else:
                return

    # Somebody sets a number at the API

    async def _meddle(self, at_s: float) -> None:
        await asyncio.sleep(at_s)
        for number, available in enumerate(BY_HAND):
            await asyncio.sleep(self.world.random.uniform(0, 5))
            if "base" not in self.world.store.maps.get("client:1", {}):
                return  # nothing was paid yet: it is only what the client begins with
            self.most[1] = max(BY_HAND)
            self.world.api.set_by_hand(1, available)
            await asyncio.sleep(self.world.random.uniform(0, 5))
            with suppress(_Unconfirmed):
                await self._keep(available, f"hand{number}")

    async def _keep(self, available: int, key: str) -> None:
        """Have an operator keep a number that stands at the API."""
        about = await self._until_done(lambda one: one.operator.difference(1))
        if about is None or about.found != available:
            return  # undone by a metered call already, or nothing was ever paid
        change = about.kept - about.wanted
        self._may_change(1, change)
        fixed = await self._until_done(self._keeps(available, key))
        if fixed is not None:
            self.given[1] = self.given.get(1, 0) + change
            self.world.took(1)

    @staticmethod
    def _keeps(available: int, key: str) -> Act[Any]:
        return lambda one: one.operator.fix(1, keep=True, seen=available, key=key)

    # An operator, at the end

    async def look_after(self) -> None:
        """Have an operator act on what the ledger tells of."""
        for _ in range(20):
            await asyncio.sleep(60)
            life = self.world.alive()
            if life is None or life.subject.mode is not LedgerMode.OPEN:
                continue
            for view in await life.subject.operator.lacking():
                with suppress(NotForSale):
                    await life.subject.operator.give_lacking(view.payment.charge)
            for client, hold in list(life.subject.operator.holds.items()):
                if hold.reason is HoldReason.DRIFT:
                    await self._decide(life.subject, client)

    async def _decide(self, subject: Any, client: int) -> None:
        """Decide as somebody who knows what the client should have."""
        about = await subject.operator.difference(client)
        book = Book(client, self.world.store.maps.get(f"client:{client}", {}))
        leaving = [charge.charge for charge in book.charges if charge.is_refund_open]
        least, most = self.world.bounds(client, leaving=leaving)
        if about.found == about.wanted or about.heals:
            return
        if least <= about.kept <= most:
            await subject.operator.fix(client, keep=True)
        elif least <= about.kept + about.returned <= most:
            await subject.operator.fix(client, keep=True, adds_returned=True)
        elif least <= about.wanted <= most:
            await subject.operator.fix(client, keep=False)
        else:
            await subject.operator.fix(client, keep=True)
            reads = least - about.kept
            await subject.operator.gift(client, reads, key=f"put right {about.found}")
