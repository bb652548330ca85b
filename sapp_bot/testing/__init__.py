"""Test kit for plugins: simulated persons, a simulated Telegram, restarts and a manual clock.

    async with Stage(Path("plugins")) as stage:
        ann = stage.person("Ann")
        await ann.says("/start")
        assert ann.sees("Welcome")

The real host, store and plugins run in this process, on a Redis in memory and the API's stand-in;
`ChatRoom` simulates Telegram. An unexpected error in a handler fails the test.
`SandboxStage` replaces `Stage` to run the same test through a local Telegram server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .actor import Actor, PayResult, Said
from .chatroom import ChatRoom, Shown, ShownFile, ShownInvoice
from .clock import ManualClock
from .metrics import RecordingMetrics
from .stage import Stage
from .stars import SimulatedStars

if TYPE_CHECKING:
    from .sandbox import SandboxStage as SandboxStage

__all__ = [
    "Actor",
    "ChatRoom",
    "ManualClock",
    "PayResult",
    "RecordingMetrics",
    "Said",
    "SandboxStage",
    "Shown",
    "ShownFile",
    "ShownInvoice",
    "SimulatedStars",
    "Stage",
]


def __getattr__(name: str) -> object:
    # `SandboxStage` imports Telethon, which takes longer than a whole test with `Stage`.
    if name != "SandboxStage":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".sandbox", __name__), name)
