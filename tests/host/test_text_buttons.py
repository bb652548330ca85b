"""User mode: numbers in the place of buttons, silence for what is not for us."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sapp_bot.domain.updates import Message, Person
from sapp_bot.host.pipeline.notices import OutOfBandNotices
from sapp_bot.i18n import core_languages
from sapp_bot.testing import Actor, ChatRoom, Stage
from tests.plugins.people import key_of, register, with_client

BELL = '''"""Rings."""
from sapp_bot import Button, Ctx, Plugin, Screen

plugin = Plugin(version="1.0")


class Again(Button):
    pass


@plugin.command
async def bell(ctx: Ctx) -> None:
    """Ring."""
    await ctx.say("Ding")


@plugin.button(typed_as="/bell")
async def again(ctx: Ctx, pressed: Again) -> None:
    """Ring again."""
    await ctx.say("Ding")


@plugin.every(60)
async def ring(ctx: Ctx) -> None:
    """Ring at somebody."""
    await (await ctx.to(7)).show(Screen("Ding", [[Again().key("Again")]]), name="bell")
'''


def spoken(actor: Actor) -> list[str]:
    """List what the bot has in the chat."""
    return [shown.text.plain for shown in actor.chat if shown.by_bot]


async def test_a_screen_has_numbers_and_no_buttons() -> None:
    """Each button is a number under the text, row by row, with a hint; none is sent."""
    async with Stage(mode="user") as stage:
        olga = stage.owner()
        await olga.says("/start")
        assert olga.last.endswith(
            "1 Register · 2 Log in\n3 Rates\n4 Help · 5 Settings\nSend the number of your choice."
        )
        assert not any(shown.rows for shown in olga.chat)


@pytest.mark.parametrize("typed", ["1", " 1 ", "1.", "1)"])
async def test_a_number_presses_the_button(typed: str) -> None:
    """The number does what the button would, and so over a restart."""
    async with Stage(mode="user") as stage:
        olga = stage.owner()
        await olga.says("/start")
        await stage.restart()
        await olga.says(typed)
        assert olga.sees("Which e-mail address")


async def test_a_question_wins_over_numbers() -> None:
    """While a form is open a number is its answer, and screens name commands instead."""
    async with Stage(mode="user") as stage:
        olga = await register(stage)
        await olga.says("/newclient")
        await olga.says("/client")
        await olga.says("/start")
        assert olga.sees("/newclient – Create a client")
        await olga.says("1")
        assert olga.sees("From which websites")
        await olga.says("*")
        await olga.says("yes")
        assert olga.sees("Client “1”")


async def test_the_choices_of_a_question_are_numbers_too() -> None:
    """A question's choices are taken by number, its ways out are commands."""
    async with Stage(mode="user") as stage:
        ann = await register(stage)
        await ann.says("/deactivate")
        choices = "1 Yes, end this login · 2 No, stay\n"
        choices += "Send the number of your choice."
        assert ann.last.endswith(choices)
        await ann.says("2")
        assert ann.sees("Nothing was done")
        await ann.says("2")
        assert ann.last == "There is no 2. The choices go from 1 to 1."


async def test_numbers_hold_for_ten_minutes() -> None:
    """Later they press nothing; that is said once."""
    async with Stage(mode="user") as stage:
        olga = stage.owner()
        await olga.says("/start")
        await stage.passes(601)
        await olga.says("1")
        assert olga.last == "Those numbers have run out. Send /start for a fresh screen."
        await olga.says("1")
        assert not olga.news


async def test_old_numbers_are_words_like_others() -> None:
    """Who answers somebody else's question long after the bot's screen hears nothing from it."""
    async with Stage(mode="user") as stage:
        ann = stage.person("Ann")
        await ann.says("/start")
        await stage.passes(2 * 3600)
        await ann.says("5")
        assert not ann.news


async def test_numbers_hold_for_the_newest_screen() -> None:
    """A newer screen takes the numbers over."""
    async with Stage(mode="user") as stage:
        olga = stage.owner()
        await olga.says("/start")
        await olga.says("/settings")
        await olga.says("2")
        assert olga.sees("Язык: Русский")


async def test_a_number_too_high_is_explained() -> None:
    """A number without a button is answered with those that have one."""
    async with Stage(mode="user") as stage:
        olga = stage.owner()
        await olga.says("/start")
        await olga.says("6")
        assert olga.last == "There is no 6. The choices go from 1 to 5."


