"""Splits a TCP stream into packets in Telegram's five transports, without I/O.

Source: https://core.telegram.org/mtproto/mtproto-transports
"""

from __future__ import annotations

import secrets
import struct
from typing import Protocol
from zlib import crc32

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MAX_PACKET_BYTES = 2 * 1024 * 1024
"""Longest accepted packet. A file part has at most 512 KiB, a container about 1 MiB."""

_ABRIDGED = b"\xef"
_INTERMEDIATE = b"\xee" * 4
_PADDED = b"\xdd" * 4
_FULL_OVERHEAD = 12
_OBFUSCATED_HEADER = 64
_QUICK_ACK = 0x80000000
_WORD = 4
_SHORT_LENGTH = 0x7F


class BadFrame(ValueError):
    """Bytes are no packet; the connection must be closed."""


class Codec(Protocol):
    """A transport: how packets are delimited."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Remove the first complete packet from `buffer`; return its payload, None if none is.

        Raises:
            BadFrame: the bytes are no packet.

        """

    def pack(self, payload: bytes) -> bytes:
        """Return a payload as a packet."""


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
        """Remove and return a packet; check its number and checksum."""
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
        """Return a packet with length, number and checksum."""
        packet = struct.pack("<ii", len(payload) + _FULL_OVERHEAD, self._sent) + payload
        self._sent += 1
        return packet + struct.pack("<I", crc32(packet))


class Abridged:
    """One byte of length in words of 4 bytes; four bytes for a long packet."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Remove and return a packet."""
        if not buffer:
            return None
        words, start = buffer[0] & _SHORT_LENGTH, 1
        if words == _SHORT_LENGTH:
            if len(buffer) < _WORD:
                return None
            words, start = int.from_bytes(buffer[1:4], "little"), 4
        return _cut(buffer, start, start + _checked(words * _WORD))

    def pack(self, payload: bytes) -> bytes:
        """Return a packet with its length in front."""
        words = len(payload) // _WORD
        if words < _SHORT_LENGTH:
            return bytes([words]) + payload
        return b"\x7f" + words.to_bytes(3, "little") + payload


class Intermediate:
    """Four bytes of length."""

    def take(self, buffer: bytearray) -> bytes | None:
        """Remove and return a packet."""
        if len(buffer) < _WORD:
            return None
        length = _checked(int.from_bytes(buffer[:4], "little") & ~_QUICK_ACK)
        return _cut(buffer, _WORD, _WORD + length)

    def pack(self, payload: bytes) -> bytes:
        """Return a packet with its length in front."""
        return struct.pack("<i", len(payload)) + payload


class Padded(Intermediate):
    """Intermediate with up to 15 random bytes at the end, which the decryption ignores."""

    def pack(self, payload: bytes) -> bytes:
        """Return a packet with its length in front and random bytes at the end."""
        return super().pack(payload + secrets.token_bytes(secrets.randbelow(4)))


_CODECS: dict[bytes, type[Abridged | Intermediate | Padded]] = {
    _ABRIDGED * 4: Abridged,
    _INTERMEDIATE: Intermediate,
    _PADDED: Padded,
}


class FramedStream:
    """Converts one connection's bytes to payloads and back; detects the client's transport."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._codec: Codec | None = None
        self._reading: _Stream | None = None
        self._writing: _Stream | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Add received bytes, and return the payloads that are complete.

        Raises:
            BadFrame: the bytes are of no transport, or of a broken packet.

        """
        self._buffer += self._reading.update(data) if self._reading else data
        if self._codec is None:
            self._codec = self._detect()
        payloads: list[bytes] = []
        while self._codec and (payload := self._codec.take(self._buffer)) is not None:
            payloads.append(payload)
        return payloads

    def pack(self, payload: bytes) -> bytes:
        """Return a payload as bytes to send; the client sends first, so its transport is known."""
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
        """Read the 64 bytes that hold both stream keys and, encrypted, the inner transport.

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
