"""What kind of Redis this is: its version, whether it evicts, whether it keeps what it is given.

It is asked on a connection of its own, so that a refusal (an ACL may forbid INFO and CONFIG) ends
nothing else.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping

import structlog

from sapp_bot.errors import ConfigError
from sapp_bot.values import dataclass

from .connection import ConnectionBroken, RedisConnection, RedisRefused, packed

LEAST_VERSION = (7, 0)
"""Scripts count on what 7.0 brought: errors of a script keep their code, and effects are
replicated one by one. Source: https://redis.io/docs/latest/develop/programmability/eval-intro/"""

ANSWER_S = 2.0
"""Longest wait for the answers, in seconds."""

_PINGS = 3
"""The quickest tells how far Redis is away; another may tell how busy this machine is."""

FULL_SHARE = 0.9
"""Share of `maxmemory` from which on an operator should know."""

_YES: Mapping[str | None, bool] = {"1": True, "yes": True, "0": False, "no": False}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RedisFacts:
    """What Redis tells of itself; "" and None where it tells nothing.

    `policy` is its maxmemory-policy, `used` and `limit` are bytes (limit 0: none), `keeps` tells
    whether anything is written to a disk, `appends` whether every write is, `latency_s` is a
    PING and back, in seconds (0: it answers nothing), and `unknown` says why something is not
    known. `is_vouched` is no word of its own: the operator vouches that it keeps what it is given.
    """

    version: str = ""
    policy: str = ""
    used: int = 0
    limit: int = 0
    keeps: bool | None = None
    appends: bool | None = None
    latency_s: float = 0.0
    unknown: str = ""
    is_vouched: bool = False

    @property
    def is_too_old(self) -> bool:
        """Whether the version is known, and below the least."""
        numbers = tuple(int(part) for part in re.findall(r"\d+", self.version)[:2])
        return bool(numbers) and numbers < LEAST_VERSION

    @property
    def is_durable(self) -> bool | None:
        """Whether it keeps all that it is told, as money needs it; None if it does not say.

        Who vouches for it speaks for what it does not say, and against nothing that it does.
        """
        if self.appends is False or self.policy not in {"", "noeviction"}:
            return False
        return True if self.is_vouched or (self.appends and self.policy) else None

    def payment_faults(self) -> Iterator[str]:
        """List what forbids to keep payments there, each with what to do."""
        if self.is_durable is None:
            yield (
                "it does not say whether it keeps payments: allow its user +info or +config|get, or"
                " set SAPP_REDIS_DURABLE=yes when you have seen to it yourself"
            )
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


async def inspect_redis(
    connect: Callable[[], RedisConnection], *, is_vouched: bool = False
) -> RedisFacts:
    """Return what Redis tells of itself; never fails, as all can be forbidden.

    What INFO does not tell of how it keeps data, CONFIG may.

    Args:
        connect: Returns a connection.
        is_vouched: Whether the operator vouches for it.

    """
    connection = connect()
    try:
        async with asyncio.timeout(ANSWER_S):
            await connection.open()
            latency_s = min([await _pinged(connection) for _ in range(_PINGS)])
            info, refused = await _info(connection)
            appends = _YES.get(info.get("aof_enabled") or await _set(connection, "appendonly"))
            policy = info.get("maxmemory_policy") or await _set(connection, "maxmemory-policy")
            saves = await _set(connection, "save")
    except (ConnectionBroken, RedisRefused, TimeoutError) as error:
        return RedisFacts(unknown=str(error) or "no answer in time", is_vouched=is_vouched)
    finally:
        await connection.close()
    keeps = True if appends else None if saves is None else bool(saves)
    return RedisFacts(
        version=info.get("redis_version", ""),
        policy=policy or "",
        used=int(info.get("used_memory", 0)),
        limit=int(info.get("maxmemory", 0)),
        keeps=keeps,
        appends=appends,
        latency_s=latency_s,
        unknown=refused or ("CONFIG is forbidden" if keeps is None else ""),
        is_vouched=is_vouched,
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


async def _pinged(connection: RedisConnection) -> float:
    begun = time.monotonic()
    await _ask(connection, "PING")
    return time.monotonic() - begun


async def _ask(connection: RedisConnection, *command: str) -> bytes | list[bytes]:
    await connection.write([packed(*command)])
    answer: bytes | list[bytes] = await connection.read()
    return answer


def _fields(info: bytes | list[bytes]) -> dict[str, str]:
    """Read `name:value` lines. Source: https://redis.io/docs/latest/commands/info/."""
    text = info.decode("utf-8", "replace") if isinstance(info, bytes) else ""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value for name, colon, value in pairs if colon}


async def _info(connection: RedisConnection) -> tuple[dict[str, str], str]:
    """Return what INFO says, and why it says nothing."""
    try:
        return _fields(await _ask(connection, "INFO")), ""
    except RedisRefused as error:
        return {}, str(error)
    except ConnectionBroken as error:
        if not error.lasting:
            raise
        return {}, str(error)  # an ACL forbids it, and other commands may be answered


async def _set(connection: RedisConnection, name: str) -> str | None:
    """Return a setting; None when CONFIG is forbidden, or not known there."""
    try:
        answer = await _ask(connection, "CONFIG", "GET", name)
    except (ConnectionBroken, RedisRefused):
        return None
    if not isinstance(answer, list) or len(answer) < len((name, "value")):
        return None
    return answer[1].decode("utf-8", "replace")
