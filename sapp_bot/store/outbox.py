"""Replies in Redis: they wait, in order per chat, until they are said to be sent."""

from __future__ import annotations

from collections.abc import Sequence

from sapp_bot.ports import Write
from sapp_bot.replies import Parcel, Remove

from .data import drawers_of, written
from .keys import PUSHED_S, SCREENS_S
from .ledger import Ledger

_TELL_KEYS = 3
"""Keys of the script `tell` before its outbox lists."""


class RedisOutbox:
    """The protocol `ports.Outbox`. Replies of a turn come here with its commit."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def push(self, parcel: Parcel) -> None:
        """Add one reply outside of a turn's end ("still working")."""
        ledger, chat = self._ledger, parcel.reply.chat_id
        keys = ledger.keys
        entry = ledger.sealer.entry(parcel.id, parcel, keys.out(chat))
        names = (keys.pushed(parcel.id), keys.out(chat), keys.chats)
        await ledger.run(ledger.call("push", names, entry, chat, PUSHED_S))

    async def tell(self, name: str, parcels: Sequence[Parcel], writes: Sequence[Write]) -> None:
        """Add replies and make changes outside of a turn, in one step, once under this name."""
        ledger = self._ledger
        keys, now = ledger.keys, repr(ledger.now().timestamp())
        chats = list(dict.fromkeys(parcel.reply.chat_id for parcel in parcels))
        drawers = drawers_of(writes, keys)
        changes = written(writes, drawers, _TELL_KEYS + 1 + len(chats), ledger)
        entries: list[str | bytes | int] = []
        for parcel in parcels:
            chat = parcel.reply.chat_id
            entry = ledger.sealer.entry(parcel.id, parcel, keys.out(chat))
            entries += [_TELL_KEYS + 1 + chats.index(chat), chat, entry]
        names = (keys.pushed(name), keys.chats, *map(keys.out, chats), *drawers)
        told = (PUSHED_S, len(changes), now, *changes, *entries)
        await ledger.run(ledger.call("tell", names, *told))

    async def sent(self, parcel: Parcel, message_id: int | None) -> None:
        """Take a reply off: it arrived (as `message_id`), or never can (None)."""
        ledger, reply = self._ledger, parcel.reply
        keys, chat = ledger.keys, reply.chat_id
        screen = "" if isinstance(reply, Remove) or message_id is None else reply.screen
        names = (keys.out(chat), keys.chats, keys.screens(chat))
        await ledger.run(
            ledger.call("sent", names, parcel.id, chat, screen, message_id or 0, SCREENS_S)
        )

    async def unsent(self) -> Sequence[Parcel]:
        """Read all replies that wait, oldest first per chat."""
        return await self._ledger.each(self._ledger.keys.chats, self._list)

    async def screen(self, chat_id: int, name: str) -> int | None:
        """Find the newest message that showed this screen."""
        ledger = self._ledger
        answer = await ledger.run(ledger.call("screen", (ledger.keys.screens(chat_id),), name))
        return int(answer[1]) if len(answer) > 1 and answer[1] is not None else None

    async def _list(self, chat: int) -> list[Parcel]:
        ledger = self._ledger
        place = ledger.keys.out(chat)
        answer = await ledger.run(ledger.call("out", (place,)))
        found = []
        for entry in answer[1]:
            parcel = ledger.sealer.unpack(entry, place, Parcel)
            if parcel is None:
                await ledger.drop(entry, place, ledger.keys.chats, chat)
            else:
                found.append(parcel)
        return found
