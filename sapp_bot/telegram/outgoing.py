"""Builds Telegram's requests from replies, and our errors from its refusals. Pure: sends nothing.

Requests are built by hand: Telethon's `send_message` takes no `random_id`, parses Markdown by
default, and makes further calls of its own.
"""

from __future__ import annotations

import hashlib
import mimetypes
import struct
from collections.abc import Mapping
from typing import assert_never

from sapp_bot.domain.answers import (
    AcceptPayment,
    Answer,
    DeclinePayment,
    InlineAnswer,
    InlineResult,
    PressAnswer,
    SwitchToBot,
)
from sapp_bot.domain.replies import Callback, CloseScreens, Copy, Edit, Key, Rows, Send, Style
from sapp_bot.domain.text import (
    CAPTION_UNITS,
    MESSAGE_UNITS,
    Rich,
    cut,
    cut_rich,
    rich,
    split,
    units,
    wire_text,
)
from sapp_bot.errors import ChatPaused, TelegramAway, TelegramError, Undeliverable

from .payments.requests import pre_checkout_request
from .refusals import kind_of
from .seam import TL, errors, functions, types

ANSWER_CHARS = 200
"""Longest text of a pop-up. Source: core.telegram.org/bots/api, answerCallbackQuery."""

DESCRIPTION_CHARS = 256
"""Longest description in a menu. Source: core.telegram.org/bots/api, BotCommand."""

DELETED_AT_ONCE = 100
"""Most messages in one deletion. Source: core.telegram.org/method/messages.deleteMessages."""

PART_BYTES = 512 * 1024
"""Largest part of an upload. Source: core.telegram.org/api/files#uploading-files."""

_STYLES: dict[Style, dict[str, bool]] = {
    "": {},
    "primary": {"bg_primary": True},
    "danger": {"bg_danger": True},
    "success": {"bg_success": True},
}

_ENTITIES = {
    "bold": types.MessageEntityBold,
    "italic": types.MessageEntityItalic,
    "code": types.MessageEntityCode,
    "spoiler": types.MessageEntitySpoiler,
    "quote": types.MessageEntityBlockquote,
    "strike": types.MessageEntityStrike,
}

REPEATED = errors.RandomIdDuplicateError
"""The message has arrived before: a success, but Telegram does not say its id."""

UNCHANGED = errors.MessageNotModifiedError
"""The message already has this text and keyboard: a success."""

GONE = errors.MessageIdInvalidError
"""The message to edit does not exist (any more)."""

OTHER_KIND = errors.MediaPrevInvalidError
"""The message to edit a photo into is a text: its picture failed when it was sent."""

TOO_OLD = errors.MessageEditTimeExpiredError
"""The message exists but can no longer be edited: a person's own one after 48 h."""

FIXED = (TOO_OLD, OTHER_KIND)
"""Refusals of an edit after which the message exists and must be replaced."""

LATE = errors.QueryIdInvalidError
"""The query was answered before, or Telegram's client no longer waits for the answer."""

KEPT = (errors.MessageDeleteForbiddenError, errors.MessageIdInvalidError)
"""Telegram does not delete the message: too old, or the account has no right to."""

REFUSALS = (errors.RPCError, OSError, struct.error, UnicodeError)
"""Everything that a call can raise; the last two if a number or a text cannot be serialized."""


def send_requests(peer: TL, reply: Send, random_id: int, mark: str = "") -> list[TL]:
    """Return the requests that send one reply: several if its text is too long for one message.

    Args:
        peer: Telethon input peer of the chat.
        reply: What to send; only the last message gets its keyboard.
        random_id: Number by which Telegram recognises a repeat (64 bits, signed). Further
            messages get numbers derived from it, so that a repeat of all repeats each.
        mark: Prefix of every message.

    """
    # Telegram refuses a text that is all white space, so such parts are left out; an empty reply
    # is still sent, so that its refusal is seen.
    room = MESSAGE_UNITS - units(mark)
    parts = [p for p in split(reply.text, room) if p.plain.strip()] or [reply.text]
    if mark:
        parts = [mark + part for part in parts]
    return [
        functions.messages.SendMessageRequest(
            peer=peer,
            message=wire_text(part.plain),
            entities=entities(part),
            reply_markup=_markup(reply) if part is parts[-1] else None,
            random_id=_derived(random_id, ordinal),
            no_webpage=True,
            reply_to=_reply_to(reply),
        )
        for ordinal, part in enumerate(parts)
    ]


