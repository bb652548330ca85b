"""Authorization keys and the sessions under them: message ids, salts, connections."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from telethon.tl import types

from sapp_bot.sandbox.telegram.mtproto.srp import Challenge

from .envelope import DecryptedMessage, key_id, seal

_SESSIONS_PER_KEY = 20
_SEEN_KEPT = 500
_KEY_BYTES = 256


class PushLink(Protocol):
    """The part of a connection that a session uses."""

    def send(self, payload: bytes) -> None:
        """Write one payload."""

    def cut(self) -> None:
        """Reset the connection."""


class MessageIds:
    """Generates the server's message ids: time-based, odd, strictly increasing.

    Source: https://core.telegram.org/mtproto/description#message-identifier-msg-id
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self, *, answer: bool) -> int:
        """Return an id whose last bits are 01 for an answer, 11 for anything else."""
        seconds, fraction = divmod(time.time_ns(), 10**9)
        number = (seconds << 32) | ((fraction << 32) // 10**9)
        self._last = max(number & ~3, self._last + 4)
        return self._last | (1 if answer else 3)


@dataclass(slots=True, eq=False)
class MtprotoSession:
    """One client session: what was sent to it, and the connection it last used."""

    id: int
    key: AuthKey
    ids: MessageIds
    link: PushLink | None = None
    wants_updates: bool = True
    announced: bool = False
    seen: deque[int] = field(default_factory=lambda: deque(maxlen=_SEEN_KEPT))
    sent: int = 0
    shown: set[int] = field(default_factory=set)
    """Ids of the accounts, and negative ids of the groups, that came with updates pushed here."""

    def send(self, body: Any, *, answer: bool = False, content: bool = True) -> None:
        """Encrypt and write an object, if the session is connected."""
        if self.link is None:
            return
        seq_no = self.sent * 2 + (1 if content else 0)
        self.sent += 1 if content else 0
        letter = DecryptedMessage(
            self.key.salt, self.id, self.ids.next(answer=answer), seq_no, bytes(body)
        )
        self.link.send(seal(self.key.data, letter))

    def cut(self) -> None:
        """Reset the connection that the session last used."""
        if self.link is not None:
            self.link.cut()


class AuthKey:
    """An authorization key, its account once signed in, and the sessions under it.

    `device` is the number of a ready key, else 0. `awaits_password_of` is the account whose code
    was given and whose password was not; `challenge` is the last SRP challenge for it.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.device = 0
        self.id = key_id(data)
        self.salt = _random_long()
        self.account_id: int | None = None
        self.awaits_password_of: int | None = None
        self.challenge: Challenge | None = None
        self.sessions: OrderedDict[int, MtprotoSession] = OrderedDict()

    def last_heard(self) -> MtprotoSession | None:
        """Return the session to send updates to: the last active one.

        Source: https://core.telegram.org/api/updates: "sent to an authorized user into the last
        active connection".
        """
        for session in reversed(self.sessions.values()):
            if session.link is not None and session.wants_updates:
                return session
        return None


class SessionRegistry:
    """All keys and sessions of the server."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._keys: dict[bytes, AuthKey] = {}
        self._by_account: dict[int, list[AuthKey]] = {}
        self._ids = MessageIds()

    def add_key(self, data: bytes) -> AuthKey:
        """Add a key that a handshake made."""
        key = AuthKey(data)
        return self._keys.setdefault(key.id, key)

    def ready_key(self, account_id: int, number: int = 0) -> bytes:
        """Return a signed-in key derived from the seed, so that it is the same after a restart.

        Args:
            account_id: Whose key.
            number: Number of the account's device.

        """
        text = f"{account_id}:{number}".encode()
        data = b"".join(
            hmac.digest(self._seed, bytes([block]) + text, hashlib.sha512)
            for block in range(_KEY_BYTES // 64)
        )
        key = self.add_key(data)
        key.device = number
        if key.account_id is None:
            self.sign_in(key, account_id)
        return data

    def find_key(self, name: bytes) -> AuthKey | None:
        """Return the key with an id (8 bytes), None if unknown."""
        return self._keys.get(name)

    def keys_of(self, account_id: int) -> list[AuthKey]:
        """Return the keys of an account's signed-in devices."""
        return self._by_account.get(account_id, [])

    def sign_in(self, key: AuthKey, account_id: int) -> None:
        """Sign an account in under a key."""
        self.sign_out(key)
        key.account_id = account_id
        self._by_account.setdefault(account_id, []).append(key)

    def sign_out(self, key: AuthKey) -> None:
        """Sign a key out."""
        if key.account_id is not None:
            self._by_account[key.account_id].remove(key)
            key.account_id = None
        key.awaits_password_of = key.challenge = None

    def change_salts(self) -> None:
        """Replace the salt of every key."""
        for key in self._keys.values():
            key.salt = _random_long()

    def hear(self, key: AuthKey, session_id: int, link: PushLink) -> MtprotoSession:
        """Return the session that a message is from, new if unknown, with its connection."""
        session = key.sessions.get(session_id)
        if session is None:
            session = key.sessions[session_id] = MtprotoSession(session_id, key, self._ids)
            if len(key.sessions) > _SESSIONS_PER_KEY:
                key.sessions.popitem(last=False)
        key.sessions.move_to_end(session_id)
        session.link = link
        return session


def _random_long() -> int:
    return int.from_bytes(secrets.token_bytes(8), "little", signed=True)


def new_session(session: MtprotoSession, first_msg_id: int) -> Any:
    """Return the message that tells a client that its session is new."""
    return types.NewSessionCreated(
        first_msg_id=first_msg_id,
        unique_id=_random_long(),
        server_salt=session.key.salt,
    )
