"""Protocols of the store, Telegram and the clock, and the values they exchange. No behaviour.

`store/` and `telegram/` implement the protocols, `app` wires them, tests fake them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sapp_bot.values import dataclass, field

from .answers import Answer
from .replies import QueuedReply, Reply
from .state import PersonState
from .updates import Due, Update


@dataclass(frozen=True, slots=True)
class Accepted:
    """Result of offering an update to the inbox.

    Attributes:
        fresh: False if an update of this key was seen before.
        full: Whether the update was refused because too many of the person's are waiting.
        told: With `full`: whether the person was told so already.
        person_state: The person's state, read in the same step, if no other update of theirs is
            waiting. Else None: the commit of the update before returns it.

    """

    fresh: bool
    full: bool = False
    told: bool = False
    person_state: PersonState | None = None


@dataclass(frozen=True, slots=True)
class UnfinishedUpdate:
    """An update that an earlier process stored and did not finish.

    Attributes:
        update: The update.
        person_state: Its person's state.
        begun: Whether it was in work, so that it may be what ended the process.

    """

    update: Update
    person_state: PersonState
    begun: bool = False


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value of a plugin's `Store`.

    Attributes:
        key: Its key; 7 and "7" are two keys.
        version: Schema version of the model that wrote it, from 1 on.
        text: The value as JSON, not yet encrypted.
        ends_at: When it expires, aware UTC; None for never.

    """

    key: str | int = field(repr=False)
    version: int
    text: str = field(repr=False)
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StorageWrite:
    """One change in the plugin storage.

    Attributes:
        collection: Whose values they are, and of which model: "<plugin>:<model>".
        key: Key of the value within the collection.
        kept: The new value; None deletes the old one.

    """

    collection: str
    key: str | int = field(repr=False)
    kept: StoredValue | None


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything that the turn of one update changed, to be stored in one step.

    Attributes:
        update: The update that is finished by this commit.
        before: The person's state as the turn found it.
        after: The person's state as it is to be stored.
        replies: Messages for the outbox, in the order in which they are sent.
        later: Timers to set.
        writes: Changes in the plugin storage.

    """

    update: Update
    before: PersonState
    after: PersonState
    replies: tuple[QueuedReply, ...] = ()
    later: tuple[Due, ...] = ()
    writes: tuple[StorageWrite, ...] = ()


class InboxStore(Protocol):
    """Durable queue of updates: each update once, one person's in order.

    Every call may be repeated safely: a caller cannot know whether a call that timed out was
    carried out.

    Raises:
        StoreAway: from each call, if Redis does not answer.
        AlreadyRunning: from each call, if another process has claimed the account since.

    """

    async def claim(self) -> None:
        """Make this process the only one that may write for the account."""

    async def accept(self, update: Update) -> Accepted:
        """Append an update to the person's queue, unless its key was seen within 48 h."""

    async def begin(self, update: Update) -> int:
        """Count that this process handles an update left by an earlier one, before it does.

        Returns:
            In how many processes the update was in work, this one included.

        """

    async def commit(self, commit: Commit) -> PersonState:
        """Finish the person's oldest update and store its changes, all or nothing.

        Returns:
            The person's state, for the turn of their next update.

        """

    async def person_state(self, person: int) -> PersonState:
        """Return the stored state of a person (a Telegram user id)."""

    async def forget(self, person: int) -> None:
        """Delete what is kept of a person beside their state and what plugins keep."""

    async def waiting(self) -> Sequence[UnfinishedUpdate]:
        """Return all unfinished updates, oldest first per person."""

    async def timers(self) -> Sequence[Due]:
        """Return all timers that are set and not due yet."""


class OutboxStore(Protocol):
    """Durable queue of replies, in order per chat. Repeatable, and raises, like `InboxStore`."""

    async def push(self, queued: QueuedReply) -> None:
        """Append one reply without a commit, as for "still working"."""

    async def tell(
        self, name: str, replies: Sequence[QueuedReply], writes: Sequence[StorageWrite]
    ) -> None:
        """Append replies and change the plugin storage in one step, without a turn.

        Args:
            name: Names this step; a second call with the same name does nothing.
            replies: Appended in this order.
            writes: Changes in the plugin storage.

        """

    async def sent(self, queued: QueuedReply, message_id: int | None) -> None:
        """Remove a reply: it arrived as `message_id`, or can never arrive (None)."""

    async def unsent(self) -> Sequence[QueuedReply]:
        """Return all replies that are not sent yet, oldest first per chat."""

    async def screen(self, chat_id: int, name: str) -> int | None:
        """Return the id of the newest message that showed this screen; None if there is none."""


class PluginStorage(Protocol):
    """Values of plugins, by collection and key. The writes of a turn are part of its commit.

    Raises:
        StoreAway: from each call, if Redis does not answer.
        AlreadyRunning: from each call, if another process has claimed the account since.

    """

    async def get(self, collection: str, key: str | int) -> StoredValue | None:
        """Return a value; None if it is missing, has expired, or cannot be decrypted."""

    async def others(self, collection: str, key: str | int) -> int:
        """Return the number of values under other keys than this one."""

    async def write(self, writes: Sequence[StorageWrite]) -> None:
        """Make changes without a turn, all or nothing."""

    def all(self, collection: str) -> AsyncIterator[StoredValue]:
        """Iterate over all values, in no order; concurrent changes may be missed."""


