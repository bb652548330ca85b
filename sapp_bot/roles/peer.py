"""Calls from one process of the bot to another, and the answers to them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from sapp_bot.domain.role_calls import (
    Failed,
    GatewayCall,
    Letter,
    Returned,
    Value,
    WorkerCall,
)
from sapp_bot.errors import (
    ChatPaused,
    SappBotError,
    StoreAway,
    TelegramAway,
    TelegramError,
    Undeliverable,
)
from sapp_bot.host.runtime.background import BackgroundTasks

log = structlog.get_logger(__name__)

Post = Callable[[Letter], Awaitable[None]]
"""Sends a letter to whom it is for."""

Handle = Callable[[GatewayCall | WorkerCall], Awaitable[Value]]
"""Does what a call asks for."""


class PostBox(Protocol):
    """Sends answers: `store.roles.mail.Mail`."""

    async def post(self, process: str, letter: Letter) -> None:
        """Send a letter to one process."""


class Peer:
    """One end of the calls between processes.

    Args:
        name: Name of this process.
        mail: Sends the answers.

    """

    def __init__(self, name: str, mail: PostBox) -> None:
        self._name = name
        self._mail = mail
        self._waiting: dict[str, asyncio.Future[Value]] = {}
        self._work = BackgroundTasks()

    async def ask(self, post: Post, call: GatewayCall | WorkerCall, *, within_s: float) -> Value:
        """Make a call, and return what it returns.

        Args:
            post: Sends it.
            call: What is asked.
            within_s: Seconds until the answer must be here.

        Raises:
            TelegramError: what the call raised there; `TelegramAway` also when no answer came in
                time, be it that nobody is there or that Redis is away: then it may be done, or be
                done yet.

        """
        letter = Letter(secrets.token_hex(8), self._name, within_s, call)
        waiting: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        self._waiting[letter.id] = waiting
        try:
            async with asyncio.timeout(within_s):
                await post(letter)
                return await waiting
        except (TimeoutError, StoreAway) as error:
            kind = type(call).__name__
            raise TelegramAway(f"no answer to {kind} within {within_s:g} s") from error
        finally:
            del self._waiting[letter.id]

    def take(self, letter: Letter, handle: Handle) -> None:
        """Take a letter that has come: an answer, or a call that `handle` is to answer."""
        match letter.body:
            case Returned(value):
                self._settle(letter.id, lambda waiting: waiting.set_result(value))
            case Failed() as failed:
                self._settle(letter.id, lambda waiting: waiting.set_exception(_error_of(failed)))
            case call:
                self._work.do(self._answer(letter, handle(call)))

    async def idle(self) -> None:
        """Wait until the calls that have come by now are answered."""
        await self._work.done()

    def _settle(self, name: str, settle: Callable[[asyncio.Future[Value]], None]) -> None:
        waiting = self._waiting.get(name)
        if waiting is not None and not waiting.done():
            settle(waiting)

    async def _answer(self, letter: Letter, work: Awaitable[Value]) -> None:
        body: Returned | Failed
        try:
            async with asyncio.timeout(letter.within_s):
                body = Returned(await work)
        except TelegramError as error:
            body = _failure_of(error)
        except TimeoutError:
            return  # nobody waits any more
        except Exception as error:
            # A border: the caller hears that it failed, the log here why.
            log.exception("call.failed", kind=type(letter.body).__name__)
            body = Failed("other", type(error).__name__)
        try:
            answer = Letter(letter.id, self._name, letter.within_s, body)
            await self._mail.post(letter.sender, answer)
        except SappBotError as error:
            log.info("call.unanswered", kind=type(letter.body).__name__, reason=str(error))


def _failure_of(error: TelegramError) -> Failed:
    match error:
        case ChatPaused():
            return Failed("paused", wait_s=error.wait_s)
        case Undeliverable():
            return Failed("undeliverable", str(error), for_its_form=error.for_its_form)
        case TelegramAway():
            return Failed("away", str(error))
        case _:
            return Failed("other", str(error))


def _error_of(failed: Failed) -> TelegramError:
    match failed.kind:
        case "paused":
            return ChatPaused(failed.wait_s)
        case "undeliverable":
            return Undeliverable(failed.text, for_its_form=failed.for_its_form)
        case "away":
            return TelegramAway(failed.text)
        case "other":
            return TelegramError(failed.text)
