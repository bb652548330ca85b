"""Guessing passwords is slowed down: for the person who guesses, and for the address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from sapp_bot.domain.state import PersonState
from sapp_bot.domain.updates import Message, Person
from sapp_bot.errors import StoreAway, TooManyTries
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.pipeline.login_throttle import LONGEST_WAIT_S, LoginThrottle
from sapp_bot.host.settings import HostSettings
from sapp_bot.i18n import Translator

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAIL = "ann@example.org"


class KeptAttempts:
    """Keeps the failures in memory; while `is_away` it answers as a store without Redis does."""

    def __init__(self) -> None:
        self.failures: defaultdict[str, list[datetime]] = defaultdict(list)
        self.now = NOW
        self.is_away = False

    async def note(self, key: str, attempt: str, *, window_s: int) -> None:
        """Keep one failure."""
        self.failures[key].append(self.now)

    async def recent(self, key: str, *, window_s: int) -> Sequence[datetime]:
        """Give the failures."""
        if self.is_away:
            raise StoreAway("no answer")
        oldest = self.now - timedelta(seconds=window_s)
        return [at for at in self.failures[key] if at >= oldest]

    async def clear(self, key: str) -> None:
        """Forget them."""
        self.failures[key].clear()


def guard(attempts: KeptAttempts, person: int = 7) -> LoginThrottle:
    """Make the guard of a message that a person sends now."""
    message = Message(Person(person), person, 1, "guess", attempts.now)
    turn = Turn.of(message, PersonState(), HostSettings(), attempts.now)
    return LoginThrottle(turn, attempts, Translator("en"))


async def guess(attempts: KeptAttempts, times: int, *, person: int = 7, email: str = MAIL) -> None:
    """Try wrong passwords, one a second."""
    for _ in range(times):
        await guard(attempts, person).failed(email)
        attempts.now += timedelta(seconds=1)


async def test_a_person_waits_after_five() -> None:
    """Four wrong tries are free, the fifth costs a minute, and each further one twice as much."""
    attempts = KeptAttempts()
    await guess(attempts, 4, email="")
    await guard(attempts).check()
    await guess(attempts, 1, email="")
    with pytest.raises(TooManyTries):
        await guard(attempts).check()
    attempts.now += timedelta(seconds=60)
    await guard(attempts).check()
    await guess(attempts, 1, email="")
    attempts.now += timedelta(seconds=60)
    with pytest.raises(TooManyTries):
        await guard(attempts).check()


async def test_an_address_tried_from_fifty_accounts_waits() -> None:
    """Each of them has tried once only, and so a fresh one is refused for the address alone."""
    attempts = KeptAttempts()
    for person in range(100, 150):
        await guess(attempts, 1, person=person)
    await guard(attempts, 999).check()
    with pytest.raises(TooManyTries):
        await guard(attempts, 999).check(f" {MAIL.upper()} ")
    await guard(attempts, 999).check("bob@example.org")


async def test_the_owner_gets_in_after_the_longest_wait() -> None:
    """However many guesses of others there were: they cannot lock anybody out for longer."""
    attempts = KeptAttempts()
    for person in range(100, 150):
        await guess(attempts, 2, person=person)
    attempts.now += timedelta(seconds=LONGEST_WAIT_S)
    await guard(attempts).check(MAIL)


async def test_a_login_of_ones_own_buys_no_guesses() -> None:
    """A login that succeeds frees its address, and not the person who has guessed at others."""
    attempts = KeptAttempts()
    await guess(attempts, 5)
    await guard(attempts).passed("mine@example.org")
    with pytest.raises(TooManyTries):
        await guard(attempts).check("mine@example.org")
    await guard(attempts).passed(MAIL)
    await guard(attempts, 8).check(MAIL)


async def test_without_the_count_nobody_can_try() -> None:
    """While the store is away a guess would be free: it is refused, with the reason."""
    attempts = KeptAttempts()
    attempts.is_away = True
    with pytest.raises(StoreAway):
        await guard(attempts).check(MAIL)
