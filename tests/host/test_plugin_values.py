"""What a plugin has for itself: its settings and its stores, given by type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.host.authoring.plugin_settings import Config, ConfigProvider
from sapp_bot.host.lifecycle.loader import load_plugin
from sapp_bot.host.lifecycle.signatures import Services
from sapp_bot.testing import Actor, Stage

NOTES = '''
    """Notes: one for each person."""

    import asyncio
    from typing import Any, ClassVar

    from pydantic import BaseModel, SecretStr

    from sapp_bot import Config, Ctx, Plugin, Store, UserError


    class Settings(Config):
        greeting: str = "Hello"


    class Note(BaseModel):
        text: str
        code: SecretStr = SecretStr("")


    class Other(BaseModel):
        text: str


    plugin = Plugin(version="1.0")


    @plugin.command
    async def put(ctx: Ctx, notes: Store[Note], text: str) -> None:
        """Keep a note."""
        await notes.set(ctx.person.id, Note(text=text, code="kept-secret"))
        found = await notes.get(ctx.person.id)
        assert found and found.code.get_secret_value() == "kept-secret"
        await ctx.say("kept {text}", text=found.text)


    @plugin.every(3600)
    async def sweep(ctx: Ctx, notes: Store[Note]) -> None:
        async for person, note in notes.all():
            await notes.delete(person)
            assert await notes.get(person) is None
            there = await ctx.to(int(person))
            await there.say("Swept: {text}", text=note.text)
            if note.text == "milk":
                raise RuntimeError("not the milk")


    @plugin.command
    async def get(ctx: Ctx, notes: Store[Note], others: Store[Other], config: Settings) -> None:
        """Show the note."""
        note = await notes.get(ctx.person.id)
        assert await others.get(ctx.person.id) is None
        text = note.text if note else "nothing"
        await ctx.say("{greeting}: {text}", greeting=config.greeting, text=text)


    @plugin.command
    async def drop(ctx: Ctx, notes: Store[Note]) -> None:
        """Forget the note."""
        await notes.delete(ctx.person.id)
        assert await notes.get(ctx.person.id) is None
        assert [key async for key, _ in notes.all()] == []


    @plugin.command
    async def brief(ctx: Ctx, notes: Store[Note]) -> None:
        """Keep a note for a minute."""
        await notes.set(ctx.person.id, Note(text="brief"), ttl_s=60)


    @plugin.command
    async def every(ctx: Ctx, notes: Store[Note]) -> None:
        """List all notes, a new one too."""
        await notes.set("new", Note(text="new"))
        found = {str(key): note.text async for key, note in notes.all()}
        await ctx.say(" ".join(f"{key}={found[key]}" for key in sorted(found)))


    @plugin.command
    async def fail(ctx: Ctx, notes: Store[Note]) -> None:
        """Keep a note, and stumble."""
        await notes.set(ctx.person.id, Note(text="half"))
        raise UserError("No.")


    @plugin.command
    async def large(ctx: Ctx, notes: Store[Note]) -> None:
        """Keep too much."""
        await notes.set(ctx.person.id, Note(text="x" * 65_536))


    @plugin.command
    async def late(ctx: Ctx, notes: Store[Note]) -> None:
        """Keep a note when all is said."""
        async def write() -> None:
            await asyncio.sleep(0.01)
            await notes.set(ctx.person.id, Note(text="late"))

        asyncio.create_task(write())
'''


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """Give a folder with the plugin of notes."""
    (tmp_path / "notes.py").write_text(dedent(NOTES), "utf-8")  # a test's own file
    return tmp_path


@pytest.fixture
async def stage(plugin_folder: Path) -> AsyncIterator[Stage]:
    """Run the bot with that plugin."""
    async with Stage(plugin_folder, environment={"SAPP_NOTES_GREETING": "Hi"}) as stage:
        yield stage


async def test_a_value_is_there_again(stage: Stage, ann: Actor) -> None:
    """What a handler keeps, it and later ones find, also over a restart; others do not."""
    await ann.says("/put milk")
    assert ann.last == "kept milk"
    await stage.restart()
    bob = stage.person("Bob")
    await ann.says("/get")
    await bob.says("/get")

    assert (ann.last, bob.last) == ("Hi: milk", "Hi: nothing")
    assert not await stage.at_rest("milk")
    assert not await stage.at_rest("kept-secret")


async def test_a_value_goes(ann: Actor) -> None:
    """Deleted is gone at once, within the handler too."""
    await ann.says("/put milk")
    await ann.says("/drop")
    await ann.says("/get")

    assert ann.last == "Hi: nothing"


async def test_a_value_ends(stage: Stage, ann: Actor) -> None:
    """A time to live is kept, in seconds."""
    await ann.says("/brief")
    await stage.passes(59)
    await ann.says("/get")
    assert ann.last == "Hi: brief"
    await stage.passes(1)
    await ann.says("/get")

    assert ann.last == "Hi: nothing"


async def test_all_values_are_listed(ann: Actor) -> None:
    """All that is kept comes, what the handler has just set included, once."""
    await ann.says("/put milk")
    await ann.says("/every")
    await ann.says("/every")

    assert ann.last == f"{ann.person.id}=milk new=new"


async def test_a_handler_that_raises_keeps_nothing(ann: Actor) -> None:
    """Half a change is none."""
    await ann.says("/put milk")
    await ann.says("/fail")
    assert ann.last == "No."
    await ann.says("/get")

    assert ann.last == "Hi: milk"


async def test_a_value_has_a_size(stage: Stage, ann: Actor) -> None:
    """64 KiB is the most, and the plugin's fault is logged by name."""
    await ann.says("/large")
    await ann.says("/get")

    assert ann.last == "Hi: nothing"
    assert any("larger than 64 KiB" in str(entry.get("reason")) for entry in stage.log)


