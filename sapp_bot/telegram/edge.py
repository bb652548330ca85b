"""The bot's side of Telegram: updates in as values, replies out as requests.

edge = TelegramEdge(config)
me = await edge.connect()            # signed in, nothing received yet
edge.listen(intake.take, pending=intake.pending)
await edge.run()                     # what was missed first, then live
await edge.stop()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sapp_bot.domain.answers import Answer
from sapp_bot.domain.replies import Reply
from sapp_bot.domain.updates import Arrival

from .account import BotAccount, TelegramAccount
from .calls import TelegramCalls
from .session_runner import EdgeConfig, Me, SessionRunner, Timing

__all__ = ["EdgeConfig", "Me", "TelegramEdge", "Timing"]


class TelegramEdge:
    """Implements `ports.TelegramPort`. One per process and account.

    `on_update` and `pending` are those of `SessionRunner`, as are the errors of what it does.
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

    @property
    def session_path(self) -> Path:
        """Where the session file is."""
        return self._session.session_path

    def listen(self, on_update: Callable[[Arrival], None], *, pending: Callable[[], bool]) -> None:
        """Say who takes the updates; nothing is received before `run`."""
        self._session.listen(on_update, pending=pending)

    async def connect(self) -> Me:
        """Take the session, reach the server however long it takes, sign in if needed."""
        return await self._session.connect()

    async def run(self) -> None:
        """Receive: what was missed first, then live; until `stop`."""
        await self._session.run()

    async def stop(self) -> None:
        """Say good-bye; the state stays at what is stored. May be called at any time, twice."""
        await self._session.stop()

    async def is_online(self) -> bool:
        """Tell whether there is a connection just now."""
        return self._session.is_online

    async def deliver(self, reply: Reply, random_id: int, image: bytes | None = None) -> int | None:
        """Carry out one reply; see `ports.TelegramPort`."""
        return await self._calls.deliver(reply, random_id, image)

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete one message; False when Telegram refuses. Gone before counts as gone."""
        return await self._calls.remove(chat_id, message_id)

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a query, as that of a pressed button; too late is no error."""
        await self._calls.answer(query_id, answer)

    async def typing(self, chat_id: int) -> None:
        """Show "typing"; nothing depends on it, so it never fails."""
        await self._calls.typing(chat_id)

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command list for a language ("" is any) and a person (0 is everybody)."""
        await self._calls.set_menu(commands, language=language, person=person)
