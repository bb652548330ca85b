"""The photographs of all screens: none is forgotten; a few are taken, and measured, here.

All of them: `python -m tests.screens`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.chromium import find_browser
from tests.browser.test_page import WHOLE, sandbox_page
from tests.screens.accessibility import violations
from tests.screens.camera import Camera
from tests.screens.walk import CUSTOMER, STAFF, commands

PROJECT = Path(__file__).parents[2]
HERE = ("empty chat", "start", "command menu", "settings", "numbers", "long word")


def test_every_command_has_its_photograph() -> None:
    """The way through the screens says each command that the bot has."""
    listed = set(
        re.findall(r"^\| `/(\w+)", (PROJECT / "docs/commands.md").read_text(), re.MULTILINE)
    )

    assert listed - commands() == {"continue"}  # a button says it, too
    names = [shot.name for shot in (*CUSTOMER, *STAFF)]
    assert len(names) == len(set(names))


@pytest.mark.skipif(find_browser() is None, reason="no Chromium found; install it")
async def test_some_screens_in_both_themes(tmp_path: Path) -> None:
    """No text is wider than its bubble; each picture is there; axe finds nothing, where it is."""
    async with sandbox_page(tmp_path / "profile", WHOLE) as page:
        camera = Camera(page, tmp_path)
        await camera.watch()
        await camera.meet("ann", "ru")
        await camera.walk([shot for shot in CUSTOMER if shot.name in HERE], "ann")
        camera.faults += await violations(page)

    assert camera.faults == []
    assert {name for name, _, _ in camera.taken} == set(HERE)
    assert len(camera.taken) == 2 * len(HERE)
    assert all((tmp_path / file).stat().st_size > 2_000 for file in camera.taken.values())
