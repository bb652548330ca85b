"""A wheel of the project is whole: `pip install` gives a `sapp-bot` that works in any folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.pages import ROOT

LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def run(*command: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without the project on its path."""
    # Each of the commands would compile the bot again where a process may not write what it did.
    left_out = ("SAPP_", "PYTHONDONTWRITEBYTECODE")
    env = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    return subprocess.run(  # noqa: S603  # our own commands
        command,
        cwd=folder,
        env={**env, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel of a copy, so that nothing is left in the repository; without network."""
    if find_spec("setuptools") is None:
        pytest.skip("no setuptools here: pip install -r requirements-dev.txt")
    source = tmp_path_factory.mktemp("wheel") / "source"
    for name in ("sapp_bot", "plugins"):
        shutil.copytree(ROOT / name, source / name, ignore=LEFT_OUT)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = "import setuptools.build_meta as b; b.build_wheel('..')"
    made = run(sys.executable, "-c", build, folder=source)
    assert made.returncode == 0, made.stderr
    (found,) = source.parent.glob("*.whl")
    return found


def test_nothing_is_missing(wheel: Path) -> None:
    """Each file of the package and of the plugins is there, whatever its kind."""
    names = set(ZipFile(wheel).namelist())
    homes = {"sapp_bot": "sapp_bot", "plugins": "sapp_bot/built_in_plugins"}
    wanted = {
        f"{home}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, home in homes.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert wanted - names == set()
    assert {name for name in names - wanted if ".dist-info/" not in name} == set()


def test_the_command_works_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In an empty folder the built-in plugins are in order; a copy of them counts as built-in."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    ZipFile(wheel).extractall(site)
    entry = next(site.glob("*.dist-info/entry_points.txt")).read_text("utf-8")
    assert "sapp-bot = sapp_bot.__main__:start" in entry
    start = "import sys; from sapp_bot.__main__ import start; sys.exit(start())"

    def bot(*words: str) -> subprocess.CompletedProcess[str]:
        return run(sys.executable, "-c", start, *words, folder=empty, path=str(site))

    where = bot("plugins").stdout.strip()
    assert Path(where) == site / "sapp_bot" / "built_in_plugins"
    shutil.copytree(where, empty / "plugins")
    (empty / "plugins" / "mine.py").write_text(
        "from sapp_bot import Ctx, Plugin\n\n"
        'RUSSIAN = {"Mine": "Моё", "Say mine.": "Сказать «моё»."}\n'
        'plugin = Plugin(version="1.0", locales={"ru": RUSSIAN})\n\n\n'
        '@plugin.command(examples={"/mine": "1"})\n'
        "async def mine(ctx: Ctx) -> None:\n"
        '    """Say mine."""\n'
        '    await ctx.say("{n}", n=1)\n',
        "utf-8",
    )
    checked = bot("check", "plugins/mine.py")
    assert (checked.stdout, checked.stderr) == ("mine: nothing wrong, 1 examples hold\n", "")
    shutil.rmtree(empty / "plugins")
    doctor = bot("doctor").stdout
    assert "auth, billing, clients, forget, notices, operators, rates, start, support" in doctor, (
        doctor
    )
