"""Detects a blocked event loop, and the plugin that blocks it.

A thread posts a callback to the loop every 0.1 s, and samples the stack of the loop's thread if
the callback has not run within 0.25 s. After a limit the thread ends the process: a loop that
stands hears no signal, and at the next start the message that stopped it is known to have been in
work. Not asyncio's debug mode (`slow_callback_duration`): it
reports afterwards, so never on a loop that stays blocked, and slows down every callback.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from types import FrameType

import structlog

from sapp_bot.values import dataclass

from .names import owner_of

log = structlog.get_logger(__name__)

LIMIT_S = 0.25
"""Seconds that the loop may take to run a callback."""

EVERY_S = 0.1
"""Seconds between two callbacks."""

EXIT_BLOCKED = 70
"""Exit code of a process whose loop stood too long: EX_SOFTWARE of sysexits.h."""

_SLICE_S = 0.5
"""Seconds between two looks at a loop that stands. Of one slice no more is counted: a process that
was stopped (SIGSTOP, a frozen container) must not find that its loop stood meanwhile."""

_IDLE = "selectors"
"""Module in which the thread of a loop without work waits."""


@dataclass(frozen=True, slots=True)
class CodeLocation:
    """Line that the event loop was running.

    Attributes:
        plugin: Name of the plugin whose code it is; "" for code of no plugin.
        function: Name of the function.
        file: Path of the file.
        line: Line number, from 1 on.

    """

    plugin: str
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        """Return function, file name and line, for operators."""
        return f"{self.function} ({PurePath(self.file).name}:{self.line})"


def place_of(frame: FrameType | None) -> CodeLocation | None:
    """Return the location that blocks the loop, by the stack of the loop's thread.

    Args:
        frame: The innermost frame; None if the thread has none.

    Returns:
        The innermost frame of a plugin: the plugin is to blame also for a slow library that it
        calls. Without one the innermost frame; None for an idle loop.

    """
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
    tell: Callable[[CodeLocation, float], None],
    *,
    limit_s: float = LIMIT_S,
    end_s: float = 0,
    end: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Watch the running event loop while the context is open.

    `loop.blocked` is logged at once, from the thread: `tell` runs in the loop, and would never
    run in one that stays blocked.

    Args:
        tell: Called in the loop when it is free again, with the location and the seconds for
            which it was blocked.
        limit_s: Seconds that the loop may take to run a callback.
        end_s: Seconds for which it may be blocked until `end` is called; 0 for ever.
        end: Called in the thread, after one line in the log; by default `end_process`.

    """
    thread = _Watchdog(
        asyncio.get_running_loop(), tell, limit_s=limit_s, end_s=end_s, end=end or end_process
    )
    thread.start()
    try:
        yield
    finally:
        thread.over.set()


def end_process() -> None:
    """End the process with `EXIT_BLOCKED`, once what was logged is written."""
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_BLOCKED)  # the loop's thread cannot be asked to end


class _Watchdog(threading.Thread):
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[CodeLocation, float], None],
        *,
        limit_s: float,
        end_s: float,
        end: Callable[[], None],
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self.over = threading.Event()
        self._loop = loop
        self._tell = tell
        self._limit_s = limit_s
        self._end_s = end_s
        self._end = end
        self._watched = threading.get_ident()

    def run(self) -> None:
        while not self.over.wait(EVERY_S) and not self._loop.is_closed():
            answered = threading.Event()
            asked = time.monotonic()
            try:
                self._loop.call_soon_threadsafe(answered.set)
                if answered.wait(self._limit_s):
                    continue
                place = place_of(sys._current_frames().get(self._watched))  # noqa: SLF001  # documented
                if place is None:
                    continue  # idle: the machine is busy, and the loop waits for the processor
                self._log(place)
                self._wait(answered)
                seconds = time.monotonic() - asked
                self._loop.call_soon_threadsafe(self._tell, place, seconds)
            except RuntimeError:
                return  # the loop was closed after the check

    def _wait(self, answered: threading.Event) -> None:
        """Wait until the loop runs again; end the process when it has stood for too long."""
        stood_s = self._limit_s
        while not answered.wait(_SLICE_S):
            stood_s += _SLICE_S
            place = place_of(sys._current_frames().get(self._watched))  # noqa: SLF001  # as above
            if self._end_s and stood_s >= self._end_s and place is not None:
                log.critical("loop.stood", s=round(stood_s, 1), **_about(place))
                self._end()
                answered.wait()

    def _log(self, place: CodeLocation) -> None:
        log.warning(
            "loop.blocked",
            **_about(place),
            longer_than_s=self._limit_s,
        )


def _about(place: CodeLocation) -> dict[str, str | int]:
    return {
        "plugin": place.plugin,
        "function": place.function,
        "file": place.file,
        "line": place.line,
    }
