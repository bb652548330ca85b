"""What a form and a command do with what was left out, and with the rest of the line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage
from tests.host.live import write

ODD = '''"""Defaults of every kind."""
from enum import Enum

from pydantic import SecretStr

from sapp_bot import Ctx, Form, Plugin, ask
from sapp_bot.services import FormControl

plugin = Plugin(version="1.0")


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Order(Form):
    count: int | None = ask("How many?", default=None)
    name: str | None = ask("For whom?", default=None)
    gift: bool = ask("A gift?", default=True)
    size: Size = ask("Which size?", default=Size.LARGE)
    code: SecretStr = ask("Which code?", default=SecretStr("hunter2"))
    spare: SecretStr | None = ask("Another one?", default=None)
    note: str = ask("A note?", default="none")


@plugin.command
async def order(ctx: Ctx, form: Order) -> None:
    """Order."""
    code = form.code.get_secret_value() == "hunter2"
    spare = "no" if form.spare is None else str(len(form.spare))
    found = (form.count, form.name, form.gift, form.size, code, spare, form.note)
    await ctx.say("{found}", found=repr(found))


@plugin.command
async def echo(ctx: Ctx, times: int, text: str) -> None:
    """Say it again."""
    await ctx.say("{times}: {text}", times=times, text=text)


@plugin.command(controls_form=True)
async def skip(dialogues: FormControl) -> None:
    """Take the default."""
    dialogues.skip()
'''


@pytest.fixture
async def ann(tmp_path: Path) -> AsyncIterator[Actor]:
    """Give a person, and that plugin."""
    write(tmp_path, "odd", ODD)
    async with Stage(tmp_path) as stage:
        yield stage.person("Ann")


async def test_a_default_is_taken_as_it_is(ann: Actor) -> None:
    """Whatever its type: /skip is no text that the field would have to understand."""
    await ann.says("/order")
    for _ in range(7):
        await ann.says("/skip")

    assert ann.last == "(None, None, True, <Size.LARGE: 'large'>, True, 'no', 'none')"


async def test_a_default_has_a_button(ann: Actor) -> None:
    """It shows the default where that has words, and never a secret."""
    labels = []
    await ann.says("/order")
    for press in ("Skip", "Skip", "Yes", "Large", "Skip", "Skip", "none"):
        labels.append(ann.labels()[0])
        await ann.presses(press)

    assert labels == ["Skip", "Skip", "Yes", "Small", "Skip", "Skip", "none"]
    assert ann.sees("True, <Size.LARGE")


async def test_a_secret_that_may_be_left_out_is_one(ann: Actor) -> None:
    """Behind the command it is not taken, and its message does not stay."""
    await ann.says("/order 1 Ann yes large soon hunter3")
    assert not ann.can_read("hunter3")
    await ann.says("/skip")
    await ann.says("hunter3")

    assert not ann.can_read("hunter3")
    assert ann.sees("True, '7', 'soon')")


@pytest.mark.parametrize(
    "text",
    ['he said "hi" and   more', "two\nlines", "it's", 'half "open', '"hi" and "ho"', "  x  y"],
)
async def test_the_rest_of_a_line_is_as_it_was_written(ann: Actor, text: str) -> None:
    """Quotes, spaces and line ends of the last argument stay."""
    await ann.says(f"/echo 2 {text}")

    assert ann.last == f"2: {text.strip()}"


async def test_quotation_marks_keep_words_together(ann: Actor) -> None:
    """Around the whole of an argument they are not part of it."""
    await ann.says('/echo "2" "hello there"')

    assert ann.last == "2: hello there"
