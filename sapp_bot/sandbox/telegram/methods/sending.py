"""Methods that send, forward, edit and delete messages."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state import checks
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.groups import Group, is_for_bot
from sapp_bot.sandbox.telegram.state.mailbox import Change, Draft, chat_of
from sapp_bot.sandbox.telegram.state.short_forms import short_sent
from sapp_bot.sandbox.telegram.state.world import RpcCaller, key_of

from . import scheduling
from .media import media_of
from .payments import invoice_media, invoice_of, pay_markup
from .registry import Methods

methods = Methods()

_FORWARDED_AT_ONCE = 100
_DELETED_AT_ONCE = 100


@methods.on(functions.messages.SendMessageRequest)
def send_message(caller: RpcCaller, request: Any) -> Any:
    """Send a text."""
    text, entities = checks.message_text(request.message, request.entities)
    draft = Draft(
        text=text,
        entities=entities,
        markup=checks.markup(request.reply_markup, by_bot=caller.account.bot),
        reply_to=reply_to(caller, request.reply_to),
        silent=bool(request.silent),
    )
    return _post_or_put_off(caller, caller.resolve_chat(request.peer), draft, request)


@methods.on(functions.messages.SendMediaRequest)
def send_media(caller: RpcCaller, request: Any) -> Any:
    """Send a photo, a sticker, a document or an invoice."""
    if (repeat := _repeated(caller, request.random_id)) is not None:
        return repeat
    receiver = caller.resolve_chat(request.peer)
    if isinstance(request.media, types.InputMediaInvoice):
        return _send_invoice(caller, caller.resolve(request.peer), request)
    text, entities = checks.caption(request.message, request.entities)
    draft = Draft(
        text=text,
        entities=entities,
        media=media_of(caller, request.media),
        markup=checks.markup(request.reply_markup, by_bot=caller.account.bot),
        reply_to=reply_to(caller, request.reply_to),
        silent=bool(request.silent),
    )
    return _post_or_put_off(caller, receiver, draft, request)


def _post_or_put_off(
    caller: RpcCaller, receiver: Account | Group, draft: Draft, request: Any
) -> Any:
    if not scheduling.is_later(request.schedule_date):
        return post(caller, receiver, draft, request.random_id)
    if not isinstance(receiver, Group):
        _check_way(caller.account, receiver)
    key = key_of(receiver)
    return scheduling.put_off(
        caller, key, draft, request, lambda: _deliver(caller, receiver, draft)
    )


def _send_invoice(caller: RpcCaller, receiver: Account, request: Any) -> Any:
    invoice = invoice_of(caller, request.media)
    draft = Draft(
        media=invoice_media(invoice, request.media.start_param),
        markup=pay_markup(request.reply_markup, invoice.stars),
        silent=bool(request.silent),
    )
    sent = post(caller, receiver, draft, request.random_id)
    mail, me = caller.world.mail, caller.account.id
    number = mail.repeat_of(me, request.random_id)
    assert number is not None  # noqa: S101  # `post` has remembered it
    owner, message_id = mail.box(me).twins[number]
    caller.world.stars.post(owner, message_id, invoice)
    return sent


@methods.on(functions.messages.StartBotRequest, "people")
def start_bot(caller: RpcCaller, request: Any) -> Any:
    """Press START in a bot's chat: send the command /start with its parameter."""
    text = f"/start {request.start_param}".strip()
    return post(caller, caller.resolve(request.bot), Draft(text=text), request.random_id)


@methods.on(functions.messages.ForwardMessagesRequest)
def forward_messages(caller: RpcCaller, request: Any) -> Any:
    """Forward messages; the copies name their first author."""
    if len(request.id) != len(request.random_id) or not request.id:
        raise RpcError("RANDOM_ID_INVALID" if request.id else "MESSAGE_IDS_EMPTY")
    if len(request.id) > _FORWARDED_AT_ONCE:
        raise RpcError("MESSAGE_IDS_EMPTY")
    receiver = caller.resolve_chat(request.to_peer)
    box = caller.world.mail.box(caller.account.id)
    found = [_sent(box.messages.get(number)) for number in request.id]
    if not any(found):
        raise RpcError("MESSAGE_ID_INVALID")
    pairs = zip(found, request.random_id, strict=True)
    parts = [
        post(caller, receiver, _forwarded(message, request), random_id)
        for message, random_id in pairs
        if message is not None
    ]
    updates = [update for part in parts for update in part.updates]
    people = {user.id for part in parts for user in part.users}
    return caller.world.updates(caller.account, updates, people)


