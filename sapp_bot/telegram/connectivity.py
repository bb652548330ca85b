"""The connection to Telegram, and what is known of it: reachable or not, and since when."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from typing import ClassVar

import structlog

from sapp_bot.retry import Backoff

from .seam import Connection, InvalidBufferError

FIRST_ANSWER_S = 15.0
"""A server that took the connection must say something within this time."""

IDLE_S = 90.0
"""A connection without one packet for so long is dead: Telethon pings every 60 s."""

KEEP_ALIVE: Mapping[str, int] = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""After 15 s of silence the system asks the other end, three times 5 s: whoever has gone without a
word is missed within half a minute. Source: tcp(7); not every system has all three."""

REMIND_S = 60.0
"""How often an outage is mentioned again."""

STEADY_S = 5.0
"""A connection that lasted shorter is followed by a pause, each time twice as long."""

FLOOD_PAUSE_S = 30.0
"""Before the next connection after Telegram said, for a whole connection, that it is too much.
Source: https://core.telegram.org/mtproto/mtproto-transports#transport-errors, 429."""

FLOOD = 429

BACKOFF = Backoff(first_s=0.25, factor=2.0, longest_s=3.0, first_at_once=True)
"""Between connections that did not last; after one that did, the next comes at once."""

log = structlog.get_logger(__name__)


class Connectivity:
    """Whether Telegram can be reached; an outage is logged at once and then every minute."""

    def __init__(self) -> None:
        self.online = asyncio.Event()
        self._since: float | None = None
        self._said = 0.0
        self._begun: float | None = None
        self._short_lived = 0
        self._is_flooded = False

    @property
    def pause_s(self) -> float:
        """How long to wait before connecting again: Telethon itself would not wait at all.

        A server that takes connections and drops them would else be called without end.
        """
        if self._is_flooded:
            return FLOOD_PAUSE_S
        return BACKOFF.wait_s(self._short_lived)

    def begun(self) -> None:
        """Note that a connection is open."""
        self._begun = time.monotonic()
        self.online.set()

    def ended(self) -> None:
        """Note that the connection is closed."""
        self.online.clear()
        if self._begun is not None:
            short = time.monotonic() - self._begun < STEADY_S
            self._short_lived = min(self._short_lived + 1, 10) if short else 0
            self._begun = None

    def flooded(self) -> None:
        """Note that Telegram wants fewer connections."""
        self._is_flooded = True
        log.warning("telegram.connections_limited", pause_s=FLOOD_PAUSE_S)

    def lost(self, error: BaseException) -> None:
        """Note that a connection failed."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        elif now - self._said < REMIND_S:
            return
        self._said = now
        away_s = round(now - self._since)
        log.warning("telegram.unreachable", error=_describe(error), away_s=away_s)

    def found(self) -> None:
        """Note that Telegram answered."""
        self._is_flooded = False
        if self._since is not None:
            log.info("telegram.back", away_s=round(time.monotonic() - self._since))
            self._since = None


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


class WatchedConnection(Connection):
    """One TCP connection that cannot hang: a silent server counts as an unreachable one."""

    reach: ClassVar[Connectivity]

    _heard = False

    async def connect(self, timeout: float | None = None, ssl: object = None) -> None:  # noqa: ASYNC109  # Telethon's signature
        """Open it; `timeout` in seconds."""
        self._heard = False
        await asyncio.sleep(self.reach.pause_s)
        try:
            await super().connect(timeout=timeout, ssl=ssl)
        except OSError as error:
            self.reach.lost(error)
            raise
        keep_alive(self._writer.get_extra_info("socket"))
        self.reach.begun()

    async def disconnect(self) -> None:
        """Close it."""
        if self._connected:
            self.reach.ended()
        await super().disconnect()

    async def recv(self) -> bytes:
        """Wait for one packet.

        Raises:
            ConnectionError: none came in time; Telethon then connects anew.

        """
        wait_s = IDLE_S if self._heard else FIRST_ANSWER_S
        try:
            async with asyncio.timeout(wait_s):
                packet = await super().recv()
        except TimeoutError:
            silent = ConnectionError(f"no packet within {wait_s:.0f} s")
            self.reach.lost(silent)
            raise silent from None
        except (OSError, asyncio.IncompleteReadError) as error:
            if not self._heard:
                self.reach.lost(error)
            raise
        except InvalidBufferError as error:
            if error.code != FLOOD:
                raise
            # Telethon would end the client for good.
            self.reach.flooded()
            raise ConnectionError("too many connections") from None
        if not self._heard:
            self._heard = True
            self.reach.found()
        return packet


def keep_alive(connection: socket.socket) -> None:
    """Have the system look whether the other end is still there."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def link_type(reach: Connectivity) -> type[WatchedConnection]:
    """Make the connection class of one client: Telethon takes a class, not an object."""

    class ReachedLink(WatchedConnection):
        pass

    ReachedLink.reach = reach
    return ReachedLink
