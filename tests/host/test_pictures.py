"""Pictures: named in the reply, drawn by the plugin's renderer when it is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from sapp_bot.domain.replies import PictureSource, QueuedReply, Send
from sapp_bot.domain.text import Rich
from sapp_bot.errors import PluginError
from sapp_bot.testing import SandboxStage, Stage
from sapp_bot.testing.chatroom import Shown

from .live import life_of, write

SOURCE = '''"""Draws."""
import asyncio
import struct
import zlib

from pydantic import BaseModel

from sapp_bot import Button, Ctx, Picture, Plugin, Screen, Store

plugin = Plugin(version="1.0")


class Note(BaseModel):
    width: int


class Chart(Picture):
    width: int
    fault: str = ""


class Wider(Button):
    by: int


class Words(Button):
    pass


class Hide(Button):
    pass


def png(width: int, height: int) -> bytes:
    rows = (b"\\x00" + b"\\x80" * width) * height
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\\x89PNG\\r\\n\\x1a\\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


@plugin.picture
async def chart(spec: Chart, notes: Store[Note]) -> bytes:
    if spec.fault == "raise":
        raise RuntimeError("no ink")
    if spec.fault == "text":
        return "no picture"
    if spec.fault == "hang":
        await asyncio.sleep(3600)
    found = await notes.get("extra")
    return png(spec.width + (found.width if found else 0), 40)


def screen(ctx: Ctx, width: int) -> Screen:
    rows = [[Wider(by=width + 10).key("Wider"), Words().key("Words")]]
    return Screen(ctx.t("{n} wide", n=width), rows, Chart(width=width))


@plugin.command
async def draw(ctx: Ctx) -> None:
    """Draw."""
    await ctx.show(screen(ctx, 60), name="chart")


@plugin.command
async def vanish(ctx: Ctx) -> None:
    """Draw what vanishes."""
    await ctx.show(screen(ctx, 60), name="chart")
    await ctx.later(60, Hide())


@plugin.command
async def words(ctx: Ctx) -> None:
    """Write."""
    await ctx.show(Screen("only words", [[Wider(by=20).key("Draw it")]]), name="chart")


@plugin.command
async def faulty(ctx: Ctx, fault: str) -> None:
    """Fail."""
    await ctx.say("what it would show", picture=Chart(width=10, fault=fault))


@plugin.command
async def keep(ctx: Ctx, notes: Store[Note], width: int) -> None:
    """Keep something for the renderer."""
    await notes.set("extra", Note(width=width))


@plugin.button
async def wider(ctx: Ctx, pressed: Wider) -> None:
    await ctx.show(screen(ctx, pressed.by), name="chart")


@plugin.button
async def in_words(ctx: Ctx, pressed: Words) -> None:
    await ctx.show(Screen("only words", [[Wider(by=20).key("Draw it")]]), name="chart")


@plugin.button
async def hide(ctx: Ctx, pressed: Hide) -> None:
    await ctx.show(Screen("hidden"), name="chart")
'''


@asynccontextmanager
async def drawing(
    kind: type[Stage], folder: Path, *, mode: Literal["bot", "user"] = "bot"
) -> AsyncIterator[Stage]:
    """Run the bot with the plugin that draws."""
    write(folder, "sample", SOURCE)
    async with kind(folder, mode=mode) as stage:
        yield stage


def sizes(messages: Sequence[Shown]) -> list[tuple[int, int] | None]:
    """Give the sizes of the pictures, None for a text."""
    return [m.picture.size if m.picture else None for m in messages]


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_a_picture_comes_with_its_caption(tmp_path: Path, kind: type[Stage]) -> None:
    """The picture is drawn from the fields, with the text and the buttons under it."""
    async with drawing(kind, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/draw")

        assert ann.last == "60 wide"
        assert sizes(ann.news) == [(60, 40)]
        assert ann.labels() == ["Wider", "Words"]


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_a_press_changes_a_picture_in_place(tmp_path: Path, kind: type[Stage]) -> None:
    """A picture in a picture's place is an edit."""
    async with drawing(kind, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/draw")
        (message,) = [m for m in ann.chat if m.by_bot]
        await ann.presses("Wider")
        await ann.presses("Wider")

        (changed,) = [m for m in ann.chat if m.by_bot]
        assert (changed.id, changed.text.plain) == (message.id, "80 wide")
        assert sizes([changed]) == [(80, 40)]


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_a_change_of_kind_brings_another_message(tmp_path: Path, kind: type[Stage]) -> None:
    """From picture to words and back: the old message goes, and one screen stays."""
    async with drawing(kind, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/draw")
        (picture,) = [m for m in ann.chat if m.by_bot]
        await ann.presses("Words")
        (text,) = [m for m in ann.chat if m.by_bot]
        assert (text.text.plain, sizes([text])) == ("only words", [None])
        assert text.id != picture.id
        await ann.presses("Draw it")

        (again,) = [m for m in ann.chat if m.by_bot]
        assert (again.text.plain, sizes([again])) == ("20 wide", [(20, 40)])


@pytest.mark.parametrize("kind", [Stage, SandboxStage])
async def test_a_timer_takes_a_picture_away(tmp_path: Path, kind: type[Stage]) -> None:
    """What a timer shows in a picture's place replaces it."""
    async with drawing(kind, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/vanish")
        await stage.passes(61)

        (message,) = [m for m in ann.chat if m.by_bot]
        assert (message.text.plain, sizes([message])) == ("hidden", [None])


async def test_a_timer_finds_the_message_that_took_the_place(tmp_path: Path) -> None:
    """A picture that was replaced since is found by its screen's name."""
    async with drawing(Stage, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/vanish")
        await ann.presses("Words")
        await ann.presses("Draw it")
        await stage.passes(61)

        (message,) = [m for m in ann.chat if m.by_bot]
        assert (message.text.plain, sizes([message])) == ("hidden", [None])


async def test_the_person_sees_what_drew_the_picture(tmp_path: Path) -> None:
    """The kit shows renderer, arguments and image; none of the image is stored."""
    async with drawing(Stage, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/draw")
        (shown,) = ann.news

        assert shown.picture is not None
        assert shown.picture.renderer == "sample.Chart"
        assert shown.picture.arguments == '{"width":60,"fault":""}'
        assert shown.picture.image.startswith(b"\x89PNG")


async def test_a_renderer_gets_the_plugins_store(tmp_path: Path) -> None:
    """Its other parameters are those of any handler without a person."""
    async with drawing(Stage, tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/keep 5")
        await ann.says("/draw")

        assert sizes(ann.news) == [(65, 40)]


@pytest.mark.parametrize("fault", ["raise", "text", "hang"])
async def test_a_failing_renderer_leaves_the_text(tmp_path: Path, fault: str) -> None:
    """The words come alone, and the plugin has failed once."""
    async with drawing(Stage, tmp_path) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        saying = asyncio.create_task(ann.says(f"/faulty {fault}"))
        async with asyncio.timeout(10):
            while not saying.done():
                await stage.clock.advance(0.1)
                await asyncio.sleep(0.01)

        assert [(m.text.plain, m.picture) for m in ann.news] == [("what it would show", None)]
        assert life_of(stage, "sample").errors == 1


@pytest.mark.parametrize(
    "source",
    [
        PictureSource("gone.Chart", "{}"),
        PictureSource("sample.Gone", "{}"),
        PictureSource("sample.Chart", '{"height":1}'),
    ],
)
async def test_what_nobody_can_draw_any_more_leaves_the_text(
    tmp_path: Path, source: PictureSource
) -> None:
    """What was committed is delivered, whatever became of its plugin, its class and its fields."""
    async with drawing(Stage, tmp_path) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        reply = Send(ann.chat_id, Rich("in words"), picture=source)
        await stage.store.outbox.push(QueuedReply("m:1:1/0", reply))
        await stage.restart()

        assert [(m.text.plain, m.picture) for m in ann.news] == [("in words", None)]


async def test_user_mode_numbers_the_choices_in_the_caption(tmp_path: Path) -> None:
    """A person's own account has no buttons, under pictures too."""
    async with drawing(Stage, tmp_path, mode="user") as stage:
        olga = stage.owner()
        await olga.says("/draw")
        assert olga.sees("1 Wider · 2 Words")
        await olga.presses("Wider")

        assert olga.sees("70 wide")
        assert sizes(olga.news) == [(70, 40)]


@pytest.mark.parametrize(
    ("handler", "fault"),
    [
        ("async def two(ctx: Ctx, spec: Chart) -> bytes:", "nobody to speak to"),
        ("async def two() -> bytes:", "one parameter of a Picture class"),
        ("async def two(spec: Chart) -> bytes:", "one renderer for each class"),
        ("async def two(spec: Chart, n: int) -> bytes:", "nothing can fill n"),
    ],
)
async def test_a_renderer_without_a_meaning_is_refused(
    tmp_path: Path, handler: str, fault: str
) -> None:
    """A plugin that cannot be called is refused with the place and the way out."""
    async with drawing(Stage, tmp_path) as stage:
        stage.may_fail = True
        write(stage, "sample", f"{SOURCE}\n\n@plugin.picture\n{handler}\n    return b''\n")
        with pytest.raises(PluginError, match=fault):
            await stage.reload("sample")


async def test_a_picture_is_no_commands_argument(tmp_path: Path) -> None:
    """Only a renderer takes one."""
    async with drawing(Stage, tmp_path) as stage:
        stage.may_fail = True
        write(
            stage,
            "sample",
            f'{SOURCE}\n\n@plugin.command\nasync def x(c: Chart) -> None:\n    """X."""\n',
        )
        with pytest.raises(PluginError, match="is drawn by"):
            await stage.reload("sample")
