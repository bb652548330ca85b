"""Parses message bodies of clients (containers, gzip, wrappers), and writes results."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import functions
from telethon.tl.core import GzipPacked, MessageContainer

MAX_UNPACKED_BYTES = 16 * 1024 * 1024
_CONTAINED = 1020
"""Source: https://core.telegram.org/mtproto/service_messages#containers"""

_INNER = struct.Struct("<qii")
_RESULT = struct.Struct("<Iq")
_VECTOR = struct.Struct("<Ii")
_RPC_RESULT = 0xF35C6D01
_VECTOR_ID = 0x1CB5C415
_TRUE, _FALSE = b"\xb5\x75\x72\x99", b"\x37\x97\x79\xbc"
_GZIP_FROM_BYTES = 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS

# What Telethon's reader raises on bytes that are no TL object.
_UNREADABLE = (
    struct.error,
    ValueError,
    TypeError,
    BufferError,
    LookupError,
    RuntimeError,
    OverflowError,
    AssertionError,
    OSError,
    EOFError,
    zlib.error,
    TypeNotFoundError,
)


class UnreadableContainer(ValueError):
    """Bytes are no TL object of the known layer."""


@dataclass(frozen=True, slots=True)
class ContainerItem:
    """One message of a container: its id and its bytes."""

    msg_id: int
    seq_no: int
    body: bytes


def items(msg_id: int, seq_no: int, body: bytes) -> Iterator[ContainerItem]:
    """Yield the messages in a decrypted body: one message, or those of a container.

    Raises:
        UnreadableContainer: a container or a gzip that breaks off.

    """
    body = _unzipped(body)
    if _constructor(body) != MessageContainer.CONSTRUCTOR_ID:
        yield ContainerItem(msg_id, seq_no, body)
        return
    try:
        count = int.from_bytes(body[4:8], "little")
        if count > _CONTAINED:
            raise UnreadableContainer(f"{count} messages in a container")
        at = 8
        for _ in range(count):
            inner_id, inner_seq, size = _INNER.unpack_from(body, at)
            at += _INNER.size
            if not 0 <= size <= len(body) - at:
                raise UnreadableContainer("a container that breaks off")
            yield ContainerItem(inner_id, inner_seq, _unzipped(body[at : at + size]))
            at += size
    except struct.error as error:
        raise UnreadableContainer(str(error)) from error


def read(body: bytes) -> Any:
    """Return the TL object in a body.

    Raises:
        UnreadableContainer: there is none.

    """
    try:
        return BinaryReader(body).tgread_object()
    except _UNREADABLE as error:
        raise UnreadableContainer(type(error).__name__) from error


def _constructor(body: bytes) -> int:
    return int.from_bytes(body[:4], "little")


def _unzipped(body: bytes) -> bytes:
    if _constructor(body) != GzipPacked.CONSTRUCTOR_ID:
        return body
    try:
        packed = BinaryReader(body[4:]).tgread_bytes()
        engine = zlib.decompressobj(_GZIP_WINDOW)
        plain = engine.decompress(packed, MAX_UNPACKED_BYTES)
    except (zlib.error, struct.error, BufferError) as error:
        raise UnreadableContainer("gzip") from error
    if engine.unconsumed_tail or not engine.eof:
        raise UnreadableContainer("gzip too long or broken off")
    return plain


@dataclass(frozen=True, slots=True)
class UnwrappedCall:
    """A request without its wrappers, and what those said."""

    request: Any
    wants_updates: bool


def unwrap(request: Any) -> UnwrappedCall:
    """Return a request without its layer, connection and order wrappers.

    The order of calls is kept anyway, so `invokeAfterMsg` has nothing to wait for.
    """
    wants_updates = True
    while isinstance(
        request,
        functions.InvokeWithLayerRequest
        | functions.InitConnectionRequest
        | functions.InvokeWithoutUpdatesRequest
        | functions.InvokeAfterMsgRequest
        | functions.InvokeAfterMsgsRequest,
    ):
        if isinstance(request, functions.InvokeWithoutUpdatesRequest):
            wants_updates = False
        request = request.query
    return UnwrappedCall(request, wants_updates)


def result(msg_id: int, value: Any) -> bytes:
    """Return the result of a call as bytes."""
    body = _bytes_of(value)
    if len(body) >= _GZIP_FROM_BYTES:
        packed = bytes(GzipPacked(body))
        body = packed if len(packed) < len(body) else body
    return _RESULT.pack(_RPC_RESULT, msg_id) + body


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, list):
        return _VECTOR.pack(_VECTOR_ID, len(value)) + b"".join(map(_bytes_of, value))
    return bytes(value)
