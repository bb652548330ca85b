"""Simulated Telegram of the test kit: records chats, messages, buttons and pop-ups in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from sapp_bot.domain.answers import (
    AcceptPayment,
    Answer,
    DeclinePayment,
    InlineAnswer,
    PreCheckoutAnswer,
    PressAnswer,
)
from sapp_bot.domain.replies import (
    CloseScreens,
    Edit,
    Invoice,
    Remove,
    Reply,
    ReplyTo,
    Rows,
    Send,
)
from sapp_bot.domain.text import CAPTION_UNITS, Rich, cut_rich
from sapp_bot.errors import TelegramError, Undeliverable
from sapp_bot.sandbox.telegram.state.files import image_size


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture in a message.

    Args:
        size: Width and height in pixels.
        renderer: Name of the renderer that drew it.
        arguments: JSON that the renderer was given.
        image: PNG or JPEG bytes.

    Over the local Telegram only the size is known.
    """

    size: tuple[int, int]
    renderer: str = ""
    arguments: str = ""
    image: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file in a message: its name and its bytes."""

    name: str
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The bytes as text, in UTF-8, without a byte order mark."""
        return self.content.decode("utf-8-sig")


@dataclass(frozen=True, slots=True)
class ShownInvoice:
    """An invoice in a message. A person sees no payload: a test that asks for it looks behind."""

    title: str
    description: str
    stars: int
    pay_text: str = ""
    payload: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a person sees it; `by_bot` is False for the person's own messages."""

    id: int
    text: Rich
    rows: Rows = ()
    by_bot: bool = True
    picture: ShownPicture | None = None
    file: ShownFile | None = None
    invoice: ShownInvoice | None = None
    reply_to: ReplyTo | None = None
    removes_keyboard: bool = False


@dataclass(frozen=True, slots=True)
class PopUp:
    """Answer to a press; an `alert` must be dismissed, any other pop-up vanishes by itself."""

    text: str
    alert: bool