def media_request(peer: TL, reply: Send, random_id: int, media: TL, mark: str = "") -> TL:
    """Return the request that sends an uploaded photo or file; a caption too long is cut.

    Args:
        peer: Telethon input peer of the chat.
        reply: What to send; its text becomes the caption.
        random_id: Number by which Telegram recognises a repeat (64 bits, signed).
        media: Result of `uploaded_photo` or `uploaded_file`.
        mark: Prefix of the caption.

    """
    caption = cut_rich(mark + reply.text if mark else reply.text, CAPTION_UNITS)
    return functions.messages.SendMediaRequest(
        peer=peer,
        media=media,
        message=wire_text(caption.plain),
        entities=entities(caption),
        reply_markup=_markup(reply),
        random_id=random_id,
        reply_to=_reply_to(reply),
    )


def part_requests(file_id: int, content: bytes) -> list[TL]:
    """Return the requests that upload a file, one for each `PART_BYTES`.

    Args:
        file_id: A new random number, 63 bits.
        content: The file, at most 10 MB: larger ones need another request.

    Source: https://core.telegram.org/api/files#uploading-files.
    """
    return [
        functions.upload.SaveFilePartRequest(file_id, part, content[start : start + PART_BYTES])
        for part, start in enumerate(range(0, len(content), PART_BYTES))
    ]


def uploaded_photo(file_id: int, image: bytes) -> TL:
    """Return the input media for an image whose `part_requests` were all sent."""
    return types.InputMediaUploadedPhoto(_input_file(file_id, image, "picture.png"))


def uploaded_file(file_id: int, content: bytes, filename: str) -> TL:
    """Return the input media for a file whose `part_requests` were all sent."""
    name = wire_text(filename)
    return types.InputMediaUploadedDocument(
        _input_file(file_id, content, name),
        mime_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        attributes=[types.DocumentAttributeFilename(name)],
        force_file=True,  # a picture that is sent as a file stays one
    )


