"""A third language is a catalogue and one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT

CATALOGUE = """\
msgid ""
msgstr ""
"Language: de\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "I don't know /{name}. /help shows what I can do."
msgstr "Den Befehl /{name} kenne ich nicht. Was ich kann: /help."
"""
TALK = """
import asyncio

from sapp_bot.testing import Stage


async def talk() -> None:
    async with Stage() as stage:
        ann = stage.person("Ann", language="de-DE")
        await ann.says("/settings")
        assert ann.last.startswith("Language: Deutsch"), ann.last
        assert ann.labels()[:3] == ["English", "Русский", "Deutsch"], ann.labels()
        await ann.presses("English")
        assert ann.last.startswith("Language: English"), ann.last
        await ann.presses("Deutsch")
        assert ann.last.startswith("Language: Deutsch"), ann.last
        await ann.says("/settings tlh")
        assert ann.sees("/settings en, /settings ru, /settings de, /settings auto"), ann.last
        await ann.says("/settings de")
        await ann.says("/nosuch")
        assert ann.last == "Den Befehl /nosuch kenne ich nicht. Was ich kann: /help.", ann.last


asyncio.run(talk())
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the product: the package and its plugins."""
    for name in ("sapp_bot", "plugins"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    return tmp_path


def test_a_third_language_is_a_catalogue_and_one_line(copy: Path) -> None:
    """With these two files changed, /settings offers it, and it is spoken."""
    (copy / "sapp_bot/locales/de.po").write_text(CATALOGUE, "utf-8")
    module = copy / "sapp_bot/i18n.py"
    text = module.read_text("utf-8")
    assert text.count('LANGUAGES = ("en", "ru")\n') == 1
    line = 'LANGUAGES = ("en", "ru", "de")\n'
    module.write_text(text.replace('LANGUAGES = ("en", "ru")\n', line), "utf-8")

    said = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", TALK],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
