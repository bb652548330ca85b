"""The way to Telegram through a proxy, and over IPv6 where there is no IPv4."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from sapp_bot.errors import ConfigError
from sapp_bot.values import dataclass, field

from .seam import HAS_SOCKS, MTProxyConnection

SOMEWHERE = ("149.154.167.51", 443)
"""One of Telegram's own addresses.
Source: telethon/client/telegrambaseclient.py, DEFAULT_IPV4_IP."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy as Telethon takes it.

    `base` is the connection class that speaks to it, None for Telethon's usual one; `details` are
    what that class, or python-socks, is given.
    """

    base: type[Any] | None
    details: Any = field(repr=False)


def read_proxy(url: str) -> Proxy | None:
    """Return what an address of the setting TELEGRAM_PROXY stands for; None for an empty one.

    Raises:
        ConfigError: the package that it needs is not installed.

    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme == "mtproxy":
        return Proxy(MTProxyConnection, (parts.hostname, parts.port, parts.username))
    if not HAS_SOCKS:
        raise ConfigError("TELEGRAM_PROXY needs the package python-socks: pip install python-socks")
    name, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    return Proxy(
        None,
        {
            "proxy_type": parts.scheme,
            "addr": parts.hostname,
            "port": parts.port,
            "username": name,
            "password": password,
            "rdns": True,
        },
    )


def has_ipv4(open_socket: Callable[[int, int], socket.socket] = socket.socket) -> bool:
    """Return whether this machine has a way into the IPv4 internet; nothing is sent."""
    try:
        with open_socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(SOMEWHERE)
    except OSError as error:
        return error.errno not in {errno.ENETUNREACH, errno.EAFNOSUPPORT}
    return True
