"""Authorization keys and the sessions that run under them: message ids, salts, live connections."""

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
    """A connection, as far as a session needs it."""

    def send(self, payload: bytes) -> None:
        """Write one payload."""

    def cut(self) -> None:
        """End the connection at once."""


class MessageIds:
    """Server message ids: the time, odd, and strictly growing.

    Source: https://core.telegram.org/mtproto/description#message-identifier-msg-id
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self, *, answer: bool) -> int:
        """Give an id that ends in 01 for an answer, in 11 for anything else."""
        seconds, fraction = divmod(time.time_ns(), 10**9)
        number = (seconds << 32) | ((fraction << 32) // 10**9)
        self._last = max(number & ~3, self._last + 4)
        return self._last | (1 if answer else 3)


@dataclass(slots=True, eq=False)
class MtprotoSession:
    """One client session: what it was sent, and the connection it was last heard on."""

    id: int
    key: AuthKey
    ids: MessageIds
    link: PushLink | None = None
    wants_updates: bool = True
    announced: bool = False
    seen: deque[int] = field(default_factory=lambda: deque(maxlen=_SEEN_KEPT))
    sent: int = 0

    def send(self, body: Any, *, answer: bool = False, content: bool = True) -> None:
        """Seal an object and write it, if the session is connected."""
        if self.link is None:
            return
        seq_no = self.sent * 2 + (1 if content else 0)
        self.sent += 1 if content else 0
        letter = DecryptedMessage(
            self.key.salt, self.id, self.ids.next(answer=answer), seq_no, bytes(body)
        )
        self.link.send(seal(self.key.data, letter))

    def cut(self) -> None:
        """End the connection it was last heard on."""
        if self.link is not None:
            self.link.cut()


class AuthKey:
    """A key, whose it is once signed in, and the sessions that run under it.

    `device` is the number of a ready key, else 0. `awaits_password_of` is who gave the code and
    not the password yet; `challenge` is the last question for it.
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
        """Find the session to send updates to: the last active one.

        Source: https://core.telegram.org/api/updates: "sent to an authorized user into the last
        active connection".
        """
        for session in reversed(self.sessions.values()):
            if session.link is not None and session.wants_updates:
                return session
        return None


class SessionRegistry:
    """All keys and sessions the server knows."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._keys: dict[bytes, AuthKey] = {}
        self._by_account: dict[int, list[AuthKey]] = {}
        self._ids = MessageIds()

    def add_key(self, data: bytes) -> AuthKey:
        """Take in a key that a handshake made."""
        key = AuthKey(data)
        return self._keys.setdefault(key.id, key)

    def ready_key(self, account_id: int, number: int = 0) -> bytes:
        """Give a signed-in key, derived from the seed: the same after a restart.

        `number` tells several devices of one account apart.
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
        """Find a key by its name."""
        return self._keys.get(name)

    def keys_of(self, account_id: int) -> list[AuthKey]:
        """List the devices that are signed in."""
        return self._by_account.get(account_id, [])

    def sign_in(self, key: AuthKey, account_id: int) -> None:
        """Say whose key it is."""
        self.sign_out(key)
        key.account_id = account_id
        self._by_account.setdefault(account_id, []).append(key)

    def sign_out(self, key: AuthKey) -> None:
        """Make the key nobody's."""
        if key.account_id is not None:
            self._by_account[key.account_id].remove(key)
            key.account_id = None
        key.awaits_password_of = key.challenge = None

    def change_salts(self) -> None:
        """Give every key another salt."""
        for key in self._keys.values():
            key.salt = _random_long()

    def hear(self, key: AuthKey, session_id: int, link: PushLink) -> MtprotoSession:
        """Find the session a message is from, or begin it."""
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
    """Tell a client that its session begins here."""
    return types.NewSessionCreated(
        first_msg_id=first_msg_id,
        unique_id=_random_long(),
        server_salt=session.key.salt,
    )
