"""Numbers are read as people type them: in forms, behind commands, in free text and as choices."""

from __future__ import annotations

from pathlib import Path

from sapp_bot.testing import Stage
from tests.host.live import write

TILL = """
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import SecretStr

from sapp_bot import Ctx, Form, Plugin, ask

plugin = Plugin(version="1.0")


class Sale(Form):
    count: int = ask("How many?", ge=1)
    price: Decimal = ask("At which price?")
    day: date = ask("When?")
    size: Literal["small", "large"] = ask("Which size?")
    name: str = ask("What?")


@plugin.command
async def sell(ctx: Ctx, form: Sale) -> None:
    "Sell."
    await ctx.say("Sold: " + " | ".join(str(v) for v in form.model_dump().values()))


@plugin.command
async def add(ctx: Ctx, first: int, second: Decimal = Decimal(0), note: str = "") -> None:
    "Add."
    await ctx.say("Sum: " + str(first + second) + " " + note)


@plugin.message(r"(?P<n>[0-9]+) cups")
async def cups(ctx: Ctx, n: int) -> None:
    "Count cups."
    await ctx.say("Cups: " + str(n))


class Safe(Form):
    code: SecretStr = ask("Which code?", secret=True)


@plugin.command
async def lock(ctx: Ctx, form: Safe) -> None:
    "Lock."
    await ctx.say("Locked." if form.code.get_secret_value() == "１２．" else "Changed!")
"""


async def test_a_form_reads_numbers_of_any_keyboard(tmp_path: Path) -> None:
    """Where a number, a date or a choice is meant; a name keeps its digits."""
    write(tmp_path, "till", TILL)
    async with Stage(tmp_path, environment={}) as stage:
        ann = stage.person("Ann", language="ru")
        await ann.says("/sell")
        for answer in ("１ ０００", "١٢٫٥", "２０２６－０１－３１", "2️⃣", "\u200b№１"):
            await ann.says(answer)
        assert ann.last == "Sold: 1000 | 12.5 | 2026-01-31 | large | №１"


LINES = {
    "/sell ２ 1,5 2026-01-31 Small. tea ３": "Sold: 2 | 1.5 | 2026-01-31 | small | tea ３",
    "/add １٠ 2,5 №５": "Sum: 12.5 №５",
    "/add 1\u00a0000 2": "Sum: 1002",
    "\u200b/add 7\u200b": "Sum: 7",
    "５ cups": "Cups: 5",
}


async def test_a_line_reads_numbers_of_any_keyboard(tmp_path: Path) -> None:
    """Behind a command, and in a text that is for nobody's question."""
    write(tmp_path, "till", TILL)
    async with Stage(tmp_path, environment={}) as stage:
        ann = stage.person("Ann")
        said = {}
        for typed in LINES:
            await ann.says(typed)
            said[typed] = ann.last.rstrip()
        assert said == LINES


async def test_a_secret_is_taken_as_it_was_typed(tmp_path: Path) -> None:
    """A password of other digits is another password."""
    write(tmp_path, "till", TILL)
    async with Stage(tmp_path, environment={}) as stage:
        ann = stage.person("Ann")
        await ann.says("/lock")
        await ann.says("１２．")
        assert ann.last == "Locked."


async def test_a_userbots_numbers_are_read_too() -> None:
    """A choice by a keycap or a full-width digit."""
    async with Stage(only=["start"], mode="user") as stage:
        owner = stage.owner()
        await owner.says("/start")
        shown = owner.last
        await owner.says("１.")
        assert owner.last != shown
        assert "There is no" not in owner.last
