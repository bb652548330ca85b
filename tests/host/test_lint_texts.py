"""`check` names every text of a plugin that Russian people would read in English."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.cli.main import main

SOURCE = '''"""Cups."""
from enum import Enum
from typing import ClassVar

from sapp_bot import (
    Button, Confirmation, Copy, Ctx, Form, InlineResult, NextStep, Plugin, Screen, Url, UserError,
    ask, field_validator,
)

plugin = Plugin(version="1.0", locales={"ru": {"Known": "Знакомо", "OK": "OK"}})  #! Cups


class Size(Enum):
    SMALL = "s"


def rule(text):
    if text == "a":
        raise ValueError("Not a.")  #! Not a.
    return text


def inner(text):
    raise ValueError("Nobody reads that.")


class Cup(Form):
    confirm: ClassVar = Confirmation("For ever.", button="Do it")  #! Do it|For ever.
    size: Size = ask("Which size?")  #! Size|Small|Which size?
    name: str = ask("OK", title="Your name", choices={"x": "The X"})  #! The X|Your name

    @field_validator("name")
    @classmethod
    def _rule(cls, name: str) -> str:
        return rule(name)


class Stop(UserError):
    reply = "Stopped."  #! Stopped.


class Go(Button):
    reply: str = "No text for people."


@plugin.command(examples={"/cup": "Which"})
async def cup(ctx: Ctx, form: Cup) -> str:
    """Take a cup."""  #! Take a cup.
    keys = [
        Go(reply="x").key("Go"),  #! Go
        Copy("Copy it", "x"),  #! Copy it
        Url("Open it", "https://example.org"),  #! Open it
    ]
    await ctx.show(Screen("The card", [keys]), name="x")  #! The card
    word = "One" if form.name else "Other"  #! One|Other
    await ctx.say(word)
    await ctx.say("Known")
    await ctx.say("Cancel")
    ctx.ask_again("name", "Again.")  #! Again.
    ctx.log.info("No text for people.", reason="nor this")
    if ctx.n("{n} cat", "{n} cats", 2):  #! {n} cat
        raise UserError("No.").offer(NextStep("cup", "Once more"))  #! No.|Once more
    return "Done."  #! Done.


@plugin.command(examples={"/pour 3": "OK"})  #! amount
async def pour(ctx: Ctx, amount: int) -> str:
    """OK"""
    return "OK"


@plugin.inline("cup")
async def offer(ctx: Ctx) -> list[InlineResult]:
    return [InlineResult("a", title="A title", description="OK", text="Sent")]  #! A title|Sent


@plugin.button
async def go(ctx: Ctx, pressed: Go) -> None:
    """Is read by nobody."""


@plugin.inline(switch="Open the bot")  #! Open the bot
async def found(ctx: Ctx) -> list:
    return []
'''


def test_each_text_without_its_russian_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its line and where to add it: helps, forms, choices, rules, buttons, errors, titles.

    What a line says stands behind `#!`, and nothing else is named.
    """
    path = tmp_path / "cups.py"
    path.write_text(SOURCE, "utf-8")
    expected = [
        f"{path}:{number}: {text!r} has no translation into 'ru': "
        'add it to Plugin(locales={"ru": {…}})'
        for number, line in enumerate(SOURCE.splitlines(), start=1)
        if "#!" in line
        for text in line.partition("#! ")[2].split("|")
    ]

    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.parametrize(
    "text", ['f"Hello {ctx.person.name}"', '"Hello {}".format(1)', '"Hello %s" % 1']
)
def test_a_text_that_is_put_together_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """No catalogue can have it; what has no word in it may be."""
    path = tmp_path / "hello.py"
    path.write_text(
        "from sapp_bot import Ctx, Plugin\n"
        'plugin = Plugin(version="1.0")\n'
        '@plugin.command(examples={"/hello": "Hello"})\n'
        "async def hello(ctx: Ctx) -> None:\n"
        '    """Greet."""\n'
        '    await ctx.say(f"/{ctx.person.id}")\n'
        f"    await ctx.say({text})\n",
        "utf-8",
    )

    assert main(["check", str(path)]) == 1
    assert "hello.py:7: a text that is put together here" in capsys.readouterr().out


def test_a_package_names_its_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file beside the others that is no Python is named, too, though nothing imports it."""
    package = tmp_path / "hello"
    (package / "locales").mkdir(parents=True)
    (package / "locales" / "ru.po").write_text('msgid ""\nmsgstr ""\n', "utf-8")
    (package / "__init__.py").write_text(
        'from sapp_bot import Ctx, Plugin\nplugin = Plugin(version="1.0", title="Hi")\n'
        "@plugin.command\nasync def hello(ctx: Ctx) -> None:\n    'Greet.'\n",
        "utf-8",
    )
    assert main(["check", str(package)]) == 1
    said = capsys.readouterr().out
    assert f"__init__.py:5: 'Greet.' has no translation into 'ru': add a msgid to {package}" in said

    (package / "old.py").write_text("def", "utf-8")
    assert main(["check", str(package)]) == 1
    assert "old.py:1: SyntaxError" in capsys.readouterr().out
