"""Parses message bodies of clients (containers, gzip, wrappers), and writes results."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import functions
from telethon.tl.core import GzipPacked, MessageContainer

from .layers import LayerReader, in_layer

MAX_UNPACKED_BYTES = 4 * 1024 * 1024
_CONTAINED = 1020
"""Source: https://core.telegram.org/mtproto/service_messages#containers"""

_INNER = struct.Struct("<qii")
_LAYER = struct.Struct("<Ii")
_WITH_LAYER = functions.InvokeWithLayerRequest.CONSTRUCTOR_ID
_RESULT = struct.Struct("<Iq")
_VECTOR = struct.Struct("<Ii")
_RPC_RESULT = 0xF35C6D01
_VECTOR_ID = 0x1CB5C415
_TRUE, _FALSE = b"\xb5\x75\x72\x99", b"\x37\x97\x79\xbc"
_GZIP_FROM_BYTES = 1024
_ZIP_WINDOW = 32 + zlib.MAX_WBITS
# Both headers are understood, as TDLib and others send a zlib stream.

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
    """One message of a container: its id and its bytes, which may be packed."""

    msg_id: int
    seq_no: int
    body: bytes


def items(msg_id: int, seq_no: int, body: bytes) -> Iterator[ContainerItem]:
    """Yield the messages in a decrypted body: one message, or those of a container.

    Raises:
        UnreadableContainer: a container that breaks off.

    """
    with suppress(UnreadableContainer):  # a message that breaks off is refused by itself
        body = _unzipped(body)
    if not is_container(body):
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
            yield ContainerItem(inner_id, inner_seq, body[at : at + size])
            at += size
    except struct.error as error:
        raise UnreadableContainer(str(error)) from error


def is_container(body: bytes) -> bool:
    """Return whether a body holds several messages."""
    return bool(_constructor(body) == MessageContainer.CONSTRUCTOR_ID)


def read(body: bytes) -> Any:
    """Return the TL object in a body, which may be packed.

    Raises:
        UnreadableContainer: there is none.

    """
    try:
        return LayerReader(_unzipped(body)).tgread_object()
    except _UNREADABLE as error:
        raise UnreadableContainer(type(error).__name__) from error


def layer_of(body: bytes) -> int | None:
    """Return the layer that a body names, None if it names none; the rest need not be readable."""
    with suppress(UnreadableContainer):
        body = _unzipped(body)
        if len(body) >= _LAYER.size and _constructor(body) == _WITH_LAYER:
            return int(_LAYER.unpack_from(body)[1])
    return None


def _constructor(body: bytes) -> int:
    return int.from_bytes(body[:4], "little")


def _unzipped(body: bytes) -> bytes:
    if _constructor(body) != GzipPacked.CONSTRUCTOR_ID:
        return body
    try:
        packed = BinaryReader(body[4:]).tgread_bytes()
        engine = zlib.decompressobj(_ZIP_WINDOW)
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
    begins: bool
    """Whether it came with `initConnection`."""


def unwrap(request: Any) -> UnwrappedCall:
    """Return a request without its layer, connection and order wrappers.

    The order of calls is kept anyway, so `invokeAfterMsg` has nothing to wait for.
    """
    wants_updates, begins = True, False
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
        begins = begins or isinstance(request, functions.InitConnectionRequest)
        request = request.query
    return UnwrappedCall(request, wants_updates, begins)


def result(msg_id: int, value: Any, layer: int) -> bytes:
    """Return the result of a call as bytes, for a client of a layer."""
    body = _bytes_of(in_layer(value, layer))
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
