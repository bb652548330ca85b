"""What only plugins can do, asked of whichever worker takes the call first."""

from __future__ import annotations

from typing import Any

import structlog

from sapp_bot.domain.answers import Answer, DeclinePayment, InlineAnswer, SwitchToBot
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.replies import FileSource, PictureSource
from sapp_bot.domain.role_calls import AnswerQuery, MakeContent
from sapp_bot.domain.updates import InlineQuery, PreCheckoutQuery, Press
from sapp_bot.errors import TelegramError
from sapp_bot.host.pipeline.immediate import IMMEDIATE_PRESS, ImmediateKind
from sapp_bot.host.pipeline.inline import ANSWER_S as INLINE_S
from sapp_bot.host.pipeline.inline import OPEN_CHAT
from sapp_bot.host.pipeline.payments.pre_checkout import ANSWER_S as CHECKOUT_S
from sapp_bot.host.pipeline.payments.pre_checkout import UNCHECKED
from sapp_bot.i18n import Languages, choose
from sapp_bot.retry import Backoff
from sapp_bot.roles.peer import Peer, Post

log = structlog.get_logger(__name__)

MARGIN_S = 0.5
"""How much sooner than its limit a query is given up here: the answer has to get to Telegram."""

CONTENT_S = 20.0
"""Seconds for one try to have a picture or a file made: more than a handler may usually take."""

CONTENT_TRIES = 6
"""Tries until a reply goes out without its picture: no worker has answered for minutes."""

BACKOFF = Backoff(first_s=0.5, factor=2.0, longest_s=5.0)


class RemotePlugins:
    """The workers' plugins, as a gateway knows them.

    Args:
        peer: Makes the calls.
        ask_any: Sends one to whichever worker takes it.
        languages: Translates what is said when no worker answers.
        clock: Times the pauses between tries.

    """

    def __init__(self, peer: Peer, ask_any: Post, languages: Languages, clock: Clock) -> None:
        self._peer = peer
        self._ask_any = ask_any
        self._languages = languages
        self._clock = clock

    @property
    def kinds(self) -> dict[type, ImmediateKind[Any]]:
        """The rules for what must be answered within seconds, by the class of the update."""
        return {
            Press: IMMEDIATE_PRESS,  # its worker answers it, by `AnswerPress`
            InlineQuery: ImmediateKind(INLINE_S, self._nothing, self._inline),
            PreCheckoutQuery: ImmediateKind(CHECKOUT_S, self._refusal, self._checkout),
        }

    async def draw(self, source: PictureSource) -> bytes | None:
        """Return PNG or JPEG bytes; None when the picture can never be drawn."""
        return await self._content(source)

    async def write(self, source: FileSource) -> bytes | None:
        """Return the bytes of a file; None when it can never be written."""
        return await self._content(source)

    async def _content(self, source: PictureSource | FileSource) -> bytes | None:
        for retry in range(CONTENT_TRIES):
            try:
                made = await self._peer.ask(self._ask_any, MakeContent(source), within_s=CONTENT_S)
            except TelegramError as error:
                log.warning("content.unmade", renderer=source.renderer, reason=str(error))
                await self._clock.sleep(BACKOFF.wait_s(retry))
            else:
                return made if isinstance(made, bytes) else None
        return None

    async def _inline(self, query: InlineQuery) -> Answer:
        found = await self._answer(query, INLINE_S - MARGIN_S)
        return found if isinstance(found, InlineAnswer) else self._nothing(query)

    async def _checkout(self, query: PreCheckoutQuery) -> Answer:
        found = await self._answer(query, CHECKOUT_S - MARGIN_S)
        return self._refusal(query) if found is None or isinstance(found, InlineAnswer) else found

    async def _answer(
        self, query: InlineQuery | PreCheckoutQuery, within_s: float
    ) -> Answer | None:
        try:
            found = await self._peer.ask(self._ask_any, AnswerQuery(query), within_s=within_s)
        except TelegramError as error:
            log.warning("query.unanswered", kind=type(query).__name__, reason=str(error))
            return None
        return found if isinstance(found, Answer) else None

    def _nothing(self, query: InlineQuery) -> InlineAnswer:
        return InlineAnswer(switch=SwitchToBot(self._said(query, OPEN_CHAT), "help"))

    def _refusal(self, query: PreCheckoutQuery) -> DeclinePayment:
        return DeclinePayment(self._said(query, UNCHECKED))

    def _said(self, query: InlineQuery | PreCheckoutQuery, text: str) -> str:
        """Return a text in the language of the person's Telegram; the chosen one is in Redis."""
        return self._languages.translator(choose(query.sender.language)).text(text).plain
