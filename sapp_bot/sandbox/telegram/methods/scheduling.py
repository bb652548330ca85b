"""Methods for messages that are sent later.

Source: https://core.telegram.org/api/scheduled-messages
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.mailbox import Change, Draft, peer_of
from sapp_bot.sandbox.telegram.state.world import RpcCaller, key_of

from .registry import Methods

methods = Methods()

_AT_ONCE = timedelta(seconds=10)
_LATEST = timedelta(days=365)
_PER_CHAT = 100


def is_later(when: datetime | None) -> bool:
    """Return whether a message with this date has to wait; one due in 10 s is sent at once."""
    return when is not None and when - datetime.now(UTC) > _AT_ONCE


def put_off(
    caller: RpcCaller,
    chat: int,
    draft: Draft,
    request: Any,
    deliver: Callable[[], list[Change]],
) -> Any:
    """Keep a message until its date; return the caller's updates.

    Args:
        caller: Who sends it.
        chat: Key of the chat.
        draft: The message.
        request: The call, with `random_id` and `schedule_date`.
        deliver: Called when the date has come: puts the message into the mailboxes.

    Raises:
        RpcError: bots cannot, the date is too late, or too many wait.

    """
    me, kept = caller.account, caller.world.schedule
    if me.bot:
        raise RpcError("SCHEDULE_BOT_NOT_ALLOWED")
    if request.schedule_date - datetime.now(UTC) > _LATEST:
        raise RpcError("SCHEDULE_DATE_TOO_LATE")
    if len(kept.of(me.id, chat)) >= _PER_CHAT:
        raise RpcError("SCHEDULE_TOO_MUCH")
    message = types.Message(
        id=kept.next_id(),
        peer_id=peer_of(chat),
        date=request.schedule_date,
        message=draft.text,
        out=True,
        from_id=types.PeerUser(me.id),
        media=draft.media,
        entities=list(draft.entities) or None,
        silent=draft.silent or None,
        from_scheduled=True,
    )
    kept.add(me.id, chat, message, lambda: _send(caller, chat, message, deliver))
    update = types.UpdateNewScheduledMessage(message)
    caller.world.push(me.id, [update], {me.id}, but=caller.session)
    named = types.UpdateMessageID(message.id, request.random_id)
    return caller.world.updates(me, [named, update], {me.id, *([chat] if chat > 0 else [])})


def _send(caller: RpcCaller, chat: int, message: Any, deliver: Callable[[], list[Change]]) -> None:
    caller.world.publish(deliver())
    gone = types.UpdateDeleteScheduledMessages(peer_of(chat), [message.id])
    caller.world.push(caller.account.id, [gone], {caller.account.id})


@methods.on(functions.messages.GetScheduledHistoryRequest, "people")
def get_scheduled_history(caller: RpcCaller, request: Any) -> Any:
    """Return what waits in a chat, the last to be sent first."""
    chat = caller.resolve_chat(request.peer)
    waiting = caller.world.schedule.of(caller.account.id, key_of(chat))
    messages = sorted(waiting, key=lambda message: message.date, reverse=True)
    people = caller.users({caller.account.id})
    return types.messages.Messages(messages, topics=[], chats=[], users=people)


@methods.on(functions.messages.DeleteScheduledMessagesRequest, "people")
def delete_scheduled_messages(caller: RpcCaller, request: Any) -> Any:
    """Give up messages that wait."""
    chat = key_of(caller.resolve_chat(request.peer))
    gone = caller.world.schedule.remove(caller.account.id, chat, request.id)
    update = types.UpdateDeleteScheduledMessages(peer_of(chat), gone)
    caller.world.push(caller.account.id, [update], {caller.account.id}, but=caller.session)
    return caller.world.updates(caller.account, [update], {caller.account.id})


@methods.on(functions.messages.SendScheduledMessagesRequest, "people")
def send_scheduled_messages(caller: RpcCaller, request: Any) -> Any:
    """Send messages that wait, now."""
    chat = key_of(caller.resolve_chat(request.peer))
    caller.world.schedule.hurry(caller.account.id, chat, request.id)
    return caller.world.updates(caller.account, [], {caller.account.id})
