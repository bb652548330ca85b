"""A simulated person of a test: writes messages, presses buttons, reads what the bot sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sapp_bot.domain.answers import AcceptPayment, InlineResult, SwitchToBot
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.replies import Callback, Key
from sapp_bot.domain.text import rich
from sapp_bot.domain.updates import (
    Arrival,
    ChatKind,
    InlineQuery,
    Message,
    Person,
    PreCheckoutQuery,
    Press,
)
from sapp_bot.sandbox.client.choices import choices_of

from .chatroom import ChatRoom, PopUp, Shown, ShownFile
from .stars import SimulatedStars


@dataclass(frozen=True, slots=True)
class Said:
    """A message that a person wrote: its id in the chat and its text. `Actor.edits` takes it."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class PayResult:
    """What came of an attempt to pay.

    Args:
        charge_id: Id of the payment, "" if it was refused.
        reason: Why it was refused, as the person reads it; "" if the bot did not answer.

    """

    charge_id: str = ""
    reason: str = ""

    @property
    def is_paid(self) -> bool:
        """Whether the Stars were charged."""
        return bool(self.charge_id)


class Actor:
    """One person in a private chat with the bot, or in a group.

    `last_popup` is the pop-up of the last press, `switched` the button above the results of the
    last inline query, which leads to the private chat with the bot.

    Args:
        person: Telegram user id, name and language.
        room: The simulated Telegram.
        stars: The simulated Stars.
        clock: Time stamps of messages.
        take: Gives the bot an update, and returns when the bot has answered.
        group: Id of a group chat (negative), None for the private chat.

    """

    def __init__(
        self,
        person: Person,
        room: ChatRoom,
        stars: SimulatedStars,
        clock: Clock,
        take: Callable[[Arrival], Awaitable[None]],
        *,
        group: int | None = None,
    ) -> None:
        self.person = person
        self.chat_id = person.id if group is None else group
        self._private = group is None
        self.last_popup = PopUp("", alert=False)
        self.switched: SwitchToBot | None = None
        self._room = room
        self._stars = stars
        self._clock = clock
        self._take = take

    def within(self, group: int) -> Actor:
        """Return the same person in a group chat; `group` is its id, a negative number."""
        return Actor(self.person, self._room, self._stars, self._clock, self._take, group=group)

    async def says(self, text: str, **about: Any) -> Said:
        """Write a message, and wait until the bot has answered.

        Args:
            text: The text.
            about: Further fields of `updates.Message`, as `media="photo"`.

        Returns:
            The message, for `edits`.

        """
        self._clear_news()
        said = Said(self._room.post(self.chat_id, text), text)
        await self._take(self._message(said, **about))
        return said

    async def edits(self, said: Said, text: str) -> None:
        """Edit a message that was written before, and wait until the bot has answered."""
        self._clear_news()
        edited_at = self._clock.now() + timedelta(seconds=1)
        await self._take(self._message(replace(said, text=text), edited_at=edited_at))

    async def presses(self, label: str) -> str:
        """Press the newest button with this label.

        In user mode, which has no buttons: send the number or command that stands for the choice.

        Args:
            label: Text of the button.

        Returns:
            Text of the pop-up, "" for none; in user mode the bot's newest text.

        Raises:
            AssertionError: there is no such button; the text names the newest ones.

        """
        if not self._room.has_buttons:
            await self.says(self._find_word(label))
            return self.last
        shown, key = self._find(label)
        assert isinstance(key, Callback), f"{label!r} is no button that can be pressed"  # noqa: S101  # a test kit
        return await self.presses_data(key.data, message_id=shown.id)

    async def asks(self, text: str, *, chat: ChatKind = "private") -> list[InlineResult]:
        """Make an inline query: type behind the bot's name in some chat.

        Args:
            text: What is typed.
            chat: Kind of the chat in which it is typed.

        Returns:
            The results; the button above them is in `switched`.

        """
        query_id = self._room.next_id()
        await self._take(InlineQuery(self.person, query_id, text, chat))
        answer = self._room.inline[query_id]
        self.switched = answer.switch
        return list(answer.results)

    async def pays(self, invoice: Shown | None = None) -> PayResult:
        """Pay an invoice in Telegram Stars, and wait until the bot has dealt with the payment.

        Args:
            invoice: A message with an invoice; None takes the newest one of the chat.

        Raises:
            AssertionError: there is no invoice.

        """
        bill = (invoice or self._newest_invoice()).invoice
        assert bill is not None, "this message is no invoice"  # noqa: S101  # a test kit
        self._clear_news()
        query_id = self._room.next_id()
        await self._take(PreCheckoutQuery(self.person, query_id, bill.payload, bill.stars))
        answer = self._room.checkouts.get(query_id)
        if not isinstance(answer, AcceptPayment):
            return PayResult(reason="" if answer is None else rich(answer.reason).plain)
        paid = self._stars.paid(self.person, bill.payload, bill.stars)
        await self._take(paid)
        return PayResult(paid.charge_id)

    async def reads(self, shown: Shown) -> ShownFile:
        """Download the file of a message.

        Raises:
            AssertionError: the message has no file.

        """
        assert shown.file is not None, "this message has no file"  # noqa: S101  # a test kit
        return shown.file

    def _newest_invoice(self) -> Shown:
        found = next((shown for shown in reversed(self.chat) if shown.invoice), None)
        assert found is not None, "no invoice to pay in this chat"  # noqa: S101  # a test kit
        return found

    async def presses_data(self, data: bytes, *, message_id: int) -> str:
        """Press a button with any data, as a forger could.

        Args:
            data: Callback data, at most 64 bytes.
            message_id: Id of the message that the press claims to be under.

        Returns:
            Text of the pop-up, "" for none.

        """
        self._clear_news()
        query_id = self._room.next_id()
        await self._take(
            Press(self.person, self.chat_id, message_id, query_id, data, self._private)
        )
        self.last_popup = self._room.popups[query_id]
        return self.last_popup.text

    def sees(self, text: str) -> bool:
        """Return whether a text is in `news` or in the last pop-up."""
        return any(text in shown.text.plain for shown in self.news) or text in self.last_popup.text

    def can_read(self, text: str) -> bool:
        """Return whether a text is anywhere in the chat as it is now."""
        return any(text in shown.text.plain for shown in self.chat)

    @property
    def news(self) -> list[Shown]:
        """New and edited messages since the person last did something."""
        return self._room.news.get(self.chat_id, [])

    @property
    def chat(self) -> list[Shown]:
        """All messages of the chat as it is now, oldest first."""
        return sorted(self._room.chats.get(self.chat_id, {}).values(), key=lambda s: s.id)

    @property
    def last(self) -> str:
        """Text of the newest message in `news`, "" for none."""
        return self.news[-1].text.plain if self.news else ""

    def labels(self) -> list[str]:
        """Return the labels of the newest message with buttons (in user mode: with choices)."""
        for shown in reversed(self.chat):
            words = _words_of(shown)
            if words and not self._room.has_buttons:
                return list(words)
            if shown.rows:
                return [key.label for row in shown.rows for key in row]
        return []

    def _clear_news(self) -> None:
        self._room.news[self.chat_id] = []
        self.last_popup = PopUp("", alert=False)

    def _find(self, label: str) -> tuple[Shown, Key]:
        for shown in reversed(self.chat):
            for row in shown.rows:
                for key in row:
                    if key.label == label:
                        return shown, key
        raise AssertionError(f"no button {label!r}; the newest are {self.labels()}")

    def _find_word(self, label: str) -> str:
        for shown in reversed(self.chat):
            words = _words_of(shown)
            if words:
                assert label in words, f"no choice {label!r}; there are {list(words)}"  # noqa: S101  # a test kit
                return words[label]
        raise AssertionError(f"no choice {label!r}; there is none at all")

    def _message(self, said: Said, **about: Any) -> Message:
        return Message(
            sender=self.person,
            chat_id=self.chat_id,
            message_id=said.id,
            text=said.text,
            sent_at=self._clock.now(),
            **{"private": self._private, **about},
        )


def _words_of(shown: Shown) -> dict[str, str]:
    """Return the choices of one of the bot's messages in user mode: label -> what to type."""
    choices = choices_of(shown.text.plain) if shown.by_bot else ()
    return {choice.label: choice.word for choice in choices}
