"""Telethon's client with our habits: it catches up, repeats nothing on its own, fails fast.

What Telethon 1.45 does by default and would cost messages is undone here; each override says
what it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import structlog

from sapp_bot.errors import TelegramError

from .connectivity import Connectivity, link_type
from .seam import TL, SessionState, TelegramClient, errors, functions, types, utils
from .session import SessionFile

CONNECT_S = 5.0
"""Time for one attempt to open a TCP connection."""

OVER = (
    errors.AuthKeyDuplicatedError,
    errors.UnauthorizedError,
    # The server has forgotten what only a new connection of a new client tells it.
    errors.ConnectionNotInitedError,
    errors.ConnectionLayerInvalidError,
)
"""Refusals that end the session, or this client of it. Not `AuthKeyError`: to Telethon that is
every code 406 it does not know, which is mostly about one message."""

log = structlog.get_logger(__name__)


class BotClient(TelegramClient):
    """One signed-in account. `fatal` ends with an error when the session is over for good.

    A call without an answer for `answer_s` gets a new connection, where Telethon repeats it.
    """

    def __init__(
        self,
        session: SessionFile,
        *,
        api_id: int,
        api_hash: str,
        reach: Connectivity,
        answer_s: float,
    ) -> None:
        super().__init__(
            session,
            api_id,
            api_hash,
            connection=link_type(reach),
            use_ipv6=":" in (session.server_address or ""),
            timeout=CONNECT_S,
            connection_retries=None,  # for ever: Reach says so in the log
            retry_delay=1,
            request_retries=1,  # one repeat, as a data centre migration needs it
            raise_last_call_error=True,
            flood_sleep_threshold=0,
            catch_up=True,
            entity_cache_limit=20_000,
        )
        self.reach = reach
        self.answer_s = answer_s
        self.fatal: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ready = asyncio.Event()
        self._greeting = False
        _quieten()

    @property
    def failure(self) -> BaseException | None:
        """What has ended Telethon's update loop."""
        return self._updates_error

    def begin(self) -> None:
        """Let updates flow: from the stored state on, in order, then live."""
        self._ready.set()

    async def call(self, request: TL, *, timeout_s: float) -> TL:
        """Make one request, once. `request` must hold input peers, not names or ids.

        Telethon's own way would sleep, repeat, and hold one chat's flood wait against all others.

        Raises:
            telethon.errors.RPCError: Telegram refused.
            TimeoutError: not connected, or no answer within `timeout_s`.
            ConnectionError: the client was stopped, or the answer cannot be read.

        """
        future: asyncio.Future[TL] | None = None
        try:
            async with asyncio.timeout(timeout_s):
                await self.reach.online.wait()
                future = self._sender.send(request)
                # `wait` tells a future that Telethon cancelled, at its end, from ourselves.
                await asyncio.wait({future})
        except TimeoutError:
            if future is not None:
                self._renew()
            raise
        finally:
            if future is not None and not future.done():
                self._abandon(future)
        if future.cancelled():
            raise ConnectionError("disconnected before the answer")
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, errors.RPCError):
            self._judge(error)
        elif not isinstance(error, OSError):
            # An answer that Telethon cannot read, a message that the server finds malformed.
            raise ConnectionError(f"no readable answer: {type(error).__name__}") from None
        raise error

    async def __call__(
        self,
        request: TL,
        ordered: bool = False,  # noqa: FBT001, FBT002  # Telethon's signature
        flood_sleep_threshold: float | None = None,
    ) -> TL:
        """Make one of Telethon's own requests: sign in, state, difference."""
        # Kept by kind of request, whatever it was for: a wait must not outlive its answer.
        self._flood_waited_requests.clear()
        try:
            result = await self._answered(super().__call__(request, ordered, flood_sleep_threshold))
        except errors.RPCError as error:
            self._judge(error)
            raise
        if isinstance(request, functions.updates.GetDifferenceRequest):
            _mend_difference(result, request.pts)
        return result

    def peer(self, chat_id: int) -> TL:
        """Give the input peer of a chat without asking Telegram.

        A bot may leave the access hash 0 for whoever wrote to it, so that it can answer even
        with a new session. Source: https://core.telegram.org/api/peers#access-hash.
        """
        plain, kind = utils.resolve_id(chat_id)
        if kind is types.PeerUser and plain == self._self_id:
            return types.InputPeerSelf()
        if kind is types.PeerChat:
            return types.InputPeerChat(plain)
        known = self._mb_entity_cache.get(plain)
        row = None if known else self.session.get_entity_rows_by_id(chat_id)
        access_hash = known.hash if known else row[1] if row else 0
        if kind is types.PeerUser:
            return types.InputPeerUser(plain, access_hash)
        return types.InputPeerChannel(plain, access_hash)

    async def save(self) -> None:
        """Write the update state to the file, if its gate is open."""
        await self._save_states_and_entities()
        self.session.save()

    def settled(self) -> bool:
        """Tell whether every update that the state covers has been handed on."""
        return self.is_connected() and all(task.done() for task in self._event_handler_tasks)

    async def _update_loop(self) -> None:
        # Telethon starts this before anybody has signed in and before anybody listens. Until
        # `begin` nothing is taken out of its queue, so that no state can run ahead.
        await self._ready.wait()
        await super()._update_loop()

    async def _on_login(self, user: TL) -> TL:
        # Telethon would jump to "now": over everything that came since the stored state, and
        # over what comes between its two calls.
        self._mb_entity_cache.set_self_user(user.id, user.bot, user.access_hash)
        self._authorized = True
        if self._message_box.is_empty():
            state = await self(functions.updates.GetStateRequest())
            date = int(state.date.timestamp())
            self._message_box.load(
                SessionState(0, 0, False, state.pts, state.qts, date, state.seq, None), []
            )
        return user

    async def _handle_auto_reconnect(self) -> None:
        # Telethon only asks who it is; what came in the gap would wait for the next message.
        await self.catch_up()
        if not self._greeting:  # one that is under way is repeated by Telethon
            self._greeting = True
            try:
                await super()._handle_auto_reconnect()
            finally:
                self._greeting = False

    def _disconnect_coro(self) -> Coroutine[Any, Any, None]:
        # Telethon cancels what is under way and then saves a state past it.
        self.session.freeze()
        return super()._disconnect_coro()

    async def _answered(self, work: Coroutine[Any, Any, TL]) -> TL:
        """Wait for an answer, on a new connection if the old one gives none."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=self.answer_s))[0]:
                self._renew()
            return task.result()
        finally:
            task.cancel()

    def _renew(self) -> None:
        """Connect anew, if there is a connection: it may be dead without knowing."""
        if self._sender._transport_connected():  # noqa: SLF001  # no public way to reconnect
            log.warning("telegram.unanswered")
            self._sender._start_reconnect(None)  # noqa: SLF001  # as above

    def _abandon(self, future: asyncio.Future[Any]) -> None:
        """Take a request back, or Telethon would make it after the next reconnect."""
        future.cancel()
        pending = self._sender._pending_state  # noqa: SLF001  # no public way to take back
        for message_id in [key for key, state in pending.items() if state.future is future]:
            del pending[message_id]
        queue = self._sender._send_queue._deque  # noqa: SLF001  # as above
        for state in [state for state in queue if state.future is future]:
            queue.remove(state)

    def _judge(self, error: Exception) -> None:
        """End the client when the session is over: Telethon would wait on, deaf."""
        if isinstance(error, OVER):
            self.give_up(f"Telegram has ended this session: {type(error).__name__}")

    def give_up(self, why: str) -> None:
        """End the client; a sign-in under way hears of it by itself."""
        if self._ready.is_set() and not self.fatal.done():
            self.fatal.set_exception(TelegramError(why))


def _quieten() -> None:
    """Keep Telethon from telling each failed attempt, and at lower levels what it received."""
    for name, level in (("telethon", logging.WARNING), ("telethon.network", logging.ERROR)):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(level)


def _mend_difference(difference: TL, pts: int) -> None:
    """Keep Telethon from dropping edits that were missed, and say what is lost in any case.

    It moves its state first and then takes edits in the answer for old; without a number of
    their own they pass. Source: telethon/_updates/messagebox.py, apply_difference_type.
    """
    for update in getattr(difference, "other_updates", ()):
        if isinstance(update, types.UpdateEditMessage):
            update.pts = update.pts_count = 0
    if isinstance(difference, types.updates.DifferenceTooLong):
        log.error("telegram.updates_lost", since=pts, until=difference.pts)
