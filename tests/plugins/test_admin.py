"""What operators see of the plugins, and what they can do with them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sapp_bot.errors import UserError
from sapp_bot.services import PluginElsewhere, Plugins
from sapp_bot.testing import Actor, Stage

BUILT_IN = Path("plugins")
HELLO = '''"""Says hello."""
from sapp_bot import Ctx, Plugin

plugin = Plugin(version="2.5")


@plugin.command
async def hello(ctx: Ctx) -> None:
    """Say hello."""
    await ctx.say("Hello!")


@plugin.every(3600)
async def greet(ctx: Ctx) -> None:
    """Greet the operator."""
    boss = await ctx.to(7)
    await boss.say("Good morning!")
'''


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run the admin plugin beside a small one; person 7 is the operator."""
    shutil.copy(BUILT_IN / "admin.py", tmp_path)
    shutil.copytree(BUILT_IN / "locales", tmp_path / "locales")
    (tmp_path / "hello.py").write_text(HELLO)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        yield stage


@pytest.fixture
def boss(stage: Stage) -> Actor:
    """Give the operator."""
    return stage.person("Boss", id=7)


@pytest.mark.parametrize("command", ["/plugins", "/plugin reload hello"])
async def test_plugins_are_for_operators(stage: Stage, command: str) -> None:
    """Nobody else sees or changes them."""
    ann = stage.person("Ann")
    await ann.says(command)

    assert ann.sees("for the operators")


async def test_all_plugins_are_shown(boss: Actor) -> None:
    """State, version, commands, errors and load time of each."""
    await boss.says("/plugins")

    assert boss.last.startswith("Plugins: 2 of 2 ready")
    assert "hello 2.5: ready\n/hello\nRead in " in boss.last
    assert " ms, errors since: 0" in boss.last


async def test_a_plugin_is_read_anew(stage: Stage, boss: Actor) -> None:
    """The new version answers at once."""
    (stage.plugins / "hello.py").write_text(HELLO.replace("Hello!", "Hi!").replace("2.5", "2.6"))
    await boss.says("/plugin reload hello")
    assert boss.sees("hello 2.6: ready")
    await boss.says("/hello")

    assert boss.last == "Hi!"


async def test_a_broken_plugin_is_told_with_its_line(stage: Stage, boss: Actor) -> None:
    """The operator reads file and line, and that the version before goes on."""
    stage.may_fail = True
    (stage.plugins / "hello.py").write_text(HELLO + "oops\n")
    await boss.says("/plugin reload hello")

    assert boss.sees("It answers as it was before")
    assert boss.sees(f"hello.py:{len(HELLO.splitlines()) + 1}: NameError")


async def test_a_button_tries_again(stage: Stage, boss: Actor) -> None:
    """A plugin in trouble has a button on the list that reads it anew."""
    stage.may_fail = True
    (stage.plugins / "hello.py").write_text("oops\n")
    await boss.says("/plugin reload hello")
    await boss.says("/plugins")
    (stage.plugins / "hello.py").write_text(HELLO)

    assert await boss.presses("Reload hello") == "hello: ready"
    assert "Reload hello" not in boss.labels()


class Peers:
    """Other processes of the bot, and what they were told."""

    def __init__(self, *others: Sequence[PluginElsewhere]) -> None:
        self.others = others
        self.told: list[str] = []

    async def reloaded(self, plugin: str) -> None:
        """Take a reload."""
        self.told.append(plugin)

    async def elsewhere(self) -> Sequence[Sequence[PluginElsewhere]]:
        """Return how they are."""
        return self.others


async def test_what_differs_in_other_processes_is_found(stage: Stage) -> None:
    """Once, however many they are; what only one of them has, too. One process has none."""
    admin = PluginElsewhere("admin", "ready", "1.0", "")
    hello = PluginElsewhere("hello", "ready", "2.5", "")
    broken = replace(hello, state="failed", version="", reason="hello.py:3: NameError")
    more = PluginElsewhere("more", "ready", "1.0", "")
    missing = PluginElsewhere("hello", "", "", "")

    async def found(*others: Sequence[PluginElsewhere]) -> list[PluginElsewhere]:
        return await Plugins(stage.bot.plugins, "", Peers(*others)).differing()

    assert await found() == []
    assert await found([admin, hello], [hello, admin]) == []
    assert await found([admin, broken], [admin, broken], [admin]) == [missing, broken]
    assert await found([admin, hello, more]) == [more]
    assert await Plugins(stage.bot.plugins, "").differing() == []


async def test_a_reload_is_told_to_other_processes(stage: Stage) -> None:
    """When it is done here, also one that did not help; not one that was refused."""
    peers = Peers()
    plugins = Plugins(stage.bot.plugins, "", peers)
    assert (await plugins.reload("hello")).state == "ready"
    stage.may_fail = True
    (stage.plugins / "hello.py").write_text("oops\n")
    await plugins.reload("hello")
    with pytest.raises(UserError):
        await plugins.reload("nosuch")
    assert peers.told == ["hello", "hello"]


async def test_switched_off_stays_off_over_a_restart(stage: Stage, boss: Actor) -> None:
    """A plugin that was switched off answers no more, until it is switched on."""
    await boss.says("/plugin disable hello")
    assert boss.sees("hello: switched off")
    await stage.restart()
    await boss.says("/hello")
    assert boss.sees("don't know /hello")
    await boss.says("/plugin reload hello")
    assert boss.sees("/plugin enable hello")
    await boss.says("/plugin enable hello")
    await boss.says("/hello")

    assert boss.last == "Hello!"


async def test_the_plugin_that_rules_stays(boss: Actor) -> None:
    """Nobody can saw off the branch: without it nothing could be switched on again."""
    await boss.says("/plugin disable admin")

    assert boss.sees("admin stays")


async def test_the_plugin_that_rules_reads_itself_anew(boss: Actor) -> None:
    """Its own reload, begun in its own handler, ends well."""
    await boss.says("/plugin reload admin")
    assert boss.sees("admin 1.0: ready")
    await boss.says("/plugins")

    assert boss.sees("Plugins: 2 of 2 ready")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/plugin reload nosuch", "no plugin nosuch. There are: admin, hello"),
        ("/plugin dance hello", "Please choose one: /plugin reload, /plugin enable,"),
        ("/plugin", "Please write it as: /plugin reload|enable|disable|run name"),
    ],
)
async def test_what_cannot_be_done_is_explained(boss: Actor, typed: str, words: str) -> None:
    """A wrong name or word is answered with what is right."""
    await boss.says(typed)

    assert boss.sees(words)
    assert ("Plugins" in boss.labels()) == ("nosuch" in typed), boss.labels()


async def test_it_speaks_russian(stage: Stage) -> None:
    """An operator reads the states in their language."""
    boss = stage.person("Boss", id=7, language="ru")
    await boss.says("/plugins")

    assert boss.sees("hello 2.5: готов")


async def test_a_timer_runs_now(boss: Actor) -> None:
    """/plugin run NAME runs a timer whatever its schedule says, and names those there are."""
    await boss.says("/plugin run hello.nothing")
    assert "There are: hello.greet" in boss.last

    await boss.says("/plugin run hello.greet")
    assert boss.sees("Good morning!")
    assert boss.sees("hello 2.5: ready")
