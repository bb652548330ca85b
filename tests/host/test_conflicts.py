"""Two plugins that cannot be there at once: who is blamed, what is told, what is left of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sapp_bot.cli.main import main
from sapp_bot.errors import ConfigError
from sapp_bot.testing import Stage
from tests.host.live import life_of, look, write
from tests.plugins.people import with_client

HEY = """
from sapp_bot import Ctx, Plugin
plugin = Plugin("1.0")
@plugin.command(name="hey")
async def {0}(ctx: Ctx) -> None:
    "Hey."
    await ctx.say("Hey.")
"""


def example(section: str) -> str:
    """Return the example below a heading of docs/plugins.md."""
    text = Path("docs/plugins.md").read_text("utf-8")
    found = re.search(rf"\n## {section}.*?```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_plugin_that_comes_later_is_to_blame(tmp_path: Path) -> None:
    """Whatever their names: the text begins with its line, and names the other's."""
    write(tmp_path, "hoi", HEY.format("hoi"))
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        write(tmp_path, "hi", HEY.format("hi"))
        await look(stage)

        reason = life_of(stage, "hi").reason
        assert reason.startswith(f"{tmp_path / 'hi.py'}:4 hi: /hey is declared by hi and by hoi")
        assert f"the other is {tmp_path / 'hoi.py'}:4 hoi" in reason


def test_both_lines_of_one_file_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that is there twice in a file is told with both places."""
    path = tmp_path / "bad.py"
    second = HEY.format("two").partition("@")[2]
    path.write_text(f"{HEY.format('one')}@{second}", "utf-8")

    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().out
    assert f"{path}:8 two: /hey is declared twice by bad" in told
    assert f"the other is {path}:4 one" in told


def test_all_else_is_told_beside_a_conflict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who sells in spite of billing hears of every other fault, too, and how one chooses."""
    shutil.copytree("plugins", tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "own" / "kurs.py"
    path.write_text(
        example("Before a payment") + "\n\nasync def a(ctx: Ctx) -> None:\n    ctx.say('x')\n",
        "utf-8",
    )
    line = len(path.read_text("utf-8").splitlines())

    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().out
    assert "kurs.py" in told.splitlines()[0]
    assert "payments are taken by billing and by kurs: one plugin can sell; take billing" in told
    assert "say /plugin disable billing" in told
    assert f"kurs.py:{line}: ctx.say(…) does nothing" in told


@pytest.mark.parametrize("plugin", ["billing", ""])
async def test_reads_are_offered_only_where_they_are_sold(plugin: str) -> None:
    """[Buy reads] needs a plugin that has /buy: without it nothing leads there."""
    only = {"auth", "clients", "start", *([plugin] if plugin else [])}
    async with Stage(only=only, packs={1000: 50}) as stage:
        ann = await with_client(stage)
        row = stage.api.database.clients.find(lambda _: True)
        assert row is not None
        stage.api.database.clients.update(row.id, {"reads_used": row.reads_available})
        await ann.says("/client")

        assert ("Buy reads" in ann.labels()) is bool(plugin)


async def test_a_misspelt_name_in_only_is_named(tmp_path: Path) -> None:
    """The text says what is there, and what may be meant."""
    write(tmp_path, "bad", HEY.format("bad"))
    write(tmp_path, "other", HEY.format("other"))
    with pytest.raises(ConfigError, match="has no plugin 'bda'; did you mean bad"):
        await Stage(tmp_path, only=["bda"]).__aenter__()
    with pytest.raises(ConfigError, match="has no plugin 'zzz'; there are bad, other"):
        await Stage(tmp_path, only=["zzz"]).__aenter__()


async def test_a_namesake_that_goes_takes_nobody_along(tmp_path: Path) -> None:
    """A folder that goes beside a file of its name is not told as the end of that plugin."""
    write(tmp_path, "hey", HEY.format("hey"))
    (tmp_path / "hey").mkdir()
    (tmp_path / "hey" / "__init__.py").write_text(HEY.format("hey"), "utf-8")
    async with Stage(tmp_path) as stage:
        stage.may_fail = True
        shutil.rmtree(tmp_path / "hey")
        await look(stage)
        ann = stage.person("Ann")
        await ann.says("/hey")

        assert ann.last == "Hey."
        assert "plugin.gone" not in [entry["event"] for entry in stage.log]
