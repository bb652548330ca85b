"""Keeps secrets out of the chat: deletes them, and what repeats one after its question is over.

People send a password twice, or a second too late. For some minutes after a secret was typed its
keyed digest is kept, and a text with the same digest is deleted. While a retry or a lock is on, any
text may be a secret.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import structlog

from sapp_bot.domain.ports import Signer, TelegramPort
from sapp_bot.domain.state import TypedSecrets
from sapp_bot.domain.updates import Message
from sapp_bot.errors import TelegramError
from sapp_bot.host.authoring.context import Ctx
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.values import replace

log = structlog.get_logger(__name__)

KNOWN_FOR = timedelta(minutes=10)
"""How long a typed secret is recognised."""

MOST_KNOWN = 8
"""Most secrets that are recognised; the oldest is forgotten first."""

DIGEST_BYTES = 16


class SecretGuardDeps(Protocol):
    """Dependencies of the guard."""

    @property
    def telegram(self) -> TelegramPort:
        """Deletes secrets from a chat at once, without the outbox."""

    @property
    def signer(self) -> Signer:
        """Makes keyed digests, so that what is stored of a secret cannot be guessed offline."""


class SecretGuard:
    """Guard of the secrets that one person types, for one turn."""

    def __init__(self, turn: Turn, ctx: Ctx, deps: SecretGuardDeps) -> None:
        self._turn = turn
        self._ctx = ctx
        self._telegram = deps.telegram
        self._signer = deps.signer
        known = turn.profile.secrets
        if known is not None and known.until <= turn.now:
            turn.profile = replace(turn.profile, secrets=None)

    async def take(self, message: Message) -> bool:
        """Delete a message with a secret, and recognise its text from now on.

        Returns:
            Whether the message is gone.

        """
        self.remember(message.text)
        return await self.remove(message)

    def remember(self, text: str) -> None:
        """Recognise a text as a secret for the next minutes."""
        if not text.strip():
            return
        turn, known = self._turn, self._turn.profile.secrets
        until = turn.now + KNOWN_FOR
        if self.knows(text) and known is not None:
            turn.profile = replace(turn.profile, secrets=replace(known, until=until))
            return
        digest = self._signer.sign(self._signed(text))[:DIGEST_BYTES]
        older = known.digests if known is not None else ()
        locked_until = known.locked_until if known is not None else None
        secrets = TypedSecrets((*older, digest)[-MOST_KNOWN:], until, locked_until)
        turn.profile = replace(turn.profile, secrets=secrets)

    def forget(self, text: str) -> None:
        """Recognise a text no longer: it has turned out to be none."""
        known = self._turn.profile.secrets
        if known is None:
            return
        signed = self._signed(text)
        others = tuple(d for d in known.digests if not self._signer.verify(signed, d))
        self._turn.profile = replace(self._turn.profile, secrets=replace(known, digests=others))

    def knows(self, text: str) -> bool:
        """Return whether a text is a secret that was typed in the last minutes."""
        known = self._turn.profile.secrets
        if known is None or not text.strip():
            return False
        signed = self._signed(text)
        return any(self._signer.verify(signed, digest) for digest in known.digests)

    @property
    def locked_for(self) -> timedelta | None:
        """How long guesses are still refused, so that any text may be one more; None if not."""
        known = self._turn.profile.secrets
        until = known.locked_until if known is not None else None
        return until - self._turn.now if until is not None and until > self._turn.now else None

    async def remove(self, message: Message) -> bool:
        """Delete a message from the chat; ask the person to if Telegram refuses.

        Telegram lets bots delete for 48 h only. Source:
        https://core.telegram.org/bots/api#deletemessage
        """
        try:
            gone = await self._telegram.remove(message.chat_id, message.message_id)
        except TelegramError as error:
            log.warning("secret.not_removed", reason=str(error))
            gone = False
        if not gone:
            await self._ctx.say(
                "I could not delete your message. Please delete it yourself: it may hold a secret."
            )
        return gone

    def _signed(self, text: str) -> bytes:
        sender = self._turn.update.sender.id
        return f"secret:{sender}:{text.strip()}".encode("utf-8", "surrogatepass")
