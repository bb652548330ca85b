"""Who holds up the event loop: a thread that asks it to answer, and looks where it is if not."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from types import FrameType

import structlog

from .names import owner_of

log = structlog.get_logger(__name__)

LIMIT_S = 0.25
"""So long the loop may be busy with one thing."""

EVERY_S = 0.1
_IDLE = "selectors"


@dataclass(frozen=True, slots=True)
class CodeLocation:
    """Where the loop was found. `plugin` is empty when it was in nobody's plugin."""

    plugin: str
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        """Show it to an operator."""
        return f"{self.function} ({PurePath(self.file).name}:{self.line})"


def place_of(frame: FrameType | None) -> CodeLocation | None:
    """Find the innermost plugin on a stack, else its innermost frame; None in an idle loop."""
    if frame is None or frame.f_globals.get("__name__") == _IDLE:
        return None
    innermost = frame
    at: FrameType | None = frame
    while at is not None:
        plugin = owner_of(at.f_globals.get("__name__"))
        if plugin:
            return _place(plugin, at)
        at = at.f_back
    return _place("", innermost)


def _place(plugin: str, frame: FrameType) -> CodeLocation:
    code = frame.f_code
    return CodeLocation(plugin, code.co_name, code.co_filename, frame.f_lineno)


@contextmanager
def watchdog(
    tell: Callable[[CodeLocation, float], None], *, limit_s: float = LIMIT_S
) -> Iterator[None]:
    """Watch the running loop. `tell` is called in it, afterwards, with the place and seconds.

    The log says it at once: a loop that never comes back would never tell.
    """
    dog = _Watchdog(asyncio.get_running_loop(), tell, limit_s)
    dog.start()
    try:
        yield
    finally:
        dog.over.set()


class _Watchdog(threading.Thread):
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[CodeLocation, float], None],
        limit_s: float,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self.over = threading.Event()
        self._loop = loop
        self._tell = tell
        self._limit_s = limit_s
        self._watched = threading.get_ident()

    def run(self) -> None:
        while not self.over.wait(EVERY_S) and not self._loop.is_closed():
            answered = threading.Event()
            asked = time.monotonic()
            try:
                self._loop.call_soon_threadsafe(answered.set)
                if answered.wait(self._limit_s):
                    continue
                place = place_of(sys._current_frames().get(self._watched))  # noqa: SLF001  # made for it
                if place is None:
                    continue  # it waits for nothing but its turn on the machine
                self._bark(place)
                answered.wait()
                seconds = time.monotonic() - asked
                self._loop.call_soon_threadsafe(self._tell, place, seconds)
            except RuntimeError:
                return  # the loop was closed meanwhile

    def _bark(self, place: CodeLocation) -> None:
        log.warning(
            "loop.blocked",
            plugin=place.plugin,
            function=place.function,
            file=place.file,
            line=place.line,
            longer_than_s=self._limit_s,
        )
