"""Forms that ask for a yes: the summary before what cannot be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import HEAD, write

SHIP = (
    HEAD.replace("import Button", "import Confirmation, Button")
    + '''
from typing import ClassVar, Literal

class Ship(Form):
    confirm: ClassVar = Confirmation("A ship keeps its name.", button="Launch")

    name: str = ask("What is its name?", title="Name")
    kind: Literal["boat", "ferry"] = ask(
        "Boat or ferry?", choices={"boat": "A boat", "ferry": "A ferry"}
    )
    code: str = ask("Which code?", secret=True)
    flag: str = ask("Which flag?", default="none")

@plugin.command
async def launch(ctx: Ctx, form: Ship) -> None:
    """Launch a ship."""
    if form.name == "Nobody":
        ctx.ask_again("name", "Nobody is taken.")
        return
    await ctx.say("{name} the {kind} is launched", name=form.name, kind=form.kind)
'''
)
ANSWERS = ("/launch", "Old Anna", "ferry", "secret code", "/skip")
SUMMARY = "Name: Old Anna\nKind: A ferry\nFlag: none\n\nA ship keeps its name."


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """Give a plugin folder with a form that asks for a yes, and the usual ways out."""
    source = Path(__file__).with_name("pets.py").read_text("utf-8")
    (tmp_path / "pets.py").write_text(source, "utf-8")
    write(tmp_path, "ships", SHIP)
    return tmp_path


async def summary(ann: Actor) -> None:
    """Answer all questions."""
    for answer in ANSWERS:
        await ann.says(answer)


async def test_a_summary_comes_before_the_work(ann: Actor) -> None:
    """It names all answers but secrets, and what cannot be changed; one press does it."""
    await summary(ann)
    assert ann.last == SUMMARY
    assert ann.labels() == ["Launch", "‹ Back", "Cancel"]
    await ann.presses("Launch")

    assert ann.last == "Old Anna the ferry is launched"


@pytest.mark.parametrize("word", ["launch", "Yes", "1"])
async def test_a_yes_can_be_typed(ann: Actor, word: str) -> None:
    """The button's label, yes and 1 are a yes, in any case."""
    await summary(ann)
    await ann.says(word)

    assert ann.last == "Old Anna the ferry is launched"


async def test_anything_else_is_no_yes(ann: Actor) -> None:
    """The summary is shown again; with a secret in the form, such a text is deleted."""
    await summary(ann)
    await ann.says("secret code again")

    assert not ann.can_read("secret code again")
    assert ann.last.endswith(SUMMARY)


async def test_back_leads_to_what_the_summary_shows(ann: Actor) -> None:
    """The last question that was no secret is asked again, then the summary comes again."""
    await summary(ann)
    await ann.presses("‹ Back")
    assert ann.last == "Which flag?"
    await ann.says("black")

    assert "Flag: black" in ann.last


async def test_a_summary_survives_a_restart(stage: Stage, ann: Actor) -> None:
    """It waits as questions do."""
    await summary(ann)
    await stage.restart()
    await ann.presses("Launch")

    assert ann.last == "Old Anna the ferry is launched"


async def test_a_field_that_is_asked_again_is_confirmed_again(ann: Actor) -> None:
    """What the handler does not take leads back to the summary."""
    for answer in ("/launch", "Nobody", "boat", "secret code", "/skip", "yes"):
        await ann.says(answer)
    assert ann.last == "Nobody is taken.\nWhat is its name?"
    await ann.says("Old Anna")

    assert ann.last.startswith("Name: Old Anna\nKind: A boat")


async def test_retry_has_nothing_to_do_at_a_summary(ann: Actor) -> None:
    """Nothing was tried yet."""
    await summary(ann)
    await ann.says("/retry")

    assert ann.sees("nothing to retry")


async def test_words_behind_a_command_are_one_name(ann: Actor) -> None:
    """The first text field takes all of them; quotation marks around them are no part of it."""
    for line in ("/adopt Old Tom", '/adopt "Old Tom"'):
        await ann.says(line)
        assert ann.last == "Cat or dog?"
        await ann.says("cat")
        await ann.says("/skip")
        assert ann.last == "Old Tom the cat eats anything"
