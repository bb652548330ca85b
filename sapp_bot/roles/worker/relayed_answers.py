"""Answers of a worker to what Telegram wants answered within seconds: the gateway gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sapp_bot.domain.answers import Answer, PressAnswer
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.updates import InlineQuery, PreCheckoutQuery
from sapp_bot.errors import TelegramError
from sapp_bot.host.pipeline.immediate import ImmediateAnswers, ImmediateKind

from .remote_telegram import RemoteTelegram


class RelayedAnswers(ImmediateAnswers):
    """Stands in a worker for the sender of answers: the times run in the gateway.

    Args:
        telegram: Relays the answers to presses.
        clock: As of `ImmediateAnswers`.
        kinds: The rules; their `handle` answers queries.

    """

    def __init__(
        self, telegram: RemoteTelegram, clock: Clock, kinds: Mapping[type, ImmediateKind[Any]]
    ) -> None:
        super().__init__(telegram, clock, kinds)
        self._relay = telegram
        self._rules = kinds

    async def give(self, query_id: int, answer: Answer) -> bool:
        """Have the gateway answer a press; return whether that was in time."""
        return isinstance(answer, PressAnswer) and await self._relay.give(query_id, answer)

    async def answer_to(self, query: InlineQuery | PreCheckoutQuery) -> Answer:
        """Return the answer to a query, which the gateway gives.

        Raises:
            TelegramError: nothing here answers such queries.

        """
        handle = self._rules[type(query)].handle
        if handle is None:
            raise TelegramError(f"no worker answers a {type(query).__name__}")
        return await handle(query)
