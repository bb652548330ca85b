"""Runs one session with Telegram: connects, signs in, receives, stops. Makes no calls of its own.

runner = SessionRunner(config, account)
me = await runner.connect()          # signed in, nothing received yet
runner.listen(take, pending=pending)
await runner.run()                   # what was missed first, then live
await runner.stop()
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import structlog
from pydantic import SecretStr

from sapp_bot.domain.account import Me
from sapp_bot.domain.updates import Arrival
from sapp_bot.errors import ConfigError, TelegramAway, TelegramError
from sapp_bot.values import dataclass, field

from .account import TelegramAccount
from .client import BotClient
from .connectivity import Connectivity
from .incoming import Reader
from .proxy import read_proxy
from .seam import TL, errors, events
from .session import SessionFile, SessionLock, session_path
from .start_calls import BAD_API_ID, repeated, trust_key

SAVES = 60
"""How many times within one pulse a refused save of the state is tried again."""

STOP_S = 10.0
"""Time limit in seconds for a clean disconnect; a cut one loses nothing but time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """Where and as whom to connect.

    Args:
        api_id: Application id from https://my.telegram.org.
        api_hash: Application hash that belongs to `api_id`.
        bot_token: Token from @BotFather; unused with a person's account.
        folder: Folder of the session file.
        server: "host:port", or None for Telegram itself.
        server_key: The server's public key as PKCS#1 PEM, or None for Telegram itself.
        proxy: Address of a proxy as in the setting TELEGRAM_PROXY, "" for none.

    """

    api_id: int
    api_hash: SecretStr
    bot_token: SecretStr
    folder: Path
    server: str | None = None
    server_key: str | None = field(default=None, repr=False)
    proxy: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Timing:
    """Time limits in seconds.

    Args:
        call_s: Limit of one call of the bot, including the wait for a connection; the outbox
            repeats the call.
        answer_s: Limit of one of Telethon's own requests; then the client reconnects.
        pulse_s: Interval between requests for missed updates, each with a save of the state.

    """

    call_s: float = 10.0
    answer_s: float = 15.0
    pulse_s: float = 60.0


