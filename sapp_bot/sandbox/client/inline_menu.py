"""The results that a person's app shows while they type behind a bot's name, in any chat.

Source: https://core.telegram.org/api/bots/inline
"""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from .person import SimulatedUser
from .seen import SaidByUser


class InlineMenu:
    """Makes inline queries of the bot in the chat that a person's app has open.

    Attributes:
        found: The newest results, as Telegram's object; None before the first query.

    """

    def __init__(self, person: SimulatedUser) -> None:
        self._person = person
        self.found: Any = None

    async def ask(self, text: str) -> Any:
        """Make an inline query; return its results as Telegram's object.

        Raises:
            RPCError: the account is no bot's, or the bot does not answer.

        """
        client = self._person.client
        bot = await client.get_input_entity(self._person.bot.username)
        request = functions.messages.GetInlineBotResultsRequest(bot, self._person.peer, text, "")
        self.found = await client(request)
        return self.found

    async def choose(self, number: int) -> int:
        """Send a result of the newest query, counted from 1, to the chat; return the message's id.

        Raises:
            LookupError: there is no such result.
            RPCError: Telegram refuses it.

        """
        results = self.found.results if self.found is not None else []
        if not 0 < number <= len(results):
            raise LookupError(f"there is no result {number}")
        chosen = results[number - 1]
        text = str(getattr(chosen.send_message, "message", ""))
        return await self._person.send_noted(SaidByUser(text), self._sent(chosen.id))

    async def _sent(self, result_id: str) -> Any:
        """Send a result, and return its message."""
        request = functions.messages.SendInlineBotResultRequest(
            self._person.peer, self.found.query_id, result_id
        )
        answer = await self._person.client(request)
        return next(u.message for u in answer.updates if isinstance(u, types.UpdateNewMessage))
