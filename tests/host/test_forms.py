"""Forms: asked one by one, steered, resumed, handed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.domain.replies import Callback
from sapp_bot.testing import Actor, Stage


def deploy(folder: Path, old: str, new: str) -> None:
    """Change the plugin's source."""
    source = folder / "pets.py"
    source.write_text(source.read_text().replace(old, new))


async def test_a_form_is_asked_question_by_question(ann: Actor) -> None:
    """Each answer is followed by the next question, the last by the handler's words."""
    await ann.says("/adopt")
    assert ann.last == "What is its name?"
    await ann.says("Rex")
    assert ann.last == "Cat or dog?"
    await ann.says("dog")
    assert ann.last == "What does it eat?"
    await ann.says("bones")

    assert ann.last == "Rex the dog eats bones"


async def test_choices_and_defaults_can_be_pressed(ann: Actor) -> None:
    """A choice, and the default of a question, have buttons."""
    await ann.says("/adopt Tom")
    assert ann.labels()[:2] == ["cat", "dog"]
    await ann.presses("cat")
    await ann.presses("anything")

    assert ann.last == "Tom the cat eats anything"


@pytest.mark.parametrize("answer", ["1", "CAT", "cat"])
async def test_a_choice_can_be_typed(ann: Actor, answer: str) -> None:
    """A choice may be typed as its word, in any case, or as its number."""
    await ann.says("/adopt Tom")
    await ann.says(answer)

    assert ann.last == "What does it eat?"


async def test_a_wrong_answer_is_explained_and_asked_again(ann: Actor) -> None:
    """A rule that fails is said in plain words, above the same question."""
    await ann.says("/adopt")
    await ann.says("a name of more than twenty characters")

    assert ann.last == "That is too long: 20 characters at most.\nWhat is its name?"


@pytest.mark.parametrize("nothing", ["\u200b", "  ", "\u2060\u200d"])
async def test_an_invisible_answer_is_no_answer(ann: Actor, nothing: str) -> None:
    """Spaces and zero-width characters alone are told to be empty."""
    await ann.says("/adopt")
    await ann.says(nothing)

    assert ann.sees("looks empty")


async def test_back_asks_the_question_before_again(ann: Actor) -> None:
    """/back forgets the last answer; at the first question it says so."""
    await ann.says("/adopt Rex")
    await ann.says("/back")
    assert ann.last == "What is its name?"
    await ann.says("/back")

    assert ann.last == "This is the first question.\nWhat is its name?"


async def test_cancel_leaves_the_form(ann: Actor) -> None:
    """After /cancel a text is no answer any more."""
    await ann.says("/adopt")
    await ann.says("/cancel")
    assert ann.sees("Cancelled")
    await ann.says("Rex")

    assert ann.sees("did not understand")


async def test_cancel_with_nothing_open_says_so(ann: Actor) -> None:
    """/cancel, /back, /skip and /retry outside of a form get an answer."""
    for command, words in (
        ("/cancel", "nothing to cancel"),
        ("/back", "not in a form"),
        ("/skip", "not in a form"),
        ("/retry", "nothing to retry"),
    ):
        await ann.says(command)
        assert ann.sees(words)


async def test_another_command_lets_the_form_wait(ann: Actor) -> None:
    """A command in the middle of a form is answered, and one line leads back to the question."""
    await ann.says("/adopt")
    await ann.says("/times 2 3")
    assert [shown.text.plain for shown in ann.news] == ["6 ", "Still open: /adopt"]
    await ann.says("Rex")

    assert ann.last == "Cat or dog?"


async def test_an_unknown_command_is_never_an_answer(ann: Actor) -> None:
    """A mistyped command in a form is told, not taken as the answer."""
    await ann.says("/adopt")
    await ann.says("/canel")

    assert ann.sees("I don't know /canel")
    assert ann.last == "Still open: /adopt"


async def test_a_form_survives_a_restart(stage: Stage, ann: Actor) -> None:
    """The next message after a restart answers the stored question; nothing is said before."""
    await ann.says("/adopt")
    await ann.says("Rex")
    deliveries = stage.room.deliveries
    await stage.restart()
    assert stage.room.deliveries == deliveries
    await ann.says("dog")

    assert ann.last == "What does it eat?"


@pytest.mark.parametrize("end", ["12345", "/cancel"])
async def test_a_second_form_closes_the_first(ann: Actor, end: str) -> None:
    """The first is said to be closed, and does not come back, however the second ends."""
    await ann.says("/adopt")
    await ann.says("/lock jewels")
    assert ann.last == "I closed /adopt. Nothing was done.\nWhich code?"
    await ann.says(end)
    assert not ann.sees("/adopt")
    await ann.says("Rex")

    assert ann.sees("I did not understand that.")


