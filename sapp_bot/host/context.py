"""`ctx`: what a handler says and shows, in the person's language.

Nothing is sent while the handler runs: its words leave together with the end of the message, so
that a crash in between says nothing twice and forgets nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from sapp_bot.errors import PluginError
from sapp_bot.languages import Speech
from sapp_bot.replies import Callback, Copy, Edit, Key, Rows, Send, Url
from sapp_bot.text import Rich, cut
from sapp_bot.updates import Due, Person, Press

from .buttons import Button, Label, Mint
from .screens import Item, Screen
from .visit import AskAgain, HostSettings, Impulse, Visit

TOAST_CHARACTERS = 200
"""Longest pop-up. Source: https://core.telegram.org/bots/api#answercallbackquery."""


class Ctx:
    """The handler's view of one update."""

    def __init__(
        self,
        visit: Visit,
        speech: Speech,
        mint: Mint,
        *,
        plugin: str = "",
        reach: Callable[[int], Awaitable[Ctx]] | None = None,
    ) -> None:
        self._visit = visit
        self._reach = reach
        self._speech = speech
        self._mint = mint
        self._screen = ""
        self.log = structlog.get_logger("plugin").bind(plugin=plugin)

    @property
    def person(self) -> Person:
        """Who wrote or pressed."""
        return self._visit.update.sender

    @property
    def private(self) -> bool:
        """Whether nobody else reads this chat."""
        return self._visit.update.private

    @property
    def settings(self) -> HostSettings:
        """The bot's public settings."""
        return self._visit.settings

    @property
    def is_admin(self) -> bool:
        """Whether the person is an operator."""
        return self._visit.is_admin

    @property
    def now(self) -> datetime:
        """When the handling began (aware UTC)."""
        return self._visit.now

    @property
    def key(self) -> str:
        """A name that no other message or press has."""
        return self._visit.update.key

    @property
    def again(self) -> bool:
        """Whether this message was being handled when the bot stopped: effects may be done."""
        return self._visit.again

    @property
    def language(self) -> str:
        """The person's language: "en" or "ru"."""
        return self._speech.language

    def t(self, message: str, /, **values: object) -> Rich:
        """Translate a message and fill its `{name}` places."""
        return self._speech.text(message, **values)

    def n(self, one: str, many: str, n: int, /, **values: object) -> Rich:
        """Translate by number: `ctx.n("{n} read left", "{n} reads left", left)`."""
        return self._speech.plural(one, many, n, **values)

    def span(self, seconds: float) -> str:
        """Show a length of time in words."""
        return self._speech.span(seconds)

    async def say(
        self, text: str | Rich, /, *, rows: Sequence[Sequence[Item]] = (), **values: object
    ) -> None:
        """Send a message: a message id to translate and fill, or a ready text."""
        self._visit.send(
            Send(self._visit.update.chat_id, self._ready(text, values), self._rows(rows))
        )

    async def to(self, person: int) -> Ctx:
        """Speak to another person (a Telegram id), in their language, in their private chat.

        What is said there leaves together with all the rest. A bot cannot write to people who
        never wrote to it: such words are dropped, and the log says so.
        """
        assert self._reach is not None  # noqa: S101  # only the host's own views have none
        return await self._reach(person)

    async def show(self, screen: Screen, *, name: str) -> None:
        """Show a screen: in place after a press, as a new message after a command."""
        self._screen = name
        visit, text, rows = self._visit, self._ready(screen.text, {}), self._rows(screen.rows)
        chat_id, message_id = visit.update.chat_id, visit.screen_message
        if message_id is None:
            visit.send(Send(chat_id, text, rows, screen=name))
        else:
            revive = not isinstance(visit.update, Due)
            visit.send(Edit(chat_id, message_id, text, rows, screen=name, revive=revive))

    async def toast(self, text: str | Rich, /, *, alert: bool = False, **values: object) -> None:
        """Pop up a short text after a press; anywhere else it is said as a message."""
        ready = self._ready(text, values)
        if isinstance(self._visit.update, Press):
            self._visit.toast, self._visit.alert = Rich(cut(ready.plain, TOAST_CHARACTERS)), alert
        else:
            await self.say(ready)

    async def later(self, seconds: float, button: Button) -> None:
        """Press a button by itself after some seconds, once, also over a restart.

        Raises:
            PluginError: nobody wrote to this ctx: it is a timer's, or another person's.

        """
        visit = self._visit
        if isinstance(visit.update, Impulse):
            raise PluginError("ctx.later answers somebody's message; here is none")
        due = Due(
            sender=visit.update.sender,
            chat_id=visit.update.chat_id,
            message_id=visit.screen_message,
            screen=self._screen,
            data=self._mint.data(button, visit.holder, visit.now),
            due_at=visit.now + timedelta(seconds=seconds),
            id=f"{visit.update.key}/later{len(visit.later)}",
            private=visit.update.private,
        )
        visit.later.append(due)

    def start(self, handler: Callable[..., Any], **answers: str) -> None:
        """Go on with a command when this handler ends, some of its form answered already."""
        self._visit.start(handler, answers)

    def ask_again(self, field: str, because: str | Rich, /, **values: object) -> None:
        """Keep the form open, say why, and have one field answered anew."""
        self._visit.ask_again = AskAgain(field, self._ready(because, values))

    def _ready(self, text: str | Rich, values: dict[str, object]) -> Rich:
        return text if isinstance(text, Rich) else self.t(text, **values)

    def _rows(self, rows: Sequence[Sequence[Item]]) -> Rows:
        return tuple(tuple(self._key(item) for item in row) for row in rows if row)

    def _key(self, item: Item) -> Key:
        if isinstance(item, Label):
            visit = self._visit
            data = self._mint.data(item.button, visit.holder, visit.now)
            label = self.t(item.text, **item.values).plain
            twin = item.button.typed(visit.twins.get(type(item.button), ""))
            return Callback(label, data, twin, item.style)
        if isinstance(item, Copy | Url):
            label = self.t(item.label).plain
            return Copy(label, item.text) if isinstance(item, Copy) else Url(label, item.url)
        return item


class ThreadCtx(Ctx):
    """What a plain function gets: it can read and translate; what it says, it returns.

    The rest of `Ctx` is asynchronous, and would be called in vain.
    """

    def __getattribute__(self, name: str) -> Any:
        """Refuse what has to be awaited."""
        if name in _AWAITED:
            raise PluginError(f"ctx.{name} is for `async def`; a plain function returns its text")
        return super().__getattribute__(name)


_AWAITED = frozenset({"say", "show", "toast", "later", "to"})
