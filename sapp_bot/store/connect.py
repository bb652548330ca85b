"""Opening the store: address and secret keys in, inbox, outbox and limits out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sapp_bot.ports import Clock

from .channel import Call, Channel
from .data import RedisDrawers
from .inbox import RedisInbox
from .keys import PROBE_S, WAITING_LIMIT, Keys
from .ledger import Ledger
from .limits import RedisAttempts
from .outbox import RedisOutbox
from .plugins import RedisLeases, RedisSwitches
from .sealed import Sealer
from .vault import Vault
from .wire import connector

PATIENCE_S = 12.0
"""How long a call waits for Redis before it raises `StoreAway`."""


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept for one account. `vault` is also the signer of buttons."""

    inbox: RedisInbox
    outbox: RedisOutbox
    attempts: RedisAttempts
    drawers: RedisDrawers
    switches: RedisSwitches
    leases: RedisLeases
    vault: Vault
    channel: Channel
    keys: Keys

    async def ping(self, patience_s: float = 2.0) -> None:
        """Write something, to know that Redis works.

        Raises:
            StoreAway: it does not.

        """
        call = Call("probe", (self.keys.probe,), (PROBE_S,))
        await self.channel.ask(call, patience_s=patience_s)


@asynccontextmanager
async def open_store(
    url: str,
    vault: Vault,
    *,
    account: int,
    clock: Clock,
    patience_s: float = PATIENCE_S,
    limit: int = WAITING_LIMIT,
) -> AsyncIterator[Store]:
    """Open the store of one account (its numeric Telegram id); see `wire.connector` for `url`.

    Nothing is claimed yet: that is `store.inbox.claim()`, once this process means to work.

    Raises:
        ConfigError: the address is wrong, or Redis there refuses us for good.
        StoreAway: Redis did not answer within `patience_s`.

    """
    connect, where = connector(url)
    channel = Channel(connect, where, clock=clock, patience_s=patience_s)
    keys = Keys(account)
    ledger = Ledger(channel, keys, Sealer(vault), clock)
    store = Store(
        inbox=RedisInbox(ledger, limit=limit),
        outbox=RedisOutbox(ledger),
        attempts=RedisAttempts(ledger),
        switches=RedisSwitches(ledger),
        leases=RedisLeases(ledger),
        drawers=RedisDrawers(ledger),
        vault=vault,
        channel=channel,
        keys=keys,
    )
    channel.start()
    try:
        await store.ping(patience_s)
        yield store
    finally:
        await channel.close()