async def test_numbers_of_an_earlier_login_press_nothing() -> None:
    """A number carries what the button did: it ends with the login it was made under."""
    async with Stage(mode="user") as stage:
        ann = await with_client(stage)
        await ann.says("/logout")
        assert ann.labels() == ["Log in", "‹ Home"]
        await ann.says("3")
        assert ann.last == "There is no 3. The choices go from 1 to 2."


async def test_a_choice_moves_the_screen_down() -> None:
    """The screen chosen from gives way to the new one, below the number."""
    async with Stage(mode="user") as stage:
        ann = await with_client(stage)
        before = len(spoken(ann))
        await ann.says("2")
        assert ann.last.startswith("Up to date: ")
        assert len(spoken(ann)) == before + 1
        assert sum("reads left" in text for text in spoken(ann)) == 1


async def test_a_key_that_is_hidden_by_number_is_gone() -> None:
    """The message with the key goes, and its timer brings nothing back."""
    async with Stage(mode="user") as stage:
        ann = await with_client(stage)
        await ann.says("1")
        key = key_of(ann)
        await ann.says("1")
        assert not ann.can_read(key)
        before = spoken(ann)
        await stage.passes(61)
        assert spoken(ann) == before


async def test_a_timer_leaves_the_newest_numbers_alone() -> None:
    """A screen that changes above a newer one names commands; the newer one keeps its numbers."""
    async with Stage(mode="user") as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        key = key_of(ann)
        await ann.says("/settings")
        await stage.passes(61)
        assert not ann.can_read(key)
        assert ann.sees("/client show – Show key · /client – Refresh")
        await ann.says("2")
        assert ann.sees("Язык: Русский")


async def test_a_timer_renews_the_numbers_of_the_newest_screen() -> None:
    """A screen that changes while it is the newest gets new numbers."""
    async with Stage(mode="user") as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        await stage.passes(61)
        assert "1 Show key · 2 Refresh" in ann.last
        await ann.says("5")
        assert ann.sees("You are logged in as")


async def test_what_can_be_copied_is_monospaced_where_it_is_shown() -> None:
    """The key is a tap's copy on the card that shows it, and on no other."""
    async with Stage(mode="user") as stage:
        ann = await with_client(stage)
        await ann.says("/client show")
        key = key_of(ann)
        code = [e for e in ann.news[-1].text.entities if e.kind == "code" and e.length == len(key)]
        assert len(code) == 1
        assert not [e for e in ann.news[-1].text.entities if e.kind == "spoiler"]
        assert "Copy" not in ann.last


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_notebook_is_left_alone(language: str) -> None:
    """Notes, forwards, pictures and edits are met with silence, and nothing is taken out."""
    async with Stage(mode="user") as stage:
        olga = stage.owner(language=language)
        said = await olga.says("milk, eggs, 12 rolls")
        await olga.says("42")
        await olga.says("a joke", forwarded=True)
        await olga.says("", media="photo")
        await olga.edits(said, "/start")
        assert spoken(olga) == []
        await olga.says("/login ann@example.com")
        before = len(olga.chat)
        await olga.says("a caption", media="photo")
        await olga.edits(said, "milk, eggs")
        assert len(olga.chat) == before + 1


async def test_a_command_that_is_none_is_answered() -> None:
    """A slash speaks to the bot, also when it is mistyped."""
    async with Stage(mode="user") as stage:
        olga = stage.owner()
        await olga.says("/strat")
        assert olga.sees("I don't know /strat")


async def test_words_for_humans_get_no_apology() -> None:
    """While the store is away only those hear of it who sent a command."""
    room = ChatRoom()
    apologies = OutOfBandNotices(room, core_languages(), quiet=True)
    for text in ("are you there?", "/start"):
        await apologies.store_away(Message(Person(7), 7, 1, text, datetime.now(UTC)))
    assert room.deliveries == 1


async def test_a_link_stays_a_link() -> None:
    """A button that opens a page is a link, with or without numbers beside it."""
    async with Stage(mode="user", docs_url="https://docs.example.com") as stage:
        olga = stage.owner()
        await olga.says("/docs")
        links = [e.url for e in olga.news[-1].text.entities if e.kind == "link"]
        assert links == ["https://docs.example.com"] * 2
        assert olga.last.endswith("\nOpen")


async def test_words_that_nobody_asked_for_name_commands(tmp_path: Path) -> None:
    """What a timer shows to somebody has no numbers: a button names its command."""
    (tmp_path / "bell.py").write_text(BELL)
    async with Stage(tmp_path, mode="user") as stage:
        ann = stage.person(id=7)
        await stage.passes(60)
        assert ann.last == "Ding\n\n/bell – Again"
        await ann.says("1")
        assert not ann.news
