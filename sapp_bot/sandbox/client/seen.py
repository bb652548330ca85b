"""Events of a person's chat in order, and the chat as it is now. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from telethon import helpers
from telethon.tl import types

_STEP = 1024

KeyKind = Literal["callback", "copy", "url", "buy", "other"]


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A button under a message; `value` is what it sends, copies or opens."""

    label: str
    kind: KeyKind
    value: bytes | str = field(default=b"", repr=False)


Rows = tuple[tuple[ShownKey, ...], ...]


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file in a message: its name, its size in bytes, and where Telegram keeps it."""

    name: str
    size: int
    document: Any = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SeenInvoice:
    """An invoice in a message."""

    title: str
    description: str
    stars: int


@dataclass(frozen=True, slots=True)
class SaidByUser:
    """The person sent a text or media ("photo", "sticker", ...).

    `edits` is set if the person edited an earlier message to this text.
    """

    text: str
    media: str = ""
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person pressed a button."""

    label: str


@dataclass(frozen=True, slots=True)
class Saw:
    """The other side sent a message; `prompt` is the placeholder of a forced reply.

    `marked` is the text with spoilers between two bars, ||so||; "" if it has none.
    """

    text: str
    rows: Rows
    message_id: int
    media: str = ""
    prompt: str | None = None
    marked: str = ""
    file: SeenFile | None = None
    invoice: SeenInvoice | None = None


@dataclass(frozen=True, slots=True)
class SawEdit:
    """The other side edited a message; `marked` is as in `Saw`."""

    text: str
    rows: Rows
    message_id: int
    media: str = ""
    marked: str = ""


@dataclass(frozen=True, slots=True)
class SawDeletion:
    """Messages were deleted: the person's own (`own`) and the other side's."""

    message_ids: tuple[int, ...]
    own: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Toast:
    """A press was answered with a pop-up; an alert must be closed."""

    text: str
    alert: bool = False


@dataclass(frozen=True, slots=True)
class SawPayment:
    """Stars went from the person to the bot, or came back (`is_refund`)."""

    stars: int
    is_refund: bool = False


Event = SaidByUser | Pressed | Saw | SawEdit | SawDeletion | Toast | SawPayment


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as it is in the chat now."""

    message_id: int
    text: str
    rows: Rows = ()
    own: bool = False
    media: str = ""
    prompt: str | None = None
    file: SeenFile | None = None
    invoice: SeenInvoice | None = None


class SeenChat:
    """Event log of one person's chat; the texts of the person's deleted messages are removed."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.messages: dict[int, ShownMessage] = {}
        self._own: dict[int, list[int]] = {}
        self._gone: set[int] = set()

    def add(self, event: Event) -> int:
        """Record an event, and return its place in the log."""
        self.events.append(event)
        match event:
            case Saw():
                self.messages[event.message_id] = ShownMessage(
                    event.message_id,
                    event.text,
                    event.rows,
                    media=event.media,
                    prompt=event.prompt,
                    file=event.file,
                    invoice=event.invoice,
                )
            case SawEdit():
                self.messages[event.message_id] = ShownMessage(
                    event.message_id, event.text, event.rows, media=event.media
                )
            case SawDeletion():
                for message_id in event.message_ids:
                    self._forget(message_id)
            case _:
                pass
        return len(self.events) - 1

    def own(self, place: int, message_id: int) -> None:
        """Set the id of the person's message at `place` of the log."""
        said = self.events[place]
        if not isinstance(said, SaidByUser):
            raise TypeError("nothing was said there")
        self._own.setdefault(message_id, []).append(place)
        if message_id in self._gone:
            self._forget(message_id)
        else:
            self.messages[message_id] = ShownMessage(
                message_id, said.text, own=True, media=said.media
            )

    def withdraw(self, place: int) -> None:
        """Remove a recorded message that was not sent."""
        self.events[place] = SaidByUser("(not sent)")

    def known(self, message_ids: Iterable[int]) -> SawDeletion | None:
        """Return the event for deleted ids, None if none of them is of this chat."""
        ids = tuple(message_ids)
        # A deletion can arrive before the answer with the id of the message just sent.
        self._gone.update(ids)
        here = tuple(number for number in ids if number in self.messages)
        own = tuple(number for number in here if self.messages[number].own)
        return SawDeletion(here, own) if here else None

    def _forget(self, message_id: int) -> None:
        self.messages.pop(message_id, None)
        for place in self._own.pop(message_id, []):
            self.events[place] = SaidByUser("(deleted)")

    def lines(self, name: str, other: str) -> Iterator[str]:
        """Yield the log as lines of text."""
        for event in self.events:
            yield from line(event, name, other)


