"""A plugin is changed while the bot works: the new one answers, or the old one goes on."""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from sapp_bot.domain.replies import Callback
from sapp_bot.domain.updates import Message
from sapp_bot.host.runtime.names import PREFIX
from sapp_bot.testing import Actor, Stage
from tests.host.live import GREET, HEAD, OTHER, life_of, look, told, write

ENDS_S = 20.0
"""Longest wait for a task that is being ended: one that takes its end for something else is told
again after a moment of real time."""

COMMAND = '''

@plugin.command
async def greet(ctx: Ctx) -> None:
    """Greet."""
    await ctx.say("two")
'''
TWO = HEAD + COMMAND

BROKEN = {
    "syntax": (TWO + "def x(:\n", r"greet\.py:\d+: SyntaxError"),
    "import": ("import no_such_package\n" + TWO, r"greet\.py:1: ModuleNotFoundError.*install it"),
    "exit": (HEAD + "sys.exit(3)\n", r"greet\.py:9: SystemExit: 3"),
    "cancelled": (HEAD + "raise asyncio.CancelledError\n", "CancelledError"),
    "panic": (HEAD + "class P(BaseException): ...\nraise P\n", r"P\(\) in a thread"),
    "interrupt": (HEAD + "raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "no plugin": ("x = 1\n", "no plugin object"),
    "no annotation": (TWO.replace("ctx: Ctx", "ctx"), r"greet\.py:\d+ greet: parameter ctx has no"),
    "unknown type": (TWO.replace("ctx: Ctx", "ctx: Ctx, x: time.struct_time"), "nothing is known"),
    "type checking": (TWO.replace("ctx: Ctx", 'ctx: "Nope"'), "TYPE_CHECKING"),
    "clash": (TWO.replace("greet", "other"), "/other is declared by greet and by other"),
    "words": (
        TWO.replace('"1.0"', '"1.0", locales={"ru": {"Hi {name}": "Эй {nmae}"}}'),
        r"has the places \['name'\]",
    ),
    "API": (TWO.replace('"1.0"', '"1.0", sapp=">=99"'), "plugin API >=99, this is 1"),
    "package": (TWO.replace('"1.0"', '"1.0", packages=["no-such-dist"]'), "install no-such-dist"),
    "needs": (TWO.replace('"1.0"', '"1.0", needs=["nobody"]'), "needs the plugin nobody"),
    "lifespan": (
        TWO + "\n\n@plugin.lifespan\nasync def life():\n    raise OSError('no disk')\n    yield\n",
        r"its lifespan failed: OSError: no disk",
    ),
    "lifespan ends": (
        TWO + "\n\n@plugin.lifespan\nasync def life():\n    if False:\n        yield\n",
        "its lifespan failed",
    ),
    "not ready": ("from sapp_bot import NotReady\nraise NotReady('no disk')\n", "no disk"),
    "form": (
        TWO.replace("ctx: Ctx", "ctx: Ctx, form: F").replace(
            "@plugin", "class F(Form):\n    x: int\n\n\n@plugin", 1
        ),
        r"form F: declare x with ask",
    ),
    "pattern": (
        TWO + "\n\n@plugin.message('(')\nasync def heard(ctx: Ctx) -> None: ...\n",
        "no regular expression",
    ),
    "config": (
        "from sapp_bot import Config\n"
        + TWO.replace("ctx: Ctx", "ctx: Ctx, s: S").replace(
            "@plugin", "class S(Config):\n    token: str\n\n\n@plugin", 1
        ),
        "SAPP_GREET_TOKEN is not set",
    ),
    "nothing": ("", "no plugin object"),
    "bytes": ("\0\1\2", "no text in UTF-8"),
}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run two small plugins; person 7 is the operator."""
    write(tmp_path, "greet", GREET)
    write(tmp_path, "other", OTHER)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        yield stage


@pytest.fixture
def ann(stage: Stage) -> Actor:
    """Give a person."""
    return stage.person("Ann")


async def test_a_changed_file_answers_at_once(stage: Stage, ann: Actor) -> None:
    """The new version answers, the menus are those of the new table."""
    write(stage, "greet", TWO.replace("Greet.", "Greet twice."))
    await look(stage)
    await ann.says("/greet")

    assert ann.last == "two"
    assert stage.room.menus["", 0]["greet"] == "Greet twice."


@pytest.mark.parametrize("way", BROKEN)
async def test_a_broken_file_leaves_the_old_version(stage: Stage, ann: Actor, way: str) -> None:
    """However it is broken: same table, same answers, nothing left behind, the operator told."""
    stage.may_fail = True
    source, reason = BROKEN[way]
    table, modules = stage.bot.plugins.table, {m for m in sys.modules if m.startswith(PREFIX)}
    write(stage, "greet", source)
    await look(stage)
    await ann.says("/greet")

    assert ann.last == "one"
    assert stage.bot.plugins.table is table
    assert {m for m in sys.modules if m.startswith(PREFIX)} == modules
    assert re.search(reason, life_of(stage, "greet").reason)
    assert re.search(reason, told(stage))
    assert "the version before goes on answering" in told(stage)
    assert life_of(stage, "greet").state == "ready"


async def test_a_mended_file_answers(stage: Stage, ann: Actor) -> None:
    """After a broken version comes a good one, and nothing of the trouble is left."""
    stage.may_fail = True
    write(stage, "greet", "oops\n")
    await look(stage)
    write(stage, "greet", TWO)
    await look(stage)
    await ann.says("/greet")

    assert ann.last == "two"
    assert not life_of(stage, "greet").reason
    assert stage.leaks() == []


async def test_a_quick_edit_is_seen(stage: Stage, ann: Actor) -> None:
    """An edit in the same second, of the same size, with a fresh .pyc beside it, is read."""
    path = write(stage, "greet", GREET)
    about = path.stat()
    write(stage, "greet", GREET.replace('"one"', '"six"'))
    sys.dont_write_bytecode, before = False, sys.dont_write_bytecode
    try:
        await look(stage)
    finally:
        sys.dont_write_bytecode = before
    await ann.says("/greet")

    assert path.stat().st_size == about.st_size
    assert ann.last == "six"
    assert not list(stage.plugins.rglob("*.pyc"))


async def test_modules_below_are_read_anew(stage: Stage, ann: Actor) -> None:
    """A package's own modules are new after a reload, those imported late too."""
    package = stage.plugins / "pack"
    package.mkdir()
    (package / "words.py").write_text('WORD = "early"\n')
    (package / "late.py").write_text('WORD = "late"\n')
    source = GREET.replace("greet", "pack").replace('"one"', 'WORD + " " + late()')
    source = source.replace("import sys", "import sys\n\nfrom .words import WORD")
    source += "\n\ndef late() -> str:\n    from .late import WORD\n\n    return WORD\n"
    (package / "__init__.py").write_text(source)
    await look(stage)
    await ann.says("/pack")
    assert ann.last == "early late"
    (package / "words.py").write_text('WORD = "EARLY"\n')
    (package / "late.py").write_text('WORD = "LATE"\n')
    await look(stage)
    await ann.says("/pack")

    assert ann.last == "EARLY LATE"
    assert stage.leaks() == []


async def test_a_message_in_flight_ends_on_its_code(stage: Stage, ann: Actor) -> None:
    """A handler that is at work while its plugin is replaced goes on in the old version."""
    slow = GREET.replace('await ctx.say("one")', 'await GATE.wait()\n    await ctx.say("old")')
    write(stage, "greet", slow.replace("plugin =", "GATE = asyncio.Event()\nplugin =", 1))
    await look(stage)
    gate = sys.modules[life_of(stage, "greet").generation.loaded.module].GATE  # type: ignore[union-attr]  # it answers
    post(stage, ann, "/greet")
    while not stage.bot.plugins.table.readers.any:
        await asyncio.sleep(0)
    write(stage, "greet", TWO)
    await stage.bot.look()
    bob = stage.person("Bob")
    post(stage, bob, "/greet")
    while not bob.news:
        await asyncio.sleep(0)
    gate.set()
    del gate
    await stage.bot.plugins.settled()
    await stage.bot.idle()

    assert (ann.last, bob.last) == ("old", "two")
    assert stage.leaks() == []


def post(stage: Stage, actor: Actor, text: str) -> None:
    """Send a message and do not wait for the answer."""
    number = stage.room.post(actor.chat_id, text)
    now = stage.clock.now()
    stage.bot.receive(Message(actor.person, actor.chat_id, number, text, now))


async def test_nobody_notices_a_slow_import(stage: Stage) -> None:
    """Every message sent during an import of a second is answered, none twice, none late."""
    write(stage, "greet", TWO.replace("plugin =", "time.sleep(1)\nplugin =", 1))
    changing = asyncio.create_task(stage.bot.look())
    people = [stage.person(f"P{i}") for i in range(500)]
    sent, slowest = 0, 0.0
    while not changing.done() and sent < len(people):
        began = time.perf_counter()
        post(stage, people[sent], "/greet")
        while not people[sent].news:
            await asyncio.sleep(0)
        slowest = max(slowest, time.perf_counter() - began)
        sent += 1
    await changing
    await stage.bot.plugins.settled()
    answers = [[shown.text.plain for shown in person.news] for person in people[:sent]]
    sys.stdout.write(f"\n{sent} messages during the import, slowest {slowest * 1000:.1f} ms\n")

    assert sent > 10
    assert all(answer in (["one"], ["two"]) for answer in answers)


FULL = (
    HEAD
    + '''
from typing import Literal, Optional

from sapp_bot import Config, Store
from sapp_bot.services import Commands


class Settings(Config):
    """Settings."""

    limit: int = 3


class Note(Form):
    """A form."""

    text: str = ask("Which text?")
    kind: Literal["a", "b"] = ask("Which kind?")


class More(Button):
    """A button."""

    kind: Optional[Literal["a", "b"]] = None


tasks = []


@plugin.lifespan
async def life():
    tasks.append(asyncio.create_task(asyncio.Event().wait()))
    yield


@plugin.every(60)
async def tick(ctx: Ctx, settings: Settings) -> None:
    asyncio.create_task(asyncio.Event().wait(), name="left behind")


@plugin.command
async def note(ctx: Ctx, form: Note, settings: Settings, commands: Commands) -> None:
    """Note."""
    asyncio.create_task(asyncio.Event().wait())
    await ctx.show(Screen("noted", [[More(kind="a").key("More")]]), name="note")


@plugin.button
async def more(ctx: Ctx, pressed: More) -> None:
    """More."""
    await ctx.toast("more {kind}", kind=pressed.kind)


@plugin.message("hello (?P<whom>.*)")
def heard(ctx: Ctx, whom: str) -> str:
    """Hear."""
    return f"heard {whom}"
'''
)


@pytest.mark.parametrize("reloads", [10, pytest.param(60, marks=pytest.mark.long)])
async def test_nothing_is_left_after_reloads(stage: Stage, ann: Actor, reloads: int) -> None:
    """With traffic, forms, buttons, timers and tasks: no class, function or module is retained."""
    write(stage, "full", FULL)
    await look(stage)
    took = []
    for turn in range(reloads):
        await ann.says("/note")
        await ann.says(f"text {turn}")
        began = time.perf_counter()
        await stage.bot.plugins.reload(life_of(stage, "full"))
        took.append(time.perf_counter() - began)
        await ann.says("1")
        assert ann.last == "noted"
        assert await ann.presses("More") == "more a"
        await ann.says("hello you")
        assert ann.last == "heard you"
        await stage.passes(60)
    await stage.bot.plugins.settled()
    median = statistics.median(took) * 1000
    sys.stdout.write(f"\nreload: median {median:.1f} ms, slowest {max(took) * 1000:.1f} ms\n")

    assert stage.leaks() == []
    assert await left_behind() <= 1


async def left_behind() -> int:
    """Count the tasks of the plugin; one that is being ended gets its time."""
    working: list[asyncio.Task[object]] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(ENDS_S):
            while len(working := left_tasks()) > 1:
                await asyncio.sleep(0)
    return len(working)


def left_tasks() -> list[asyncio.Task[object]]:
    """Return the plugin's own tasks that have not ended."""
    return [task for task in asyncio.all_tasks() if task.get_name() == "left behind"]


async def test_only_a_changed_field_is_asked_again(stage: Stage, ann: Actor) -> None:
    """A form that is open while its plugin changes keeps what was answered."""
    write(stage, "full", FULL)
    await look(stage)
    await ann.says("/note")
    await ann.says("my text")
    short = 'ask("Which short text?", max_length=99)'
    write(stage, "full", FULL.replace('ask("Which text?")', short))
    await look(stage)
    await ann.says("a")
    assert ann.last == "Which short text?"
    await ann.says("my short text")

    assert ann.last == "noted"


async def test_a_form_ends_with_its_plugin(stage: Stage, ann: Actor) -> None:
    """Nobody is stuck in a form of a plugin that is gone."""
    write(stage, "full", FULL)
    await look(stage)
    await ann.says("/note")
    (stage.plugins / "full.py").unlink()
    await look(stage)
    await ann.says("my text")

    assert ann.sees("no longer offered")
    assert "note" not in stage.room.menus["", 0]


async def test_a_button_survives_a_reload(stage: Stage, ann: Actor) -> None:
    """A button made by one generation works in the next, as its class is the same."""
    write(stage, "full", FULL)
    await look(stage)
    await ann.says("/note x")
    await ann.says("a")
    key = next(s for s in reversed(ann.chat) if s.rows).rows[0][0]
    assert isinstance(key, Callback)
    await stage.reload("full")
    await stage.restart()

    assert await ann.presses("More") == "more a"
