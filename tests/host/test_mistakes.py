"""What an author is told of usual mistakes: file, line, and what to write instead."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

import pytest

import sapp_bot
from sapp_bot.cli.main import main
from sapp_bot.host.lifecycle.source.plugin_source import _parsed

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
        ("@plugin.every(10**12)\nasync def x(ctx: Ctx): ...", 1, "at most a year"),
        (
            "@plugin.command(aliases='go')\nasync def x(ctx: Ctx): 'x'",
            *(1, 'write a list, aliases=["go"]'),
        ),
        (
            "@plugin.command(cooldown_s='5')\nasync def x(ctx: Ctx): 'x'",
            *(1, "write seconds, at most a year, cooldown_s=60"),
        ),
        (
            "@plugin.inline(cache_s=2**40)\nasync def x(ctx: Ctx): ...",
            *(1, "write seconds, at most a year, cache_s=60"),
        ),
        (
            "@plugin.before_message(everywhere=True, order='first')\nasync def x(ctx: Ctx): ...",
            *(1, "write a whole number, order=1"),
        ),
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
        (VALIDATOR, 1, "@field_validator names a field that the class has not"),
        (VALIDATOR.replace('("b")', ""), 3, 'name the field: @field_validator("field")'),
        (
            VALIDATOR.replace('"b"', '"a"')
            .replace("    @classmethod\n", "")
            .replace("cls", "self"),
            *(3, "write @classmethod below it, and cls as its first parameter"),
        ),
        ("class F(Form):\n    a = ask('A')", 1, "write its type: `name: str = ask(…)`"),
        ("class F(Form):\n    a: int = ask('A', minimum=3)", 2, "did you mean ge=?"),
        ("class F(Form):\n    a: str = ask('A', max_lenght=3)", 2, "did you mean max_length=?"),
        ("class F(Form):\n    a: int = ask('A', greater=4)", 2, "did you mean gt=?"),
        ("class F(Form):\n    a: int = ask('A', defualt=4)", 2, "did you mean default=?"),
        ("class F(Form):\n    a: int = ask('A', zzz=4)", 2, "it takes pydantic's: ge, le"),
        ("class F(Form):\n    a: str = ask('A', choices=['x'])", 2, "write {answer: label, …}"),
        (
            "plugin = 5\n@plugin.command\nasync def x(ctx: Ctx): 'x'",
            2,
            "plugin = Plugin(version=…)",
        ),
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
    ("said", "told"),
    [
        ("title=2026", 'write a text, title="2026"'),
        ("sapp=1", 'write a text, sapp="1"'),
        ('needs="auth"', 'write a list of names, needs=["one"]'),
        ("needs=[['auth']]", 'write a list of names, needs=["one"]'),
        ('packages="pandas"', 'write a list of names, packages=["one"]'),
    ],
)
def test_a_plugin_of_wrong_types_is_not_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str, told: str
) -> None:
    """It would take itself letter by letter, or everybody's /help with it."""
    path = tmp_path / "mine.py"
    path.write_text(HEAD.replace('Plugin("1.0")', f'Plugin("1.0", {said})'), "utf-8")

    assert main(["check", str(path)]) == 1
    assert told in capsys.readouterr().out


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
        (
            "await ctx.say('x', rows=[[Go(n=1).key(ctx.t('y'))]])",
            'write its values behind a message id: .key("{text}", text=…)',
        ),
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


IMPORTS = (
    "import tip",
    "import tip as t",
    "from tip import words",
    "import plugins.tip",
    "from plugins import tip",
    "from plugins.tip import words",
    "import mine.tip",
    "from . import tip",
    "from .tip import words",
)