async def test_a_handler_can_ask_one_field_again(ann: Actor) -> None:
    """ask_again keeps the other answers."""
    await ann.says("/adopt Nobody")
    await ann.says("cat")
    await ann.says("/skip")
    assert ann.last == "Nobody is taken.\nWhat is its name?"
    await ann.says("Tom")

    assert ann.last == "Tom the cat eats anything"


async def test_answers_are_kept_when_the_last_step_fails(stage: Stage, ann: Actor) -> None:
    """An error that may pass keeps the answers ten minutes, with a button to try again."""
    await ann.says("/adopt Away")
    await ann.says("cat")
    await ann.says("fish")
    assert ann.sees("kept for 10 minutes")
    await ann.presses("Retry")
    assert ann.sees("kept for 10 minutes")
    await ann.says("/back")
    assert ann.last == "What does it eat?"
    await stage.passes(11 * 60)
    await ann.says("fish")

    assert ann.sees("I waited a while for your answer, and then closed /adopt")


async def test_a_button_of_an_answered_question_is_out_of_date(ann: Actor) -> None:
    """Pressing an older question's button changes nothing and says why."""
    await ann.says("/adopt")
    await ann.says("Rex")
    asked = ann.chat[-1]
    old = asked.rows[0][0]
    assert isinstance(old, Callback)
    await ann.presses("cat")

    assert "out of date" in await ann.presses_data(old.data, message_id=asked.id)


async def test_two_persons_in_the_same_form_do_not_meet(stage: Stage, ann: Actor) -> None:
    """Each person's answers stay theirs."""
    bob = stage.person("Bob", language="ru")
    await ann.says("/adopt")
    await bob.says("/adopt")
    assert bob.last == "Как его зовут?"
    await ann.says("Rex")
    await bob.says("Tom")
    await bob.presses("cat")
    await ann.presses("dog")
    await bob.presses("anything")
    await ann.presses("anything")

    assert (ann.last, bob.last) == ("Rex the dog eats anything", "Tom the cat eats anything")


async def test_a_changed_question_alone_is_asked_again(stage: Stage, ann: Actor) -> None:
    """A form open over a deploy asks only what the deploy changed."""
    await ann.says("/adopt Rex")
    await ann.presses("dog")
    deploy(stage.plugins, 'Literal["cat", "dog"]', 'Literal["cat", "fox"]')
    await stage.restart()
    await ann.says("bones")
    assert ann.last == "Cat or dog?"
    await ann.says("fox")

    assert ann.last == "Rex the fox eats bones"


async def test_a_form_whose_command_is_gone_ends_with_a_word(stage: Stage, ann: Actor) -> None:
    """Nobody is stuck in a form that no longer exists."""
    await ann.says("/adopt")
    deploy(stage.plugins, "async def adopt", "async def buy")
    await stage.restart()
    await ann.says("Rex")

    assert ann.sees("no longer offered")


@pytest.mark.parametrize("media", ["photo", "sticker", "voice"])
async def test_media_is_no_answer(ann: Actor, media: str) -> None:
    """A photo in a form is told to be unreadable, and the question stands."""
    await ann.says("/adopt")
    await ann.says("", media=media)

    assert ann.sees("only read text")
    assert ann.last.endswith("What is its name?")


IMPATIENT = '''
from sapp_bot import Ctx, Form, Plugin, ask

plugin = Plugin(version="1.0")

class Walk(Form):
    where: str = ask("Where to?")

@plugin.command
async def walk(ctx: Ctx, form: Walk) -> None:
    """Walk."""
    await ctx.say("We walk to {where}", where=form.where)

@plugin.command
async def out(ctx: Ctx) -> None:
    """Go out: there is no form here whose field could be asked again."""
    ctx.ask_again("where", "Really?")
    ctx.start(walk, where="the park")
'''


async def test_a_field_is_asked_again_by_its_own_handler_only(tmp_path: Path) -> None:
    """What another handler of the same turn wanted asked again does not reopen a form."""
    (tmp_path / "walks.py").write_text(IMPATIENT, "utf-8")
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/out")

        assert ann.last == "We walk to the park"


async def test_a_question_names_earlier_answers(tmp_path: Path) -> None:
    """What was answered stands in it as it was given; a secret does not."""
    (tmp_path / "safe.py").write_text(SAFE, "utf-8")
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/lock")
        await ann.says("my {code} jewels")
        assert ann.sees("Which code for my {code} jewels?")
        await ann.says("hunter2")

        assert ann.last == "How long are my {code} jewels locked by {code}?"


SAFE = '''
"""Locks things."""

from pydantic import SecretStr

from sapp_bot import Ctx, Form, Plugin, ask

plugin = Plugin(version="1.0")


class Safe(Form):
    label: str = ask("What is in it?")
    code: SecretStr = ask("Which code for {label}?", secret=True)
    days: int = ask("How long are {label} locked by {code}?")


@plugin.command
async def lock(ctx: Ctx, form: Safe) -> None:
    """Lock a safe."""
    await ctx.say("{label} is locked.", label=form.label)
'''
