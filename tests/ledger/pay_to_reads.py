"""`python -m tests.ledger.pay_to_reads`: how long the whole bot takes from a payment to its reads.

People pay over MTProto, by turns the real process `python -m sapp_bot run` with a redis-server,
and `bare_seller.py`, which makes the same calls of the API without a ledger. The time goes from
the charge at Telegram to the number that stands at the API, and to the words in the chat. Exit
code 0 when it is within its limits. What the ledger alone adds is timed by `tests.ledger.soak`;
here a message's way through the bot comes on top: it is stored, handled by a plugin, committed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.state.accounts import Account
from tests.benchmarks.pipe import PROJECT
from tests.end_to_end.world import WAIT_S, World
from tests.ledger.sigkill import PACK, PATIENCE_S, join, selling
from tests.redis_server import RedisServer

TIMES = 50
LETS_BY = "messages.setBotPrecheckoutResults"

P50_MS, P95_MS, WORDS_P95_MS = 150.0, 1000.0, 2000.0
"""Limits of the time until the reads stand at the API, and until that is said."""


@dataclass(slots=True)
class Times:
    """What one seller took, in ms from the charge: until the reads stood, until it was said."""

    reads: list[float] = field(default_factory=list)
    words: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PayToReads:
    """Quantiles in ms, of the whole bot and of the bare one."""

    times: int
    reads_p50: float
    reads_p95: float
    bare_reads_p50: float
    bare_reads_p95: float
    words_p50: float
    words_p95: float
    bare_words_p50: float

    @property
    def times_bare(self) -> float:
        """How many times as long as the bare one it takes to the reads, at the median."""
        return round(self.reads_p50 / self.bare_reads_p50, 2)

    @property
    def is_quick(self) -> bool:
        """Whether the times are within their limits."""
        return (
            self.reads_p50 <= P50_MS and self.reads_p95 <= P95_MS and self.words_p95 <= WORDS_P95_MS
        )


@dataclass(frozen=True, slots=True)
class Till:
    """A person in a chat with a seller, whose client gets the reads."""

    world: World
    person: SimulatedUser
    seller: Account
    client: int

    async def time(self, times: Times) -> None:
        """Pay the invoice that is there, and take the times."""
        before = self.world.api.database.clients.get(self.client).reads_available
        assert not await self.person.pay()
        await self.person.sees("Done", WAIT_S)
        said_at, charged_at = datetime.now(UTC), self._charged_at()
        row = self.world.api.database.clients.get(self.client)
        assert row.reads_available == before + PACK
        times.reads.append((row.updated_at - charged_at).total_seconds() * 1000)
        times.words.append((said_at - charged_at).total_seconds() * 1000)

    def _charged_at(self) -> datetime:
        """Return when the seller let the newest payment through: it is charged at once then."""
        calls = self.world.telegram.calls
        at = next(c.at for c in reversed(calls) if (c.account, c.name) == (self.seller.id, LETS_BY))
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - at)


async def pay_to_reads(folder: Path, *, times: int) -> PayToReads:
    """Pay by turns; return the quantiles."""
    ours, bare = Times(), Times()
    with RedisServer(folder / "redis") as redis:
        async with selling(folder, redis.url) as world, _bare(world) as bare_till:
            payer = await join(world, 1)
            till = Till(world, payer.person, world.account, payer.client)
            for _ in range(times):
                await till.person.say("/buy")
                await till.person.sees("1,000 reads for", PATIENCE_S)
                await till.person.press("1,000 reads · 50 ⭐")
                await till.person.sees("For client", PATIENCE_S)
                await till.time(ours)
                await bare_till.person.say("/buy")
                await bare_till.person.sees("For client", PATIENCE_S)
                await bare_till.time(bare)
    return PayToReads(
        times=times,
        reads_p50=_quantile(ours.reads, 50),
        reads_p95=_quantile(ours.reads, 95),
        bare_reads_p50=_quantile(bare.reads, 50),
        bare_reads_p95=_quantile(bare.reads, 95),
        words_p50=_quantile(ours.words, 50),
        words_p95=_quantile(ours.words, 95),
        bare_words_p50=_quantile(bare.words, 50),
    )


@asynccontextmanager
async def _bare(world: World) -> AsyncIterator[Till]:
    """Run the bare seller, with a client of its own."""
    seller, database = world.telegram.add_bot("bare_seller_bot"), world.api.database
    client = database.add_client(database.add_user("bare@example.com", "secret"), available=10)
    account = world.telegram.add_person("Bare payer")
    world.telegram.give_stars(account, 1_000_000)
    settings = {
        "TELEGRAM_BOT_TOKEN": seller.token or "",
        "SAPP_DATA": str(world.folder / "bare"),
        "PYTHONPATH": str(PROJECT),
        "BARE_CLIENT": str(client.id),
    }
    process = BotProcess(
        (sys.executable, "-m", "tests.ledger.bare_seller"),
        world.environment(**settings),
        log=world.folder / "bare.log",
        folder=world.folder,
    )
    await process.start()
    try:
        person = await SimulatedUser.join(world.telegram, account, seller, device=1)
        try:
            await world.until(
                lambda: any(
                    (call.account, call.name) == (seller.id, "updates.getState")
                    for call in world.telegram.calls
                )
            )
            yield Till(world, person, seller, client.id)
        finally:
            await person.leave()
    except AssertionError as error:
        error.add_note("\n".join(["the end of the bare bot's log:", *process.tail()]))
        raise
    finally:
        await process.stop()


def _quantile(found: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(found, n=100)[percent - 1], 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the result as JSON; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.pay_to_reads")
    parser.add_argument("--times", type=int, default=TIMES)
    asked = parser.parse_args(arguments)
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    with tempfile.TemporaryDirectory(prefix="pay-") as folder:
        result = asyncio.run(pay_to_reads(Path(folder), times=asked.times))
    summed = asdict(result) | {"times_bare": result.times_bare, "is_quick": result.is_quick}
    sys.stdout.write(json.dumps(summed, indent=1) + "\n")
    return 0 if result.is_quick else 1


if __name__ == "__main__":
    sys.exit(main())
