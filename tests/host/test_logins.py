"""Who is logged in: the index that timers go through."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sapp_bot.host.authoring.logins import Logins
from sapp_bot.testing import Stage
from tests.plugins.people import register


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the plugin that logs in."""
    async with Stage(only=["start", "auth"]) as stage:
        yield stage


async def people(stage: Stage) -> list[int]:
    """Return who is in the index."""
    logins = Logins(stage.store.plugin_storage, stage.store.inbox)
    return sorted([person async for person in logins.people()])


async def test_logins_and_logouts_are_followed(stage: Stage) -> None:
    """A login enters the index with its commit; a logout and the end of the token leave it."""
    ann, bob = await register(stage, "Ann"), await register(stage, "Bob")
    stage.person("Eve")
    assert await people(stage) == [ann.person.id, bob.person.id]
    await stage.restart()
    await ann.says("/logout")
    assert await people(stage) == [bob.person.id]
    await stage.passes(61 * 3600)

    assert await people(stage) == []


async def test_a_login_is_given_while_it_lasts(stage: Stage) -> None:
    """The session is that of the person, None after its end; its token shows in no repr."""
    ann = await register(stage, "Ann")
    logins = Logins(stage.store.plugin_storage, stage.store.inbox)
    session = await logins.of(ann.person.id)
    assert session is not None
    assert session.email == "ann@example.com"
    assert session.token.get_secret_value() not in repr(session)
    await stage.passes(61 * 3600)

    assert await logins.of(ann.person.id) is None
    assert await logins.of(12345) is None
