"""Authorization keys and the sessions under them: message ids, salts, connections."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Protocol

from telethon.tl import types

from sapp_bot.sandbox.telegram.mtproto.srp import Challenge

from .envelope import DecryptedMessage, key_id, seal
from .layers import NEWEST, in_layer
from .message_states import ReceivedMessages, SentMessage, SentMessages
from .salts import Salts

RESEND_AFTER_S = 90.0
"""Seconds after which what was not acknowledged is sent again. Telethon acknowledges with its next
message, and it sends one every minute."""

_SESSIONS_PER_KEY = 20
_KEY_BYTES = 256


class PushLink(Protocol):
    """The part of a connection that a session uses."""

    def send(self, payload: bytes) -> None:
        """Write one payload."""

    def cut(self) -> None:
        """Reset the connection."""

    def close_in(self, seconds: float) -> None:
        """Close the connection after some seconds; a later call takes the place of this one."""


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
    """One client session: what came in it, what was sent, and the connection it last used.

    `key` is the key that is signed in; `cipher` the one that encrypts: a temporary one, or the
    same. `running` are the calls being worked on, by the id of their message.
    """

    id: int
    key: AuthKey
    cipher: AuthKey
    ids: MessageIds
    resend_after_s: float
    link: PushLink | None = None
    layer: int = 0
    wants_updates: bool = True
    announced: bool = False
    received: ReceivedMessages = field(default_factory=ReceivedMessages)
    unacknowledged: SentMessages = field(default_factory=SentMessages)
    running: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    sent: int = 0
    shown: set[int] = field(default_factory=set)
    """Ids of the accounts, and negative ids of the groups, that came with updates pushed here."""
    _looking: asyncio.TimerHandle | None = None

    def send(
        self,
        body: Any,
        *,
        answer: bool = False,
        content: bool = True,
        answers: int = 0,
        lost: bool = False,
    ) -> None:
        """Encrypt and write an object; what has content is kept until it is acknowledged.

        Args:
            body: A TL object, or the bytes of one.
            answer: Whether it answers a message, which shows in its id.
            content: Whether the client has to acknowledge it.
            answers: Id of the call that it is the result of, 0 for none.
            lost: Whether it gets lost on its way; it is sent again later.

        """
        data = bytes(in_layer(body, self.layer or self.key.layer or NEWEST))
        seq_no = self.sent * 2 + (1 if content else 0)
        self.sent += 1 if content else 0
        now = time.monotonic()
        message = SentMessage(self.ids.next(answer=answer), seq_no, data, answers, now, now)
        if content:
            self.unacknowledged.add(message)
            self._look_later()
        if not lost:
            self._write(message)

    def _write(self, message: SentMessage) -> None:
        if self.link is None:
            return
        salt = self.cipher.salts.current(time.time())
        letter = DecryptedMessage(salt, self.id, message.msg_id, message.seq_no, message.body)
        self.link.send(seal(self.cipher.data, letter))

    def send_again(self, *messages: SentMessage) -> None:
        """Write messages again, under their old ids."""
        for message in messages:
            message.sent_at = time.monotonic()
            self._write(message)

    def resume(self) -> None:
        """Write again what was not acknowledged, as the client has a new connection."""
        self.send_again(*self.unacknowledged.due(time.monotonic(), 0))
        if self.unacknowledged.lost_some:
            self.unacknowledged.lost_some = False
            self.send(types.UpdatesTooLong())

    def _look_later(self) -> None:
        if self._looking is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(self.resend_after_s, self._look)

    def _look(self) -> None:
        self._looking = None
        if self.link is None:  # all is sent again when the client comes back
            return
        self.send_again(*self.unacknowledged.due(time.monotonic(), self.resend_after_s * 0.9))
        if self.unacknowledged:
            self._look_later()

    def cut(self) -> None:
        """Reset the connection that the session last used."""
        if self.link is not None:
            self.link.cut()


class AuthKey:
    """An authorization key, its account once signed in, and the sessions under it.

    `device` is the number of a ready key, else 0. `expires_at` is that of a temporary key (seconds
    since 1970), `bound_to` the permanent one that it works for. `layer` is the one that a client
    named last, None as long as it called no `initConnection`. `awaits_password_of` is the account
    whose code was given and whose password was not; `challenge` is the last SRP challenge for it.
    """

    def __init__(self, data: bytes, expires_at: float | None = None) -> None:
        self.data = data
        self.device = 0
        self.id = key_id(data)
        self.salts = Salts.make()
        self.layer: int | None = None
        self.expires_at = expires_at
        self.bound_to: AuthKey | None = None
        self.account_id: int | None = None
        self.awaits_password_of: int | None = None
        self.challenge: Challenge | None = None
        self.sessions: OrderedDict[int, MtprotoSession] = OrderedDict()

    def last_heard(self) -> MtprotoSession | None:
        """Return the session to send updates to: the last active one.

        Source: https://core.telegram.org/api/updates: "sent to an authorized user into the last
        active connection". Without a connection they wait in the last session, which the client
        may continue.
        """
        wanting = [session for session in self.sessions.values() if session.wants_updates]
        linked = [session for session in wanting if session.link is not None]
        return next(iter(reversed(linked or wanting)), None)


class SessionRegistry:
    """All keys and sessions of the server."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._keys: dict[bytes, AuthKey] = {}
        self._by_account: dict[int, list[AuthKey]] = {}
        self._ids = MessageIds()
        self.resend_after_s = RESEND_AFTER_S

    def add_key(self, data: bytes, expires_at: float | None = None) -> AuthKey:
        """Add a key that a handshake made; a temporary one with the time of its end."""
        key = AuthKey(data, expires_at)
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
        """Return the key with an id (8 bytes), None if it is unknown or over."""
        key = self._keys.get(name)
        if key is not None and key.expires_at is not None and key.expires_at <= time.time():
            del self._keys[name]
            return None
        return key

    def bind(self, session: MtprotoSession, permanent: AuthKey, expires_at: float) -> None:
        """Let a session's temporary key work for a permanent one."""
        temporary = session.cipher
        temporary.bound_to, temporary.expires_at = permanent, expires_at
        temporary.sessions.pop(session.id, None)
        self._adopt(permanent, session)

    @staticmethod
    def _adopt(key: AuthKey, session: MtprotoSession) -> None:
        session.key = key
        key.sessions[session.id] = session
        if len(key.sessions) > _SESSIONS_PER_KEY:
            key.sessions.popitem(last=False)

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
            key.salts.change()

    def hear(self, key: AuthKey, session_id: int, link: PushLink) -> MtprotoSession:
        """Return the session that a message is from, new if unknown, with its connection."""
        owner = key.bound_to or key
        session = owner.sessions.get(session_id)
        if session is None:
            session = MtprotoSession(session_id, owner, key, self._ids, self.resend_after_s)
            self._adopt(owner, session)
        owner.sessions.move_to_end(session_id)
        was_away = session.announced and session.link is None
        session.link, session.cipher = link, key
        if was_away:
            session.resume()
        return session


def _random_long() -> int:
    return int.from_bytes(secrets.token_bytes(8), "little", signed=True)


def new_session(session: MtprotoSession, first_msg_id: int) -> Any:
    """Return the message that tells a client that its session is new."""
    return types.NewSessionCreated(
        first_msg_id=first_msg_id,
        unique_id=_random_long(),
        server_salt=session.cipher.salts.current(time.time()),
    )
