"""What all pages share: the chats that are open, the bot's state, and who is told of what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sapp_bot.sandbox.console.player import FIRST_PERSON, BotEnded, ExpectationFailed
from sapp_bot.sandbox.console.stage import SandboxProcesses

from .requests import ChatKey
from .shown import Shown
from .window import ChatWindow, RefusedToPage

MOST_CHATS = 32
"""Chats that can be open: each has a Telegram client of its own."""

WAITING_EVENTS = 4_096
"""Events that may wait for a page that does not read; then it is let go, and may come again."""


class EventQueue:
    """Events for one page. `is_over` says that it fell behind and lost some."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Shown] = asyncio.Queue(WAITING_EVENTS)
        self.is_over = False

    def put(self, event: Shown) -> None:
        """Add an event."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self.is_over = True

    async def get(self) -> Shown:
        """Return the next event."""
        return await self._events.get()


class Hub:
    """Chats and pages of one sandbox, which may still be starting: `begin` says that it is ready.

    Args:
        stage: The servers and the bot.

    """

    def __init__(self, stage: SandboxProcesses) -> None:
        self._stage = stage
        self._pages: set[EventQueue] = set()
        self._windows: dict[ChatKey, ChatWindow] = {}
        self._names: dict[int, str] = {}
        self._languages: dict[str, str] = {}
        self._opening = asyncio.Lock()
        self._ready = asyncio.Event()
        self._restarting = asyncio.Lock()
        self.panel: Shown | None = None
        self.bot: Shown = {"state": "starting", "code": None, "name": "", "user_mode": False}

    @contextmanager
    def page(self) -> Iterator[EventQueue]:
        """Yield the events for a new page, beginning with all that is there."""
        queue = EventQueue()
        for event in self._snapshot():
            queue.put(event)
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)

    def publish(self, event: Shown) -> None:
        """Tell all pages."""
        for page in self._pages:
            page.put(event)

    def begin(self, name: str, *, user_mode: bool) -> None:
        """Note that servers and bot are there; `name` is the bot's."""
        self._ready.set()
        self._set_bot("running", name=name, user_mode=user_mode)

    async def watch(self) -> None:
        """Tell the pages whenever the bot's process ends. Ends when cancelled."""
        await self._ready.wait()
        while True:
            code = await self._stage.ended()
            async with self._restarting:  # a restart kills it on purpose
                if self._stage.bot.exit_code is None:
                    continue
                self._set_bot("ended", code=code)
            while self._stage.bot.exit_code is not None:  # noqa: ASYNC110  # the process has no event for its start
                await asyncio.sleep(0.2)

    async def restart(self) -> None:
        """Kill the bot and start it. Raises `RefusedToPage` if it ends at once."""
        await self._ready.wait()
        async with self._restarting:
            self._set_bot("starting")
            try:
                await self._stage.restart()
            except BotEnded as error:
                self._set_bot("ended", code=self._stage.bot.exit_code)
                raise RefusedToPage(str(error)) from None
            self._set_bot("running")

    async def turn_switch(self, name: str, *, on: bool) -> None:
        """Switch a fault on or off. Raises `RefusedToPage` if there is none of this name."""
        await self._ready.wait()
        try:
            await self._stage.fault(name, on=on)
        except ExpectationFailed as error:
            raise RefusedToPage(str(error)) from None

    async def make_admin(self, email: str) -> None:
        """Make an account of the local API an administrator. Raises `RefusedToPage` without one."""
        await self._ready.wait()
        try:
            self._stage.make_admin(email)
        except ExpectationFailed as error:
            raise RefusedToPage(str(error)) from None

    async def run_timer(self, name: str) -> None:
        """Let the operator run a timer, in their chat, which opens. Raises `RefusedToPage`."""
        window = await self.open(ChatKey(person=self._stage.operator))
        await window.say(f"/plugin run {name}")

    async def open(self, key: ChatKey, language: str = "") -> ChatWindow:
        """Return a chat, opened at its first use.

        Args:
            key: Which chat.
            language: Language of the person's Telegram from now on; "" leaves it.

        Raises:
            RefusedToPage: there are too many, or it is a group and the bot a userbot.

        """
        await self._stage.is_open.wait()
        async with self._opening:
            private = ChatKey(person=key.person)
            if key not in self._windows and len(self._windows) >= MOST_CHATS:
                raise RefusedToPage(f"{MOST_CHATS} chats are open; more are not possible")
            await self._take(private, language)
            if key.group:
                await self._take(key, "")
        return self._windows[key]

    async def _take(self, key: ChatKey, language: str) -> None:
        new = key not in self._windows
        try:
            if key.group:
                seat = await self._stage.member(key.person, language, key.group)
            else:
                seat = await self._stage.seat(key.person, language)
        except ExpectationFailed as error:
            raise RefusedToPage(str(error)) from None
        account = seat.person.account
        self._names[account.id] = key.person
        changed = self._languages.get(key.person) != account.language
        self._languages[key.person] = account.language
        if new or changed:
            self.publish(self._opened(key))
        if new:
            window = ChatWindow(key, seat, self._names, self.publish)
            await window.open()
            self._windows[key] = window

    async def window(self, key: ChatKey) -> ChatWindow:
        """Return an open chat, once the bot listens. Raises `RefusedToPage` if it is not open."""
        if key not in self._windows:
            raise RefusedToPage("this chat is not open")
        await self._stage.is_listening.wait()
        return self._windows[key]

    def _opened(self, key: ChatKey) -> Shown:
        language = self._languages.get(key.person, "")
        return {"type": "chat", "chat": key.model_dump(), "language": language}

    def _set_bot(self, state: str, *, code: int | None = None, **facts: Any) -> None:
        self.bot = {**self.bot, **facts, "state": state, "code": code}
        self.publish({"type": "bot", **self.bot})

    def _snapshot(self) -> Iterator[Shown]:
        yield {"type": "bot", **self.bot}
        if self.panel is not None:
            yield self.panel
        for key, window in self._windows.items():
            yield self._opened(key)
            for message in window.messages:
                yield {"type": "message", "chat": key.model_dump(), "message": message}
        yield {"type": "whole", "first": FIRST_PERSON}