class TelegramPort(Protocol):
    """Calls to Telegram.

    Raises:
        TelegramError: from each call; `ChatPaused`, `Undeliverable` and `TelegramAway` say which
            remedy there is.

    """

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Send, edit or delete messages as one reply says.

        Args:
            reply: The reply. An edit cannot turn a text into a picture, nor back.
            random_id: `QueuedReply.random_id`; Telegram drops a repeated send by it.
            content: Bytes of the reply's picture (PNG or JPEG) or file, if it has one.

        Returns:
            The id of the message that was sent or edited; None after a deletion.

        """

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete a message at once, for both sides; return whether the message is gone."""

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a callback, inline or pre-checkout query; one that has expired is no error."""

    async def typing(self, chat_id: int) -> None:
        """Show "typing" in a chat for some seconds."""

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command list of Telegram's menu, or take it back.

        Args:
            commands: Descriptions by command name, without slash; none takes the list back.
            language: Language code of the people who see the list; "" is the list for all others.
            person: Telegram user id, for the list in that person's chat only; 0 for the list in
                all private chats.

        """


class Attempts(Protocol):
    """Failed attempts by key, for rate limits. The implementation hashes the keys.

    Raises:
        StoreAway: from each call, if Redis does not answer.

    """

    async def note(self, key: str, attempt: str, *, window_s: int) -> None:
        """Record one failure for `window_s` seconds; the same `attempt` counts once."""

    async def recent(self, key: str, *, window_s: int) -> Sequence[datetime]:
        """Return the times (aware UTC) of the last `window_s` seconds' failures, oldest first."""

    async def clear(self, key: str) -> None:
        """Delete all failures of a key."""


class PluginSwitches(Protocol):
    """Plugins that operators have switched off; their files stay in place.

    Raises:
        StoreAway: from each call, if Redis does not answer.

    """

    async def off(self) -> frozenset[str]:
        """Return the names of the plugins that are switched off."""

    async def set_enabled(self, plugin: str, *, on: bool) -> None:
        """Switch a plugin on or off, for this and all later starts."""


@dataclass(frozen=True, slots=True)
class PluginElsewhere:
    """How one plugin is in another process of the bot.

    Attributes:
        name: The plugin's name.
        state: A value of `host.lifecycle.record.PluginState`.
        version: Version of the running generation; empty when none runs.
        reason: Why it does not run, or why the running version is not the newest.

    """

    name: str
    state: str
    version: str
    reason: str


class PluginPeers(Protocol):
    """The plugins of the other processes of a bot.

    Raises:
        StoreAway: from each call, if Redis does not answer.

    """

    async def reloaded(self, plugin: str) -> None:
        """Have the other processes read a plugin anew."""

    async def elsewhere(self) -> Sequence[Sequence[PluginElsewhere]]:
        """Return how the plugins are in each other process."""


class Leases(Protocol):
    """Leases on the time slots of periodic tasks; one process gets each slot.

    Raises:
        StoreAway: from each call, if Redis does not answer.

    """

    async def take(self, name: str, span: int, *, keep_s: int) -> bool:
        """Return whether this process got the lease on a time slot.

        Args:
            name: Name of the periodic task.
            span: Number of the slot. A slot before the newest one that was taken is refused.
            keep_s: Seconds for which the lease must be remembered.

        """


class LockStore(Protocol):
    """Locks that at most one holder has, over all processes of the account.

    Each call raises `StoreAway` when Redis does not answer, and `AlreadyRunning` as the inbox.
    """

    async def acquire(self, name: str, token: str, *, ttl_s: int) -> bool:
        """Take the lock for `ttl_s` seconds; False while another token holds it. Repeatable."""

    async def release(self, name: str, token: str) -> None:
        """Release the lock, if this token still holds it."""


class Signer(Protocol):
    """Message authentication with the server's secret keys."""

    def sign(self, data: bytes) -> bytes:
        """Return the full MAC of `data` (32 bytes), under the newest key."""

    def verify(self, data: bytes, tag: bytes) -> bool:
        """Return whether the MAC of `data` under any key begins with `tag`; constant time."""


class SecretRedactor(Protocol):
    """Removes secrets from logs and from texts shown to people."""

    def hide(self, secrets: Iterable[str]) -> None:
        """Redact these texts from now on."""

    def for_people(self, text: str) -> str:
        """Return a text without secrets, for people: a plugin's error may hold one."""


class Timer(Protocol):
    """Handle of a scheduled call, as `asyncio.TimerHandle`."""

    def cancel(self) -> None:
        """Cancel the call; a call that was made already is no error."""


class Clock(Protocol):
    """Source of time; tests inject one that they turn by hand."""

    def now(self) -> datetime:
        """Return the current time, aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Schedule a call in the event loop after some seconds."""
