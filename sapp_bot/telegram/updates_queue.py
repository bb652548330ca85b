"""The queue between Telethon's reader and its update loop, which gives several letters as one.

Telethon takes one letter at a time, by `asyncio.wait_for`: up to Python 3.11 that is a task, a
timer and three turns of the event loop for each. While a thousand handlers have steps in each turn,
a thousand letters took seconds to be read, and whatever came after them waited in the socket.
Source: telethon 1.45, client/updates.py, `_update_loop`.
"""

from __future__ import annotations

import asyncio
from collections import deque

from .seam import TL, types

MOST_LETTERS = 16
"""Letters that are read before the loop goes on with other work: they take it about 10 ms."""


class UpdatesQueue(asyncio.Queue[TL]):
    """Implements Telethon's queue of `Updates`, in the order in which they came."""

    _queue: deque[TL]  # asyncio's, for those who derive from it

    def get(self) -> asyncio.Future[TL]:  # type: ignore[override]  # Telethon awaits it
        """Return the next letters as one `Updates`, at once if there are any."""
        loop = asyncio.get_running_loop()
        if self.empty():
            return loop.create_task(super().get())
        found = loop.create_future()
        found.set_result(self._next())
        return found

    def _next(self) -> TL:
        first = self.get_nowait()
        if self.empty() or not _is_plain(first):
            return first
        letters = [first]
        while len(letters) < MOST_LETTERS and not self.empty() and _is_plain(self._queue[0]):
            letters.append(self.get_nowait())
        return _as_one(letters) if len(letters) > 1 else first


def _is_plain(letter: TL) -> bool:
    """Return whether a letter stands for its updates alone.

    One with a sequence number may show a gap; what this client has done itself is marked by
    Telethon. Source: https://core.telegram.org/api/updates#update-handling.
    """
    return (
        type(letter) is types.Updates
        and letter.seq == 0
        and not getattr(letter, "_self_outgoing", False)
    )


def _as_one(letters: list[TL]) -> TL:
    """Return one letter with all updates: Telethon sorts those of a letter by their `pts`."""
    return types.Updates(
        updates=[update for letter in letters for update in letter.updates],
        users=[user for letter in letters for user in letter.users],
        chats=[chat for letter in letters for chat in letter.chats],
        date=letters[-1].date,
        seq=0,
    )
