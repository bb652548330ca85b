"""Limits on guessing passwords: per person, and per e-mail whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sapp_bot.domain.ports import Attempts
from sapp_bot.errors import UserError
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.i18n import Translator

WINDOW_S = 6 * 3600
LONGEST_WAIT_S = 30 * 60


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """After `free` failures each further one doubles the wait, from `first_s` on.

    Source of the shape: the OWASP Authentication Cheat Sheet, "Account Lockout": exponential
    waits, so that nobody can be locked out of their account by others for long.
    """

    free: int
    first_s: float

    def open_at(self, failures: Sequence[datetime]) -> datetime | None:
        """Say when the next try is allowed; None is at once."""
        beyond = len(failures) - self.free
        if beyond < 0:
            return None
        wait_s = min(LONGEST_WAIT_S, self.first_s * 2 ** min(beyond, 32))
        return failures[-1] + timedelta(seconds=wait_s)


PERSON = AttemptLimit(free=5, first_s=60)
EMAIL = AttemptLimit(free=10, first_s=1)


class LoginThrottle:
    """Counts failed logins of this person and for this e-mail. Without a store nobody logs in."""

    def __init__(self, turn: Turn, attempts: Attempts, translator: Translator) -> None:
        self._turn = turn
        self._attempts = attempts
        self._translator = translator

    async def check(self, email: str) -> None:
        """See whether a try is allowed now.

        Raises:
            UserError: not yet; the text says how long to wait.
            StoreAway: the store does not answer, so nobody can tell.

        """
        person, address = self._keys(email)
        failures = await asyncio.gather(
            self._attempts.recent(person, window_s=WINDOW_S),
            self._attempts.recent(address, window_s=WINDOW_S),
        )
        opens = [
            at
            for limit, found in zip((PERSON, EMAIL), failures, strict=True)
            if (at := limit.open_at(found)) is not None and at > self._turn.now
        ]
        if opens:
            wait_s = (max(opens) - self._turn.now).total_seconds()
            text = "Too many wrong tries. Please wait {span}, then /login again."
            raise UserError(text, span=self._translator.span(wait_s))

    async def failed(self, email: str) -> None:
        """Count a failed try."""
        for key in self._keys(email):
            await self._attempts.note(key, self._turn.update.key, window_s=WINDOW_S)

    async def passed(self, email: str) -> None:
        """Forget the failures for this e-mail: its owner came in.

        The person's own count stays, or somebody could log in to an account of theirs after
        every few guesses at another's.
        """
        await self._attempts.clear(self._keys(email)[1])

    def _keys(self, email: str) -> tuple[str, str]:
        return f"person:{self._turn.update.sender.id}", f"email:{email.strip().casefold()}"
