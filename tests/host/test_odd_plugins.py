"""What no plugin should be, dropped in: it is refused, and the bot and all others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.cli.main import main
from sapp_bot.errors import PluginError
from sapp_bot.host.lifecycle.record import as_refusal
from sapp_bot.host.routing.signature import where
from sapp_bot.testing import Stage

GREET = """
from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1.0")


@plugin.command
async def greet(ctx: Ctx) -> None:
    'Greet.'
    await ctx.say("Good day.")
"""
NO_ENCODING = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=klingon\\n"\n'


class Odd:
    """No function."""


def test_a_class_in_a_handlers_place_can_be_named() -> None:
    """The text of an error about it is made like any other."""
    assert where(Odd) == f"{__name__} Odd"


@pytest.mark.parametrize(
    "source",
    [
        "class greet:\n    'Greet.'\n",
        "@cache\ndef greet():\n    'Greet.'\n",
        "@staticmethod\ndef greet():\n    'Greet.'\n",
    ],
)
def test_what_is_no_function_is_no_handler(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    """It is refused when it is loaded, not when somebody first uses it."""
    path = tmp_path / "odd.py"
    head = "from functools import cache\nfrom sapp_bot import Plugin\nplugin = Plugin('1.0')\n"
    path.write_text(f"{head}@plugin.command\n{source}", "utf-8")

    assert main(["check", str(path)]) == 1
    assert "greet: a handler is a function: write `async def`" in capsys.readouterr().out


def test_an_error_that_is_no_refusal_names_file_and_class() -> None:
    """Whatever comes of loading one plugin refuses that one; a refusal says its own."""
    refusal = PluginError("mine.py:3: why")

    assert as_refusal(Path("mine.py"), refusal) is refusal
    assert str(as_refusal(Path("mine.py"), KeyError("a"))) == "mine.py: KeyError: 'a'"


async def test_translations_in_no_encoding_are_told(tmp_path: Path) -> None:
    """The last good ones stay, and the bot goes on."""
    (tmp_path / "good.py").write_text(GREET, "utf-8")
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "ru.po").write_text(NO_ENCODING, "utf-8")
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        await ann.says("/greet")

        assert ann.last == "Good day."
        assert [e for e in stage.log if e["event"] == "plugin.words_failed"]
