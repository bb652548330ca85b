"""`ctx`: what a handler knows of the update, and how it answers, in the person's language.

Must not send anything while the handler runs: replies are committed together with the end of the
update, so that a crash in between neither repeats nor loses one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from sapp_bot.domain.replies import Callback, Copy, Edit, Invoice, Key, Rows, Send, Url
from sapp_bot.domain.text import Rich, cut
from sapp_bot.domain.updates import Due, Message, Person, Press
from sapp_bot.errors import PluginError
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import Translator
from sapp_bot.values import replace

from .button_codec import ButtonCodec
from .buttons import Button, ButtonLabel, Item, Screen, items_of, no_item
from .files import File
from .pictures import Picture
from .turn import AskAgain, SystemTrigger, Turn

TOAST_CHARACTERS, TITLE_CHARACTERS, DESCRIPTION_CHARACTERS, PAYLOAD_BYTES = 200, 32, 255, 128
"""Limits of a pop-up and of an invoice; characters are UTF-16 units, to be on the safe side.

Sources: https://core.telegram.org/bots/api#answercallbackquery, and #sendinvoice there.
"""


class Ctx:
    """Context of one call of a handler."""

    def __init__(
        self,
        turn: Turn,
        translator: Translator,
        button_codec: ButtonCodec,
        *,
        plugin: str = "",
        of_login: bool = False,
        reach: Callable[[int], Awaitable[Ctx]] | None = None,
    ) -> None:
        self._turn = turn
        self._reach = reach
        self._of_login = of_login
        self._translator = translator
        self._button_codec = button_codec
        self._screen = ""
        self._is_picture = turn.screen_is_picture
        self._plugin = plugin

    @property
    def log(self) -> Any:
        """A structlog logger with the plugin's name bound."""
        return structlog.get_logger("plugin").bind(plugin=self._plugin)

    @property
    def person(self) -> Person:
        """The person who wrote or pressed."""
        return self._turn.update.sender

    @property
    def written(self) -> Rich:
        """What the person wrote, command included, with its formatting; empty for a press."""
        update = self._turn.update
        return Rich(update.text, update.entities) if isinstance(update, Message) else Rich()

    @property
    def private(self) -> bool:
        """Whether the chat is the private one of the person and the bot."""
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
        """Time at which the update's turn started, aware UTC."""
        return self._turn.now

    @property
    def key(self) -> str:
        """Unique key of the update, the same if it is handled again: fit as idempotency key."""
        return self._turn.update.key

    @property
    def again(self) -> bool:
        """Whether the bot stopped during an earlier try: side effects may have happened already."""
        return self._turn.again

    @property
    def language(self) -> str:
        """Language of the person: "en" or "ru"."""
        return self._translator.language

    @property
    def zone(self) -> str:
        """Time zone that the person has chosen, as "Europe/Berlin"; "" for none."""
        return self._turn.profile.zone

    def t(self, message: str, /, **values: object) -> Rich:
        """Return the translation of a message with its placeholders filled.

        Args:
            message: English message id, with `{name}` placeholders.
            values: Values of the placeholders.

        """
        return self._translator.text(message, **values)

    def n(self, one: str, many: str, n: int, /, **values: object) -> Rich:
        """Return the translation for a number: `ctx.n("{n} read left", "{n} reads left", left)`."""
        return self._translator.plural(one, many, n, **values)

    def span(self, seconds: float) -> str:
        """Return a length of time in words: 3600 is "1 hour"."""
        return self._translator.span(seconds)

    def ahead(self, seconds: float) -> str:
        """Return when something happens, as words that follow a verb: 3600 is "in 1 hour"."""
        return self._translator.ahead(timedelta(seconds=seconds))

    async def say(
        self,
        text: str | Rich,
        /,
        *,
        rows: Sequence[Sequence[Item]] = (),
        picture: Picture | None = None,
        file: File | None = None,
        **values: object,
    ) -> None:
        """Send a message.

        Args:
            text: English message id, translated here, or a translated `Rich`.
            rows: Rows of buttons.
            picture: Picture; `text` is then its caption, as in a `Screen`.
            file: File that is sent along; `text` is then its caption.
            values: Values of the message id's placeholders.

        Raises:
            PluginError: nobody wrote to this ctx (a timer's): use `await ctx.to(person)`. Or both
                a picture and a file are given.

        """
        screen = Screen(self._ready(text, values), rows, picture)
        message = self._message(screen)
        if file is not None:
            if picture is not None:
                raise PluginError("a message has a picture or a file: say two messages")
            message = replace(message, file=file.source())
        self._turn.send(message)

    async def invoice(
        self,
        title: str | Rich,
        description: str | Rich,
        *,
        payload: bytes,
        stars: int,
        pay_text: str | Rich = "",
    ) -> None:
        """Send an invoice in Telegram Stars, as a message of its own.

        Anybody who has it can pay it, as often as they like: `@plugin.pre_checkout` decides each
        time, and `@plugin.payment` gets the payload with each payment.

        Args:
            title: What is sold: English message id, or a translated `Rich`; cut at 32 characters.
            description: More about it, likewise; cut at 255 characters.
            payload: What the payment brings back, 1-128 bytes. People do not see it.
            stars: Price in Telegram Stars, at least 1.
            pay_text: Text of the button that pays, "" for Telegram's own.

        Raises:
            PluginError: payload or price is out of bounds, nobody wrote to this ctx, or this is
                user mode, where nothing can be sold: look at `ctx.settings.mode`.

        """
        if self.settings.mode == "user":
            raise PluginError("only a bot's account sends invoices: ask ctx.settings.mode first")
        if not 1 <= len(payload) <= PAYLOAD_BYTES:
            raise PluginError(f"the payload has {len(payload)} bytes; 1-{PAYLOAD_BYTES} fit")
        if stars < 1:
            raise PluginError(f"an invoice of {stars} Stars: at least 1 can be asked for")
        invoice = Invoice(
            chat_id=self._turn.update.chat_id,
            title=cut(self._plain(title), TITLE_CHARACTERS),
            description=cut(self._plain(description), DESCRIPTION_CHARACTERS),
            payload=payload,
            stars=stars,
            pay_text=self._plain(pay_text),
        )
        self._turn.send(invoice)

    async def to(self, person: int) -> Ctx:
        """Return the context of another person's private chat, in that person's language.

        Its replies are committed together with this context's. Telegram lets a bot write only to
        people who wrote to it before: a reply to others is dropped, with a line in the log.

        Args:
            person: Telegram user id.

        Raises:
            PluginError: that is no number.

        """
        assert self._reach is not None  # noqa: S101  # only the host's own views have none
        return await self._reach(person)

    async def commit(self) -> None:
        """Commit what a timer has said and kept so far, all of it or nothing; then it goes on.

        For one that works for many people: what has been committed stays when the rest fails.

        Raises:
            PluginError: this is no timer: all that a message brings about is one commit. Or its
                run has ended, and this is something that it left behind.

        """
        if self._turn.commit_step is None:
            raise PluginError("ctx.commit is for timers: a message is committed when it is done")
        await self._turn.commit_step()

    async def show(self, screen: Screen, *, name: str) -> None:
        """Show a screen: after a press in the pressed message, else as a new message.

        Telegram cannot edit a text into a picture, nor a picture into a text: such a message is
        deleted, and a new one sent.

        Args:
            screen: The screen.
            name: Name of the screen, by which a delayed press finds its message.

        """
        turn, new = self._turn, self._named(screen, name)
        if turn.screen_message is None:
            turn.send(new)
            return
        edit = Edit(
            chat_id=new.chat_id,
            message_id=turn.screen_message,
            text=new.text,
            rows=new.rows,
            screen=new.screen,
            # A timer must not bring back a message that the person has deleted.
            revive=not isinstance(turn.update, Due),
            picture=new.picture,
            was_picture=turn.screen_is_picture,
        )
        turn.send(edit)

    async def post(self, screen: Screen, *, name: str) -> None:
        """Send a screen as a new message, also after a press.

        Args:
            screen: The screen.
            name: As for `show`.

        """
        self._turn.send(self._named(screen, name))

    async def toast(self, text: str | Rich, /, *, alert: bool = False, **values: object) -> None:
        """Show a pop-up after a press; send a message after anything else.

        Args:
            text: English message id, or a translated `Rich`; cut at 200 UTF-16 units.
            alert: Whether the pop-up stays until the person closes it.
            values: Values of the message id's placeholders.

        """
        ready = self._ready(text, values)
        if isinstance(self._turn.update, Press):
            self._turn.toast, self._turn.alert = Rich(cut(ready.plain, TOAST_CHARACTERS)), alert
        else:
            await self.say(ready)

    async def later(self, seconds: float, button: Button) -> None:
        """Press a button after some seconds, once, also after a restart.

        Args:
            seconds: Seconds from `ctx.now`.
            button: The button; its handler is called as for a press.

        Raises:
            PluginError: nobody wrote to this ctx: it is a timer's or another person's.

        """
        turn = self._turn
        if isinstance(turn.update, SystemTrigger):
            hint = "call it in the handler of a message or a press"
            raise PluginError(f"ctx.later answers somebody's message, here is none: {hint}")
        # A message that was a picture, or becomes one, may be replaced by another when the screen
        # is delivered: then its id is unknown yet, and the screen's name has to do.
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
        """Continue with a command when this handler ends.

        Args:
            handler: Function of the command.
            answers: Raw answers to fields of the command's form, which are not asked then.

        """
        self._turn.start(handler, answers)

    def ask_again(self, field: str, because: str | Rich, /, **values: object) -> None:
        """Keep the form open when this handler ends, and ask one field again.

        Args:
            field: Name of the field.
            because: Why: English message id, or a translated `Rich`.
            values: Values of the message id's placeholders.

        """
        self._turn.ask_again = AskAgain(field, self._ready(because, values))

    def _plain(self, text: str | Rich) -> str:
        return self._ready(text, {}).plain if text else ""

    def _ready(self, text: str | Rich, values: dict[str, object]) -> Rich:
        return text if isinstance(text, Rich) else self.t(text, **values)

    def _named(self, screen: Screen, name: str) -> Send:
        if (screen.of_login or self._of_login) and self._turn.session is not None:
            name = self._turn.login_screen(name)
        self._screen, self._is_picture = name, screen.picture is not None
        return self._message(screen, name)

    def _message(self, screen: Screen, name: str = "") -> Send:
        source = screen.picture.source() if screen.picture is not None else None
        return Send(
            chat_id=self._turn.update.chat_id,
            text=self._ready(screen.text, {}),
            rows=self._rows(screen.rows, under_picture=source is not None),
            screen=name,
            picture=source,
            reply_to=self._turn.reply_to,
        )

    def _rows(self, rows: Sequence[Sequence[Item]], *, under_picture: bool) -> Rows:
        return tuple(
            tuple(self._key(item, under_picture=under_picture) for item in items_of(row))
            for row in rows
            if row
        )

    def _data(self, button: Button, *, under_picture: bool) -> bytes:
        owner, now = self._turn.button_owner, self._turn.now
        return self._button_codec.data(button, owner, now, under_picture=under_picture)

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
        if isinstance(item, Callback):
            return item
        raise no_item(item)
