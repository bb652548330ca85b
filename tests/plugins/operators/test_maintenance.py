"""Maintenance: one honest sentence for people, operators go on, and nothing is lost."""

from __future__ import annotations

from sapp_bot.domain.updates import PreCheckoutQuery
from tests.plugins.operators.office import Office
from tests.plugins.people import PASSWORD, register

NOTICE = "I am closed for maintenance. Nothing is lost; please come back."


async def test_people_are_told_and_operators_go_on(office: Office) -> None:
    """Commands, texts and presses get the operator's words, and a notice."""
    await office.ann.says("/client")
    await office.boss.says("/maintenance on Back at three. | Будем в три.")
    assert office.boss.sees("The bot is in maintenance.")
    for typed in ("/client", "hello", "/start", "/login", "/users"):
        await office.ann.says(typed)
        assert office.ann.last == f"Back at three.\n{NOTICE}", typed
    await office.eve.says("привет")
    assert office.eve.sees("Будем в три.\nЯ на техническом обслуживании.")
    assert await office.ann.presses("Refresh") == f"Back at three.\n{NOTICE}"
    await office.boss.says("/clients")
    assert office.boss.sees("2 clients")
    await office.boss.says("/about")
    assert office.boss.sees("I am in maintenance")


async def test_it_lasts_over_a_restart_until_it_is_ended(office: Office) -> None:
    """It is kept; /audit has both acts."""
    await office.boss.says("/maintenance on")
    await office.stage.restart()
    assert office.stage.bot.is_in_maintenance
    await office.ann.says("/start")
    assert office.ann.last == NOTICE
    await office.boss.says("/maintenance")
    await office.boss.presses("Open it again")
    await office.ann.says("/start")
    assert office.ann.sees("You are logged in as ann@example.com")
    await office.boss.says("/audit")
    assert office.boss.sees("maintenance off: done")
    assert office.boss.sees("maintenance on: done")


async def test_forms_are_kept(office: Office) -> None:
    """A form that was begun goes on afterwards, where it was."""
    zoe = await register(office.stage, "Zoe")
    await zoe.says("/newclient shop")
    await office.boss.says("/maintenance on")
    await zoe.says("*")
    assert zoe.last == NOTICE
    await office.boss.says("/maintenance off")
    await zoe.says("*")
    await zoe.says("yes")
    assert zoe.sees("Your client is ready.")


async def test_a_password_does_not_stay_in_the_chat(office: Office) -> None:
    """What is typed into a secret question, or behind a command, is deleted all the same."""
    zoe = office.stage.person("Zoe")
    await zoe.says("/login zoe@example.com")
    await office.boss.says("/maintenance on")
    await zoe.says(PASSWORD)
    assert zoe.last == NOTICE
    assert not zoe.can_read(PASSWORD)
    await zoe.says(f"/login zoe@example.com {PASSWORD}")
    assert not zoe.can_read(PASSWORD)


async def test_a_key_is_hidden_in_time(office: Office) -> None:
    """What the bot had set itself goes on: a key that is shown is hidden again."""
    await office.ann.says("/client show")
    await office.boss.says("/maintenance on")
    await office.stage.passes(61)
    assert any("…" in shown.text.plain for shown in office.ann.chat)
    assert "Copy key" not in office.ann.labels()


async def test_nobody_is_charged_and_groups_hear_only_answers(office: Office) -> None:
    """A payment is declined before it is made; chatter in a group is still not for the bot."""
    await office.boss.says("/maintenance on")
    stage = office.stage
    await stage.take(PreCheckoutQuery(office.ann.person, 4711, b"x", 5))
    assert NOTICE in str(stage.room.checkouts[4711])
    group = office.ann.within(-100)
    await group.says("hello everybody")
    assert group.news == []
    await group.says("/about")
    assert group.last == NOTICE
    assert await office.ann.asks("100 usd to eur") == []
