"""Whether Telegram can be reached from here, without signing anybody in: the first of a handshake.

Source: https://core.telegram.org/mtproto/auth_key, 1) and 2): `req_pq_multi` needs no key, and the
answer's message id tells the server's time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import struct
import time
from collections import defaultdict

from sapp_bot.errors import ConfigError
from sapp_bot.values import dataclass

from .connectivity import Connectivity, WatchedConnection, link_type
from .proxy import SOMEWHERE, read_proxy
from .seam import functions
from .session import split_address

PATIENCE_S = 8.0
"""Longest wait for the connection and the answer, in seconds."""

_SILENT = logging.getLogger("telegram probe")
_SILENT.setLevel(logging.CRITICAL)
"""What Telethon says of a connection is told by the facts."""

_HEAD = struct.Struct("<qqi")
"""An unencrypted message: no key, its id, its length. Source:
https://core.telegram.org/mtproto/description#unencrypted-message."""


@dataclass(frozen=True, slots=True)
class TelegramFacts:
    """What was found: `fault` is "" when Telegram answered; `clock_off_s` is ours less theirs."""

    where: str
    has_proxy: bool
    fault: str = ""
    latency_s: float = 0.0
    clock_off_s: float = 0.0


async def probe_telegram(server: str | None, *, proxy: str = "") -> TelegramFacts:
    """Ask Telegram's server for the beginning of a handshake.

    Args:
        server: "host:port"; None for Telegram itself.
        proxy: As in TELEGRAM_PROXY; "" for none.

    """
    where = server or "Telegram"
    host, port = split_address(server) if server else SOMEWHERE
    begun = time.time()
    try:
        way = read_proxy(proxy)
        link = link_type(Connectivity(), way.base if way else None)(
            host,
            port,
            2,
            loggers=defaultdict(lambda: _SILENT),
            proxy=way.details if way else None,
        )
        async with asyncio.timeout(PATIENCE_S):
            theirs = await _asked(link)
    except (OSError, TimeoutError, ConfigError) as error:
        return TelegramFacts(where, bool(proxy), fault=str(error) or type(error).__name__)
    latency_s = time.time() - begun
    off_s = begun + latency_s / 2 - theirs
    return TelegramFacts(where, bool(proxy), latency_s=latency_s, clock_off_s=off_s)


async def _asked(connection: WatchedConnection) -> float:
    """Return the server's time, from the id of its answer: seconds in the upper 32 bits."""
    await connection.connect(timeout=PATIENCE_S)
    try:
        body = bytes(
            functions.ReqPqMultiRequest(int.from_bytes(os.urandom(16), "big", signed=True))
        )
        await connection.send(_HEAD.pack(0, int(time.time()) << 32, len(body)) + body)
        answer = await connection.recv()
    finally:
        await connection.disconnect()
    return float(_HEAD.unpack_from(answer)[1] / 2**32)
