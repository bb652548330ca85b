"""Presses and inline queries that wait for the bot's answer.

They have no pts: a query that the bot misses is lost.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from sapp_bot.sandbox.telegram.refusal import RpcError

_QUERIES_KEPT = 1_000


@dataclass(slots=True, eq=False)
class CallbackQuery:
    """One press or inline query: the bot that must answer, and its answer."""

    id: int
    bot: int
    answer: asyncio.Future[Any] = field(repr=False)


class Queries:
    """The latest queries."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._open: dict[int, CallbackQuery] = {}
        self.timeout_s = 10.0
        """Seconds that a query waits for the bot, as many as Telegram's servers wait."""

    def ask(self, bot: int) -> CallbackQuery:
        """Open a query."""
        query = CallbackQuery(
            self._dice.randrange(1, 2**63), bot, asyncio.get_running_loop().create_future()
        )
        self._open[query.id] = query
        if len(self._open) > _QUERIES_KEPT:
            del self._open[next(iter(self._open))]
        return query

    async def wait(self, query: CallbackQuery) -> Any:
        """Wait for the bot's answer and return it.

        Raises:
            RpcError: it did not come in time.

        """
        try:
            async with asyncio.timeout(self.timeout_s):
                return await query.answer
        except TimeoutError:
            raise RpcError("BOT_RESPONSE_TIMEOUT") from None

    def answered(self, query_id: int) -> tuple[int, Any]:
        """Return the bot that a query was answered by, and its answer.

        Raises:
            RpcError: there is no such query, or no answer.

        """
        query = self._open.get(query_id)
        if query is None or not query.answer.done() or query.answer.cancelled():
            raise RpcError("QUERY_ID_INVALID")
        return query.bot, query.answer.result()

    def answer(self, bot: int, query_id: int, answer: Any) -> None:
        """Store the bot's answer; only the first one counts.

        Raises:
            RpcError: no such query of this bot, or it is too late.

        """
        query = self._open.get(query_id)
        if query is None or query.bot != bot or query.answer.cancelled():
            raise RpcError("QUERY_ID_INVALID")
        if not query.answer.done():
            query.answer.set_result(answer)
