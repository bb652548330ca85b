"""A stage: the bot, its neighbours and the persons who talk to it, in one process."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from structlog.testing import capture_logs

from sapp_bot.bot import Bot, Neighbours
from sapp_bot.host.visit import HostSettings
from sapp_bot.replies import Callback, Key
from sapp_bot.sandbox.sapp_api.server import SappApi
from sapp_bot.sapp.client import LIMITS, ApiClient, Limits
from sapp_bot.store import Store, Vault, make_key, open_store
from sapp_bot.updates import Message, Person, Press, Update

from .chatroom import ChatRoom, PopUp, Shown
from .clock import ManualClock
from .words import words_of

ACCOUNT = 1_000_000
PLUGINS = Path("plugins")


class Stage:
    """`async with Stage() as stage:`; settings are those of `HostSettings`.

    `api` is the API's stand-in, `room` Telegram, `clock` the bot's time, `log` every log event.
    `redis_url` leads to another Redis than the one in memory; `limits` is how long the bot waits
    for the API, in real seconds.
    """

    def __init__(
        self,
        plugins: Path = PLUGINS,
        *,
        redis_url: str = "memory://",
        limits: Limits = LIMITS,
        **settings: Any,
    ) -> None:
        self.plugins = plugins
        self._redis_url = redis_url
        self._limits = limits
        self.room = ChatRoom(has_buttons=settings.get("mode") != "user")
        self.clock = ManualClock()
        self.log: list[Any] = []
        self.api = SappApi()
        self.may_fail = False
        self._settings = HostSettings(account=ACCOUNT, bot_name="sapp_test_bot", **settings)
        self._vault = Vault([make_key()])
        self._stack = AsyncExitStack()
        self._persons = 0
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start everything; the bot is ready."""
        self.log = self._stack.enter_context(capture_logs())
        await self._stack.enter_async_context(self.api)
        self.store: Store = await self._stack.enter_async_context(
            open_store(self._redis_url, self._vault, account=ACCOUNT, clock=self.clock)
        )
        api = await self._stack.enter_async_context(ApiClient(self.api.url, limits=self._limits))
        self._near = Neighbours(
            telegram=self.room,
            inbox=self.store.inbox,
            outbox=self.store.outbox,
            attempts=self.store.attempts,
            drawers=self.store.drawers,
            switches=self.store.switches,
            leases=self.store.leases,
            signer=self._vault,
            api=api,
            clock=self.clock,
        )
        await self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; an unexpected error of the bot fails the test."""
        await self._end()
        await self._stack.aclose()
        failed = [entry for entry in self.log if entry["event"] == "update.failed"]
        if failed and error is None and not self.may_fail:
            raise AssertionError(f"a handler failed: {failed[0].get('exc_info')!r}")

    def person(self, name: str = "Ann", *, language: str = "en", id: int = 0) -> Actor:  # noqa: A002  # the field's word
        """Bring somebody in."""
        self._persons += 1
        return Actor(self, Person(id or 500 + self._persons, name, language))

    def owner(self, name: str = "Olga", *, language: str = "en") -> Actor:
        """Bring in whose account it is in user mode; the chat is their Saved Messages."""
        return self.person(name, language=language, id=ACCOUNT)

    async def take(self, update: Update) -> None:
        """Let the bot have an update, and wait until it is answered."""
        self.bot.receive(update)
        await self.bot.idle()

    async def restart(self) -> None:
        """End the bot as a crash does, and start it again on the same store."""
        await self._end()
        await self._begin()
        await self.bot.idle()

    async def passes(self, seconds: float) -> None:
        """Let time pass, and wait until what fell due is answered."""
        await self.clock.advance(seconds)
        await self.bot.idle()

    async def _begin(self) -> None:
        self.bot = Bot(self._near, self._settings, self.plugins, watching=False)
        self._working = working = asyncio.create_task(self.bot.run())
        ready = asyncio.create_task(self.bot.ready.wait())
        await asyncio.wait({working, ready}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            ready.cancel()
            working.result()

    async def _end(self) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait([self._working])


@dataclass(frozen=True, slots=True)
class Said:
    """A message that a person wrote; it can be edited."""

    id: int
    text: str


class Actor:
    """One person in a private chat with the bot."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self._stage = stage
        self.person = person
        self.chat_id = person.id
        self.last_popup = PopUp("", alert=False)

    async def says(self, text: str, **about: Any) -> Said:
        """Write a message. `about` are further fields of `updates.Message`."""
        room = self._stage.room
        room.news[self.chat_id] = []
        said = Said(room.post(self.chat_id, text), text)
        await self._stage.take(self._message(said, **about))
        return said

    async def edits(self, said: Said, text: str) -> None:
        """Change a message that was written before."""
        self._stage.room.news[self.chat_id] = []
        edited_at = self._stage.clock.now() + timedelta(seconds=1)
        await self._stage.take(self._message(replace(said, text=text), edited_at=edited_at))

    async def presses(self, label: str) -> str:
        """Press the newest button with these words; gives what pops up.

        In user mode: send its number, or the command that does the same; gives what is said last.
        """
        if not self._stage.room.has_buttons:
            await self.says(self._find_word(label))
            return self.last
        shown, key = self._find(label)
        assert isinstance(key, Callback), f"{label!r} is no button that can be pressed"  # noqa: S101  # a test kit
        return await self.presses_data(key.data, message_id=shown.id)

    async def presses_data(self, data: bytes, *, message_id: int) -> str:
        """Press a button by what it carries, as a forger could."""
        room = self._stage.room
        room.news[self.chat_id] = []
        query_id = room.next_id()
        await self._stage.take(Press(self.person, self.chat_id, message_id, query_id, data))
        self.last_popup = room.popups[query_id]
        return self.last_popup.text

    def sees(self, text: str) -> bool:
        """Tell whether the text stands in what came since the person last did something."""
        return any(text in shown.text.plain for shown in self.news) or text in self.last_popup.text

    def can_read(self, text: str) -> bool:
        """Tell whether the text stands anywhere in the chat as it is now."""
        return any(text in shown.text.plain for shown in self.chat)

    @property
    def news(self) -> list[Shown]:
        """What came since the person last did something: new messages and edited ones."""
        return self._stage.room.news.get(self.chat_id, [])

    @property
    def chat(self) -> list[Shown]:
        """The chat as it is now, oldest first."""
        return sorted(self._stage.room.chats.get(self.chat_id, {}).values(), key=lambda s: s.id)

    @property
    def last(self) -> str:
        """The bot's newest words."""
        return self.news[-1].text.plain if self.news else ""

    def labels(self) -> list[str]:
        """List the buttons of the newest message that has any."""
        for shown in reversed(self.chat):
            words = words_of(shown.text.plain) if shown.by_bot else {}
            if words and not self._stage.room.has_buttons:
                return list(words)
            if shown.rows:
                return [key.label for row in shown.rows for key in row]
        return []

    def _find(self, label: str) -> tuple[Shown, Key]:
        for shown in reversed(self.chat):
            for row in shown.rows:
                for key in row:
                    if key.label == label:
                        return shown, key
        raise AssertionError(f"no button {label!r}; the newest are {self.labels()}")

    def _find_word(self, label: str) -> str:
        for shown in reversed(self.chat):
            words = words_of(shown.text.plain) if shown.by_bot else {}
            if words:
                assert label in words, f"no choice {label!r}; there are {list(words)}"  # noqa: S101  # a test kit
                return words[label]
        raise AssertionError(f"no choice {label!r}; there is none at all")

    def _message(self, said: Said, **about: Any) -> Message:
        return Message(
            sender=self.person,
            chat_id=self.chat_id,
            message_id=said.id,
            text=said.text,
            sent_at=self._stage.clock.now(),
            **about,
        )