class ChatRoom:
    """Implements `ports.TelegramPort` for all persons of a test.

    Tests read and set the public fields: `chats` (chat id -> message id -> message), `news` (chat
    id -> messages since the person's last act), `popups`, `inline` and `checkouts` (query id ->
    answer), `menus` ((language, person) -> commands), `typed` (chat ids), `deliveries` (count of
    messages sent and edited). `refusals` are raised by the next `deliver` calls, in order, and
    `menu_refusals` by the next `set_menu` calls; with
    `can_remove` False, deletions are refused.

    Args:
        has_buttons: False drops all buttons, as Telegram does with those of a person's account.

    """

    def __init__(self, *, has_buttons: bool = True) -> None:
        self.has_buttons = has_buttons
        self.chats: dict[int, dict[int, Shown]] = {}
        self.news: dict[int, list[Shown]] = {}
        self.popups: dict[int, PopUp] = {}
        self.inline: dict[int, InlineAnswer] = {}
        self.checkouts: dict[int, PreCheckoutAnswer] = {}
        self.menus: dict[tuple[str, int], dict[str, str]] = {}
        self.typed: list[int] = []
        self.refusals: list[TelegramError] = []
        self.menu_refusals: list[TelegramError] = []
        self.can_remove = True
        self.deliveries = 0
        self._by_random_id: dict[int, int] = {}
        self._last_id = 100

    def post(self, chat_id: int, text: str) -> int:
        """Add a person's message to a chat, and return its id."""
        return self._put(chat_id, Shown(self.next_id(), Rich(text), by_bot=False)).id

    def next_id(self) -> int:
        """Return a new id for a message or a query."""
        self._last_id += 1
        return self._last_id

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Carry out a reply, and return the id of its message.

        As with Telegram, a repeated `random_id` adds no second message.

        Raises:
            TelegramError: the next of `refusals`.
            Undeliverable: an edit of a photo into a text, or the reverse.

        """
        if self.refusals:
            raise self.refusals.pop(0)
        if isinstance(reply, Remove):
            for message_id in reply.message_ids:
                self.chats.get(reply.chat_id, {}).pop(message_id, None)
            return None
        if isinstance(reply, CloseScreens):
            self._close(reply)
            return None
        if isinstance(reply, Edit) and reply.message_id in self.chats.get(reply.chat_id, {}):
            return self._edit(reply, content)
        if isinstance(reply, Edit) and not reply.revive:
            return None
        if random_id in self._by_random_id:
            return self._by_random_id[random_id]
        shown = self._put(reply.chat_id, self._seen(self.next_id(), reply, content))
        self._by_random_id[random_id] = shown.id
        self._tell(reply.chat_id, shown)
        return shown.id

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete a message, and return True; False if `can_remove` is."""
        if self.can_remove:
            self.chats.get(chat_id, {}).pop(message_id, None)
        return self.can_remove

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Record the answer to a query."""
        match answer:
            case PressAnswer():
                self.popups[query_id] = PopUp(answer.text, answer.alert)
            case InlineAnswer():
                self.inline[query_id] = answer
            case AcceptPayment() | DeclinePayment():
                self.checkouts[query_id] = answer
            case _:
                assert_never(answer)

    async def typing(self, chat_id: int) -> None:
        """Record that "typing" was shown."""
        self.typed.append(chat_id)

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Record a command menu, or that it was taken back.

        Raises:
            TelegramError: the next of `menu_refusals`.

        """
        if self.menu_refusals:
            raise self.menu_refusals.pop(0)
        self.menus.pop((language, person), None)
        if commands:
            self.menus[language, person] = dict(commands)

    def _put(self, chat_id: int, shown: Shown) -> Shown:
        self.chats.setdefault(chat_id, {})[shown.id] = shown
        return shown

    def _seen(self, number: int, reply: Send | Edit | Invoice, content: bytes | None) -> Shown:
        if isinstance(reply, Invoice):
            return Shown(number, Rich(f"{reply.title}\n{reply.description}"), invoice=_bill(reply))
        rows = reply.rows if self.has_buttons else ()
        if content is not None and isinstance(reply, Send) and reply.file is not None:
            file = ShownFile(reply.file.filename, content)
            return Shown(number, cut_rich(reply.text, CAPTION_UNITS), rows, file=file)
        return self._with_picture(number, reply, rows, content)

    def _with_picture(
        self, number: int, reply: Send | Edit, rows: Rows, image: bytes | None
    ) -> Shown:
        to = reply.reply_to if isinstance(reply, Send) else None
        if image is None or reply.picture is None:
            hides = isinstance(reply, Send) and reply.removes_keyboard
            return Shown(number, reply.text, rows, reply_to=to, removes_keyboard=hides)
        source = reply.picture
        picture = ShownPicture(image_size(image), source.renderer, source.arguments, image)
        return Shown(
            number, cut_rich(reply.text, CAPTION_UNITS), rows, picture=picture, reply_to=to
        )

    def _edit(self, reply: Edit, image: bytes | None) -> int:
        old = self.chats[reply.chat_id][reply.message_id]
        if (old.picture is None) != (image is None):
            raise Undeliverable("an edit cannot change the kind of a message")
        shown = self._seen(reply.message_id, reply, image)
        self._tell(reply.chat_id, self._put(reply.chat_id, shown))
        return shown.id

    def _close(self, reply: CloseScreens) -> None:
        """Take the buttons off; no news, as nobody's eye is drawn to it."""
        chat = self.chats.get(reply.chat_id, {})
        for message_id in reply.message_ids:
            if message_id in chat:
                old = chat[message_id]
                chat[message_id] = replace(old, rows=(), text=reply.text or old.text)

    def _tell(self, chat_id: int, shown: Shown) -> None:
        self.deliveries += 1
        self.news.setdefault(chat_id, []).append(shown)


def _bill(reply: Invoice) -> ShownInvoice:
    return ShownInvoice(reply.title, reply.description, reply.stars, reply.pay_text, reply.payload)
