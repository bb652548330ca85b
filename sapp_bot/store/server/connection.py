"""One connection to Redis, and what its failures mean; with `sentinel`, all that uses redis-py.

It uses redis-py's bare `Connection`, not its client: `command_pipeline` says why the order of
commands matters. Nothing is retried here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from hiredis import pack_command

from sapp_bot.errors import ConfigError

from .redis_py import (
    AuthenticationError,
    Connection,
    InvalidResponse,
    NoBackoff,
    RedisError,
    ResponseError,
    Retry,
    parse_url,
)
from .refusals import RedisErrorKind, Refusal, read_refusal


class RedisRefused(Exception):
    """Redis answered with an error. `passing`: the same call can succeed later."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.code = refusal.code
        self.passing = refusal.kind is RedisErrorKind.PASSING


class ConnectionBroken(Exception):
    """No connection, or no longer. `lasting`: a setting is wrong, waiting does not help."""

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


class RedisConnection:
    """One connection to Redis; as many answers must be read as commands were written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(self) -> None:
        """Connect and log in.

        Raises:
            ConnectionBroken: it did not work.

        """
        try:
            await self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py: untyped
        except (RedisError, OSError) as error:
            raise broken(error) from error

    async def write(self, commands: Sequence[bytes]) -> None:
        """Send packed commands in one go.

        Raises:
            ConnectionBroken: the connection is gone.

        """
        try:
            await self._connection.send_packed_command(b"".join(commands), check_health=False)
        except (RedisError, OSError) as error:
            raise broken(error) from error

    async def read(self) -> Any:
        """Return one answer: bytes, int, None, or a list of these.

        Raises:
            RedisRefused: the answer is an error: a passing one, or one that nobody knows.
            ConnectionBroken: the connection is gone, or a setting is wrong.

        """
        try:
            return await self._connection.read_response(disable_decoding=True)
        except ResponseError as error:
            refusal = read_refusal(str(error), error.status_code)
            if refusal.kind is RedisErrorKind.SETTING:
                raise ConnectionBroken(refusal.sentence, lasting=True) from None
            raise RedisRefused(refusal) from None
        except (RedisError, OSError) as error:
            raise broken(error) from error

    async def close(self) -> None:
        """Cut the connection without waiting; never raises."""
        await self._connection.disconnect(nowait=True)


def packed(*command: str | bytes | int) -> bytes:
    """Return a command as Redis reads it.

    Not redis-py's `pack_command`, which takes three times longer.
    Source: https://redis.io/docs/latest/develop/reference/protocol-spec/, "Sending commands".
    """
    made: bytes = pack_command(command)  # type: ignore[arg-type]  # its stub: a tuple of one
    return made


def connector_of_one(url: str) -> tuple[Callable[[], RedisConnection], str]:
    """Return a function that makes connections, and the address without credentials.

    Args:
        url: `redis://[user:password@]host:port/db`, `rediss://` for TLS, `unix://`, or for tests
            `memory://<name>`: a Redis inside this process, shared by all with the same name.
            `connector.connector` reads those of Sentinels, too.

    Raises:
        ConfigError: another form, or an unknown option; the text holds no password.

    """
    try:
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.hostname or ''}"
        where += f":{parts.port}" if parts.port else ""
        where += parts.path
        if parts.scheme == "memory":
            return _memory(parts.hostname), where
        options = cast("dict[str, Any]", dict(parse_url(url)))
    except ValueError:
        raise ConfigError(
            "SAPP_REDIS_URL must look like redis://host:6379/0 (rediss:// for TLS)"
        ) from None
    kind = options.pop("connection_class", Connection)

    def connect() -> RedisConnection:
        try:
            return RedisConnection(kind(**options, **PLAIN))
        except TypeError:
            raise ConfigError(f"SAPP_REDIS_URL has an option that is not known: {where}") from None

    connect()  # raises for an unknown option now, not at the first call
    return connect, where


# The command pipeline retries and limits times; redis-py would repeat by itself, ten times by
# default.
# RESP2 and no CLIENT SETINFO: only AUTH and SELECT are sent, which every server knows.
PLAIN: Mapping[str, Any] = {
    "retry": Retry(NoBackoff(), 0),
    "protocol": 2,
    "driver_info": None,
    "socket_timeout": None,
    "socket_connect_timeout": None,
    "health_check_interval": 0,
}


def _memory(name: str | None) -> Callable[[], RedisConnection]:
    try:
        from fakeredis import FakeServer  # noqa: PLC0415  # wanted by tests and the sandbox only
        from fakeredis.aioredis import FakeAsyncRedisConnection  # noqa: PLC0415  # the same
    except ImportError:
        raise ConfigError("memory:// needs fakeredis[lua]") from None
    place: dict[str, Any] = {"host": name, "port": 6379} if name else {"server": FakeServer()}
    return lambda: RedisConnection(FakeAsyncRedisConnection(**place, db=0, version=(7, 0), **PLAIN))


def broken(error: Exception) -> ConnectionBroken:
    """Return an error of redis-py or of the network as ours."""
    if isinstance(error, InvalidResponse):
        return ConnectionBroken("what answers there is not a Redis", lasting=True)
    code = error.status_code if isinstance(error, RedisError) else None
    if isinstance(error, ResponseError | AuthenticationError) or code:
        refusal = read_refusal(str(error), code)
        return ConnectionBroken(
            refusal.sentence, lasting=refusal.kind is not RedisErrorKind.PASSING
        )
    text, lasting = _explained(error)
    return ConnectionBroken(text, lasting=lasting)


def _explained(error: Exception) -> tuple[str, bool]:
    """Return the reason why there is no connection, and whether a setting is to blame."""
    text = _in_our_words(str(error) or type(error).__name__)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted ({text})", True
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return "it does not speak TLS: write redis:// instead of rediss://", True
    if "Connection closed by server" in text:
        return f"{text} If it wants TLS, write rediss:// instead of redis://", False
    return text, False


# redis-py's text of an OSError. Source: redis/asyncio/connection.py, `_error_message`.
_UNCONNECTED = re.compile(r"Error (-?\d+) connecting to (\S+?)\.(?:\s+(.*))?", re.DOTALL)


def _in_our_words(text: str) -> str:
    found = _UNCONNECTED.fullmatch(text)
    if found is None:
        return text
    number = int(found[1])
    why = (
        os.strerror(number) if number > 0 else (found[3] or "").strip(". ")
    )  # below 0: of the resolver
    return f"no connection to {found[2]}: {why}"
