"""A local Telegram with one bot, edges that speak for it, and people with unmodified clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from sapp_bot.domain.updates import Arrival, Message
from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.telegram.edge import EdgeConfig, TelegramEdge, Timing

WAIT_S = 30.0
"""How long a test waits for what must come."""


class Shelf:
    """Takes updates as the inbox does; while `holding`, none counts as stored."""

    def __init__(self) -> None:
        self.taken: list[Arrival] = []
        self.holding = False
        self._came = asyncio.Event()

    def take(self, update: Arrival) -> None:
        """Take one, at once."""
        self.taken.append(update)
        self._came.set()

    def pending(self) -> bool:
        """Tell whether some are not stored."""
        return self.holding

    @property
    def texts(self) -> list[str]:
        """The texts of the messages taken so far."""
        return [u.text for u in self.taken if isinstance(u, Message)]

    async def first(self, count: int) -> list[Arrival]:
        """Wait for so many updates."""
        async with asyncio.timeout(WAIT_S):
            while len(self.taken) < count:
                self._came.clear()
                await self._came.wait()
        return self.taken[:count]


@dataclass
class Talker:
    """A person with a client of their own."""

    account: Account
    client: Any
    bot: Any

    async def say(self, *texts: str) -> None:
        """Send messages to the bot, one after the other."""
        for text in texts:
            await self.client.send_message(self.bot, text, parse_mode=None)

    async def history(self) -> list[Any]:
        """Read the chat with the bot, oldest first."""
        return list(reversed(await self.client.get_messages(self.bot, limit=50)))


@dataclass
class Stage:
    """The server and its bot."""

    server: TelegramServer
    bot: Account
    folder: Path
    people: list[Any] = field(default_factory=list)

    def config(self, folder: Path | None = None) -> EdgeConfig:
        """Aim an edge at the server."""
        return EdgeConfig(
            api_id=1,
            api_hash=SecretStr("hash"),
            bot_token=SecretStr(self.bot.token),
            folder=folder or self.folder,
            server=f"{self.server.host}:{self.server.port}",
            server_key=self.server.public_key_pem,
        )

    def edge(self, folder: Path | None = None, **timing: float) -> TelegramEdge:
        """Make an edge that is not connected yet."""
        return TelegramEdge(self.config(folder), timing=Timing(**timing))

    @asynccontextmanager
    async def running(
        self, shelf: Shelf, folder: Path | None = None, **timing: float
    ) -> AsyncIterator[TelegramEdge]:
        """Run an edge until the end of the block, then stop it cleanly."""
        edge = self.edge(folder, **timing)
        try:
            await edge.connect()
            edge.listen(shelf.take, pending=shelf.pending)
            work = asyncio.create_task(edge.run())
            yield edge
        finally:
            await edge.stop()
        await work

    @asynccontextmanager
    async def talker(self, name: str = "Ann", language: str = "en") -> AsyncIterator[Talker]:
        """Let a person come, until the end of the block."""
        account = self.server.add_person(name, language)
        client = make_client(self.server, self.server.ready_key(account))
        await client.connect()
        try:
            yield Talker(account, client, await client.get_input_entity(self.bot.username))
        finally:
            await client.disconnect()


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Serve one bot; nothing in the server may have crashed at the end."""
    async with TelegramServer() as server:
        yield Stage(server, server.add_bot("sapp_test_bot"), folder)
        assert not server.crashes


async def until(true: Callable[[], object], *, within_s: float = WAIT_S) -> None:
    """Wait for something that tells nobody; a bounded look every 10 ms."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)
