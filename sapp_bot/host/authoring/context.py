"""`ctx`: what a handler says and shows, in the person's language.

Nothing is sent while the handler runs: its words leave together with the end of the message, so
that a crash in between says nothing twice and forgets nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from sapp_bot.domain.replies import Callback, Copy, Edit, Key, Rows, Send, Url
from sapp_bot.domain.text import Rich, cut
from sapp_bot.domain.updates import Due, Person, Press
from sapp_bot.errors import PluginError
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import Translator

from .button_codec import ButtonCodec
from .buttons import Button, ButtonLabel, Item, Screen
from .turn import AskAgain, SystemTrigger, Turn

TOAST_CHARACTERS = 200
"""Longest pop-up. Source: https://core.telegram.org/bots/api#answercallbackquery."""


class Ctx:
    """The handler's view of one update."""

    def __init__(
        self,
        turn: Turn,
        translator: Translator,
        button_codec: ButtonCodec,
        *,
        plugin: str = "",
        reach: Callable[[int], Awaitable[Ctx]] | None = None,
    ) -> None:
        self._turn = turn
        self._reach = reach
        self._translator = translator
        self._button_codec = button_codec
        self._screen = ""
        self.log = structlog.get_logger("plugin").bind(plugin=plugin)

    @property
    def person(self) -> Person:
        """Who wrote or pressed."""
        return self._turn.update.sender

    @property
    def private(self) -> bool:
        """Whether nobody else reads this chat."""
        return self._turn.update.private

    @property
    def settings(self) -> HostSettings:
        """The bot's public settings."""
        return self._turn.settings

    @property
    def is_admin(self) -> bool:
        """Whether the person is an operator."""
        return self._turn.is_admin

    @property
    def now(self) -> datetime:
        """When the handling began (aware UTC)."""
        return self._turn.now

    @property
    def key(self) -> str:
        """A name that no other message or press has."""
        return self._turn.update.key

    @property
    def again(self) -> bool:
        """Whether this message was being handled when the bot stopped: effects may be done."""
        return self._turn.again

    @property
    def language(self) -> str:
        """The person's language: "en" or "ru"."""
        return self._translator.language

    def t(self, message: str, /, **values: object) -> Rich:
        """Translate a message and fill its `{name}` places."""
        return self._translator.text(message, **values)

    def n(self, one: str, many: str, n: int, /, **values: object) -> Rich:
        """Translate by number: `ctx.n("{n} read left", "{n} reads left", left)`."""
        return self._translator.plural(one, many, n, **values)

    def span(self, seconds: float) -> str:
        """Show a length of time in words."""
        return self._translator.span(seconds)

    async def say(
        self, text: str | Rich, /, *, rows: Sequence[Sequence[Item]] = (), **values: object
    ) -> None:
        """Send a message: a message id to translate and fill, or a ready text."""
        self._turn.send(
            Send(self._turn.update.chat_id, self._ready(text, values), self._rows(rows))
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
        turn, text, rows = self._turn, self._ready(screen.text, {}), self._rows(screen.rows)
        chat_id, message_id = turn.update.chat_id, turn.screen_message
        if message_id is None:
            turn.send(Send(chat_id, text, rows, screen=name))
        else:
            revive = not isinstance(turn.update, Due)
            turn.send(Edit(chat_id, message_id, text, rows, screen=name, revive=revive))

    async def toast(self, text: str | Rich, /, *, alert: bool = False, **values: object) -> None:
        """Pop up a short text after a press; anywhere else it is said as a message."""
        ready = self._ready(text, values)
        if isinstance(self._turn.update, Press):
            self._turn.toast, self._turn.alert = Rich(cut(ready.plain, TOAST_CHARACTERS)), alert
        else:
            await self.say(ready)

    async def later(self, seconds: float, button: Button) -> None:
        """Press a button by itself after some seconds, once, also over a restart.

        Raises:
            PluginError: nobody wrote to this ctx: it is a timer's, or another person's.

        """
        turn = self._turn
        if isinstance(turn.update, SystemTrigger):
            raise PluginError("ctx.later answers somebody's message; here is none")
        due = Due(
            sender=turn.update.sender,
            chat_id=turn.update.chat_id,
            message_id=turn.screen_message,
            screen=self._screen,
            data=self._button_codec.data(button, turn.button_owner, turn.now),
            due_at=turn.now + timedelta(seconds=seconds),
            id=f"{turn.update.key}/later{len(turn.later)}",
            private=turn.update.private,
        )
        turn.later.append(due)

    def start(self, handler: Callable[..., Any], **answers: str) -> None:
        """Go on with a command when this handler ends, some of its form answered already."""
        self._turn.start(handler, answers)

    def ask_again(self, field: str, because: str | Rich, /, **values: object) -> None:
        """Keep the form open, say why, and have one field answered anew."""
        self._turn.ask_again = AskAgain(field, self._ready(because, values))

    def _ready(self, text: str | Rich, values: dict[str, object]) -> Rich:
        return text if isinstance(text, Rich) else self.t(text, **values)

    def _rows(self, rows: Sequence[Sequence[Item]]) -> Rows:
        return tuple(tuple(self._key(item) for item in row) for row in rows if row)

    def _key(self, item: Item) -> Key:
        if isinstance(item, ButtonLabel):
            turn = self._turn
            data = self._button_codec.data(item.button, turn.button_owner, turn.now)
            label = self.t(item.text, **item.values).plain
            typed_as = item.button.typed(turn.typed_templates.get(type(item.button), ""))
            return Callback(label, data, typed_as, item.style)
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
