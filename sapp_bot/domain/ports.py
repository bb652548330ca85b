"""Protocols that the host needs from below: the store, Telegram, a clock. Values only.

`store/` and `telegram/` implement them, `app` wires them, tests fake them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from .answers import Answer
from .replies import QueuedReply, Reply
from .state import PersonState
from .updates import Due, Update


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an update that was offered to the inbox.

    `fresh` is False for one that was seen before. `full` is True for one that was turned away as
    the person has too many waiting; `told` then says that the person was told so already.
    `person_state` is read in the same step, when nothing else of theirs is waiting; else
    None: the commit of the one before will give it.
    """

    fresh: bool
    full: bool = False
    told: bool = False
    person_state: PersonState | None = None


@dataclass(frozen=True, slots=True)
class UnfinishedUpdate:
    """Found at start: an update that was stored and not finished, oldest first per person."""

    update: Update
    person_state: PersonState


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value that a plugin keeps, under its key. `text` is its JSON, of the shape `version`.

    `ends_at` is when it goes by itself (aware UTC), None for never. 7 and "7" are two keys.
    """

    key: str | int
    version: int
    text: str = field(repr=False)
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StorageWrite:
    """A change of what plugins keep: `kept` is the new value, None takes the old one away.

    `collection` names whose values they are and of which kind: "<plugin>:<model>".
    """

    collection: str
    key: str | int
    kept: StoredValue | None


@dataclass(frozen=True, slots=True)
class Commit:
    """The end of one update: what it changed and what it says, to be committed together."""

    update: Update
    before: PersonState
    after: PersonState
    replies: tuple[QueuedReply, ...] = ()
    later: tuple[Due, ...] = ()
    writes: tuple[StorageWrite, ...] = ()


class InboxStore(Protocol):
    """Updates, once and in order per person, durable. Every call may be repeated safely.

    Each raises `StoreAway` when Redis does not answer, and `AlreadyRunning` when another process
    has claimed the account since.
    """

    async def claim(self) -> None:
        """Make this process the one that works for the account."""

    async def accept(self, update: Update) -> Accepted:
        """Store an update behind the person's others, unless its key was seen within 48 h."""

    async def commit(self, commit: Commit) -> PersonState:
        """End the person's oldest update: changes, replies, timers, writes, all or nothing.

        Returns the person's person state for the next one.
        """

    async def person_state(self, person: int) -> PersonState:
        """Read what is known of a person (a Telegram user id)."""

    async def waiting(self) -> Sequence[UnfinishedUpdate]:
        """Read all updates that wait for an end, oldest first per person."""

    async def timers(self) -> Sequence[Due]:
        """Read all timers that were set and have not come up yet."""


class OutboxStore(Protocol):
    """Replies that wait to be sent, in order per chat, durable. Repeatable like the inbox."""

    async def push(self, queued: QueuedReply) -> None:
        """Add one reply outside of a turn's end ("still working")."""

    async def tell(
        self, name: str, replies: Sequence[QueuedReply], writes: Sequence[StorageWrite]
    ) -> None:
        """Add replies and make changes outside of a turn, in one step, once under this name."""

    async def sent(self, queued: QueuedReply, message_id: int | None) -> None:
        """Take a reply off: it arrived (as `message_id`), or never can (None)."""

    async def unsent(self) -> Sequence[QueuedReply]:
        """Read all replies that wait, oldest first per chat."""

    async def screen(self, chat_id: int, name: str) -> int | None:
        """Find the newest message that showed this screen."""


class PluginStorage(Protocol):
    """What plugins keep, by collection and key. Writes of a turn come here with its commit.

    Each call raises `StoreAway` when Redis does not answer, and `AlreadyRunning` as the inbox.
    """

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Read a value; None when there is none, or it has ended, or it cannot be opened."""

    async def others(self, collection: str, key: str | int) -> int:
        """Count the values under other keys than this one."""

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Make changes outside of a turn, all or nothing."""

    def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Read all values, in no order; those that come or go meanwhile may be missed."""


class TelegramPort(Protocol):
    """What the host may ask of Telegram. Raises the `TelegramError` family."""

    async def deliver(self, reply: Reply, random_id: int, image: bytes | None = None) -> int | None:
        """Carry out one reply; returns the id of the message it made or changed.

        `image` is its picture as PNG or JPEG. An edit does not change the kind of a message.
        """

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete a message at once, for both sides; tells whether it is gone."""

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a query, as that of a pressed button; too late is no error."""

    async def typing(self, chat_id: int) -> None:
        """Show "typing" for some seconds."""

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command list (name: description) for a language ("" is any).

        `person` 0 means all private chats, else that person's chat.
        """


class Attempts(Protocol):
    """Failed attempts by key within a window, for limits. Keys are hashed by the implementer."""

    async def note(self, key: str, attempt: str, *, window_s: int) -> None:
        """Count one failure; the same `attempt` counts once."""

    async def recent(self, key: str, *, window_s: int) -> Sequence[datetime]:
        """List the failures within the window, oldest first."""

    async def clear(self, key: str) -> None:
        """Forget the failures."""


class PluginSwitches(Protocol):
    """Which plugins the operators have switched off, apart from the files."""

    async def off(self) -> frozenset[str]:
        """Name them."""

    async def set_enabled(self, plugin: str, *, on: bool) -> None:
        """Switch one on or off, for this and all later starts."""


class Leases(Protocol):
    """Spans of time that are served once, by whichever process comes first."""

    async def take(self, name: str, span: int, *, keep_s: int) -> bool:
        """Take a span (they are numbered); tells whether it is ours. Older ones never are.

        `keep_s` is how long it must be remembered.
        """


class Signer(Protocol):
    """Message authentication with the server's secret keys."""

    def sign(self, data: bytes) -> bytes:
        """Give the full MAC (32 bytes) under the newest key."""

    def verify(self, data: bytes, tag: bytes) -> bool:
        """Tell whether `tag` begins the MAC of `data` under any key; constant time."""


class SecretRedactor(Protocol):
    """Keeps secrets out of what is written down."""

    def hide(self, secrets: Iterable[str]) -> None:
        """Hide these texts from now on."""

    def for_people(self, text: str) -> str:
        """Hide all secrets in a text that somebody is shown, as an error that a plugin raised."""


class Timer(Protocol):
    """A call that was set for later."""

    def cancel(self) -> None:
        """Do not make the call."""


class Clock(Protocol):
    """Time, so that tests need not wait."""

    def now(self) -> datetime:
        """Aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Make a call after some seconds, in the event loop."""
