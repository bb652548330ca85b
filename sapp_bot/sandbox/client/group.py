"""A simulated person in a basic group that a bot is in, with an app of their own."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.state.accounts import Account
from sapp_bot.sandbox.telegram.state.mailbox import chat_of

from .person import SimulatedUser


class GroupMember(SimulatedUser):
    """One person in one group: says, presses and sees as in a private chat.

    Begins outside of any group: `found` makes one, `enter` goes into one that somebody else
    `invite`d the person to. Sees the bot's messages; what other persons say is their own business.
    """

    group = 0
    """Id of the group, 0 before the person is in one."""

    @property
    def place(self) -> int:
        """Key of the group in a mailbox: its id, negative."""
        return -self.group

    async def found(self, title: str) -> int:
        """Make a group with the bot in it; return its id."""
        request = functions.messages.CreateChatRequest([self._peer], title)
        made = await self.client(request)
        (chat,) = made.updates.chats
        self.enter(chat.id)
        return self.group

    def enter(self, group: int) -> None:
        """Open a group that the person is in."""
        self.group = group
        self._peer = types.InputPeerChat(group)

    async def invite(self, account: Account) -> None:
        """Bring a person into the group, by their phone number as apps do."""
        contact = types.InputPhoneContact(0, f"+{account.phone}", account.first_name, "")
        found = await self.client(functions.contacts.ImportContactsRequest([contact]))
        (user,) = found.users
        await self.client(functions.messages.AddChatUserRequest(self.group, user, fwd_limit=0))

    def _is_here(self, message: Any) -> bool:
        author = message.from_id
        is_bots = isinstance(author, types.PeerUser) and author.user_id == self.bot.id
        return is_bots and bool(self.group) and chat_of(message) == self.place
