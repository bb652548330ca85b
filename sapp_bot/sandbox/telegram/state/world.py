"""Everything the server knows, and how news of it reaches the devices."""

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
from .mailbox import Change, Mailboxes
from .menus import Menus
from .queries import Queries

Push = Callable[[MtprotoSession, Any, int], None]
"""Sends an `Updates` to a session of an account; faults may strike there."""


class World:
    """The state of the local Telegram. Everything derives from the seed, but times and salts."""

    def __init__(self, seed: bytes) -> None:
        dice = random.Random(hmac.digest(seed, b"dice", hashlib.sha256))  # noqa: S311 no secret
        self.accounts = Accounts(seed)
        self.sessions = SessionRegistry(seed)
        self.mail = Mailboxes(dice)
        self.queries = Queries(dice)
        self.files = Files(dice)
        self.menus = Menus()
        self.codes = LoginCodes()
        self.difference_slice = 100
        """How many changes one getDifference gives at most."""
        self.tells_of_gaps = False
        """Whether a client that connects anew is told to ask what it missed (updatesTooLong).

        Telegram's servers cannot be relied on for it, so the default is the unkind one.
        """
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
        """Send updates to all devices of an account, except the one that knows already."""
        viewer = self.accounts.get(owner)
        if viewer is None:
            return
        body = None
        for key in self.sessions.keys_of(owner):
            session = key.last_heard()
            if session is None or (but is not None and key is but.key):
                continue
            body = body or self.updates(viewer, updates, people)
            self.push_to(session, body, owner)

    def updates(self, viewer: Account, updates: list[Any], people: Iterable[int]) -> Any:
        """Put updates and the people they name into one object."""
        users = self.accounts.show_all(viewer, set(people))
        return types.Updates(updates, users=users, chats=[], date=datetime.now(UTC), seq=0)

    def publish(self, changes: Iterable[Change], *, by: MtprotoSession | None = None) -> None:
        """Tell everybody what changed in their boxes, but the device that did it."""
        for change in changes:
            self.push(change.owner, [change.update], change.people, but=by)


@dataclass(frozen=True, slots=True)
class RpcCaller:
    """Who makes a call, and where the answer goes."""

    world: World
    session: MtprotoSession

    @property
    def account(self) -> Account:
        """Say who is signed in.

        Raises:
            Refused: nobody is.

        """
        number = self.session.key.account_id
        account = None if number is None else self.world.accounts.get(number)
        if account is None:
            waits = self.session.key.awaits_password_of is not None
            raise RpcError("SESSION_PASSWORD_NEEDED" if waits else "AUTH_KEY_UNREGISTERED", 401)
        return account

    def resolve(self, peer: Any) -> Account:
        """Find whom a peer means for this caller. Raises Refused."""
        return self.world.accounts.resolve(self.account, peer)

    def users(self, people: Iterable[int]) -> list[Any]:
        """Show people to this caller."""
        return self.world.accounts.show_all(self.account, set(people))

    def outcome(self, changes: list[Change], extra: Iterable[Any] = ()) -> Any:
        """Publish changes; gives what the caller's own box changed, as the answer."""
        me = self.account
        own = [change for change in changes if change.owner == me.id]
        self.world.publish(changes, by=self.session)
        people = {me.id}.union(*(change.people for change in own))
        return self.world.updates(me, [*extra, *(change.update for change in own)], people)