def _sent(message: Any) -> Any:
    """Return a message, None for what the service wrote, which nobody can forward or edit."""
    return None if isinstance(message, types.MessageService) else message


def _forwarded(message: Any, request: Any) -> Draft:
    author = message.from_id.user_id if message.from_id else chat_of(message)
    header = message.fwd_from or types.MessageFwdHeader(
        date=message.date, from_id=types.PeerUser(author)
    )
    return Draft(
        text=message.message,
        entities=tuple(message.entities or ()),
        media=message.media,
        forwarded=None if request.drop_author else header,
        silent=bool(request.silent),
    )


def post(caller: RpcCaller, receiver: Account | Group, draft: Draft, random_id: int) -> Any:
    """Add a message to all mailboxes, once for each `random_id`; return the caller's updates."""
    if (repeat := _repeated(caller, random_id)) is not None:
        return repeat
    me, mail = caller.account, caller.world.mail
    changes = _deliver(caller, receiver, draft)
    number = changes[0].update.message.id
    mail.remember(me.id, random_id, number)
    if caller.world.short_forms and (short := short_sent(changes[0].update)) is not None:
        caller.outcome(changes)
        return short
    return caller.outcome(changes, [types.UpdateMessageID(number, random_id)])


def _deliver(caller: RpcCaller, receiver: Account | Group, draft: Draft) -> list[Change]:
    """Add a message to all mailboxes. Raises RpcError if there is no way to the receiver."""
    me, mail = caller.account, caller.world.mail
    if isinstance(receiver, Group):
        return mail.spread(me.id, receiver.key, _readers(caller, receiver, draft), draft)
    _check_way(me, receiver)
    return mail.post(me, receiver, draft)


def _readers(caller: RpcCaller, group: Group, draft: Draft) -> list[int]:
    """Return who is given a message of a group, the sender first; bots only what is for them."""
    me = caller.account
    replied = caller.world.mail.box(me.id).messages.get(draft.reply_to or 0)
    author = replied.from_id.user_id if replied is not None and replied.from_id else None
    members = map(caller.world.accounts.get, group.members)
    others = [account for account in members if account is not None and account is not me]
    return [
        me.id,
        *(a.id for a in others if not a.bot or is_for_bot(a, me, draft.text, author)),
    ]


def _repeated(caller: RpcCaller, random_id: int) -> Any:
    """Return the answer to a repeated call, the message that the first one created.

    Source: https://core.telegram.org/method/messages.sendMessage, `random_id`: "required to
    prevent message resending". The error for a message that is gone is listed there, too.
    """
    if not random_id:
        raise RpcError("RANDOM_ID_INVALID")
    me = caller.account
    number = caller.world.mail.repeat_of(me.id, random_id)
    if number is None:
        return None
    box = caller.world.mail.box(me.id)
    message = box.messages.get(number)
    if message is None:
        raise RpcError("RANDOM_ID_DUPLICATE", 500)
    update = types.UpdateNewMessage(message, pts=box.pts, pts_count=0)
    people = {me.id, *([chat_of(message)] if chat_of(message) > 0 else [])}
    return caller.world.updates(me, [types.UpdateMessageID(number, random_id), update], people)


def _check_way(sender: Account, receiver: Account) -> None:
    if sender.bot and receiver.bot:
        raise RpcError("USER_IS_BOT")
    if sender.id in receiver.blocked:
        raise RpcError("USER_IS_BLOCKED")
    if receiver.id in sender.blocked:
        raise RpcError("YOU_BLOCKED_USER")
    if sender.bot and receiver.id not in sender.met:
        raise RpcError("PEER_ID_INVALID")


def reply_to(caller: RpcCaller, header: Any) -> int | None:
    """Return the id of the message that a call replies to, None for none."""
    number = getattr(header, "reply_to_msg_id", None)
    if number is None:
        return None
    # As on Telegram, a reply to a message deleted meanwhile is sent as a plain message.
    known = caller.world.mail.box(caller.account.id).messages
    return int(number) if number in known else None


