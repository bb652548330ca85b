"""Notices: reads that run out, and a login that ends, each told once, unless turned off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from plugins.notices import LONG_AGO, OFTEN, SELDOM, Watched
from sapp_bot.sapp.models import Client
from sapp_bot.testing import Actor, Stage
from tests.plugins.people import register, with_client

MINE = "GET /account/client/using-token"
NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOUR_S = 3600


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run what the notices need."""
    async with Stage(only=["start", "auth", "clients", "notices"]) as stage:
        yield stage


def use(stage: Stage, used: int, available: int = 1000) -> None:
    """Set the numbers of Ann's client."""
    clients = stage.api.database.clients
    clients.update(1, {"reads_used": used, "reads_available": available})


def told(person: Actor, text: str) -> int:
    """Count the messages of the chat that have a text."""
    return sum(text in shown.text.plain for shown in person.chat)


async def test_each_level_is_told_once(stage: Stage) -> None:
    """75, 90 and 100 % come once each, with the reads that are left and the next step."""
    ann = await with_client(stage)
    for used in (100, 740, 760, 800, 905, 910, 1000, 1000):
        use(stage, used)
        await stage.passes(SELDOM.total_seconds())

    assert told(ann, "75 % of the reads are used: 240 are left for client “shop”.") == 1
    assert told(ann, "90 % of the reads are used: 95 are left") == 1
    assert told(ann, "All reads of client “shop” are used.") == 1
    assert told(ann, "of the reads are used") == 2
    await ann.presses("My client")
    assert ann.sees("0 reads left of 1,000")


async def test_a_level_that_was_passed_over_is_not_told(stage: Stage) -> None:
    """From 10 to 95 % there is one notice, the one that matters."""
    ann = await with_client(stage)
    use(stage, 950)
    await stage.passes(SELDOM.total_seconds())

    assert told(ann, "% of the reads are used") == 1
    assert told(ann, "90 % of the reads are used") == 1


async def test_the_balance_draws_what_is_left_as_the_card_does(stage: Stage) -> None:
    """One bar for one fact: full cells are reads that are there."""
    ann = await with_client(stage)
    use(stage, 750)
    await ann.says("/client")
    card = next(line for line in ann.last.splitlines() if "▓" in line)
    await ann.says("/balance")

    assert card == "▓▓▓▓▓░░░░░░░░░░░░░░░ 25%"
    assert ann.sees(f"{card} left; used: 750 of 1,000")


async def test_news_that_are_off_are_not_promised(stage: Stage) -> None:
    """The sentence below says the same as the headline."""
    ann = stage.person()
    await ann.says("/news off")

    assert ann.last == (
        "News is off.\nWhat the operators of this bot write to everybody does not come to you."
    )


async def test_a_refill_begins_anew(stage: Stage) -> None:
    """After more reads came the levels count from there, however many were used before."""
    ann = await with_client(stage)
    use(stage, 1000)
    await stage.passes(SELDOM.total_seconds())
    for used in (1000, 1100, 1740, 1760, 2000):
        use(stage, used, available=2000)
        await stage.passes(SELDOM.total_seconds())

    assert told(ann, "All reads of client") == 2
    assert told(ann, "75 % of the reads are used: 240 are left") == 1


async def test_a_restart_repeats_nothing(stage: Stage) -> None:
    """What was told is known to the next process."""
    ann = await with_client(stage)
    use(stage, 800)
    await stage.passes(SELDOM.total_seconds())
    await stage.restart()
    await stage.passes(4 * SELDOM.total_seconds())

    assert told(ann, "75 % of the reads are used") == 1


async def test_a_login_that_ends_is_told_the_day_before(stage: Stage) -> None:
    """Once, with the button that goes on; and again for the next login."""
    ann = await register(stage)
    await stage.passes(35 * HOUR_S)
    assert not told(ann, "Your login as")
    await stage.passes(2 * HOUR_S)
    assert told(ann, "Your login as ann@example.com ends in ") == 1
    await stage.passes(22 * HOUR_S)
    assert told(ann, "Your login as") == 1
    await ann.presses("Log in")

    assert ann.sees("What is the e-mail address of your account?")


