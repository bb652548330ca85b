"""A gateway and workers that sell, and who keeps the ledger among them: see `roles_world.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sapp_bot.sandbox.bot_process import BotProcess
from sapp_bot.sandbox.telegram.dispatch import RpcCall
from tests.end_to_end.roles_world import RolesWorld
from tests.ledger.sigkill import PACK, STARS


class RolesShop(RolesWorld):
    """One gateway and some workers that sell `PACK` reads for `STARS`."""

    def __init__(self, folder: Path, redis_url: str, *, workers: int = 2, **settings: str) -> None:
        super().__init__(folder, redis_url, workers=workers)
        self._begins: dict[BotProcess, int] = {}
        admin = self.api.database.admin
        self.configure(**settings)
        self.configure(SAPP_BILLING="stars", SAPP_BILLING_PACKS=f"{PACK}:{STARS}")
        self.configure(SAPP_ADMIN_EMAIL=admin.email, SAPP_ADMIN_PASSWORD=admin.password)

    async def keeper(self) -> BotProcess:
        """Wait until one worker keeps the ledger and sells; return it."""
        await self.until(lambda: len(self._keepers()) == 1)
        (keeper,) = self._keepers()
        return keeper

    async def restart_worker(self, worker: BotProcess) -> None:
        """Start a worker that has ended; what it was before counts no more."""
        self._begins[worker] = len(worker.log.read_text())
        await super().restart_worker(worker)

    def _keepers(self) -> list[BotProcess]:
        return [worker for worker in self.workers if worker.exit_code is None and self._is(worker)]

    def _is(self, worker: BotProcess) -> bool:
        """Tell whether a worker has said that it sells, and not yet that this is over."""
        said = worker.log.read_text()[self._begins.get(worker, 0) :]
        return said.rfind('"ledger.sells"') > said.rfind('"ledger.kept_no_more"')

    def refunds(self) -> list[RpcCall]:
        """List the calls that returned Stars."""
        return [c for c in self.telegram.calls if c.name == "payments.refundStarsCharge"]


@asynccontextmanager
async def shop_of_roles(
    folder: Path, redis_url: str, *, workers: int = 2, **settings: str
) -> AsyncIterator[RolesShop]:
    """Have a gateway and workers that sell, one of whom keeps the ledger."""
    async with RolesShop(folder, redis_url, workers=workers, **settings) as shop:
        await shop.keeper()
        yield shop
