"""Methods of bots: answer presses, set command menus; and the press that a person makes."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state import checks
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.groups import Group
from sapp_bot.sandbox.telegram.state.mailbox import chat_of
from sapp_bot.sandbox.telegram.state.menus import Scope, scope_of
from sapp_bot.sandbox.telegram.state.world import RpcCaller, key_of

from .registry import Methods

methods = Methods()


@methods.on(functions.messages.GetBotCallbackAnswerRequest, "people")
def get_bot_callback_answer(caller: RpcCaller, request: Any) -> Awaitable[Any]:
    """Press a button: send an update to the bot, and wait for its answer.

    The data is not compared with the button's: a modified client may send anything.
    """
    world, me = caller.world, caller.account
    chat = caller.resolve_chat(request.peer)
    box = world.mail.box(me.id)
    message = box.messages.get(request.msg_id)
    if message is None or chat_of(message) != key_of(chat):
        raise RpcError("MESSAGE_ID_INVALID")
    bot = _author(caller, message, chat)
    if not request.data or len(request.data) > checks.CALLBACK_BYTES:
        raise RpcError("DATA_INVALID")
    if bot.id in me.blocked:
        raise RpcError("YOU_BLOCKED_USER")
    query = world.queries.ask(bot.id)
    twin = box.twins.get(message.id)
    place = twin[1] if twin else world.mail.copy_of(me.id, message.id, bot.id)
    update = types.UpdateBotCallbackQuery(
        query_id=query.id,
        user_id=me.id,
        peer=message.peer_id if isinstance(chat, Group) else types.PeerUser(me.id),
        msg_id=place,
        chat_instance=world.accounts.access_hash(bot, me),
        data=request.data,
    )
    world.push(bot.id, [update], {me.id, bot.id})
    return world.queries.wait(query)


def _author(caller: RpcCaller, message: Any, chat: Account | Group) -> Account:
    """Return the bot whose button is pressed. Raises RpcError if it is none's."""
    author = chat
    if isinstance(chat, Group):
        author = caller.world.accounts.get(message.from_id.user_id) or caller.account
    if not isinstance(author, Account) or not author.bot:
        raise RpcError("MESSAGE_ID_INVALID")
    return author


@methods.on(functions.messages.SetBotCallbackAnswerRequest, "bots")
def set_bot_callback_answer(caller: RpcCaller, request: Any) -> bool:
    """Store the bot's answer to a press."""
    if checks.units(request.message or "") > checks.ANSWER_UNITS:
        raise RpcError("MESSAGE_TOO_LONG")
    answer = types.messages.BotCallbackAnswer(
        cache_time=request.cache_time,
        alert=request.alert or None,
        has_url=bool(request.url) or None,
        message=request.message or None,
        url=request.url or None,
    )
    caller.world.queries.answer(caller.account.id, request.query_id, answer)
    return True


@methods.on(functions.bots.SetBotCommandsRequest, "bots")
def set_bot_commands(caller: RpcCaller, request: Any) -> bool:
    """Set a command menu."""
    scope = _scope(caller, request)
    caller.world.menus.set(caller.account.id, scope, request.lang_code, request.commands)
    return True


@methods.on(functions.bots.GetBotCommandsRequest, "bots")
def get_bot_commands(caller: RpcCaller, request: Any) -> list[Any]:
    """Return a command menu."""
    return caller.world.menus.get(caller.account.id, _scope(caller, request), request.lang_code)


@methods.on(functions.bots.ResetBotCommandsRequest, "bots")
def reset_bot_commands(caller: RpcCaller, request: Any) -> bool:
    """Delete a command menu."""
    caller.world.menus.reset(caller.account.id, _scope(caller, request), request.lang_code)
    return True


def _scope(caller: RpcCaller, request: Any) -> Scope:
    return scope_of(request.scope, lambda peer: caller.resolve(peer).id)
