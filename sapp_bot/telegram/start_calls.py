"""Calls of the start that are made until Telegram answers: what passes must not end the process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from sapp_bot.errors import ConfigError
from sapp_bot.retry import Backoff

from .seam import errors, rsa

T = TypeVar("T")

BACKOFF = Backoff(first_s=1.0, factor=2.0, longest_s=30.0)
"""Pauses between repeats."""

REMIND_S = 60.0
"""How often a wait is mentioned again, in seconds."""

PASSING = (errors.ServerError, errors.TimedOutError, ConnectionError, TimeoutError)
"""What a repeat can mend. Source: https://core.telegram.org/api/errors, 500 and 503."""

BAD_API_ID = (
    errors.ApiIdInvalidError,
    errors.ApiIdPublishedFloodError,
    errors.ConnectionApiIdInvalidError,
)
"""Refusals of the application (api id and hash); some come before anybody signs in."""

log = structlog.get_logger(__name__)


async def repeated(
    call: Callable[[], Awaitable[T]],
    what: str,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Return the answer to a call, however long it takes; the log says at once why it waits.

    Args:
        call: Makes the call once.
        what: The call in words, for the log.
        sleep: Waits, in seconds.

    """
    failures = 0
    said_at = -REMIND_S
    while True:
        try:
            return await call()
        except errors.FloodWaitError as error:
            await sit_out(error.seconds, what, sleep=sleep)
        except PASSING as error:
            if time.monotonic() - said_at >= REMIND_S:
                said_at = time.monotonic()
                log.warning("telegram.start_waits", call=what, error=type(error).__name__)
            await sleep(BACKOFF.wait_s(failures))
            failures += 1


async def sit_out(
    seconds: float, what: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Wait as long as Telegram asks to, and say so at once and then every minute."""
    left = seconds
    while left > 0:
        log.warning("telegram.flood_wait", call=what, left_s=left)
        await sleep(min(left, REMIND_S))
        left -= REMIND_S


def trust_key(pem: str) -> None:
    """Register another server's public key, with Telethon for the whole process.

    Raises:
        ConfigError: the text is no such key.

    """
    try:
        rsa.add_key(pem, old=False)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"the server key is no PKCS#1 public key in PEM: {error}") from error
