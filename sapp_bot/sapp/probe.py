"""Asks the API now and then whether it is there, for the log and for `health`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from . import calls
from .client import ApiClient
from .errors import SappError

EVERY_S = 15.0
"""How often it is asked, in seconds."""

REMIND_S = 60.0
"""How often an outage is mentioned again, in seconds."""

log = structlog.get_logger(__name__)


class ApiProbe:
    """Whether the API answers; an outage is logged at once and then every minute."""

    def __init__(
        self,
        api: ApiClient,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the way to the API; nothing is asked yet."""
        self.is_up = False
        self._api = api
        self._sleep = sleep
        self._monotonic = monotonic
        self._away_since: float | None = None
        self._said_at = 0.0

    async def run(self) -> NoReturn:
        """Ask until cancelled."""
        while True:
            await self.look()
            await self._sleep(EVERY_S)

    async def look(self) -> bool:
        """Ask once; return whether it answered."""
        try:
            await self._api.call(calls.ping())
        except SappError as error:
            self.is_up = False
            self._tell(error)
        else:
            self.is_up = True
            if self._away_since is not None:
                log.info("sapp.found", away_s=round(self._monotonic() - self._away_since))
                self._away_since = None
        return self.is_up

    async def answers(self) -> bool:
        """Return whether it answered the last time."""
        return self.is_up

    def _tell(self, error: SappError) -> None:
        now = self._monotonic()
        if self._away_since is None:
            self._away_since = now
        elif now - self._said_at < REMIND_S:
            return
        self._said_at = now
        log.warning("sapp.away", reason=str(error), away_s=round(now - self._away_since))
