"""One schedule: persons pay, things break, and at the end everything must be exact.

I1  the API has base + gifts + what was paid and not returned; of what was returned it can have
    reads that were used by then, and nothing beyond those
I2  it never had more than base + gifts, or what somebody has set, + all that was ever paid
I3  each payment has one final state, and its Stars are where that state says
I4  what was returned counts only used reads, what cannot be delivered was returned
I5  nobody hears "done" before a GET has shown it

In a third of them Redis is lost and restored or adopted, an older copy is merged, somebody sets
numbers past the ledger, or operators give and take (`mishaps.py`): the same must come out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from random import Random
from typing import Any

from sapp_bot.errors import SappBotError
from sapp_bot.ledger.books.book import Book
from sapp_bot.ledger.books.payload import write_payload
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.notices import Notice, ReadsAdded
from sapp_bot.ledger.values import PaymentPayload, PaymentState, StarsRecord
from tests.ledger.memory_store import MemoryStore
from tests.ledger.mishaps import Mishaps
from tests.ledger.outside import RacyApi, StarsList, Weather
from tests.ledger.processes import Life, Tether
from tests.ledger.seeded_loop import LoopClock, played
from tests.ledger.subjects import SIGNER, SMALLEST_PACK, Maker, Outside, make_ledger

STORMS = ((5, 0.02), (20, 0.1), (50, 0.003), (5, 1.0))
"""Metered calls a second, and how long each takes: the rates that the contract was measured at."""

STORMY_S = 45.0
"""How long things break, in seconds."""

FINAL = {
    PaymentState.SETTLED,
    PaymentState.REFUNDED,
    PaymentState.REVERSED,
    PaymentState.REFUND_REFUSED,
    PaymentState.ADOPTED,
}

UNSURE = {PaymentState.REFUND_REFUSED, PaymentState.ADOPTED, PaymentState.LACKING}
STAYS = {PaymentState.APPLIED, PaymentState.LACKING}  # where a client that is gone may leave it

USER = 7


@dataclass(frozen=True, slots=True)
class _Paid:
    """A payment that a person made: packs are powers of two, so a sum tells which are in it."""

    charge: str
    client: int
    reads: int
    at_s: float


class Listener:
    """Hears the notices and checks I5."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def tell(self, notice: Notice) -> None:
        """Take a notice."""
        await self._world.weather.wait(0.02)
        if self._world.weather.strikes(self._world.weather.telegram):
            raise SappBotError("the person could not be told")
        self._world.told.append(notice)
        if isinstance(notice, ReadsAdded):
            payment = notice.payment
            shown = self._world.api.shown[payment.client]
            bases = self._world.bases_of(payment.client)
            if not any((value - base) & payment.reads for value in shown for base in bases):
                self._world.faults.append(f"I5 {payment.charge}: told before it was shown")


