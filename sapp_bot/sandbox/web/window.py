"""One chat of one person, as a page shows it: what is in it now, and what the person can do.

The person's Telegram app is the unmodified Telethon client of `sandbox.client`: what is shown here
came over MTProto.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from telethon import events
from telethon.errors import BotResponseTimeoutError, RPCError
from telethon.tl import functions, types

from sapp_bot.sandbox.client import seen
from sapp_bot.sandbox.client.parts import parts_of
from sapp_bot.sandbox.console.player import ExpectationFailed
from sapp_bot.sandbox.console.seat import UserSeat
from sapp_bot.sandbox.telegram.state.mailbox import chat_of

from .requests import ChatKey
from .shown import Shown, service_notice, shown_message, shown_results

Publish = Callable[[Shown], None]
_T = TypeVar("_T")

_MESSAGES = (
    types.UpdateNewMessage,
    types.UpdateEditMessage,
    types.UpdateShortMessage,
    types.UpdateShortChatMessage,
)
_OTHERS = (
    types.UpdateDeleteMessages,
    types.UpdateServiceNotification,
    types.UpdateUserTyping,
    types.UpdateChatUserTyping,
)
_HISTORY = 100
_PICTURES = (".png", ".jpg", ".jpeg")
_LARGEST_ALBUM = 10
"""Source: https://core.telegram.org/method/messages.sendMultiMedia."""


class RefusedToPage(Exception):
    """Telegram or the chat refuses what a person wants to do; the text is for the page."""


