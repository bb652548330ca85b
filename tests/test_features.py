"""The page of what people expect is true: its commands, its sentences and its tests are there."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/features.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d", line)
]


def test_every_expectation_has_its_row() -> None:
    """They are numbered, and none is left out."""
    assert [row[0] for row in ROWS] == [str(n) for n in range(1, 24)]
    assert {len(row) for row in ROWS} == {5}


def test_commands_and_tests_of_the_rows_are_there() -> None:
    """Each command is one of the bot's, each test is a file."""
    known = set(re.findall(r"^\| `(/\w+)", (ROOT / "docs/commands.md").read_text(), re.MULTILINE))
    for row in ROWS:
        assert set(re.findall(r"`(/\w+)", row[2])) <= known, row[0]
        (test,) = re.findall(r"`(tests/\S+)`", row[4])
        assert (ROOT / test).is_file(), row[0]


def test_sentences_of_the_rows_are_said() -> None:
    """Each is a text of the bot, word for word: `tests/test_locales.py` holds the catalogues."""
    said: set[str] = set()
    for folder in ("plugins", "sapp_bot"):
        for file in (ROOT / folder).rglob("locales/ru.po"):
            with file.open("rb") as catalogue:
                found = (entry.id for entry in read_po(catalogue))
                said |= {one if isinstance(one, str) else one[0] for one in found}
    for row in ROWS:
        assert row[3].removeprefix("“").removesuffix("”") in said, row[3]
