"""What one worker does at a time, for as long as it takes: locks in Redis that are renewed."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock, LockStore
from sapp_bot.errors import SappBotError, StoreAway
from sapp_bot.retry import until_store_answers

log = structlog.get_logger(__name__)

TTL_S = 10
"""How long a lock outlives the process that holds it, in seconds."""

RENEW_S = 3.0
"""How often it is renewed: two renewals may be lost."""

AGAIN_S = 0.5
"""How often somebody who waits for it tries, in seconds."""

LEADER = "worker:leader"
"""Name of the lock of the worker that does what is done once for all of them."""


class TimerTurns(Mapping[str, AbstractAsyncContextManager[object]]):
    """By timer: a lock that its runs hold, over all workers, whoever began them.

    Args:
        locks: The locks.
        clock: Times the tries.

    """

    def __init__(self, locks: LockStore, clock: Clock) -> None:
        self._locks = locks
        self._clock = clock
        self._here: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def __getitem__(self, timer: str) -> AbstractAsyncContextManager[object]:
        """Return the lock of a timer."""
        return self._hold(timer)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the timers that were asked for here."""
        return iter(self._here)

    def __len__(self) -> int:
        """Return how many that are."""
        return len(self._here)

    @asynccontextmanager
    async def _hold(self, timer: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        name, token = f"worker:timer:{timer}", secrets.token_hex(8)
        acquire = partial(self._locks.acquire, name, token, ttl_s=TTL_S)
        async with self._here[timer]:
            while not await until_store_answers(self._clock, acquire):
                await self._clock.sleep(AGAIN_S)
            renewing = asyncio.create_task(self._renew(acquire))
            try:
                yield
            finally:
                renewing.cancel()
                await _release(self._locks, name, token)

    async def _renew(self, acquire: Callable[[], Awaitable[bool]]) -> NoReturn:
        while True:
            await self._clock.sleep(RENEW_S)
            await until_store_answers(self._clock, acquire)


class Leadership:
    """Has one worker at a time do what is done once for all of them.

    Args:
        locks: The locks.
        clock: Times them.

    """

    def __init__(self, locks: LockStore, clock: Clock) -> None:
        self._locks = locks
        self._clock = clock
        self._token = secrets.token_hex(8)
        self.is_leading = False

    async def run(self, lead: Callable[[], Awaitable[None]]) -> NoReturn:
        """Call `lead` whenever this worker becomes the leader, and cancel it when it is none more.

        Args:
            lead: Works until it is cancelled; what it raises is raised here.

        """
        try:
            while True:
                if await self._acquire():
                    await self._lead(lead)
                await self._clock.sleep(RENEW_S)
        finally:
            if self.is_leading:
                self.is_leading = False
                await _release(self._locks, LEADER, self._token)

    async def _lead(self, lead: Callable[[], Awaitable[None]]) -> None:
        self.is_leading = True
        log.info("worker.leads")
        leading = asyncio.ensure_future(lead())
        try:
            while await self._acquire():
                await asyncio.wait({leading}, timeout=RENEW_S)
                if leading.done():
                    leading.result()
            self.is_leading = False
            log.warning("worker.leads_no_more")
        finally:
            leading.cancel()
            await asyncio.wait({leading})

    async def _acquire(self) -> bool:
        """Take or renew the lock; False when another worker has it, or nobody knows who."""
        try:
            return await self._locks.acquire(LEADER, self._token, ttl_s=TTL_S)
        except StoreAway:
            return False


async def _release(locks: LockStore, name: str, token: str) -> None:
    try:
        await locks.release(name, token)
    except SappBotError as error:  # it ends by itself
        log.info("lock.not_released", reason=str(error))
