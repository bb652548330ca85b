"""The TCP connection to Telegram, with time limits, and a record of whether it is reachable.

It replaces Telethon's connection class: that one waits forever for a silent server and reconnects
without a pause. It must not know what the packets mean.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import structlog

from sapp_bot.retry import Backoff

from .seam import PROXY_ERRORS, Connection, InvalidBufferError, InvalidChecksumError
from .updates_queue import MOST_LETTERS

FIRST_ANSWER_S = 15.0
"""Seconds within which a server that accepted the connection must send a first packet."""

IDLE_S = 90.0
"""Seconds without a packet after which a connection counts as dead: Telethon pings every 60 s."""

KEEP_ALIVE: Mapping[str, int] = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""TCP keep-alive in seconds: first probe after 15 s of silence, then every 5 s; three unanswered
ones close the connection, so a peer that vanished is noticed within 30 s.
Source: tcp(7); not every system has all three options."""

REMIND_S = 60.0
"""Seconds between two log lines about the same outage."""

STEADY_S = 5.0
"""Seconds that a connection must last; after a shorter one `BACKOFF` grows."""

FLOOD_PAUSE_S = 30.0
"""Seconds before the next connection after the transport error 429.
Source: https://core.telegram.org/mtproto/mtproto-transports#transport-errors."""

FLOOD, FORGOTTEN = 429, 404
"""Transport errors for too many connections and for an unknown key; same source."""

SHORTEST = 8
"""Bytes that any message begins with: the number of its key."""

_HUNG_UP = "the other side took the connection and hung up"
_GARBLED = "what answers there does not speak MTProto"

BACKOFF = Backoff(first_s=0.25, factor=2.0, longest_s=3.0, first_at_once=True)
"""Pauses between connections that did not last; after one that did, there is none."""

log = structlog.get_logger(__name__)


