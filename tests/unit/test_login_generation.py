"""The number of a login is never that of an earlier one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from sapp_bot.domain.state import Login, PersonState, Profile
from sapp_bot.domain.updates import Message, Person
from sapp_bot.host.authoring.turn import Turn
from sapp_bot.host.settings import HostSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOGIN = Login(3, "ann@example.org", "client", SecretStr("a.b.c"), NOW + timedelta(days=2))


def turn(state: PersonState, now: datetime = NOW) -> Turn:
    """Begin a turn."""
    return Turn.of(Message(Person(1), 1, 1, "/login", now), state, HostSettings(), now)


def test_each_login_and_logout_has_a_higher_number() -> None:
    """Also within one second, and after a clock that was set back."""
    first = turn(PersonState())
    first.open_session(LOGIN)
    numbers = [first.profile.generation]
    first.close_session()
    numbers.append(first.profile.generation)
    earlier = turn(PersonState(profile=first.profile), NOW - timedelta(days=1))
    session = earlier.open_session(LOGIN)

    assert numbers[0] < numbers[1] < session.generation == earlier.profile.generation


def test_a_login_after_the_store_was_emptied_is_a_new_one() -> None:
    """With nothing remembered its number is still higher than all before."""
    before = turn(PersonState(profile=Profile(generation=7)))
    before.open_session(LOGIN)
    after = turn(PersonState(), NOW + timedelta(seconds=1))

    assert after.open_session(LOGIN).generation > before.profile.generation > 7
