"""A sign of life in a file, written by the running bot and read by `health`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.values import dataclass

log = structlog.get_logger(__name__)

EVERY_S = 5
STALE = timedelta(seconds=30)

OPTIONAL = frozenset({"api"})
"""Whose absence does not make the bot ill."""

Checks = Mapping[str, Callable[[], Awaitable[bool]]]
"""Who is asked whether they answer, by name."""


def heartbeat_path(folder: Path) -> Path:
    """Return where the file is."""
    return folder / "heartbeat.json"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What one look has found.

    Attributes:
        answers: Who answers, by name.
        is_open: Whether the plugins are open, so that people are answered.
        in_maintenance: Whether only operators are.

    """

    answers: Mapping[str, bool]
    is_open: bool = True
    in_maintenance: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps the bot from answering people, in sentences. The API does not count.

        Without it people are told so, and a restart of the bot would mend nothing.
        """
        away = [name for name, ok in self.answers.items() if not ok and name not in OPTIONAL]
        found = [f"{name.capitalize()} does not answer." for name in away]
        return (*found, *(() if self.is_open else ("The plugins are not open yet.",)))

    @property
    def line(self) -> str:
        """A line for the operator that names each check."""
        named = (f"{name} {'answers' if ok else 'is away'}" for name, ok in self.answers.items())
        parts = [f"{'not well' if self.missing else 'well'}: {', '.join(named)}"]
        parts += [] if self.is_open else ["the plugins are not open yet"]
        parts += ["in maintenance: only operators are answered"] if self.in_maintenance else []
        return ", ".join(parts)


async def beat(
    path: Path,
    clock: Clock,
    checks: Checks,
    *,
    in_maintenance: Callable[[], bool] = lambda: False,
    opened: asyncio.Event | None = None,
    tell: Callable[[HealthReport], None] | None = None,
) -> NoReturn:
    """Write every few seconds that the loop turns, and whether Telegram and Redis answer.

    Args:
        path: The file.
        clock: Times it.
        checks: Who is asked.
        in_maintenance: Whether only operators are answered.
        opened: Set when the plugins are open, which is written at once; None if they are.
        tell: Told the same, if anybody is.

    """
    is_written = True
    while True:
        answers = {name: await check() for name, check in checks.items()}
        is_open = opened is None or opened.is_set()
        report = HealthReport(answers, is_open, in_maintenance())
        if tell is not None:
            tell(report)
        is_written = _write(path, clock, report, was_written=is_written)
        await _rest(clock, None if is_open else opened)


def _write(path: Path, clock: Clock, report: HealthReport, *, was_written: bool) -> bool:
    """Write the file; return whether that went well. A change for the worse is logged."""
    about = {"at": clock.now().isoformat(), "pid": os.getpid(), "pids": _pid_namespace()}
    opening = {} if report.is_open else {"opening": True}
    closed = {"maintenance": True} if report.in_maintenance else {}
    text = json.dumps({**about, **opening, **closed, "answers": dict(report.answers)})
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(text)  # a few bytes: cheaper than a thread
        fresh.replace(path)
    except OSError as error:
        # `health` says so by itself, as what stands there is old; people are answered still.
        if was_written:
            log.warning("heartbeat.unwritten", reason=error.strerror)
        return False
    return True


async def _rest(clock: Clock, opened: asyncio.Event | None) -> None:
    """Wait until the next sign of life is due; that the plugins are open is one."""
    if opened is None:
        await clock.sleep(EVERY_S)
        return
    waits = {asyncio.ensure_future(clock.sleep(EVERY_S)), asyncio.ensure_future(opened.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def end_heartbeat(path: Path) -> None:
    """Take the file away at the end of the process: `health` knows at once."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def read_health(path: Path, now: datetime) -> tuple[bool, str]:
    """Return the state of the last sign of life.

    Returns:
        Whether the process works, and a line for the operator that names each check.

    """
    try:
        state = json.loads(path.read_text())
        age = now - datetime.fromisoformat(state["at"])
        process, namespace = int(state["pid"]), state["pids"]
        report = HealthReport(
            {name: found is True for name, found in state["answers"].items()},
            is_open=state.get("opening") is not True,
            in_maintenance=state.get("maintenance") is True,
        )
    except FileNotFoundError:
        hint = "start it, or set SAPP_DATA as it has it"
        return False, f"the bot does not run with this folder: {path} is not there; {hint}"
    except OSError as error:
        hint = "run this as the user that the bot runs as"
        return False, f"{path} cannot be read: {error.strerror}; {hint}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return False, f"{path} is no heartbeat of this bot; restart the bot, which writes it anew"
    if namespace == _pid_namespace() and not _is_alive(process):
        return False, f"the process that worked here ({process}) has ended without a word"
    if age > STALE:
        return False, f"the last heartbeat is {age.total_seconds():.0f} s old: the bot hangs"
    return not report.missing, report.line


def _pid_namespace() -> int:
    """Return what tells whether process numbers mean the same to two processes; 0: unknown."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, but there
    return True
