"""`python -m tests.ledger.sigkill`: the whole bot is killed while people pay; each gets it all.

The bot is the real process, `python -m sapp_bot run`, on a redis-server with an append-only file,
the sandbox's Telegram, and the API's stand-in, whose metered calls undo what was written meanwhile.
Several people buy through unmodified Telethon clients, some ask for their Stars, a bank takes some
back. In each round the process gets SIGKILL at a moment drawn from the seed, mostly right after
somebody has paid, and is started again. In the end each client has exactly its first reads, what
was paid for it and not returned; and everybody was told of each payment. Exit code 0 if so.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NoReturn

import structlog

from sapp_bot.sandbox.client.person import NotSeen, SimulatedUser
from sapp_bot.sandbox.sapp_api.rows import ClientRow
from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.stars import StarsRow
from tests.end_to_end.world import World
from tests.redis_server import RedisServer

PACK, STARS = 1000, 50
FIRST = 50_000
"""Reads that each client has at first: more than are used, so that packs can be returned."""

PASSWORD = "correct horse battery"
PATIENCE_S = 8.0
"""How long a person waits for an answer, before asking anew."""

CALM_S = 90.0
"""How long it may take after the last kill until all is exact."""

RECEIPT = 12
"""Characters of a charge that stand in a message."""


@dataclass(slots=True)
class Payer:
    """Somebody who buys again and again, and their client at the API."""

    person: SimulatedUser
    client: int
    world: World
    dice: Random
    found: Counter[str] = field(default_factory=Counter)

    async def shop(self, until: asyncio.Event) -> None:
        """Buy, and sometimes want the Stars back, until told to stop."""
        while not until.is_set():
            with suppress(NotSeen, LookupError):
                await self._buy()
                if self.dice.random() < 0.25:
                    await self._give_back()
                elif self.dice.random() < 0.15:
                    self._charge_back()

    async def _buy(self) -> None:
        person = self.person
        await person.say("/buy")
        await person.sees(f"{PACK:,} reads for {STARS} Stars", PATIENCE_S)
        await person.press(f"{PACK:,} reads · {STARS} ⭐")
        await person.sees("For client", PATIENCE_S)
        refusal = await person.pay()
        self.found[refusal or "paid"] += 1

    async def _give_back(self) -> None:
        person, number = self.person, len(self.charges())
        await person.say("/payments")
        await person.sees("payment", PATIENCE_S)
        await person.press(f"Receipt {number}")
        await person.sees("Receipt: ", PATIENCE_S)
        await person.press("Ask for a refund")
        await person.sees("Give back", PATIENCE_S)
        await person.press("Yes, refund")
        self.found["refunds asked"] += 1

    def _charge_back(self) -> None:
        charges = self.charges()
        if charges:
            with suppress(RpcError):  # it is returned already
                self.world.telegram.charge_back(self.world.account, charges[-1].charge_id)
                self.found["charged back"] += 1

    def charges(self) -> list[StarsRow]:
        """List what they have paid, returned or not."""
        rows = self.world.telegram.world.stars.rows(self.world.account.id)
        return [row for row in rows if row.other == self.person.account.id and not row.is_refund]

    def kept(self) -> list[StarsRow]:
        """List what they have paid and not got back."""
        stars, bot = self.world.telegram.world.stars, self.world.account.id
        charges = self.charges()
        return [row for row in charges if not stars.row(bot, row.charge_id, is_refund=True)]

    def difference(self) -> int:
        """Return the reads that their client has too much, or too little."""
        row: ClientRow = self.world.api.database.clients.get(self.client)
        return row.reads_available - FIRST - PACK * len(self.kept())

    def untold(self) -> list[str]:
        """List the payments that they were not told of as they ended."""
        texts = self.world.telegram.texts(self.person.account, self.world.account)
        kept = {row.charge_id for row in self.kept()}
        missing = []
        for row in self.charges():
            ends = ("Done: +",) if row.charge_id in kept else ("returned.", "was reversed")
            about = [text for text in texts if row.charge_id[:RECEIPT] in text]
            if not any(end in text for text in about for end in ends):
                missing.append(row.charge_id)
        return missing


@dataclass(frozen=True, slots=True)
class Killed:
    """What the rounds have shown."""

    rounds: int
    payments: int
    returned: int
    found: Counter[str]
    short: int
    over: int
    untold: int
    seconds: float

    @property
    def is_exact(self) -> bool:
        """Whether everybody has, and was told, what was paid for."""
        return not (self.short or self.over or self.untold)


async def sigkill(folder: Path, *, rounds: int, payers: int = 5, seed: int = 1) -> Killed:
    """Have people pay while the bot is killed `rounds` times; return what it came to."""
    begun, dice = time.monotonic(), Random(seed)  # noqa: S311  # the same moments for the same seed
    with RedisServer(folder / "redis") as redis:
        async with selling(folder, redis.url) as world, AsyncExitStack() as ending:
            people = [await join(world, number, dice) for number in range(payers)]
            until = asyncio.Event()
            tasks = [asyncio.create_task(payer.shop(until)) for payer in people]
            usage = asyncio.create_task(use(world, [payer.client for payer in people], dice))
            ending.callback(usage.cancel)
            for number in range(rounds):
                await _kill(world, number, dice)
            await _charged(world)
            until.set()
            await asyncio.gather(*tasks)
            await settle(people)
            differences = [payer.difference() for payer in people]
            charges = sum(len(payer.charges()) for payer in people)
            return Killed(
                rounds=rounds,
                payments=charges,
                returned=charges - sum(len(payer.kept()) for payer in people),
                found=sum((payer.found for payer in people), Counter()),
                short=sum(difference < 0 for difference in differences),
                over=sum(difference > 0 for difference in differences),
                untold=sum(len(payer.untold()) for payer in people),
                seconds=round(time.monotonic() - begun, 1),
            )


@asynccontextmanager
async def selling(folder: Path, redis_url: str) -> AsyncIterator[World]:
    """Have the bot sell, with a redis-server that keeps what it is told."""
    world = World(folder, redis_url, SAPP_BILLING="stars", SAPP_BILLING_PACKS=f"{PACK}:{STARS}")
    admin = world.api.database.admin
    world.configure(SAPP_ADMIN_EMAIL=admin.email, SAPP_ADMIN_PASSWORD=admin.password)
    async with world:
        yield world


async def join(world: World, number: int, dice: Random | None = None) -> Payer:
    """Bring in somebody who is logged in, with a client, and Stars enough."""
    database, email = world.api.database, f"payer{number}@example.com"
    client = database.add_client(database.add_user(email, PASSWORD), available=FIRST)
    person = await world.person(f"Payer {number}")
    world.telegram.give_stars(person.account, 1_000_000)
    await person.say(f"/login {email}")
    await person.sees("password", PATIENCE_S)
    await person.say(PASSWORD)
    await person.sees("You are logged in", PATIENCE_S)
    own = Random(dice.random() if dice else 1)  # noqa: S311  # as above
    return Payer(person, client.id, world, own)


async def _kill(world: World, number: int, dice: Random) -> None:
    """Kill the bot at a moment of the round, and start it again a moment later."""
    await asyncio.sleep(dice.uniform(0, 1))
    after_payment = dice.random() < 0.8
    if after_payment:
        await _charged(world)
    wait_s = dice.uniform(0, 0.3)
    await asyncio.sleep(wait_s)
    await world.bot.kill()
    rows = len(world.telegram.world.stars.rows(world.account.id))
    when = f"{wait_s * 1000:.0f} ms after a payment" if after_payment else "at some time"
    sys.stdout.write(f"round {number + 1}: killed {when}; {rows} rows at Telegram\n")
    sys.stdout.flush()
    await asyncio.sleep(dice.uniform(0, 0.3))
    await world.start()


async def _charged(world: World) -> None:
    """Wait until somebody has paid."""
    rows = world.telegram.world.stars.rows(world.account.id)
    before = len(rows)
    await world.until(lambda: len(rows) > before, within_s=CALM_S)


async def use(world: World, clients: Sequence[int], dice: Random) -> NoReturn:
    """Use all clients for ever, as their owners do: each call saves the row that it had loaded."""
    while True:
        loaded = world.api.database.clients.get(dice.choice(clients))
        await asyncio.sleep(0.05 * dice.random())
        world.api.database.count_read(loaded)


async def settle(people: Sequence[Payer]) -> None:
    """Wait until all is exact, if it comes to that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CALM_S):
            while any(payer.difference() or payer.untold() for payer in people):
                await asyncio.sleep(0.1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, and print what it came to; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.sigkill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--payers", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    with tempfile.TemporaryDirectory(prefix="sigkill-") as folder:
        work = sigkill(Path(folder), rounds=asked.rounds, payers=asked.payers, seed=asked.seed)
        killed = asyncio.run(work)
    found = ", ".join(f"{what}: {count}" for what, count in killed.found.most_common())
    sys.stdout.write(
        f"{killed.rounds} kills, {killed.payments} payments, {killed.returned} returned;"
        f" {killed.short} short, {killed.over} over, {killed.untold} untold"
        f" ({killed.seconds:.0f} s; {found})\n"
    )
    return 0 if killed.is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
