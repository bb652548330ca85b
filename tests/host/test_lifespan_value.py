"""A plugin owns an object: its lifespan yields it, its handlers ask for it by type."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from sapp_bot.errors import PluginError
from sapp_bot.testing import Stage
from tests.host.live import life_of, look, write

HEAD = '''"""A plugin with an object of its own."""
from collections.abc import AsyncIterator

from sapp_bot import Button, Ctx, NotReady, Plugin, Screen

plugin = Plugin(version="1.0")


class RateCache:
    def __init__(self, name: str) -> None:
        self.name = name
        self.asked = self.swept = 0
        self.is_open = True


'''
OWNER = (
    HEAD
    + '''
class Again(Button):
    """Asks once more."""


@plugin.lifespan
async def open_cache() -> AsyncIterator[RateCache]:
    cache = RateCache("first")
    yield cache
    cache.is_open = False


def shown(cache: RateCache) -> str:
    cache.asked += 1
    return f"{cache.name} {cache.asked} {cache.is_open}"


@plugin.command
async def ask(ctx: Ctx, cache: RateCache) -> None:
    """Ask."""
    await ctx.show(Screen(shown(cache), [[Again().key("Again")]]), name="ask")


@plugin.button
async def again(ctx: Ctx, pressed: Again, cache: RateCache) -> None:
    await ctx.show(Screen(shown(cache), [[Again().key("Again")]]), name="ask")


@plugin.command
def plainly(cache: RateCache) -> str:
    """Ask without waiting."""
    return shown(cache)


@plugin.message(r"and (?P<n>[0-9]+)")
async def also(ctx: Ctx, n: int, cache: RateCache) -> None:
    cache.asked += n
    await ctx.say(shown(cache))


@plugin.every(3600)
async def sweep(ctx: Ctx, cache: RateCache) -> None:
    cache.swept += 1


@plugin.command
async def swept(ctx: Ctx, cache: RateCache) -> None:
    """Count."""
    await ctx.say("{n}", n=cache.swept)
'''
)


async def test_every_kind_of_handler_gets_the_object(tmp_path: Path) -> None:
    """Commands, plain functions, buttons, messages and timers share what the lifespan yielded."""
    write(tmp_path, "owner", OWNER)
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/ask")
        assert ann.last == "first 1 True"
        await ann.presses("Again")
        assert ann.last == "first 2 True"
        await ann.says("/plainly")
        assert ann.last == "first 3 True"
        await ann.says("and 10")
        assert ann.last == "first 14 True"
        await ann.says("/swept")
        before = int(ann.last)
        await stage.tick("owner.sweep")
        await ann.says("/swept")
        assert int(ann.last) == before + 1


async def test_a_new_version_has_an_object_of_its_own(tmp_path: Path) -> None:
    """After a reload handlers get the new generation's object, and nothing holds the old one."""
    write(tmp_path, "owner", OWNER)
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/ask")
        await stage.reload("owner")
        await ann.says("/ask")
        assert ann.last == "first 1 True"
        write(stage, "owner", OWNER.replace('"first"', '"second"'))
        await stage.reload("owner")
        await ann.says("/ask")

        assert ann.last == "second 1 True"
        gc.collect()
        left = [found for found in gc.get_objects() if type(found).__name__ == "RateCache"]
        assert [cache.name for cache in left] == ["second"]
        assert stage.leaks() == []


LIFESPAN = "@plugin.lifespan\nasync def life() -> {0}:\n    {1}\n\n\n"
HANDLER = '@plugin.command\nasync def ask(ctx: Ctx, cache: RateCache) -> None:\n    "Ask."\n'


@pytest.mark.parametrize(
    ("promise", "given", "why"),
    [
        ("AsyncIterator[RateCache]", "yield 7", "yields a int, and its annotation promises a"),
        ("AsyncIterator[RateCache]", "yield", "yields a NoneType, and its annotation promises a"),
        ("AsyncIterator[None]", "yield RateCache('x')", "write `-> AsyncIterator[RateCache]`"),
        ("AsyncIterator[int]", "yield 7", "int means something else already; write"),
        ("AsyncIterator[Ctx]", "yield 7", "Ctx means something else already; write"),
        ("AsyncIterator[dict[str, int]]", "yield {}", "is no class to ask for; write"),
        ("AsyncIterator[RateCache | None]", "yield None", "is no class to ask for; write"),
    ],
)
async def test_a_promise_that_is_not_kept_is_refused(
    tmp_path: Path, promise: str, given: str, why: str
) -> None:
    """File and line, what was found, and what to write instead."""
    source = HEAD + LIFESPAN.format(promise, given)
    path = write(tmp_path, "owner", source)
    write(tmp_path, "good", OWNER)
    async with Stage(tmp_path) as stage:
        reason = life_of(stage, "owner").reason
        stage.may_fail = True

    assert reason.startswith(f"{path}:{HEAD.count(chr(10)) + 1} life: ")
    assert why in reason


async def test_an_object_without_annotation_is_refused(tmp_path: Path) -> None:
    """Handlers could not ask for it; the sentence holds the annotation to write."""
    source = HEAD + LIFESPAN.format("X", "yield RateCache('x')").replace(" -> X", "")
    write(tmp_path, "owner", source)
    write(tmp_path, "good", OWNER)
    async with Stage(tmp_path) as stage:
        stage.may_fail = True

        assert "write `-> AsyncIterator[RateCache]`" in life_of(stage, "owner").reason


@pytest.mark.parametrize("lifespan", ["", LIFESPAN.format("AsyncIterator[None]", "yield")])
async def test_a_type_that_nobody_offers_is_refused(tmp_path: Path, lifespan: str) -> None:
    """A handler that asks for the plugin's own class is told how to offer it."""
    write(tmp_path, "owner", HEAD + lifespan + HANDLER)
    write(tmp_path, "good", OWNER)
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        reason = life_of(stage, "owner").reason

    assert "nothing is known for parameter cache: RateCache" in reason
    assert "`async def open() -> AsyncIterator[RateCache]:`" in reason


async def test_a_lifespan_that_breaks_its_promise_closes_what_it_opened(tmp_path: Path) -> None:
    """It is run to its end, and the version before goes on with the old object."""
    write(tmp_path, "owner", OWNER)
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        stage.may_fail = True
        marker = tmp_path / "closed"
        broken = OWNER.replace("yield cache", "yield 7").replace(
            "cache.is_open = False", f"__import__('pathlib').Path({str(marker)!r}).touch()"
        )
        write(stage, "owner", broken)
        await look(stage)
        with pytest.raises(PluginError, match="yields a int"):
            await stage.reload("owner")
        await ann.says("/ask")

        assert ann.last == "first 1 True"
        assert marker.exists()