class World:
    """One schedule, drawn from a seed.

    Attributes:
        faults: What was not as it must be.
    """

    def __init__(self, seed: int, make: Maker = make_ledger, *, refunds: bool = True) -> None:
        self.random = Random(f"ledger {seed}")  # noqa: S311  # a schedule is to be played again
        self.weather = Weather(self.random)
        self.api = RacyApi(self.weather)
        self.stars = StarsList(self.weather)
        self.store = MemoryStore(self.weather)
        self.faults: list[str] = []
        self.told: list[Notice] = []
        self.kills = 0
        self._make = make
        self._refunds = refunds
        self._lives: list[Life] = []
        self._paid: list[_Paid] = []
        self._bases: dict[int, int] = {}
        self._took_at: dict[int, float] = {}
        self.mishaps = Mishaps(self, quiet=not refunds)

    def base(self, client: int) -> int:
        """Return what a client has beside payments."""
        return self._bases[client] + self.mishaps.given.get(client, 0)

    def bases_of(self, client: int) -> list[int]:
        """List what a client may have had beside payments, at one time or another."""
        return [self._bases[client] + change for change in self.mishaps.changes(client)]

    def paid_for(self, client: int) -> list[str]:
        """List the charges that were paid for a client by now."""
        return [paid.charge for paid in self._paid if paid.client == client]

    def took(self, client: int) -> None:
        """Note that an operator has just changed what a client has beside payments."""
        self._took_at[client] = LoopClock.time()

    def bounds(self, client: int, *, leaving: Collection[str] = ()) -> tuple[int, int]:
        """Return the fewest and the most reads that a client may have at the end.

        `leaving` are charges whose Stars are on their way back.

        Whoever takes reads back leaves the used ones, and owes nothing for what was taken before:
        payments made after the last taking count in full, whatever was before them.
        """
        mine = [paid for paid in self._paid if paid.client == client]
        kept = [
            paid
            for paid in mine
            if not self.stars.is_returned(paid.charge) and paid.charge not in leaving
        ]
        least = most = self.base(client) + sum(paid.reads for paid in kept)
        least -= self.mishaps.given.get(client, 0) if self.mishaps.may_forget_gifts else 0
        most += self.mishaps.unsure.get(client, 0)
        took_at = max(self.store.taken_at.get(client, 0.0), self._took_at.get(client, 0.0))
        least = max(least, sum(paid.reads for paid in kept if paid.at_s > took_at))
        if len(kept) < len(mine):
            most += self.api.most_used[client] + self.mishaps.taken.get(client, 0)
        if self.mishaps.kind == "adopt":
            # Stars that went back while Redis was lost: nobody knows whether the reads did.
            most += sum(paid.reads for paid in mine if paid not in kept)
        return least, max(least, most)

    async def play(self) -> list[str]:
        """Play it; return what was not as it must be."""
        draw = self.random
        for client in (1, 2):
            self._bases[client] = draw.choice((0, 10, 10, draw.randrange(1, 500)))
            self.api.make(client, self._bases[client])
        self._spoil()
        # The first start is at a time when nobody has paid: an empty store is a new one then.
        await self._begin()
        plan = [*self._payments(), *self._kills(), *self._storms(), *self._outages()]
        if self._refunds:
            if self.mishaps.kind != "hand":
                plan += [*self._returns(), *self._deletions()]
            plan += self.mishaps.plan()
        await asyncio.gather(*plan)
        await self._calm_down()
        await self._check()
        return self.faults

    # What happens

    def _spoil(self) -> None:
        draw = self.random
        shares = (0.0, 0.02, 0.1, 0.2)
        self.weather.api, self.weather.store = draw.choice(shares), draw.choice(shares)
        self.weather.telegram = draw.choice(shares)
        self.weather.is_hostile = draw.random() < 0.2

    async def _begin(self) -> None:
        self._restart()
        while not self.store.stands and isinstance(self._lives[-1].subject, Ledger):
            await asyncio.sleep(0.1)

    def _restart(self) -> Life:
        life = Life()

        def bound(target: Any) -> Any:
            return Tether(target, life)

        life.subject = self._make(
            Outside(
                bound(self.store),
                bound(self.api),
                bound(self.stars),
                LoopClock(),
                bound(Listener(self)),
            )
        )
        life.start(life.subject.run())
        self._lives.append(life)
        return life

    def alive(self) -> Life | None:
        """Return a process that lives, any of them; None if none does."""
        alive = [life for life in self._lives if life.is_alive]
        return self.random.choice(alive) if alive else None

    def _payments(self) -> list[Awaitable[None]]:
        draw = self.random
        return [
            self.pay(draw.uniform(0, STORMY_S), number, draw.choice((1, 1, 2)))
            for number in range(draw.randrange(3, 6))
        ]

    async def pay(self, at_s: float, number: int, client: int) -> None:
        """Have a person pay after some seconds."""
        await asyncio.sleep(at_s)
        paid = _Paid(f"ch{number}", client, SMALLEST_PACK << number, LoopClock.time())
        self._paid.append(paid)
        payload = PaymentPayload(client, paid.reads, max(0, self.base(client)), f"order{number}")
        row = self.stars.pay(
            paid.charge, 50, write_payload(payload, SIGNER), USER, LoopClock().now()
        )
        await self._send(row)

    async def _send(self, row: StarsRecord) -> None:
        """Send the update of a row: lost, once, or several times, in whatever order."""
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            await self.weather.wait(1.5)
            if life := self.alive():
                life.start(life.subject.receive(row))

    def _kills(self) -> list[Awaitable[None]]:
        draw = self.random
        times = [draw.uniform(0, STORMY_S) for _ in range(draw.choice((0, 2, 5, 10)))]
        plan: list[Awaitable[None]] = [self._kill(at_s) for at_s in times]
        if draw.random() < 0.15:
            plan.append(self._start_second(draw.uniform(0, STORMY_S)))
        return plan

    async def _kill(self, at_s: float) -> None:
        # At times right after a payment, when most is under way.
        await asyncio.sleep(at_s)
        if life := self.alive():
            self.kills += 1
            life.kill()
            await self.weather.wait(2.0)
            self._restart()

    async def _start_second(self, at_s: float) -> None:
        await asyncio.sleep(at_s)
        self._restart()

    def _storms(self) -> list[Awaitable[None]]:
        draw = self.random
        plan: list[Awaitable[None]] = []
        for client in (1, 2):
            for _ in range(draw.choice((0, 1, 1, 2))):
                rate, takes_s = draw.choice(STORMS)
                plan.append(self._storm(client, draw.uniform(0, STORMY_S), rate, takes_s))
            if draw.random() < 0.15:
                plan.append(self._hang(client, draw.uniform(0, STORMY_S)))
        return plan

    async def _storm(self, client: int, at_s: float, rate: int, takes_s: float) -> None:
        await asyncio.sleep(at_s)
        calls = []
        for _ in range(rate * 3):
            calls.append(asyncio.ensure_future(self.api.metered(client, takes_s)))
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*calls)

    async def _hang(self, client: int, at_s: float) -> None:
        """Have one metered call wait for an upstream without a time limit."""
        await asyncio.sleep(at_s)
        await self.api.metered(client, self.random.uniform(20, 200))

    def _outages(self) -> list[Awaitable[None]]:
        draw = self.random
        if draw.random() < 0.7:
            return []
        return [self._outage(draw.uniform(0, STORMY_S), draw.choice((1.0, 10.0, 90.0)))]

    async def _outage(self, at_s: float, lasts_s: float) -> None:
        await asyncio.sleep(at_s)
        self.weather.is_api_out = True
        await asyncio.sleep(lasts_s)
        self.weather.is_api_out = False

    # What only the ledger can

    def _returns(self) -> list[Awaitable[None]]:
        draw = self.random
        plan: list[Awaitable[None]] = []
        for number in range(3):
            chance = draw.random()
            if chance < 0.25:
                if draw.random() < 0.2:
                    self.stars.refuses.add(f"ch{number}")
                plan.append(self.refund(draw.uniform(5, STORMY_S + 20), f"ch{number}"))
            elif chance < 0.35:
                plan.append(self._charge_back(draw.uniform(5, STORMY_S + 20), f"ch{number}"))
        return plan

    async def refund(self, at_s: float, charge: str) -> None:
        """Ask for a refund, as a person who tries until something happens."""
        await asyncio.sleep(at_s)
        for _ in range(4):
            if life := self.alive():
                operator = self.random.random() < 0.5
                subject = life.subject
                life.start(
                    subject.operator.refund(charge)
                    if operator
                    else subject.ask_refund(charge, user=USER)
                )
            await self.weather.wait(3.0)

    async def _charge_back(self, at_s: float, charge: str) -> None:
        await asyncio.sleep(at_s)
        if any(paid.charge == charge for paid in self._paid):
            row = self.stars.take_back(charge)
            if row is not None:
                await self._send(row)

    def _deletions(self) -> list[Awaitable[None]]:
        if self.random.random() < 0.9:
            return []
        return [self._delete(self.random.uniform(0, STORMY_S))]

    async def _delete(self, at_s: float) -> None:
        await asyncio.sleep(at_s)
        self.api.delete(2)

    # The end

    async def _calm_down(self) -> None:
        """Let the storm pass; some processes are started anew, others must get there themselves."""
        await asyncio.sleep(25)  # the last zombies land
        self.weather.clear()
        self.stars.refuses &= {paid.charge for paid in self._paid}
        alive = [life for life in self._lives if life.is_alive]
        if len(alive) != 1 or self.random.random() < 0.5:
            for life in alive:
                life.kill()
            self._restart()
        if self.mishaps.kind:
            await self.mishaps.look_after()
        await asyncio.sleep(1600)
        for life in self._lives:
            life.kill()
        await asyncio.sleep(1)

    async def _check(self) -> None:
        for client, row in self.api.rows.items():
            least, most = self.bounds(client)
            if not row.is_deleted and not least <= row.available <= most:
                said = f"has {row.available}, should {least} to {most}"
                self.faults.append(f"I1 client {client}: {said} ({self.mishaps.kind})")
            ever = sum(paid.reads for paid in self._paid if paid.client == client)
            most = self._bases[client] + self.mishaps.most.get(client, 0) + ever
            if self.api.highest[client] > most:
                self.faults.append(f"I2 client {client}: {self.api.highest[client]} > {most}")
        if self._lives and isinstance(self._lives[-1].subject, Ledger):
            for paid in self._paid:
                self._check_state(paid)

    def _check_state(self, paid: _Paid) -> None:
        book = Book(paid.client, self.store.maps.get(f"client:{paid.client}", {}))
        charge = book.charge(paid.charge)
        if charge is None or not charge.is_paid:
            self.faults.append(f"I3 {paid.charge}: not booked")
            return
        state, is_returned = charge.state, self.stars.is_returned(paid.charge)
        is_gone = self.api.rows[paid.client].is_deleted
        if state not in FINAL and not (is_gone and state in STAYS):
            self.faults.append(f"I3 {paid.charge}: ends as {state.value}")
        if is_returned != (state in {PaymentState.REFUNDED, PaymentState.REVERSED}):
            self.faults.append(f"I3 {paid.charge}: {state.value}, returned: {is_returned}")
        spared = self.api.most_used[paid.client] + self.mishaps.taken.get(paid.client, 0)
        if is_returned and not is_gone and charge.counts > spared:
            self.faults.append(f"I4 {paid.charge}: returned, and counts {charge.counts}")
        is_open = is_gone and not is_returned and charge.applied_at is None
        if is_open and state not in UNSURE:
            self.faults.append(f"I4 {paid.charge}: neither delivered nor returned")


def explore(seed: int, make: Maker = make_ledger, *, refunds: bool = True) -> World:
    """Play the schedule of a seed; the world tells what was wrong."""
    return played(World(seed, make, refunds=refunds), seed)
