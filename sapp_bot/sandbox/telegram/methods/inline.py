"""Methods of inline mode: a person queries a bot from any chat and sends one of its results.

Source: https://core.telegram.org/api/bots/inline
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state import checks
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.groups import Group
from sapp_bot.sandbox.telegram.state.mailbox import Draft
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods
from .sending import post

methods = Methods()

_QUERY_CHARS = 256
_ID_BYTES = 64
_RESULTS = 50
_START = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@methods.on(functions.messages.GetInlineBotResultsRequest, "people")
def get_inline_bot_results(caller: RpcCaller, request: Any) -> Awaitable[Any]:
    """Send an inline query to a bot, and wait for its results."""
    world, me = caller.world, caller.account
    bot = caller.resolve(request.bot)
    if not bot.bot:
        raise RpcError("BOT_INVALID")
    query = world.queries.ask(bot.id)
    update = types.UpdateBotInlineQuery(
        query_id=query.id,
        user_id=me.id,
        query=request.query[:_QUERY_CHARS],
        offset=request.offset,
        peer_type=_peer_type(bot, caller.resolve_chat(request.peer)),
    )
    world.push(bot.id, [update], {me.id})
    return world.queries.wait(query)


def _peer_type(bot: Account, peer: Account | Group) -> Any:
    if isinstance(peer, Group):
        return types.InlineQueryPeerTypeChat()
    if peer is bot:
        return types.InlineQueryPeerTypeSameBotPM()
    return types.InlineQueryPeerTypeBotPM() if peer.bot else types.InlineQueryPeerTypePM()


@methods.on(functions.messages.SetInlineBotResultsRequest, "bots")
def set_inline_bot_results(caller: RpcCaller, request: Any) -> bool:
    """Store the bot's results for an inline query."""
    ids = [result.id for result in request.results]
    if len(ids) > _RESULTS:
        raise RpcError("RESULTS_TOO_MUCH")
    if len(set(ids)) < len(ids):
        raise RpcError("RESULT_ID_DUPLICATE")
    if any(not 0 < len(name.encode()) <= _ID_BYTES for name in ids):
        raise RpcError("RESULT_ID_INVALID")
    if request.switch_pm is not None and not _START.fullmatch(request.switch_pm.start_param):
        raise RpcError("START_PARAM_INVALID")
    answer = types.messages.BotResults(
        query_id=request.query_id,
        results=[_result(result) for result in request.results],
        cache_time=request.cache_time,
        users=[],
        switch_pm=request.switch_pm,
    )
    caller.world.queries.answer(caller.account.id, request.query_id, answer)
    return True


def _result(result: Any) -> Any:
    message = result.send_message
    if not isinstance(message, types.InputBotInlineMessageText):
        raise RpcError("SEND_MESSAGE_TYPE_INVALID")
    if not result.title:
        raise RpcError("ARTICLE_TITLE_EMPTY")
    text, entities = checks.message_text(message.message, message.entities)
    return types.BotInlineResult(
        id=result.id,
        type=result.type,
        title=result.title,
        description=result.description,
        send_message=types.BotInlineMessageText(
            text,
            entities=list(entities) or None,
            reply_markup=checks.markup(message.reply_markup, by_bot=True),
        ),
    )


@methods.on(functions.messages.SendInlineBotResultRequest, "people")
def send_inline_bot_result(caller: RpcCaller, request: Any) -> Any:
    """Send one of a bot's results as the person's message."""
    bot, answer = caller.world.queries.answered(request.query_id)
    results = getattr(answer, "results", [])
    result = next((result for result in results if result.id == request.id), None)
    if result is None:
        raise RpcError("RESULT_ID_INVALID")
    message = result.send_message
    draft = Draft(
        text=message.message,
        entities=tuple(message.entities or ()),
        markup=message.reply_markup,
        via_bot=bot,
    )
    return post(caller, caller.resolve_chat(request.peer), draft, request.random_id)
