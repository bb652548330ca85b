"""A person's time zone: chosen once, and every time that they are shown is in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sapp_bot.domain.ports import Commit
from sapp_bot.domain.updates import Message
from sapp_bot.i18n import Translator
from sapp_bot.testing import Actor, Stage
from tests.pages import ROOT

TIME = re.compile(r"You are logged in until .+, (\d\d):\d\d( UTC)?\.")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Give a stage with the account's card and the rates plugin, which has /zone."""
    async with Stage(ROOT / "plugins", only=["start", "auth", "rates"], environment={}) as stage:
        yield stage


async def test_times_are_in_the_zone_that_was_chosen(stage: Stage) -> None:
    """By whichever plugin; before, and in UTC, the zone is named."""
    ann = await stage.signed_in("Ann")
    await ann.says("/me")
    before = TIME.search(ann.last)
    assert before is not None
    assert before[2] == " UTC"

    await ann.says("/zone Asia/Kolkata")
    await ann.says("/zone Asia/Tokyo")
    await stage.restart()
    await ann.says("/me")
    after = TIME.search(ann.last)
    assert after is not None
    assert after[2] is None
    assert int(after[1]) == (int(before[1]) + 9) % 24

    await ann.says("/zone UTC")
    await ann.says("/me")
    assert ann.sees(" UTC.")


async def test_a_zone_that_only_the_rates_knew_is_read_on(stage: Stage) -> None:
    """What was kept before the bot had zones shows in /settings, and is the bot's from then on."""
    ann = await stage.signed_in("Ann")
    await ann.says("/zone Tokyo")
    await forget_zone_of_bot(stage, ann)
    await ann.says("/me")
    assert ann.sees(" UTC.")
    await ann.says("/settings")
    assert ann.sees("Time zone: Asia/Tokyo")
    await ann.says("/me")
    assert not ann.sees(" UTC.")


async def forget_zone_of_bot(stage: Stage, actor: Actor) -> None:
    """Leave the zone with the rates plugin alone, as an older version did."""
    inbox = stage.store.inbox
    number, now = stage.room.next_id(), stage.clock.now()
    update = Message(actor.person, actor.chat_id, number, "", now)
    await inbox.accept(update)
    known = await inbox.person_state(actor.person.id)
    assert known.profile.zone == "Asia/Tokyo"
    after = replace(known, profile=replace(known.profile, zone=""))
    await inbox.commit(Commit(update, known, after, (), (), ()))


def test_a_zone_that_is_gone_from_the_database_is_utc() -> None:
    """The time is right then, too, and says of where it is."""
    noon = datetime(2026, 1, 10, 12, tzinfo=UTC)
    assert Translator("en", zone="Europe/Atlantis").time(noon) == "10 Jan 2026, 12:00 UTC"
    assert Translator("ru", zone="Europe/Moscow").time(noon) == "10 янв. 2026, 15:00"
