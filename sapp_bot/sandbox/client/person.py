"""A simulated person with a Telegram app: writes to a bot, presses buttons, waits for messages."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from telethon import events
from telethon.errors import BotResponseTimeoutError
from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.connect import make_client
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.mailbox import chat_of

from .choices import choices_of
from .parts import parts_of
from .purse import Purse
from .seen import (
    Event,
    Pressed,
    SaidByUser,
    Saw,
    SawEdit,
    SawPayment,
    SeenChat,
    ShownKey,
    ShownMessage,
    Toast,
    file_of,
    invoice_of,
    marked_of,
    message_of,
    prompt_of,
    rows_of,
    shown_media_of,
    text_of,
)

_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_STICKER = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
# One pixel each, as PNG and as WebP.


class NotSeen(AssertionError):
    """An expected message did not arrive in time."""


class SimulatedUser:
    """One person in one chat with a bot, with a Telethon client of their own.

    `on_event` is called with each event when it is recorded. `sees` looks at the events since the
    person last did something.
    """

    def __init__(
        self,
        client: Any,
        account: Account,
        bot: Account,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.client = client
        self.account = account
        self.bot = bot
        self.transcript = SeenChat()
        self.purse = Purse(client, self.transcript)
        self._on_event = on_event
        self._peer: Any = None
        self._since = 0
        self._news = asyncio.Event()
        self._answered: int | None = None

    @classmethod
    async def join(
        cls,
        server: TelegramServer,
        account: Account,
        bot: Account,
        *,
        device: int = 0,
        on_event: Callable[[Event], None] | None = None,
    ) -> Self:
        """Return a person with an app that is signed in, the bot's chat open.

        `bot` may be any account with a user name; with the person's own the chat is Saved Messages.
        """
        client = make_client(server, server.ready_key(account, device))
        person = cls(client, account, bot, on_event)
        await person.come()
        return person

    async def come(self) -> None:
        """Connect the app and open the chat."""
        await self.client.connect()
        own = self.account is self.bot
        self._peer = await self.client.get_input_entity("me" if own else self.bot.username)
        kinds = [types.UpdateNewMessage, types.UpdateEditMessage, types.UpdateDeleteMessages]
        kinds.append(types.UpdateServiceNotification)
        kinds += [types.UpdateShortMessage, types.UpdateShortChatMessage]
        self.client.add_event_handler(self._hear, events.Raw(kinds))

    async def leave(self) -> None:
        """Disconnect the app."""
        await self.client.disconnect()

    async def __aenter__(self) -> Self:
        """Connect the app."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect the app."""
        await self.leave()

    @property
    def peer(self) -> Any:
        """The chat as Telethon's methods take it."""
        return self._peer

    @property
    def place(self) -> int:
        """Key of the chat in a mailbox: the other side's id, negative that of a group."""
        return self.bot.id

    @property
    def name(self) -> str:
        """First name of the person."""
        return self.account.first_name

    @property
    def events(self) -> list[Event]:
        """All events of the chat, in order of arrival."""
        return self.transcript.events

    @property
    def messages(self) -> dict[int, ShownMessage]:
        """Messages of the chat as it is now, by message id."""
        return self.transcript.messages

    @property
    def screen(self) -> ShownMessage | None:
        """Newest message with buttons, None if there is none."""
        return max(
            (shown for shown in self.messages.values() if shown.rows),
            key=lambda shown: shown.message_id,
            default=None,
        )

    def read_back(self) -> str:
        """Return the whole transcript."""
        return "\n".join(self.transcript.lines(self.name, self.bot.first_name))

    async def say(self, text: str) -> int:
        """Send a text, a long one in several messages; return the id of the last.

        If the bot's newest message forces a reply, the text is a reply to it, as in apps.
        """
        message_id = 0
        for part in parts_of(text):
            reply_to = self._forced_reply()
            message_id = await self.send_noted(
                SaidByUser(part),
                self.client.send_message(
                    self._peer, part, parse_mode=None, link_preview=False, reply_to=reply_to
                ),
            )
        return message_id

    async def send_photo(self, data: bytes = _PICTURE, caption: str = "") -> int:
        """Send a photo (PNG or JPEG)."""
        # Uploaded by itself: where Pillow is installed `send_file` would encode the picture anew.
        uploaded = await self.client.upload_file(data, file_name="photo.png")
        photo = types.InputMediaUploadedPhoto(uploaded)
        sending = self.client.send_file(self._peer, photo, caption=caption)
        return await self.send_noted(SaidByUser(caption, "photo"), sending)

    async def send_sticker(self, emoji: str = "🙂") -> int:
        """Send a sticker."""
        file = io.BytesIO(_STICKER)
        file.name = "sticker.webp"
        kind = types.DocumentAttributeSticker(emoji, types.InputStickerSetEmpty())
        sending = self.client.send_file(
            self._peer, file, attributes=[kind], mime_type="image/webp", force_document=True
        )
        return await self.send_noted(SaidByUser("", "sticker"), sending)

    async def send_document(self, name: str, data: bytes, caption: str = "") -> int:
        """Send a file."""
        file = io.BytesIO(data)
        file.name = name
        sending = self.client.send_file(self._peer, file, caption=caption, force_document=True)
        return await self.send_noted(SaidByUser(caption, "document"), sending)

    async def edit(self, text: str, message_id: int | None = None) -> int:
        """Edit one of the person's messages, the newest if `message_id` is None."""
        number = self._newest(own=True) if message_id is None else message_id
        sending = self.client.edit_message(self._peer, number, text, parse_mode=None)
        return await self.send_noted(SaidByUser(text, edits=True), sending)

    async def forward(self, message_id: int | None = None) -> int:
        """Forward a message of the chat to the bot, the bot's newest if `message_id` is None."""
        number = self._newest(own=False) if message_id is None else message_id
        text = self.messages[number].text
        sending = self.client.forward_messages(self._peer, number, self._peer)
        return await self.send_noted(SaidByUser(text, "forwarded"), sending)

    async def delete(self, message_id: int) -> None:
        """Delete a message for both sides."""
        await self.client.delete_messages(self._peer, [message_id], revoke=True)
        if deletion := self.transcript.known([message_id]):
            self._note(deletion)

    async def press(self, label: str) -> str | None:
        """Press a button of the newest message that has it.

        In user mode, which has no buttons: send the word of the choice with this label.

        Returns:
            Text of the pop-up, None for none; the text or URL of a button that copies or opens.

        Raises:
            LookupError: there is no such button; the text names those there are.

        """
        if not self.bot.bot:
            await self.say(self._find_word(label))
            return None
        message_id, key = self._find_key(label)
        return await self.press_key(message_id, key)

    async def press_key(self, message_id: int, key: ShownKey) -> str | None:
        """Press a button of a message; see `press`."""
        self._since = self._note(Pressed(key.label))
        if key.kind in {"copy", "url"}:
            return str(key.value)
        request = functions.messages.GetBotCallbackAnswerRequest(
            self._peer, message_id, data=key.value
        )
        try:
            answer = await self.client(request)
        except BotResponseTimeoutError:
            return None
        if not answer.message:
            return None
        self._note(Toast(answer.message, alert=bool(answer.alert)))
        return str(answer.message)

    async def pay(self, message_id: int | None = None) -> str:
        """Pay an invoice, the newest one if `message_id` is None; see `Purse.pay`."""
        self._since = len(self.events)
        return await self.purse.pay(self._peer, message_id)

    async def sees(self, text: str, within_s: float = 10.0) -> Saw | SawEdit:
        """Return a message with a text, new or edited since the person last did something.

        Raises:
            NotSeen: none came within `within_s` seconds; the error's text says what did.

        """
        try:
            async with asyncio.timeout(within_s):
                while (event := self.saw(text)) is None:
                    self._news.clear()
                    await self._news.wait()
                return event
        except TimeoutError:
            came = [event.text for event in self._recent()]
            raise NotSeen(f"{self.name} did not see {text!r} in {within_s} s, but {came}") from None

    def saw(self, text: str) -> Saw | SawEdit | None:
        """Return what `sees` would without waiting, None if there is none."""
        return next((event for event in self._recent() if text in event.text), None)

    async def menu(self) -> dict[str, str]:
        """Return the bot's command menu as this person's app shows it: command -> description."""
        full = await self.client(functions.users.GetFullUserRequest(self._peer))
        info = full.full_user.bot_info  # None for a userbot, which is a person's account
        commands = (info.commands if info else None) or []
        return {command.command: command.description for command in commands}

    async def block(self) -> None:
        """Block the bot."""
        await self.client(functions.contacts.BlockRequest(self._peer))

    async def unblock(self) -> None:
        """Unblock the bot."""
        await self.client(functions.contacts.UnblockRequest(self._peer))

    def _recent(self) -> list[Saw | SawEdit]:
        return [e for e in self.events[self._since :] if isinstance(e, Saw | SawEdit)]

    async def send_noted(self, said: SaidByUser, sending: Awaitable[Any]) -> int:
        """Send something; record it first, as the bot's answer may arrive before Telegram's.

        `sending` gives the message; returns its id.
        """
        place = self._since = self._note(said)
        try:
            message = await sending
        except BaseException:
            self.transcript.withdraw(place)
            raise
        number = int((message[0] if isinstance(message, list) else message).id)
        self.transcript.own(place, number)
        return number

    def _note(self, event: Event) -> int:
        place = self.transcript.add(event)
        self._news.set()
        if self._on_event is not None:
            self._on_event(event)
        return place

    async def _hear(self, update: Any) -> None:
        """Record an update; without an await, so that updates stay in order."""
        if isinstance(update, types.UpdateDeleteMessages):
            if deletion := self.transcript.known(update.messages):
                self._note(deletion)
            return
        if isinstance(update, types.UpdateServiceNotification):
            self.purse.hear(update.message)
            self._note(Toast(update.message, alert=True))
            return
        message = message_of(update)
        if not self._is_here(message):
            return
        if isinstance(message, types.MessageService):
            self._hear_service(message)
            return
        rows, media = rows_of(message), shown_media_of(message)
        if not isinstance(update, types.UpdateEditMessage):
            text = text_of(message)
            saw = Saw(text, rows, message.id, media, prompt_of(message), marked_of(message))
            self._note(replace(saw, file=file_of(message), invoice=invoice_of(message)))
        else:
            self._note(SawEdit(message.message, rows, message.id, media, marked_of(message)))

    def _hear_service(self, message: Any) -> None:
        match message.action:
            case types.MessageActionPaymentSent(total_amount=stars):
                self._note(SawPayment(stars))
            case types.MessageActionPaymentRefunded(total_amount=stars):
                self._note(SawPayment(stars, is_refund=True))

    def _is_here(self, message: Any) -> bool:
        """Return whether a message belongs to the chat that this app has open."""
        return isinstance(message.peer_id, types.PeerUser) and chat_of(message) == self.place

    def _forced_reply(self) -> int | None:
        """Return the newest message if it forces a reply and has none yet, else None."""
        newest = max(
            (shown for shown in self.messages.values() if not shown.own),
            key=lambda shown: shown.message_id,
            default=None,
        )
        if newest is None or newest.prompt is None or newest.message_id == self._answered:
            return None
        self._answered = newest.message_id
        return newest.message_id

    def _newest(self, *, own: bool) -> int:
        numbers = [number for number, shown in self.messages.items() if shown.own is own]
        if not numbers:
            raise LookupError("there is no such message")
        return max(numbers)

    def _find_key(self, label: str) -> tuple[int, ShownKey]:
        shown = sorted(self.messages.values(), key=lambda m: m.message_id, reverse=True)
        keys = [(m.message_id, key) for m in shown for row in m.rows for key in row]
        for found in keys:
            if found[1].label == label:
                return found
        for found in keys:
            if label.casefold() in found[1].label.casefold():
                return found
        raise LookupError(f"no key {label!r}; there are {[key.label for _, key in keys]}")

    def _find_word(self, label: str) -> str:
        """Return the word to send for a choice of the newest message with choices."""
        theirs = [number for number, shown in self.messages.items() if not shown.own]
        offers = (choices_of(self.messages[n].text) for n in sorted(theirs, reverse=True))
        newest = next(filter(None, offers), ())
        for choice in newest:
            if choice.label == label:
                return choice.word
        raise LookupError(f"no choice {label!r}; there are {[choice.label for choice in newest]}")
