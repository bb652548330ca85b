"""Opens the store of one account: connects to Redis and builds inbox, outbox and the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import StoreAway
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.values import dataclass

from .attempts import RedisAttempts
from .claim import Claim
from .command_pipeline import GATHER_TURNS, CommandPipeline, PipelinedCall
from .fenced import FencedScripts
from .inbox import Lane, RedisInbox
from .key_ring import KeyRing
from .keys import PROBE_S, WAITING_LIMIT, Keys
from .ledger.redis_ledger import RedisLedger
from .locks import RedisLocks
from .outbox import RedisOutbox
from .plugin_storage import RedisPluginStorage
from .plugin_switches import RedisLeases, RedisSwitches
from .sealing import Sealer
from .server.connection import RedisConnection
from .server.connector import connector
from .server.inspection import RedisFacts, check_facts, inspect_redis

TIMEOUT_S = 12.0
"""How long a call waits for Redis before it raises `StoreAway`."""


@dataclass(frozen=True, slots=True)
class RedisStore:
    """Repositories of one account. `key_ring` also signs button data."""

    inbox: RedisInbox
    payments: RedisInbox
    outbox: RedisOutbox
    attempts: RedisAttempts
    plugin_storage: RedisPluginStorage
    switches: RedisSwitches
    leases: RedisLeases
    locks: RedisLocks
    ledger: RedisLedger
    claim: Claim
    key_ring: KeyRing
    pipeline: CommandPipeline
    keys: Keys
    connect: Callable[[], RedisConnection]
    where: str
    """The address without credentials."""

    async def wait(self) -> None:
        """Wait until Redis works, however long that takes; the log says that it is away.

        Raises:
            ConfigError: a setting is wrong, so waiting does not help.

        """
        while True:
            with suppress(StoreAway):
                return await self.ping(TIMEOUT_S)

    async def inspect(self) -> RedisFacts:
        """Ask Redis what it is, and log what an operator should change.

        Raises:
            ConfigError: it is too old.

        """
        facts = await inspect_redis(self.connect)
        check_facts(facts, self.where)
        return facts

    async def ping(self, timeout_s: float = 2.0) -> None:
        """Write a key to check that Redis works: a full or read-only one still answers reads.

        Raises:
            StoreAway: Redis did not answer within `timeout_s`, or cannot write.

        """
        call = PipelinedCall("probe", (self.keys.probe,), (PROBE_S,))
        await self.pipeline.ask(call, timeout_s=timeout_s)


@asynccontextmanager
async def open_store(
    url: str,
    key_ring: KeyRing,
    *,
    account: int,
    clock: Clock,
    timeout_s: float = TIMEOUT_S,
    limit: int = WAITING_LIMIT,
    is_up: bool = True,
    is_vouched: bool = False,
    metrics: Metrics = NO_METRICS,
) -> AsyncIterator[RedisStore]:
    """Open the store of one account (its numeric Telegram id); `server.connection` reads `url`.

    Without `is_up` nobody is asked whether Redis works: `store.wait()` does that. `is_vouched` says
    that Redis keeps what it is told, where it does not say: the ledger asks.

    Nothing is claimed yet: that is `store.claim.take()`, once this process means to work.

    Raises:
        ConfigError: the address is wrong, or Redis there refuses us for good.
        StoreAway: Redis did not answer within `timeout_s`.

    """
    redis = connect, where = connector(url)
    pipeline = CommandPipeline(
        connect,
        where,
        clock=clock,
        timeout_s=timeout_s,
        # One in this process costs nothing to wake.
        gather_turns=0 if url.startswith("memory:") else GATHER_TURNS,
        metrics=metrics,
    )
    keys = Keys(account)
    scripts = FencedScripts(pipeline, keys, Sealer(key_ring), clock)
    ledger = RedisLedger(pipeline, keys, key_ring, connect, is_vouched=is_vouched)
    store = assembled(scripts, pipeline, key_ring, redis, ledger, clock=clock, limit=limit)
    pipeline.start()
    try:
        if is_up:
            await store.ping(timeout_s)
        yield store
    finally:
        await store.claim.release()
        await pipeline.close()


def assembled(
    scripts: FencedScripts,
    pipeline: CommandPipeline,
    key_ring: KeyRing,
    redis: tuple[Callable[[], RedisConnection], str],
    ledger: RedisLedger,
    *,
    clock: Clock,
    limit: int,
) -> RedisStore:
    """Return the store of all repositories on one pipeline; `redis` is as of `connector`."""
    keys, (connect, where) = scripts.keys, redis
    return RedisStore(
        inbox=RedisInbox(scripts, Lane.of_messages(keys), limit=limit),
        payments=RedisInbox(scripts, Lane.of_payments(keys), limit=0),
        outbox=RedisOutbox(scripts),
        attempts=RedisAttempts(scripts),
        switches=RedisSwitches(scripts),
        leases=RedisLeases(scripts),
        locks=RedisLocks(scripts),
        ledger=ledger,
        plugin_storage=RedisPluginStorage(scripts),
        claim=Claim(scripts, pipeline, clock),
        key_ring=key_ring,
        pipeline=pipeline,
        keys=keys,
        connect=connect,
        where=where,
    )
