"""Opens the store of a gateway or of a worker, in a bot of several processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sapp_bot.domain.ports import Clock
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.store.claim import Claim
from sapp_bot.store.command_pipeline import CommandPipeline
from sapp_bot.store.connect import TIMEOUT_S, RedisStore, assembled
from sapp_bot.store.inbox import Lane
from sapp_bot.store.key_ring import KeyRing
from sapp_bot.store.keys import WAITING_LIMIT, Keys
from sapp_bot.store.ledger.redis_ledger import RedisLedger
from sapp_bot.store.sealing import Sealer
from sapp_bot.store.server.connection import RedisConnection
from sapp_bot.store.server.connector import connector
from sapp_bot.values import dataclass, replace

from .fences import GatewayScripts, WorkerScripts
from .gateway_inbox import GatewayInbox
from .kept_ledger import KeptLedger, Terms
from .mail import GATEWAY, Mail
from .outgoing import Outgoing
from .scripts import ROLE_SCRIPTS
from .streams import BlockingReader, GroupReader, StreamTail
from .worker_inbox import Ticket, Tickets, WorkerInbox
from .worker_outbox import WorkerOutbox

GATEWAY_LASTS_S, GATEWAY_RENEW_S = 10, 3.0
"""The claim of a gateway, in seconds: one that stands by takes over sooner than another start."""


@dataclass(frozen=True, slots=True)
class GatewayStore:
    """What a gateway has of Redis.

    Attributes:
        store: The repositories. Its inboxes are `messages` and `payments`.
        messages: Stores messages, presses and timers for the workers.
        payments: Stores payments and refunds for them.
        outgoing: What workers have stored for Telegram.
        mail: Letters from and to workers.
        tail: Reads `outgoing` and the gateway's mail.

    """

    store: RedisStore
    messages: GatewayInbox
    payments: GatewayInbox
    outgoing: Outgoing
    mail: Mail
    tail: StreamTail


@dataclass(frozen=True, slots=True)
class WorkerStore:
    """What a worker has of Redis.

    Attributes:
        store: The repositories; by `inboxes` updates are handled.
        inboxes: The inbox of messages and that of payments, by the name of the lane.
        tickets: Whom this worker serves.
        terms: Who keeps the ledger.
        mail: Letters from and to the gateway.
        group: Reads whom to serve and what the gateway asks of any worker.
        ready: Redis key of the stream of persons in `group`.
        tail: Reads this worker's mail.

    """

    store: RedisStore
    inboxes: dict[str, WorkerInbox]
    tickets: Tickets
    terms: Terms
    mail: Mail
    group: GroupReader
    ready: str
    tail: StreamTail


@dataclass(frozen=True, slots=True)
class _Opening:
    """What both kinds of store are made of."""

    connect: Callable[[], RedisConnection]
    where: str
    pipeline: CommandPipeline
    keys: Keys
    sealer: Sealer
    key_ring: KeyRing
    clock: Clock
    is_vouched: bool

    @classmethod
    def of(
        cls,
        url: str,
        key_ring: KeyRing,
        *,
        account: int,
        clock: Clock,
        metrics: Metrics,
        is_vouched: bool = False,
    ) -> _Opening:
        connect, where = connector(url)
        pipeline = CommandPipeline(
            connect,
            where,
            clock=clock,
            timeout_s=TIMEOUT_S,
            metrics=metrics,
            more_scripts=ROLE_SCRIPTS,
        )
        keys, sealer = Keys(account), Sealer(key_ring)
        return cls(connect, where, pipeline, keys, sealer, key_ring, clock, is_vouched)

    def repositories(self, scripts: GatewayScripts | WorkerScripts) -> RedisStore:
        """Return the repositories that are the same in every process."""
        parts = (self.pipeline, self.keys, self.key_ring, self.connect)
        ledger = RedisLedger(*parts, is_vouched=self.is_vouched)
        return assembled(
            scripts,
            self.pipeline,
            self.key_ring,
            (self.connect, self.where),
            ledger,
            clock=self.clock,
            limit=WAITING_LIMIT,
        )

    def kept(self, term: str) -> KeptLedger:
        """Return the store of the ledger for one time of keeping it."""
        parts = (self.pipeline, self.keys, self.key_ring, self.connect)
        return KeptLedger(term, *parts, is_vouched=self.is_vouched)

    def reader(self) -> BlockingReader:
        """Return a connection for one who waits."""
        return BlockingReader(self.connect, self.clock)


@asynccontextmanager
async def open_gateway_store(
    url: str, key_ring: KeyRing, *, account: int, clock: Clock, metrics: Metrics = NO_METRICS
) -> AsyncIterator[GatewayStore]:
    """Open the store of a gateway; as `store.open_store`, and nothing is claimed yet.

    Raises:
        ConfigError: the address is wrong.

    """
    opening = _Opening.of(url, key_ring, account=account, clock=clock, metrics=metrics)
    keys = opening.keys
    scripts = GatewayScripts(opening.pipeline, keys, opening.sealer, clock)
    messages = GatewayInbox(scripts, Lane.of_messages(keys), limit=WAITING_LIMIT)
    payments = GatewayInbox(scripts, Lane.of_payments(keys), limit=0)
    claim = Claim(
        scripts, opening.pipeline, clock, lasts_s=GATEWAY_LASTS_S, renew_s=GATEWAY_RENEW_S
    )
    store = replace(opening.repositories(scripts), inbox=messages, payments=payments, claim=claim)
    reader = opening.reader()
    tail = StreamTail(reader, (keys.outgoing, keys.mail(GATEWAY)))
    outgoing, mail = Outgoing(scripts), Mail(scripts, key_ring)
    opening.pipeline.start()
    try:
        yield GatewayStore(store, messages, payments, outgoing, mail, tail)
    finally:
        await reader.close()
        await claim.release()
        await opening.pipeline.close()


@asynccontextmanager
async def open_worker_store(
    url: str,
    key_ring: KeyRing,
    *,
    account: int,
    clock: Clock,
    worker: str,
    ticket_of: Callable[[str], Ticket | None],
    is_vouched: bool = False,
    metrics: Metrics = NO_METRICS,
) -> AsyncIterator[WorkerStore]:
    """Open the store of a worker; as `open_gateway_store`.

    Args:
        url: Where Redis is.
        key_ring: The secret keys.
        account: The account's Telegram user id.
        clock: The time.
        worker: Name of this worker; no other ever has the same.
        ticket_of: As of `WorkerOutbox`.
        is_vouched: As of `open_store`.
        metrics: Counts calls.

    Raises:
        ConfigError: the address is wrong.

    """
    opening = _Opening.of(
        url, key_ring, account=account, clock=clock, metrics=metrics, is_vouched=is_vouched
    )
    keys = opening.keys
    scripts = WorkerScripts(opening.pipeline, keys, opening.sealer, clock)
    inboxes = _inboxes(scripts, keys, worker)
    messages, payments = inboxes.values()
    outbox = WorkerOutbox(scripts, worker, ticket_of)
    store = replace(opening.repositories(scripts), inbox=messages, payments=payments, outbox=outbox)
    group_reader, tail_reader = opening.reader(), opening.reader()
    opening.pipeline.start()
    try:
        yield WorkerStore(
            store,
            inboxes,
            Tickets(scripts, worker),
            Terms(scripts, worker, opening.kept),
            Mail(scripts, key_ring),
            GroupReader(group_reader, keys.ready, keys.calls, worker),
            keys.ready,
            StreamTail(tail_reader, (keys.mail(worker),)),
        )
    finally:
        await group_reader.close()
        await tail_reader.close()
        await opening.pipeline.close()


def _inboxes(scripts: WorkerScripts, keys: Keys, worker: str) -> dict[str, WorkerInbox]:
    both = (Lane.of_messages(keys), Lane.of_payments(keys))
    return {x.name: WorkerInbox(scripts, x, limit=WAITING_LIMIT, worker=worker) for x in both}
