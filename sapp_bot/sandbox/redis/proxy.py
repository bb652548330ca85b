"""A proxy in front of any Redis: counts and records the commands, and injects planned faults."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from urllib.parse import SplitResult, urlsplit

from sapp_bot.sandbox.faults import Faults
from sapp_bot.sandbox.lifetime import RunsInContext
from sapp_bot.sandbox.port import Port

from .commands import CommandCounts
from .resp import RespCommand
from .session import ProxySession

LOG_NAMES = 10_000
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class RedisProxy(RunsInContext):
    """A TCP port that forwards to the Redis at `target`.

    A fault `before` applies to a command that is not forwarded yet, `after` to one that ran and
    whose reply is held, dropped, or never sent. If the client hangs up, a held command is dropped.
    `Fail` answers with `-text` and forwards nothing.

    Attributes:
        faults: planned per command name; see `commands` for what scripts are called.
        names: the newest commands, the most specific name of each; `counts`: all of them.
        round_trips: commands, those sent without waiting for an earlier reply not counted.
        in_flight: commands without a reply so far, without those that block on purpose (BLPOP).
        connections: TCP connections accepted so far.
    """

    def __init__(self, target: str, *, port: int = 0) -> None:
        """Choose the Redis to forward to: `redis://` with user, password, database, or `unix://`.

        Raises:
            ValueError: another kind of address.
        """
        self._target = urlsplit(target)
        if self._target.scheme not in {"redis", "unix"}:
            raise ValueError("the proxy reads redis:// and unix:// only")
        self._port = Port(port)
        self._links: set[ProxySession] = set()
        self._names = CommandCounts()
        self.moving = asyncio.Event()
        self.moving.set()
        self.faults = Faults()
        self.names: deque[str] = deque(maxlen=LOG_NAMES)
        self.counts: Counter[str] = Counter()
        self.round_trips = 0
        self.in_flight = 0
        self.connections = 0

    @property
    def url(self) -> str:
        """Address for clients: the target's, with the proxy's host and port."""
        target = self._target
        user = target.netloc.rpartition("@")[0]
        place = f"{self._port.host}:{self._port.number}"
        path = target.path if target.scheme == "redis" else ""
        netloc = f"{user}@{place}" if user else place
        return SplitResult("redis", netloc, path, target.query, "").geturl()

    @property
    def commands(self) -> int:
        """Number of commands so far."""
        return self.counts.total()

    def note(self, command: RespCommand, *, fresh: bool) -> tuple[str, ...]:
        """Count a command and return its names.

        Args:
            command: The command.
            fresh: Whether its connection waited for no other reply.

        """
        names = self._names.of(command.words)
        self.names.append(names[0])
        self.counts[names[0]] += 1
        self.round_trips += fresh
        return names

    async def start(self) -> None:
        """Start listening."""
        await self._port.open(self._accept)

    async def stop(self) -> None:
        """Stop listening, cut all connections, and release held commands."""
        await self.refuse()
        self.faults.clear()
        self._port.give_back()

    async def refuse(self) -> None:
        """Behave as a stopped Redis: cut all connections, refuse new ones until `accept`."""
        self._port.close()
        await self.cut()

    async def accept(self) -> None:
        """Accept connections again, on the same port."""
        await self.start()

    async def cut(self) -> None:
        """Cut all present connections."""
        links = list(self._links)
        for link in links:
            link.close()
        await asyncio.gather(*(link.done.wait() for link in links))

    def freeze(self) -> None:
        """Behave as a suspended Redis: accept connections and commands, forward nothing.

        Commands received meanwhile run after `thaw`, even if their client has given up: so does a
        suspended process with what is in its sockets.
        """
        self.moving.clear()

    def thaw(self) -> None:
        """Continue after `freeze`."""
        self.moving.set()

    def _accept(self) -> asyncio.BaseProtocol:
        self.connections += 1
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = ProxySession(self, reader, writer)
        self._links.add(link)
        try:
            await link.run(self._connect)
        finally:
            self._links.discard(link)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.scheme == "unix":
            return await asyncio.open_unix_connection(self._target.path)
        host, port = self._target.hostname or "127.0.0.1", self._target.port or 6379
        return await asyncio.open_connection(host, port)
