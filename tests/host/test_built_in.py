"""What is built-in, and that nobody else takes its names or switches off what is needed."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from sapp_bot.bot import Bot
from sapp_bot.cli.main import main
from sapp_bot.cli.new import NotWritten, write_plugin
from sapp_bot.host.built_in import SHIPPED, BuiltInPlugins, built_in_plugins
from sapp_bot.host.lifecycle.importer import PluginImports
from sapp_bot.start_cache import StartCache
from sapp_bot.testing import Stage
from tests.host.live import GREET, life_of, look, states, write

NAMES = {
    *("admin", "auth", "billing", "clients", "forget", "notices", "operators", "rates", "start"),
    "support",
}
DISABLED = "start stays: /start, /help and /cancel must always work."


def names_in(folder: Path) -> set[str]:
    """Return the plugins of a folder: files, and packages."""
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return {path.stem for path in folder.glob("*.py")} | packages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with copies of the built-in plugins."""
    shutil.copytree(SHIPPED, tmp_path / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "plugins"


def thief(command: str) -> str:
    """Write a plugin with one command."""
    return GREET.replace("async def greet", f"async def {command}")


def alias(name: str) -> str:
    """Write a plugin with one command that has another name, too."""
    return GREET.replace("@plugin.command", f'@plugin.command(aliases=["{name}"])')


def test_the_manifest_names_what_ships() -> None:
    """Each file of the shipped folder is in it, with all names of its commands."""
    built_in = built_in_plugins()

    assert built_in.names == names_in(SHIPPED) == NAMES
    assert built_in.commands["start"] == "start"
    assert built_in.commands["me"] == "auth"


def test_a_file_is_built_in_by_its_place_or_as_a_copy(tmp_path: Path) -> None:
    """Not by its name elsewhere, and not by lying beside the built-in ones."""
    shipped, other = tmp_path / "shipped", tmp_path / "other"
    for place in (shipped / "start", other / "start"):
        place.mkdir(parents=True)
        (place / "__init__.py").write_text("a stranger's")
    write(shipped, "start", "ours, which an operator may have changed")
    write(shipped, "aaa", "a stranger's")
    built_in = BuiltInPlugins(shipped, {"start.py": ("start", "help")})
    assert built_in.has(shipped / "start.py")
    assert not built_in.has(shipped / "aaa.py")
    assert not built_in.has(shipped / "start" / "__init__.py")
    assert built_in.reserved(shipped / "aaa.py") == {"start": "start", "help": "start"}
    assert built_in.reserved(shipped / "start.py") == {}
    assert built_in.namesake(shipped / "start" / "__init__.py")

    shutil.copy(shipped / "start.py", other)
    assert built_in.has(other / "start.py")
    assert built_in.reserved(other / "aaa.py") == {"start": "start", "help": "start"}
    write(other, "start", "an operator's own")
    assert not built_in.has(other / "start.py")
    assert built_in.reserved(other / "aaa.py") == {}


@pytest.mark.parametrize(
    ("source", "name", "owner"),
    [
        (thief("start"), "start", "start"),
        (thief("back"), "back", "start"),
        (alias("me"), "me", "auth"),
        (alias("newclient"), "newclient", "clients"),
    ],
)
async def test_a_stranger_cannot_take_a_built_in_name(
    folder: Path, source: str, name: str, owner: str
) -> None:
    """The newcomer is refused, though it comes first in the alphabet, at a start and later."""
    path = write(folder, "aaa", source)
    async with Stage(folder) as stage:
        stage.may_fail = True
        for _ in range(2):
            assert states(stage) == {"aaa": "failed", **dict.fromkeys(NAMES, "ready")}
            reason = life_of(stage, "aaa").reason
            assert reason.startswith(f"{path}:")
            assert f"/{name} belongs to the built-in plugin {owner}; choose another" in reason
            write(stage, "aaa", source + "\n")
            await look(stage)
        ann = stage.person("Ann")
        await ann.says("/start")

        assert ann.sees("SAPP Finance")


async def test_a_name_stays_reserved_while_its_plugin_is_off(folder: Path) -> None:
    """Nobody asks for passwords in the place of a /login that was switched off."""
    async with Stage(folder) as stage:
        stage.may_fail = True
        await stage.bot.plugins.set_enabled(life_of(stage, "auth"), on=False)
        write(stage, "aaa", thief("login"))
        await look(stage)
        await stage.restart()

        assert (states(stage)["aaa"], states(stage)["auth"]) == ("failed", "disabled")


async def test_a_package_cannot_take_the_place_of_a_built_in_file(folder: Path) -> None:
    """`start/` beside `start.py` comes first in the folder, and is refused unread."""
    (folder / "start").mkdir()
    (folder / "start" / "__init__.py").write_text("raise SystemExit")
    async with Stage(folder) as stage:
        stage.may_fail = True
        ann = stage.person("Ann")
        await ann.says("/start")

        assert ann.sees("SAPP Finance")
        reasons = [record.reason for record in stage.bot.plugins.records if record.reason]
        assert len(reasons) == 1
        assert "start is the name of a built-in plugin" in reasons[0]


async def test_without_built_in_plugins_every_name_is_free(tmp_path: Path) -> None:
    """A folder of one's own may have a /start of its own."""
    write(tmp_path, "mine", thief("start"))
    async with Stage(tmp_path) as stage:
        ann = stage.person("Ann")
        await ann.says("/start")

        assert ann.last == "one"


@pytest.mark.parametrize("place", ["aaa.py", ""])
def test_check_refuses_a_taken_name(
    folder: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """The author hears it before anybody runs the bot, for one file and for the folder."""
    for other in NAMES - {"start"}:  # a check reads all that is there, which takes its time
        shutil.rmtree(folder / other, ignore_errors=True)
        (folder / f"{other}.py").unlink(missing_ok=True)
    path = write(folder, "aaa", thief("help"))

    assert main(["check", str(folder / place)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"{path}:")
    assert "/help belongs to the built-in plugin start" in said[0]


@pytest.mark.parametrize("name", ["help", "me", "start", "admin"])
def test_new_refuses_a_taken_name(tmp_path: Path, name: str) -> None:
    """A plugin that could never be loaded is not begun."""
    with pytest.raises(NotWritten, match="built-in plugin"):
        write_plugin(name, tmp_path / "plugins")

    assert not list(tmp_path.iterdir())


async def test_what_the_host_needs_cannot_be_switched_off(folder: Path) -> None:
    """Its own words lead to /start, /help and /cancel; all else can go."""
    async with Stage(folder, admins=frozenset({7})) as stage:
        boss = stage.person("Boss", id=7)
        await boss.says("/plugin disable start")
        assert boss.last == DISABLED
        await boss.says("/plugin disable clients")
        assert boss.sees("clients: switched off")
        assert states(stage)["start"] == "ready"


async def test_what_is_needed_is_known_when_it_is_broken(folder: Path) -> None:
    """A built-in plugin that never answered cannot be switched off for later starts either."""
    async with Stage(folder, admins=frozenset({7}), only=["admin", "start"]) as stage:
        record = life_of(stage, "start")
        record.commands = ()
        boss = stage.person("Boss", id=7)
        await boss.says("/plugin disable start")

        assert boss.last == DISABLED


class RecordingCache(StartCache):
    """Keeps nothing, and records how it was saved."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[bool] = []

    def save(self, *, whole: bool = True) -> None:
        """Record whether all of it may have been used."""
        self.saved.append(whole)


class SafeStage(Stage):
    """A stage whose bot runs in safe mode."""

    async def _begin(self) -> None:
        self.cache = RecordingCache()
        imports = PluginImports(self.cache)
        self.bot = Bot(
            self._adapters,
            self._settings,
            self.plugins,
            watching=False,
            safe=True,
            imports=imports,
        )
        self._working = asyncio.create_task(self.bot.run())
        await self.bot.ready.wait()


async def test_safe_mode_reads_what_ships_with_the_bot(tmp_path: Path) -> None:
    """Neither a stranger's file nor a changed copy in the plugin folder is read."""
    write(tmp_path, "stranger", GREET)
    write(tmp_path, "start", thief("start"))
    async with SafeStage(tmp_path) as stage:
        write(stage, "stranger", GREET + "\n")
        await look(stage)
        ann = stage.person("Ann")
        await ann.says("/start")

        assert ann.sees("SAPP Finance")
        assert states(stage) == dict.fromkeys(NAMES, "ready")
        assert stage.cache.saved == [False]  # the next start needs what this one left out