class ChatWindow:
    """A chat that pages can look at.

    Args:
        key: Which chat.
        seat: The person's place in it.
        names: Names of persons by the id of their account.
        publish: Called with each event for pages: "message", "gone", "typing", "popup", "stars".

    """

    def __init__(
        self, key: ChatKey, seat: UserSeat, names: Mapping[int, str], publish: Publish
    ) -> None:
        self.key = key
        self._seat = seat
        self._person = seat.person
        self._names = names
        self._tell = publish
        self._place = seat.person.place
        self._messages: dict[int, Any] = {}
        self._shown: dict[int, Shown] = {}
        self._own: set[int] = set()
        self._gone: set[int] = set()
        self._album: list[io.BytesIO] = []
        self._found: Any = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Load the newest messages and begin to listen."""
        self._seat.on_event = self._pop_up
        kinds = [*_MESSAGES, *_OTHERS]
        self._person.client.add_event_handler(self._hear, events.Raw(kinds))
        for message in reversed(await self._person.client.get_messages(self._peer, _HISTORY)):
            # What comes while history is on its way is newer.
            if message.id not in self._messages and not isinstance(message, types.MessageService):
                self._keep(message, own=bool(message.out) and self._person.bot.bot)

    @property
    def _peer(self) -> Any:
        return self._person.peer

    @property
    def messages(self) -> list[Shown]:
        """The chat's messages as they are now, oldest first."""
        return [self._shown[number] for number in sorted(self._shown)]

    # What the person does

    async def say(self, text: str) -> None:
        """Send a text, a long one in several messages. Raises `RefusedToPage`."""
        async with self._turn:  # in the order of the page's messages
            for part in parts_of(text):
                await _allowed(self._seat.say(part))
                await self._keep_sent()

    async def edit(self, message_id: int, text: str) -> None:
        """Edit one of the person's messages. Raises `RefusedToPage`."""
        if message_id not in self._own:
            raise RefusedToPage("this message is not yours, or it is gone")
        async with self._turn:
            await _allowed(self._seat.edit(text, message_id))
            await self._keep_sent()

    async def attach(self, what: str) -> None:
        """Send a photo or a sticker. Raises `RefusedToPage`."""
        async with self._turn:
            await _allowed(self._seat.photo() if what == "photo" else self._seat.sticker())
            await self._keep_sent()

    async def send_file(self, name: str, content: bytes, *, more: int = 0) -> None:
        """Send a file of the person's own, a picture as a photo. Raises `RefusedToPage`.

        With `more`, a picture waits for so many that follow, and all go as one album.
        """
        file = io.BytesIO(content)
        file.name = name
        is_photo = name.lower().endswith(_PICTURES)
        if more and is_photo and len(self._album) < _LARGEST_ALBUM - 1:
            self._album.append(file)
            return
        files, self._album = [*self._album, file], []
        album = files if len(files) > 1 else file
        sending = self._person.client.send_file(self._peer, album, force_document=not is_photo)
        async with self._turn:
            sent = await _allowed(sending)
            for message in sent if isinstance(sent, list) else [sent]:
                self._keep(message, own=True)

    async def delete(self, message_id: int) -> None:
        """Delete a message for both sides. Raises `RefusedToPage`."""
        await _allowed(self._person.delete(message_id))
        self._forget([message_id])

    async def press(self, message_id: int, number: int) -> None:
        """Press a button, counted from 0, and wait for the bot's answer. Raises `RefusedToPage`."""
        shown = self._person.messages.get(message_id)
        keys = [key for row in shown.rows for key in row] if shown else []
        if number >= len(keys):
            raise RefusedToPage("the message with this button is gone")
        if keys[number].kind == "callback":
            await _allowed(self._seat.press(message_id, number + 1))

    async def pay(self, message_id: int) -> int:
        """Pay an invoice, and return how many Stars are left. Raises `RefusedToPage`."""
        try:
            refusal = await _allowed(self._person.pay(message_id))
        except LookupError as error:
            raise RefusedToPage(str(error)) from None
        if refusal and not self._person.purse.refusal:  # the bot's own words came as a pop-up
            raise RefusedToPage(refusal)
        return await self.stars()

    async def stars(self, more: int = 0) -> int:
        """Give the person more Stars, and return how many there are."""
        return await self._seat.stars(more)

    async def charge_back(self) -> None:
        """Take the newest payment back. Raises `RefusedToPage` if there is none."""
        await _allowed(self._seat.charge_back())

    async def ask(self, text: str) -> list[Shown]:
        """Make an inline query, and return its results. Raises `RefusedToPage`."""
        bot = await self._person.client.get_input_entity(self._person.bot.username)
        request = functions.messages.GetInlineBotResultsRequest(bot, self._peer, text, "")
        self._found = await _allowed(self._person.client(request))
        return shown_results(self._found)

    async def choose(self, number: int) -> None:
        """Send a result of the newest inline query, counted from 0. Raises `RefusedToPage`."""
        if self._found is None or number >= len(self._found.results):
            raise RefusedToPage("this result is out of date; ask again")
        found = self._found
        request = functions.messages.SendInlineBotResultRequest(
            self._peer, found.query_id, found.results[number].id
        )
        async with self._turn:
            sent = await _allowed(self._person.client(request))
            for update in getattr(sent, "updates", ()):
                if isinstance(update, types.UpdateNewMessage):
                    self._keep(update.message, own=True)

    async def menu(self) -> dict[str, str]:
        """Return the bot's command menu: command -> description. Raises `RefusedToPage`."""
        return await _allowed(self._person.menu())

    async def read_media(self, message_id: int) -> tuple[str, bytes] | None:
        """Return the name and the bytes of a message's photo or file; None without one.

        A photo's name is "".
        """
        message, shown = self._messages.get(message_id), self._shown.get(message_id)
        if message is None or shown is None or not (shown["photo"] or shown["file"]):
            return None
        name = shown["file"]["name"] if shown["file"] else ""
        return name, bytes(await self._person.client.download_media(message, bytes))

    # What the person sees

    def _pop_up(self, event: seen.Event) -> None:
        if isinstance(event, seen.Toast):
            self._publish("popup", text=event.text, alert=event.alert)

    async def _hear(self, update: Any) -> None:
        """Take in an update; without an await, so that updates stay in order."""
        match update:
            case types.UpdateDeleteMessages(messages=numbers):
                self._forget(numbers)
            case types.UpdateUserTyping(user_id=who) if not self.key.group and who == self._place:
                self._publish("typing")
            case types.UpdateChatUserTyping(chat_id=chat) if -chat == self._place:
                self._publish("typing")
            case _ if isinstance(update, _MESSAGES):
                self._take(seen.message_of(update))
            case _:
                pass

    def _take(self, message: Any) -> None:
        if chat_of(message) != self._place:
            return
        if isinstance(message, types.MessageService):
            if (notice := service_notice(message)) is not None:
                self._publish("stars", id=message.id, **notice)
            return
        self._keep(message, own=message.id in self._own)

    async def _keep_sent(self) -> None:
        """Show the message just sent, as Telegram has it."""
        number = self._seat.last
        if number in self._gone:
            return
        (message,) = await self._person.client.get_messages(self._peer, ids=[number])
        if message is not None:
            self._keep(message, own=True)

    def _keep(self, message: Any, *, own: bool) -> None:
        if message.id in self._gone:  # a deletion can arrive before the answer with the id
            return
        if own:
            self._own.add(message.id)
        self._messages[message.id] = message
        shown = shown_message(message, own=own, who=self._author(message, own=own))
        self._shown[message.id] = shown
        self._publish("message", message=shown)

    def _author(self, message: Any, *, own: bool) -> str:
        if own:
            return self.key.person
        author = getattr(message.from_id, "user_id", self._person.bot.id)
        return self._names.get(author, "") if author != self._person.bot.id else "bot"

    def _forget(self, numbers: list[int]) -> None:
        self._gone.update(numbers)
        here = [number for number in numbers if self._shown.pop(number, None) is not None]
        for number in here:
            self._messages.pop(number, None)
        if here:
            self._publish("gone", ids=here)

    def _publish(self, kind: str, **facts: Any) -> None:
        self._tell({"type": kind, "chat": self.key.model_dump(), **facts})


async def _allowed(call: Awaitable[_T]) -> _T:
    """Return the result of a call. Raises `RefusedToPage` if Telegram or the seat refuses."""
    try:
        return await call
    except BotResponseTimeoutError:
        raise RefusedToPage("the bot did not answer") from None
    except (RPCError, ExpectationFailed) as error:
        raise RefusedToPage(str(error)) from None
    except (ConnectionError, asyncio.IncompleteReadError):
        raise RefusedToPage("Telegram cannot be reached") from None
