"""What a message is taken for, and what goes wrong in words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sapp_bot.domain.answers import Answer
from sapp_bot.domain.replies import Callback
from sapp_bot.testing import Actor, Stage
from sapp_bot.testing.chatroom import ChatRoom


@pytest.mark.parametrize("text", ["/times 2", "/TIMES 2", "/times@sapp_test_bot 2", " /times  2"])
async def test_a_command_is_known_however_it_is_written(ann: Actor, text: str) -> None:
    """Case, the bot's name and spaces do not matter."""
    await ann.says(text)

    assert ann.last == "2 "


async def test_arguments_are_parsed_by_their_types(ann: Actor) -> None:
    """Numbers are numbers, defaults fill in, the last one takes the rest of the line."""
    await ann.says("/times 2.5 4 for the road")

    assert ann.last == "10.0 for the road"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/times", "Please write it as: /times price [count] [note]"),
        ("/times abc", "Please send a number"),
        ("/times 1 x", "Please send a whole number"),
        ("/times " + "9" * 5000, "too long: 1,000 characters"),
    ],
)
async def test_a_wrong_argument_shows_the_usage(ann: Actor, text: str, words: str) -> None:
    """What cannot be read is explained, with the way to write it."""
    await ann.says(text)

    assert ann.sees(words)


async def test_no_input_meets_silence(ann: Actor) -> None:
    """Every kind of message gets an answer."""
    for text, about in (
        ("hello", {}),
        ("", {"media": "photo"}),
        ("/nosuch", {}),
        ("/", {}),
        ("/times 2", {"forwarded": True}),
        ("/times 2", {"via_bot": True}),
        ("\ud800 lone", {}),
        ("\x00", {}),
        ("x" * 65536, {}),
    ):
        await ann.says(text, **about)
        assert ann.news, f"silence after {text[:20]!r} {about}"


async def test_an_edited_command_is_not_run_again(ann: Actor) -> None:
    """An edit is answered, and does nothing."""
    said = await ann.says("/times 2")
    await ann.edits(said, "/times 3")

    assert ann.sees("answered your first version")


async def test_a_user_error_is_said_in_its_own_words(ann: Actor) -> None:
    """A plugin says no by raising it."""
    await ann.says("/refuse")

    assert ann.last == "No, that is out."


async def test_a_crash_gives_a_number_and_no_details(stage: Stage, ann: Actor) -> None:
    """The person gets an error id that stands in the log with the whole story."""
    stage.may_fail = True
    await ann.says("/crash")
    entry = next(e for e in stage.log if e["event"] == "update.failed")

    assert entry["error_id"] in ann.last
    assert "hunter2" not in ann.last
    assert isinstance(entry["exc_info"], RuntimeError)


async def test_a_handler_cannot_end_the_bot(ann: Actor) -> None:
    """sys.exit in a handler is an error of that handler alone."""
    await ann.says("/leave")
    assert ann.sees("Something went wrong")
    await ann.says("/times 2")

    assert ann.last == "2 "


async def test_a_slow_handler_gives_a_sign_and_is_stopped(stage: Stage, ann: Actor) -> None:
    """Typing at once, a word after two seconds, an end after fifteen."""
    talking = asyncio.create_task(ann.says("/doze"))
    while not stage.room.typed:
        await stage.clock.advance(0.1)
    while not ann.sees("Still working"):
        await stage.clock.advance(0.1)
    while not talking.done():
        await stage.clock.advance(1)

    assert ann.sees("took too long")


async def test_roles_are_kept(stage: Stage, ann: Actor) -> None:
    """An operator's command is refused to others; a user's leads to the login."""
    await ann.says("/rule")
    assert ann.sees("for the operators")
    await ann.says("/mine")
    assert ann.sees("/login")
    boss = stage.person("Boss", id=7)
    await boss.says("/rule")

    assert boss.last == "Yes, operator."


async def test_a_private_command_leads_out_of_a_group(ann: Actor) -> None:
    """A group gets a link, not the answer."""
    await ann.says("/whisper", private=False)

    assert ann.last.startswith("That is for our private chat only")


async def test_a_button_pops_up_its_answer(ann: Actor) -> None:
    """A press is answered with the handler's words."""
    await ann.says("/adopt Rex")
    await ann.presses("dog")
    await ann.presses("anything")

    assert await ann.presses("Feed") == "Rex is fed"


class NoAnswers(ChatRoom):
    """A Telegram side with a fault of our own: presses cannot be answered."""

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Fail."""
        raise RuntimeError("a fault")


async def test_a_fault_of_our_own_ends_one_message_only(plugin_folder: Path) -> None:
    """What we fail at ourselves is dropped with a word, and does not come back with the start."""
    stage = Stage(plugin_folder)
    stage.room, stage.may_fail = NoAnswers(), True
    async with stage:
        ann = stage.person("Ann")
        await ann.says("/adopt Rex")
        with pytest.raises(KeyError):
            await ann.presses("dog")
        assert ann.sees("Something went wrong on our side")
        await stage.restart()
        await ann.says("/times 2")

        assert ann.sees("2 ")
    assert [entry["event"] for entry in stage.log].count("update.dropped") == 1


async def test_a_foreign_button_is_refused(stage: Stage, ann: Actor) -> None:
    """A button made for one person does nothing for another, nor does a changed one."""
    await ann.says("/adopt Rex")
    await ann.presses("dog")
    await ann.presses("anything")
    key = ann.chat[-1].rows[0][0]
    assert isinstance(key, Callback)
    bob = stage.person("Bob")

    for data in (key.data, key.data[:-3] + b'x"', key.data[:9], b"", b"\xff" * 64):
        person = bob if data == key.data else ann
        assert "out of date" in await person.presses_data(data, message_id=1)


async def test_a_button_ends_after_seven_days(stage: Stage, ann: Actor) -> None:
    """An old screen does nothing, and says where a fresh one is."""
    await ann.says("/adopt Rex")
    await ann.presses("dog")
    await ann.presses("anything")
    await stage.passes(7 * 24 * 3600 + 3600)

    assert "out of date" in await ann.presses("Feed")


async def test_a_timer_runs_once_also_over_a_restart(stage: Stage, ann: Actor) -> None:
    """What was set with ctx.later comes up once, at its time."""
    await ann.says("/remind")
    await stage.passes(5)
    assert not ann.sees("Rex is fed")
    await stage.restart()
    await stage.passes(6)
    await stage.restart()
    await stage.passes(60)

    assert [s.text.plain for s in ann.news].count("Rex is fed") == 1


async def test_a_handler_can_go_on_with_another_command(ann: Actor) -> None:
    """ctx.start opens the other command's form, partly answered."""
    await ann.says("/onward")

    assert ann.last == "Cat or dog?"


async def test_menus_are_set_for_languages_and_operators(stage: Stage) -> None:
    """People see what they may use; each operator sees theirs too."""
    await stage.bot.idle()

    assert "rule" not in stage.room.menus["", 0]
    assert "rule" in stage.room.menus["ru", 7]
    assert stage.room.menus["", 0]["adopt"] == "Adopt a pet."
