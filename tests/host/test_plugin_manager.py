"""The states of a plugin, what leads into each and out again; files that are no plugins."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sapp_bot.errors import ConfigError, UserError
from sapp_bot.host.lifecycle.importer import LARGEST_BYTES
from sapp_bot.host.lifecycle.record import (
    NOT_READY_BACKOFF,
    QUARANTINE_AFTER,
    WINDOW,
    PluginRecord,
    PluginState,
)
from sapp_bot.services import Plugins
from sapp_bot.testing import Stage
from tests.host.live import GREET, HEAD, OTHER, life_of, look, states, told, write

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HASTY = (
    OTHER
    + """

@plugin.lifespan
async def life():
    asyncio.create_task(asyncio.Event().wait(), name="hasty")
    raise NotReady("no disk")
    yield
"""
)
NOT_READY = "from pathlib import Path\nfrom sapp_bot import NotReady\n\n"
NOT_READY += "if not (Path(__file__).parent / 'disk').exists():\n    raise NotReady('no disk')\n"


def needing(source: str, *names: str) -> str:
    """Make a plugin need others."""
    return source.replace('"1.0"', f'"1.0", needs={list(names)}')


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run one small plugin; person 7 is the operator."""
    write(tmp_path, "greet", GREET)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        yield stage


def test_a_file_is_discovered_then_loaded() -> None:
    """Nothing is read before its turn; while it is read, that shows."""
    record = PluginRecord(Path("greet.py"))
    seen = [record.state]
    record.begin()
    seen.append(record.state)

    assert seen == [PluginState.DISCOVERED, PluginState.LOADING]


def test_the_waits_between_tries_grow_to_a_limit() -> None:
    """Twice as long each time, five minutes at most."""
    record = PluginRecord(Path("greet.py"))
    waits = [record.next_try_s() for _ in range(20)]

    assert waits[:3] == [
        NOT_READY_BACKOFF.first_s,
        2 * NOT_READY_BACKOFF.first_s,
        4 * NOT_READY_BACKOFF.first_s,
    ]
    assert waits[-1] == NOT_READY_BACKOFF.longest_s


def test_only_recent_failures_count() -> None:
    """One failure a minute is never too many, five within one are."""
    record = PluginRecord(Path("greet.py"))
    assert not any(record.failed(NOON + n * WINDOW) for n in range(20))
    later = NOON + timedelta(days=1)

    assert [record.failed(later) for _ in range(QUARANTINE_AFTER)] == [False] * (
        QUARANTINE_AFTER - 1
    ) + [True]


async def test_a_broken_file_stops_nobody(tmp_path: Path) -> None:
    """At start the broken one is named with file and line, the others answer."""
    write(tmp_path, "greet", GREET)
    write(tmp_path, "lame", HEAD + "oops\n")
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        stage.may_fail = True
        await stage.bot.plugins.settled()
        await stage.bot.idle()
        ann = stage.person()
        await ann.says("/greet")

        assert ann.last == "one"
        assert states(stage) == {"greet": "ready", "lame": "failed"}
        assert "lame.py:9: NameError" in life_of(stage, "lame").reason
        assert "lame.py:9: NameError" in told(stage)


async def test_a_bot_without_any_plugin_does_not_start(tmp_path: Path) -> None:
    """When every file is broken, or there is none, the setting is wrong."""
    write(tmp_path, "lame", "oops\n")
    with pytest.raises(ConfigError, match="NameError"):
        async with Stage(tmp_path):
            pass
    (tmp_path / "lame.py").unlink()
    with pytest.raises(ConfigError, match="SAPP_PLUGINS"):
        async with Stage(tmp_path):
            pass


async def test_what_is_not_ready_is_tried_again(stage: Stage) -> None:
    """Later and later, until it is."""
    stage.may_fail = True
    write(stage, "disk", NOT_READY + OTHER)
    await look(stage)
    assert states(stage)["disk"] == "not ready"
    await stage.passes(NOT_READY_BACKOFF.first_s)
    assert life_of(stage, "disk").tries == 2
    (stage.plugins / "disk").touch()
    await stage.passes(NOT_READY_BACKOFF.first_s)
    assert states(stage)["disk"] == "not ready"
    await stage.passes(NOT_READY_BACKOFF.first_s)

    assert states(stage)["disk"] == "ready"
    assert told(stage) == ""


async def test_a_try_that_failed_leaves_nothing(stage: Stage) -> None:
    """What a lifespan began before it gave up ends with the try."""
    write(stage, "disk", HASTY)
    await look(stage)
    for _ in range(3):
        await stage.passes(10 * NOT_READY_BACKOFF.first_s)

    assert states(stage)["disk"] == "not ready"
    assert [task for task in asyncio.all_tasks() if task.get_name() == "hasty"] == []


async def test_a_new_file_is_a_new_plugin(stage: Stage) -> None:
    """Dropped in, it answers, and stands in the menus."""
    write(stage, "other", OTHER)
    await look(stage)
    ann = stage.person()
    await ann.says("/other")

    assert ann.last == "the other"
    assert "other" in stage.room.menus["", 0]


async def test_a_deleted_file_is_gone(stage: Stage) -> None:
    """Its commands are unknown, out of the menus, and nothing of it is left."""
    write(stage, "other", OTHER)
    await look(stage)
    (stage.plugins / "other.py").unlink()
    await look(stage)
    ann = stage.person()
    await ann.says("/other")

    assert ann.sees("don't know /other")
    assert "other" not in stage.room.menus["", 0]
    assert states(stage) == {"greet": "ready"}
    assert stage.leaks() == []


