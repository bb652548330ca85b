"""Telethon's client, changed to catch up on missed updates, repeat nothing and fail fast.

Telethon 1.45 has defaults that lose messages; each override here says which one it replaces.
This module must not decide what an update means: see `incoming`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from typing import Any

import structlog

from sapp_bot.errors import TelegramError

from .connectivity import Connectivity, link_type
from .proxy import Proxy, has_ipv4
from .seam import TL, SessionState, TelegramClient, errors, functions, types, utils
from .session import SessionFile
from .updates_queue import UpdatesQueue

CONNECT_S = 5.0
"""Time limit in seconds for one attempt to open a TCP connection."""

OVER = (
    errors.AuthKeyDuplicatedError,
    errors.UnauthorizedError,
    # Only a new client sends `initConnection` again: Telethon sends it once per client.
    errors.ConnectionNotInitedError,
    errors.ConnectionLayerInvalidError,
)
"""Refusals that end the session, or this client of the session. Without `AuthKeyError`: Telethon
raises that for every unknown error with code 406, and most of those concern one message only."""

log = structlog.get_logger(__name__)


class BotClient(TelegramClient):
    """Client of one account. The future `fatal` gets an exception when the session is over.

    Args:
        session: The open session file.
        api_id: Application id from https://my.telegram.org.
        api_hash: Application hash that belongs to `api_id`.
        reach: Records whether Telegram can be reached.
        answer_s: Seconds that one of Telethon's own requests may stay unanswered; then the client
            reconnects, and Telethon repeats the request on the new connection.

    """

    def __init__(
        self,
        session: SessionFile,
        *,
        api_id: int,
        api_hash: str,
        reach: Connectivity,
        answer_s: float,
        proxy: Proxy | None = None,
    ) -> None:
        super().__init__(
            session,
            api_id,
            api_hash,
            connection=link_type(reach, proxy.base if proxy else None),
            proxy=proxy.details if proxy else None,
            use_ipv6=_wants_ipv6(session, proxy),
            timeout=CONNECT_S,
            connection_retries=None,  # without limit: `Connectivity` logs the outage
            retry_delay=1,
            request_retries=1,  # one repeat, as a data centre migration needs it
            raise_last_call_error=True,
            flood_sleep_threshold=0,  # raise FloodWaitError at once: the outbox waits per chat
            catch_up=True,
            sequential_updates=True,  # our receiver never waits: no task for each update
            entity_cache_limit=20_000,
        )
        queue = UpdatesQueue()
        self._updates_queue = self._sender._updates_queue = queue  # noqa: SLF001  # no other way in
        self.reach = reach
        self.answer_s = answer_s
        self.fatal: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ready = asyncio.Event()
        self._is_greeting = False
        _quieten()

    @property
    def failure(self) -> BaseException | None:
        """Error that ended Telethon's update loop, None while the loop runs."""
        return self._updates_error

    def begin(self) -> None:
        """Start handing on updates, in order from the stored state on, then live."""
        self._ready.set()

    async def call(self, request: TL, *, timeout_s: float) -> TL:
        """Send one request exactly once and return its result.

        Not `__call__`: Telethon would sleep, repeat, and apply the flood wait of one chat to all
        others.

        Args:
            request: A request with input peers in it, not names or ids: those are not resolved.
            timeout_s: Seconds for the wait for a connection and for the answer together.

        Returns:
            The result as Telethon's object.

        Raises:
            telethon.errors.RPCError: Telegram refused the request.
            TimeoutError: not connected, or no answer within `timeout_s`.
            ConnectionError: the client was stopped, or the answer cannot be read.

        """
        future: asyncio.Future[TL] | None = None
        try:
            ends_at = asyncio.get_running_loop().time() + timeout_s
            if not self.reach.online.is_set():
                async with asyncio.timeout_at(ends_at):
                    await self.reach.online.wait()
            sent_at = time.monotonic()
            future = self._sender.send(request)
            # Not `await future`: Telethon cancels its futures when it disconnects, and that
            # CancelledError would look like a cancellation of this task.
            left_s = ends_at - asyncio.get_running_loop().time()
            if not (await asyncio.wait({future}, timeout=left_s))[0]:
                if self.reach.is_silent_since(sent_at):
                    self._force_reconnect()
                raise TimeoutError
        finally:
            if future is not None and not future.done():
                self._withdraw(future)
        if future.cancelled():
            raise ConnectionError("disconnected before the answer")
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, errors.RPCError):
            self._end_if_session_over(error)
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
        """Send one of Telethon's own requests: sign-in, state, difference.

        Raises:
            telethon.errors.RPCError: Telegram refused the request.

        """
        # Telethon remembers flood waits per class of request, whatever the chat, and would refuse
        # later requests of that class without asking Telegram.
        self._flood_waited_requests.clear()
        try:
            result = await self._await_answer(
                super().__call__(request, ordered, flood_sleep_threshold)
            )
        except errors.RPCError as error:
            self._end_if_session_over(error)
            raise
        if isinstance(request, functions.updates.GetDifferenceRequest):
            _fix_difference(result, request.pts)
        return result

    def peer(self, chat_id: int) -> TL:
        """Return the input peer of a chat without asking Telegram.

        Args:
            chat_id: Marked id: a user id, a negative group id, or -100... for a channel.

        Returns:
            A Telethon input peer. Its access hash is 0 if unknown: bots may use 0 for anybody who
            wrote to them, so a bot can answer even with a new session.
            Source: https://core.telegram.org/api/peers#access-hash.

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

    async def clock_moved(self, by_s: float) -> None:
        """Go on in Telegram's time after this machine's clock was set by `by_s` seconds.

        Telethon counts from the machine's clock, and silently ignores what Telegram sends at a time
        that differs by minutes. Source: telethon/network/mtprotostate.py, decrypt_message_data.
        """
        self._sender._state.time_offset -= round(by_s)  # noqa: SLF001  # no public way to set it
        with contextlib.suppress(ConnectionError):  # a new connection catches up by itself
            await self.catch_up()

    async def save(self) -> None:
        """Write the update state to the session file, if `SessionFile.may_save` allows."""
        await self._save_states_and_entities()
        self.session.save()

    def settled(self) -> bool:
        """Return whether every update that Telethon's state covers has been handed on."""
        return self.is_connected() and all(task.done() for task in self._event_handler_tasks)

    async def _update_loop(self) -> None:
        # Telethon starts this loop when it connects, before sign-in and before a receiver is
        # registered. Until `begin` no update leaves its queue, so the state cannot advance past
        # updates that nobody received.
        await self._ready.wait()
        await super()._update_loop()

    async def _on_login(self, user: TL) -> TL:
        # Telethon would set the state to "now" and so skip everything that arrived since the
        # stored state, and whatever arrives between its own two calls.
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
        # Telethon only calls get_me; updates from the gap would stay unseen until the next one.
        await self.catch_up()
        if not self._is_greeting:  # Telethon repeats a get_me that is still under way by itself
            self._is_greeting = True
            try:
                await super()._handle_auto_reconnect()
            finally:
                self._is_greeting = False

    def _disconnect_coro(self) -> Coroutine[Any, Any, None]:
        # Telethon cancels its handler tasks and then saves a state that counts their updates as
        # received: freeze the stored state first.
        self.session.freeze()
        return super()._disconnect_coro()

    async def _await_answer(self, work: Coroutine[Any, Any, TL]) -> TL:
        """Wait for an answer; reconnect after each `answer_s` without one.

        Telethon repeats what it has not got an answer to, but only on a new connection. It had its
        time on this one: others may have replaced it meanwhile.
        """
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=self.answer_s))[0]:
                if self.reach.age_s > self.answer_s / 2:
                    self._force_reconnect()
            return task.result()
        finally:
            task.cancel()

    def _force_reconnect(self) -> None:
        """Replace the connection, if there is one: the other end may be gone without a FIN.

        Not for a Telegram that is merely slow. Both sides repeat on a new connection what has not
        arrived, so that with many calls under way it would be replaced before any got its answer.
        """
        if self._sender._transport_connected():  # noqa: SLF001  # no public way to reconnect
            log.warning("telegram.unanswered")
            self._sender._start_reconnect(None)  # noqa: SLF001  # as above

    def _withdraw(self, future: asyncio.Future[Any]) -> None:
        # Telethon repeats unanswered requests after a reconnect, when the caller has long repeated
        # this one itself: take it out of both of Telethon's lists.
        future.cancel()
        pending = self._sender._pending_state  # noqa: SLF001  # no public way to take back
        for message_id in [key for key, state in pending.items() if state.future is future]:
            del pending[message_id]
        queue = self._sender._send_queue._deque  # noqa: SLF001  # as above
        for state in [state for state in queue if state.future is future]:
            queue.remove(state)

    def _end_if_session_over(self, error: Exception) -> None:
        # Telethon itself would stay connected and never receive another update.
        if isinstance(error, OVER):
            self.give_up(f"Telegram has ended this session: {type(error).__name__}")

    def give_up(self, why: str) -> None:
        """End the client with a TelegramError: `SessionRunner.run` raises it.

        Args:
            why: Text of the error.

        """
        # Before `begin` nobody awaits `fatal`: the caller of the sign-in gets the refusal itself.
        if self._ready.is_set() and not self.fatal.done():
            self.fatal.set_exception(TelegramError(why))


def _wants_ipv6(session: SessionFile, proxy: Proxy | None) -> bool:
    if session.is_official and proxy is None:
        return not has_ipv4()
    return ":" in (session.server_address or "")


def _quieten() -> None:
    """Keep Telethon from telling each failed attempt, and at lower levels what it received."""
    for name, level in (("telethon", logging.WARNING), ("telethon.network", logging.ERROR)):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(level)


def _fix_difference(difference: TL, pts: int) -> None:
    """Make Telethon keep missed edits, and log updates that Telegram no longer has.

    Telethon advances its state first and then discards edits in the difference as already seen;
    with pts 0 they pass. Source: telethon/_updates/messagebox.py, apply_difference_type.
    """
    for update in getattr(difference, "other_updates", ()):
        if isinstance(update, types.UpdateEditMessage):
            update.pts = update.pts_count = 0
    if isinstance(difference, types.updates.DifferenceTooLong):
        log.error("telegram.updates_lost", since=pts, until=difference.pts)
