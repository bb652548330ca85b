"""Limits failed logins, per person and per e-mail address. Must not see passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sapp_bot.domain.ports import Attempts
from sapp_bot.errors import TooManyTries
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.i18n import Translator
from sapp_bot.values import dataclass

WINDOW_S = 6 * 3600
"""Seconds for which a failed try counts."""

LONGEST_WAIT_S = 30 * 60
"""Longest wait in seconds: also the longest that others can lock somebody out."""


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """Exponential wait after too many failed tries.

    Source: the OWASP Authentication Cheat Sheet, "Account Lockout": exponential waits, so that
    nobody can be locked out of their account by others for long.

    Args:
        failures: How many failures it takes until one has to wait.
        first_s: Seconds to wait then; each further failure doubles them.

    """

    failures: int
    first_s: float

    def open_at(self, failures: Sequence[datetime]) -> datetime | None:
        """Return when the next try is allowed (aware UTC); None means now.

        Args:
            failures: Times of the failed tries (aware UTC), oldest first.

        """
        beyond = len(failures) - self.failures
        if beyond < 0:
            return None
        wait_s = min(LONGEST_WAIT_S, self.first_s * 2 ** min(beyond, 32))
        return failures[-1] + timedelta(seconds=wait_s)


PERSON_LIMIT = AttemptLimit(failures=5, first_s=60)
EMAIL_LIMIT = AttemptLimit(failures=10, first_s=1)


class LoginThrottle:
    """Counter of failed logins of one person, and for the e-mail addresses they try.

    When the store is away nobody can log in: without the count a guess would be free.

    Args:
        turn: The turn of the person who logs in.
        attempts: Stores failed tries.
        translator: Formats the time to wait.

    """

    def __init__(self, turn: Turn, attempts: Attempts, translator: Translator) -> None:
        self._turn = turn
        self._attempts = attempts
        self._translator = translator

    async def check(self, email: str = "") -> None:
        """Check that a try is allowed now: before anything is asked, and before each try.

        While it is not, the person's texts are deleted: they may be further guesses.

        Args:
            email: The address that is tried; "" while it is unknown, to check the person alone.

        Raises:
            TooManyTries: there were too many failures; the text says how long to wait.
            StoreAway: the store does not answer.

        """
        limits = (PERSON_LIMIT, EMAIL_LIMIT)
        counted = list(zip(limits, self._keys(email), strict=True))[: 2 if email else 1]
        failures = await asyncio.gather(
            *(self._attempts.recent(key, window_s=WINDOW_S) for _, key in counted)
        )
        opens = [
            at
            for (limit, _), found in zip(counted, failures, strict=True)
            if (at := limit.open_at(found)) is not None and at > self._turn.now
        ]
        if opens:
            self._turn.lock_secrets(max(opens))
            raise TooManyTries(when=self._translator.ahead(max(opens) - self._turn.now))

    async def failed(self, email: str) -> None:
        """Count a failed try for the person and for the e-mail address.

        Raises:
            StoreAway: the store does not answer.

        """
        for key in self._keys(email):
            await self._attempts.note(key, self._turn.update.key, window_s=WINDOW_S)

    async def failures(self) -> int:
        """Return how many failed tries of the person count now.

        Raises:
            StoreAway: the store does not answer.

        """
        return len(await self._attempts.recent(self._keys("")[0], window_s=WINDOW_S))

    async def passed(self, email: str) -> None:
        """Delete the failures for an e-mail address, after a successful login.

        The person's own count stays: otherwise an attacker could reset it by logging in to an
        account of their own after every few guesses.

        Raises:
            StoreAway: the store does not answer.

        """
        await self._attempts.clear(self._keys(email)[1])

    def _keys(self, email: str) -> tuple[str, str]:
        return f"person:{self._turn.update.sender.id}", f"email:{email.strip().casefold()}"