@methods.on(functions.messages.EditMessageRequest)
def edit_message(caller: RpcCaller, request: Any) -> Any:
    """Edit one of the caller's own messages."""
    me = caller.account
    other = caller.resolve_chat(request.peer)
    message = _sent(caller.world.mail.box(me.id).messages.get(request.id))
    if message is None or chat_of(message) != key_of(other):
        raise RpcError("MESSAGE_ID_INVALID")
    is_own = message.from_id is not None and message.from_id.user_id == me.id
    if not is_own or message.fwd_from is not None:
        raise RpcError("MESSAGE_AUTHOR_REQUIRED")
    if message.reply_markup and not isinstance(message.reply_markup, types.ReplyInlineMarkup):
        raise RpcError("MESSAGE_ID_INVALID")
    if isinstance(other, Account):
        _check_way(me, other)
    changed = _changes(caller, message, request)
    if all(_same(getattr(message, name), value) for name, value in changed.items()):
        raise RpcError("MESSAGE_NOT_MODIFIED")
    # Apps show no "edited" for a change of the keyboard alone.
    changed["edit_hide"] = True if set(changed) == {"reply_markup"} else None
    return caller.outcome(caller.world.mail.edit(me.id, request.id, changed))


def _changes(caller: RpcCaller, message: Any, request: Any) -> dict[str, Any]:
    """Return the fields that an edit sets; a keyboard that is not given is removed."""
    markup = checks.markup(request.reply_markup, by_bot=caller.account.bot)
    if markup is not None and not isinstance(markup, types.ReplyInlineMarkup):
        raise RpcError("REPLY_MARKUP_INVALID")
    changed: dict[str, Any] = {"reply_markup": markup}
    if request.media is not None:
        if message.media is None:
            raise RpcError("MEDIA_PREV_INVALID")
        changed["media"] = media_of(caller, request.media)
    if request.message is not None:
        check = checks.caption if changed.get("media") or message.media else checks.message_text
        text, entities = check(request.message, request.entities)
        changed |= {"message": text, "entities": list(entities) or None}
    elif request.media is None and request.reply_markup is None and not caller.account.bot:
        raise RpcError("MESSAGE_EMPTY")
    return changed


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return [bytes(item) for item in old] == [bytes(item) for item in new]
    if hasattr(old, "to_dict") and hasattr(new, "to_dict"):
        return bytes(old) == bytes(new)
    return bool(old == new)


@methods.on(functions.messages.DeleteMessagesRequest)
def delete_messages(caller: RpcCaller, request: Any) -> Any:
    """Delete messages, with `revoke` for both sides; unknown ids are ignored."""
    if len(request.id) > _DELETED_AT_ONCE:
        raise RpcError("MESSAGE_DELETE_FORBIDDEN")
    me = caller.account
    if request.revoke:
        _check_rights(caller, request.id)
    changes = caller.world.mail.delete(me.id, request.id, revoke=bool(request.revoke))
    caller.world.publish(changes, by=caller.session)
    count = sum(change.update.pts_count for change in changes if change.owner == me.id)
    return types.messages.AffectedMessages(caller.world.mail.box(me.id).pts, count)


@methods.on(functions.messages.DeleteHistoryRequest, "people")
def delete_history(caller: RpcCaller, request: Any) -> Any:
    """Delete a chat up to a message, with `revoke` for both sides."""
    me, key = caller.account, key_of(caller.resolve_chat(request.peer))
    box = caller.world.mail.box(me.id)
    ids = [m.id for m in box.with_(key) if not request.max_id or m.id <= request.max_id]
    revoke = bool(request.revoke) and key > 0  # members of a group keep what is theirs
    changes = caller.world.mail.delete(me.id, ids, revoke=revoke)
    caller.world.publish(changes, by=caller.session)
    count = sum(change.update.pts_count for change in changes if change.owner == me.id)
    return types.messages.AffectedHistory(box.pts, count, offset=0)


def _check_rights(caller: RpcCaller, ids: list[int]) -> None:
    """Raise RpcError where somebody else's message of a group is to go, for all but its maker."""
    me, known = caller.account, caller.world.mail.box(caller.account.id).messages
    for message in (known[number] for number in ids if number in known):
        if chat_of(message) > 0 or message.out:
            continue
        if caller.world.groups.resolve(me, message.peer_id.chat_id).creator != me.id:
            raise RpcError("MESSAGE_DELETE_FORBIDDEN", 403)
