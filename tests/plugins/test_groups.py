"""A group: the bot answers commands there, and nothing that is a person's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sapp_bot.domain.replies import ReplyTo, Url
from sapp_bot.testing import Stage
from tests.plugins.people import PASSWORD, with_client

GROUP = -100_500


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run the bot."""
    async with Stage() as stage:
        yield stage


async def test_no_card_comes_into_a_group(stage: Stage) -> None:
    """Buttons lead from a group to the private chat, whatever they begin."""
    ann = await with_client(stage)
    there = ann.within(GROUP)
    await there.says("/about")
    home = there.chat[-1].rows[-1][-1]

    assert home == Url("‹ Home", "https://t.me/sapp_test_bot?start=start")
    assert not there.can_read("ann@example.com")
    await ann.says("/start start")
    assert ann.sees("You are logged in as ann@example.com.")


async def test_help_in_a_group_is_about_what_works_there(stage: Stage) -> None:
    """A command for the private chat is not listed; asked for by name it leads there."""
    ann = await with_client(stage)
    there = ann.within(GROUP)
    await there.says("/help")
    assert there.sees("/rates –")
    assert not there.sees("/client –")
    await there.says("/help client")

    assert there.last == "/client is for our private chat."
    assert there.labels() == ["Open the chat with me"]


@pytest.mark.parametrize("command", ["/client show", "/me", "/start", "/login", "/deactivate"])
async def test_what_is_private_leads_out(stage: Stage, command: str) -> None:
    """A group gets a link, whatever the person is and has."""
    ann = await with_client(stage)
    there = ann.within(GROUP)
    await there.says(command)

    assert there.last.startswith("That is for our private chat only")
    assert not there.can_read("Key:")


@pytest.mark.parametrize(
    "text", ["/settings", "/register", "@sapp_test_bot /register", "@sapp_test_bot my account"]
)
async def test_the_way_out_of_a_group_is_a_button(stage: Stage, text: str) -> None:
    """However it was said: a press opens the private chat and begins there."""
    there = stage.person("Ann").within(GROUP)
    await there.says(text)
    key = there.chat[-1].rows[0][0]

    assert there.last == "That is for our private chat only: others read along here."
    assert isinstance(key, Url)
    assert key.url.startswith("https://t.me/sapp_test_bot?start=")


@pytest.mark.parametrize("text", ["@sapp_test_bot", "@SAPP_test_bot!", "@sapp_test_bot help"])
async def test_the_name_alone_is_answered(stage: Stage, text: str) -> None:
    """By what works in the group, and a link to where the rest does."""
    there = stage.person("Ann").within(GROUP)
    await there.says(text)

    assert there.sees("/rates –")
    assert there.sees("The rest works in our private chat only.")
    assert "Open the chat with me" in there.labels()


async def test_an_open_form_is_none_of_the_groups(stage: Stage) -> None:
    """While a password is asked for, words in a group stay there and are nobody's answer."""
    ann = await with_client(stage)
    there = ann.within(GROUP)
    await ann.says("/password")
    for words in ("good morning all", "/about", "/somebody_elses"):
        await there.says(words)
    assert there.can_read("good morning all")
    for shown in ("password?", "/password"):  # the question, and that it is still open
        assert not there.can_read(shown)
    await ann.says(PASSWORD)

    assert "new password" in ann.last


async def test_a_group_hears_of_commands_only(stage: Stage) -> None:
    """What people say to each other is not answered, nor what may be for another bot."""
    there = stage.person("Ann").within(GROUP)
    for words in ("hello", "/nobody_knows", "/about@another_bot"):
        await there.says(words)
    assert there.last == ""
    await there.says("/nobody_knows@sapp_test_bot")

    assert there.sees("I don't know /nobody_knows")


async def test_a_password_in_a_group_is_taken_away(stage: Stage) -> None:
    """Behind a command it is deleted as in the private chat; if it cannot be, it is said."""
    there = stage.person("Ann").within(GROUP)
    await there.says("/login ann@example.com hunter2")
    assert not there.can_read("hunter2")
    stage.room.can_remove = False
    await there.says("/login ann@example.com hunter2")

    assert there.sees("Please delete it yourself")
    assert not there.sees("I removed")


async def test_a_password_that_comes_too_late(stage: Stage) -> None:
    """After the form has ended its answer is still taken away, and the person hears why."""
    ann = stage.person("Ann")
    await ann.says("/login ann@example.com")
    await stage.passes(3601)
    await ann.says("hunter2")
    assert not ann.can_read("hunter2")
    assert ann.sees("I waited a while for your answer, and then closed /login")
    await ann.says("well, well")

    assert ann.sees("I did not understand that")


async def test_a_mention_in_a_group_is_answered() -> None:
    """A text that begins with the bot's name is for it; one that has it elsewhere is talk."""
    async with Stage(only=["start", "rates"], service_reads=100) as stage:
        there = stage.person("Ann").within(GROUP)
        for text in ("100 usd in eur", "ask @sapp_test_bot", "@other_bot 100 usd in eur"):
            await there.says(text)
            assert not there.news
        for text in ("@sapp_test_bot 100 usd in eur", "@SAPP_test_bot, 100 usd in eur"):
            await there.says(text)
            assert there.sees("100.00 USD = ")
        await there.says("@sapp_test_bot what a day it is")
        assert there.last == "I did not understand that. /help shows what I can do."


async def test_a_group_that_writes_gets_one_sentence(stage: Stage) -> None:
    """An anonymous admin has no account here: one sentence says why, and only to commands."""
    admin = stage.person("Group", id=GROUP).within(GROUP)
    for words in ("hello all", "/nonsense", "/nonsense@sapp_test_bot"):
        await admin.says(words)
        assert admin.last == ""
    await admin.says("/about")

    assert admin.last.startswith("You write as a group or a channel")
    assert len(admin.news) == 1


async def test_every_name_of_the_bot_is_its_own() -> None:
    """A bought name is named in commands as well as the plain one."""
    async with Stage(other_names=frozenset({"Rates"})) as stage:
        there = stage.person("Ann").within(GROUP)
        await there.says("/about@rates")
        assert there.sees("SAPP Finance API")
        await there.says("/about@other_bot")
        assert there.last == ""


async def test_an_album_is_answered_once(stage: Stage) -> None:
    """Telegram sends its pictures one by one; somebody sent one thing."""
    ann = stage.person("Ann")
    answers = []
    for _ in range(3):
        await ann.says("", media="photo", album=77)
        answers.append(ann.last)
    await ann.says("", media="photo", album=78)

    assert answers == [answers[0], "", ""]
    assert answers[0].startswith("I can only read text.")
    assert ann.last == answers[0]


async def test_answers_go_into_the_topic(stage: Stage) -> None:
    """In a group an answer is a reply, which carries the topic of a forum."""
    there = stage.person("Ann").within(GROUP)
    said = await there.says("/about", topic=40)
    assert there.news[-1].reply_to == ReplyTo(said.id, 40)
    said = await there.says("/settings")
    assert there.news[-1].reply_to == ReplyTo(said.id)
