"""Command pipeline: all calls to Redis on one connection, in order, retried until they succeed.

Calls that come within some turns of the event loop are sent as one batch. Whatever breaks
(connection refused, cut, frozen; Redis loading, full, restarted without its scripts), the
unanswered calls are sent again, in order, on a new connection, each until its timeout.

Not `redis.asyncio.Redis` with `register_script`: its callers take connections from a pool, and
each repeats its own call by itself, so that after a break a later call can overtake an earlier one
that was never answered. A person's updates are stored and committed in order only if unanswered
calls keep theirs, also when their caller has given up meanwhile (`keeps_place`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1
from itertools import islice
from typing import Any

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import ConfigError, SappBotError, StoreAway, StoreRefused
from sapp_bot.observability.metrics import NO_METRICS, Metrics
from sapp_bot.retry import Backoff

from .ledger.scripts import LEDGER_SCRIPTS
from .scripts import SCRIPTS
from .server.connection import ConnectionBroken, RedisConnection, RedisRefused, packed

log = structlog.get_logger(__name__)

ANSWER_S = 2.0
"""Longest wait for a connection or for the answers of one batch, in seconds."""

BACKOFF = Backoff(first_s=0.05, factor=2.0, longest_s=0.5, first_at_once=True)
"""Pauses between repeats. The first repeat has none: mostly an idle connection was cut."""

BATCH = 128
"""Most calls in one batch."""

GATHER_TURNS, ALONE_TURNS = 5, 2
"""Turns of the event loop that a batch waits for calls that are about to come: in a crowd half as
many batches go out, and each wakes Redis and then the bot, so that 50 persons cost a fifth less
(python -m tests.benchmarks --against). After a call that was alone it waits for fewer, as for one
person each turn is a delay."""

REMIND_S = 60.0
"""How often an outage is mentioned again, in seconds."""

QUEUE = 10_000
"""Most calls that wait; further ones fail at once."""

_SCRIPTS = {**SCRIPTS, **LEDGER_SCRIPTS}


def _shas(scripts: Mapping[str, str]) -> dict[str, str]:
    # Redis names a script by its SHA-1; no secret depends on it.
    return {name: sha1(text.encode()).hexdigest() for name, text in scripts.items()}  # noqa: S324


_SHAS = _shas(_SCRIPTS)


@dataclass(slots=True, eq=False)
class PipelinedCall:
    """One call of a script; may be asked again after `StoreAway`.

    Args:
        script: Name in `scripts.SCRIPTS` or `ledger.scripts.LEDGER_SCRIPTS`.
        keys: `KEYS` of the script.
        args: `ARGV` of the script.
        keeps_place: Whether the call stays queued when its caller has given up; the caller must
            ask again.

    The other fields belong to the pipeline.
    """

    script: str
    keys: tuple[str, ...]
    args: tuple[str | bytes | int, ...]
    keeps_place: bool = False
    packed: bytes = b""
    queued: bool = False
    reply: Any = None
    deadline: datetime | None = None
    answer: asyncio.Future[None] | None = None

    @property
    def awaited(self) -> bool:
        """Whether a caller waits for the answer."""
        return self.answer is not None and not self.answer.done()

    def pack(self, shas: Mapping[str, str]) -> None:
        """Encode the call for Redis, once for all its repeats; `shas` are those of the scripts."""
        if not self.packed:
            sha = shas[self.script]
            self.packed = packed("EVALSHA", sha, len(self.keys), *self.keys, *self.args)

    def settle(self, reply: Any) -> None:
        """Store the reply and wake the caller; a caller that gave up finds it when asking again."""
        self.queued = False
        self.reply = reply
        if self.awaited and self.answer is not None:
            self.answer.set_result(None)

    def fail(self, error: Exception) -> None:
        """Raise an error in the caller, if one waits."""
        if self.awaited and self.answer is not None:
            self.answer.set_exception(error)


class CommandPipeline:
    """Queue of calls, and the task that sends them.

    Args:
        connect: Returns a new connection that is not open.
        where: Address of Redis without credentials, for logs and errors.
        clock: Measures timeouts and pauses.
        timeout_s: Seconds that `ask` waits for an answer by default.
        gather_turns: Turns of the event loop that a batch waits for more calls.
        metrics: Counts calls and retries.
        more_scripts: Lua scripts beside those that every store has, by name.

    """

    def __init__(
        self,
        connect: Callable[[], RedisConnection],
        where: str,
        *,
        clock: Clock,
        timeout_s: float,
        gather_turns: int = GATHER_TURNS,
        metrics: Metrics = NO_METRICS,
        more_scripts: dict[str, str] | None = None,
    ) -> None:
        self.timeout_s = timeout_s
        self._scripts, self._shas = _SCRIPTS, _SHAS
        if more_scripts:
            self._scripts, self._shas = _SCRIPTS | more_scripts, _SHAS | _shas(more_scripts)
        self._gather_turns = gather_turns
        self._turns = gather_turns
        self._connect = connect
        self._where = where
        self._clock = clock
        self._metrics = metrics
        self._queue: deque[PipelinedCall] = deque()
        self._ready = asyncio.Event()
        self._connection: RedisConnection | None = None
        self._proven = False
        self._away_since: datetime | None = None
        self._said_at: datetime | None = None
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task that sends calls."""
        self._worker = asyncio.create_task(self._work(), name="redis pipeline")

    async def close(self) -> None:
        """Stop the task; waiting calls fail with `StoreAway`."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})

    async def ask(self, call: PipelinedCall, *, timeout_s: float | None = None) -> Any:
        """Send a call and return the reply; the call is queued before the first await.

        Args:
            call: The call; one that failed with `StoreAway` may be passed again.
            timeout_s: Seconds to wait, the pipeline's own limit if None.

        Raises:
            StoreAway: no answer in time.
            StoreRefused: an error that is not known answered this call.
            ConfigError: Redis was never reached, as a setting is wrong.

        """
        if call.reply is not None:
            return call.reply
        self._check()
        if not call.queued:
            call.pack(self._shas)
            if len(self._queue) >= QUEUE:
                raise StoreAway(f"{QUEUE} calls wait for Redis at {self._where}")
            call.queued = True
            self._queue.append(call)
            self._ready.set()
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        call.deadline = self._clock.now() + timedelta(seconds=timeout_s)
        call.answer = asyncio.get_running_loop().create_future()
        await call.answer
        return call.reply

    def _check(self) -> None:
        worker = self._worker
        if worker is None or worker.cancelled():
            raise StoreAway("the store is closed")
        if worker.done():
            raise SappBotError("the command pipeline to Redis has failed") from worker.exception()

    async def _work(self) -> None:
        failures = 0
        try:
            while True:
                if not self._queue:
                    self._ready.clear()
                    await self._ready.wait()
                for _ in range(self._turns):
                    await asyncio.sleep(0)
                try:
                    async with asyncio.timeout(ANSWER_S):
                        await self._exchange()
                except (ConnectionBroken, RedisRefused, TimeoutError) as error:
                    self._metrics.count("store_retries", reason=type(error).__name__)
                    await self._hang_up()
                    self._give_up(error)
                    await self._clock.sleep(BACKOFF.wait_s(failures))
                    failures += 1
                else:
                    failures = 0
        finally:
            await self._hang_up()
            for call in self._queue:
                call.fail(StoreAway("the store was closed"))

    async def _exchange(self) -> None:
        """Send one batch and settle the calls that are answered; the others stay queued."""
        if self._connection is None:
            self._connection = await self._opened()
        while self._queue and self._unwanted(self._queue[0]):
            self._queue.popleft()
        batch = list(islice(self._queue, BATCH))
        if not batch:
            return
        self._turns = self._gather_turns
        if len(batch) == 1:
            self._turns = min(ALONE_TURNS, self._gather_turns)
        began = self._clock.now()
        await self._connection.write([call.packed for call in batch])
        for call in batch:
            try:
                reply = await self._connection.read()
            except RedisRefused as refused:
                if refused.passing:
                    raise
                call.queued = False
                self._refuse(call, refused)
            else:
                call.settle(reply)
            self._queue.popleft()
        self._back()
        self._metrics.count("store_calls", len(batch))
        taken_s = (self._clock.now() - began).total_seconds()
        self._metrics.observe("store_batch_seconds", taken_s)
        self._metrics.gauge("store_waiting", len(self._queue))

    def _refuse(self, call: PipelinedCall, refused: RedisRefused) -> None:
        """Fail one call for an error that nobody knows; the others go on."""
        text = f"Redis at {self._where} refused {call.script}: {refused}"
        log.error("store.refused", script=call.script, code=refused.code, reason=str(refused))
        call.fail(StoreRefused(text) if self._proven else ConfigError(text))

    async def _opened(self) -> RedisConnection:
        # A restarted Redis has no scripts, and EVALSHA does not carry their text: load them all.
        connection = self._connect()
        try:
            await connection.open()
            texts = self._scripts.values()
            await connection.write([packed("SCRIPT", "LOAD", text) for text in texts])
            for _ in self._scripts:
                await connection.read()
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _unwanted(self, call: PipelinedCall) -> bool:
        return not call.keeps_place and not call.awaited

    def _give_up(self, error: Exception) -> None:
        """Fail the calls whose time is up, or all if a setting is wrong from the start.

        After one success the settings are right: a refusal is then an operator at work (a new
        password, a failover), and calls wait for the end of it.
        """
        reason = str(error) or f"no answer within {ANSWER_S} s"
        if not str(error) and not self._proven and self._where.startswith("rediss:"):
            reason += "; if it does not speak TLS, write redis:// instead of rediss://"
        now = self._clock.now()
        if self._away_since is None:
            self._away_since = now
        if self._said_at is None or now - self._said_at >= timedelta(seconds=REMIND_S):
            self._said_at = now
            away_s = round((now - self._away_since).total_seconds(), 1)
            log.warning("store.away", where=self._where, reason=reason, away_s=away_s)
        if not self._proven and _lasting(error):
            wrong = ConfigError(f"SAPP_REDIS_URL: can't work with {self._where}: {reason}")
            for call in self._queue:
                call.fail(wrong)
            self._queue.clear()
            return
        for call in self._queue:
            if call.deadline is not None and call.deadline <= now:
                call.fail(StoreAway(f"Redis at {self._where}: {reason}"))
        self._queue = deque(call for call in self._queue if not self._unwanted(call))

    def _back(self) -> None:
        self._proven = True
        if self._away_since is not None:
            away = self._clock.now() - self._away_since
            self._away_since = self._said_at = None
            log.info("store.back", where=self._where, away_s=round(away.total_seconds(), 1))


def _lasting(error: Exception) -> bool:
    """Return whether an error is a wrong setting, not something that passes."""
    if isinstance(error, ConnectionBroken):
        return error.lasting
    return isinstance(error, RedisRefused) and not error.passing