@pytest.mark.parametrize("line", IMPORTS)
@pytest.mark.parametrize("is_folder", [False, True])
def test_a_plugin_imports_no_other_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, *, is_folder: bool
) -> None:
    """It is told so, however it tries, and never to install what has a plugin's name."""
    folder = tmp_path / "mine"
    path = folder / "hi" / "__init__.py" if is_folder else folder / "hi.py"
    path.parent.mkdir(parents=True)
    (folder / "tip.py").write_text(f"{HEAD}words = 1\n", "utf-8")
    path.write_text(f"{line.replace('from .', 'from ..') if is_folder else line}\n{HEAD}", "utf-8")

    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().out
    assert f"{path.name}:1" in told
    assert "a plugin may not import another one" in told
    assert "install" not in told


@pytest.mark.parametrize("line", ["import tip", "from tip import words"])
def test_a_plugin_on_the_path_of_python_is_no_module_either(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    line: str,
) -> None:
    """Where Python itself would find it, it would be there twice; so it is refused there, too."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "tip.py").write_text(f"{HEAD}words = 1\n", "utf-8")
    (tmp_path / "hi.py").write_text(f"try:\n    {line}\nfinally:\n    pass\n{HEAD}", "utf-8")

    assert main(["check", str(tmp_path / "hi.py")]) == 1
    told = capsys.readouterr().out
    assert "hi.py:2" in told
    assert "a plugin may not import another one" in told


def test_own_modules_and_namesakes_of_packages_are_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder imports what lies in it; a plugin named as a package hides that from nobody."""
    own = tmp_path / "hi"
    own.mkdir()
    (tmp_path / "wave.py").write_text(HEAD.partition("class")[0], "utf-8")
    (own / "tip.py").write_text("words = 1\n", "utf-8")
    (tmp_path / "tip.py").write_text(HEAD.partition("class")[0], "utf-8")
    (own / "__init__.py").write_text(
        f"import wave\nfrom . import tip\nfrom .tip import words\n{HEAD.partition('class')[0]}"
        "assert wave.Wave_read and tip.words == words\n",
        "utf-8",
    )

    assert main(["check", str(own)]) == 0, capsys.readouterr().out


def test_a_module_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says where it would have to lie."""
    path = tmp_path / "hi" / "__init__.py"
    path.parent.mkdir()
    path.write_text(f"from .words import x\n{HEAD}", "utf-8")

    assert main(["check", str(path)]) == 1
    assert f"there is no words.py beside {path}" in capsys.readouterr().out


def test_names_are_imported_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A star is refused with what to write."""
    path = tmp_path / "hi.py"
    path.write_text('from sapp_bot import *\nplugin = Plugin("1.0")\n', "utf-8")

    assert main(["check", str(path)]) == 1
    assert "hi.py:1: sapp_bot.* says not what it imports; import names" in capsys.readouterr().out


def test_a_file_in_another_encoding_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """UTF-16, as an editor of Windows writes it, is told by its name."""
    path = tmp_path / "hi.py"
    path.write_text(HEAD, "utf-16")

    assert main(["check", str(path)]) == 1
    assert "hi.py: no text in UTF-8" in capsys.readouterr().out


def test_the_public_names_are_listed() -> None:
    """`dir(sapp_bot)` and a shell's completion know what a plugin imports."""
    assert {"Ctx", "Plugin", "ask"} <= set(dir(sapp_bot))


class ParsesAtItsEnd:
    """Garbage that parses something when it is collected, as who writes a traceback does."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        """Parse, deep in the stack."""
        self.parse(20)

    def parse(self, depth: int) -> None:
        """Parse at a depth."""
        if depth:
            self.parse(depth - 1)
        else:
            ast.parse("x = 1")


def test_a_file_is_parsed_while_garbage_is_collected_that_parses() -> None:
    """Python 3.11 fails then with a SystemError, and the plugin would be refused."""
    bot = Path(sapp_bot.__file__).with_name("bot.py")
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(2_000)  # objects: the file takes few until it is parsed, and then many more
    try:
        ParsesAtItsEnd()
        assert _parsed(bot).body
    finally:
        gc.set_threshold(*before)
