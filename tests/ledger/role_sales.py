"""`python -m tests.ledger.role_sales`: gateway and workers are killed while people pay.

    python -m tests.ledger.role_sales [--payments 300] [--payers 12] [--workers 2]
                                      [--kills 10] [--zombies 3] [--seed 1]

As `tests.ledger.sigkill`, for a bot in several processes: several people buy, some want their Stars
back, a bank takes some back, metered calls undo what is written. Meanwhile SIGKILL ends the keeper
of the ledger, the gateway and the other workers by turns, at moments drawn from the seed, and the
keeper is stopped (SIGSTOP) until another keeps the ledger, and goes on as a zombie. In the end each
client has exactly its first reads, what was paid for it and not returned, the bot has the Stars of
just these payments, and everybody was told of each payment. Exit code 0 if so.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import structlog

from sapp_bot.sandbox.bot_process import BotProcess
from tests.end_to_end.roles_shop import RolesShop, shop_of_roles
from tests.ledger.sigkill import STARS, Payer, join, settle, use
from tests.redis_server import RedisServer

REPLACED_S = 60.0
"""How long it may take until another worker keeps the ledger."""

CALM_S = 8.0
"""How long nobody is killed then, in seconds: a message that was in work at two kills counts as
what has ended both processes, and its plugin rests."""

LASTS_S = 1500.0
"""How long it may take until so much is paid as was wanted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is paid, and how much disturbed."""

    payments: int = 300
    payers: int = 12
    workers: int = 2
    kills: int = 10
    zombies: int = 3
    seed: int = 1


@dataclass(slots=True)
class Sold:
    """What came of it: clients that have too little or too much, and payments nobody was told of.

    `stars` is by how many Stars the bot has more than what was paid and not returned.
    """

    payments: int = 0
    returned: int = 0
    short: int = 0
    over: int = 0
    untold: int = 0
    stars: int = 0
    disturbed: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether everybody has, and was told, what was paid for."""
        return not (self.short or self.over or self.untold or self.stars)


class RoleSales:
    """One run."""

    def __init__(self, shop: RolesShop, plan: Plan) -> None:
        self._shop = shop
        self._plan = plan
        self._dice = Random(plan.seed)  # noqa: S311  # the same moments for the same seed
        self._sold = Sold()

    async def run(self) -> Sold:
        """Have people pay and disturb it, wait until all is settled, and count."""
        shop, plan, sold, began = self._shop, self._plan, self._sold, time.monotonic()
        people = [await join(shop, number, self._dice) for number in range(plan.payers)]
        until = asyncio.Event()
        async with AsyncExitStack() as ending:
            usage = asyncio.create_task(use(shop, [one.client for one in people], self._dice))
            ending.callback(usage.cancel)
            shopping = [asyncio.create_task(payer.shop(until)) for payer in people]
            try:
                await self._disturb()
                await shop.until(lambda: self._paid >= plan.payments, within_s=LASTS_S)
            finally:
                until.set()
            await asyncio.gather(*shopping)
            await settle(people)
        self._count(people)
        sold.seconds = round(time.monotonic() - began, 1)
        return sold

    @property
    def _paid(self) -> int:
        rows = self._shop.telegram.world.stars.rows(self._shop.account.id)
        return sum(not row.is_refund for row in rows)

    async def _disturb(self) -> None:
        """Kill and stop at moments that lie evenly among the payments."""
        plan = self._plan
        acts = [self._kill] * plan.kills + [self._haunt] * plan.zombies
        self._dice.shuffle(acts)
        for number, act in enumerate(acts, 1):
            wanted = number * plan.payments // (len(acts) + 1)
            await self._shop.until(lambda: self._paid >= wanted, within_s=LASTS_S)  # noqa: B023
            await self._shop.until(self._is_new(), within_s=LASTS_S)
            await asyncio.sleep(self._dice.uniform(0, 0.3))  # somewhere in what follows a payment
            await act()
            await asyncio.sleep(CALM_S)

    def _is_new(self) -> Callable[[], bool]:
        """Return what tells whether somebody has paid since."""
        paid = self._paid
        return lambda: self._paid > paid

    async def _kill(self) -> None:
        """Kill the keeper, the gateway or another worker by turns, and start it again."""
        shop, sold = self._shop, self._sold
        kind = ("keeper", "gateway", "keeper", "worker")[sold.disturbed.total() % 4]
        if kind == "gateway":
            await shop.bot.kill()
            await shop.start()
        else:
            victim = await self._worker(is_keeper=kind == "keeper")
            await victim.kill()
            await asyncio.sleep(self._dice.uniform(0, 2))
            await shop.restart_worker(victim)
        sold.disturbed[f"{kind} killed"] += 1

    async def _haunt(self) -> None:
        """Stop the keeper until another one keeps the ledger, and let it go on."""
        shop = self._shop
        zombie = await self._worker(is_keeper=True)
        terms = self._terms()
        shop.freeze(zombie)
        try:
            await shop.until(lambda: self._terms() > terms, within_s=REPLACED_S)
        finally:
            shop.thaw(zombie)
        self._sold.disturbed["keeper stopped"] += 1

    def _terms(self) -> int:
        return sum(self._shop.said(worker, "ledger.kept") for worker in self._shop.workers)

    async def _worker(self, *, is_keeper: bool) -> BotProcess:
        """Return the keeper, or a worker that is none."""
        keeper = await self._shop.keeper()
        others = [worker for worker in self._shop.workers if worker is not keeper]
        return keeper if is_keeper else self._dice.choice(others)

    def _count(self, people: Sequence[Payer]) -> None:
        shop, sold = self._shop, self._sold
        differences = [payer.difference() for payer in people]
        kept = sum(len(payer.kept()) for payer in people)
        sold.payments = sum(len(payer.charges()) for payer in people)
        sold.returned = sold.payments - kept
        sold.short = sum(difference < 0 for difference in differences)
        sold.over = sum(difference > 0 for difference in differences)
        sold.untold = sum(len(payer.untold()) for payer in people)
        sold.stars = shop.telegram.world.stars.balance(shop.account.id) - STARS * kept
        sold.found = sum((payer.found for payer in people), Counter())


async def play(plan: Plan, folder: Path) -> Sold:
    """Play a plan in a world of its own."""
    (folder / "redis").mkdir()
    with RedisServer(folder / "redis") as redis:
        async with shop_of_roles(folder, redis.url, workers=plan.workers, SAPP_ADMINS="") as shop:
            return await RoleSales(shop, plan).run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Play it, and print what it came to; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.role_sales")
    usual = Plan()
    for name in ("payments", "payers", "workers", "kills", "zombies", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    plan = Plan(**vars(parser.parse_args(arguments)))
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    with tempfile.TemporaryDirectory(prefix="role-sales-") as folder:
        sold = asyncio.run(play(plan, Path(folder)))
    sys.stdout.write(f"{plan}\n{sold}\n")
    return 0 if sold.is_exact else 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
