"""Methods that read: history, messages, dialogs, missed updates; and read marks and typing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.difference import Missed, missed, state
from sapp_bot.sandbox.telegram.state.groups import Group
from sapp_bot.sandbox.telegram.state.mailbox import chat_of
from sapp_bot.sandbox.telegram.state.world import RpcCaller, key_of

from .registry import Methods

methods = Methods()

_PAGE = 100


@methods.on(functions.updates.GetStateRequest)
def get_state(caller: RpcCaller, _: Any) -> Any:
    """Return the update state of the caller's mailbox."""
    return state(caller.world.mail.box(caller.account.id))


@methods.on(functions.updates.GetDifferenceRequest)
def get_difference(caller: RpcCaller, request: Any) -> Any:
    """Return the changes since a pts, in slices; without presses, which have no pts."""
    if request.pts <= 0:
        raise RpcError("PERSISTENT_TIMESTAMP_EMPTY")
    box = caller.world.mail.box(caller.account.id)
    if request.pts == box.pts:
        return types.updates.DifferenceEmpty(date=datetime.now(UTC), seq=0)
    if request.pts_total_limit is not None and box.pts - request.pts > request.pts_total_limit:
        return types.updates.DifferenceTooLong(box.pts)
    limit = min(caller.world.difference_slice, request.pts_limit or caller.world.difference_slice)
    found = missed(box, request.pts, limit)
    if found is None:
        return types.updates.DifferenceTooLong(box.pts)
    return _difference(caller, found)


def _difference(caller: RpcCaller, found: Missed) -> Any:
    standing = state(caller.world.mail.box(caller.account.id), found.pts)
    parts = {
        "new_messages": found.messages,
        "new_encrypted_messages": [],
        "other_updates": found.updates,
        "chats": caller.chats([*found.messages, *found.updates]),
        "users": caller.users(found.people),
    }
    if found.complete:
        return types.updates.Difference(**parts, state=standing)
    return types.updates.DifferenceSlice(**parts, intermediate_state=standing)


@methods.on(functions.messages.GetMessagesRequest)
def get_messages(caller: RpcCaller, request: Any) -> Any:
    """Return messages by id; one that does not exist is empty."""
    messages = [_find(caller, wanted) for wanted in request.id[:_PAGE]]
    return _page(caller, messages)


def _find(caller: RpcCaller, wanted: Any) -> Any:
    known = caller.world.mail.box(caller.account.id).messages
    number = int(getattr(wanted, "id", 0))
    if isinstance(wanted, types.InputMessageReplyTo) and number in known:
        reply = known[number].reply_to
        number = reply.reply_to_msg_id if reply else 0
    return known.get(number) or types.MessageEmpty(number, peer_id=None)


@methods.on(functions.messages.GetHistoryRequest, "people")
def get_history(caller: RpcCaller, request: Any) -> Any:
    """Return a page of a chat, newest first.

    Source: https://core.telegram.org/api/offsets
    """
    return _window(caller, request, lambda _: True)


@methods.on(functions.messages.SearchRequest, "people")
def search(caller: RpcCaller, request: Any) -> Any:
    """Return a page of the messages that contain a text."""
    wanted = request.q.casefold()
    return _window(caller, request, lambda message: wanted in (message.message or "").casefold())


def _window(caller: RpcCaller, request: Any, fits: Any) -> Any:
    other = caller.resolve_chat(request.peer)
    box = caller.world.mail.box(caller.account.id)
    chat = [message for message in box.with_(key_of(other)) if fits(message)]
    start = sum(1 for m in chat if request.offset_id and m.id >= request.offset_id)
    start += request.add_offset
    limit = max(0, min(request.limit, _PAGE))
    window = chat[max(0, start) : max(0, start + limit)]
    page = [
        m for m in window if (not request.max_id or m.id < request.max_id) and m.id > request.min_id
    ]
    return _page(caller, page, len(chat))


def _page(caller: RpcCaller, messages: list[Any], total: int | None = None) -> Any:
    people = caller.users(_people(messages) | {caller.account.id})
    parts = {"topics": [], "chats": caller.chats(messages), "users": people}
    if total is None or total == len(messages):
        return types.messages.Messages(messages, **parts)
    return types.messages.MessagesSlice(total, messages, **parts)


def _people(messages: Iterable[Any]) -> set[int]:
    people: set[int] = set()
    for message in messages:
        if message.peer_id and chat_of(message) > 0:
            people.add(chat_of(message))
        if getattr(message, "from_id", None):
            people.add(message.from_id.user_id)
        header = getattr(message, "fwd_from", None)
        people |= {header.from_id.user_id} if header else set()
    return people


@methods.on(functions.messages.GetDialogsRequest, "people")
def get_dialogs(caller: RpcCaller, request: Any) -> Any:
    """Return the chats, the one with the newest message first."""
    box = caller.world.mail.box(caller.account.id)
    newest: dict[int, Any] = {}
    for message in reversed(box.messages.values()):
        newest.setdefault(chat_of(message), message)
    tops = list(newest.values())
    later = [m for m in tops if not request.offset_id or m.id < request.offset_id]
    page = later[: max(1, min(request.limit, _PAGE))]
    parts = {
        "dialogs": [_dialog(caller, message) for message in page],
        "messages": page,
        "chats": caller.chats(page),
        "users": caller.users(_people(page) | {caller.account.id}),
    }
    if len(page) == len(tops):
        return types.messages.Dialogs(**parts)
    return types.messages.DialogsSlice(count=len(tops), **parts)


def _dialog(caller: RpcCaller, top: Any) -> Any:
    box = caller.world.mail.box(caller.account.id)
    other = chat_of(top)
    read = box.read_up_to.get(other, 0)
    return types.Dialog(
        peer=top.peer_id,
        top_message=top.id,
        read_inbox_max_id=read,
        read_outbox_max_id=0,
        unread_count=sum(box.is_unread(m) for m in box.with_(other)),
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
    )


@methods.on(functions.messages.ReadHistoryRequest, "people")
def read_history(caller: RpcCaller, request: Any) -> Any:
    """Mark a chat as read; a bot on the other side gets no update about it."""
    me, other = caller.account, caller.resolve_chat(request.peer)
    limit = request.max_id or 2**31 - 1
    tell = isinstance(other, Account) and not other.bot
    changes = caller.world.mail.read(me.id, key_of(other), limit, tell=tell)
    caller.world.publish(changes, by=caller.session)
    count = sum(1 for change in changes if change.owner == me.id)
    return types.messages.AffectedMessages(caller.world.mail.box(me.id).pts, count)


@methods.on(functions.messages.SetTypingRequest)
def set_typing(caller: RpcCaller, request: Any) -> bool:
    """Send "typing" to the other side, unless it is a bot."""
    other = caller.resolve_chat(request.peer)
    if isinstance(other, Group):
        _type_in(caller, other, request.action)
    elif not other.bot and other is not caller.account:
        me = caller.account.id
        update = types.UpdateUserTyping(me, request.action)
        caller.world.push(other.id, [update], {me})
    return True


def _type_in(caller: RpcCaller, group: Group, action: Any) -> None:
    me = caller.account.id
    update = types.UpdateChatUserTyping(group.id, types.PeerUser(me), action)
    for member in group.members:
        account = caller.world.accounts.get(member)
        if member != me and account is not None and not account.bot:
            caller.world.push(member, [update], {me})
