"""`python -m tests.ledger.soak`: 1,000 payments with faults everywhere, and how long one takes.

A real redis-server behind a proxy that cuts connections, the local API over HTTP, whose metered
calls undo writes, and Telegram's list with updates that get lost and doubled: of a hundred calls
one meets a fault. At the end each client has exactly what was paid for. Before that, without
faults, the ledger is timed beside a bare handler that makes the same calls of the API without any
ledger; the whole bot is timed by `pay_to_reads.py`. Exit code 0 when nothing is short, nothing
over, and the times are within their limits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from pydantic import SecretStr
from structlog.testing import capture_logs

from sapp_bot.clock import SystemClock
from sapp_bot.errors import SappBotError
from sapp_bot.ledger.ledger import Ledger
from sapp_bot.ledger.notices import Notice, ReadsAdded
from sapp_bot.ledger.values import LedgerMode
from sapp_bot.sandbox.faults import Delay, Drop, Fail, When
from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.sandbox.sapp_api import SappApi
from sapp_bot.sapp.accounts.admin_reads import AdminReads, NoAdminAccount
from sapp_bot.sapp.accounts.kept_login import KeptLogin
from sapp_bot.sapp.admin import Admin
from sapp_bot.sapp.client import ApiClient
from sapp_bot.sapp.services import Auth
from sapp_bot.store import KeyRing, open_store
from tests.benchmarks.api_process import READS
from tests.benchmarks.pipe import Child
from tests.ledger.kit import payload_of
from tests.ledger.outside import StarsList, Weather
from tests.ledger.subjects import KEY, SIGNER
from tests.redis_server import RedisServer

CLIENTS = 50
PACK = 1000
FIRST = 10

SHARE = 0.01
"""Of all calls meet a fault."""

CALLS = {"redis": 8, "api": 6}
"""Calls that one payment makes, about."""

AT_ONCE = 10
TIMED = 200

P50_S, P95_S, TIMES_BARE = 0.150, 1.0, 2.0
"""Limits of the time from the update to reads that a GET has shown."""


@dataclass(frozen=True, slots=True)
class SoakResult:
    """What the soak has shown; times are milliseconds."""

    payments: int
    faults: dict[str, int]
    undone_writes: int
    short: int
    over: int
    ledger_p50: float
    ledger_p95: float
    bare_p50: float
    bare_p95: float
    seconds: float

    @property
    def is_exact(self) -> bool:
        """Whether everybody has what was paid for."""
        return not self.short and not self.over

    @property
    def is_quick(self) -> bool:
        """Whether the times are within their limits."""
        return (
            self.ledger_p50 <= P50_S * 1000
            and self.ledger_p95 <= P95_S * 1000
            and self.ledger_p50 <= TIMES_BARE * self.bare_p50
        )


class Stopwatch:
    """Hears when reads were seen, and how often writes were undone."""

    def __init__(self) -> None:
        self.seen: dict[str, asyncio.Event] = {}
        self.undone = 0

    async def tell(self, notice: Notice) -> None:
        """Take a notice."""
        if isinstance(notice, ReadsAdded):
            self.watch(notice.payment.charge).set()

    def watch(self, charge: str) -> asyncio.Event:
        """Return what is set when a payment's reads were seen."""
        return self.seen.setdefault(charge, asyncio.Event())

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Count as `Metrics` does."""
        self.undone += amount * (name == "billing_rollback_healed")

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Measure nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Measure nothing."""


@dataclass(slots=True)
class Scene:
    """All that takes part."""

    api: SappApi
    proxy: RedisProxy
    stars: StarsList
    ledger: Ledger
    watch: Stopwatch
    dice: Random
    faults: Counter[str]
    paid: Counter[int]

    async def pay(self, number: int) -> float:
        """Have somebody pay; return the seconds until the reads were seen."""
        client = 1 + self.dice.randrange(CLIENTS)
        charge = f"ch{number}"
        self.paid[client] += 1
        data = payload_of(client, PACK, f"o{number}", base=FIRST)
        row = self.stars.pay(charge, 50, data, 7, SystemClock().now())
        begun = time.monotonic()
        copies = self.dice.choices((0, 1, 2), (SHARE, 1 - 2 * SHARE, SHARE))[0]
        if copies == 0:
            self.faults["update lost"] += 1
        for _ in range(copies):
            await self.ledger.receive(row)
        await self.watch.watch(charge).wait()
        return time.monotonic() - begun

    def spoil(self, payments: int) -> None:
        """Plan faults for the next payments."""
        for side, each in CALLS.items():
            for nth in range(1, payments * each + 1):
                if self.dice.random() >= SHARE:
                    continue
                when: When = self.dice.choice(("before", "after"))
                if side == "redis":
                    self.proxy.faults.add("EVALSHA", Drop(when), nth=nth)
                    self.faults[f"redis cut {when}"] += 1
                else:
                    kind = self.dice.choice((Drop(when), Fail(500), Delay(0.3)))
                    self.api.faults.add("*clients*", kind, nth=nth)
                    self.faults[f"api {type(kind).__name__.lower()}"] += 1

    async def use(self) -> None:
        """Use all clients, as their owners do: each call saves the row that it had loaded."""
        while True:
            client = self.api.database.clients.get(1 + self.dice.randrange(CLIENTS))
            await asyncio.sleep(0.02 * self.dice.random())
            self.api.database.count_read(client)

    def differences(self) -> list[int]:
        """List what each client has too much, or too little."""
        rows = (self.api.database.clients.get(client) for client in range(1, CLIENTS + 1))
        return [row.reads_available - FIRST - PACK * self.paid[row.id] for row in rows]


