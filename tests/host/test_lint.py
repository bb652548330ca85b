"""`check` knows mistakes by reading a plugin's source, before anybody runs into them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from sapp_bot.cli.main import main
from sapp_bot.i18n import DictTranslations, Translator

HEAD = """
from pydantic import BaseModel
from sapp_bot import Button, Ctx, Plugin, Screen, Store
plugin = Plugin(version="1.0", locales={"ru": {
    "Hello": "Приветствия", "Greet.": "Поздороваться.", "{n}. {n}": "{n}. {n}",
    "Hi {name}": "Привет, {name}", "{n} cat": ("{n} кот", "{n} кота", "{n} котов"),
}})
class Note(BaseModel):
    text: str
"""
COMMAND = """
@plugin.command
async def hello(ctx: Ctx, notes: Store[Note]) -> None:
    'Greet.'
    """


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("await ctx.says('Hi')", "ctx.says does not exist; did you mean ctx.say?"),
        ('await ctx.say("Hi {name}", nme="Ann")', "nothing fills {name} in 'Hi {name}'; did you"),
        ('await ctx.say("Hi {name}")', "nothing fills {name} in 'Hi {name}': write name=…"),
        ('await ctx.say("Bye")', "'Bye' has no translation into 'ru'"),
        ('await ctx.say(ctx.n("{n} dog", "{n} dogs", 2))', "'{n} dog' has no translation into"),
        ('ctx.say("Hi {name}", name="Ann")', "ctx.say(…) does nothing: write await ctx.say(…)"),
        ("found = notes.get(7)", "notes.get(…) does nothing: write await notes.get(…)"),
        ("await ctx.ask_again(None)", "ctx.ask_again(…) takes no await"),
        ("import time; time.sleep(1)", "time.sleep stops the bot for everybody: await something"),
        ('await notes.set(ctx.key, Note(text=""))', "ctx.key is not ctx.person.id, so /forget"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, fault: str
) -> None:
    """The sentence says what to write instead."""
    path = tmp_path / "hello.py"
    path.write_text(HEAD + COMMAND + line + "\n", "utf-8")

    assert main(["check", str(path)]) == 1
    number = len((HEAD + COMMAND).splitlines())
    assert f"hello.py:{number}: {fault}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("import sapp_bot.store", "a plugin may not import sapp_bot.store: import from"),
        ("from sapp_bot.domain.text import Rich", "a plugin may not import sapp_bot.domain.text"),
        ("from sapp_bot import host", "a plugin may not import sapp_bot.host"),
        ("import other", "a plugin may not import another one, other: ask for"),
        ("from plugins.other import value", "a plugin may not import another one, plugins.other"),
        ("from sapp_bot import Rich, services", ""),
        ("from sapp_bot.services import Clock", ""),
        ("import sapp_bot, decimal", ""),
    ],
)
def test_what_a_plugin_may_not_import_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, fault: str
) -> None:
    """With file and line, wherever it stands; what it may import is passed over."""
    (tmp_path / "other.py").write_text('from sapp_bot import Plugin\nplugin = Plugin("1.0")\n')
    path = tmp_path / "hello.py"
    later = f"async def later() -> None:\n    {line}\n"
    path.write_text(HEAD + later, "utf-8")

    assert main(["check", str(path)]) == int(bool(fault))
    number = len(HEAD.splitlines()) + 2
    shown = capsys.readouterr().out
    assert f"hello.py:{number}: {fault}" in shown if fault else "may not" not in shown


@pytest.mark.parametrize(
    "line",
    [
        'await ctx.say("Hi {name}", name="Ann", rows=[])',
        'await ctx.say(ctx.n("{n} cat", "{n} cats", 2))',
        'await ctx.say("{n}. {n}", n=1)',
        'await notes.set(ctx.person.id, Note(text=""))',
        'ctx.log.info("hello", person=ctx.person.name)',
        'values = {"name": "Ann"}; await ctx.say("Hi {name}", **values)',
    ],
)
def test_what_is_right_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """A check that cries wolf is not read."""
    path = tmp_path / "hello.py"
    path.write_text(HEAD + COMMAND + line + "\n", "utf-8")

    assert main(["check", str(path)]) == 0, capsys.readouterr().out


def test_a_button_without_a_handler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A press of it would be refused, and each screen with it an error."""
    path = tmp_path / "hello.py"
    path.write_text(HEAD + "class Feed(Button):\n    name: str\n", "utf-8")

    assert main(["check", str(path)]) == 1
    line = len(HEAD.splitlines()) + 1
    assert f"hello.py:{line}: button Feed has no handler" in capsys.readouterr().out


def test_a_hook_says_that_the_author_has_thought(tmp_path: Path) -> None:
    """With a @plugin.forget, keys are the plugin's own matter."""
    path = tmp_path / "hello.py"
    hook = "@plugin.forget\nasync def forget(ctx: Ctx) -> None:\n    'Nothing is a person\\'s.'\n"
    path.write_text(HEAD + COMMAND + 'await notes.set("all", Note(text=""))\n' + hook, "utf-8")

    assert main(["check", str(path)]) == 0


def test_no_example_is_no_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was not tried is not called in order."""
    path = tmp_path / "hello.py"
    path.write_text(HEAD, "utf-8")

    assert main(["check", str(path)]) == 0
    said = capsys.readouterr().out
    assert "no example was tried" in said
    assert "nothing wrong" not in said


@pytest.mark.parametrize(("n", "word"), [(1, "1 кот"), (3, "3 кота"), (25, "25 котов")])
def test_plurals_in_one_file(n: int, word: str) -> None:
    """A plugin in one file has all plural forms of a language."""
    words = DictTranslations({"{n} cat": ("{n} кот", "{n} кота", "{n} котов")}, "ru")
    assert Translator("ru", (words,)).plural("{n} cat", "{n} cats", n).plain == word


def test_too_few_plural_forms_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Russian has three."""
    path = tmp_path / "hello.py"
    text = dedent("""
        from sapp_bot import Plugin
        plugin = Plugin(version="1.0", locales={"ru": {"{n} cat": ("{n} кот", "{n} кота")}})
    """)
    path.write_text(text, "utf-8")

    assert main(["check", str(path)]) == 1
    assert "needs 3 plural forms, and has 2" in capsys.readouterr().out
