"""Methods of basic groups: make one, bring people in and out, show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.groups import MOST_MEMBERS, Group
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()

_LONGEST_TITLE = 128


@methods.on(functions.messages.CreateChatRequest, "people")
def create_chat(caller: RpcCaller, request: Any) -> Any:
    """Make a group of the caller and others."""
    title = request.title.strip()
    if not title:
        raise RpcError("CHAT_TITLE_EMPTY")
    others = {account.id: account for account in map(caller.resolve, request.users)}
    others.pop(caller.account.id, None)
    if not others:
        raise RpcError("USERS_TOO_FEW")
    group = caller.world.groups.create(
        title[:_LONGEST_TITLE], caller.account, list(others.values())[: MOST_MEMBERS - 1]
    )
    action = types.MessageActionChatCreate(group.title, [*group.members])
    return _invited(_announce(caller, group, group.members, action))


@methods.on(functions.messages.AddChatUserRequest, "people")
def add_chat_user(caller: RpcCaller, request: Any) -> Any:
    """Bring somebody into a group; earlier messages stay unseen by them."""
    group = caller.world.groups.resolve(caller.account, request.chat_id)
    account = caller.resolve(request.user_id)
    if account.id in group.members:
        raise RpcError("USER_ALREADY_PARTICIPANT")
    if len(group.members) >= MOST_MEMBERS:
        raise RpcError("USERS_TOO_MUCH")
    group.members[account.id] = caller.account.id
    group.version += 1
    action = types.MessageActionChatAddUser([account.id])
    return _invited(_announce(caller, group, group.members, action))


@methods.on(functions.messages.DeleteChatUserRequest)
def delete_chat_user(caller: RpcCaller, request: Any) -> Any:
    """Leave a group, or, as who made it or brought somebody in, take them out."""
    me = caller.account
    group = caller.world.groups.resolve(me, request.chat_id)
    account = caller.resolve(request.user_id)
    if account.id not in group.members:
        raise RpcError("USER_NOT_PARTICIPANT")
    if account is not me and me.id not in (group.creator, group.members[account.id]):
        raise RpcError("CHAT_ADMIN_REQUIRED")
    there = list(group.members)
    del group.members[account.id]
    group.version += 1
    return _announce(caller, group, there, types.MessageActionChatDeleteUser(account.id))


@methods.on(functions.messages.GetChatsRequest)
def get_chats(caller: RpcCaller, request: Any) -> Any:
    """Return groups by id."""
    return types.messages.Chats(caller.world.groups.show_all(caller.account, request.id))


@methods.on(functions.messages.GetFullChatRequest)
def get_full_chat(caller: RpcCaller, request: Any) -> Any:
    """Return a group with its members."""
    group = caller.world.groups.resolve(caller.account, request.chat_id)
    full = types.ChatFull(
        id=group.id,
        about="",
        participants=group.participants(),
        notify_settings=types.PeerNotifySettings(),
    )
    chats = [group.show(caller.account)]
    return types.messages.ChatFull(full, chats=chats, users=caller.users(group.members))


def _announce(caller: RpcCaller, group: Group, there: Iterable[int], action: Any) -> Any:
    """Put a service message into the mailboxes of members; return the caller's updates."""
    owners = [caller.account.id, *(member for member in there if member != caller.account.id)]
    return caller.outcome(caller.world.mail.announce(group.key, owners, action))


def _invited(updates: Any) -> Any:
    return types.messages.InvitedUsers(updates, missing_invitees=[])