def line(event: Event, name: str, other: str) -> Iterator[str]:
    """Yield the lines of one event: who, what, and the buttons under it."""
    match event:
        case SaidByUser(edits=True):
            yield _block(f"{name} (edited)", event.text, event.media)
        case SaidByUser():
            yield _block(name, event.text, event.media)
        case Pressed():
            yield f"{name} presses [{event.label}]"
        case Saw():
            yield _block(other, event.text, event.media)
            yield from _keys(event.rows)
        case SawEdit():
            yield _block(f"{other} (edited)", event.text, event.media)
            yield from _keys(event.rows)
        case SawDeletion():
            yield f"({len(event.message_ids)} deleted)"
        case SawPayment():
            yield f"({event.stars} Stars {'returned' if event.is_refund else 'paid'})"
        case Toast():
            yield f"{other} {'(alert)' if event.alert else '(toast)'}: {event.text}"


def _block(who: str, text: str, media: str) -> str:
    shown = f"<{media}> {text}".rstrip() if media else text
    return f"{who}: " + shown.replace("\n", "\n" + " " * (len(who) + 2))


def _keys(rows: Rows) -> Iterator[str]:
    for row in rows:
        yield "    " + " ".join(f"[{key.label}]" for key in row)


def rows_of(message: Any) -> Rows:
    """Return the inline buttons of a Telegram message."""
    markup = message.reply_markup
    if not isinstance(markup, types.ReplyInlineMarkup):
        return ()
    return tuple(tuple(_key(button) for button in row.buttons) for row in markup.rows)


def _key(button: Any) -> ShownKey:
    match button.type:
        case types.InlineButtonTypeCallback(data=data):
            return ShownKey(button.text, "callback", data)
        case types.InlineButtonTypeCopy(copy_text=text):
            return ShownKey(button.text, "copy", text)
        case types.InlineButtonTypeUrl(url=url):
            return ShownKey(button.text, "url", url)
        case types.InlineButtonTypeBuy():
            return ShownKey(button.text, "buy")
        case _:
            return ShownKey(button.text, "other")


def marked_of(message: Any) -> str:
    """Return a message's text with two bars around each spoiler, "" if there is none."""
    wide = helpers.add_surrogate(message.message)  # offsets count UTF-16 units
    places = [
        place
        for entity in message.entities or ()
        if isinstance(entity, types.MessageEntitySpoiler)
        for place in (entity.offset, entity.offset + entity.length)
    ]
    for place in sorted(places, reverse=True):
        wide = f"{wide[:place]}||{wide[place:]}"
    return str(helpers.del_surrogate(wide)) if places else ""


def media_of(message: Any) -> str:
    """Return the kind of a message's media, as "photo"; "" for none."""
    for kind in ("photo", "sticker", "voice", "document", "contact", "geo"):
        if getattr(message, kind, None):
            return kind
    return "other" if message.media else ""


def shown_media_of(message: Any) -> str:
    """Return `media_of`, for a photo with its size in pixels: "photo 60x40"."""
    if file := file_of(message):
        return f"file {file.name}, {size_in_words(file.size)}"
    if invoice := invoice_of(message):
        return f"invoice {invoice.title}, {invoice.stars} Stars"
    if not message.photo:
        return media_of(message)
    largest = max(message.photo.sizes, key=lambda size: size.w * size.h)
    return f"photo {largest.w}x{largest.h}"


def file_of(message: Any) -> SeenFile | None:
    """Return the file of a message that is no sticker or voice message; None for none."""
    document = getattr(message.media, "document", None)
    if document is None or media_of(message) != "document":
        return None
    names = (getattr(attribute, "file_name", "") for attribute in document.attributes)
    return SeenFile(next(filter(None, names), "unnamed"), document.size, document)


def size_in_words(size: int) -> str:
    """Return a number of bytes as people read it: "1.2 KB"."""
    if size < _STEP:
        return f"{size} B"
    if size < _STEP**2:
        return f"{size / _STEP:.1f} KB"
    return f"{size / _STEP**2:.1f} MB"


def invoice_of(message: Any) -> SeenInvoice | None:
    """Return the invoice of a message; None for none."""
    media = message.media
    if not isinstance(media, types.MessageMediaInvoice):
        return None
    return SeenInvoice(media.title, media.description, media.total_amount)


def text_of(message: Any) -> str:
    """Return the text of a message; of an invoice its description."""
    invoice = invoice_of(message)
    return invoice.description if invoice else str(message.message)


def prompt_of(message: Any) -> str | None:
    """Return the placeholder of a forced reply, None if no reply is forced."""
    markup = message.reply_markup
    if isinstance(markup, types.ReplyKeyboardForceReply):
        return markup.placeholder or ""
    return None


def message_of(update: Any) -> Any:
    """Return the message of an update; one that came in short form is made whole."""
    if isinstance(update, types.UpdateShortMessage):
        peer, sender = types.PeerUser(update.user_id), None
    elif isinstance(update, types.UpdateShortChatMessage):
        peer, sender = types.PeerChat(update.chat_id), types.PeerUser(update.from_id)
    else:
        return update.message
    return types.Message(
        id=update.id,
        peer_id=peer,
        from_id=sender,
        date=update.date,
        message=update.message,
        out=update.out,
        entities=update.entities,
    )
