"""`python -m sapp_bot new NAME`: a plugin that answers, and a test that passes."""

from __future__ import annotations

import keyword
import re
from importlib.util import find_spec
from pathlib import Path
from string import Template

from sapp_bot.errors import SappBotError
from sapp_bot.host.built_in import built_in_plugins
from sapp_bot.paths import PACKAGE

_TEMPLATES = Path(__file__).with_name("templates")

# A plugin's first command has its name. Source: https://core.telegram.org/bots/api#botcommand
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")

_TAKEN = frozenset({"locales"})
"""A folder of this name holds translations."""


class NotWritten(SappBotError):
    """The plugin cannot be made like this; the text says why."""


def write_plugin(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a plugin into a folder, and its test into `tests/<folder>/` beside the folder.

    Raises:
        NotWritten: the name cannot be a plugin's, or a file is there already.

    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN:
        rule = "a small letter, then small letters, digits and _, 32 at most, and no word of Python"
        raise NotWritten(f"{name!r} cannot be a plugin's name: {rule}")
    built_in = built_in_plugins()
    if name in built_in.names:
        raise NotWritten(f"{name!r} is the name of a built-in plugin: choose another")
    if name in built_in.commands:
        owner = built_in.commands[name]
        raise NotWritten(f"/{name} is a command of the built-in plugin {owner}: choose another")
    place = folder.absolute()
    plugin = folder / f"{name}.py"
    test = folder.parent / "tests" / place.name / f"test_{name}.py"
    for there in (plugin, folder / name, test):
        if there.exists():
            raise NotWritten(f"{there} is there already")
    # What a person always has: /start, /help and /cancel, /login and /forget.
    beside = [one for one in ("auth", "start") if (folder / f"{one}.py").is_file()]
    words = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "folder": place.name,
        "only": ", ".join(f'"{one}"' for one in (name, *beside)),
    }
    for path, template in ((plugin, "plugin.py.txt"), (test, "test.py.txt")):
        text = Template((_TEMPLATES / template).read_text("utf-8")).substitute(words)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise NotWritten(f"{path}: {error.strerror}") from None
    return plugin, test


def pytest_line() -> str:
    """Return the line that installs what tests need, with its line end; "" where it is there."""
    if find_spec("pytest") is not None:
        return ""
    whole = PACKAGE.parent / "requirements-dev.txt"
    what = f"-r {_from_here(whole)}" if whole.is_file() else "pytest"
    return f"  python -m pip install {what}\n"


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
