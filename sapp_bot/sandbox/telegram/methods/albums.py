"""Methods for albums: upload media without sending it, and send several as one group.

Source: https://core.telegram.org/api/files#albums-grouped-media
"""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state import checks
from sapp_bot.sandbox.telegram.state.mailbox import Draft
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .media import media_of
from .registry import Methods
from .sending import post, reply_to

methods = Methods()

_AT_ONCE = 10


@methods.on(functions.messages.UploadMediaRequest)
def upload_media(caller: RpcCaller, request: Any) -> Any:
    """Return a photo or a document that can be sent later by its id."""
    caller.resolve_chat(request.peer)
    return media_of(caller, request.media)


@methods.on(functions.messages.SendMultiMediaRequest)
def send_multi_media(caller: RpcCaller, request: Any) -> Any:
    """Send photos or documents as one album; each has a caption of its own."""
    if not request.multi_media:
        raise RpcError("MEDIA_EMPTY")
    if len(request.multi_media) > _AT_ONCE:
        raise RpcError("MULTI_MEDIA_TOO_LONG")
    receiver = caller.resolve_chat(request.peer)
    if not all(
        isinstance(single.media, types.InputMediaPhoto | types.InputMediaDocument)
        for single in request.multi_media
    ):
        raise RpcError("MEDIA_INVALID")
    group = caller.world.mail.album_id()
    replied = reply_to(caller, request.reply_to)
    parts = []
    for single in request.multi_media:
        text, entities = checks.caption(single.message, single.entities)
        draft = Draft(
            text=text,
            entities=entities,
            media=media_of(caller, single.media),
            reply_to=replied,
            silent=bool(request.silent),
            grouped=group,
        )
        parts.append(post(caller, receiver, draft, single.random_id))
    updates = [update for part in parts for update in part.updates]
    people = {user.id for part in parts for user in part.users}
    return caller.world.updates(caller.account, updates, people)
