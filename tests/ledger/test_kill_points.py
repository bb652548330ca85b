"""Each step on a payment's way and back, and what can end it: a crash, an error, a hang."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from sapp_bot.errors import SappBotError, StoreAway
from sapp_bot.ledger.books.book import Book
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.values import LedgerMode, PaymentState
from tests.ledger.kit import ANN, Ear, query
from tests.ledger.memory_store import MemoryStore
from tests.ledger.outside import RacyApi, StarsList, Weather
from tests.ledger.processes import Life, Tether
from tests.ledger.seeded_loop import LoopClock, run_seeded
from tests.ledger.subjects import SIGNER, Outside, make_ledger

HANGS_S = 30.0


@dataclass(frozen=True, slots=True)
class Point:
    """A moment: before or after the nth call whose name and words fit."""

    name: str
    call: str
    word: str = ""
    is_after: bool = False
    nth: int = 1
    refunds: bool = False


POINTS = (
    Point("after_precheckout", "lock", is_after=True),
    Point("before_inbox", "add_all", "in:"),
    Point("after_grant", "add_all", "in:", is_after=True),
    Point("before_base", "add_all", "base"),
    Point("after_base", "add_all", "base", is_after=True),
    Point("after_hist", "add", "wrote:", is_after=True, refunds=True),
    Point("put_sent", "set_reads"),
    Point("put_committed_no_reply", "set_reads", is_after=True),
    Point("before_verify", "reads", nth=3),
    Point("before_notify", "tell"),
    Point("notified_not_noted", "add", "told:added"),
    Point("after_revoke", "add", "revoke:", is_after=True, refunds=True),
    Point("refund_sent", "refund", refunds=True),
    Point("refund_done_no_reply", "refund", is_after=True, refunds=True),
    Point("refund_not_noted", "add", "out:", refunds=True),
)


class Trap:
    """Strikes once, at its point, however many processes come by."""

    def __init__(self, point: Point, kind: str) -> None:
        self.point = point
        self.kind = kind
        self.seen = 0
        self.has_struck = False
        self.crash: Callable[[], None] = lambda: None

    async def pass_by(self, call: str, args: tuple[Any, ...], *, is_after: bool) -> None:
        """Let a call pass, or strike."""
        fits = call == self.point.call and any(
            word.startswith(self.point.word) for word in (*_words(args), "")
        )
        if self.has_struck or not fits or is_after is not self.point.is_after:
            return
        self.seen += 1
        if self.seen < self.point.nth:
            return
        self.has_struck = True
        if self.kind == "crash":
            self.crash()
            await asyncio.sleep(0)
        elif self.kind == "exception":
            raise RuntimeError(f"struck at {self.point.name}")
        else:
            await asyncio.sleep(HANGS_S)
            raise StoreAway("no answer in time")


def _words(args: tuple[Any, ...]) -> Iterator[str]:
    for arg in args:
        if isinstance(arg, list):
            yield from (entry.field for entry in arg)
        else:
            yield str(arg)


class Trapped:
    """An object outside with the trap around its calls."""

    def __init__(self, target: Any, trap: Trap) -> None:
        self._target = target
        self._trap = trap

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return a call with the trap before and after it."""
        call = getattr(self._target, name)

        async def reach(*args: Any, **named: Any) -> Any:
            await self._trap.pass_by(name, args, is_after=False)
            result = await call(*args, **named)
            await self._trap.pass_by(name, args, is_after=True)
            return result

        return reach


class Supervised:
    """A ledger that is started again one second after it was killed."""

    def __init__(self, trap: Trap) -> None:
        weather = Weather(Random(1))  # noqa: S311  # the same each time
        self.api, self.stars, self.store = (
            RacyApi(weather),
            StarsList(weather),
            MemoryStore(weather),
        )
        self.ear = Ear()
        self.api.make(1, 10)
        self._trap = trap
        self.starts = 0
        trap.crash = self._crash
        self.start()

    def start(self) -> None:
        """Start a process."""
        self.starts += 1
        life = self.life = Life()

        def bound(target: Any) -> Any:
            return Tether(Trapped(target, self._trap), life)

        self.ledger: Ledger = make_ledger(
            Outside(
                bound(self.store),
                bound(self.api),
                bound(self.stars),
                LoopClock(),
                bound(self.ear),
            )
        )
        life.start(self.ledger.run())

    async def do(self, work: Callable[[Ledger], Awaitable[Any]]) -> Any:
        """Do something in the process; None when the process or the call does not survive it."""
        task = asyncio.ensure_future(work(self.ledger))
        self.life.tasks.add(task)
        await asyncio.wait({task})
        with suppress(SappBotError, RuntimeError, asyncio.CancelledError):
            return task.result()
        return None

    async def is_open(self) -> None:
        """Wait until the process that lives now has opened."""
        while self.ledger.mode is not LedgerMode.OPEN or not self.life.is_alive:
            await asyncio.sleep(0.1)

    def _crash(self) -> None:
        self.life.kill()
        asyncio.get_running_loop().call_later(1, self.start)


async def _scene(trap: Trap) -> Supervised:
    """Order, check out, pay, hear of it, perhaps ask for the Stars back."""
    shop = Supervised(trap)
    await shop.is_open()
    order = await shop.ledger.order(user=ANN, client=1, reads=1024, stars=50)
    asked = query(order)
    await shop.do(lambda ledger: ledger.decide(asked))
    # Telegram has the answer or not; in the worse case the money is taken.
    row = shop.stars.pay("ch1", 50, write_payload(order.payload, SIGNER), ANN, LoopClock().now())
    await shop.do(lambda ledger: ledger.receive(row))
    await asyncio.sleep(400)
    if trap.point.refunds:
        await shop.is_open()
        await shop.do(lambda ledger: ledger.operator.refund("ch1"))
    await asyncio.sleep(1300)
    shop.life.kill()
    await asyncio.sleep(1)
    return shop


@pytest.mark.parametrize("kind", ["crash", "exception", "hang"])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_every_point_ends_exact(point: Point, kind: str) -> None:
    """Whatever strikes wherever: the reads are there once, or the Stars are back once."""
    trap = Trap(point, kind)
    shop = run_seeded(Random(1), _scene(trap))  # noqa: S311  # the same each time

    assert trap.has_struck
    assert shop.starts == (2 if kind == "crash" else 1)
    charge = Book(1, shop.store.maps["client:1"]).charge("ch1")
    assert charge is not None
    expected = PaymentState.REFUNDED if point.refunds else PaymentState.SETTLED
    assert charge.state is expected
    assert shop.api.rows[1].available == (10 if point.refunds else 1034)
    assert shop.api.highest[1] == 1034
    assert len(shop.stars.rows) == (2 if point.refunds else 1)
    told = shop.ear.kinds()
    assert 1 <= told.count("ReadsAdded") <= 2