class Connectivity:
    """Records whether Telegram can be reached; logs an outage at once, then every minute.

    The event `online` is set while a connection is open.
    """

    def __init__(self) -> None:
        self.online = asyncio.Event()
        self._since: float | None = None
        self._said = 0.0
        self._begun: float | None = None
        self._heard_at = float("-inf")
        self._short_lived = 0
        self._is_flooded = False

    @property
    def pause_s(self) -> float:
        """Seconds to wait before the next connection.

        Telethon waits only after a refused connection: a server that accepts and then drops
        connections would be called in a tight loop.
        """
        if self._is_flooded:
            return FLOOD_PAUSE_S
        return BACKOFF.wait_s(self._short_lived)

    @property
    def age_s(self) -> float:
        """Seconds since the connection was opened; 0 without one."""
        return 0.0 if self._begun is None else time.monotonic() - self._begun

    def is_silent_since(self, at: float) -> bool:
        """Return whether no packet came, and no new connection began, since a monotonic time."""
        return self._heard_at < at

    def begun(self) -> None:
        """Record that a connection was opened."""
        self._begun = self._heard_at = time.monotonic()
        self.online.set()

    def heard(self) -> None:
        """Record that a packet came."""
        self._heard_at = time.monotonic()

    def ended(self) -> None:
        """Record that the connection was closed."""
        self.online.clear()
        if self._begun is not None:
            short = time.monotonic() - self._begun < STEADY_S
            self._short_lived = min(self._short_lived + 1, 10) if short else 0
            self._begun = None

    def flooded(self) -> None:
        """Record that Telegram limits connections (transport error 429)."""
        self._is_flooded = True
        log.warning("telegram.connections_limited", pause_s=FLOOD_PAUSE_S)

    def lost(self, error: BaseException) -> None:
        """Record that a connection failed, and log it at most once in `REMIND_S`."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        elif now - self._said < REMIND_S:
            return
        self._said = now
        away_s = round(now - self._since)
        log.warning("telegram.unreachable", error=_describe(error), away_s=away_s)

    def found(self) -> None:
        """Record that Telegram answered, which ends an outage."""
        self._is_flooded = False
        if self._since is not None:
            log.info("telegram.back", away_s=round(time.monotonic() - self._since))
            self._since = None


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


class _SilentError(ConnectionError):
    """No packet came in time; Telethon then reconnects."""


class WatchedConnection(Connection):
    """One TCP connection with time limits: a silent server counts as an unreachable one."""

    reach: ClassVar[Connectivity]

    def __init__(self, ip: str, port: int, dc_id: int, *, loggers: Any, **more: Any) -> None:
        super().__init__(ip, port, dc_id, loggers=loggers, **more)
        # Telethon has room for one, so that each packet takes a turn of the event loop of its own.
        self._recv_queue = asyncio.Queue(MOST_LETTERS)

    _heard = False
    _recv_queue: asyncio.Queue[tuple[bytes | None, Exception | None]]  # Telethon's
    _waits_since: float | None = None
    _watch: asyncio.TimerHandle | None = None

    async def connect(self, timeout: float | None = None, ssl: object = None) -> None:  # noqa: ASYNC109  # Telethon's signature
        """Open the connection, after the pause that `Connectivity` demands.

        Args:
            timeout: Seconds for the TCP connection itself, without the pause.
            ssl: Passed to Telethon.

        Raises:
            OSError: the connection failed.

        """
        self._heard = False
        await asyncio.sleep(self.reach.pause_s)
        try:
            await super().connect(timeout=timeout, ssl=ssl)
        except OSError as error:
            self.reach.lost(error)
            raise
        except PROXY_ERRORS as error:
            # Not an OSError: Telethon would let it end the process.
            broken = ConnectionError(f"the proxy does not lead there: {error}")
            self.reach.lost(broken)
            raise broken from None
        keep_alive(self._writer.get_extra_info("socket"))
        self.reach.begun()

    async def disconnect(self) -> None:
        """Close the connection; may be called again."""
        if self._connected:
            self.reach.ended()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        await super().disconnect()

    async def recv(self) -> bytes:
        """Return the next packet.

        Raises:
            ConnectionError: none came in time, or Telegram limits connections; Telethon then
                reconnects.
            OSError, IncompleteReadError: the connection broke; Telethon then reconnects.
            InvalidBufferError: another transport error than 429.

        """
        try:
            packet = await self._next_packet()
        except _SilentError as silent:
            self.reach.lost(silent)
            raise
        except (asyncio.IncompleteReadError, InvalidChecksumError) as error:
            # Not an OSError: during the key exchange Telethon would let it end the process.
            # A server may close an idle connection: only one that never answered is an outage.
            broken = ConnectionError(_HUNG_UP if isinstance(error, EOFError) else _GARBLED)
            if not self._heard:
                self.reach.lost(broken)
            raise broken from None
        except OSError as error:
            if not self._heard:
                self.reach.lost(error)
            raise
        except InvalidBufferError as error:
            if error.code == FORGOTTEN or (error.code != FLOOD and self._heard):
                raise
            if error.code != FLOOD:
                self.reach.lost(ConnectionError(_GARBLED))
                raise ConnectionError(_GARBLED) from None
            # Telethon disconnects for good after 429; after a ConnectionError it reconnects.
            self.reach.flooded()
            raise ConnectionError("too many connections") from None
        self._check(packet)
        self.reach.heard()
        if not self._heard:
            self._heard = True
            self.reach.found()
        return packet

    async def _next_packet(self) -> bytes:
        loop = asyncio.get_running_loop()
        self._waits_since = loop.time()
        if self._watch is None:
            self._watch = loop.call_later(self._silence_s, self._look)
        try:
            packet: bytes = await super().recv()
        finally:
            self._waits_since = None
        return packet

    @property
    def _silence_s(self) -> float:
        return IDLE_S if self._heard else FIRST_ANSWER_S

    def _look(self) -> None:
        """End a wait that takes too long.

        One timer that looks now and then, as a time limit around each packet took a fiftieth of
        what a command costs.
        """
        loop, waits_since = asyncio.get_running_loop(), self._waits_since
        silence_s = self._silence_s
        again_at = loop.time() + silence_s if waits_since is None else waits_since + silence_s
        # A packet may lie there that `recv` has not been woken for yet.
        if again_at <= loop.time() and self._recv_queue.empty():
            self._recv_queue.put_nowait((None, _SilentError(f"no packet within {silence_s:.0f} s")))
            self._watch = None
        else:
            self._watch = loop.call_at(max(again_at, loop.time() + 0.01), self._look)

    def _check(self, packet: bytes) -> None:
        """Look at what cannot be a message: an error code, or what was there when it broke off.

        Source: telethon/network/connection/tcpfull.py, read_packet, which returns such a rest;
        https://core.telegram.org/mtproto/mtproto-transports#transport-errors, 4 bytes.

        Raises:
            ConnectionError: connect anew.

        """
        if len(packet) >= SHORTEST or packet == struct.pack("<i", -FORGOTTEN):
            return
        if packet == struct.pack("<i", -FLOOD):
            self.reach.flooded()
            raise ConnectionError("too many connections")
        broken = ConnectionError(_GARBLED)
        self.reach.lost(broken)
        raise broken


def keep_alive(connection: socket.socket) -> None:
    """Enable TCP keep-alive on a socket, with the times of `KEEP_ALIVE`."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def link_type(reach: Connectivity, base: type[Any] | None = None) -> type[WatchedConnection]:
    """Return a connection class bound to `reach`: Telethon takes a class and makes the objects.

    `base` is a connection class with a framing of its own, as for an MTProxy.
    """
    if base is None:
        return type("ReachedLink", (WatchedConnection,), {"reach": reach})
    more = {"reach": reach, "packet_codec": base.packet_codec}
    return type("ReachedLink", (WatchedConnection, base), more)
