"""The whole state of the server, and the push of its changes to the devices."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.telegram.mtproto.sessions import MtprotoSession, SessionRegistry
from sapp_bot.sandbox.telegram.refusal import RpcError

from .accounts import Account, Accounts
from .codes import LoginCodes
from .files import Files
from .groups import Group, Groups, groups_in
from .mailbox import Change, Mailboxes
from .menus import Menus
from .queries import Queries
from .schedule import ScheduledMessages
from .short_forms import short_form
from .stars import StarsBank

Push = Callable[[MtprotoSession, Any, int], None]
"""Sends an `Updates` to a session of an account; faults apply to it."""


class World:
    """State of the local Telegram; all but times and salts is derived from the seed."""

    def __init__(self, seed: bytes) -> None:
        dice = random.Random(hmac.digest(seed, b"dice", hashlib.sha256))  # noqa: S311 no secret
        self.accounts = Accounts(seed)
        self.sessions = SessionRegistry(seed)
        self.mail = Mailboxes(dice)
        self.groups = Groups(dice)
        self.queries = Queries(dice)
        self.files = Files(dice)
        self.schedule = ScheduledMessages()
        self.menus = Menus()
        self.stars = StarsBank(dice)
        self.codes = LoginCodes()
        self.difference_slice = 100
        """Most changes in one getDifference."""
        self.tells_of_gaps = False
        """Whether a client that connects anew is told to ask what it missed (updatesTooLong).

        Telegram's servers cannot be relied on for it, so the default is the unkind one.
        """
        self.short_forms = False
        """Whether plain messages come in their short forms (see `short_forms`), as Telegram does
        to an app that was shown their sender before. The long forms say more to a test."""
        self.port = 0
        self.takes_strangers_in = False
        """Whether a phone number that nobody has gets an account at its first sign-in.

        Telegram lets its own apps alone make accounts, so the default is the unkind one.
        """
        self.push_to: Push = lambda session, updates, _: session.send(updates)

    def push(
        self,
        owner: int,
        updates: list[Any],
        people: Iterable[int],
        *,
        but: MtprotoSession | None = None,
    ) -> None:
        """Send updates to all devices of an account, except the one that made the change."""
        viewer = self.accounts.get(owner)
        if viewer is None:
            return
        body = None
        for key in self.sessions.keys_of(owner):
            session = key.last_heard()
            if session is None or (but is not None and key is but.key):
                continue
            if self.short_forms and (short := short_form(updates, session.shown)) is not None:
                self.push_to(session, short, owner)
                continue
            body = body or self.updates(viewer, updates, people)
            session.shown.update(people, (-group for group in groups_in(updates)))
            self.push_to(session, body, owner)

    def updates(self, viewer: Account, updates: list[Any], people: Iterable[int]) -> Any:
        """Return updates and the accounts they mention as one `Updates`."""
        users = self.accounts.show_all(viewer, set(people))
        chats = self.groups.show_all(viewer, groups_in(updates))
        return types.Updates(updates, users=users, chats=chats, date=datetime.now(UTC), seq=0)

    def publish(self, changes: Iterable[Change], *, by: MtprotoSession | None = None) -> None:
        """Push changes to all devices of their owners, except the device that made them."""
        for change in changes:
            self.push(change.owner, [change.update], change.people, but=by)


def key_of(chat: Account | Group) -> int:
    """Return the key of a chat in a mailbox, as of `mailbox.chat_of`."""
    return chat.key if isinstance(chat, Group) else chat.id


@dataclass(frozen=True, slots=True)
class RpcCaller:
    """The session and key that a call came from."""

    world: World
    session: MtprotoSession

    @property
    def account(self) -> Account:
        """The signed-in account.

        Raises:
            RpcError: nobody is signed in.

        """
        number = self.session.key.account_id
        account = None if number is None else self.world.accounts.get(number)
        if account is None:
            waits = self.session.key.awaits_password_of is not None
            raise RpcError("SESSION_PASSWORD_NEEDED" if waits else "AUTH_KEY_UNREGISTERED", 401)
        return account

    def resolve(self, peer: Any) -> Account:
        """Return the account that a peer means to this caller. Raises RpcError if there is none."""
        return self.world.accounts.resolve(self.account, peer)

    def resolve_chat(self, peer: Any) -> Account | Group:
        """Return the account or the group that a peer means. Raises RpcError if there is none."""
        if isinstance(peer, types.InputPeerChat):
            return self.world.groups.resolve(self.account, peer.chat_id)
        return self.resolve(peer)

    def chats(self, messages: Iterable[Any]) -> list[Any]:
        """Return the groups of messages as this caller sees them."""
        return self.world.groups.show_all(self.account, groups_in(messages))

    def users(self, people: Iterable[int]) -> list[Any]:
        """Return accounts as this caller sees them."""
        return self.world.accounts.show_all(self.account, set(people))

    def outcome(self, changes: list[Change], extra: Iterable[Any] = ()) -> Any:
        """Publish changes, and return those of the caller's own mailbox as the answer."""
        me = self.account
        own = [change for change in changes if change.owner == me.id]
        self.world.publish(changes, by=self.session)
        people = {me.id}.union(*(change.people for change in own))
        return self.world.updates(me, [*extra, *(change.update for change in own)], people)
