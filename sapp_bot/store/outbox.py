"""The outbox in Redis: replies wait here, in order per chat, until they are marked as sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sapp_bot.domain.ports import StorageWrite
from sapp_bot.domain.replies import CloseScreens, Edit, Invoice, QueuedReply, Remove, Reply, Send

from .fenced import FencedScripts
from .keys import PUSHED_S, SCREENS_S
from .plugin_storage import collection_keys, written

MOST_SCREENS = 10_000
"""Screens whose messages are kept in memory, too; the oldest is forgotten first."""

_TELL_KEYS = 3
"""Number of `KEYS` of the script `tell` before its outbox lists."""


class RedisOutbox:
    """Implements `ports.OutboxStore`; the replies of a turn are added by `RedisInbox.commit`.

    Each call raises `StoreAway` and `AlreadyRunning` as `FencedScripts.run` does.
    """

    def __init__(self, scripts: FencedScripts) -> None:
        self._scripts = scripts
        # Only this process writes for the account, so what it sent itself it need not ask for;
        # but another one may have written before the account was claimed again.
        self._screens: dict[tuple[int, str], int] = {}
        self._claims = 0

    async def push(self, queued: QueuedReply) -> None:
        """Add one reply before its turn is committed, such as "still working".

        May be repeated: the reply is added once by its id.
        """
        scripts, chat = self._scripts, queued.reply.chat_id
        keys = scripts.keys
        entry = scripts.sealer.entry(queued.id, queued, keys.out(chat))
        names = (keys.pushed(queued.id), keys.out(chat), keys.chats)
        script, more_keys, more_args = self._push(queued)
        await scripts.run(
            scripts.call(script, (*names, *more_keys), entry, chat, PUSHED_S, *more_args)
        )

    def _push(self, queued: QueuedReply) -> tuple[str, tuple[str, ...], tuple[str, ...]]:  # noqa: ARG002  # a worker's outbox asks
        """Return the script that adds a reply, and what it has behind the usual keys and args."""
        return "push", (), ()

    async def tell(
        self, name: str, replies: Sequence[QueuedReply], writes: Sequence[StorageWrite]
    ) -> None:
        """Add replies and make changes outside of a turn, all or nothing.

        Args:
            name: Id of the call; a second call with the same name within `PUSHED_S` has no effect.
            replies: Replies to add.
            writes: Changes of plugin storage.

        """
        scripts = self._scripts
        keys, now = scripts.keys, repr(scripts.now().timestamp())
        chats = list(dict.fromkeys(queued.reply.chat_id for queued in replies))
        collections = collection_keys(writes, keys)
        changes = written(writes, collections, _TELL_KEYS + 1 + len(chats), scripts)
        entries: list[str | bytes | int] = []
        for queued in replies:
            chat = queued.reply.chat_id
            entry = scripts.sealer.entry(queued.id, queued, keys.out(chat))
            entries += [_TELL_KEYS + 1 + chats.index(chat), chat, entry]
        names = (keys.pushed(name), keys.chats, *map(keys.out, chats), *collections)
        told = (PUSHED_S, len(changes), now, *changes, *entries)
        script, more_keys = self._tell()
        await scripts.run(scripts.call(script, (*names, *more_keys), *told))

    def _tell(self) -> tuple[str, tuple[str, ...]]:
        """Return the script of `tell`, and what it has behind the usual keys."""
        return "tell", ()

    async def sent(self, queued: QueuedReply, message_id: int | None) -> None:
        """Remove a reply, and remember the message as the newest one of its screen.

        Args:
            queued: The reply.
            message_id: Id of the message that shows it; None if it cannot be delivered, or its
                id is unknown.

        """
        scripts, reply = self._scripts, queued.reply
        keys, chat = scripts.keys, reply.chat_id
        screen = "" if message_id is None else _screen_of(reply)
        names = (keys.out(chat), keys.chats, keys.screens(chat))
        answer = await scripts.run(
            scripts.call("sent", names, queued.id, chat, screen, message_id or 0, SCREENS_S)
        )
        if screen and message_id is not None:
            self._note(chat, screen, message_id, is_newest=bool(answer[1]))

    async def unsent(self) -> Sequence[QueuedReply]:
        """Return all waiting replies, oldest first per chat."""
        return await self._scripts.each(self._scripts.keys.chats, self._list)

    async def screen(self, chat_id: int, name: str) -> int | None:
        """Return the id of the newest message that showed a screen, None if there is none."""
        scripts = self._scripts
        noted = self._known().get((chat_id, name))
        if noted is not None:
            return noted
        answer = await scripts.run(scripts.call("screen", (scripts.keys.screens(chat_id),), name))
        return int(answer[1]) if len(answer) > 1 and answer[1] is not None else None

    def _known(self) -> dict[tuple[int, str], int]:
        """Return what is known of screens since the account was claimed last."""
        if self._scripts.claims != self._claims:
            self._claims = self._scripts.claims
            self._screens.clear()
        return self._screens

    def _note(self, chat: int, screen: str, message_id: int, *, is_newest: bool) -> None:
        known = self._known()
        known.pop((chat, screen), None)  # so that it becomes the newest
        if not is_newest:  # a repeat, of this call or of one long ago: only Redis knows
            return
        known[chat, screen] = message_id
        if len(known) > MOST_SCREENS:
            del known[next(iter(known))]

    async def _list(self, chat: int) -> list[QueuedReply]:
        scripts = self._scripts
        place = scripts.keys.out(chat)
        answer = await scripts.run(scripts.call("out", (place,)))
        found = []
        for entry in answer[1]:
            queued = scripts.sealer.unpack(entry, place, QueuedReply)
            if queued is None:
                # An entry at the head that cannot be decrypted would hold up its chat for ever.
                await scripts.drop(entry, place, scripts.keys.chats, chat)
            else:
                found.append(queued)
        return found


def _screen_of(reply: Reply) -> str:
    match reply:
        case Send() | Edit():
            return reply.screen
        case Remove() | Invoice() | CloseScreens():
            return ""
        case _:
            assert_never(reply)