class SessionRunner:
    """Owns the session file, the client and the stream of updates of one account.

    Args:
        config: Where and as whom to connect.
        account: A bot's or a person's account.
        timing: Time limits in seconds.
        on_update: Called with each update in the order of arrival; must not block. May be given
            later, to `listen`.
        pending: Returns whether some updates given to `on_update` are not stored yet. While it
            returns True, the state up to which updates count as received is not saved.

    """

    def __init__(
        self,
        config: EdgeConfig,
        account: TelegramAccount,
        timing: Timing,
        on_update: Callable[[Arrival], None] | None = None,
        *,
        pending: Callable[[], bool] | None = None,
    ) -> None:
        self._config = config
        self._timing = timing
        self._account = account
        self._reader = Reader(account.heeds, sells=account.sells)
        self._on_update = on_update
        self._pending = pending or (lambda: False)
        self._reach = Connectivity()
        self._lock: SessionLock | None = None
        self._client: BotClient | None = None
        self._stopping = asyncio.Event()
        self._own_calls = 0

    @property
    def session_path(self) -> Path:
        """Path of the session file."""
        config = self._config
        return session_path(config.folder, config.server, self._account.name)

    @property
    def is_online(self) -> bool:
        """Whether there is a connection just now."""
        return self._reach.online.is_set()

    @property
    def client(self) -> BotClient:
        """The connected client.

        Raises:
            TelegramAway: not connected yet, or stopped.

        """
        if self._client is None:
            raise TelegramAway("not connected")
        return self._client

    def listen(self, on_update: Callable[[Arrival], None], *, pending: Callable[[], bool]) -> None:
        """Register the receiver of updates; nothing is received before `run`."""
        self._on_update = on_update
        self._pending = pending

    async def connect(self) -> Me:
        """Lock the session, connect (retrying without limit), and sign in if needed.

        Raises:
            AlreadyRunning: another process uses this session.
            ConfigError: a setting or the session file is wrong, or Telegram refuses the token.
            LoginFailed: a person was asked to sign in, and it did not work.
            TelegramError: signed in, but Telegram does not say as whom.

        """
        config = self._config
        if config.server_key:
            trust_key(config.server_key)
        self._lock = SessionLock(self.session_path)
        log.info("telegram.connecting", server=config.server or "telegram")
        try:
            me = await self._sign_in()
        except BAD_API_ID as error:
            # The error holds its request with the hash: `from None` keeps both out of logs.
            kind = type(error).__name__
            raise ConfigError(f"Telegram refuses TELEGRAM_API_ID or _HASH: {kind}") from None
        except (errors.AuthKeyDuplicatedError, errors.AuthKeyNotFound) as error:
            # Only the key is void. Keeping the update state lets a new key catch up from there;
            # deleting the file would lose every update since.
            log.warning("telegram.key_refused", error=str(error))
            await self._close()
            session = SessionFile(self.session_path, config.server)
            session.forget_key()
            session.close()
            me = await self._sign_in()
        await self.client.save()
        return me

    async def run(self) -> None:
        """Receive missed updates, then live ones, until `stop`.

        Raises:
            ConfigError: `listen` was not called.
            TelegramAway: `connect` was not called.
            TelegramError: the session is over, or the client has failed; start the process again.

        """
        if self._on_update is None:
            raise ConfigError("nobody listens: call listen() before run()")
        if self._stopping.is_set():
            return
        client = self.client
        # The handler before `begin`: what Telethon takes off its queue without one is lost.
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
        """Disconnect and release the session. May be called at any time, more than once.

        The state in the session file stays at the last update that the inbox has stored.
        """
        self._stopping.set()
        await self._close()
        if self._lock is not None:
            self._lock.release()

    async def call_for_updates(self, request: TL, *, timeout_s: float) -> TL:
        """Make a call, and hand on the updates in its result like received ones.

        Telethon counts the updates that answer a call as received and hands them to nobody. The
        state is not saved meanwhile: after a crash Telegram sends them again.

        Args:
            request: A request whose result is an `Updates`.
            timeout_s: As in `BotClient.call`, which says what is raised.

        """
        self._own_calls += 1
        try:
            result = await self.client.call(request, timeout_s=timeout_s)
            for update in getattr(result, "updates", ()):
                await self._take(update)
        finally:
            self._own_calls -= 1
        return result

    async def clock_moved(self, by_s: float) -> None:
        """Continue after this machine's clock was set by `by_s` seconds."""
        if self._client is not None:
            await self._client.clock_moved(by_s)

    def _open(self) -> BotClient:
        session = SessionFile(self.session_path, self._config.server)
        client = BotClient(
            session,
            api_id=self._config.api_id,
            api_hash=self._config.api_hash.get_secret_value(),
            reach=self._reach,
            answer_s=self._timing.answer_s,
            proxy=read_proxy(self._config.proxy),
        )
        session.may_save = lambda: client.settled() and not self._pending() and not self._own_calls
        session.keeps_people = self._account.needs_hashes
        self._client = client
        return client

    async def _dial(self) -> BotClient:
        await self._close()  # a client that failed half way cannot go on from there
        client = self._open()
        try:
            await client.connect()
        except Exception:
            # `wait_for` of Python 3.11 loses a cancellation when the connection is refused at that
            # very moment. Telethon tries again then, with what `stop` has closed meanwhile.
            if self._stopping.is_set():
                raise asyncio.CancelledError from None
            raise
        return client

    async def _sign_in(self) -> Me:
        client = await repeated(self._dial, "connect")
        user = await repeated(client.get_me, "who am I")
        if user is None:
            await repeated(partial(self._account.sign_in, client), "sign in")
            user = await repeated(client.get_me, "who am I")
        if user is None:
            raise TelegramError("signed in, and yet unknown to Telegram")
        self._account.is_(user.id)
        # A collectible name takes the place of the plain one: all stand in a list of their own.
        # Source: https://core.telegram.org/constructor/user, `usernames`.
        names = [name.username for name in user.usernames or () if name.active]
        username = user.username or next(iter(names), "")
        others = frozenset(names) - {username}
        return Me(user.id, username, user.first_name or "", others)

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
        # Telethon runs one task per update. The tasks start in order, and the order is kept only
        # as long as there is no await here.
        value = self._reader.read(update)
        if value is not None and self._on_update is not None:
            self._on_update(value)

    async def _pulse(self, client: BotClient) -> None:
        """Request missed updates and save the state, every `pulse_s`."""
        while True:
            # A save is refused while updates wait to be stored. A busy bot would never save if
            # it tried once per pulse only, and would replay more after a crash.
            for _ in range(SAVES):
                await asyncio.sleep(self._timing.pulse_s / SAVES)
                if client.session.owed:
                    await client.save()
            await client.catch_up()
            await client.save()


def _raise_cause(client: BotClient, *ended: asyncio.Future[None]) -> NoReturn:
    """Raise a TelegramError with the reason why receiving ended without a `stop`."""
    cause: BaseException | None = client.failure
    for future in (client.fatal, *ended):
        if future.done() and not future.cancelled():
            cause = cause or future.exception()
    if isinstance(cause, TelegramError):
        raise cause
    kind = type(cause).__name__ if cause else "the connection was closed"
    raise TelegramError(f"receiving from Telegram has ended: {kind}") from cause
