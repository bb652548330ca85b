"""Accounts of people and bots, and how each is shown to another."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from telethon.tl import types

from sapp_bot.sandbox.telegram.mtproto.srp import CloudPassword
from sapp_bot.sandbox.telegram.refusal import RpcError

SERVICE_ID = 777000
"""Id of Telegram's own account, which sends people their login codes."""

_USERNAME = re.compile(r"[A-Za-z]\w{3,31}", re.ASCII)
_PERSON_IDS = (5_000_000_000, 1_000_000_000)
_BOT_IDS = (7_000_000_000, 1_000_000_000)
# Above 2^32 like today's ids, so that code with 32-bit ids fails here.


@dataclass(slots=True, eq=False)
class Account:
    """A person or a bot. `token` signs a bot in, `phone` (digits only) a person.

    `contacts` are the ids in a person's address book, `met` the ids that a bot may write to.
    """

    id: int
    first_name: str
    bot: bool = False
    username: str | None = None
    phone: str | None = None
    language: str = ""
    token: str = field(default="", repr=False)
    password: CloudPassword | None = None
    contacts: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    met: set[int] = field(default_factory=set)


class Accounts:
    """All accounts. Ids, tokens and access hashes are derived from the seed."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._by_id: dict[int, Account] = {}
        self._by_username: dict[str, Account] = {}
        self._by_phone: dict[str, Account] = {}
        self.service = self._add(Account(SERVICE_ID, "Telegram", phone="42777"))

    def add_bot(self, username: str, token: str | None = None) -> Account:
        """Return a new bot; a given token must begin with its id: "123456:secret".

        Raises:
            ValueError: the name is taken or malformed, or the token holds no id.

        """
        if token is None:
            number = self._number(f"bot:{username}", _BOT_IDS)
            token = f"{number}:{self._digest('token:' + username).hex()[:35]}"
        head, _, tail = token.partition(":")
        if not head.isdigit() or not tail:
            raise ValueError("a bot token is <id>:<secret>")
        return self._add(Account(int(head), username, bot=True, username=username, token=token))

    def add_person(
        self,
        first_name: str,
        language: str,
        phone: str | None,
        username: str | None,
        password: str = "",
    ) -> Account:
        """Return a new person; a password is asked for after the code.

        Raises:
            ValueError: the name or the phone number is taken.

        """
        ordinal = len(self._by_phone)
        number = self._number(f"person:{ordinal}", _PERSON_IDS)
        phone = digits(phone) if phone else f"99966{ordinal + 1:06d}"
        if phone in self._by_phone:
            raise ValueError("this phone number is taken")
        person = Account(number, first_name, username=username, phone=phone, language=language)
        if password:
            person.password = CloudPassword.make(password)
        self._by_phone[phone] = self._add(person)
        return person

    def _add(self, account: Account) -> Account:
        if account.id in self._by_id:
            raise ValueError(f"the id {account.id} is taken")
        if account.username is not None:
            if not _USERNAME.fullmatch(account.username):
                raise ValueError(f"{account.username!r} is no user name")
            if self._by_username.setdefault(account.username.lower(), account) is not account:
                raise ValueError(f"{account.username} is taken")
        self._by_id[account.id] = account
        return account

    def get(self, account_id: int) -> Account | None:
        """Return the account with an id, None if unknown."""
        return self._by_id.get(account_id)

    def named(self, username: str) -> Account | None:
        """Return the account with a user name, in any case; None if unknown."""
        return self._by_username.get(username.lower().removeprefix("@"))

    def by_phone(self, phone: str) -> Account | None:
        """Return the person with a phone number, None if unknown."""
        return self._by_phone.get(digits(phone))

    def by_token(self, token: str) -> Account | None:
        """Return the bot with a token, None if unknown."""
        head = token.partition(":")[0]
        account = self._by_id.get(int(head)) if head.isascii() and head.isdigit() else None
        good = account is not None and hmac.compare_digest(account.token, token)
        return account if good and account and account.bot else None

    def resolve(self, viewer: Account, peer: Any) -> Account:
        """Return the account that an InputPeer or InputUser means.

        Raises:
            RpcError: there is none, or the access hash is not the viewer's.

        """
        if isinstance(peer, types.InputPeerSelf | types.InputUserSelf):
            return viewer
        if isinstance(peer, types.InputPeerUser | types.InputUser):
            account = self._by_id.get(peer.user_id)
            if account is not None and self._may_name(viewer, account, peer.access_hash):
                return account
        raise RpcError("PEER_ID_INVALID")

    def _may_name(self, viewer: Account, account: Account, access_hash: int) -> bool:
        # Bots may use hash 0 for users they have met.
        # Source: https://core.telegram.org/api/peers#bots
        if viewer.bot and access_hash == 0:
            return account.id in viewer.met or account is viewer
        return access_hash == self.access_hash(viewer, account)

    def access_hash(self, viewer: Account, account: Account) -> int:
        """Return the access hash with which `viewer` may address `account`."""
        digest = self._digest(f"hash:{viewer.id}:{account.id}")
        return int.from_bytes(digest[:8], "little", signed=True)

    def show(self, viewer: Account, account: Account) -> Any:
        """Return an account as Telethon's `User`, as `viewer` sees it."""
        own = viewer is account
        contact = account.id in viewer.contacts
        return types.User(
            id=account.id,
            is_self=own or None,
            access_hash=self.access_hash(viewer, account),
            first_name=account.first_name,
            username=account.username,
            phone=account.phone if own or contact else None,
            contact=contact or None,
            bot=account.bot or None,
            bot_info_version=1 if account.bot else None,
            # Only bots are told the language of those who write to them.
            lang_code=(account.language or None) if viewer.bot and not account.bot else None,
            status=None if account.bot else types.UserStatusRecently(),
        )

    def show_all(self, viewer: Account, ids: set[int]) -> list[Any]:
        """Return the users that accompany an answer."""
        found = (self._by_id.get(number) for number in sorted(ids))
        return [self.show(viewer, account) for account in found if account is not None]

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._seed, text.encode(), hashlib.sha256)

    def _number(self, text: str, span: tuple[int, int]) -> int:
        start, width = span
        return start + int.from_bytes(self._digest(text)[:8], "big") % width


def digits(phone: str) -> str:
    """Return the digits of a typed phone number."""
    return "".join(c for c in phone if c.isascii() and c.isdigit())