async def test_a_task_that_outlives_its_handler_writes(ann: Actor) -> None:
    """When the turn is over, a change is made at once instead of being lost."""
    await ann.says("/late")
    async with asyncio.timeout(30):
        while "late" not in ann.last:
            await asyncio.sleep(0.01)
            await ann.says("/get")


async def test_a_timer_that_fails_has_kept_nothing(stage: Stage, ann: Actor) -> None:
    """What it keeps and what it says are one step, done when it has ended well."""
    await ann.says("/put milk")
    stage.may_fail = True
    await stage.tick("notes.sweep")
    await ann.says("/get")
    assert ann.last == "Hi: milk"
    await ann.says("/put nothing else")
    await stage.tick("notes.sweep")
    assert ann.last == "Swept: nothing else"
    await ann.says("/get")

    assert ann.last == "Hi: nothing"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("class Own(Config):\n    token: str", "SAPP_LAME_TOKEN is not set"),
        ("Own = Config", "write a class below it"),
        ("Own = Store", "write Store[YourModel]"),
        ("Own = Store[int]", "write Store[YourModel]"),
    ],
)
async def test_what_cannot_be_given_refuses_the_plugin(
    plugin_folder: Path, source: str, words: str
) -> None:
    """File, line and what is wrong are named before anybody is answered."""
    head = f"from sapp_bot import Config, Plugin, Store\nplugin = Plugin(version='1')\n{source}\n"
    handler = "@plugin.command\nasync def lame(own: Own) -> None:\n    'Limp.'\n"
    path = plugin_folder / "lame.py"
    path.write_text(head + handler, "utf-8")  # a test's own file
    async with Stage(plugin_folder) as stage:
        stage.may_fail = True
        reasons = [entry["reason"] for entry in stage.log if entry["event"] == "plugin.failed"]

    line = head.count("\n") + 1
    assert [reason.startswith(f"{path}:{line} lame: ") for reason in reasons] == [True]
    assert words in reasons[0]


async def test_a_reload_keeps_values_and_holds_nothing(stage: Stage, ann: Actor) -> None:
    """The classes in `Store[…]` and of the settings go with their generation, the values stay."""
    await ann.says("/put milk")
    for _ in range(5):
        await stage.reload("notes")
        await ann.says("/get")
        assert ann.last == "Hi: milk"

    assert stage.leaks() == []


NEWER = """
from typing import Any, ClassVar

from pydantic import BaseModel

from sapp_bot import Ctx, Plugin, Store

plugin = Plugin(version="2.0")


class Note(BaseModel):
    schema_version: ClassVar[int] = 2
    lines: list[str]


@plugin.command
async def get(ctx: Ctx, notes: Store[Note]) -> None:
    "Show the note."
    note = await notes.get(ctx.person.id)
    await ctx.say("|".join(note.lines) if note else "nothing")
"""
HOOK = """    lines: list[str]

    @classmethod
    def migrate(cls, old: dict[str, Any], version: int) -> dict[str, Any]:
        return {"lines": [old["text"], str(version)]}
"""


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (NEWER.replace("    lines: list[str]\n", HOOK), "milk|1"),
        (NEWER, "nothing"),
        (NEWER.replace("ClassVar[int] = 2", "ClassVar[int] = 1"), "nothing"),
    ],
    ids=["migrated", "no way", "not told"],
)
async def test_a_value_of_an_older_shape(
    plugin_folder: Path, stage: Stage, ann: Actor, source: str, answer: str
) -> None:
    """It goes through the model's own hook, or is dropped with a line in the log."""
    await ann.says("/put milk")
    (plugin_folder / "notes.py").write_text(source, "utf-8")  # a test's own file
    await stage.reload("notes")
    await ann.says("/get")

    assert ann.last == answer
    dropped = [entry for entry in stage.log if entry["event"] == "plugin.value_dropped"]
    assert bool(dropped) == (answer == "nothing")
    assert "milk" not in repr(dropped)


async def test_a_misspelt_setting_is_told_when_its_plugin_is_loaded(tmp_path: Path) -> None:
    """And again by a reload that reads others; what a broken plugin may read is no slip."""
    (tmp_path / "notes.py").write_text(dedent(NOTES), "utf-8")
    (tmp_path / "broken.py").write_text("from sapp_bot import Nothing\n", "utf-8")
    given = {"SAPP_NOTES_GREETNG": "Hi", "SAPP_BROKEN_KEY": "1"}
    async with Stage(tmp_path, environment=given) as stage:
        assert advice(stage) == [
            "SAPP_NOTES_GREETNG is read by nothing; did you mean SAPP_NOTES_GREETING?"
        ]
        stage.log.clear()
        renamed = dedent(NOTES).replace("greeting", "greetng")
        (tmp_path / "notes.py").write_text(renamed, "utf-8")
        await stage.reload("notes")
        assert advice(stage) == []


def test_a_plugin_is_sound_though_nothing_can_be_advised(tmp_path: Path) -> None:
    """Where `.env` cannot be read, a plugin without settings is loaded all the same."""
    path = tmp_path / "notes.py"
    path.write_text("from sapp_bot import Plugin\nplugin = Plugin(version='1.0')\n", "utf-8")

    def unreadable() -> dict[str, str]:
        raise ConfigError(".env: cannot be read as UTF-8 text")

    services = Services()
    services.provide_below(Config, ConfigProvider(unreadable))

    assert load_plugin(path, services, {}).advice == ()


def advice(stage: Stage) -> list[str]:
    """Return what the log says of settings."""
    return [str(e["reason"]) for e in stage.log if e["event"] == "settings.advice"]
