"""Reads the address of Redis: one server, or Sentinels that name it."""

from __future__ import annotations

from collections.abc import Callable

from sapp_bot.errors import ConfigError

from .connection import RedisConnection, connector_of_one
from .sentinel import SentinelConnection, read_sentinel_address


def connector(url: str) -> tuple[Callable[[], RedisConnection], str]:
    """Return a function that makes connections, and the address without credentials.

    Args:
        url: As of `connector_of_one`, or of `read_sentinel_address`.

    Raises:
        ConfigError: another form, or an unknown option; the text holds no password.

    """
    try:
        address = read_sentinel_address(url)
    except ValueError:
        form = "redis-sentinel://host:26379,host:26379/0#name"
        raise ConfigError(f"SAPP_REDIS_URL must look like {form} (rediss- for TLS)") from None
    if address is None:
        return connector_of_one(url)
    try:
        SentinelConnection(address)  # raises for an unknown option now, not at the first call
    except TypeError:
        text = f"SAPP_REDIS_URL has an option that is not known: {address.where}"
        raise ConfigError(text) from None
    return lambda: SentinelConnection(address), address.where
