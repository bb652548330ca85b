"""A person in the sandbox's chat: acts as the person, and records what the person sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from telethon.errors import RPCError

from sapp_bot.sandbox.client import seen
from sapp_bot.sandbox.client.choices import choices_of
from sapp_bot.sandbox.client.group import GroupMember
from sapp_bot.sandbox.client.inline_menu import InlineMenu
from sapp_bot.sandbox.client.parts import parts_of
from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.telegram.server import TelegramServer
from sapp_bot.sandbox.telegram.state.accounts import Account

from .player import ExpectationFailed
from .record import ChatRecord, Kind, Note, NotedKey

_T = TypeVar("_T")

_OFFERED = -1
"""Id of the note of inline results, which are no message."""


class UserSeat:
    """Acts as a person, and records what the person does and sees. Created by `take`.

    With `types_words` the texts of the other side are searched for choices. `on_event` is called
    with each event when it is recorded.
    """

    def __init__(
        self, name: str, record: ChatRecord, *, types_words: bool = False, group: str = ""
    ) -> None:
        self.types_words = types_words
        self._group = group
        self._name = name
        self._record = record
        self._person: SimulatedUser
        self._server: TelegramServer
        self._account: Account
        self._bot: Account
        self._inline: InlineMenu | None = None
        self._sent = 0
        self._last = 0
        self.on_event: Callable[[seen.Event], None] = lambda _: None

    @property
    def person(self) -> SimulatedUser:
        """The person, with their Telegram app."""
        return self._person

    @property
    def last(self) -> int:
        """Id of the message that was sent or edited last, 0 before the first."""
        return self._last

    @classmethod
    async def take(
        cls, name: str, record: ChatRecord, server: TelegramServer, account: Account, bot: Account
    ) -> UserSeat:
        """Open the person's app at the chat with the bot, or with the account of a userbot."""
        seat = cls(name, record, types_words=not bot.bot)
        seat._server, seat._account, seat._bot = server, account, bot
        # Device 0 of its account is the bot, a userbot too.
        seat._person = await SimulatedUser.join(
            server, account, bot, device=1, on_event=seat._heard
        )
        return seat

    @classmethod
    async def take_in_group(
        cls,
        name: str,
        record: ChatRecord,
        server: TelegramServer,
        account: Account,
        bot: Account,
        *,
        device: int,
        group: str = "",
    ) -> tuple[UserSeat, GroupMember]:
        """Open another app of the person, for a group; return who is to go into one, too."""
        seat = cls(name, record, group=group)
        member = await GroupMember.join(server, account, bot, device=device, on_event=seat._heard)
        seat._person = member
        return seat, member

    async def leave(self) -> None:
        """Close the app."""
        await self._person.leave()

    async def say(self, text: str) -> None:
        """Send a text, a long one in several messages. Raises ExpectationFailed if refused."""
        for part in parts_of(text):
            await self._sending(self._person.say(part))

    async def photo(self) -> None:
        """Send a photo."""
        await self._sending(self._person.send_photo())

    async def sticker(self) -> None:
        """Send a sticker."""
        await self._sending(self._person.send_sticker())

    async def edit(self, text: str, message_id: int = 0) -> None:
        """Edit one of the person's messages, the last for 0; raises `ExpectationFailed`."""
        if not self._last:
            raise ExpectationFailed("nothing was said yet that could be edited")
        await self._sending(self._person.edit(text, message_id or self._last))

    async def press(self, message_id: int, number: int) -> None:
        """Press a button of a message, counted from 1, and wait for the bot's answer.

        Raises:
            ExpectationFailed: the message is gone, or Telegram refuses.

        """
        if message_id == _OFFERED:
            await self._choose(number)
            return
        shown = self._person.messages.get(message_id)
        keys = [key for row in shown.rows for key in row] if shown else []
        if number > len(keys):
            raise ExpectationFailed("the message with this button is gone")
        if keys[number - 1].kind == "buy":
            await self._pay(message_id)
        else:
            await _allowed(self._person.press_key(message_id, keys[number - 1]))

    async def ask(self, text: str) -> None:
        """Make an inline query, and add its results to the record: `press` sends one.

        Raises:
            ExpectationFailed: a userbot has no inline mode, or the bot does not answer.

        """
        if self.types_words:
            raise ExpectationFailed("a userbot has no inline mode")
        self._inline = self._inline or InlineMenu(self._person)
        found = await _allowed(self._inline.ask(text))
        labels = [
            f"{r.title} — {r.description}" if r.description else r.title for r in found.results
        ]
        switch = [found.switch_pm.text] if found.switch_pm else []
        rows = tuple((NotedKey(label),) for label in (*labels, *switch))
        heading = f"(results for {text!r}: {len(labels)})"
        self._record.add(
            Note(
                self._name,
                "offered",
                own=False,
                message_id=_OFFERED,
                text=heading,
                marked=heading,
                rows=rows,
            )
        )

    async def _choose(self, number: int) -> None:
        """Send an inline result, or follow the button behind them into the private chat.

        Raises:
            ExpectationFailed: there is none of this number, Telegram refuses it, or the button was
                pressed in a group.

        """
        found = self._inline.found if self._inline is not None else None
        results = found.results if found is not None else []
        if self._inline is not None and number <= len(results):
            await self._sending(self._inline.choose(number))
        elif found is None or found.switch_pm is None or number > len(results) + 1:
            raise ExpectationFailed(f"there is no result {number}; there are {len(results)}")
        elif isinstance(self._person, GroupMember):
            link = f"/start {found.switch_pm.start_param}"
            raise ExpectationFailed(f"this button opens the private chat: :private, then {link}")
        else:
            await self.say(f"/start {found.switch_pm.start_param}")

    async def pay(self, number: int) -> None:
        """Pay an invoice, counted from 1, or the newest for 0; a refusal goes into the record.

        Raises:
            ExpectationFailed: there is no such invoice.

        """
        shown = self._person.messages.values()
        bills = [message.message_id for message in shown if message.invoice is not None]
        if number > len(bills) or not bills:
            raise ExpectationFailed(f"no such invoice to pay; there are {len(bills)}")
        await self._pay(bills[number - 1])

    async def _pay(self, message_id: int) -> None:
        refusal = await self._person.pay(message_id)
        if refusal and not self._person.purse.refusal:  # the bot's own words came as a pop-up
            self._record.add(Note(self._name, "popup", own=False, text=refusal, marked=refusal))

    async def charge_back(self) -> None:
        """Take the person's newest payment back. Raises ExpectationFailed if there is none."""
        rows = self._server.world.stars.rows(self._bot.id)
        returned = {row.charge_id for row in rows if row.is_refund}
        paid = [row.charge_id for row in rows if row.other == self._account.id]
        left = [charge_id for charge_id in paid if charge_id not in returned]
        if not left:
            raise ExpectationFailed("nothing was paid that could be taken back")
        self._server.charge_back(self._bot, left[-1])

    async def stars(self, more: int) -> int:
        """Give the person more Stars, and return how many there are."""
        return self._server.give_stars(self._account, more)

    async def open_file(self) -> None:
        """Add to the record what is in the newest file. Raises ExpectationFailed without one."""
        files = [shown.file for shown in self._person.messages.values() if shown.file is not None]
        if not files:
            raise ExpectationFailed("there is no file in this chat to open")
        content = await _allowed(self._person.purse.download(files[-1]))
        try:
            text = content.decode("utf-8-sig").replace("\r\n", "\n").rstrip("\n")
        except UnicodeDecodeError:
            text = f"({len(content):,} bytes that are no text)"
        note = Note(self._name, "file", own=False, text=text, marked=text, media=files[-1].name)
        self._record.add(note)

    async def _sending(self, sending: Awaitable[int]) -> None:
        """Send something, recorded before, and set the id of its note."""
        self._last = await _allowed(sending)
        self._record.name(self._sent, self._last)
        if self._last not in self._person.messages:  # the news of its deletion came first
            self._record.delete(self._name, self._last)

    def _heard(self, event: seen.Event) -> None:
        self._take_down(event)
        self.on_event(event)

    def _take_down(self, event: seen.Event) -> None:
        if isinstance(event, seen.SawDeletion):
            for message_id in event.message_ids:
                self._record.delete(self._name, message_id)
            return
        note = replace(_note(self._name, event), group=self._group)
        if self.types_words and not note.own:
            choices = (NotedKey(choice.label, word=choice.word) for choice in choices_of(note.text))
            note = replace(note, choices=tuple(choices))
        place = self._record.add(note)
        if isinstance(event, seen.SaidByUser):
            self._sent = place


