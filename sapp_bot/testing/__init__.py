"""The test kit: persons who say, press and read; restarts; time that passes at once.

    async with Stage(Path("plugins")) as stage:
        ann = stage.person("Ann")
        await ann.says("/start")
        assert ann.sees("Welcome")

The real host, store and plugins run in this process, on a Redis in memory and the API's stand-in;
only Telegram is played by `ChatRoom`. A handler that fails unexpectedly fails the test.
`SandboxStage` takes the place of `Stage` where the same test shall go through a local Telegram.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .actor import Actor, Said
from .chatroom import ChatRoom, Shown
from .clock import ManualClock
from .stage import Stage

if TYPE_CHECKING:
    from .sandbox import SandboxStage as SandboxStage

__all__ = ["Actor", "ChatRoom", "ManualClock", "Said", "SandboxStage", "Shown", "Stage"]


def __getattr__(name: str) -> object:
    """Find what costs the import of Telethon only when it is asked for."""
    if name != "SandboxStage":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".sandbox", __name__), name)
