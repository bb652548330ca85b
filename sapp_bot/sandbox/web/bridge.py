"""Carries out what one page asks for, and answers it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, assert_never

from .hub import Hub
from .requests import (
    AppointAdmin,
    AskInline,
    Attach,
    BadRequest,
    ChargeBack,
    ChatRequest,
    ChooseInline,
    DeleteMessage,
    EditOwn,
    GiveStars,
    OpenChat,
    PageRequest,
    PayInvoice,
    PressKey,
    ReadMenu,
    RestartBot,
    RunTimer,
    Say,
    TurnSwitch,
    read_request,
)
from .shown import Shown
from .window import ChatWindow, RefusedToPage

log = logging.getLogger(__name__)

MOST_AT_ONCE = 32
"""Requests of one page that may be in work."""


class PageBridge:
    """Serves one page.

    Args:
        hub: What all pages share.
        answer: Called with each answer for this page: "done" or "refused", with the request's `n`.

    """

    def __init__(self, hub: Hub, answer: Callable[[Shown], None]) -> None:
        self._hub = hub
        self._answer = answer
        self._work: set[asyncio.Task[None]] = set()

    def take(self, text: str) -> None:
        """Begin to carry out a page's message; a bad one is answered with a refusal."""
        try:
            request = read_request(text)
        except BadRequest as error:
            self._refuse(None, str(error))
            return
        if len(self._work) >= MOST_AT_ONCE:
            self._refuse(request.n, "too much at once; wait a little")
            return
        task = asyncio.create_task(self._serve(request))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def close(self) -> None:
        """Cancel what is in work for a page that is gone."""
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _refuse(self, number: int | None, reason: str) -> None:
        self._answer({"type": "refused", "n": number, "text": reason})

    async def _serve(self, request: PageRequest) -> None:
        try:
            facts = await self._do(request)
        except RefusedToPage as error:
            self._refuse(request.n, str(error))
        except Exception as error:  # a page must not wait for ever for what is our own fault
            log.exception("page.request_failed")
            self._refuse(request.n, f"the sandbox failed: {type(error).__name__}")
        else:
            self._answer({"type": "done", "n": request.n, **facts})

    async def _do(self, request: PageRequest) -> dict[str, Any]:
        match request:
            case RestartBot():
                await self._hub.restart()
            case TurnSwitch(name=name, on=on):
                await self._hub.turn_switch(name, on=on)
            case AppointAdmin(email=email):
                await self._hub.make_admin(email)
            case RunTimer(name=name):
                await self._hub.run_timer(name)
            case OpenChat(chat=chat, language=language):
                await self._hub.open(chat, language)
            case _:
                return await _act(await self._hub.window(request.chat), request)
        return {}


async def _act(window: ChatWindow, request: ChatRequest) -> dict[str, Any]:
    match request:
        case AskInline(text=text):
            return {"results": await window.ask(text)}
        case ReadMenu():
            return {"menu": await window.menu()}
        case PayInvoice(id=number):
            return {"stars": await window.pay(number)}
        case GiveStars(more=more):
            return {"stars": await window.stars(more)}
        case _:
            await _write(window, request)
            return {}


async def _write(window: ChatWindow, request: ChatRequest) -> None:
    match request:
        case Say(text=text):
            await window.say(text)
        case EditOwn(id=number, text=text):
            await window.edit(number, text)
        case DeleteMessage(id=number):
            await window.delete(number)
        case PressKey(id=number, key=key):
            await window.press(number, key)
        case Attach(what=what):
            await window.attach(what)
        case ChooseInline(result=result):
            await window.choose(result)
        case ChargeBack():
            await window.charge_back()
        case OpenChat() | AskInline() | ReadMenu() | PayInvoice() | GiveStars():
            raise TypeError("answered before")
        case _:
            assert_never(request)
