"""A person of a test: says, presses, reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sapp_bot.domain.answers import InlineResult, SwitchToBot
from sapp_bot.domain.ports import Clock
from sapp_bot.domain.replies import Callback, Key
from sapp_bot.domain.updates import Arrival, ChatKind, InlineQuery, Message, Person, Press
from sapp_bot.sandbox.client.choices import choices_of

from .chatroom import ChatRoom, PopUp, Shown


@dataclass(frozen=True, slots=True)
class Said:
    """A message that a person wrote; it can be edited."""

    id: int
    text: str


class Actor:
    """One person in a private chat with the bot, or in a group.

    `take` lets the bot have an update and returns when it is answered.
    """

    def __init__(
        self,
        person: Person,
        room: ChatRoom,
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
        self._clock = clock
        self._take = take

    def within(self, group: int) -> Actor:
        """Give the same person in a group chat; `group` is its id, a negative number."""
        return Actor(self.person, self._room, self._clock, self._take, group=group)

    async def says(self, text: str, **about: Any) -> Said:
        """Write a message. `about` are further fields of `updates.Message`."""
        self._look_away()
        said = Said(self._room.post(self.chat_id, text), text)
        await self._take(self._message(said, **about))
        return said

    async def edits(self, said: Said, text: str) -> None:
        """Change a message that was written before."""
        self._look_away()
        edited_at = self._clock.now() + timedelta(seconds=1)
        await self._take(self._message(replace(said, text=text), edited_at=edited_at))

    async def presses(self, label: str) -> str:
        """Press the newest button with these words; gives what pops up.

        In user mode: send its number, or the command that does the same; gives what is said last.
        """
        if not self._room.has_buttons:
            await self.says(self._find_word(label))
            return self.last
        shown, key = self._find(label)
        assert isinstance(key, Callback), f"{label!r} is no button that can be pressed"  # noqa: S101  # a test kit
        return await self.presses_data(key.data, message_id=shown.id)

    async def asks(self, text: str, *, chat: ChatKind = "private") -> list[InlineResult]:
        """Type behind the bot's name in some chat; gives the results, the button to `switched`."""
        query_id = self._room.next_id()
        await self._take(InlineQuery(self.person, query_id, text, chat))
        answer = self._room.inline[query_id]
        self.switched = answer.switch
        return list(answer.results)

    async def presses_data(self, data: bytes, *, message_id: int) -> str:
        """Press a button by what it carries, as a forger could."""
        self._look_away()
        query_id = self._room.next_id()
        await self._take(
            Press(self.person, self.chat_id, message_id, query_id, data, self._private)
        )
        self.last_popup = self._room.popups[query_id]
        return self.last_popup.text

    def sees(self, text: str) -> bool:
        """Tell whether the text stands in what came since the person last did something."""
        return any(text in shown.text.plain for shown in self.news) or text in self.last_popup.text

    def can_read(self, text: str) -> bool:
        """Tell whether the text stands anywhere in the chat as it is now."""
        return any(text in shown.text.plain for shown in self.chat)

    @property
    def news(self) -> list[Shown]:
        """What came since the person last did something: new messages and edited ones."""
        return self._room.news.get(self.chat_id, [])

    @property
    def chat(self) -> list[Shown]:
        """The chat as it is now, oldest first."""
        return sorted(self._room.chats.get(self.chat_id, {}).values(), key=lambda s: s.id)

    @property
    def last(self) -> str:
        """The bot's newest words."""
        return self.news[-1].text.plain if self.news else ""

    def labels(self) -> list[str]:
        """List the buttons of the newest message that has any."""
        for shown in reversed(self.chat):
            words = _words_of(shown)
            if words and not self._room.has_buttons:
                return list(words)
            if shown.rows:
                return [key.label for row in shown.rows for key in row]
        return []

    def _look_away(self) -> None:
        """Begin anew to look at what comes."""
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
    """Return what to type for each choice of a message of the bot, by label."""
    choices = choices_of(shown.text.plain) if shown.by_bot else ()
    return {choice.label: choice.word for choice in choices}
