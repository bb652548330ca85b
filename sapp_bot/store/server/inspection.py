"""What kind of Redis this is: its version, whether it evicts, whether it keeps what it is given.

It is asked on a connection of its own, so that a refusal (an ACL may forbid INFO and CONFIG) ends
nothing else.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator

import structlog

from sapp_bot.errors import ConfigError
from sapp_bot.values import dataclass

from .connection import ConnectionBroken, RedisConnection, RedisRefused, packed

LEAST_VERSION = (7, 0)
"""Scripts count on what 7.0 brought: errors of a script keep their code, and effects are
replicated one by one. Source: https://redis.io/docs/latest/develop/programmability/eval-intro/"""

ANSWER_S = 2.0
"""Longest wait for the answers, in seconds."""

FULL_SHARE = 0.9
"""Share of `maxmemory` from which on an operator should know."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RedisFacts:
    """What Redis tells of itself; "" and None where it tells nothing.

    `policy` is its maxmemory-policy, `used` and `limit` are bytes (limit 0: none), `keeps` tells
    whether anything is written to a disk, `appends` whether every write is, `latency_s` is one
    PING and back, in seconds, and `unknown` says why something is not known.
    """

    version: str = ""
    policy: str = ""
    used: int = 0
    limit: int = 0
    keeps: bool | None = None
    appends: bool | None = None
    latency_s: float = 0.0
    unknown: str = ""

    @property
    def is_too_old(self) -> bool:
        """Whether the version is known, and below the least."""
        numbers = tuple(int(part) for part in re.findall(r"\d+", self.version)[:2])
        return bool(numbers) and numbers < LEAST_VERSION

    @property
    def is_durable(self) -> bool | None:
        """Whether it keeps all that it is told, as money needs it; None if it does not say."""
        if self.appends is None:
            return None
        return self.appends and self.policy in {"", "noeviction"}

    def payment_faults(self) -> Iterator[str]:
        """List what forbids to keep payments there, each with what to do."""
        if self.appends is False:
            yield "it may lose payments in a crash: set appendonly yes"
        if self.policy not in {"", "noeviction"}:
            yield "it may throw payments away when it is full: set maxmemory-policy noeviction"

    def warnings(self) -> Iterator[str]:
        """List what can lose data or stop the bot, each with what to do."""
        if self.policy and self.policy != "noeviction":
            yield (
                f"it may throw away logins and open forms when it is full"
                f" (maxmemory-policy {self.policy}): set maxmemory-policy noeviction"
            )
        if self.keeps is False:
            yield "it keeps nothing on a disk, a restart loses all: set appendonly yes"
        if self.limit and self.used > FULL_SHARE * self.limit:
            share = round(100 * self.used / self.limit)
            yield f"{share} % of its memory is taken: raise maxmemory before it refuses writes"


async def inspect_redis(connect: Callable[[], RedisConnection]) -> RedisFacts:
    """Return what Redis tells of itself; never fails, as all can be forbidden."""
    connection = connect()
    try:
        async with asyncio.timeout(ANSWER_S):
            await connection.open()
            begun = time.monotonic()
            await _ask(connection, "PING")
            latency_s = time.monotonic() - begun
            info = _fields(await _ask(connection, "INFO"))
            saves = await _saves(connection)
    except (ConnectionBroken, RedisRefused, TimeoutError) as error:
        return RedisFacts(unknown=str(error) or "no answer in time")
    finally:
        await connection.close()
    writes_log = info.get("aof_enabled") == "1"
    appends = writes_log if "aof_enabled" in info else None
    return RedisFacts(
        version=info.get("redis_version", ""),
        policy=info.get("maxmemory_policy", ""),
        used=int(info.get("used_memory", 0)),
        limit=int(info.get("maxmemory", 0)),
        keeps=True if writes_log else saves,
        appends=appends,
        latency_s=latency_s,
        unknown="" if writes_log or saves is not None else "CONFIG is forbidden",
    )


def check_facts(facts: RedisFacts, where: str) -> None:
    """Log what an operator should know of the Redis there.

    Raises:
        ConfigError: it is too old.

    """
    if facts.is_too_old:
        least = ".".join(map(str, LEAST_VERSION))
        raise ConfigError(
            f"SAPP_REDIS_URL: the Redis at {where} is version {facts.version};"
            f" {least} is the least that works. Upgrade it, or name another one."
        )
    for warning in facts.warnings():
        log.warning("store.unsafe", where=where, reason=warning)
    if facts.unknown:
        log.info("store.unchecked", where=where, reason=facts.unknown)


async def _ask(connection: RedisConnection, *command: str) -> bytes | list[bytes]:
    await connection.write([packed(*command)])
    answer: bytes | list[bytes] = await connection.read()
    return answer


def _fields(info: bytes | list[bytes]) -> dict[str, str]:
    """Read `name:value` lines. Source: https://redis.io/docs/latest/commands/info/."""
    text = info.decode("utf-8", "replace") if isinstance(info, bytes) else ""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value for name, colon, value in pairs if colon}


async def _saves(connection: RedisConnection) -> bool | None:
    """Return whether snapshots are written; None when CONFIG is forbidden."""
    try:
        answer = await _ask(connection, "CONFIG", "GET", "save")
    except (ConnectionBroken, RedisRefused):
        return None
    return len(answer) > 1 and bool(answer[1])
