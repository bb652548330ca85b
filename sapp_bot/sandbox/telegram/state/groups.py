"""Basic groups: their members, who of them is given a message, and how a group is shown.

Each member has a copy of a message with an id of its own, as in private chats. A bot in its usual
privacy mode is given only what is meant for it: commands, mentions, replies to what it wrote.
Sources: https://core.telegram.org/api/channel#basic-groups,
https://core.telegram.org/bots/features#privacy-mode
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.telegram.refusal import RpcError

from .accounts import Account

MOST_MEMBERS = 200
_IDS = (100_000_000, 4_000_000_000)


@dataclass(slots=True, eq=False)
class Group:
    """A basic group; `members` are ids of accounts, with who brought each of them in."""

    id: int
    title: str
    creator: int
    members: dict[int, int]
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: int = 1

    @property
    def key(self) -> int:
        """Key of the chat in a mailbox; negative, where that of a private chat is a user id."""
        return -self.id

    def show(self, viewer: Account) -> Any:
        """Return the group as Telethon's `Chat`, as an account sees it."""
        return types.Chat(
            id=self.id,
            title=self.title,
            photo=types.ChatPhotoEmpty(),
            participants_count=len(self.members),
            date=self.date,
            version=self.version,
            creator=viewer.id == self.creator or None,
            left=viewer.id not in self.members or None,
        )

    def participants(self) -> Any:
        """Return the members as Telethon's `ChatParticipants`."""
        listed = [
            types.ChatParticipantCreator(member)
            if member == self.creator
            else types.ChatParticipant(member, inviter, self.date)
            for member, inviter in self.members.items()
        ]
        return types.ChatParticipants(self.id, listed, self.version)


class Groups:
    """All basic groups."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._by_id: dict[int, Group] = {}

    def create(self, title: str, creator: Account, others: Iterable[Account]) -> Group:
        """Return a new group."""
        members = {account.id: creator.id for account in (creator, *others)}
        number = self._dice.randrange(*_IDS)
        found = self._by_id[number] = Group(number, title, creator.id, members)
        return found

    def resolve(self, viewer: Account, group_id: int) -> Group:
        """Return the group with an id, of which the viewer is a member.

        Raises:
            RpcError: there is none, or the viewer is not in it.

        """
        found = self._by_id.get(group_id)
        if found is None:
            raise RpcError("CHAT_ID_INVALID")
        if viewer.id not in found.members:
            raise RpcError("CHAT_WRITE_FORBIDDEN", 403)
        return found

    def show_all(self, viewer: Account, ids: Iterable[int]) -> list[Any]:
        """Return the groups that accompany an answer."""
        found = (self._by_id.get(number) for number in sorted(set(ids)))
        return [group.show(viewer) for group in found if group is not None]


def is_for_bot(bot: Account, sender: Account, text: str, replied_to: int | None) -> bool:
    """Return whether a bot in privacy mode is given a message of a group.

    Args:
        bot: The bot, a member.
        sender: Who wrote it; bots are not given what bots write.
        text: Text of the message.
        replied_to: Id of the account whose message it replies to, None for no reply.

    """
    if sender.bot:
        return False
    name = (bot.username or "").lower()
    if text.startswith("/"):
        target = text.split(maxsplit=1)[0].partition("@")[2].lower()
        return target in ("", name)
    return replied_to == bot.id or f"@{name}" in text.lower()


def groups_in(updates: Iterable[Any]) -> set[int]:
    """Return the ids of the groups that updates and messages mention."""
    found: set[int] = set()
    for update in updates:
        message = getattr(update, "message", None)
        for place in (update, message):
            peer = getattr(place, "peer_id", None) or getattr(place, "peer", None)
            if isinstance(peer, types.PeerChat):
                found.add(peer.chat_id)
        if isinstance(update, types.UpdateChatUserTyping):
            found.add(update.chat_id)
    return found
