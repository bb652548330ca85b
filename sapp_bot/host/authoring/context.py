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
from .pictures import Picture
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
        self._is_picture = turn.screen_is_picture
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
        self,
        text: str | Rich,
        /,
        *,
        rows: Sequence[Sequence[Item]] = (),
        picture: Picture | None = None,
        **values: object,
    ) -> None:
        """Send a message: a message id to translate and fill, or a ready text.

        With a picture the text is its caption, as in a `Screen`.
        """
        screen = Screen(self._ready(text, values), rows, picture)
        self._turn.send(self._message(screen))

    async def to(self, person: int) -> Ctx:
        """Speak to another person (a Telegram id), in their language, in their private chat.

        What is said there leaves together with all the rest. A bot cannot write to people who
        never wrote to it: such words are dropped, and the log says so.
        """
        assert self._reach is not None  # noqa: S101  # only the host's own views have none
        return await self._reach(person)

    async def show(self, screen: Screen, *, name: str) -> None:
        """Show a screen: in place after a press, as a new message after a command.

        A text is no picture's place, nor the other way round: then the old message goes away and
        a new one comes.
        """
        self._screen, self._is_picture = name, screen.picture is not None
        turn, new = self._turn, self._message(screen, name)
        if turn.screen_message is None:
            turn.send(new)
            return
        edit = Edit(
            chat_id=new.chat_id,
            message_id=turn.screen_message,
            text=new.text,
            rows=new.rows,
            screen=name,
            revive=not isinstance(turn.update, Due),
            picture=new.picture,
            was_picture=turn.screen_is_picture,
        )
        turn.send(edit)

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
        # A message that was a picture, or is to be one, may be replaced when this is delivered.
        stays = not self._screen or not (self._is_picture or turn.screen_is_picture)
        due = Due(
            sender=turn.update.sender,
            chat_id=turn.update.chat_id,
            message_id=turn.screen_message if stays else None,
            screen=self._screen,
            data=self._data(button, under_picture=self._is_picture),
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

    def _message(self, screen: Screen, name: str = "") -> Send:
        """Make the message that a screen is when it is new."""
        source = screen.picture.source() if screen.picture is not None else None
        return Send(
            chat_id=self._turn.update.chat_id,
            text=self._ready(screen.text, {}),
            rows=self._rows(screen.rows, under_picture=source is not None),
            screen=name,
            picture=source,
        )

    def _rows(self, rows: Sequence[Sequence[Item]], *, under_picture: bool) -> Rows:
        return tuple(
            tuple(self._key(item, under_picture=under_picture) for item in row)
            for row in rows
            if row
        )

    def _data(self, button: Button, *, under_picture: bool) -> bytes:
        turn = self._turn
        return self._button_codec.data(
            button, turn.button_owner, turn.now, under_picture=under_picture
        )

    def _key(self, item: Item, *, under_picture: bool) -> Key:
        if isinstance(item, ButtonLabel):
            data = self._data(item.button, under_picture=under_picture)
            label = self.t(item.text, **item.values).plain
            templates = self._turn.typed_templates
            typed_as = item.button.typed(templates.get(type(item.button), ""))
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