async def test_a_plugin_waits_for_what_it_needs(stage: Stage) -> None:
    """It is not ready without it, begins with it, and leaves with it."""
    stage.may_fail = True
    write(stage, "other", needing(OTHER, "base"))
    await look(stage)
    assert states(stage)["other"] == "not ready"
    write(stage, "base", GREET.replace("greet", "base"))
    await look(stage)
    assert states(stage)["other"] == "ready"
    (stage.plugins / "base.py").unlink()
    await look(stage)

    assert states(stage) == {"greet": "ready", "other": "not ready"}, life_of(stage, "other").reason
    assert "needs the plugin base" in life_of(stage, "other").reason


async def test_a_circle_is_named(stage: Stage) -> None:
    """Plugins that need each other are told so, with the circle."""
    stage.may_fail = True
    write(stage, "a", needing(OTHER.replace("other", "a_"), "b"))
    write(stage, "b", needing(OTHER.replace("other", "b_"), "a"))
    await look(stage)
    await stage.restart()

    assert states(stage) == {"greet": "ready", "a": "failed", "b": "failed"}
    for name in "ab":
        assert re.search("need each other: (a -> b -> a|b -> a -> b)", life_of(stage, name).reason)


async def test_who_was_in_the_way_makes_way(stage: Stage) -> None:
    """A plugin that clashed with another begins when the other is gone."""
    stage.may_fail = True
    write(stage, "second", GREET.replace('"one"', '"second"'))
    await look(stage)
    assert "/greet is declared by greet and by second" in life_of(stage, "second").reason
    (stage.plugins / "greet.py").unlink()
    await look(stage)
    ann = stage.person()
    await ann.says("/greet")

    assert ann.last == "second"


async def test_switched_off_is_not_even_read(stage: Stage) -> None:
    """A plugin that was switched off is not imported at the next start."""
    marker = stage.plugins / "read"
    write(stage, "other", OTHER + f"\nimport pathlib\n\npathlib.Path({str(marker)!r}).touch()\n")
    await look(stage)
    record = life_of(stage, "other")
    await stage.bot.plugins.set_enabled(record, on=False)
    marker.unlink()
    await stage.restart()

    assert states(stage)["other"] == "disabled"
    assert not marker.exists()


def drop_directory(folder: Path) -> None:
    """Drop a folder that is no package."""
    (folder / "strange").mkdir()


def drop_empty(folder: Path) -> None:
    """Drop an empty file."""
    (folder / "strange.py").write_bytes(b"")


def drop_binary(folder: Path) -> None:
    """Drop what is no text."""
    (folder / "strange.py").write_bytes(bytes(range(256)) * 64)


def drop_misnamed(folder: Path) -> None:
    """Drop a name that Python cannot import."""
    (folder / "2-strange.py").write_text(OTHER)


def drop_large(folder: Path) -> None:
    """Drop 10 MB."""
    (folder / "strange.py").write_bytes(b"# " + b"x" * 10 * LARGEST_BYTES)


def drop_namesake(folder: Path) -> None:
    """Drop a folder of the same name as a file."""
    (folder / "greet").mkdir()
    (folder / "greet" / "__init__.py").write_text(OTHER)


def drop_deep(folder: Path) -> None:
    """Drop an expression that no parser takes."""
    (folder / "strange.py").write_text("x = " + "(" * 5000 + ")" * 5000)


DROPS: dict[Callable[[Path], None], str] = {
    drop_directory: "a folder is a plugin when it has an __init__.py",
    drop_empty: "no plugin object",
    drop_binary: "no text in UTF-8",
    drop_misnamed: "rename it, '2-strange' is no Python name",
    drop_large: "larger than 1,000,000 bytes",
    drop_namesake: "is called greet already",
    drop_deep: "strange.py",
}


@pytest.mark.parametrize("drop", DROPS)
async def test_what_is_no_plugin_is_told_and_skipped(
    stage: Stage, drop: Callable[[Path], None]
) -> None:
    """Whatever is dropped in: the operator hears what it is, the rest goes on as before."""
    stage.may_fail = True
    drop(stage.plugins)
    await look(stage)
    ann = stage.person()
    await ann.says("/greet")
    record = next(record for record in stage.bot.plugins.records if record.reason)

    assert ann.last == "one"
    assert record.state is PluginState.FAILED
    assert DROPS[drop] in record.reason
    assert DROPS[drop] in told(stage)


async def test_a_wrong_name_is_explained(stage: Stage) -> None:
    """Who asks for a plugin that is not there hears which are."""
    with pytest.raises(UserError) as caught:
        await Plugins(stage.bot.plugins, "").reload("nosuch")

    assert caught.value.values == {"name": "nosuch", "known": "greet"}


class ImportingName(str):
    """Name of a module that imports another one when it is looked at, as a thread may meanwhile."""

    __slots__ = ()

    def startswith(self, *prefix: Any) -> bool:
        """Import, and answer as a text."""
        sys.modules[f"imported_meanwhile_{len(sys.modules)}"] = sys
        return super().startswith(*prefix)


async def test_a_plugin_is_loaded_while_something_else_is_imported(stage: Stage) -> None:
    """Threads import what they need, in the bot and in plugins, while others are loaded."""
    name = ImportingName("looked_at")
    sys.modules[name] = sys
    try:
        write(stage, "greet", GREET + "\n# changed\n")
        await look(stage)
        assert states(stage) == {"greet": "ready"}, life_of(stage, "greet").reason
        assert any(one.startswith("imported_meanwhile") for one in [*sys.modules])
    finally:
        del sys.modules[name]
        for one in [*sys.modules]:
            if one.startswith("imported_meanwhile"):
                del sys.modules[one]
