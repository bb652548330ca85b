"""The Redis protocol without I/O: splits a byte stream into commands and replies.

Source: redis.io, "Redis serialization protocol specification" (RESP2 and RESP3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_LINES = b"+-:,#_("
_BLOBS = b"$=!"
_ARRAYS = b"*~>"
_MAPS = b"%|"
ATTRIBUTE = b"|"[0]
PUSH = b">"[0]


class NotRedis(ValueError):
    """Bytes are not of the Redis protocol."""


@dataclass(frozen=True, slots=True)
class RespCommand:
    """One command: its words, and the bytes it was received as."""

    words: tuple[bytes, ...] = field(repr=False)
    raw: bytes = field(repr=False)


class RespFrames:
    """Splits a stream into complete frames: replies, or commands (arrays of blobs)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add received bytes, and yield the frames that are complete now.

        Raises:
            NotRedis: a frame begins with an unknown type byte.
        """
        self._buffer += data
        start = 0
        try:
            while (end := _end(self._buffer, start)) is not None:
                yield bytes(self._buffer[start:end])
                start = end
        finally:
            del self._buffer[:start]


def read_command(frame: bytes) -> RespCommand:
    """Return the command in a frame.

    Raises:
        NotRedis: the frame is not an array of blobs.
    """
    words: list[bytes] = []
    at = frame.index(b"\r\n") + 2
    while at < len(frame):
        line_end = frame.index(b"\r\n", at)
        if frame[at : at + 1] != b"$":
            raise NotRedis("a command is an array of blobs")
        size = int(frame[at + 1 : line_end])
        words.append(frame[line_end + 2 : line_end + 2 + size])
        at = line_end + 2 + size + 2
    if frame[:1] != b"*" or not words:
        raise NotRedis("a command is an array of blobs")
    return RespCommand(tuple(words), frame)


def _end(buffer: bytearray, start: int) -> int | None:
    """Return where the frame at `start` ends, None if it is not complete."""
    left = 1
    at = start
    while left:
        line_end = buffer.find(b"\r\n", at)
        if line_end < 0:
            return None
        kind, line = buffer[at], bytes(buffer[at + 1 : line_end])
        at = line_end + 2
        left -= 1
        if kind in _BLOBS:
            size = _number(line)
            at += size + 2 if size >= 0 else 0
        elif kind in _ARRAYS:
            left += max(_number(line), 0)
        elif kind in _MAPS:
            left += 2 * _number(line) + (kind == ATTRIBUTE)
        elif kind not in _LINES:
            raise NotRedis(f"a frame begins with {kind:#x}")
    return at if at <= len(buffer) else None


def _number(line: bytes) -> int:
    try:
        return int(line)
    except ValueError as error:
        raise NotRedis("a length is no number") from error
