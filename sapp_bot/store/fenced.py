"""Runs fenced Lua scripts: pipeline, key names and encryption shared by all Redis repositories.

Each script first compares this process's fencing token with the owner stored in Redis, so that a
process that another one has replaced can change nothing any more.
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
    """Runs scripts for one process of one account; refuses once another process has claimed it.

    The processes of a bot that runs in several have their own kinds of it: `roles.fences`.

    Args:
        pipeline: Sends the scripts.
        keys: Key names of the account.
        sealer: Encrypts and decrypts values.
        clock: Source of `now`.

    Attributes:
        claims: How often this process has claimed the account.

    """

    def __init__(self, pipeline: CommandPipeline, keys: Keys, sealer: Sealer, clock: Clock) -> None:
        self.keys = keys
        self.sealer = sealer
        self.token = secrets.token_hex(8)
        self.claims = 0
        self._fence = keys.owner
        self._pipeline = pipeline
        self._clock = clock

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return self._clock.now()

    async def claim(self) -> None:
        """Make this process the owner of the account; an earlier one can change nothing any more.

        Raises:
            StoreAway: Redis did not answer in time.

        """
        _, before = await self._pipeline.ask(self._claiming())
        self.claims += 1
        taken_over = before is not None and before != self.token.encode()
        log.info("store.claimed", taken_over=taken_over)

    def _claiming(self) -> PipelinedCall:
        return PipelinedCall("claim", (self.keys.owner, self.keys.workers), (self.token,))

    def call(
        self,
        script: str,
        keys: Sequence[str],
        *args: str | bytes | int,
        keeps_place: bool = False,
    ) -> PipelinedCall:
        """Return a call of a script with the owner's key and this process's token in front.

        Args:
            script: Name in `scripts.SCRIPTS`.
            keys: `KEYS` from number 2 on.
            args: `ARGV` from number 2 on.
            keeps_place: As of `PipelinedCall`.

        """
        return PipelinedCall(script, (self._fence, *keys), (self.token, *args), keeps_place)

    async def run(self, call: PipelinedCall) -> list[Any]:
        """Run a call made by `call`.

        Returns:
            The script's answer; its first item is a word such as b"done".

        Raises:
            StoreAway: Redis did not answer in time.
            AlreadyRunning: another process has claimed the account.
            SappBotError: a commit came for an update that is not the oldest of its person.

        """
        while True:
            answer: list[Any] = await self._pipeline.ask(call)
            if answer[0] == b"fenced":
                raise AlreadyRunning(
                    "another process has taken this account over: it was started somewhere else"
                    " while this one could not be seen in Redis"
                )
            if answer[0] == b"misplaced":
                raise SappBotError(f"{call.script} out of order: not the oldest of its person")
            if answer[0] != b"lost":
                return answer
            call.reply = None
            await self._regain()

    async def _regain(self) -> None:
        """Claim an account that has no owner: Redis was restarted empty or flushed.

        Going on with what memory holds beats refusing all people until an operator restarts the
        bot.
        """
        log.error("store.emptied", hint="Redis has lost its data; logins and forms are gone")
        await self.claim()

    async def each(
        self, index: str, read: Callable[[int], Awaitable[Sequence[Value]]]
    ) -> list[Value]:
        """Read the list of every member of the set `people` or `chats`.

        Args:
            index: Redis key of the set.
            read: Returns the values of one member's list.

        Returns:
            The values of all lists, members in ascending order.

        Raises:
            StoreAway: Redis did not answer in time.
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
        """Remove an entry that cannot be decrypted from its list.

        Args:
            entry: The entry as it is in the list.
            place: Redis key of the list.
            index: Redis key of the set whose member leaves when the list is empty.
            member: The member: a Telegram user or chat id.

        Raises:
            StoreAway: Redis did not answer in time.
            AlreadyRunning: another process has claimed the account.

        """
        log.error("store.dropped", kind=kind_of(place), person=member)
        await self.run(self.call("drop", (place, index), entry, member))
