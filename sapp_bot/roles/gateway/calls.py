"""What workers ask of Telegram, done by the gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from sapp_bot.domain.ports import Clock, TelegramPort
from sapp_bot.domain.role_calls import (
    AnswerPress,
    AnswerQuery,
    AskKeeper,
    CountStars,
    Deliver,
    FindStars,
    GatewayCall,
    ListStars,
    MakeContent,
    RefundStars,
    RemoveMessage,
    SetMenu,
    ShowTyping,
    StarsCall,
    Value,
    WorkerCall,
)
from sapp_bot.domain.stars import Stars
from sapp_bot.errors import TelegramError
from sapp_bot.host.operators.broadcasts import GIVES_WAY_S, GIVES_WAY_TIMES
from sapp_bot.host.pipeline.immediate import ImmediateAnswers


class TelegramCallsOfWorkers:
    """Makes the calls.

    Args:
        telegram: The bot's account.
        stars: Its Stars.
        answers: Knows which presses are not answered yet.
        clock: Times how long news give way to answers.
        is_answering: Whether answers are being sent.

    """

    def __init__(
        self,
        telegram: TelegramPort,
        stars: Stars,
        answers: ImmediateAnswers,
        clock: Clock,
        is_answering: Callable[[], bool],
    ) -> None:
        self._telegram = telegram
        self._stars = stars
        self._answers = answers
        self._clock = clock
        self._is_answering = is_answering

    async def make(self, call: GatewayCall | WorkerCall) -> Value:
        """Make one call and return what it returns.

        Raises:
            TelegramError: it failed, or it is none for a gateway.

        """
        telegram = self._telegram
        match call:
            case Deliver(reply, random_id, content):
                await self._give_way()
                return await telegram.deliver(reply, random_id, content)
            case RemoveMessage(chat_id, message_id):
                return await telegram.remove(chat_id, message_id)
            case AnswerPress(query_id, answer):
                return await self._answers.give(query_id, answer)
            case ShowTyping(chat_id):
                await telegram.typing(chat_id)
            case SetMenu(commands, language, person):
                await telegram.set_menu(commands, language=language, person=person)
            case RefundStars() | ListStars() | FindStars() | CountStars():
                return await self._ask_stars(call)
            case AnswerQuery() | MakeContent() | AskKeeper():
                raise TelegramError(f"{type(call).__name__} is for a worker")
            case _:
                assert_never(call)
        return None

    async def _give_way(self) -> None:
        """Let answers go first, as `Broadcasts` does where it sees them: workers see none."""
        for _ in range(GIVES_WAY_TIMES):
            if not self._is_answering():
                return
            await self._clock.sleep(GIVES_WAY_S)

    async def _ask_stars(self, call: StarsCall) -> Value:
        stars = self._stars
        match call:
            case RefundStars(person_id, charge_id):
                return await stars.refund(person_id, charge_id)
            case ListStars(offset, limit):
                return await stars.transactions(offset, limit=limit)
            case FindStars(charge_id, is_refund):
                return await stars.transaction(charge_id, is_refund=is_refund)
            case CountStars():
                return await stars.balance()
            case _:
                assert_never(call)
