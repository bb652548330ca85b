"""A client that can do no more than write and read messages: what a library would hide."""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from telethon.tl import functions
from telethon.tl.core import GzipPacked, MessageContainer

from sapp_bot.sandbox.telegram.mtproto.envelope import DecryptedMessage, key_id, seal, unseal
from sapp_bot.sandbox.telegram.mtproto.layers import NEWEST, LayerReader
from sapp_bot.sandbox.telegram.server import TelegramServer

ANSWER_S = 30.0
RPC_RESULT = 0xF35C6D01
_LENGTH = struct.Struct("<i")


@dataclass(frozen=True, slots=True)
class Came:
    """A message of the server: its id, its number and its bytes; an answer's request or 0."""

    msg_id: int
    seq_no: int
    body: bytes
    answers: int = 0

    @property
    def value(self) -> Any:
        """The object in it."""
        return LayerReader(self.body).tgread_object()


class Wire:
    """One connection, over the intermediate transport, under a key that both sides have."""

    def __init__(
        self, server: TelegramServer, key: bytes, salt: int, session_id: int | None = None
    ) -> None:
        self._server, self.key, self.salt = server, key, salt
        self.session_id = session_id or secrets.randbits(62)
        self._numbered = 0
        self._last_id = 0

    async def connect(self) -> None:
        """Connect, again too."""
        server = self._server
        self._reader, self._writer = await asyncio.open_connection(server.host, server.port)
        self._writer.write(b"\xee" * 4)

    def close(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()

    def next_id(self) -> int:
        """Return an id for a message."""
        self._last_id = max(int(time.time() * 2**32) & ~3, self._last_id + 4)
        return self._last_id

    def send(
        self,
        body: Any,
        *,
        content: bool = True,
        msg_id: int | None = None,
        seq_no: int | None = None,
    ) -> int:
        """Write a message; return its id."""
        msg_id = self.next_id() if msg_id is None else msg_id
        if seq_no is None:
            seq_no = self._numbered * 2 + content
            self._numbered += content
        letter = DecryptedMessage(self.salt, self.session_id, msg_id, seq_no, bytes(body))
        sealed = seal(self.key, letter, "client")
        self._writer.write(_LENGTH.pack(len(sealed)) + sealed)
        return msg_id

    def begin(self, layer: int = NEWEST, query: Any = None) -> int:
        """Name the client and its layer; return the message's id."""
        inner = functions.InitConnectionRequest(
            1, "wire", "1", "1", "en", "", "en", query or functions.help.GetConfigRequest()
        )
        return self.send(functions.InvokeWithLayerRequest(layer, inner))

    async def come(self) -> list[Came]:
        """Return the messages of the next packet."""
        async with asyncio.timeout(ANSWER_S):
            (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            payload = await self._reader.readexactly(length)
        if length == _LENGTH.size:
            raise ConnectionError(_LENGTH.unpack(payload)[0])
        letter = unseal(self.key, payload, "server")
        return list(_opened(letter.msg_id, letter.seq_no, letter.body))

    async def drained(self) -> None:
        """Wait until what was written has left, or the connection is gone."""
        with suppress(ConnectionError):
            await self._writer.drain()

    async def ends(self) -> bool:
        """Wait for the end of the connection; False if it does not come."""
        try:
            while True:
                await self.come()
        except (asyncio.IncompleteReadError, ConnectionError):
            return True
        except TimeoutError:
            return False

    async def until(self, kind: Any = None, *, answers: int = 0) -> Came:
        """Return the next message of a kind that answers no call, or the answer to a call."""
        while True:
            for came in await self.come():
                if answers:
                    if came.answers == answers:
                        return came
                elif not came.answers and isinstance(came.value, kind):
                    return came

    async def ask(self, body: Any) -> Any:
        """Make a call and return its result."""
        return (await self.until(answers=self.send(body))).value


def _opened(msg_id: int, seq_no: int, body: bytes) -> Any:
    number = struct.unpack_from("<I", body)[0]
    if number == MessageContainer.CONSTRUCTOR_ID:
        for inner in MessageContainer.from_reader(LayerReader(body[4:])).messages:
            yield Came(inner.msg_id, inner.seq_no, bytes(inner.obj))
        return
    answers = 0
    if number == RPC_RESULT:
        answers = struct.unpack_from("<q", body, 4)[0]
        body = body[12:]
    if struct.unpack_from("<I", body)[0] == GzipPacked.CONSTRUCTOR_ID:
        body = GzipPacked.read(LayerReader(body))
    yield Came(msg_id, seq_no, body, answers)


@asynccontextmanager
async def wire(
    server: TelegramServer, account: Any, session_id: int | None = None
) -> AsyncIterator[Wire]:
    """Connect with an account's ready key; nothing is said yet."""
    key = server.ready_key(account, 9)
    found = server.world.sessions.find_key(key_id(key))
    assert found is not None
    line = Wire(server, key, found.salts.current(time.time()), session_id)
    await line.connect()
    try:
        yield line
    finally:
        line.close()
