"""Telegram as a worker sees it: each call is the gateway's to make.

A gateway that is away is a Telegram that is away: the caller hears `TelegramAway`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TypeVar

import structlog

from sapp_bot.domain.answers import Answer, PressAnswer
from sapp_bot.domain.replies import Reply
from sapp_bot.domain.role_calls import (
    AnswerPress,
    CountStars,
    Deliver,
    FindStars,
    GatewayCall,
    ListStars,
    RefundStars,
    RemoveMessage,
    SetMenu,
    ShowTyping,
    Value,
)
from sapp_bot.domain.stars import (
    MOST_TRANSACTIONS,
    RefundResult,
    StarsPage,
    StarsTransaction,
)
from sapp_bot.errors import TelegramError
from sapp_bot.roles.peer import Peer
from sapp_bot.store.roles.mail import GATEWAY, Mail

log = structlog.get_logger(__name__)

V = TypeVar("V")

CALL_S = 12.0
"""Seconds for one call: what a call of Telegram's may take, and the way to the gateway and back."""

PRESS_S = 2.0
"""Seconds for the answer to a press: later the gateway has given one."""

TYPING_S = 3.0
"""Seconds for a "typing", which is not worth more."""


class RemoteTelegram:
    """Implements `ports.TelegramPort`.

    Args:
        peer: Makes the calls.
        mail: Sends them.

    """

    def __init__(self, peer: Peer, mail: Mail) -> None:
        self._peer = peer
        self._post = partial(mail.post, GATEWAY)

    async def call(self, call: GatewayCall, within_s: float = CALL_S) -> Value:
        """Return what the gateway answers.

        Raises:
            TelegramError: what the call raised there; `TelegramAway` if no answer came.

        """
        return await self._peer.ask(self._post, call, within_s=within_s)

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Carry out one reply; return the id of its message, None if it has none."""
        found = await self.call(Deliver(reply, random_id, content))
        return found if isinstance(found, int) else None

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete one message; return whether it is gone."""
        return await self.call(RemoveMessage(chat_id, message_id)) is True

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a press; the gateway answers the other queries with what this worker returns."""
        if isinstance(answer, PressAnswer):
            await self.give(query_id, answer)

    async def give(self, query_id: int, answer: PressAnswer) -> bool:
        """Answer a press; return whether that was in time."""
        try:
            return await self.call(AnswerPress(query_id, answer), PRESS_S) is True
        except TelegramError as error:
            log.info("press.unanswered", reason=str(error))
            return False

    async def typing(self, chat_id: int) -> None:
        """Show "typing" in a chat; never raises a TelegramError."""
        try:
            await self.call(ShowTyping(chat_id), TYPING_S)
        except TelegramError as error:
            log.debug("typing.unshown", reason=str(error))

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command menu of Telegram's app, or take it back."""
        await self.call(SetMenu(dict(commands), language, person))


class RemoteStars:
    """Implements `domain.stars.Stars`.

    Args:
        telegram: Makes the calls.

    """

    def __init__(self, telegram: RemoteTelegram) -> None:
        self._telegram = telegram

    async def refund(self, person_id: int, charge_id: str) -> RefundResult:
        """Return the Stars of one payment; when the gateway is away it may be tried later."""
        try:
            found = await self._telegram.call(RefundStars(person_id, charge_id))
        except TelegramError as error:
            log.warning("refund.unanswered", reason=str(error))
            return RefundResult("try_later", type(error).__name__)
        return _expected(found, RefundResult)

    async def transactions(self, offset: int = 0, *, limit: int = MOST_TRANSACTIONS) -> StarsPage:
        """Return a part of the list of transactions, oldest first."""
        return _expected(await self._telegram.call(ListStars(offset, limit)), StarsPage)

    async def transaction(
        self, charge_id: str, *, is_refund: bool = False
    ) -> StarsTransaction | None:
        """Return the row of a payment, or of its refund; None if there is none."""
        found = await self._telegram.call(FindStars(charge_id, is_refund))
        return None if found is None else _expected(found, StarsTransaction)

    async def balance(self) -> int:
        """Return the whole Stars that the bot has."""
        return _expected(await self._telegram.call(CountStars()), int)


def _expected(found: object, kind: type[V]) -> V:
    if not isinstance(found, kind):
        raise TelegramError(f"the gateway has answered with a {type(found).__name__}")
    return found
