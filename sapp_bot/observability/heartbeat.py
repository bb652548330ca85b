"""A sign of life in a file, written by the running bot and read by `health`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import structlog

from sapp_bot.domain.ports import Clock

log = structlog.get_logger(__name__)

EVERY_S = 5
STALE = timedelta(seconds=30)

Checks = Mapping[str, Callable[[], Awaitable[bool]]]
"""Who is asked whether they answer, by name."""


def heartbeat_path(folder: Path) -> Path:
    """Say where the file is."""
    return folder / "heartbeat.json"


async def beat(path: Path, clock: Clock, checks: Checks) -> NoReturn:
    """Write every few seconds that the loop turns, and whether Telegram and Redis answer."""
    is_written = True
    while True:
        state = {name: await check() for name, check in checks.items()}
        text = json.dumps({"at": clock.now().isoformat(), **state})
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


def read_health(path: Path, now: datetime) -> tuple[bool, str]:
    """Judge the last sign of life; gives whether all is well, and a line for the operator."""
    try:
        state = json.loads(path.read_text())
        age = now - datetime.fromisoformat(state.pop("at"))
    except (OSError, ValueError, KeyError) as error:
        return False, f"no heartbeat in {path}: {type(error).__name__}; is the bot running?"
    if age > STALE:
        return False, f"the last heartbeat is {age.total_seconds():.0f} s old"
    missing = [name for name, answers in state.items() if answers is not True]
    if missing:
        return False, f"not answering: {', '.join(missing)}"
    return True, "well"
