"""Methods for files: upload parts, use them as media, download."""

from __future__ import annotations

import time
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()


@methods.on(functions.upload.SaveFilePartRequest)
def save_file_part(caller: RpcCaller, request: Any) -> bool:
    """Store a part of a small file."""
    caller.world.files.save_part(
        caller.account.id, request.file_id, request.file_part, request.bytes
    )
    return True


@methods.on(functions.upload.SaveBigFilePartRequest)
def save_big_file_part(caller: RpcCaller, request: Any) -> bool:
    """Store a part of a big file."""
    return save_file_part(caller, request)  # type: ignore[no-any-return]  # a handler gives Any


@methods.on(functions.upload.GetFileRequest)
def get_file(caller: RpcCaller, request: Any) -> Any:
    """Return a piece of a file; fewer bytes than asked for mean its end."""
    data = caller.world.files.read(request.location, request.offset, request.limit)
    return types.upload.File(types.storage.FileUnknown(), mtime=int(time.time()), bytes=data)


def media_of(caller: RpcCaller, media: Any) -> Any:
    """Return the media of a message for a client's input media.

    Raises:
        RpcError: the input is no photo or document, or its upload is incomplete.

    """
    files, me = caller.world.files, caller.account.id
    if isinstance(media, types.InputMediaUploadedPhoto):
        return types.MessageMediaPhoto(photo=files.photo(me, media.file))
    if isinstance(media, types.InputMediaUploadedDocument):
        document = files.document(me, media.file, media.mime_type, media.attributes)
        return types.MessageMediaDocument(document=document)
    if isinstance(media, types.InputMediaPhoto):
        return types.MessageMediaPhoto(photo=files.find(media.id.id))
    if isinstance(media, types.InputMediaDocument):
        return types.MessageMediaDocument(document=files.find(media.id.id))
    if isinstance(media, types.InputMediaContact):
        return types.MessageMediaContact(
            media.phone_number, media.first_name, media.last_name, media.vcard, user_id=0
        )
    if isinstance(media, types.InputMediaGeoPoint) and hasattr(media.geo_point, "long"):
        point = types.GeoPoint(media.geo_point.long, media.geo_point.lat, access_hash=0)
        return types.MessageMediaGeo(point)
    raise RpcError("MEDIA_INVALID")
