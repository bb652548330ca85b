"""`AuditLog`: one line for each act of an operator, sealed in Redis, newest first.

A line is written before the act, as "begun": what cannot be noted is not done, and an act in which
the process dies leaves a trace. The outcome replaces it, in the commit of the turn.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog

from sapp_bot.domain.ports import Clock, PluginStorage, StorageWrite, StoredValue
from sapp_bot.errors import PluginError, StoreAway, UserError
from sapp_bot.host.authoring.providers import Factory
from sapp_bot.host.authoring.turn import NOBODY, Turn
from sapp_bot.values import dataclass, field, replace

log = structlog.get_logger(__name__)

KEPT = timedelta(days=400)
"""Lines are kept for a year and a month, so that a year can be compared with the one before."""

LONGEST = 300
"""Longest text of a line, in characters; more is cut."""

BEGUN, DONE, REFUSED, FAILED = "begun", "done", "refused", "failed"
"""Outcomes. "begun" stays when the process died in the act: then nobody knows."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act of an operator.

    Attributes:
        at: When it began, aware UTC.
        operator: Telegram user id of who did it.
        act: What was done, in the words of the command: "plugin disable".
        subject: To what or whom: "client 5".
        detail: More about it: "+100 reads".
        outcome: "begun", "done", "refused" or "failed".
        name: First name of the operator's Telegram account by then, "" if it is not known.

    """

    at: datetime
    operator: int = field(repr=False)
    act: str
    subject: str
    detail: str
    outcome: str
    name: str = field(default="", repr=False)


class AuditEntry:
    """The line of an act that is being done: `entry.tell("300 of 300 sent")` adds to it."""

    def __init__(self, line: AuditLine) -> None:
        self.line = line

    def tell(self, detail: str) -> None:
        """Add what came of the act; it must hold no secret."""
        known = self.line.detail
        self.line = replace(self.line, detail=f"{known}, {detail}" if known else detail)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some lines, newest first; `has_more` tells whether there are older ones."""

    lines: tuple[AuditLine, ...]
    has_more: bool


class AuditLog:
    """What operators did. Texts must hold no secret; they are data, shown as they are.

    ```python
    async with audit.act("topup", f"client {client.id}", f"+{reads} reads") as entry:
        ...  # do it; an error is noted, and goes on its way
        entry.tell("now 500")
    ```
    """

    def __init__(
        self,
        storage: PluginStorage,
        clock: Clock,
        hide: Callable[[str], str],
        turn: Turn | None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._hide = hide
        self._turn = turn
        self._acts = 0

    @asynccontextmanager
    async def act(
        self, act: str, subject: str = "", detail: str = "", *, operator: int = 0
    ) -> AsyncIterator[AuditEntry]:
        """Note an act around what does it; an error is noted, too, and raised on.

        Handled again after a crash, it has the same line.

        Args:
            act: What is done, in the words of the command: "plugin disable".
            subject: To what or whom: "client 5".
            detail: More about it: "+100 reads".
            operator: Telegram user id of who does it; in a handler it is known.

        Raises:
            PluginError: nobody did it: `operator` is missing where no person wrote.
            StoreAway: it could not be noted, and so nothing was done.

        """
        turn, self._acts = self._turn, self._acts + 1
        sender = turn.update.sender if turn is not None else NOBODY
        who = operator or (sender.id if sender != NOBODY else 0)
        if not who:
            raise PluginError("nobody wrote here: say who acts, `audit.act(…, operator=id)`")
        now = self._clock.now()
        source = turn.update.key if turn is not None else now.isoformat()
        key = f"{source} {act} {subject} {self._acts}"
        name = sender.name if who == sender.id else ""
        entry = AuditEntry(AuditLine(now, who, act, subject, detail, BEGUN, name))
        await self._storage.write([self._write(key, entry.line)])
        try:
            yield entry
        except BaseException as error:
            refused = isinstance(error, UserError)
            entry.tell(type(error).__name__)
            line = replace(entry.line, outcome=REFUSED if refused else FAILED)
            log.info("audit.act", act=act, subject=subject, outcome=line.outcome)
            with suppress(StoreAway):  # the error itself matters more
                await self._storage.write([self._write(key, line)])
            raise
        log.info("audit.act", act=act, subject=subject, outcome=DONE)
        await self._finish(self._write(key, replace(entry.line, outcome=DONE)))

    async def page(self, *, skip: int = 0, count: int = 10) -> AuditPage:
        """Return `count` lines, newest first, after the newest `skip`.

        Raises:
            StoreAway: Redis does not answer.

        """
        found: list[AuditLine] = []
        for month in _months(self._clock.now()):
            lines = [_line(kept.text) async for kept in self._storage.all(_collection(month))]
            found += sorted(lines, key=lambda line: line.at, reverse=True)
            if len(found) > skip + count:
                break
        return AuditPage(tuple(found[skip : skip + count]), len(found) > skip + count)

    async def has_acts_of(self, operator: int) -> bool:
        """Return whether there is a line of an operator, by their Telegram user id.

        Raises:
            StoreAway: Redis does not answer.

        """

        async def is_in(month: datetime) -> bool:
            lines = self._storage.all(_collection(month))
            return operator in [_line(kept.text).operator async for kept in lines]

        return any(await asyncio.gather(*map(is_in, _months(self._clock.now()))))

    async def _finish(self, write: StorageWrite) -> None:
        """Write with the turn's commit, which waits for the store; at once without one."""
        turn = self._turn
        if turn is None or turn.changes.is_over:
            await self._storage.write([write])
        else:
            turn.changes.writes[write.collection, write.key] = write

    def _write(self, key: str, line: AuditLine) -> StorageWrite:
        shown = {
            name: self._hide(text)[:LONGEST] if isinstance(text, str) else text
            for name, text in asdict(line).items()
        }
        text = json.dumps({**shown, "at": line.at.isoformat()})
        collection = _collection(line.at)
        return StorageWrite(collection, key, StoredValue(key, 1, text, line.at + KEPT))


class AuditLogProvider:
    """Gives each call its `AuditLog`. Without storage, as in a check, it only looks at the type."""

    def __init__(
        self, storage: PluginStorage | None, clock: Clock | None, hide: Callable[[str], str]
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._hide = hide

    def bind(self, plugin: str, kind: type) -> Factory:  # noqa: ARG002  # all plugins share it
        """Return the factory of the audit log."""
        storage, clock, hide = self._storage, self._clock, self._hide

        def make(turn: Turn | None) -> AuditLog:
            if storage is None or clock is None:
                raise PluginError("there is no audit log in a check")
            return AuditLog(storage, clock, hide, turn)

        return make


def _collection(at: datetime) -> str:
    # One for each month: values are found by their whole key only, so a page of the newest lines
    # would else read all of them.
    return f"audit {at:%Y-%m}"


def _months(now: datetime) -> list[datetime]:
    """Return a time in each month that may have lines, newest first."""
    month, found = now.replace(day=1), []
    while month > now - KEPT - timedelta(days=31):
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _line(text: str) -> AuditLine:
    kept = json.loads(text)
    return AuditLine(**{**kept, "at": datetime.fromisoformat(kept["at"])})
