"""How packets are told apart on a TCP connection: Telegram's five ways, without I/O.

Source: https://core.telegram.org/mtproto/mtproto-transports
"""

from __future__ import annotations

import secrets
import struct
from typing import Protocol
from zlib import crc32

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MAX_PACKET_BYTES = 2 * 1024 * 1024
"""Longest packet taken. A file part is at most 512 KiB, a container about 1 MiB."""

_ABRIDGED = b"\xef"
_INTERMEDIATE = b"\xee" * 4
_PADDED = b"\xdd" * 4
_FULL_OVERHEAD = 12
_OBFUSCATED_HEADER = 64
_QUICK_ACK = 0x80000000
_WORD = 4
_SHORT_LENGTH = 0x7F


class BadFrame(ValueError):
    """The bytes are no packet; the connection is of no more use."""


class Codec(Protocol):
    """One way of telling packets apart."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Cut the first whole packet off `buffer`, or None. Raises BadFrame."""

    def pack(self, payload: bytes) -> bytes:
        """Make a packet."""


def _checked(length: int, least: int = 1) -> int:
    if not least <= length <= MAX_PACKET_BYTES:
        raise BadFrame(f"length {length}")
    return length


def _cut(buffer: bytearray, start: int, end: int) -> bytes | None:
    if len(buffer) < end:
        return None
    packet = bytes(buffer[start:end])
    del buffer[:end]
    return packet


class Full:
    """Length, number, payload, CRC32: Telethon's default."""

    def __init__(self) -> None:
        self._received = 0
        self._sent = 0

    def take(self, buffer: bytearray) -> bytes | None:
        """Cut off a packet, its number and checksum checked."""
        if len(buffer) < _WORD:
            return None
        length = _checked(int.from_bytes(buffer[:4], "little"), _FULL_OVERHEAD)
        packet = _cut(buffer, 0, length)
        if packet is None:
            return None
        number, crc = int.from_bytes(packet[4:8], "little"), int.from_bytes(packet[-4:], "little")
        if number != self._received or crc != crc32(packet[:-4]):
            raise BadFrame("wrong number or checksum")
        self._received += 1
        return packet[8:-4]

    def pack(self, payload: bytes) -> bytes:
        """Give the packet a number and add its checksum."""
        packet = struct.pack("<ii", len(payload) + _FULL_OVERHEAD, self._sent) + payload
        self._sent += 1
        return packet + struct.pack("<I", crc32(packet))


class Abridged:
    """One byte of length, counted in words; four when it is long."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Cut off a packet."""
        if not buffer:
            return None
        words, start = buffer[0] & _SHORT_LENGTH, 1
        if words == _SHORT_LENGTH:
            if len(buffer) < _WORD:
                return None
            words, start = int.from_bytes(buffer[1:4], "little"), 4
        return _cut(buffer, start, start + _checked(words * _WORD))

    def pack(self, payload: bytes) -> bytes:
        """Put the length in front."""
        words = len(payload) // _WORD
        if words < _SHORT_LENGTH:
            return bytes([words]) + payload
        return b"\x7f" + words.to_bytes(3, "little") + payload


class Intermediate:
    """Four bytes of length."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Cut off a packet."""
        if len(buffer) < _WORD:
            return None
        length = _checked(int.from_bytes(buffer[:4], "little") & ~_QUICK_ACK)
        return _cut(buffer, _WORD, _WORD + length)

    def pack(self, payload: bytes) -> bytes:
        """Put the length in front."""
        return struct.pack("<i", len(payload)) + payload


class Padded(Intermediate):
    """The same with up to 15 random bytes behind; the reader of the envelope cuts them off."""

    def pack(self, payload: bytes) -> bytes:
        """Put the length in front and random bytes behind."""
        return super().pack(payload + secrets.token_bytes(secrets.randbelow(4)))


_CODECS: dict[bytes, type[Abridged | Intermediate | Padded]] = {
    _ABRIDGED * 4: Abridged,
    _INTERMEDIATE: Intermediate,
    _PADDED: Padded,
}


class FramedStream:
    """One connection's bytes to payloads and back; finds out by itself how the client talks."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._codec: Codec | None = None
        self._reading: _Stream | None = None
        self._writing: _Stream | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take received bytes, give the payloads that are whole.

        Raises:
            BadFrame: nothing sensible can follow.

        """
        self._buffer += self._reading.update(data) if self._reading else data
        if self._codec is None:
            self._codec = self._detect()
        payloads: list[bytes] = []
        while self._codec and (payload := self._codec.take(self._buffer)) is not None:
            payloads.append(payload)
        return payloads

    def pack(self, payload: bytes) -> bytes:
        """Make the bytes to send; the client has spoken first, so the way is known."""
        if self._codec is None:
            raise BadFrame("the client has not spoken yet")
        packet = self._codec.pack(payload)
        return self._writing.update(packet) if self._writing else packet

    def _detect(self) -> Codec | None:
        head = self._buffer
        if head[:1] == _ABRIDGED:
            del head[:1]
            return Abridged()
        if (codec := _CODECS.get(bytes(head[:4]))) is not None:
            del head[:4]
            return codec()
        if len(head) >= 2 * _WORD and not any(head[4:8]):
            return Full()
        if len(head) >= _OBFUSCATED_HEADER:
            return self._unveil()
        return None

    def _unveil(self) -> Codec:
        """Read the 64 bytes that carry both stream keys and, encrypted, the inner way.

        Source: https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation
        """
        head = bytes(self._buffer[:_OBFUSCATED_HEADER])
        reverse = head[8:56][::-1]
        self._reading = _Stream(head[8:40], head[40:56])
        self._writing = _Stream(reverse[:32], reverse[32:])
        tag = self._reading.update(head)[56:60]
        codec = _CODECS.get(tag)
        if codec is None:
            raise BadFrame("no known transport")
        del self._buffer[:_OBFUSCATED_HEADER]
        self._buffer = bytearray(self._reading.update(bytes(self._buffer)))
        return codec()


class _Stream:
    """AES-256-CTR over one direction of a connection."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._cipher = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()

    def update(self, data: bytes) -> bytes:
        """Encrypt or decrypt the next bytes."""
        return self._cipher.update(data)
