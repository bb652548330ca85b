"""What the bot uses of redis-py, imported as if OpenTelemetry were not installed.

Where it is, redis-py imports the SDK's metrics, 0.08 s of each start, for instruments that the bot
does not use: its traces are `tracing/`, which imports the SDK itself where they are wanted.
"""

from __future__ import annotations

import sys

# None makes an import fail. Source: https://docs.python.org/3/reference/import.html
_opentelemetry = sys.modules.get("opentelemetry")
sys.modules["opentelemetry"] = None  # type: ignore[assignment]  # the stubs know modules only
try:
    from redis.asyncio.connection import Connection, SSLConnection, parse_url
    from redis.asyncio.retry import Retry
    from redis.asyncio.sentinel import Sentinel
    from redis.backoff import NoBackoff
    from redis.exceptions import (
        AuthenticationError,
        InvalidResponse,
        RedisError,
        ResponseError,
    )
finally:
    del sys.modules["opentelemetry"]
    if _opentelemetry is not None:
        sys.modules["opentelemetry"] = _opentelemetry

__all__ = [
    "AuthenticationError",
    "Connection",
    "InvalidResponse",
    "NoBackoff",
    "RedisError",
    "ResponseError",
    "Retry",
    "SSLConnection",
    "Sentinel",
    "parse_url",
]
