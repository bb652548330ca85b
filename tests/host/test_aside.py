"""What a person does besides an open form: answered, with one line that leads back to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import GREET, HEAD, look, write

ASKS = (
    HEAD
    + '''
from typing import ClassVar
from sapp_bot import Button, Screen
from sapp_bot.services import SappError

class Name(Form):
    cancelled: ClassVar = "No boat was named."

    name: str = ask("What is it called?")

class Lost(SappError):
    retry = True
    uncertain = True

class Refit(Button):
    pass

@plugin.command(hidden=True)
async def rename(ctx: Ctx, form: Name) -> None:
    """Name a boat."""
    if form.name == "Lost":
        raise Lost("PUT /boats")
    await ctx.say("It is {name}", name=form.name)

@plugin.button(typed_as="/harbour")
async def refit(ctx: Ctx, pressed: Refit) -> None:
    """Begin the form."""
    ctx.start(rename)

@plugin.command
async def harbour(ctx: Ctx) -> None:
    """Show the boat."""
    await ctx.show(Screen("A boat", [[Refit().key("Rename")]]), name="boat")
'''
)
WAYS = GREET.replace("greet", "help").replace("Greet", "Help")
LINE = "Still open: /adopt"


def with_buttons(ann: Actor) -> list[str]:
    """Return the texts of the messages under which something can be pressed."""
    return [shown.text.plain for shown in ann.chat if shown.by_bot and shown.rows]


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """Give a plugin folder with a form that only a button begins, and the ways out."""
    source = Path(__file__).with_name("pets.py").read_text("utf-8")
    (tmp_path / "pets.py").write_text(source, "utf-8")
    write(tmp_path, "boats", ASKS)
    return tmp_path


async def test_the_line_is_said_once(ann: Actor) -> None:
    """However many other things are done, the question is named after the first one only."""
    await ann.says("/adopt")
    for said in ("/times 2 3", "/times 2 4", "/nonsense", "/refuse"):
        await ann.says(said)
    lines = [shown for shown in ann.chat if shown.text.plain == LINE]

    assert len(lines) == 1
    assert [key.label for row in lines[0].rows for key in row] == ["Continue", "Cancel"]


async def test_the_line_is_said_again_once_the_form_went_on(stage: Stage, ann: Actor) -> None:
    """The next question may be left alone, too; a restart in between changes nothing."""
    await ann.says("/adopt")
    await ann.says("/times 2 3")
    await stage.restart()
    await ann.says("/times 2 3")
    assert ann.last == "6 "
    await ann.says("Rex")
    assert ann.last == "Cat or dog?"
    await ann.says("/times 2 3")

    assert ann.last == LINE


async def test_the_line_is_not_said_again_for_the_same_question(ann: Actor) -> None:
    """A refused answer asks the question anew; what is done beside it then is answered alone."""
    await ann.says("/adopt Tom")
    await ann.says("/times 2 3")
    await ann.says("perhaps")
    assert ann.last.endswith("Cat or dog?")
    await ann.says("/times 2 3")
    assert ann.last == "6 "
    await ann.says("continue")

    assert ann.last == "Cat or dog?"


async def test_continue_turns_the_line_into_the_question(ann: Actor) -> None:
    """In place, so that nothing is repeated; only there can be pressed then."""
    await ann.says("/adopt Tom")
    await ann.says("/times 2 3")
    await ann.presses("Continue")
    assert not ann.can_read(LINE)
    assert with_buttons(ann) == ["Cat or dog?"]
    await ann.presses("cat")
    assert ann.last == "What does it eat?"
    await ann.presses("anything")

    assert ann.last == "Tom the cat eats anything"


async def test_cancel_on_the_line_ends_the_form(ann: Actor) -> None:
    """And nothing is left to press, of the line or the question."""
    await ann.says("/adopt")
    await ann.says("/times 2 3")
    await ann.presses("Cancel")

    assert ann.last == "Cancelled. Nothing was done."
    assert with_buttons(ann) == []


async def test_an_answer_needs_no_continue(ann: Actor) -> None:
    """The question above keeps its buttons, and what is typed answers it."""
    await ann.says("/adopt Tom")
    await ann.says("/times 2 3")
    assert with_buttons(ann) == ["Cat or dog?", LINE]
    await ann.says("dog")

    assert with_buttons(ann) == ["What does it eat?"]


async def test_the_question_above_can_be_pressed(ann: Actor) -> None:
    """Who scrolls up chooses there."""
    await ann.says("/adopt Tom")
    await ann.says("/times 2 3")
    await ann.presses("dog")

    assert ann.last == "What does it eat?"
    assert LINE not in with_buttons(ann)


async def test_a_form_that_was_left_alone_is_closed_by_another(stage: Stage, ann: Actor) -> None:
    """Nothing of it is left to press, and it does not come back when the other is cancelled."""
    write(stage, "ways", WAYS)
    await look(stage)
    await ann.says("/adopt Tom")
    await ann.says("/times 2 3")
    await ann.says("/harbour")
    await ann.presses("Rename")
    asked = "I closed /adopt. Nothing was done.\nWhat is it called?"
    assert with_buttons(ann) == ["A boat", asked]
    await ann.says("/cancel")

    assert with_buttons(ann) == ["A boat", "Cancelled. No boat was named."]


async def test_back_asks_the_question_before(ann: Actor) -> None:
    """As it does without anything in between."""
    await ann.says("/adopt Tom")
    await ann.says("/times 2 3")
    await ann.says("back")

    assert ann.last == "What is its name?"
    assert with_buttons(ann) == ["What is its name?"]


async def test_continue_can_be_typed(ann: Actor) -> None:
    """With a form it shows the question, without one it says that there is none."""
    await ann.says("/adopt")
    await ann.says("/times 2 3")
    await ann.says("/continue")
    assert ann.last == "What is its name?"
    assert with_buttons(ann) == ["What is its name?"]
    await ann.says("/cancel")
    await ann.says("/continue")

    assert ann.last == "You are not in a form. /help shows what I can do."


async def test_what_is_no_answer_is_told_with_the_question(ann: Actor) -> None:
    """A photo, a forward, an edit: one message says why, and asks again."""
    await ann.says("/adopt")
    await ann.says("", media="photo")

    assert len(ann.news) == 1
    assert ann.last == "I can only read text. Please write it to me.\nWhat is its name?"


async def test_an_error_beside_a_form_is_followed_by_the_line(ann: Actor) -> None:
    """What failed was something else, so the form goes on."""
    await ann.says("/adopt")
    await ann.says("/refuse")
    assert ann.sees("No, that is out.")
    assert ann.last == LINE
    await ann.says("Rex")

    assert ann.last == "Cat or dog?"


async def test_a_form_for_a_button_is_called_by_what_it_does(ann: Actor) -> None:
    """Nobody has typed its command, so nobody is told its name."""
    await ann.says("/harbour")
    await ann.presses("Rename")
    await ann.says("/times 2 3")

    assert ann.last == "Still open: “Name a boat”"


async def test_a_form_for_a_button_that_ran_out_of_time(stage: Stage, ann: Actor) -> None:
    """It cannot be begun by a command, so no button offers that."""
    await ann.says("/harbour")
    await ann.presses("Rename")
    await stage.passes(3601)
    await ann.says("Ararat")

    assert ann.sees("and then closed “Name a boat”.")
    assert "Begin again" not in ann.labels()


async def test_a_form_says_what_was_not_done(ann: Actor) -> None:
    """In the words of its author."""
    await ann.says("/harbour")
    await ann.presses("Rename")
    await ann.says("/cancel")

    assert ann.last == "Cancelled. No boat was named."


async def test_a_try_that_may_have_worked_is_not_denied(stage: Stage, ann: Actor) -> None:
    """The answer was lost, so "no boat was named" could be untrue, also after a restart."""
    await ann.says("/harbour")
    await ann.presses("Rename")
    await ann.says("Lost")
    await stage.restart()
    await ann.says("/cancel")

    assert ann.last == "Cancelled. The last try may have taken effect all the same."


async def test_a_secret_question_is_left_alone_once(ann: Actor) -> None:
    """A command is no secret and is not done: the question stands below the word for that."""
    await ann.says("/lock jewels")
    await ann.says("/times")

    assert ann.last == "That is a command. Send a password, or /cancel.\nWhich code?"


async def test_a_group_hears_nothing_of_a_form(ann: Actor) -> None:
    """What is open in the private chat is nobody's business there."""
    await ann.says("/adopt")
    group = ann.within(-100)
    await group.says("/times 2 3")

    assert [shown.text.plain for shown in group.news] == ["6 "]