Noted = seen.SaidByUser | seen.Pressed | seen.Toast | seen.SawPayment | seen.Saw | seen.SawEdit


def _note(person: str, event: Noted) -> Note:
    match event:
        case seen.SaidByUser(text, media, edits):
            kind: Kind = "edited" if edits else "said"
            return Note(person, kind, own=True, text=text, marked=text, media=media)
        case seen.Pressed(label):
            return Note(person, "pressed", own=True, text=label)
        case seen.SawPayment(stars, is_refund):
            text = f"({stars} Stars {'returned' if is_refund else 'paid'})"
            return Note(person, "paid", own=False, text=text, marked=text)
        case seen.Toast(text):
            return Note(person, "popup", own=False, text=text, marked=text)
    return Note(
        person,
        "said" if isinstance(event, seen.Saw) else "edited",
        own=False,
        message_id=event.message_id,
        text=event.text,
        marked=event.marked or event.text,
        rows=tuple(tuple(_key(key) for key in row) for row in event.rows),
        media=event.media,
        field=(event.prompt or "") if isinstance(event, seen.Saw) else "",
    )


def _key(key: seen.ShownKey) -> NotedKey:
    return NotedKey(key.label, str(key.value) if key.kind == "url" else "")


async def _allowed(call: Awaitable[_T]) -> _T:
    """Return the result of a call. Raises ExpectationFailed if Telegram refuses."""
    try:
        return await call
    except RPCError as error:
        raise ExpectationFailed(f"Telegram refused it: {error}") from None
