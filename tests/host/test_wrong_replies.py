"""A plugin that says what no message can hold fails alone: the bot, and everybody else, go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.domain.replies import Callback, Copy, Send, Url
from sapp_bot.domain.text import Entity, Rich
from sapp_bot.errors import ConfigError
from sapp_bot.host.runtime.wellformed import check
from sapp_bot.testing import Stage

from .live import write

PLUGIN = '''
from sapp_bot import Button, Copy, Ctx, Plugin, Rich, Screen, Url

plugin = Plugin(version="1.0")


class Tap(Button):
    to: int


@plugin.button
async def tap(ctx: Ctx, pressed: Tap) -> None:
    """Do nothing."""


@plugin.command
async def wrong(ctx: Ctx) -> None:
    """Say what cannot be said."""
    {wrong}


@plugin.command
async def fine(ctx: Ctx) -> None:
    """Say what can."""
    await ctx.say("Fine.", rows=[[Tap(to=1).key("Tap", style="danger"), Copy("Copy", "it")]])
'''

ROWS = 'await ctx.say("x", rows=[[{}]])'
WRONG = {
    "style": ('Tap(to=1).key("L", style="pink")', "style is 'pink', not one of '', 'primary'"),
    "copy": (ROWS.format('Copy("L", 5)'), "Copy: text is 5, and should be str"),
    "url": (ROWS.format('Url("L", object())'), "Url: url is "),
    "text in a row": (ROWS.format('"L"'), "a row of a screen holds buttons, not a str"),
    "no label": (ROWS.format("Tap(to=1)"), 'write Tap(…).key("Label")'),
    "person": ('await (await ctx.to("5")).say("x")', "a Telegram user id, an int, not a str"),
    "rich": ("await ctx.say(Rich(5))", "Rich: plain is 5, and should be str"),
    "entities": ('await ctx.say(Rich("a", ["bold"]))', "Rich: entities is ['bold'], and should"),
    "name": ('await ctx.show(Screen(ctx.t("x"), []), name=7)', "Send: screen is 7, and should be"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_wrong_reply_fails_in_its_handler(tmp_path: Path, wrong: str) -> None:
    """The log says what to write instead; the person gets a word, and others their answers."""
    line, reason = WRONG[wrong]
    write(tmp_path, "odd", PLUGIN.replace("{wrong}", line))
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        ann, bob = stage.person("Ann"), stage.person("Bob")
        await ann.says("/wrong")
        assert ann.sees("Something went wrong on our side")
        await bob.says("/fine")
        assert bob.last == "Fine."
        await stage.restart()
        await ann.says("/fine")
        assert ann.last == "Fine."
        assert any(reason in f"{e.get('reason')} {e.get('exc_info')!r}" for e in stage.log)


@pytest.mark.parametrize("kind", ["command", "button", "message"])
async def test_a_role_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    """A word that nobody checks would open an operators' command to everybody."""
    places = {"command": "command\nasync def wrong", "message": "command\nasync def wrong"}
    former = f"@plugin.{places.get(kind, kind)}"
    pattern = '"a", ' if kind == "message" else ""
    decorated = former.replace("button", "command", 1).replace(
        "command", f'{kind}({pattern}role="operator")', 1
    )
    source = PLUGIN.replace("{wrong}", 'await ctx.say("x")')
    write(tmp_path, "odd", source.replace(former, decorated, 1))
    with pytest.raises(ConfigError, match="there is no role='operator': write 'anyone'"):
        async with Stage(tmp_path):
            pass


def test_what_a_message_may_hold_is_fine() -> None:
    """All kinds of keys, and formatting."""
    keys = (Callback("L", b"d", style="primary"), Copy("L", "x"), Url("L", "https://example.com"))
    check(Send(5, Rich("a", (Entity("bold", 0, 1, ""),)), (keys,)))