async def test_user_mode_names_the_commands(plugin_folder: Path) -> None:
    """An account without buttons is told what to type; numbers stay the question's choices."""
    async with Stage(plugin_folder, mode="user") as stage:
        ann = stage.person("Ann")
        await ann.says("/adopt Tom")
        await ann.says("/times 2 3")
        assert ann.last == f"{LINE}\n\n/continue – Continue · /cancel – Cancel"
        await ann.says("/times 2 4")
        assert ann.last == "8 "
        await ann.says("1")

        assert ann.last.startswith("What does it eat?")


async def test_the_line_is_russian(stage: Stage) -> None:
    """With the ways back and out."""
    ivan = stage.person("Ivan", language="ru")
    await ivan.says("/adopt")
    await ivan.says("/times 2 3")

    assert ivan.last == "Ещё не закончено: /adopt"
    assert ivan.labels() == ["Продолжить", "Отмена"]


ELSEWHERE = (
    HEAD
    + '''
class Size(Form):
    tons: int = ask("How many tons?")
    fast: bool = ask("Is it fast?")

@plugin.command
async def measure(ctx: Ctx, form: Size) -> None:
    """Measure a boat."""
    await ctx.say("{n} tons", n=form.tons)

@plugin.message(r"(?P<n>[0-9]+) miles")
async def sail(ctx: Ctx, n: int) -> None:
    """Sail some miles."""
    await ctx.say("Sailed {n}", n=n)

@plugin.message()
async def anything(ctx: Ctx) -> None:
    """Take every other text."""
    await ctx.say("What?")
'''
)


@pytest.mark.parametrize(
    ("said", "offered", "answer"),
    [
        ("harbour", "/harbour", "A boat"),
        ("Show the boat", "/harbour", "A boat"),
        ("20 miles", "“20 miles”", "Sailed 20"),
    ],
)
async def test_a_refused_answer_is_offered_where_it_is_understood(
    stage: Stage, ann: Actor, said: str, offered: str, answer: str
) -> None:
    """Said with the question, which stays open and can be answered after it."""
    write(stage, "sizes", ELSEWHERE)
    await look(stage)
    await ann.says("/measure")
    await ann.says(said)
    assert ann.last.endswith("Did you mean this? My question stays.\nHow many tons?")
    await ann.presses(offered)
    assert ann.sees(answer)
    await ann.says("20")
    assert ann.last == "Is it fast?"
    await ann.says(said)
    assert offered in ann.labels()


async def test_what_nobody_understands_is_only_refused(stage: Stage, ann: Actor) -> None:
    """A plugin that takes any text says nothing of what was meant; nor does a long text fit."""
    write(stage, "sizes", ELSEWHERE)
    await look(stage)
    await ann.says("/measure")
    for said in ("quite a lot", "1" * 60 + " miles"):
        await ann.says(said)
        assert ann.labels() == ["Cancel"]
