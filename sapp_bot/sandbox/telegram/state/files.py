"""Uploaded files: parts, photos, documents, and their download.

Source: https://core.telegram.org/api/files
"""

from __future__ import annotations

import random
import secrets
import struct
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.telegram.refusal import RpcError

PART_BYTES = 512 * 1024
KEPT_BYTES = 64 * 1024 * 1024
_PARTS = 4000
_DC = 2
_PHOTO_SIDES = 10_000
"""Width and height of the largest picture together, in pixels."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Files:
    """All parts and files; the oldest are dropped when they take too many bytes."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._parts: OrderedDict[tuple[int, int], dict[int, bytes]] = OrderedDict()
        self._files: OrderedDict[int, tuple[Any, bytes]] = OrderedDict()
        self._bytes = 0
        self.kept_bytes = KEPT_BYTES

    def save_part(self, owner: int, file_id: int, part: int, data: bytes) -> None:
        """Store one part. Raises RpcError for a number or a size out of range."""
        if not 0 <= part < _PARTS:
            raise RpcError("FILE_PART_INVALID")
        if not 0 < len(data) <= PART_BYTES:
            raise RpcError("FILE_PART_TOO_BIG" if data else "FILE_PART_EMPTY")
        parts = self._parts.setdefault((owner, file_id), {})
        self._bytes += len(data) - len(parts.get(part, b""))
        parts[part] = data
        self._make_room()

    def photo(self, owner: int, file: Any) -> Any:
        """Return an uploaded file as a photo. Raises RpcError if it is incomplete or no image."""
        data = self._assemble(owner, file)
        width, height = image_size(data)
        if width + height > _PHOTO_SIDES or max(width, height) > 20 * min(width, height):
            raise RpcError("PHOTO_INVALID_DIMENSIONS")
        photo = types.Photo(
            id=self._dice.randrange(1, 2**63),
            access_hash=self._dice.randrange(1, 2**63),
            file_reference=secrets.token_bytes(8),
            date=datetime.now(UTC),
            sizes=[types.PhotoSize("x", width, height, len(data))],
            dc_id=_DC,
        )
        self._keep(photo, data)
        return photo

    def document(self, owner: int, file: Any, mime_type: str, attributes: list[Any]) -> Any:
        """Return an uploaded file as a document or sticker. Raises RpcError if it is incomplete."""
        data = self._assemble(owner, file)
        document = types.Document(
            id=self._dice.randrange(1, 2**63),
            access_hash=self._dice.randrange(1, 2**63),
            file_reference=secrets.token_bytes(8),
            date=datetime.now(UTC),
            mime_type=mime_type,
            size=len(data),
            dc_id=_DC,
            attributes=attributes,
        )
        self._keep(document, data)
        return document

    def find(self, file_id: int) -> Any:
        """Return a photo or document that is sent again. Raises RpcError if it is unknown."""
        if file_id not in self._files:
            raise RpcError("MEDIA_EMPTY")
        return self._files[file_id][0]

    def read(self, location: Any, offset: int, limit: int) -> bytes:
        """Return a piece of a file. Raises RpcError for an unknown file or a wrong range."""
        file_id = int(getattr(location, "id", 0))
        if file_id not in self._files:
            raise RpcError("FILE_ID_INVALID")
        if offset < 0 or not 0 < limit <= 2 * PART_BYTES:
            raise RpcError("LIMIT_INVALID" if offset >= 0 else "OFFSET_INVALID")
        return self._files[file_id][1][offset : offset + limit]

    def _assemble(self, owner: int, file: Any) -> bytes:
        parts = self._parts.pop((owner, file.id), None)
        # The count first: it is the client's word, and may be anything.
        if parts is None or len(parts) != file.parts or max(parts) != file.parts - 1:
            raise RpcError("FILE_PARTS_INVALID")
        data = b"".join(parts[number] for number in range(file.parts))
        self._bytes -= len(data)
        return data

    def _keep(self, media: Any, data: bytes) -> None:
        self._files[media.id] = (media, data)
        self._bytes += len(data)
        self._make_room()

    def _make_room(self) -> None:
        while self._bytes > self.kept_bytes and (len(self._files) + len(self._parts)) > 1:
            if self._files:
                _, (_, data) = self._files.popitem(last=False)
                self._bytes -= len(data)
            else:
                _, parts = self._parts.popitem(last=False)
                self._bytes -= sum(map(len, parts.values()))


def image_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or JPEG. Raises RpcError for anything else."""
    try:
        if data.startswith(_PNG):
            width, height = struct.unpack_from(">II", data, 16)
            return width or 1, height or 1
        if data.startswith(_JPEG):
            return _jpeg_size(data)
    except struct.error:
        pass
    raise RpcError("IMAGE_PROCESS_FAILED")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width or 1, height or 1
        at += 2 + length
