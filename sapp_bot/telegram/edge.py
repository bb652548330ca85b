"""Facade of the Telegram adapter: updates come in as values, replies go out as requests.

Nothing here handles an update: it only joins `SessionRunner` (receiving) and `TelegramCalls`.

edge = TelegramEdge(config)
me = await edge.connect()            # signed in, nothing received yet
edge.listen(intake.take, pending=intake.pending)
await edge.run()                     # what was missed first, then live
await edge.stop()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sapp_bot.domain.account import Me
from sapp_bot.domain.answers import Answer
from sapp_bot.domain.replies import Reply
from sapp_bot.domain.updates import Arrival

from .account import BotAccount, TelegramAccount
from .calls import TelegramCalls
from .payments.stars import TelegramStars
from .session_runner import EdgeConfig, SessionRunner, Timing

__all__ = ["EdgeConfig", "TelegramEdge", "Timing"]


class TelegramEdge:
    """Implements `ports.TelegramPort`. One per process and account.

    `stars` is the account's Telegram Stars, an implementation of `domain.stars.Stars`.

    Args:
        config: Where and as whom to connect.
        on_update: As in `SessionRunner`; may be given later, to `listen`.
        pending: As in `SessionRunner`.
        account: A bot's or a person's account; the bot of `config.bot_token` if None.
        timing: Time limits in seconds.

    Raises:
        ConfigError: `account` is None and the bot token does not look like one.

    """

    def __init__(
        self,
        config: EdgeConfig,
        on_update: Callable[[Arrival], None] | None = None,
        *,
        pending: Callable[[], bool] | None = None,
        account: TelegramAccount | None = None,
        timing: Timing | None = None,
    ) -> None:
        account, timing = account or BotAccount(config.bot_token), timing or Timing()
        self._session = SessionRunner(config, account, timing, on_update, pending=pending)
        self._calls = TelegramCalls(self._session, account, timing.call_s)
        self.stars = TelegramStars(self._session, account, timing.call_s)

    @property
    def session_path(self) -> Path:
        """Path of the session file."""
        return self._session.session_path

    def listen(self, on_update: Callable[[Arrival], None], *, pending: Callable[[], bool]) -> None:
        """Register the receiver of updates; nothing is received before `run`."""
        self._session.listen(on_update, pending=pending)

    async def connect(self) -> Me:
        """Lock the session, connect (retrying without limit), and sign in if needed.

        Raises:
            AlreadyRunning: another process uses this session.
            ConfigError: a setting or the session file is wrong, or Telegram refuses the token.
            LoginFailed: a person was asked to sign in, and it did not work.
            TelegramError: signed in, but Telegram does not say as whom.

        """
        return await self._session.connect()

    async def run(self) -> None:
        """Receive missed updates, then live ones, until `stop`.

        Raises:
            ConfigError: `listen` was not called.
            TelegramAway: `connect` was not called.
            TelegramError: the session is over, or the client has failed; start the process again.

        """
        await self._session.run()

    async def stop(self) -> None:
        """Disconnect and release the session. May be called at any time, more than once."""
        await self._session.stop()

    async def is_online(self) -> bool:
        """Return whether there is a connection just now."""
        return self._session.is_online

    async def clock_moved(self, by_s: float) -> None:
        """Continue after this machine's clock was set by `by_s` seconds."""
        await self._session.clock_moved(by_s)

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Carry out one reply; see `TelegramCalls.deliver`."""
        return await self._calls.deliver(reply, random_id, content)

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete one message; return whether it is gone. See `TelegramCalls.remove`."""
        return await self._calls.remove(chat_id, message_id)

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a press, an inline or a pre-checkout query; see `TelegramCalls.answer`."""
        await self._calls.answer(query_id, answer)

    async def typing(self, chat_id: int) -> None:
        """Show "typing" in a chat; never raises a TelegramError."""
        await self._calls.typing(chat_id)

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command menu; see `TelegramCalls.set_menu`."""
        await self._calls.set_menu(commands, language=language, person=person)
