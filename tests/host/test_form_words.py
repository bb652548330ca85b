"""Plain words in a form: yes and no, cancel and back, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import HEAD, write

RUSSIAN = {"Stop": "Отмена", "Go back": "Назад", "Leave it out": "Пропустить", "As it is": "Стоп"}
ASKS = (
    HEAD.replace("Plugin(", f'Plugin(locales={{"ru": {RUSSIAN}}}, ')
    + '''
from typing import ClassVar, Literal
from sapp_bot import Confirmation

class Sell(Form):
    sure: Literal["yes", "no"] = ask(
        "Sell it?", choices={"yes": "Yes, sell it", "no": "No, keep it, please"}
    )

class Way(Form):
    confirm: ClassVar = Confirmation("Go there?", button="Go")

    name: str = ask("Where to?")
    how: Literal["back", "front"] = ask("Which door?")

class Bolt(Form):
    name: str = ask("Which door?", default="front")
    code: str = ask("Which code?", secret=True, min_length=8)

class Locks(Form):
    first: str = ask("The first code?", secret=True, min_length=8)
    second: str = ask("The second code?", secret=True, min_length=9)

class Tape(Form):
    confirm: ClassVar = Confirmation("Press it?", button="Stop")

    key: Literal["halt", "rewind", "omit"] = ask(
        "Which key?", choices={"halt": "Stop", "rewind": "Go back", "omit": "Leave it out"}
    )
    speed: str = ask("How fast?", default="same", default_label="As it is")

@plugin.command
async def sell(ctx: Ctx, form: Sell) -> None:
    """Sell it."""
    await ctx.say("Answer: {it}", it=form.sure)

@plugin.command
async def go(ctx: Ctx, form: Way) -> None:
    """Go away."""
    await ctx.say("By the {how} to {name}", how=form.how, name=form.name)

@plugin.command
async def bolt(ctx: Ctx, form: Bolt) -> None:
    """Lock it."""
    await ctx.say("Locked")

@plugin.command
async def locks(ctx: Ctx, form: Locks) -> None:
    """Lock it twice."""
    await ctx.say("Locked twice")

@plugin.command
async def tape(ctx: Ctx, form: Tape) -> None:
    """Press a key."""
    await ctx.say("Pressed: {key}, {speed}", key=form.key, speed=form.speed)
'''
)
HINT = "Here I take every word as the answer."


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """Give a plugin folder with a yes or no that has labels of its own, and the ways out."""
    source = Path(__file__).with_name("pets.py").read_text("utf-8")
    (tmp_path / "pets.py").write_text(source, "utf-8")
    write(tmp_path, "asks", ASKS)
    return tmp_path


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        *((word, "yes") for word in ("yes", "Y", "да", "Ага!", "1", "yes, sell it")),
        *((word, "no") for word in ("no", "n", "Нет.", "2", "No, keep it, please")),
    ],
)
async def test_a_plain_yes_or_no_chooses(ann: Actor, word: str, answer: str) -> None:
    """The buttons have labels of their own; the words that everybody types choose all the same."""
    await ann.says("/sell")
    await ann.says(word)

    assert ann.last == f"Answer: {answer}"


async def test_choices_with_commas_are_told_apart(ann: Actor) -> None:
    """Each label is quoted; a no is the way out, so no [Cancel] stands beside it."""
    await ann.says("/sell")
    await ann.says("perhaps")

    assert ann.last == (
        "Please choose one of the answers: “Yes, sell it”, “No, keep it, please”.\nSell it?"
    )
    assert ann.labels() == ["Yes, sell it", "No, keep it, please"]
    await ann.says("/cancel")
    assert ann.sees("Cancelled. Nothing was done.")


async def test_the_pressed_answer_stays_without_a_name_of_a_field(ann: Actor) -> None:
    """Below the question stands what was pressed; "Sure" is a word for programmers."""
    await ann.says("/sell")
    await ann.presses("Yes, sell it")

    assert ann.can_read("Sell it?\n\nYes, sell it")


@pytest.mark.parametrize("word", ["cancel", "Cancel", "отмена", "СТОП"])
async def test_the_word_cancel_leaves_the_form(ann: Actor, word: str) -> None:
    """As the button does, and it says what became of it."""
    await ann.says("/go")
    await ann.says(word)
    assert ann.sees("Cancelled. Nothing was done.")
    await ann.says("Paris")

    assert ann.sees("did not understand")


@pytest.mark.parametrize("word", ["back", "назад"])
async def test_the_word_back_asks_the_question_before(ann: Actor, word: str) -> None:
    """Also at the summary, where it leads to the last question."""
    for said in ("/go", "Paris", "front", word):
        await ann.says(said)
    assert ann.last == "Which door?"


async def test_a_listed_choice_is_an_answer(ann: Actor) -> None:
    """“back” is a door here."""
    for said in ("/go", "Paris", "back", "да"):
        await ann.says(said)

    assert ann.last == "By the back to Paris"


@pytest.mark.parametrize("word", ["no", "нет"])
async def test_a_no_at_the_summary_cancels(ann: Actor, word: str) -> None:
    """It is no answer to be asked again."""
    for said in ("/go", "Paris", "front", word):
        await ann.says(said)

    assert ann.sees("Cancelled. Nothing was done.")


async def test_a_secret_is_never_a_word_for_a_button(ann: Actor) -> None:
    """It is taken, deleted, refused as a secret; then the ways out are named."""
    await ann.says("/bolt")
    await ann.says("front")
    await ann.says("cancel")
    assert ann.sees("at least.\nWhich code?")
    assert ann.last.startswith(HINT)
    await ann.presses("Cancel")

    assert ann.sees("Cancelled. Nothing was done.")


async def test_a_secret_that_was_taken_is_not_told_to_be_such_a_word(ann: Actor) -> None:
    """“continue” has eight letters: the next question follows, and not a word more."""
    await ann.says("/locks")
    await ann.says("continue")
    assert ann.last == "The second code?"
    assert not ann.can_read(HINT)
    await ann.says("отменить")  # one letter too few
    assert ann.last.startswith(HINT)


async def test_a_word_that_was_refused_is_no_secret_afterwards(ann: Actor) -> None:
    """At the question before it means what it says."""
    for said in ("/bolt", "front", "отмена", "/back"):
        await ann.says(said)
    assert ann.last == "Which door?"
    await ann.says("отмена")

    assert ann.sees("Cancelled. Nothing was done.")
    assert not ann.can_read("it repeats a secret")


async def test_a_word_that_was_taken_stays_a_secret(ann: Actor) -> None:
    """Also when another question refuses it, of which no more is said than of any other."""
    for said in ("/locks", "continue", "continue"):
        await ann.says(said)
    assert ann.last.endswith("at least.\nThe second code?")
    assert not ann.can_read(HINT)
    await ann.says("/cancel")
    await ann.says("continue")

    assert ann.sees("I deleted your message: it repeats a secret.")


@pytest.mark.parametrize(
    ("said", "key"), [("Отмена", "halt"), ("назад", "rewind"), ("Пропустить", "omit")]
)
async def test_a_choice_is_an_answer_in_every_language(stage: Stage, said: str, key: str) -> None:
    """As it stands on its button, though elsewhere it is a word for another."""
    ann = stage.person("Ann", language="ru")
    for text in ("/tape", said, "стоп", "Отмена"):
        await ann.says(text)

    assert ann.last == f"Pressed: {key}, same"


async def test_the_button_of_a_summary_submits_whatever_it_is_called(ann: Actor) -> None:
    """“Stop” is what the author has called it."""
    for said in ("/tape", "rewind", "skip", "stop"):
        await ann.says(said)
    assert ann.last == "Pressed: rewind, same"
    for said in ("/tape", "rewind", "skip", "no"):
        await ann.says(said)

    assert ann.sees("Cancelled. Nothing was done.")


@pytest.mark.parametrize("word", ["skip", "Пропустить"])
async def test_the_word_skip_takes_the_default(ann: Actor, word: str) -> None:
    """Where there is one; elsewhere it is an answer."""
    for said in ("/adopt", "skip", "cat", word):
        await ann.says(said)

    assert ann.last == "skip the cat eats anything"


async def test_the_word_continue_shows_a_question_that_was_left(ann: Actor) -> None:
    """A question in view is answered by it."""
    await ann.says("/adopt")
    await ann.says("/refuse")
    await ann.says("продолжить")
    assert ann.last == "What is its name?"
    await ann.says("продолжить")

    assert ann.last == "Cat or dog?"
