"""What an author is told of usual mistakes: file, line, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.cli.main import main

HEAD = """
from sapp_bot import Button, Ctx, Form, Plugin, Screen, UserError, ask, field_validator
from sapp_bot.services import Client, Clients, Session
plugin = Plugin("1.0")
class Go(Button):
    n: int
"""
VALIDATOR = """class F(Form):
    a: str = ask("A")
    @field_validator("b")
    @classmethod
    def x(cls, v): return v
"""
LAST = len(HEAD.splitlines())


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("from sapp_bot import Context", 1, "did you mean Ctx, of sapp_bot?"),
        ("from sapp_bot import Rates", 1, "it is in sapp_bot.services"),
        ("from sapp_bot.services import Client_", 1, "did you mean Client, of sapp_bot.services?"),
        ("import sapp_bot.service", 1, "plugins import from sapp_bot and sapp_bot.services"),
        ("import no_such_package", 1, "install it where the bot runs"),
        ("@plugin.comand\nasync def x(ctx: Ctx): ...", 1, "did you mean command?"),
        (
            "@plugin.command(aliasses=['x'])\nasync def x(ctx: Ctx): 'x'",
            1,
            "did you mean aliases=?",
        ),
        ("@plugin.daily('9:00')\nasync def x(ctx: Ctx): ...", 1, "it takes at, zone"),
        ("@plugin.message\nasync def x(ctx: Ctx): ...", 1, "write @plugin.message(…)"),
        ("@plugin.every\nasync def x(ctx: Ctx): ...", 1, "write @plugin.every(…)"),
        ("@plugin.inline\nasync def x(ctx: Ctx): ...", 1, "write @plugin.inline(…)"),
        ("@plugin.every('1h')\nasync def x(ctx: Ctx): ...", 1, "write seconds, every(3600)"),
        ("@plugin.command\nasync def x(ctx): 'x'", 1, "ctx has no type: write `ctx: Ctx`"),
        ("@plugin.command\nasync def x(self, ctx: Ctx): 'x'", 1, "a handler is a function outside"),
        ("@plugin.command\nasync def x(ctx: Ctx, *a: str): 'x'", 1, "*a: str: name each parameter"),
        ("@plugin.command\nasync def x(c: Client): 'x'", 1, "Did you mean Clients?"),
        ("@plugin.command\nasync def x(ctx: Ctx): ...", 1, "needs a docstring"),
        ("@plugin.command(name='A b')\nasync def x(ctx: Ctx): 'x'", 1, "/A b is no command name"),
        ("@plugin.button\nasync def x(ctx: Ctx, g: Go, n: int): ...", 1, "make it a field of that"),
        ("@plugin.button\nasync def x(ctx: Ctx): ...", 1, "x needs a parameter of a Button class"),
        (
            "class F(Form):\n    a: str\n@plugin.command\nasync def x(ctx: Ctx, f: F): 'x'",
            *(1, "form F: declare a with ask(…)"),
        ),
        (VALIDATOR, 1, "Decorators defined with incorrect fields: F.x"),
        ("@plugins.command\nasync def x(ctx: Ctx): 'x'", 1, "NameError: name 'plugins' is not"),
    ],
)
def test_a_plugin_that_cannot_be_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, line: int, told: str
) -> None:
    """It is refused with the place and the remedy."""
    path = tmp_path / "mine.py"
    path.write_text(f"{HEAD}{source}\n", "utf-8")

    assert main(["check", str(path)]) == 1
    shown = capsys.readouterr().out
    assert f"mine.py:{LAST + line}" in shown
    assert told in shown


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "if not me: clients.mine(me)",
            "clients.mine(…) does nothing: write await clients.mine(…)",
        ),
        ("await ctx.reply('x')", "ctx.reply does not exist; did you mean ctx.say?"),
        ("print(ctx.author)", "ctx.author does not exist; did you mean ctx.person?"),
        ("from time import sleep; sleep(1)", "time.sleep stops the bot for everybody"),
        ("import subprocess as sp; sp.run(['ls'])", "subprocess.run stops the bot for everybody"),
        ("await ctx.show(Screen('x', [Go(n=1).key('y')]), name='x')", "write [[first, second]]"),
        ("ctx.start('x')", "ctx.start takes the function of a command, and 'x' is none"),
        ("ctx.start(go)", "ctx.start takes the function of a command, and go is none"),
        ("raise UserError('No {n}.')", "nothing fills {n} in 'No {n}.': write n=…"),
    ],
)
def test_a_handler_that_goes_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, told: str
) -> None:
    """It is known before anybody runs into it, or when its example is tried."""
    path = tmp_path / "mine.py"
    handler = (
        "@plugin.button\nasync def go(ctx: Ctx, go: Go): ...\n"
        "@plugin.command(examples={'/x': 'x'})\n"
        f"async def x(ctx: Ctx, me: Session, clients: Clients):\n    'x'\n    {body}\n"
    )
    path.write_text(HEAD + handler, "utf-8")

    assert main(["check", str(path)]) == 1
    assert told in capsys.readouterr().out


def test_each_example_is_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin that rests after five failures is woken: the others' faults are told, too."""
    path = tmp_path / "mine.py"
    examples = {f"/x {n}": "x" for n in range(7)}
    handler = (
        f"@plugin.command(examples={examples})\n"
        "async def x(ctx: Ctx, n: int):\n    'x'\n    raise RuntimeError(f'broken {n}')\n"
    )
    path.write_text(HEAD.partition("class")[0] + handler, "utf-8")

    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.rpartition(": ")[2] for line in told] == [f"broken {n}" for n in range(7)]