async def test_notices_can_be_turned_off(stage: Stage) -> None:
    """By presses from /settings; then nothing is told, and nothing is asked of the API."""
    ann = await with_client(stage)
    await ann.says("/settings")
    await ann.presses("Notices")
    await ann.presses("Turn notices off")
    assert ann.sees("Notices are off.")
    before = stage.api.count(MINE)
    use(stage, 1000)
    await stage.passes(50 * HOUR_S)

    assert not told(ann, "All reads of client")
    assert not told(ann, "Your login as")
    assert stage.api.count(MINE) == before
    await ann.presses("Turn notices on")
    await stage.passes(SELDOM.total_seconds())
    assert told(ann, "All reads of client") == 1


async def test_an_idle_person_costs_twelve_calls_a_day(stage: Stage) -> None:
    """None of them takes a read; a person who is logged out, or has no client, costs no more."""
    await with_client(stage)
    before = stage.api.count(MINE)
    await stage.passes(24 * HOUR_S)

    assert stage.api.count(MINE) - before in {12, 13}
    assert stage.api.database.clients.get(1).reads_used == 0


async def test_nobody_is_looked_at_after_a_logout(stage: Stage) -> None:
    """The index of logins follows the logout."""
    ann = await with_client(stage)
    await ann.says("/logout")
    before = stage.api.count(MINE)
    await stage.passes(24 * HOUR_S)

    assert stage.api.count(MINE) == before
    assert not told(ann, "Your login as")


async def test_an_api_that_is_away_is_asked_once_a_run(stage: Stage) -> None:
    """Nobody is told anything, and what was missed is told when it is back."""
    people = [await with_client(stage)]
    use(stage, 800)
    people += [await register(stage, name) for name in ("Bob", "Eve")]
    stage.api.database_away = True
    await stage.passes(SELDOM.total_seconds())
    assert not any(told(person, "are used") for person in people)
    stage.api.database_away = False
    await stage.passes(SELDOM.total_seconds())

    assert told(people[0], "75 % of the reads are used") == 1


async def test_a_notice_is_in_the_persons_language(stage: Stage) -> None:
    """Plurals and times are Russian for who reads Russian."""
    ann = await with_client(stage, language="ru")
    use(stage, 979)
    await stage.passes(SELDOM.total_seconds())

    assert told(ann, "Использовано 90 % запросов: у клиента «shop» остался 21 запрос.")


def seen(available: int, used: int, at: datetime, before: Watched | None = None) -> Watched:
    """Return what a look at a client leaves."""
    client = Client.model_construct(
        id=1,
        name="shop",
        api_key=SecretStr("key"),
        user_id=1,
        reads_used=used,
        reads_available=available,
        domains="*",
        created_at=at,
    )
    return (before or Watched()).seen(client, at)


@pytest.mark.parametrize(
    ("used", "hours", "wait"),
    [
        (0, 1, SELDOM),  # nobody calls
        (10, 1, SELDOM),  # 65 hours to 75 %
        (600, 1, OFTEN),  # 15 minutes to 75 %
        (300, 1, timedelta(minutes=45)),  # an hour and a half to 75 %
        (5000, 1, SELDOM),  # all are gone: there is nothing to come
    ],
)
def test_who_spends_faster_is_looked_at_more_often(used: int, hours: int, wait: timedelta) -> None:
    """Half of the time to the next level, from 15 minutes to two hours."""
    first = seen(1000, 0, NOON)
    second = seen(1000, used, NOON + timedelta(hours=hours), first)

    assert second.until_next_level(first) == wait


def test_percent_counts_from_the_last_refill() -> None:
    """A client that has used a million is not at 99 % when it has got new reads."""
    first = seen(1_000_000, 990_000, NOON)
    second = seen(1_010_000, 990_000, NOON, first)

    assert first.percent == 99
    assert second.percent == 0
    assert seen(1_010_000, 1_005_000, NOON, second).percent == 75
    assert seen(0, 0, NOON).percent == 100
    assert Watched().looked_at == LONG_AGO


async def test_who_is_known_only_by_id_is_spoken_to_as_before(stage: Stage) -> None:
    """A message in Telegram's short form names nobody: the language is that of the ones before."""
    ann = stage.person("Ann", language="ru")
    await ann.says("/start")
    unnamed = stage.person("", language="", id=ann.person.id)
    await unnamed.says("/help")

    assert unnamed.sees("Справка") or unnamed.sees("Нажмите на команду")
