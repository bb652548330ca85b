"""Makes of Telethon's messages what a page is told: plain values for JSON. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.client import seen

Shown = dict[str, Any]
"""One message for a page; see `shown_message`."""

_STYLES = {
    types.MessageEntityBold: "bold",
    types.MessageEntityItalic: "italic",
    types.MessageEntityUnderline: "underline",
    types.MessageEntityStrike: "strike",
    types.MessageEntityCode: "code",
    types.MessageEntityPre: "pre",
    types.MessageEntitySpoiler: "spoiler",
    types.MessageEntityBlockquote: "quote",
    types.MessageEntityTextUrl: "link",
    types.MessageEntityUrl: "link",
    types.MessageEntityEmail: "email",
    types.MessageEntityBotCommand: "command",
}
"""Kinds of formatting that a page shows; of others it shows the text alone."""


def shown_message(message: Any, *, own: bool, who: str) -> Shown:
    """Return a message as a page shows it.

    Args:
        message: Telethon's.
        own: Whether the person of this chat wrote it.
        who: Name of its author.

    Returns:
        id, own, who, at (seconds since 1970), edited, text, entities (`shown_entities`; offsets
        count UTF-16 units, as in a browser), rows of buttons (label, kind, and what it opens or
        copies), and None or: photo (w, h), file (name, size in words), invoice (title, stars),
        prompt (placeholder of a forced reply), media (another kind's name), reply_to (an id),
        album (what its messages have in common, "" for none).

    """
    photo, file, invoice = message.photo, seen.file_of(message), seen.invoice_of(message)
    largest = max(photo.sizes, key=lambda size: size.w * size.h) if photo else None
    plain = seen.media_of(message) if not (photo or file or invoice) else ""
    return {
        "id": message.id,
        "own": own,
        "who": who,
        "at": message.date.timestamp() if message.date else 0,
        "edited": bool(message.edit_date) and not message.edit_hide,
        "text": seen.text_of(message),
        "entities": [] if invoice else shown_entities(message.entities or ()),
        "rows": [[_shown_key(key) for key in row] for row in seen.rows_of(message)],
        "photo": {"w": largest.w, "h": largest.h} if largest else None,
        "file": {"name": file.name, "size": seen.size_in_words(file.size)} if file else None,
        "invoice": {"title": invoice.title, "stars": invoice.stars} if invoice else None,
        "prompt": seen.prompt_of(message),
        "media": plain,
        "reply_to": getattr(message.reply_to, "reply_to_msg_id", None),
        "album": str(message.grouped_id or ""),  # 64 bits, more than a number of JavaScript has
    }


def shown_entities(entities: Iterable[Any]) -> list[Shown]:
    """Return formatting as kind, offset, length, and url or language where there is one."""
    found: list[Shown] = []
    for entity in entities:
        kind = _STYLES.get(type(entity))
        if kind is None:
            continue
        one: Shown = {"kind": kind, "offset": entity.offset, "length": entity.length}
        if url := getattr(entity, "url", ""):
            one["url"] = url
        if getattr(entity, "collapsed", False):
            one["collapsed"] = True
        found.append(one)
    return found


def _shown_key(key: seen.ShownKey) -> Shown:
    shown: Shown = {"label": key.label, "kind": key.kind}
    if key.kind in {"copy", "url"}:
        shown["value"] = str(key.value)
    return shown


def shown_results(answer: Any) -> list[Shown]:
    """Return the results of an inline query as title, description and text."""
    return [
        {
            "title": result.title or "",
            "description": result.description or "",
            "text": getattr(result.send_message, "message", "") or "",
        }
        for result in answer.results
    ]


def service_notice(message: Any) -> Shown | None:
    """Return what a service message tells about Stars: stars, is_refund; None for others."""
    match message.action:
        case types.MessageActionPaymentSent(total_amount=stars):
            return {"stars": stars, "is_refund": False}
        case types.MessageActionPaymentRefunded(total_amount=stars):
            return {"stars": stars, "is_refund": True}
    return None