def _input_file(file_id: int, content: bytes, name: str) -> TL:
    # Telegram compares this MD5 with what it received; no secret depends on it.
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return types.InputFile(file_id, -(-len(content) // PART_BYTES), name, digest)


def edit_request(peer: TL, reply: Edit, mark: str = "", photo: TL | None = None) -> TL:
    """Return the request that edits a message; a text too long for one message is cut.

    Args:
        peer: Telethon input peer of the chat.
        reply: The new text and keyboard; no rows remove the keyboard.
        mark: Prefix of the text.
        photo: Result of `uploaded_photo` for a photo message, None for a text message.

    """
    room = MESSAGE_UNITS if photo is None else CAPTION_UNITS
    text = cut_rich(mark + reply.text if mark else reply.text, room)
    return functions.messages.EditMessageRequest(
        peer=peer,
        id=reply.message_id,
        message=wire_text(text.plain),
        media=photo,
        entities=entities(text),
        reply_markup=keyboard(reply.rows) if reply.rows else None,
        no_webpage=True,
    )


def close_request(peer: TL, reply: CloseScreens, message_id: int, mark: str = "") -> TL:
    """Return the request that takes the buttons off a message, and replaces its text if asked to.

    A keyboard that an edit does not name is removed, also by an edit that names nothing else.
    Source: https://core.telegram.org/bots/api#editmessagereplymarkup, `reply_markup` optional.
    """
    if reply.text is None:
        return functions.messages.EditMessageRequest(peer=peer, id=message_id)
    # A picture's caption is short, and whether the message is a picture is not known here.
    text = cut_rich(mark + reply.text if mark else reply.text, CAPTION_UNITS)
    return functions.messages.EditMessageRequest(
        peer=peer,
        id=message_id,
        message=wire_text(text.plain),
        entities=entities(text),
        no_webpage=True,
    )


def delete_requests(peer: TL, message_ids: tuple[int, ...]) -> list[TL]:
    """Return the requests that delete messages for both sides, `DELETED_AT_ONCE` ids in each."""
    chunks = [
        list(message_ids[start : start + DELETED_AT_ONCE])
        for start in range(0, len(message_ids), DELETED_AT_ONCE)
    ]
    # Message ids count per channel, but per account in all other chats: Telegram has two requests.
    if isinstance(peer, types.InputPeerChannel):
        channel = types.InputChannel(peer.channel_id, peer.access_hash)
        return [functions.channels.DeleteMessagesRequest(channel, chunk) for chunk in chunks]
    return [functions.messages.DeleteMessagesRequest(chunk, revoke=True) for chunk in chunks]


def answer_request(query_id: int, answer: Answer) -> TL:
    """Return the request that answers a query: a press, an inline or a pre-checkout query."""
    match answer:
        case PressAnswer():
            return functions.messages.SetBotCallbackAnswerRequest(
                query_id=query_id,
                cache_time=0,
                alert=answer.alert,
                message=wire_text(cut(answer.text, ANSWER_CHARS)) or None,
            )
        case InlineAnswer():
            return functions.messages.SetInlineBotResultsRequest(
                query_id=query_id,
                results=[_result(result) for result in answer.results],
                cache_time=answer.cache_s,
                private=True,  # Telegram must not show its cached results to anybody else
                switch_pm=_switch(answer.switch) if answer.switch else None,
            )
        case AcceptPayment() | DeclinePayment():
            return pre_checkout_request(query_id, answer)
        case _:
            assert_never(answer)


def _result(result: InlineResult) -> TL:
    text = cut_rich(rich(result.text), MESSAGE_UNITS)
    rows = tuple(tuple(row) for row in result.rows)
    return types.InputBotInlineResult(
        id=wire_text(result.id),
        type="article",
        title=wire_text(result.title),
        description=wire_text(result.description) or None,
        send_message=types.InputBotInlineMessageText(
            wire_text(text.plain),
            no_webpage=True,
            entities=entities(text),
            reply_markup=keyboard(rows) if rows else None,
        ),
    )


def _switch(switch: SwitchToBot) -> TL:
    return types.InlineBotSwitchPM(wire_text(switch.text), switch.start)


def menu_request(commands: Mapping[str, str], *, language: str, peer: TL | None) -> TL:
    """Return the request that sets the command menu, or takes it back.

    Args:
        commands: Command name, without slash -> description; none takes the menu back.
        language: ISO 639-1 code, "" for languages without a menu of their own.
        peer: Telethon input peer of one private chat, None for all private chats.

    """
    scope = types.BotCommandScopePeer(peer) if peer else types.BotCommandScopeUsers()
    if not commands:
        return functions.bots.ResetBotCommandsRequest(scope=scope, lang_code=language)
    return functions.bots.SetBotCommandsRequest(
        scope=scope,
        lang_code=language,
        commands=[
            types.BotCommand(name, wire_text(cut(description, DESCRIPTION_CHARS)))
            for name, description in commands.items()
        ],
    )


def keyboard(rows: Rows) -> TL:
    """Return the inline keyboard with these rows, without empty ones."""
    return types.ReplyInlineMarkup(
        [types.KeyboardInlineButtonRow([_key(key) for key in row]) for row in rows if row]
    )


def entities(text: Rich) -> list[TL]:
    """Return a text's formatting as Telethon's entities.

    Offsets and lengths are UTF-16 code units on both sides.
    Source: https://core.telegram.org/api/entities#entity-length.
    """
    made = []
    for e in text.entities:
        if e.kind == "link":
            made.append(types.MessageEntityTextUrl(e.offset, e.length, wire_text(e.url)))
        elif e.kind == "pre":
            made.append(types.MessageEntityPre(e.offset, e.length, language=""))
        else:
            made.append(_ENTITIES[e.kind](e.offset, e.length))
    return made


def made_message(result: TL, random_id: int) -> int | None:
    """Return the id of the message that a send created.

    Args:
        result: What Telegram answered.
        random_id: The number that the send had.

    Returns:
        The message id, None if the answer does not contain it.

    """
    if isinstance(result, types.UpdateShortSentMessage):
        return int(result.id)
    for update in getattr(result, "updates", ()):
        if isinstance(update, types.UpdateMessageID) and update.random_id == random_id:
            return int(update.id)
    return None


def translated(error: Exception) -> TelegramError:
    """Return our error for one of `REFUSALS`; its text names the class and no content.

    Returns:
        ChatPaused for a flood wait (at least 1 s), TelegramAway if a repeat can succeed,
        else Undeliverable.

    """
    name, kind = type(error).__name__, kind_of(error)
    if kind == "pause":
        return ChatPaused(float(max(getattr(error, "seconds", 1), 1)))
    if kind == "away":
        return TelegramAway(f"no answer from Telegram: {name}")
    return Undeliverable(f"refused by Telegram: {name}", for_its_form=kind == "form")


def _derived(random_id: int, ordinal: int) -> int:
    digest = hashlib.blake2b(f"{random_id}:{ordinal}".encode(), digest_size=8).digest()
    return random_id if ordinal == 0 else int.from_bytes(digest, "big", signed=True)


def _reply_to(reply: Send) -> TL | None:
    to = reply.reply_to
    return types.InputReplyToMessage(to.message_id, top_msg_id=to.topic) if to else None


def _markup(reply: Send) -> TL | None:
    hide = types.ReplyKeyboardHide() if reply.removes_keyboard else None
    return keyboard(reply.rows) if reply.rows else hide


def _key(key: Key) -> TL:
    label = wire_text(key.label)
    if isinstance(key, Callback):
        style = types.KeyboardButtonStyle(**_STYLES[key.style]) if key.style else None
        return types.KeyboardInlineButton(label, types.InlineButtonTypeCallback(key.data), style)
    if isinstance(key, Copy):
        return types.KeyboardInlineButton(label, types.InlineButtonTypeCopy(wire_text(key.text)))
    return types.KeyboardInlineButton(label, types.InlineButtonTypeUrl(wire_text(key.url)))