@asynccontextmanager
async def _spoilt(folder: Path, seed: int) -> AsyncIterator[Scene]:
    """Have a ledger at work where everything can fail."""
    dice = Random(seed)  # noqa: S311  # the same faults for the same seed
    watch, stars = Stopwatch(), StarsList(Weather(dice, telegram=SHARE))
    with RedisServer(folder) as server:
        async with SappApi(seed=seed) as api, RedisProxy(server.url) as proxy:
            for number in range(CLIENTS):
                user = api.database.add_user(f"person{number}@example.com", "secret")
                api.database.add_client(user, available=FIRST)
            admin = api.database.admin
            about = {"url": api.url, "email": admin.email, "password": admin.password}
            async with _at_work(proxy.url, about, stars, watch) as (ledger, _):
                yield Scene(api, proxy, stars, ledger, watch, dice, Counter(), Counter())


@asynccontextmanager
async def _at_work(
    redis_url: str, api: Mapping[str, str], stars: StarsList, watch: Stopwatch
) -> AsyncIterator[tuple[Ledger, AdminReads]]:
    """Have a ledger at work, and what it asks the API by."""
    opening = open_store(redis_url, KeyRing([KEY]), account=1, clock=SystemClock())
    async with ApiClient(api["url"]) as client, opening as store:
        reads = _reads(client, api["email"], api["password"])
        ledger = Ledger(
            store=store.ledger,
            api=reads,
            stars=stars,
            signer=SIGNER,
            clock=SystemClock(),
            listener=watch,
            smallest_pack=PACK,
            metrics=watch,
        )
        task = asyncio.create_task(ledger.run())
        while ledger.mode is not LedgerMode.OPEN:
            await asyncio.sleep(0.01)
        try:
            yield ledger, reads
        finally:
            task.cancel()
            await asyncio.wait({task})


def _reads(client: ApiClient, email: str, password: str) -> AdminReads:
    login = KeptLogin(
        Auth(client),
        SystemClock(),
        email=email,
        password=SecretStr(password),
        missing=lambda why: NoAdminAccount("POST /auth/login", why),
        event="admin_account",
    )
    return AdminReads(Admin(client), login)


async def _timed(folder: Path, count: int) -> tuple[list[float], list[float]]:
    """Time payments one after the other, by turns with the same calls without a ledger.

    Redis and the API are processes of their own, as they are for a bot.
    """
    watch, stars = Stopwatch(), StarsList(Weather(Random(1)))  # noqa: S311  # nothing goes wrong
    ledger, bare = [], []
    with RedisServer(folder) as server, Child("-m", "tests.benchmarks.api_process") as api:
        api.ask("seed", first=0, count=CLIENTS)
        async with _at_work(server.url, api.ask("hello"), stars, watch) as (subject, reads):
            for number in range(count):
                client = 1 + number % CLIENTS
                data = payload_of(client, PACK, f"t{number}", base=READS)
                row = stars.pay(f"timed{number}", 50, data, 7, SystemClock().now())
                begun = time.monotonic()
                await subject.receive(row)
                await watch.watch(row.charge).wait()
                ledger.append(time.monotonic() - begun)
                begun = time.monotonic()
                found = await reads.reads(client)
                assert found is not None
                await reads.set_reads(client, found.available)
                await reads.reads(client)
                bare.append(time.monotonic() - begun)
    return ledger, bare


async def soak(folder: Path, *, payments: int, timed: int = TIMED, seed: int = 1) -> SoakResult:
    """Pay, spoil, wait until all is calm, and compare."""
    begun = time.monotonic()
    ledger, bare = await _timed(folder / "timed", timed)
    async with _spoilt(folder / "spoilt", seed) as scene:
        owners = [asyncio.create_task(scene.use()) for _ in range(AT_ONCE)]
        for first in range(0, payments, AT_ONCE):
            scene.spoil(AT_ONCE)
            some = range(first, min(first + AT_ONCE, payments))
            waits = [asyncio.create_task(scene.pay(number)) for number in some]
            _, late = await asyncio.wait(waits, timeout=1.5)
            if late:
                with suppress(SappBotError):
                    await scene.ledger.operator.reconcile()
                for wait in late:
                    wait.cancel()  # its reads come; nobody waits for them here
        scene.proxy.faults.clear()
        scene.api.faults.clear()
        for owner in owners:
            owner.cancel()
        await asyncio.gather(*owners, return_exceptions=True)
        differences = await _calmed(scene)
        return SoakResult(
            payments=payments,
            faults=dict(scene.faults),
            undone_writes=scene.watch.undone,
            short=sum(difference < 0 for difference in differences),
            over=sum(difference > 0 for difference in differences),
            ledger_p50=_ms(ledger, 50),
            ledger_p95=_ms(ledger, 95),
            bare_p50=_ms(bare, 50),
            bare_p95=_ms(bare, 95),
            seconds=round(time.monotonic() - begun, 1),
        )


async def _calmed(scene: Scene) -> list[int]:
    """Wait until audits have nothing more to say; return what is wrong then."""
    for _ in range(240):
        with suppress(SappBotError):
            await scene.ledger.operator.reconcile()
            report = await scene.ledger.operator.audit()
            if report.is_clean and not any(scene.differences()):
                break
        await asyncio.sleep(0.5)
    return scene.differences()


def _ms(seconds: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percent - 1] * 1000, 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and print the result as JSON; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.soak", description=__doc__)
    parser.add_argument("--payments", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, capture_logs():
        result = asyncio.run(soak(Path(folder), payments=asked.payments, seed=asked.seed))
    summed = asdict(result) | {"is_exact": result.is_exact, "is_quick": result.is_quick}
    sys.stdout.write(json.dumps(summed, indent=1) + "\n")
    return 0 if result.is_exact and result.is_quick else 1


if __name__ == "__main__":
    sys.exit(main())
