"""What is said to the bot by its name, in a group."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.host.routing.commands import Mention, parse_mention
from sapp_bot.testing import Stage

PLUGIN = '''
from sapp_bot import Ctx, Plugin

plugin = Plugin(version="1.0", sapp=">=1")


@plugin.message(r"(?P<n>[0-9]+) miles")
async def convert(ctx: Ctx, n: int) -> None:
    """Turn miles into kilometres."""
    await ctx.say("{n} miles, as you said", n=n)


@plugin.command
async def lengths(ctx: Ctx, unit: str = "") -> None:
    """List the lengths."""
    await ctx.say("All lengths {unit}", unit=unit)


@plugin.command(hidden=True)
async def inner(ctx: Ctx) -> None:
    """Do a part of another command."""
    await ctx.say("An inner step")
'''


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@some_bot 100 usd", Mention("100 usd", is_first=True)),
        ("@Some_Bot, 100 usd", Mention("100 usd", is_first=True)),
        ("100 usd @some_bot", Mention("100 usd", is_first=False)),
        ("100 usd to eur, @some_bot", Mention("100 usd to eur,", is_first=False)),
        ("hey @some_bot 100 usd", Mention("hey 100 usd", is_first=False)),
        ("hey @some_bot: 100 usd", Mention("hey 100 usd", is_first=False)),
        ("@some_bot", Mention("", is_first=True)),
        ("@some_bot2 100 usd", None),
        ("mail@some_bot 100 usd", None),
        ("100 usd", None),
    ],
)
def test_a_mention_stands_anywhere(text: str, said: Mention | None) -> None:
    """The name is taken out of the text wherever it stands; a longer name is somebody else's."""
    assert parse_mention(text, "some_bot") == said
    assert parse_mention(text, "") is None


async def test_what_is_said_to_the_bot_is_answered(tmp_path: Path) -> None:
    """At the beginning and at the end; commands need no slash; talk about the bot is left alone."""
    (tmp_path / "lengths.py").write_text(PLUGIN, "utf-8")
    async with Stage(tmp_path, environment={}) as stage:
        group = stage.person("Ann", language="en").within(-100)
        for text, answer in (
            ("@sapp_test_bot 10 miles", "10 miles, as you said"),
            ("11 miles @sapp_test_bot", "11 miles, as you said"),
            ("@sapp_test_bot lengths", "All lengths"),
            ("lengths short @sapp_test_bot", "All lengths short"),
            ("@sapp_test_bot nonsense", "I did not understand that."),
            ("@sapp_test_bot inner", "I did not understand that."),
        ):
            await group.says(text)
            assert group.sees(answer), text
        before = len(group.chat)
        await group.says("I like @sapp_test_bot very much")
        await group.says("10 miles")

        assert not [shown for shown in group.chat[before:] if shown.by_bot]
