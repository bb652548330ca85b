"""The type of what stores and sends the words of handlers that nobody wrote to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sapp_bot.domain.ports import StorageWrite
from sapp_bot.domain.replies import QueuedReply

Tell = Callable[[str, Sequence[QueuedReply], Sequence[StorageWrite]], Awaitable[None]]
"""Stores replies and changes in one step, once under a name, and sends the replies."""
