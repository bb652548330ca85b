"""A sign of life in a file, written by the running bot and read by `health`."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock

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


async def beat(
    path: Path, clock: Clock, checks: Checks, *, in_maintenance: Callable[[], bool] = lambda: False
) -> NoReturn:
    """Write every few seconds that the loop turns, and whether Telegram and Redis answer."""
    is_written = True
    while True:
        state = {name: await check() for name, check in checks.items()}
        about = {"at": clock.now().isoformat(), "pid": os.getpid(), "pids": _pid_namespace()}
        closed = {"maintenance": True} if in_maintenance() else {}
        text = json.dumps({**about, **closed, "answers": state})
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(text)  # a few bytes: cheaper than a thread
            fresh.replace(path)
        except OSError as error:
            # `health` says so by itself, as what stands there is old; people are answered still.
            if is_written:
                log.warning("heartbeat.unwritten", reason=error.strerror)
            is_written = False
        else:
            is_written = True
        await clock.sleep(EVERY_S)


def end_heartbeat(path: Path) -> None:
    """Take the file away at the end of the process: `health` knows at once."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def read_health(path: Path, now: datetime) -> tuple[bool, str]:
    """Return the state of the last sign of life.

    Returns:
        Whether the process works, and a line for the operator that names each check.
        The API is named and does not count: without it people are told so, and a restart of the
        bot would mend nothing.

    """
    try:
        state = json.loads(path.read_text())
        age = now - datetime.fromisoformat(state["at"])
        process, namespace = int(state["pid"]), state["pids"]
        is_closed = state.get("maintenance") is True
        answers = {name: found is True for name, found in state["answers"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return False, f"no heartbeat in {path}: {type(error).__name__}; is the bot running?"
    if namespace == _pid_namespace() and not _is_alive(process):
        return False, f"the process that worked here ({process}) has ended without a word"
    if age > STALE:
        return False, f"the last heartbeat is {age.total_seconds():.0f} s old: the bot hangs"
    line = ", ".join(f"{name} {'answers' if ok else 'is away'}" for name, ok in answers.items())
    line += ", in maintenance: only operators are answered" if is_closed else ""
    is_well = all(ok for name, ok in answers.items() if name not in OPTIONAL)
    return is_well, f"{'well' if is_well else 'not well'}: {line}"


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
