"""TCP connections of clients: bytes to messages, handshakes, and faults of the network."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Iterator
from typing import cast

from telethon.tl import functions

from sapp_bot.sandbox.telegram.dispatch import RpcDispatcher

from . import containers
from .envelope import BadEnvelope, unseal
from .framing import BadFrame, FramedStream
from .keyexchange import BadExchange, KeyExchange
from .keyring import ServerKey
from .sessions import AuthKey, MessageIds, MtprotoSession, SessionRegistry

_KEY_ID_BYTES = 8
_NO_KEY = bytes(_KEY_ID_BYTES)
_PLAIN = struct.Struct("<qqi")
_UNKNOWN_KEY = struct.pack("<i", -404)
# Source: https://core.telegram.org/mtproto/mtproto-transports#transport-errors
_UNREAD_BYTES = 64 * 1024 * 1024
_SLICE_S = 0.01
"""Seconds that one connection's messages may take at once; then it is others' turn."""

MESSAGES_PER_S, MESSAGES_AT_ONCE = 1_000, 2_000
"""How many messages a connection may bring; what it sends beyond is read later."""

_HANDSHAKE = (
    functions.ReqPqRequest,
    functions.ReqPqMultiRequest,
    functions.ReqDHParamsRequest,
    functions.SetClientDHParamsRequest,
)


class Network:
    """All connections, with methods for network faults; `who` is an account id, None for all."""

    def __init__(self) -> None:
        self.connections: set[ClientConnection] = set()
        self.accepted = 0
        """Number of connections accepted so far."""
        self._refused: set[int | None] = set()

    def cut(self, who: int | None = None) -> int:
        """Reset the connections of an account, and return how many there were."""
        cut = self._of(who)
        for connection in cut:
            connection.cut()
        return len(cut)

    def refuse(self, who: int | None = None) -> None:
        """Cut an account's connections, and each new one as soon as its key is known.

        With None, each new connection at once.
        """
        self._refused.add(who)
        self.cut(who)

    def allow(self, who: int | None = None) -> None:
        """Accept connections again after `refuse`."""
        self._refused.discard(who)

    def half_open(self, who: int | None = None) -> int:
        """Make the present connections read and write nothing any more, without closing them."""
        silenced = self._of(who)
        for connection in silenced:
            connection.deaf = True
        return len(silenced)

    def refuses(self, who: int | None) -> bool:
        """Return whether connections of an account are refused."""
        return None in self._refused or who in self._refused

    def _of(self, who: int | None) -> list[ClientConnection]:
        return [c for c in self.connections if who is None or c.account_id == who]


class ClientConnection(asyncio.Protocol):
    """One client's TCP connection."""

    def __init__(
        self, network: Network, sessions: SessionRegistry, dispatcher: RpcDispatcher, key: ServerKey
    ) -> None:
        self._network = network
        self._sessions = sessions
        self._dispatcher = dispatcher
        self._wire = FramedStream()
        self._exchange = KeyExchange(key)
        self._ids = MessageIds()
        self._transport: asyncio.Transport | None = None
        self._heard: set[MtprotoSession] = set()
        self._key: AuthKey | None = None
        self._work: deque[Iterator[None]] = deque()
        self._budget = float(MESSAGES_AT_ONCE)
        self._counted_at = time.monotonic()
        self._resting: asyncio.Handle | None = None
        self._closing: asyncio.TimerHandle | None = None
        self.deaf = False

    @property
    def account_id(self) -> int | None:
        """Id of the account that uses the connection, None until it is known."""
        return self._key.account_id if self._key else None

    @property
    def waiting(self) -> int:
        """Number of packets that came and were not looked at yet."""
        return len(self._work)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._network.accepted += 1
        self._network.connections.add(self)
        if self._network.refuses(None):
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Remove the connection from its sessions: their answers need another one."""
        self._network.connections.discard(self)
        self._transport = None
        self._work.clear()
        for handle in (self._resting, self._closing):
            if handle is not None:
                handle.cancel()
        for session in self._heard:
            if session.link is self:
                session.link = None

    def data_received(self, data: bytes) -> None:
        """Handle received bytes; bytes that are not MTProto end the connection."""
        if self.deaf:
            return
        try:
            self._work.extend(map(self._payload, self._wire.feed(data)))
        except BadFrame:
            self.cut()
            return
        if self._resting is None:
            self._go_on()

    def _go_on(self) -> None:
        """Work on what came, as long as it is this connection's turn."""
        self._resting = None
        now = time.monotonic()
        self._budget += (now - self._counted_at) * MESSAGES_PER_S
        self._budget, self._counted_at = min(self._budget, MESSAGES_AT_ONCE), now
        try:
            while self._work and self._transport is not None:
                if self._budget < 1 or time.monotonic() - now > _SLICE_S:
                    self._rest()
                    return
                self._step()
        except (BadEnvelope, BadExchange, containers.UnreadableContainer):
            self.cut()
            return
        if self._transport is not None:
            self._transport.resume_reading()

    def _step(self) -> None:
        self._budget -= 1
        try:
            next(self._work[0])
        except StopIteration:
            if self._work:  # a cut has emptied it
                self._work.popleft()

    def _rest(self) -> None:
        """Let others come first; nothing is read meanwhile, so that a fast client has to wait."""
        if self._transport is None:
            return
        self._transport.pause_reading()
        loop, wait_s = asyncio.get_running_loop(), max(0.0, (1 - self._budget) / MESSAGES_PER_S)
        self._resting = loop.call_later(wait_s, self._go_on)

    def send(self, payload: bytes) -> None:
        """Write one payload; cut a client that does not read."""
        if self._transport is None or self.deaf:
            return
        self._transport.write(self._wire.pack(payload))
        if self._transport.get_write_buffer_size() > _UNREAD_BYTES:
            self.cut()

    def cut(self) -> None:
        """Reset the connection."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def close_in(self, seconds: float) -> None:
        """Close the connection after some seconds; a later call takes the place of this one."""
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(max(seconds, 0), self.cut)

    def _payload(self, payload: bytes) -> Iterator[None]:
        name = payload[:_KEY_ID_BYTES]
        if name == _NO_KEY:
            self._handshake(payload)
            return
        key = self._sessions.find_key(name)
        if key is None:
            self.send(_UNKNOWN_KEY)
            if self._transport is not None:
                self._transport.close()
            return
        letter = unseal(key.data, payload)
        self._key = key
        if self._network.refuses(key.account_id):
            self.cut()
            return
        session = self._sessions.hear(key, letter.session_id, self)
        self._heard.add(session)
        yield from self._dispatcher.receive(session, letter)

    def _handshake(self, payload: bytes) -> None:
        if len(payload) < _PLAIN.size:
            raise BadExchange("too short")
        request = containers.read(payload[_PLAIN.size :])
        if not isinstance(request, _HANDSHAKE):
            if hasattr(request, "msg_ids"):
                return  # acknowledgements need no key
            raise BadExchange("not part of a handshake")
        answer = bytes(self._exchange.answer(request))
        if self._exchange.auth_key is not None:
            self._keep_key(self._exchange.auth_key)
        msg_id = self._ids.next(answer=True)
        self.send(_PLAIN.pack(0, msg_id, len(answer)) + answer)

    def _keep_key(self, data: bytes) -> None:
        lives_s, now = self._exchange.expires_in, time.time()
        key = self._sessions.add_key(data, None if lives_s is None else now + lives_s)
        key.salts.begin_with(self._exchange.first_salt, now)
