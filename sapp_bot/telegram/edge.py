"""The bot's side of Telegram: updates in as values, replies out as requests.

edge = TelegramEdge(config)
me = await edge.connect()            # signed in, nothing received yet
edge.listen(intake.take, pending=intake.pending)
await edge.run()                     # what was missed first, then live
await edge.stop()
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import structlog
from pydantic import SecretStr

from sapp_bot.domain.replies import Edit, Remove, Reply, Send
from sapp_bot.domain.updates import Update
from sapp_bot.errors import ConfigError, TelegramAway, TelegramError, Undeliverable

from . import outgoing
from .account import BotAccount, TelegramAccount
from .client import BotClient
from .connectivity import Connectivity
from .incoming import Reader
from .seam import TL, errors, events, functions, rsa, types
from .session import SessionFile, SessionLock, session_path

SAVES = 60
"""How often within one pulse a save that was refused is tried again."""

BAD_API_ID = (
    errors.ApiIdInvalidError,
    errors.ApiIdPublishedFloodError,
    errors.ConnectionApiIdInvalidError,
)
"""How Telegram refuses an application; some of it before anybody signs in."""

UNSURE = 3
"""So often a message with a screen is repeated that Telegram says it has: it tells the id once it
is done with it, and without the id the screen could not be changed."""

STOP_S = 10.0
"""Time for a clean good-bye; nothing depends on it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """Where and as whom to connect. `server` is "host:port" and `server_key` a PKCS#1 PEM, both
    None for Telegram itself; `folder` is where the session file lives.
    """

    api_id: int
    api_hash: SecretStr
    bot_token: SecretStr
    folder: Path
    server: str | None = None
    server_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds. `call_s`: for one call of ours, waiting for the connection included, then
    the caller repeats. `answer_s`: for one of Telethon's own, then on a new connection. `pulse_s`:
    how often what may have been missed is asked for, and the state saved.
    """

    call_s: float = 10.0
    answer_s: float = 15.0
    pulse_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Me:
    """The account we speak for."""

    id: int
    username: str
    name: str


class TelegramEdge:
    """Implements `ports.Telegram`. One per process and account.

    `on_update` is called in the order of arrival, new messages, edits and presses alike, and
    must take the update before it returns. `pending` tells whether it holds any that are not
    stored yet: as long as it does, the place up to which updates count as received stays.
    """

    def __init__(
        self,
        config: EdgeConfig,
        on_update: Callable[[Update], None] | None = None,
        *,
        pending: Callable[[], bool] | None = None,
        account: TelegramAccount | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._config = config
        self._timing = timing or Timing()
        self._account = account or BotAccount(config.bot_token)
        self._reader = Reader(self._account.heeds)
        self._on_update = on_update
        self._pending = pending or (lambda: False)
        self._reach = Connectivity()
        self._lock: SessionLock | None = None
        self._client: BotClient | None = None
        self._stopping = asyncio.Event()
        self._mark_is_kept = False
        self._unsure: Counter[int] = Counter()

    @property
    def session_path(self) -> Path:
        """Where the session file is."""
        config = self._config
        return session_path(config.folder, config.server, self._account.name)

    def listen(self, on_update: Callable[[Update], None], *, pending: Callable[[], bool]) -> None:
        """Say who takes the updates; nothing is received before `run`."""
        self._on_update = on_update
        self._pending = pending

    async def connect(self) -> Me:
        """Take the session, reach the server however long it takes, sign in if needed.

        Raises:
            AlreadyRunning: another process has this session.
            ConfigError: a setting or the session file is wrong, or Telegram refuses the token.

        """
        config = self._config
        if config.server_key:
            _trust(config.server_key)
        self._lock = SessionLock(self.session_path)
        log.info("telegram.connecting", server=config.server or "telegram")
        try:
            me = await self._sign_in(self._open())
        except BAD_API_ID as error:
            # The request hangs on the error: it must not travel on.
            kind = type(error).__name__
            raise ConfigError(f"Telegram refuses TELEGRAM_API_ID or _HASH: {kind}") from None
        except (errors.AuthKeyDuplicatedError, errors.AuthKeyNotFound) as error:
            # Only the key is lost: a new one goes on where the stored state ends.
            log.warning("telegram.key_refused", error=str(error))
            await self._close()
            session = SessionFile(self.session_path, config.server)
            session.forget_key()
            session.close()
            me = await self._sign_in(self._open())
        await self._live.save()
        return me

    async def run(self) -> None:
        """Receive: what was missed first, then live; until `stop`.

        Raises:
            TelegramError: the session is over, or the client has failed; start anew.

        """
        if self._on_update is None:
            raise ConfigError("nobody listens: call listen() before run()")
        if self._stopping.is_set():
            return
        client = self._live
        client.add_event_handler(self._take, events.Raw())
        client.begin()
        pulse = asyncio.create_task(self._pulse(client))
        stopped = asyncio.create_task(self._stopping.wait())
        ended = client.disconnected
        watched: set[asyncio.Future[Any]] = {pulse, stopped, ended, client.fatal}
        try:
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if not self._stopping.is_set():
                _raise_cause(client, pulse, ended)
        finally:
            pulse.cancel()
            stopped.cancel()
            ended.cancel()

    async def stop(self) -> None:
        """Say good-bye; the state stays at what is stored. May be called at any time, twice."""
        self._stopping.set()
        await self._close()
        if self._lock is not None:
            self._lock.release()

    async def deliver(self, reply: Reply, random_id: int) -> int | None:
        """Carry out one reply; see `ports.Telegram`.

        A text too long for one message becomes several; the id is the last one's. It is None
        where Telegram only says that the message has arrived before.
        """
        peer = self._peer(reply.chat_id)
        match reply:
            case Send():
                return await self._send(peer, reply, random_id)
            case Edit():
                return await self._edit(peer, reply, random_id)
            case Remove():
                for request in outgoing.delete_requests(peer, reply.message_ids):
                    await self._call(request)
                return None

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete one message; False when Telegram refuses. Gone before counts as gone."""
        (request,) = outgoing.delete_requests(self._peer(chat_id), (message_id,))
        try:
            await self._call(request, *outgoing.KEPT)
        except outgoing.KEPT:
            return False
        return True

    async def acknowledge(self, query_id: int, text: str = "", *, alert: bool = False) -> None:
        """End the waiting of a pressed button; too late is no error."""
        request = outgoing.answer_request(query_id, text, alert=alert)
        with contextlib.suppress(outgoing.LATE):
            await self._call(request, outgoing.LATE)

    async def typing(self, chat_id: int) -> None:
        """Show "typing"; nothing depends on it, so it never fails."""
        action = types.SendMessageTypingAction()
        with contextlib.suppress(TelegramError):
            peer = self._peer(chat_id)
            await self._call(functions.messages.SetTypingRequest(peer, action))

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command list for a language ("" is any) and a person (0 is everybody)."""
        peer = self._live.peer(person) if person else None
        await self._call(outgoing.menu_request(commands, language=language, peer=peer))

    async def is_online(self) -> bool:
        """Tell whether there is a connection just now."""
        return self._reach.online.is_set()

    @property
    def _live(self) -> BotClient:
        if self._client is None:
            raise TelegramAway("not connected")
        return self._client

    def _peer(self, chat_id: int) -> TL:
        """Find a chat that we may enter."""
        client = self._live
        if not self._account.may_enter(chat_id):
            raise Undeliverable("not a chat of ours")
        return client.peer(chat_id)

    def _open(self) -> BotClient:
        session = SessionFile(self.session_path, self._config.server)
        client = BotClient(
            session,
            api_id=self._config.api_id,
            api_hash=self._config.api_hash.get_secret_value(),
            reach=self._reach,
            answer_s=self._timing.answer_s,
        )
        session.may_save = lambda: client.settled() and not self._pending()
        session.keeps_people = self._account.needs_hashes
        self._client = client
        return client

    async def _sign_in(self, client: BotClient) -> Me:
        await client.connect()
        user = await client.get_me()
        if user is None:
            await self._account.sign_in(client)
            user = await client.get_me()
        if user is None:
            raise TelegramError("signed in, and yet unknown to Telegram")
        self._account.is_(user.id)
        return Me(user.id, user.username or "", user.first_name or "")

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                if client.is_connected():
                    await client.save()
                await client.disconnect()
        for future in (client.disconnected, client.fatal):
            if future.done() and not future.cancelled():
                future.exception()  # else asyncio reports it as never retrieved

    async def _take(self, update: TL) -> None:
        # Telethon runs one task per update, in order up to the first await: there is none here.
        value = self._reader.read(update)
        if value is not None and self._on_update is not None:
            self._on_update(value)

    async def _pulse(self, client: BotClient) -> None:
        """Now and then ask for what may have been missed, and save the state.

        A save that the gate refused is tried again soon.
        """
        while True:
            for _ in range(SAVES):
                await asyncio.sleep(self._timing.pulse_s / SAVES)
                if client.session.owed:
                    await client.save()
            await client.catch_up()
            await client.save()

    async def _send(self, peer: TL, reply: Send, random_id: int) -> int | None:
        made: int | None = None
        mark = self._account.mark(reply.chat_id)
        for request in outgoing.send_requests(peer, reply, random_id, mark):
            try:
                result = await self._call(request, outgoing.REPEATED)
            except outgoing.REPEATED:
                made = None
                self._repeat(reply, random_id)
            else:
                del self._unsure[random_id]
                made = outgoing.made_message(result, request.random_id)
        if mark and made is not None and not self._mark_is_kept:
            await self._check_mark(made, mark)
        return made

    def _repeat(self, reply: Send, random_id: int) -> None:
        """See that a message whose id is needed is sent once more; Telegram shows it once.

        Raises:
            TelegramAway: repeat it.

        """
        if reply.screen and self._unsure[random_id] < UNSURE:
            self._unsure[random_id] += 1
            raise TelegramAway("it has the message, and does not say which")
        del self._unsure[random_id]

    async def _check_mark(self, message_id: int, mark: str) -> None:
        """See once that Telegram keeps the mark: without it our words would come back as orders.

        If it does not, receiving ends with an error.
        """
        request = functions.messages.GetMessagesRequest([types.InputMessageID(message_id)])
        try:
            (found,) = (await self._call(request)).messages
        except TelegramError:
            return  # the message has arrived; the next one is looked at instead
        text = getattr(found, "message", None)  # it may be deleted already
        if text is not None and not text.startswith(mark):
            self._live.give_up("Telegram takes our mark off messages, so user mode is not safe")
        self._mark_is_kept = text is not None

    async def _edit(self, peer: TL, reply: Edit, random_id: int) -> int | None:
        request = outgoing.edit_request(peer, reply, self._account.mark(reply.chat_id))
        try:
            await self._call(request, outgoing.UNCHANGED, outgoing.GONE, outgoing.TOO_OLD)
        except outgoing.UNCHANGED:
            pass
        except (outgoing.GONE, outgoing.TOO_OLD) as error:
            if isinstance(error, outgoing.TOO_OLD):  # what it shows may be meant to vanish
                await self.remove(reply.chat_id, reply.message_id)
            if not reply.revive:
                return None
            anew = Send(reply.chat_id, reply.text, reply.rows, reply.screen)
            return await self._send(peer, anew, random_id)
        return reply.message_id

    async def _call(self, request: TL, *expected: type[Exception]) -> TL:
        """Make one call; what is `expected` comes as it is, all else as our errors."""
        try:
            return await self._live.call(request, timeout_s=self._timing.call_s)
        except expected:
            raise
        except outgoing.REFUSALS as error:
            raise outgoing.translated(error) from error


def _trust(pem: str) -> None:
    """Take the public key of another server; Telethon keeps it for the whole process."""
    try:
        rsa.add_key(pem, old=False)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"the server key is no PKCS#1 public key in PEM: {error}") from error


def _raise_cause(client: BotClient, *ended: asyncio.Future[None]) -> NoReturn:
    """Say why receiving has ended although nobody asked for it."""
    cause: BaseException | None = client.failure
    for future in (client.fatal, *ended):
        if future.done() and not future.cancelled():
            cause = cause or future.exception()
    if isinstance(cause, TelegramError):
        raise cause
    kind = type(cause).__name__ if cause else "the connection was closed"
    raise TelegramError(f"receiving from Telegram has ended: {kind}") from cause
