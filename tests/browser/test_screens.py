"""The photographs of all screens: none is forgotten; a few are taken, and measured, here.

All of them: `python -m tests.screens`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sapp_bot.sandbox.sapp_api.server import SappApi
from tests.browser.chromium import find_browser
from tests.browser.test_page import WHOLE, sandbox_page
from tests.screens.accessibility import violations
from tests.screens.camera import Camera
from tests.screens.customer import CUSTOMER
from tests.screens.owner import OWNER
from tests.screens.rehearsal import UNSEEN, declared_commands, rehearse
from tests.screens.staff import ARRIVAL, STAFF
from tests.screens.troubles import TROUBLES
from tests.screens.walk import commands

PROJECT = Path(__file__).parents[2]
HERE = ("empty chat", "start", "command menu", "settings", "numbers", "long word")


def test_every_command_has_its_photograph() -> None:
    """The ways through the screens say each command that the bot has, hidden ones too."""
    ways = (*CUSTOMER, *STAFF)
    said = commands(ways)

    declared = {
        name
        for path in (PROJECT / "plugins").rglob("*.py")
        for name in declared_commands(path.read_text("utf-8"))
    }
    assert declared - said == set()
    names = [shot.name for shot in (*ARRIVAL, *ways, *TROUBLES, *OWNER)]
    assert len(names) == len(set(names))


def test_readme_shows_six_pictures() -> None:
    """Four of the page (`python -m tests.screens.readme`) and the charts; each is there."""
    shown = re.findall(r"!\[[^\]]+\]\((docs/[\w-]+\.png)\)", (PROJECT / "README.md").read_text())

    assert len(set(shown)) >= 6
    assert [name for name in shown if not (PROJECT / name).is_file()] == []


@pytest.mark.long
async def test_everything_has_its_photograph() -> None:
    """So has each button, shown and pressed, each question of a form, and each error.

    What has not is listed with its reason; `python -m tests.screens` looks first, too.
    """
    found = await rehearse()

    assert [one for one in found if not one.startswith(tuple(UNSEEN))] == []
    assert [one for one in UNSEEN if not any(f.startswith(one) for f in found)] == []


@pytest.mark.skipif(find_browser() is None, reason="no Chromium found; install it")
async def test_some_screens_in_both_themes(tmp_path: Path) -> None:
    """No text is wider than its bubble; each picture is there; axe finds nothing, where it is."""
    async with sandbox_page(tmp_path / "profile", WHOLE) as page:
        camera = Camera(page, tmp_path, SappApi)  # none of these pictures needs what is behind it
        await camera.watch()
        await camera.meet("ann", "ru")
        await camera.walk([shot for shot in CUSTOMER if shot.name in HERE], "ann")
        camera.faults += await violations(page)

    assert camera.faults == []
    assert {name for name, _, _ in camera.taken} == set(HERE)
    assert len(camera.taken) == 2 * len(HERE)
    assert all((tmp_path / file).stat().st_size > 2_000 for file in camera.taken.values())
