"""A plugin for the tests of roles: it answers in each way in which a bot can answer."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from sapp_bot import (
    Button,
    Ctx,
    InlineQuery,
    InlineResult,
    Picture,
    Plugin,
    Screen,
)
from tests.images import png

plugin = Plugin(version="1.0", sapp=">=1")

TRIES = Path(os.environ.get("PROBE_TRIES", "."))
"""Where /linger notes each try, and waits for `<word>.go`."""


class Dot(Picture):
    """A picture."""

    width: int


class Ping(Button):
    """A button that answers with a pop-up."""


class Soon(Button):
    """A button that presses itself."""

    word: str


@plugin.picture
async def dot(spec: Dot) -> bytes:
    """Draw."""
    return png(spec.width, 40)


@plugin.command
async def echo(ctx: Ctx, word: str) -> None:
    """Say it back."""
    await ctx.say(f"echo {word}")


@plugin.command
async def linger(ctx: Ctx, word: str) -> None:
    """Say it back as soon as a file is there."""
    _note_try(word)
    while not (TRIES / f"{word}.go").exists():
        await asyncio.sleep(0.05)
    await ctx.say(f"lingered {word} again={ctx.again}")


@plugin.command
async def vanish(ctx: Ctx) -> None:  # noqa: ARG001  # nobody is spoken to
    """End the process, as a fault in a library would."""
    os._exit(1)


def _note_try(word: str) -> None:
    tries = len(list(TRIES.glob(f"{word}.try*")))
    (TRIES / f"{word}.try{tries}").write_text(str(os.getpid()))


@plugin.command
async def dots(ctx: Ctx) -> None:
    """Show a picture with a button."""
    await ctx.show(Screen("dots", [[Ping().key("Ping")]], Dot(width=60)), name="dots")


@plugin.command
async def later(ctx: Ctx, word: str) -> None:
    """Say it back in a second."""
    await ctx.show(Screen(f"soon {word}"), name="later")
    await ctx.later(1, Soon(word=word))


@plugin.button
async def soon(ctx: Ctx, pressed: Soon) -> None:
    """Say it."""
    await ctx.show(Screen(f"now {pressed.word}"), name="later")


@plugin.button
async def ping(ctx: Ctx, pressed: Ping) -> None:  # noqa: ARG001  # the button's own
    """Answer with a pop-up."""
    await ctx.toast("pong")


@plugin.inline("who")
async def who(query: InlineQuery) -> list[InlineResult]:
    """Answer an inline query."""
    return [InlineResult("a", "found", query.text, "found")]
