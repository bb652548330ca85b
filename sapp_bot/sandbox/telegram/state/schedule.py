"""Messages that wait for their date, by account and chat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_FIRST_ID = 100


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Any
    send: Callable[[], None]
    timer: asyncio.TimerHandle


class ScheduledMessages:
    """What waits. Each message is sent by a timer of the running loop."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], dict[int, _Waiting]] = {}
        self._last_id = _FIRST_ID

    def next_id(self) -> int:
        """Return the id for a new message; these ids are apart from those of mailboxes."""
        self._last_id += 1
        return self._last_id

    def of(self, owner: int, chat: int) -> list[Any]:
        """Return what an account has waiting in a chat."""
        return [waiting.message for waiting in self._waiting.get((owner, chat), {}).values()]

    def add(self, owner: int, chat: int, message: Any, send: Callable[[], None]) -> None:
        """Keep a message, and call `send` at its date."""
        wait_s = (message.date - datetime.now(UTC)).total_seconds()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(wait_s, self.hurry, owner, chat, [message.id])
        self._waiting.setdefault((owner, chat), {})[message.id] = _Waiting(message, send, timer)

    def remove(self, owner: int, chat: int, ids: Iterable[int]) -> list[int]:
        """Forget messages, and return the ids of those that there were."""
        waiting = self._waiting.get((owner, chat), {})
        gone = [number for number in ids if number in waiting]
        for number in gone:
            waiting.pop(number).timer.cancel()
        return gone

    def hurry(self, owner: int, chat: int, ids: Iterable[int]) -> None:
        """Send messages now."""
        waiting = self._waiting.get((owner, chat), {})
        due = [waiting[number] for number in ids if number in waiting]
        self.remove(owner, chat, [one.message.id for one in due])
        for one in due:
            one.send()
