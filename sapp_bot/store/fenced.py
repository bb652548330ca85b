"""Runs fenced Lua scripts; what inbox, outbox, plugin storage and login attempts share.

That is the command pipeline, the key names, the encryption, and the fencing token: each script
first compares it with the owner that Redis knows, so that a process that another one has replaced
can change nothing any more.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import AlreadyRunning, SappBotError

from .command_pipeline import BATCH, CommandPipeline, PipelinedCall
from .keys import Keys
from .sealing import Sealer, Value, kind_of

log = structlog.get_logger(__name__)


class FencedScripts:
    """Runs scripts as one process of one account, and fences it off when another took over."""

    def __init__(self, pipeline: CommandPipeline, keys: Keys, sealer: Sealer, clock: Clock) -> None:
        self.keys = keys
        self.sealer = sealer
        self.token = secrets.token_hex(8)
        self._pipeline = pipeline
        self._clock = clock

    def now(self) -> datetime:
        """Aware UTC."""
        return self._clock.now()

    async def claim(self) -> None:
        """Make this process the owner; the former one can do nothing from now on.

        Raises:
            StoreAway: no answer in time.

        """
        _, before = await self._pipeline.ask(
            PipelinedCall("claim", (self.keys.owner,), (self.token,))
        )
        taken_over = before is not None and before != self.token.encode()
        log.info("store.claimed", taken_over=taken_over)

    def call(
        self,
        script: str,
        keys: Sequence[str],
        *args: str | bytes | int,
        keeps_place: bool = False,
    ) -> PipelinedCall:
        """Prepare a fenced call; `run` carries it out."""
        return PipelinedCall(script, (self.keys.owner, *keys), (self.token, *args), keeps_place)

    async def run(self, call: PipelinedCall) -> list[Any]:
        """Carry out a fenced call; gives the script's answer, its first item is a word.

        Raises:
            StoreAway: no answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        while True:
            answer: list[Any] = await self._pipeline.ask(call)
            if answer[0] == b"fenced":
                raise AlreadyRunning("another process has claimed this account")
            if answer[0] == b"misplaced":
                raise SappBotError(f"{call.script} out of order: not the oldest of its person")
            if answer[0] != b"lost":
                return answer
            log.error("store.emptied", hint="Redis has lost its data; logins and forms are gone")
            call.reply = None
            await self.claim()

    async def each(
        self, index: str, read: Callable[[int], Awaitable[Sequence[Value]]]
    ) -> list[Value]:
        """Read the list of every member of `people` or `chats`; members in order of number.

        Raises:
            StoreAway: no answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        answer = await self.run(self.call("members", (index,)))
        members = sorted(map(int, answer[1]))
        found: list[Value] = []
        for at in range(0, len(members), BATCH):  # as many as go out together, not all at once
            for items in await asyncio.gather(*map(read, members[at : at + BATCH])):
                found += items
        return found

    async def drop(self, entry: bytes, place: str, index: str, member: int) -> None:
        """Take an entry that cannot be opened off its list, so that it blocks nothing.

        Raises:
            StoreAway: no answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        log.error("store.dropped", kind=kind_of(place), person=member)
        await self.run(self.call("drop", (place, index), entry, member))
