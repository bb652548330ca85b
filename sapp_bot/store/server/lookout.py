"""Waits for Redis before anybody knows whose keys are meant: while Telegram is still asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from sapp_bot.domain.ports import Clock
from sapp_bot.errors import ConfigError

from .connection import ConnectionBroken, RedisConnection, RedisRefused, packed
from .connector import connector

ANSWER_S = 2.0
"""Longest wait for the connection and the answer, in seconds."""

AGAIN_S = 0.5
"""Seconds between two tries."""

REMIND = timedelta(minutes=1)
"""How often the log repeats that there is no answer."""

log = structlog.get_logger(__name__)


async def wait_for_redis(url: str, clock: Clock) -> None:
    """Wait until Redis answers anything, and log at once and each minute that it does not.

    What it answers is for the store to judge, which knows what it needs.

    Args:
        url: As of `connector.connector`.
        clock: Waits between the tries.

    Raises:
        ConfigError: the address is wrong, or what is there will never let us in.

    """
    connect, where = connector(url)
    began = clock.now()
    said_at = None
    while (error := await _refusal(connect())) is not None:
        if error.lasting:
            raise ConfigError(f"SAPP_REDIS_URL: can't work with {where}: {error}")
        now = clock.now()
        if said_at is None or now - said_at >= REMIND:
            said_at = now
            away_s = round((now - began).total_seconds(), 1)
            log.warning("store.away", where=where, reason=str(error), away_s=away_s)
        await clock.sleep(AGAIN_S)
    if said_at is not None:
        away_s = round((clock.now() - began).total_seconds(), 1)
        log.info("store.back", where=where, away_s=away_s)


async def _refusal(connection: RedisConnection) -> ConnectionBroken | None:
    """Return why there is no answer; None when there is one, and be it a no."""
    is_open = False
    try:
        async with asyncio.timeout(ANSWER_S):
            await connection.open()
            is_open = True
            await connection.write([packed("PING")])
            await connection.read()
    except ConnectionBroken as error:
        return None if is_open and error.lasting else error
    except TimeoutError:
        return ConnectionBroken(f"no answer within {ANSWER_S:g} s")
    except RedisRefused:
        return None
    finally:
        await connection.close()
    return None
